"""The audit log: who did what, when, from where, and with what outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from pilotwire.csms.api.access import ADMIN
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, StationFilter, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.access import AUDIT, AuditEntry
from pilotwire.csms.store.ports import Store
from pilotwire.csms.store.registers import Entry
from pilotwire.domain.kinds import Value

router = APIRouter(prefix="/audit", tags=["access"], dependencies=[ADMIN])
_AT_ONCE: Final = 500
_HIGHEST: Final = 2**63 - 1


class AuditResource(Resource):
    """Something that was done, or refused."""

    number: int
    timestamp: Time = Field(description="When it was over.")
    who: str = Field(description="`key:NAME`, `user:NAME`, `oidc:SUBJECT`, `lab`, or empty: nobody known.")
    remote: str = Field(description="The address it came from.")
    method: str
    operation: str = Field(description="The path, with the names of its parameters.")
    path: str = Field(description="The path that was asked for.")
    query: str
    station: str | None
    asked: str = Field(description="The body as JSON, its secrets masked.")
    status: int
    reason: str = Field(description="What was wrong, if something was.")
    duration: float = Field(description="Seconds.")
    suppressed: int = Field(description="How many refusals of this address before this one were not written.")

    @classmethod
    def of(cls, kept: Entry[AuditEntry]) -> AuditResource:
        """The resource of an entry."""
        entry = kept.entry
        return cls(
            number=kept.number,
            timestamp=kept.at,
            who=entry.actor,
            remote=entry.remote,
            method=entry.method,
            operation=entry.operation,
            path=entry.path,
            query=entry.query,
            station=kept.station or None,
            asked=entry.asked,
            status=entry.status,
            reason=entry.reason,
            duration=entry.duration,
            suppressed=entry.suppressed,
        )


class _Which(Value):
    who: str | None
    station: str | None
    since: datetime | None
    until: datetime | None

    def fits(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def _which(
    who: Annotated[
        str | None, Query(max_length=300, pattern=TEXT, description="Only of this one.", examples=["user:anna"])
    ] = None,
    station: StationFilter = None,
    since: Annotated[Time | None, Query(description="Only from this time on.")] = None,
    until: Annotated[Time | None, Query(description="Only before this time.")] = None,
) -> _Which:
    return _Which(who=who, station=station, since=since, until=until)


Which = Annotated[_Which, Depends(_which)]


@router.get("", responses=READS, summary="Read the audit log")
async def list_audit(
    desk: TheDesk,
    which: Which,
    limit: Limit = 100,
    after: Annotated[
        int | None, Query(ge=0, le=_HIGHEST, description="A cursor: the number of the last one had.")
    ] = None,
) -> PageOf[AuditResource]:
    """What was done, newest first. Every condition that is given must be met."""
    items: list[AuditResource] = []
    before = after
    while len(items) < limit and (batch := await _batch(desk.store, which, before=before)):
        items += [AuditResource.of(each) for each in batch if which.fits(each.at)]
        before = batch[-1].number
    items = items[:limit]
    return PageOf[AuditResource](**page_of(items, limit, str(items[-1].number) if items else ""))


_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line, oldest first.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


@router.get("/export", response_class=Response, responses=_LINES | READS, summary="Export the audit log")
async def export_audit(desk: TheDesk, which: Which) -> Response:
    """All entries that meet the conditions, oldest first, as JSON lines."""
    headers = {"content-disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(_lines(desk.store, which), media_type="application/x-ndjson", headers=headers)


async def _lines(store: Store, which: _Which) -> AsyncIterator[bytes]:
    last = 0
    while batch := await _batch(store, which, after=last):
        fitting = (AuditResource.of(each) for each in batch if which.fits(each.at))
        yield b"".join(each.model_dump_json(by_alias=True).encode() + b"\n" for each in fitting)
        last = batch[-1].number


async def _batch(
    store: Store, which: _Which, *, before: int | None = None, after: int | None = None
) -> Sequence[Entry[AuditEntry]]:
    return await store.entries(AUDIT, which.station, key=which.who, before=before, after=after, limit=_AT_ONCE)
