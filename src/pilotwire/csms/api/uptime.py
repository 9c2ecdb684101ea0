"""Uptime of charging ports by 23 CFR 680.116(b): of a station, of all, as JSON and CSV; and what operators put on record for it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse

from pilotwire.csms.api.access import READ, WRITE, TheCaller
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, StationFilter, StationIdentity, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.stations import known_station
from pilotwire.csms.api.uptime_values import (
    Asked,
    ExclusionRequest,
    ExclusionResource,
    PeriodName,
    Since,
    StationUptimeDetail,
    StationUptimeResource,
    TermsResource,
    Until,
    ZoneName,
    asked_period,
)
from pilotwire.csms.registers.uptime import (
    EXCLUSIONS,
    TERMS,
    Exclusion,
    exclusions_of,
    gaps_of,
    terms_of,
    uptime_of,
)
from pilotwire.csms.store.ports import Page
from pilotwire.domain.kinds import changed
from pilotwire.domain.uptime import StationUptime
from pilotwire.domain.uptime_periods import Interval, Period, months_of
from pilotwire.domain.uptime_tables import (
    OUTAGE_COLUMNS,
    PORT_COLUMNS,
    csv_text,
    outage_records,
    port_records,
)

router = APIRouter(tags=["uptime"])
_AT_ONCE: Final = 100


def _asked(
    desk: TheDesk, period: PeriodName = None, since: Since = None, until: Until = None, time_zone: ZoneName = "UTC"
) -> Asked:
    return asked_period(desk.rooms.clock.now(), period, since, until, time_zone)


ThePeriod = Annotated[Asked, Depends(_asked)]


async def _reports(
    desk: Desk, station: str, periods: tuple[Period, ...], gaps: tuple[Interval, ...]
) -> list[StationUptime]:
    return await uptime_of(desk.store, station, periods, desk.rooms.clock.now(), gaps)


@router.get("/uptime", dependencies=[READ], responses=READS, summary="Uptime of all stations")
async def list_uptime(
    desk: TheDesk,
    asked: ThePeriod,
    limit: Limit = 100,
    after: Annotated[
        str | None, Query(max_length=60, pattern=TEXT, description="A cursor: the last station had.")
    ] = None,
) -> PageOf[StationUptimeResource]:
    """Each station's ports in a period, by station."""
    stations = await desk.store.stations(Page(limit=limit, after=after))
    gaps = await gaps_of(desk.store)
    items = [
        StationUptimeResource.of(report)
        for each in stations
        for report in await _reports(desk, each.station, (asked,), gaps)
    ]
    return PageOf[StationUptimeResource](**page_of(items, limit, stations[-1].station if stations else ""))


class Table(StrEnum):
    """Which table is exported."""

    PORTS = "ports"
    OUTAGES = "outages"


class By(StrEnum):
    """What the ports' rows are for: the whole period, or each of its months."""

    PERIOD = "period"
    MONTH = "month"


_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "CSV (RFC 4180), the names of its columns in the first line: those of the JSON.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/uptime/export",
    dependencies=[READ],
    response_class=Response,
    responses=_CSV | READS,
    summary="Export uptime or outages as CSV",
)
async def export_uptime(
    desk: TheDesk,
    asked: ThePeriod,
    station: StationFilter = None,
    table: Annotated[Table, Query(description="A row for each port, or one for each outage.")] = Table.PORTS,
    by: Annotated[By, Query(description="For `ports`: a row for the period, or for each of its months.")] = By.PERIOD,
) -> Response:
    """All ports, or all outages, of a period: what 23 CFR 680.112(a) asks to be submitted each quarter of its months."""
    if station is not None:
        await known_station(desk, station)
    headers = {"content-disposition": f'attachment; filename="uptime-{table.value}.csv"'}
    periods = months_of(asked, asked.zone) if by is By.MONTH and table is Table.PORTS else (asked,)
    lines = _lines(desk, station, table, periods)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(desk: Desk, station: str | None, table: Table, periods: tuple[Period, ...]) -> AsyncIterator[bytes]:
    columns, records = (PORT_COLUMNS, port_records) if table is Table.PORTS else (OUTAGE_COLUMNS, outage_records)
    yield csv_text(columns).encode()
    gaps = await gaps_of(desk.store)
    async for name in _names(desk, station):
        rows = [row for report in await _reports(desk, name, periods, gaps) for row in records(report)]
        yield csv_text(columns, rows, header=False).encode()


async def _names(desk: Desk, station: str | None) -> AsyncIterator[str]:
    if station is not None:
        yield station
        return
    after: str | None = None
    while stations := await desk.store.stations(Page(limit=_AT_ONCE, after=after)):
        for each in stations:
            yield each.station
        after = stations[-1].station


