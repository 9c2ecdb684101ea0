"""Keeps sites below their limits: decides whenever something happens, and tells stations what has changed (block K)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from pilotwire.csms.commands.bus import CommandRefused, CommandTimedOut
from pilotwire.csms.commands.smart_charging import Books, station_abilities
from pilotwire.csms.registers.load_management import (
    HOLDS,
    MANAGED,
    SITE_ALARMS,
    SITE_LIMITS,
    SITE_READINGS,
    STATES,
    WISHES,
    EvseHold,
    LoadManagement,
    SiteAlarm,
    parts_of,
    plans_of,
)
from pilotwire.csms.registers.smart_charging import LIMITS, NEEDS
from pilotwire.csms.services.load_management.book import Rest, SiteBook, Slot, Telling
from pilotwire.csms.services.load_management.profiles import profile_for
from pilotwire.csms.services.load_management.releases import AFTER_REFUSAL, AFTER_SILENCE, Releases
from pilotwire.csms.services.load_management.sessions import FRESH, Session
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import (
    Amend,
    Amended,
    Booked,
    BookEvent,
    CloseTransaction,
    KeepFinding,
    Operation,
    Page,
    RecordBoot,
    RecordConnection,
    TransactionFilter,
)
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.load_management import EvseKey
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.smart_charging import (
    ChargingProfileStatus,
    InstalledProfile,
    OperationMode,
    SetChargingProfile,
    SetChargingProfileOutcome,
    with_set,
)
from pilotwire.domain.transactions import Transaction, TransactionEvent
from pilotwire.errors import NotReachable, PilotwireError, StoreError

_log = structlog.get_logger("pilotwire.csms.load_management")
LOOK: Final = 0.05
"""Seconds between looks for something to do."""
SHOWN_EVERY: Final = timedelta(seconds=1)
"""How often a site's state is written down at most, and told to those who follow it."""
_PAGE: Final = 1000
_RULE: Final = "load-management:profile"


