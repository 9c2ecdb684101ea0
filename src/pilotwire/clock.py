"""Time as a thing that is handed over.

Pure rooms never ask what time it is: they take `now`. The shells that must ask take a `Clock`, so that a test, or a fleet on a
virtual clock, can run a year in a second.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where a shell gets the time from."""

    def now(self) -> datetime:
        """Wall-clock time, always aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Wall-clock time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("ManualClock needs an aware datetime: say which time zone `start` is in")
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Wall-clock time: the start plus everything advanced so far."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed

    def advance(self, seconds: float) -> datetime:
        """Move forward by `seconds` (never back) and return the new wall-clock time."""
        if seconds < 0:
            raise ValueError("time does not go back: advance() takes seconds >= 0")
        self._elapsed += seconds
        return self.now()
