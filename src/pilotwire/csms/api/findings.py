"""Findings put together: what a station, a model or a firmware gets wrong, how often, against which rule, with an example.

The report is one HTML file with everything in it, so that it can be sent to the maker of the station.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import ConfigDict

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.records import FindingResource
from pilotwire.csms.api.resource import TEXT, Limit, Resource, StationFilter, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.store.ports import LogFilter, Store
from pilotwire.dialects.quirks import TOLERANCES
from pilotwire.domain.findings import Fault, Finding, Severity, faults_of
from pilotwire.domain.kinds import changed

router = APIRouter(tags=["findings"], dependencies=[READ])
MOST: Final = 50_000
"""Findings put together at most: the newest ones."""
_FRAME_SHOWN: Final = 4000
_PAGES: Final = Environment(
    loader=PackageLoader("pilotwire.csms.api", "templates_html"), autoescape=select_autoescape(default=True)
)
Text = Annotated[str | None, Query(max_length=50, pattern=TEXT, description="Only of stations of this one.")]


class FaultResource(Resource):
    """What the same kind of station got wrong in the same way. `path` has `[]` for any entry of a list."""

    vendor: str
    model: str
    firmware_version: str
    rule: str
    severity: Severity
    action: str
    path: str
    count: int
    stations: list[str]
    first_at: Time | None
    last_at: Time | None
    example: FindingResource

    @classmethod
    def of(cls, fault: Fault) -> FaultResource:
        """The resource of a fault."""
        return cls(
            vendor=fault.vendor,
            model=fault.model,
            firmware_version=fault.firmware,
            rule=fault.rule,
            severity=fault.severity,
            action=fault.action,
            path=fault.path,
            count=fault.count,
            stations=sorted(fault.stations),
            first_at=fault.first_at,
            last_at=fault.last_at,
            example=FindingResource.of(fault.example),
        )


class ToleranceResource(Resource):
    """A departure from the standards that a station may be allowed (`tolerances` of the station)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "enum-case", "what": "Words in another spelling."}]}
    )

    name: str
    what: str


@router.get("/tolerances", responses=READS, summary="List tolerances")
async def list_tolerances() -> list[ToleranceResource]:
    """The departures from the standards that a station may be allowed by name; each use is kept as a finding."""
    return [ToleranceResource(name=each.name, what=each.what) for each in TOLERANCES.values()]


async def _found(
    desk: TheDesk,
    station: StationFilter = None,
    vendor: Text = None,
    model: Text = None,
    firmware: Annotated[
        str | None,
        Query(alias="firmwareVersion", max_length=50, pattern=TEXT, description="Only of stations with this firmware."),
    ] = None,
    since: Annotated[Time | None, Query(description="Only from this time on.")] = None,
) -> Sequence[Fault]:
    findings = await _attributed(desk.store, await desk.store.findings(station, since=since, limit=MOST))
    return faults_of(each for each in findings if _is_of(each, vendor, model, firmware))


async def _attributed(store: Store, findings: Sequence[Finding]) -> Sequence[Finding]:
    """What was found before a station had booted, or aside from its messages, counts for what the station is now."""
    names = {each.station for each in findings if not each.vendor}
    known = {name: record.identity for name in names if (record := await store.station(name)) and record.identity}

    def attributed(finding: Finding) -> Finding:
        identity = None if finding.vendor else known.get(finding.station)
        if identity is None:
            return finding
        firmware = identity.firmware_version or ""
        return changed(finding, vendor=identity.vendor, model=identity.model, firmware=firmware)

    return [attributed(each) for each in findings]


def _is_of(finding: Finding, vendor: str | None, model: str | None, firmware: str | None) -> bool:
    return vendor in (None, finding.vendor) and model in (None, finding.model) and firmware in (None, finding.firmware)


Faults = Annotated[Sequence[Fault], Depends(_found)]


@router.get("/findings/summary", responses=READS, summary="Sum up findings")
async def sum_up(faults: Faults, limit: Limit = 100) -> list[FaultResource]:
    """Findings by kind of station (vendor, model, firmware) and kind of fault: the worst first, then the most frequent."""
    return [FaultResource.of(fault) for fault in faults[:limit]]


@router.get("/findings/report", response_class=HTMLResponse, responses=READS, summary="Report findings")
async def report(desk: TheDesk, faults: Faults, limit: Limit = 100) -> str:
    """The same as a page for people, with an example of each as it was on the wire: to be kept, printed, or sent to the maker."""
    shown = [(fault, await _frames(desk.store, fault.example)) for fault in faults[:limit]]
    return _PAGES.get_template("findings.html").render(
        faults=shown,
        kinds=sorted({(fault.vendor, fault.model, fault.firmware) for fault in faults}),
        total=sum(fault.count for fault in faults),
        left_out=max(0, len(faults) - limit),
        now=desk.rooms.clock.now(),
    )


async def _frames(store: Store, finding: Finding) -> list[tuple[str, str]]:
    """The frames of the message a finding is about, in their order, with the direction; none if they are kept no longer."""
    if not finding.message_id:
        return []
    which = LogFilter(station=finding.station, message_id=finding.message_id)
    frames = await store.search(which, limit=4)
    return [(frame.direction.value, frame.frame[:_FRAME_SHOWN]) for frame in reversed(frames)]
