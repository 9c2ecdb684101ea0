"""Moments as they come off the wire, in the one time zone the domain knows."""

from __future__ import annotations

from datetime import UTC, datetime


def read_time(at: datetime) -> datetime:
    """A moment in UTC; one without an offset means UTC (only 1.6 may leave it out: 1.6:3.14 recommends UTC).

    A moment so near the first or last year that UTC has no date for it keeps its clock reading: nobody means it, and it must not
    stop the rest of the message.
    """
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)
