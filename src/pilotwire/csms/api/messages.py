"""The message log: every frame as it was on the wire, searched, and given out as JSON lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.records import MessageResource
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, StationFilter, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.store.ports import Direction, LogFilter, LoggedFrame, Store

router = APIRouter(prefix="/messages", tags=["message log"], dependencies=[READ])
_AT_ONCE: Final = 500
_HIGHEST: Final = 2**63 - 1


def _wanted(
    station: StationFilter = None,
    action: Annotated[
        str | None, Query(max_length=64, pattern=TEXT, description="Only of this action.", examples=["Heartbeat"])
    ] = None,
    direction: Annotated[Direction | None, Query(description="Only what came in, or went out.")] = None,
    message_id: Annotated[
        str | None, Query(alias="messageId", max_length=255, pattern=TEXT, description="Only of this message id.")
    ] = None,
    transaction_id: Annotated[
        str | None,
        Query(
            alias="transactionId",
            min_length=1,
            max_length=64,
            pattern=TEXT,
            description="Only calls that name this transaction, in the call or in its answer, and their answers.",
        ),
    ] = None,
    errors: Annotated[bool, Query(description="Only CALLERROR, CALLRESULTERROR and SOAP faults.")] = False,
    since: Annotated[Time | None, Query(description="Only from this time on.")] = None,
    until: Annotated[Time | None, Query(description="Only before this time.")] = None,
    text: Annotated[
        str | None, Query(min_length=1, max_length=200, pattern=TEXT, description="Only with this text in the frame.")
    ] = None,
) -> LogFilter:
    return LogFilter(
        station=station,
        action=action,
        direction=direction,
        message_id=message_id,
        transaction_id=transaction_id,
        errors=errors,
        since=since,
        until=until,
        text=text,
    )


Wanted = Annotated[LogFilter, Depends(_wanted)]


@router.get("", responses=READS, summary="Search messages")
async def list_messages(
    desk: TheDesk,
    which: Wanted,
    limit: Limit = 100,
    after: Annotated[
        int | None, Query(ge=0, le=_HIGHEST, description="A cursor: the number of the last one had.")
    ] = None,
) -> PageOf[MessageResource]:
    """Frames as they were on the wire, newest first. Every condition that is given must be met."""
    frames = await desk.store.search(which, before=after, limit=limit)
    items = [MessageResource.of(frame) for frame in frames]
    return PageOf[MessageResource](**page_of(items, limit, str(frames[-1].number) if frames else ""))


_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line, oldest first.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


@router.get("/export", response_class=Response, responses=_LINES | READS, summary="Export messages")
async def export_messages(desk: TheDesk, which: Wanted) -> Response:
    """All frames that meet the conditions, oldest first, as JSON lines: what is logged while it runs comes along.

    The frames hold what stations and drivers said, tokens included: passwords that went out are masked, nothing else is.
    """
    headers = {"content-disposition": 'attachment; filename="messages.jsonl"'}
    return StreamingResponse(_lines(desk.store, which), media_type="application/x-ndjson", headers=headers)


async def _lines(store: Store, which: LogFilter) -> AsyncIterator[bytes]:
    last = 0
    while frames := await store.search(which, after=last, limit=_AT_ONCE):
        yield b"".join(map(_line, frames))
        last = frames[-1].number


def _line(frame: LoggedFrame) -> bytes:
    return MessageResource.of(frame).model_dump_json(by_alias=True).encode() + b"\n"
