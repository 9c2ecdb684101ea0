"""Keeps the local lists of stations in step with the tokens on record, by their policies (D01)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final

from pilotwire.csms.commands import ConnectedStation
from pilotwire.csms.commands.local_list_sync import ListKeeper
from pilotwire.csms.registers.authorization import BALANCES, GROUPS
from pilotwire.csms.registers.local_list import LIST_POLICIES, policy_of
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Amend, Operation, PutToken, RemoveToken
from pilotwire.domain.local_list import ListSource, SendLocalListStatus
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import PilotwireError, StoreError

LOOK: Final = 0.2
"""Seconds between looks for something to do."""
SETTLE: Final = 2.0
"""Seconds without a change after which what has changed is sent together; after `LONGEST_SETTLE` it is sent anyhow."""
LONGEST_SETTLE: Final = 30.0
AT_ONCE: Final = 4
"""Stations that are brought in step at the same time."""
FIRST_RETRY: Final = 60.0
LONGEST_RETRY: Final = 3600.0
"""Seconds until a list that could not be brought in step is tried again: twice as long each time."""
_CONCERN: Final = frozenset({GROUPS.name, BALANCES.name, LIST_POLICIES.name})


class LocalLists:
    """The service; one of a CSMS. What is on a list is in the store, so nothing is lost when it is started again."""

    name = "local-lists"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._keeper = ListKeeper(parts.commander, parts.store, parts.journal, parts.clock)
        self._change = 0
        self._first_at: float | None = None
        self._last_at = 0.0
        self._done: dict[str, tuple[datetime, int]] = {}
        """By station, the connection and the change of tokens for which its list has been seen to."""
        self._retry: dict[str, tuple[float, float]] = {}
        """By station, when it is tried again, and how long it waited."""
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Do it, until cancelled."""
        listening = asyncio.create_task(self._listen())
        under_way: dict[str, asyncio.Task[None]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                while True:  # a slow station holds up no other
                    under_way = {name: task for name, task in under_way.items() if not task.done()}
                    for each in self._due():
                        if each.station not in under_way:
                            under_way[each.station] = group.create_task(self._see_to(each, self._change))
                    await pause(self._parts.clock, LOOK, look=LOOK)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _listen(self) -> None:
        """Mind every change of what lists are made of; a listener that was too slow takes it that there was one, and listens anew."""
        while True:
            async for operation, _ in self._parts.journal.committed():
                if _concerns(operation):
                    self._changed()
            self._changed()
            await asyncio.sleep(LOOK)

    def _changed(self) -> None:
        self._last_at = self._parts.clock.monotonic()
        if self._first_at is None:
            self._first_at = self._last_at

    def _due(self) -> list[ConnectedStation]:
        """The accepted stations whose list has not been seen to on this connection since the last change."""
        now = self._parts.clock.monotonic()
        first = self._first_at
        if first is not None and (now - self._last_at >= SETTLE or now - first >= LONGEST_SETTLE):
            self._first_at = None
            self._change += 1
            self._retry.clear()
        connected = self._parts.commander.bus.connected()
        accepted = [each for each in connected if each.standing is RegistrationStatus.ACCEPTED]
        self._done = {each.station: self._done[each.station] for each in connected if each.station in self._done}
        return [
            each
            for each in accepted
            if (self._done.get(each.station) != (each.since, self._change) and not self._waits(each.station, now))
        ]

    def _waits(self, station: str, now: float) -> bool:
        return station in self._retry and now < self._retry[station][0]

    async def _see_to(self, station: ConnectedStation, change: int) -> None:
        """Bring one list in step; what a station says against it is booked, and tried again later."""
        name = station.station
        async with self._slots:
            try:
                policy = await policy_of(self._parts.store, name)
                quiet = policy.source is ListSource.NONE or not await self._parts.commander.unsolicited(name)
                good = quiet or await self._in_step(station)
            except StoreError:
                raise
            except PilotwireError:
                good = False
        if good:
            self._done[name] = (station.since, change)
            self._retry.pop(name, None)
        else:
            waited = self._retry.get(name, (0.0, FIRST_RETRY / 2))[1]
            again = min(2 * waited, LONGEST_RETRY)
            self._retry[name] = (self._parts.clock.monotonic() + again, again)

    async def _in_step(self, station: ConnectedStation) -> bool:
        synced = await self._keeper.sync(station.station, station.version)
        return synced.status in (None, SendLocalListStatus.ACCEPTED)


def _concerns(operation: Operation) -> bool:
    if isinstance(operation, Amend):
        return operation.register.name in _CONCERN
    return isinstance(operation, PutToken | RemoveToken)