@router.get(
    "/stations/{station}/uptime", dependencies=[READ], responses=READS | problems(404), summary="Uptime of a station"
)
async def get_uptime(desk: TheDesk, station: StationIdentity, asked: ThePeriod) -> StationUptimeDetail:
    """A station's ports in a period, with their outages."""
    await known_station(desk, station)
    (report,) = await _reports(desk, station, (asked,), await gaps_of(desk.store))
    return StationUptimeDetail.of(report)


@router.get(
    "/stations/{station}/uptime/months",
    dependencies=[READ],
    responses=READS | problems(404),
    summary="Uptime of a station month by month",
)
async def get_monthly_uptime(desk: TheDesk, station: StationIdentity, asked: ThePeriod) -> list[StationUptimeResource]:
    """A station's ports in each calendar month of a period (23 CFR 680.112(a)(7))."""
    await known_station(desk, station)
    reports = await _reports(desk, station, months_of(asked, asked.zone), await gaps_of(desk.store))
    return [StationUptimeResource.of(each) for each in reports]


# --- exclusions ------------------------------------------------------------------------------------------------------

ExclusionId = Annotated[
    str, Path(min_length=1, max_length=64, pattern=TEXT, description="The id of the exclusion.", examples=["x-0"])
]


@router.get(
    "/stations/{station}/uptime/exclusions",
    dependencies=[READ],
    responses=READS | problems(404),
    summary="List exclusions of a station",
)
async def list_exclusions(desk: TheDesk, station: StationIdentity) -> list[ExclusionResource]:
    """All that were put on record, by time; also those that were withdrawn."""
    await known_station(desk, station)
    return [ExclusionResource.of(each) for each in await exclusions_of(desk.store, station)]


@router.post(
    "/stations/{station}/uptime/exclusions",
    status_code=201,
    dependencies=[WRITE],
    responses=WRITES | problems(404),
    summary="Put an exclusion on record",
)
async def add_exclusion(
    desk: TheDesk, caller: TheCaller, station: StationIdentity, wanted: ExclusionRequest
) -> ExclusionResource:
    """Outages of a station in this time do not count, for a reason of the rule. Who says so is kept with it and in the audit log."""
    await known_station(desk, station)
    if wanted.until <= wanted.since:
        raise unusable("body.until", "it is not after since")
    if not wanted.note.strip():
        raise unusable("body.note", "it says nothing: what shows that the ports would have worked otherwise?")
    exclusion = Exclusion(
        station=station,
        exclusion_id=f"x-{secrets.token_hex(6)}",
        since=wanted.since,
        until=wanted.until,
        reason=wanted.reason,
        note=wanted.note,
        evses=tuple(dict.fromkeys(wanted.evse_ids)),
        recorded_at=desk.rooms.clock.now(),
        recorded_by=caller.actor,
    )
    await desk.write(EXCLUSIONS.put(station, exclusion.exclusion_id, exclusion))
    return ExclusionResource.of(exclusion)


@router.delete(
    "/stations/{station}/uptime/exclusions/{exclusion}",
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Withdraw an exclusion",
)
async def withdraw_exclusion(
    desk: TheDesk, caller: TheCaller, station: StationIdentity, exclusion: ExclusionId
) -> ExclusionResource:
    """It counts no more; the record stays, with who has withdrawn it."""
    now = desk.rooms.clock.now()
    amended = await desk.write(EXCLUSIONS.amend(station, exclusion, lambda known: _withdrawn(known, now, caller.actor)))
    if amended.after is None:
        raise not_found(
            f"Station {station!r} has no exclusion {exclusion!r}.",
            "GET /stations/{station}/uptime/exclusions lists them.",
        )
    return ExclusionResource.of(amended.after)


def _withdrawn(known: Exclusion | None, now: datetime, actor: str) -> Exclusion | None:
    if known is None or known.withdrawn_at is not None:
        return known
    return changed(known, withdrawn_at=now, withdrawn_by=actor)


# --- terms -----------------------------------------------------------------------------------------------------------


@router.get(
    "/stations/{station}/uptime/terms",
    dependencies=[READ],
    responses=READS | problems(404),
    summary="How a station's uptime is counted",
)
async def get_terms(desk: TheDesk, station: StationIdentity) -> TermsResource:
    """Hours of operation, business days, and since when its ports are in service."""
    await known_station(desk, station)
    return TermsResource.of(await terms_of(desk.store, station))


@router.put(
    "/stations/{station}/uptime/terms",
    dependencies=[WRITE],
    responses=WRITES | problems(404),
    summary="Say how a station's uptime is counted",
)
async def put_terms(desk: TheDesk, station: StationIdentity, wanted: TermsResource) -> TermsResource:
    """Hours of operation, business days, and since when its ports are in service. They count for the past too."""
    await known_station(desk, station)
    terms = wanted.terms()
    await desk.write(TERMS.put(station, "", terms))
    return TermsResource.of(terms)
