"""EVSEs that no site manages any more: what they were told is taken back from their stations, so that no vehicle stays at an old limit."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from pilotwire.csms.commands.bus import CommandTimedOut
from pilotwire.csms.commands.smart_charging import Books, clear_profiles
from pilotwire.csms.registers.load_management import HOLDS, MANAGED_EVSES, EvseHold, ManagedEvse
from pilotwire.csms.registers.smart_charging import profiles_of
from pilotwire.csms.services.load_management.profiles import profile_ids
from pilotwire.csms.services.service import Parts
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.load_management import EvseKey
from pilotwire.domain.smart_charging import ClearChargingProfile
from pilotwire.errors import NotReachable, PilotwireError, StoreError

AFTER_REFUSAL: Final = timedelta(minutes=5)
AFTER_SILENCE: Final = timedelta(seconds=5)
"""How long a station is left alone that has refused to clear a profile, or could not be asked."""
_PAGE: Final = 1000
_RULE: Final = "load-management:release"


class Releases:
    """Who belongs to which site, and who is to be freed. What EVSEs were told outlives the CSMS, and so does that they are to be freed."""

    def __init__(self, parts: Parts, books: Books) -> None:
        self._parts = parts
        self._books = books
        self._claims: dict[str, frozenset[EvseKey]] = {}
        self._known: set[EvseKey] = set()
        self._due: dict[EvseKey, datetime] = {}
        self._complained: set[EvseKey] = set()
        self._tasks: dict[asyncio.Task[None], EvseKey] = {}

    async def load(self) -> None:
        """Read who was told something and not freed since. Forgets all claims."""
        self._claims.clear()
        self._due.clear()
        self._known.clear()
        after: str | None = None
        while page := await self._parts.store.records(MANAGED_EVSES, None, Page(limit=_PAGE, after=after)):
            self._known |= {(each.station, each.evse_id) for each in page}
            after = cursor_of(page[-1].station, str(page[-1].evse_id))

    async def claim(self, site: str, evses: Iterable[EvseKey]) -> None:
        """A site manages these EVSEs from now on. It is stored before this returns, so that nobody is told anything unnoticed."""
        self._claims[site] = claimed = frozenset(evses)
        new = claimed - self._known
        self._known |= new
        if new:
            await self._parts.journal.append(
                *(
                    MANAGED_EVSES.put(station, str(evse), ManagedEvse(station=station, evse_id=evse, site=site))
                    for station, evse in sorted(new)
                )
            )

    def drop(self, site: str) -> None:
        """A site manages nothing any more."""
        self._claims.pop(site, None)

    def note(self, now: datetime) -> None:
        """Claims have changed: who was told something and belongs to nobody is to be freed."""
        claimed = self._claimed()
        self._due = {key: self._due.get(key, now) for key in self._known - claimed}

    def is_due(self, now: datetime) -> bool:
        """Whether somebody is to be freed now."""
        return any(moment <= now for moment in self._due.values())

    def look(self, now: datetime, reachable: Collection[str], busy: Collection[EvseKey]) -> None:
        """Free those whose time has come and who can be told; `busy` are EVSEs that are being told something."""
        for task in [task for task in self._tasks if task.done()]:
            del self._tasks[task]
            task.result()
        under_way = set(self._tasks.values())
        for key in [key for key, moment in self._due.items() if moment <= now and key not in under_way]:
            if key in busy:
                continue
            if key[0] in reachable:
                self._tasks[asyncio.create_task(self._free(key))] = key
            else:
                self._due[key] = now + AFTER_SILENCE

    async def settled(self) -> None:
        """Wait until stations that were asked so far have answered."""
        while waiting := [task for task in self._tasks if not task.done()]:
            await asyncio.wait(waiting)

    async def close(self) -> None:
        """Stop. What is not done is done at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def _claimed(self) -> frozenset[EvseKey]:
        return frozenset[EvseKey]().union(*self._claims.values())

    async def _free(self, key: EvseKey) -> None:
        try:
            await self._clear(key)
        except (CommandTimedOut, NotReachable):
            self._again(key, AFTER_SILENCE)
        except StoreError:
            self._again(key, AFTER_SILENCE)
            raise
        except PilotwireError as error:
            self._again(key, AFTER_REFUSAL)
            self._complain(key, error.what)
        else:
            self._complained.discard(key)

    async def _clear(self, key: EvseKey) -> None:
        """Clear what it was told. A site that claims it meanwhile must not lose what it tells: it reads that nothing is known to hold."""
        station, evse_id = key
        hold = await self._parts.store.record(HOLDS, station, str(evse_id)) or EvseHold()
        installed = {each.profile.id for each in await profiles_of(self._parts.store, station)}
        gone = [each for each in profile_ids(evse_id) if each in installed or hold.sent is not None]
        if gone and key not in self._claimed():
            unknown = EvseHold(transaction_id=hold.transaction_id, sent=hold.sent)
            await self._parts.journal.append(HOLDS.put(station, str(evse_id), unknown))
        for profile_id in gone:
            if key in self._claimed():
                return
            await clear_profiles(self._books, station, ClearChargingProfile(charging_profile_id=profile_id))
        if key not in self._claimed():
            self._known.discard(key)
            self._due.pop(key, None)
            await self._parts.journal.append(
                HOLDS.remove(station, str(evse_id)), MANAGED_EVSES.remove(station, str(evse_id))
            )

    def _again(self, key: EvseKey, after: timedelta) -> None:
        if key in self._due:
            self._due[key] = self._parts.clock.now() + after

    def _complain(self, key: EvseKey, why: str) -> None:
        """Once: it is tried again all the same."""
        if key in self._complained:
            return
        self._complained.add(key)
        station, evse_id = key
        what = (
            f"EVSE {evse_id} belongs to no managed site any more, but its limits cannot be cleared: {why}. "
            "Its vehicles may stay at the last ones; it is tried again every 5 minutes."
        )
        finding = Finding(
            station=station,
            at=self._parts.clock.now(),
            rule=_RULE,
            severity=Severity.BREACH,
            what=what,
            action="ClearChargingProfile",
        )
        with suppress(StoreError):
            self._parts.journal.note(KeepFinding(finding=finding))
