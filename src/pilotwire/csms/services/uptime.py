"""Notes that this CSMS runs, so that it is known afterwards when it did not: an outage of ports may be ours."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.registers.uptime import ALIVE, GAPS, Alive, last_alive
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Amend
from pilotwire.domain.uptime_periods import Interval

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
            self._parts.journal.note(self._alive())  # stopping waits for no disk here

    async def begin(self) -> None:
        """Keep the gap since the CSMS before this one, if there was one."""
        alive = await last_alive(self._parts.store, self._began)
        if alive is not None and alive < self._began:
            gap = Interval(since=alive, until=self._began)
            await self._parts.journal.append(GAPS.keep("", gap.since, gap))
        await self._note()
        self._began = self._parts.clock.now()

    async def _note(self) -> None:
        await self._parts.journal.append(self._alive())

    def _alive(self) -> Amend:
        return ALIVE.put("", "", Alive(at=self._parts.clock.now()))
