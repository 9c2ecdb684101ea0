"""Searching the message log in the database.

Frames have no index but their number, which rises with time; so a time becomes a number by bisection, a station the blocks of numbers it
has frames in, and what else is asked is looked at frame by frame, from the end that was asked for, until enough are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select

from pilotwire.csms.store import searching
from pilotwire.csms.store.ports import Direction, LogFilter, LoggedFrame
from pilotwire.csms.store.sql import schema
from pilotwire.csms.store.sql.codec import micros, moment_of

_DISORDER: Final = timedelta(minutes=1)
"""Frames may have been logged out of order of their times by so much, for example when a clock was set."""
_AT_ONCE: Final = 512


class Search:
    """One search on one connection."""

    def __init__(self, connection: Connection, which: LogFilter) -> None:
        self._connection = connection
        self._which = which

    def frames(self, before: int | None, after: int | None, limit: int) -> list[LoggedFrame]:
        """The first `limit` that are wanted: newest first, oldest first if `after` is given."""
        low, high = self._bounds()
        ids = None if self._which.transaction_id is None else self._message_ids(low, high)
        low = low if after is None else max(low, after + 1)
        high = high if before is None else min(high, before - 1)
        found: list[LoggedFrame] = []
        for frame in self._walk(low, high, forward=after is not None):
            if searching.is_wanted(frame, self._which) and (ids is None or (frame.station, frame.message_id) in ids):
                found.append(frame)
                if len(found) >= limit:
                    break
        return found

    def _bounds(self) -> tuple[int, int]:
        """The numbers between which all wanted frames are."""
        table = schema.frames.c
        row = self._connection.execute(select(func.min(table.id), func.max(table.id))).one()
        low, high = row[0] or 0, row[1] or 0
        since, until = self._which.since, self._which.until
        first = low if since is None else self._first_at(micros(since - _DISORDER), low, high)
        last = high if until is None else self._first_at(micros(until + _DISORDER), low, high)
        return first, last

    def _first_at(self, at: int, low: int, high: int) -> int:
        """The number of the first frame from a time on, if they were in the order of time."""
        table = schema.frames.c
        while low < high:
            middle = (low + high) // 2
            query = select(table.id, table.at).where(table.id >= middle).order_by(table.id).limit(1)
            row = self._connection.execute(query).first()
            if row is not None and row.at < at:
                low = row.id + 1
            else:
                high = middle
        return low

    def _message_ids(self, low: int, high: int) -> set[tuple[str, str]]:
        """The messages in which the transaction is named, be it in the call or in the answer."""
        naming = searching.names_transaction(str(self._which.transaction_id))
        return {
            (frame.station, frame.message_id)
            for frame in self._walk(low, high, forward=True)
            if naming.search(frame.frame)
        }

    def _walk(self, low: int, high: int, *, forward: bool) -> Iterator[LoggedFrame]:
        for first, last in self._stretches(low, high, forward=forward):
            yield from self._stretch(max(first, low), min(last, high), forward=forward)

    def _stretches(self, low: int, high: int, *, forward: bool) -> Sequence[tuple[int, int]]:
        """Where the station has frames at all, as first and last numbers."""
        if self._which.station is None:
            return ((low, high),)
        blocks = schema.frame_blocks.c
        size = schema.FRAMES_IN_BLOCK
        query = select(blocks.block).where(
            blocks.station == self._which.station, blocks.block >= low // size, blocks.block <= high // size
        )
        order = blocks.block if forward else blocks.block.desc()
        found = self._connection.execute(query.order_by(order)).scalars()
        return [(block * size, block * size + size - 1) for block in found]

    def _stretch(self, first: int, last: int, *, forward: bool) -> Iterator[LoggedFrame]:
        while first <= last:
            rows = self._connection.execute(self._query(first, last, forward=forward)).all()
            yield from map(frame_of, rows)
            if len(rows) < _AT_ONCE:
                return
            if forward:
                first = rows[-1].id + 1
            else:
                last = rows[-1].id - 1

    def _query(self, first: int, last: int, *, forward: bool) -> Select[Any]:
        table, which = schema.frames.c, self._which
        query = select(schema.frames).where(and_(table.id >= first, table.id <= last))
        if which.station is not None:
            query = query.where(table.station == which.station)
        if which.action is not None:
            query = query.where(table.action == which.action)
        if which.message_id is not None:
            query = query.where(table.message_id == which.message_id)
        return query.order_by(table.id if forward else table.id.desc()).limit(_AT_ONCE)


def frame_of(row: Any) -> LoggedFrame:
    """The frame of a row."""
    return LoggedFrame(
        number=row.id,
        station=row.station,
        at=moment_of(row.at),
        direction=Direction(row.direction),
        message_id=row.message_id,
        action=row.action,
        frame=row.frame,
    )