class LoadManager:
    """The service; one of a CSMS. What stations are held to is in the store, so a CSMS that is started again knows it."""

    name = "load-management"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._books = Books(parts.commander, parts.store, parts.journal, parts.clock)
        self._dirty: set[str] = set()
        self._tellings: dict[asyncio.Task[None], EvseKey] = {}
        self._releases = Releases(parts, self._books)
        self._shown: dict[str, datetime] = {}
        self._unshown: set[str] = set()
        self._alarms: dict[str, tuple[str, ...]] = {}
        self.sites: dict[str, SiteBook] = {}
        """The sites whose load is managed now."""

    # --- life --------------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Do it, until cancelled."""
        events = self._parts.journal.committed()
        await self._load_all()
        listening = asyncio.create_task(self._listen(events))
        try:
            while True:
                self._look()
                if listening.done():  # it was too slow to follow: what it has missed is in the store
                    listening.result()
                    events = self._parts.journal.committed()
                    await self._load_all()
                    listening = asyncio.create_task(self._listen(events))
                await pause(self._parts.clock, LOOK, look=LOOK)
        finally:
            for task in (listening, *self._tellings):
                task.cancel()
            await asyncio.gather(listening, *self._tellings, return_exceptions=True)
            self._tellings.clear()
            await self._releases.close()

    async def settled(self) -> None:
        """Wait until what was told to stations so far has been answered."""
        while asked := [task for task in self._tellings if not task.done()]:
            await asyncio.wait(asked)
        await self._releases.settled()

    def touch(self, site: str) -> None:
        """Look at a site anew, soon."""
        self._dirty.add(site)

    # --- what is known at first ----------------------------------------------------------------------------------------------------

    async def _load_all(self) -> None:
        await self._releases.load()
        plans = await plans_of(self._parts.store)
        for gone in self.sites.keys() - {plan.layout.name for plan in plans}:
            self._forget(gone)
        for plan in plans:
            await self._load(plan, anew=True)
        self._releases.note(self._parts.clock.now())

    async def _load(self, plan: LoadManagement, *, anew: bool = False) -> None:
        """Begin to manage a site, or go on by another plan; `anew`: all is read again, for something may have been missed."""
        name = plan.layout.name
        going = self.sites.get(name)
        if going is not None and plan.enabled and going.plan.layout == plan.layout and not anew:
            going.plan = plan  # all else that is known stays: a new price is no reason to read a thousand records
            self.touch(name)
            return
        before = self.sites.pop(name, None)
        if not plan.enabled:
            self._forget(name)
            return
        book = SiteBook(name, plan)
        await self._releases.claim(name, book.outlets)
        if before is not None:
            book.sessions = {key: session for key, session in before.sessions.items() if key in book.outlets}
        for limit in await parts_of(self._parts.store, SITE_LIMITS, name):
            book.limits[limit.source] = limit
        for reading in await parts_of(self._parts.store, SITE_READINGS, name):
            book.readings[reading.feeder] = reading
        for station in sorted(book.stations):
            await self._load_station(book, station)
        if before is not None:
            book.go_on_from(before)  # what stations have answered meanwhile is in it, and perhaps not in what was read
        self.sites[name] = book
        self.touch(name)

    def _forget(self, name: str) -> None:
        """A site is managed no more: nothing is known of its state, and nothing that is the matter with it."""
        self.sites.pop(name, None)
        self._releases.drop(name)
        self._unshown.discard(name)
        self._shown.pop(name, None)
        self._parts.journal.note(STATES.remove("", name))
        self._alarm(name, ())

    async def _load_station(self, book: SiteBook, station: str) -> None:
        store = self._parts.store
        for key in book.outlets:
            if key[0] == station:
                hold = await store.record(HOLDS, station, str(key[1]))
                book.holds[key] = hold or EvseHold()
                if (needs := await store.record(NEEDS, station, str(key[1]))) is not None:
                    book.needs[key] = needs
        for limit in await store.records(LIMITS, station, Page(limit=_PAGE)):
            book.of_station[station, f"{limit.evse_id}:{limit.charging_limit.charging_limit_source}"] = limit
        which = TransactionFilter(station=station, is_open=True)
        going_on = {}
        for transaction in await store.transactions(which, Page(limit=_PAGE)):
            if (key := _place(transaction)) in book.outlets and key not in going_on:
                going_on[key] = transaction
        for key in [key for key in book.sessions if key[0] == station and key not in going_on]:
            book.ended(key, book.sessions[key].transaction_id)
        for key, transaction in going_on.items():
            session = book.sessions.get(key)
            if session is None or session.transaction_id != transaction.transaction_id:
                session = await self._session(transaction)
            book.began(key, session)
            wish = await store.record(WISHES, station, transaction.transaction_id)
            if wish is not None:
                book.wishes[station, transaction.transaction_id] = wish

    async def _mind_setpoints(self, book: SiteBook, station: str) -> None:
        """Whether a station can be told to take energy back; one of 2.1 that does not say so is believed to until it refuses."""
        record = await self._parts.store.station(station)
        modes = (await station_abilities(self._parts.store, station)).operation_modes
        if (
            record is not None
            and record.version == "2.1"
            and (modes is None or OperationMode.CENTRAL_SETPOINT in modes)
        ):
            book.takes_setpoints.add(station)
        else:
            book.takes_setpoints.discard(station)

    async def _session(self, transaction: Transaction) -> Session:
        now = self._parts.clock.now()
        arrived = transaction.started_at or transaction.last_event_at or now
        session = Session(transaction.transaction_id, arrived)
        session.hear(transaction)
        stored = await self._parts.store.readings(
            transaction.station, transaction.transaction_id, since=now - FRESH, limit=_PAGE
        )
        session.see(each.reading for each in stored)
        return session

    # --- what happens --------------------------------------------------------------------------------------------------------------

    async def _listen(self, events: Any) -> None:
        async for operation, result in events:
            await self._hear(operation, result)

    async def _hear(self, operation: Operation, result: Any) -> None:
        if isinstance(operation, BookEvent) and isinstance(result, Booked):
            if not result.repeated:
                await self._event(result.transaction, operation.event)
        elif isinstance(operation, CloseTransaction) and result.transaction is not None:
            await self._event(result.transaction, None)
        elif isinstance(operation, RecordBoot):
            for book in self._with_station(operation.station):
                for key, hold in book.booted(operation.station).items():
                    self._parts.journal.note(HOLDS.put(operation.station, str(key[1]), hold))
        elif isinstance(operation, RecordConnection):
            for book in self._with_station(operation.station):
                self.touch(book.name)
        elif isinstance(operation, Amend) and isinstance(result, Amended):
            await self._amended(operation, result)

    def _with_station(self, station: str) -> list[SiteBook]:
        found = [book for book in self.sites.values() if station in book.stations]
        for book in found:
            self.touch(book.name)
        return found

    async def _event(self, transaction: Transaction, event: TransactionEvent | None) -> None:
        key = _place(transaction)
        for book in self._with_station(transaction.station):
            if key not in book.outlets:
                continue
            session = book.sessions.get(key)
            if not transaction.is_open:
                book.ended(key, transaction.transaction_id)
                if book.wishes.pop((key[0], transaction.transaction_id), None) is not None:
                    self._parts.journal.note(WISHES.remove(key[0], transaction.transaction_id))
            elif session is None or session.transaction_id != transaction.transaction_id:
                session = Session(transaction.transaction_id, transaction.started_at or self._parts.clock.now())
                session.hear(transaction, event)
                book.began(key, session)
            else:
                session.hear(transaction, event)

    async def _amended(self, operation: Amend, result: Amended) -> None:
        name, station, after = operation.register.name, operation.station, result.after
        if name == MANAGED.name:
            if after is not None:
                await self._load(after)
            else:
                self._forget(operation.key)
            self._releases.note(self._parts.clock.now())
        elif name in (SITE_LIMITS.name, SITE_READINGS.name):
            self._of_site(name, operation.key, after)
        elif name in (NEEDS.name, LIMITS.name, WISHES.name):
            for book in self._with_station(station):
                if name == WISHES.name:
                    _set(book.wishes, (station, operation.key), after)
                elif name == NEEDS.name:
                    _set(book.needs, (station, int(operation.key)), after)
                    await self._mind_setpoints(book, station)
                else:
                    _set(book.of_station, (station, operation.key), after)

    def _of_site(self, register: str, key: str, after: Any) -> None:
        site, _, part = key.partition("/")
        if (book := self.sites.get(site)) is not None:
            _set(book.limits if register == SITE_LIMITS.name else book.readings, part, after)
            self.touch(site)

    # --- what follows --------------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Decide on the sites where something has happened, or time has passed, and tell what is to be told."""
        now = self._parts.clock.now()
        for task in [task for task in self._tellings if task.done()]:
            del self._tellings[task]
            task.result()
        reachable: frozenset[str] | None = None
        for name, book in self.sites.items():
            if name not in self._dirty and book.decision is not None and now < book.decision.next_look:
                continue
            self._dirty.discard(name)
            reachable = self._reachable() if reachable is None else reachable
            broken = book.decision.shares.broken if book.decision is not None else ()
            decision = book.decide(now, reachable)
            self._unshown.add(name)
            self._alarm(name, exceeded_limits(decision.shares.broken))
            if decision.shares.broken and decision.shares.broken != broken:
                _log.warning("a site is above its limits", site=name, limits=list(decision.shares.broken))
            for telling in decision.tellings:
                task = asyncio.create_task(self._tell(book, telling, book.telling(telling)))
                self._tellings[task] = telling.key
        self._show(now)
        if self._releases.is_due(now):
            reachable = self._reachable() if reachable is None else reachable
            self._releases.look(now, reachable, set(self._tellings.values()))

    def _reachable(self) -> frozenset[str]:
        connected = self._parts.commander.bus.connected()
        return frozenset(each.station for each in connected if each.standing is RegistrationStatus.ACCEPTED)

    def _show(self, now: datetime) -> None:
        """Write down how sites stand where something has changed, each not too often."""
        for name in sorted(self._unshown):
            shown, book = self._shown.get(name), self.sites.get(name)
            if book is None or book.decision is None or (shown is not None and shown <= now < shown + SHOWN_EVERY):
                continue
            self._unshown.discard(name)
            self._shown[name] = now
            self._parts.journal.note(STATES.put("", name, book.state()))

    def _alarm(self, name: str, limits: tuple[str, ...]) -> None:
        """Write down which limits are exceeded, when that changes."""
        if self._alarms.get(name) == limits:
            return
        self._alarms[name] = limits
        alarm = SiteAlarm(site=name, at=self._parts.clock.now(), limits=limits)

        def change(before: SiteAlarm | None) -> SiteAlarm | None:
            had = () if before is None else before.limits
            return before if had == limits else alarm

        self._parts.journal.note(SITE_ALARMS.amend("", name, change))

    async def _tell(self, book: SiteBook, telling: Telling, hold: EvseHold) -> None:
        """Tell one station one limit; what may hold from now on is stored before it is sent."""
        station, evse_id = telling.key
        now = self._parts.clock.now()
        try:
            await self._parts.journal.append(HOLDS.put(station, str(evse_id), hold))
            answer = await self._set(book, telling, now)
        except CommandTimedOut:
            self._not_told(book, telling, "it did not answer", certain=False)
        except CommandRefused as error:
            self._not_told(book, telling, error.what, certain=True)
        except NotReachable:
            self._not_told(book, telling, "it cannot be reached", certain=False)
        except StoreError:
            self._not_told(book, telling, "the database failed", certain=False)
            raise
        except PilotwireError as error:
            self._not_told(book, telling, error.what, certain=True)
        else:
            if answer.status is ChargingProfileStatus.ACCEPTED:
                after = self._now(book, telling.key).told(telling)
                await self._parts.journal.append(HOLDS.put(station, str(evse_id), after))
            else:
                self._not_told(book, telling, f"it answered {answer.status}", certain=True)
        finally:
            self._now(book, telling.key).under_way.discard(telling.key)
            self.touch(book.name)

    def _now(self, book: SiteBook, key: EvseKey) -> SiteBook:
        """The book that is kept of the site now: its plan may have changed while a station was asked."""
        now = self.sites.get(book.name, book)
        return now if key in now.outlets else book

    async def _set(self, book: SiteBook, telling: Telling, now: datetime) -> SetChargingProfileOutcome:
        station, evse_id = telling.key
        session = book.sessions.get(telling.key)
        profile = profile_for(
            book.outlets[telling.key],
            telling.amperes,
            now,
            voltage=book.plan.layout.voltage,
            abilities=await station_abilities(self._parts.store, station),
            transaction_id=telling.transaction_id,
            used=None if session is None else session.used,
        )
        command = SetChargingProfile(evse_id=evse_id, charging_profile=profile)
        outcome = await self._parts.commander.ask(station, command, SetChargingProfileOutcome)
        if outcome.status is ChargingProfileStatus.ACCEPTED:
            new = InstalledProfile(evse_id=evse_id, profile=profile, at=now, transaction_id=telling.transaction_id)
            await self._books.amend(station, lambda installed: with_set(installed, new, by_stack_level=False))
        return outcome

    def _not_told(self, book: SiteBook, telling: Telling, why: str, *, certain: bool) -> None:
        """It rests; a station that refuses has a finding, for its EVSE is out of control."""
        book = self._now(book, telling.key)
        station, evse_id = telling.key
        now = self._parts.clock.now()
        gone = telling.slot is Slot.TRANSACTION and (
            telling.key not in book.sessions or book.sessions[telling.key].transaction_id != telling.transaction_id
        )
        rest = Rest(now + (AFTER_REFUSAL if certain and not gone else AFTER_SILENCE), why)
        book.not_told(telling, rest, certain=certain)
        if not certain or gone:
            return
        what = (
            f"EVSE {evse_id} cannot be held to {telling.amperes} A for site {book.name}: {why}. "
            f"Until it can, {book.limit_of(telling.key)} A are kept free for it."
        )
        finding = Finding(
            station=station, at=now, rule=_RULE, severity=Severity.BREACH, what=what, action="SetChargingProfile"
        )
        with suppress(StoreError):
            self._parts.journal.note(KeepFinding(finding=finding))


def exceeded_limits(broken: Iterable[str]) -> tuple[str, ...]:
    """Which limits are exceeded, without by how much."""
    return tuple(each.partition(" is exceeded by ")[0] for each in broken)


def _place(transaction: Transaction) -> EvseKey:
    return (transaction.station, 0 if transaction.address is None else transaction.address.evse)


def _set(mapping: dict[Any, Any], key: Any, value: Any) -> None:
    """Put it in; None: take it out."""
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value
