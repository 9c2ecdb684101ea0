"""Reports that come in parts after their answer: a shelf on which the parts wait until the report is whole.

Who asks for a report opens a place on the shelf first, under a request id of its own; the handler of parts puts them there. A part that
nobody waits for (asked for by pass-through, or late) is answered all the same, and stays in the message log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from pilotwire.clock import Clock
from pilotwire.errors import MisuseError

MOST_ENTRIES: Final = 20_000
"""How many entries a report may have: a station that never says its last part must not fill the memory."""
_HIGHEST_ID = 2**31 - 1


class Part(Protocol):
    """A part of what a station reports in several messages; `more` says that others follow."""

    @property
    def request_id(self) -> int:
        """The request it answers."""
        ...

    @property
    def more(self) -> bool:
        """Whether other parts follow (`tbc`)."""
        ...


class TooLong(Exception):
    """The report has more than `MOST_ENTRIES` entries, and no end yet."""


class Incomplete(Exception):
    """No further part came in time; `missing` is the number of the first that is not there."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"part {missing} did not come")
        self.missing = missing


class Collection:
    """The parts of one report, as they come."""

    def __init__(self, request_id: int) -> None:
        self.request_id = request_id
        self._parts: dict[int, Part] = {}
        self._size = 0
        self._had = 0
        """How many parts are there without a gap, from 0 to the last one at most."""
        self._news = asyncio.Event()

    def put(self, part: Part, number: int | None, entries: int) -> None:
        """A part has come, with its number from 0 (None: it has none, and counts in the order of arrival) and so many entries.

        One that was said before under its number counts once.
        """
        place = len(self._parts) if number is None else number
        if place not in self._parts and self._size <= MOST_ENTRIES:
            self._parts[place] = part
            self._size += max(1, entries)
            while self._had in self._parts and not self._is_whole:
                self._had += 1
            self._news.set()

    async def whole(self, patience: float) -> tuple[Any, ...]:
        """All parts in order, waiting at most `patience` seconds for each next one. Raises Incomplete, TooLong."""
        while not self._is_whole:
            if self._size > MOST_ENTRIES:
                raise TooLong
            self._news.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError:
                raise Incomplete(self._had) from None
        return tuple(self._parts[number] for number in range(self._had))

    @property
    def _is_whole(self) -> bool:
        return self._had > 0 and not self._parts[self._had - 1].more


class ReportShelf:
    """All reports that are being waited for, by station and request id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[tuple[str, int], Collection] = {}
        self._last_id = 0

    def next_request_id(self) -> int:
        """A request id not used before: seconds since 1970 or one more than the last, whichever is higher, within 31 bits."""
        seconds = int(self._clock.now().timestamp()) % _HIGHEST_ID
        self._last_id = max(self._last_id + 1, seconds)
        return self._last_id

    @contextmanager
    def collecting(self, station: str, request_id: int) -> Iterator[Collection]:
        """A place for the parts of one report, until the block is left."""
        place = (station, request_id)
        if place in self._waiting:
            raise MisuseError(f"request id {request_id} is used twice at station {station!r}")
        collection = self._waiting[place] = Collection(request_id)
        try:
            yield collection
        finally:
            del self._waiting[place]

    def put(self, station: str, part: Part, *, number: int | None = None, entries: int = 1) -> bool:
        """Put a part where it is waited for; False if nobody does.

        `number` counts the parts of a report from 0 where the message has such a number; `entries` is how much the part holds.
        """
        collection = self._waiting.get((station, part.request_id))
        if collection is not None:
            collection.put(part, number, entries)
        return collection is not None
