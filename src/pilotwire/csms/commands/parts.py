"""Waiting for what a station reports in several messages after it has said that it will."""

from __future__ import annotations

from typing import Any

from pilotwire.csms.commands.bus import AnswerUnusable, CommandTimedOut
from pilotwire.csms.reports import Collection, Incomplete, TooLong


async def all_parts(collection: Collection, station: str, patience: float) -> tuple[Any, ...]:
    """All parts of a report in order, waiting at most `patience` seconds for each.

    Raises CommandTimedOut if one does not come, AnswerUnusable if there is no end of them.
    """
    number = collection.request_id
    try:
        return await collection.whole(patience)
    except Incomplete as incomplete:
        what = f"station {station!r} accepted report {number}, but its part {incomplete.missing} did not come in time."
        raise CommandTimedOut(what, "Ask again; the message log has the parts that came.") from None
    except TooLong:
        what = f"station {station!r} sends report {number} without an end."
        raise AnswerUnusable(what, "Ask for less; the message log has the parts that came.") from None
