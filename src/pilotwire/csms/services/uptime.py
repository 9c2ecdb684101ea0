"""Notes that this CSMS runs, so that it is known afterwards when it did not: an outage of ports may be ours."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from pilotwire.csms.registers.uptime import ALIVE, GAPS, Alive, last_alive
from pilotwire.csms.services.service import Parts, pause
from pilotwire.domain.uptime_periods import Interval
from pilotwire.errors import StoreError

LOOK: Final = 60.0
"""Seconds between two notes: how exactly it is known when a CSMS ended that was killed, if no station said anything."""


class UptimeWatch:
    """The service."""

    name = "uptime"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._began = parts.clock.now()

    async def run(self) -> None:
        """Do it, until cancelled; then note the end."""
        await self.begin()
        try:
            while True:
                await pause(self._parts.clock, LOOK)
                await self._note()
        finally:
            with suppress(StoreError):  # then the note before this one counts
                await self._note()

    async def begin(self) -> None:
        """Keep the gap since the CSMS before this one, if there was one."""
        alive = await last_alive(self._parts.store, self._began)
        if alive is not None and alive < self._began:
            gap = Interval(since=alive, until=self._began)
            await self._parts.journal.append(GAPS.keep("", gap.since, gap))
        await self._note()
        self._began = self._parts.clock.now()

    async def _note(self) -> None:
        await self._parts.journal.append(ALIVE.put("", "", Alive(at=self._parts.clock.now())))
