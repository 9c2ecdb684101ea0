"""What somebody limited to sites may see: the rooms of the CSMS with everything of other stations left out.

Whatever a resource reads through these rooms is filtered here, in one place; what it writes to another station is refused. What belongs to
no station passes: the operations that show such things are closed to limited callers as a whole (`confinement`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from pilotwire.clock import Clock
from pilotwire.csms.api.problems import ApiError
from pilotwire.csms.api.rooms import Desk, Rooms
from pilotwire.csms.commands import Commander, ConnectedStation, StationBus
from pilotwire.csms.plugins import Plugins
from pilotwire.csms.registers.access import SITES
from pilotwire.csms.registers.load_management import SITE_ALARMS, STATES
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import (
    Amend,
    ApiKey,
    BookedEvent,
    ConnectorRecord,
    Journal,
    LogFilter,
    LoggedFrame,
    Operation,
    Page,
    Station,
    Store,
    StoredReading,
    StoredSecurityEvent,
    TransactionFilter,
)
from pilotwire.csms.store.registers import Diary, Entry, Register, place_of
from pilotwire.csms.uploads import Receiver
from pilotwire.domain.authorization import Token
from pilotwire.domain.findings import Finding
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Outcome, Value
from pilotwire.domain.transactions import Transaction

_R = TypeVar("_R", bound=Value)
_T = TypeVar("_T")
_AT_ONCE = 500
_MOST = 50_000
_FIRST = Page()
_ALL = TransactionFilter()


class Sight(Value):
    """The stations of some sites."""

    sites: tuple[str, ...]
    stations: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def sees(self, station: str) -> bool:
        """Whether a station is one of them."""
        return station in self.stations or (bool(self.prefixes) and station.startswith(self.prefixes))


async def sight_of(store: Store, sites: Sequence[str]) -> Sight:
    """What is seen from these sites; one that is not on record has no stations. Raises StoreError."""
    found = [site for name in sites if (site := await store.record(SITES, "", name)) is not None]
    return Sight(
        sites=tuple(sites),
        stations=frozenset(station for site in found for station in site.stations),
        prefixes=tuple(prefix for site in found for prefix in site.prefixes if prefix),
    )


class LimitedDesk(Desk):
    """A desk from which only some stations are seen."""

    def __init__(self, rooms: Rooms, sight: Sight) -> None:
        super().__init__(_LimitedRooms(rooms, sight))
        self._sight = sight

    @property
    def bus(self) -> StationBus:
        """Where the stations that are seen are connected."""
        return _LimitedBus(super().bus, self._sight)


class _LimitedRooms:
    """The rooms behind such a desk."""

    def __init__(self, rooms: Rooms, sight: Sight) -> None:
        self._rooms = rooms
        self.journal: Journal = _LimitedJournal(rooms.journal, sight)
        self.store: Store = LimitedStore(rooms.store, sight)

    @property
    def commander(self) -> Commander:
        return self._rooms.commander

    @property
    def clock(self) -> Clock:
        return self._rooms.clock

    @property
    def settings(self) -> CsmsSettings:
        return self._rooms.settings

    @property
    def plugins(self) -> Plugins:
        return self._rooms.plugins

    @property
    def uploads(self) -> Receiver:
        return self._rooms.uploads


class _LimitedBus:
    """Connections of the stations that are seen, and commands to them."""

    def __init__(self, bus: StationBus, sight: Sight) -> None:
        self._bus = bus
        self._sight = sight

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        _must_see(self._sight, station)
        return await self._bus.call(station, command, timeout=timeout)

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        _must_see(self._sight, station)
        return await self._bus.call_raw(station, action, payload, force=force, timeout=timeout)

    def dismiss(self, station: str, reason: str) -> bool:
        _must_see(self._sight, station)
        return self._bus.dismiss(station, reason)

    def connected(self) -> Sequence[ConnectedStation]:
        return [each for each in self._bus.connected() if self._sight.sees(each.station)]


def outside(sight: Sight, station: str) -> ApiError:
    """A station that is none of the sites somebody is limited to. It does not matter whether there is one of this name."""
    sites = ", ".join(sight.sites) or "none"
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        f"The station {station!r} is none of the sites this caller is limited to ({sites}).",
        "Ask for a station of these sites, or have an administrator change the sites.",
    )


def _must_see(sight: Sight, station: str) -> None:
    if not sight.sees(station):
        raise outside(sight, station)


def _station_of(something: object) -> str:
    station = getattr(something, "station", "")
    return station if isinstance(station, str) else ""


def _site_of(operation: Operation) -> str:
    """The site that an operation is about as a whole; "" for none."""
    if isinstance(operation, Amend) and operation.register.name in (STATES.name, SITE_ALARMS.name):
        return operation.key
    return ""


class _LimitedJournal:
    """A journal that takes nothing for other stations and tells nothing of them."""

    def __init__(self, journal: Journal, sight: Sight) -> None:
        self._journal = journal
        self._sight = sight

    def append(self, *operations: Operation) -> Awaitable[Sequence[Any]]:
        self._look(operations)
        return self._journal.append(*operations)

    def note(self, operation: Operation) -> None:
        self._look((operation,))
        self._journal.note(operation)

    def committed(self) -> AsyncIterator[tuple[Operation, Any]]:
        return _Seen(self._journal.committed(), self._sight)

    def _look(self, operations: Sequence[Operation]) -> None:
        for station in filter(None, map(_station_of, operations)):
            _must_see(self._sight, station)


class _Seen(AsyncIterator[tuple[Operation, Any]]):
    """What is committed of the stations that are seen, and of how these sites stand; what is of no station else is left out too."""

    def __init__(self, committed: AsyncIterator[tuple[Operation, Any]], sight: Sight) -> None:
        self._committed = committed
        self._sight = sight

    async def __anext__(self) -> tuple[Operation, Any]:
        while True:
            operation, result = await anext(self._committed)
            station = _station_of(operation) or _station_of(getattr(operation, "finding", None))
            if self._sight.sees(station) or _site_of(operation) in self._sight.sites:
                return operation, result


class LimitedStore:
    """A store that holds nothing of other stations."""

    def __init__(self, store: Store, sight: Sight) -> None:
        self._store = store
        self._sees = sight.sees
        self._sight = sight

    async def station(self, station: str) -> Station | None:
        """One station, if it is seen."""
        return await self._store.station(station) if self._sees(station) else None

    async def stations(self, page: Page = _FIRST) -> Sequence[Station]:
        """The stations that are seen, by name."""

        async def more(last: Station | None) -> Sequence[Station]:
            after = page.after if last is None else last.station
            return await self._store.stations(Page(limit=_AT_ONCE, after=after))

        return await self._filled(page.limit, more)

    async def connectors(self, station: str) -> Sequence[ConnectorRecord]:
        """Its connectors."""
        return await self._store.connectors(station) if self._sees(station) else ()

    async def token(self, id_token: IdToken) -> Token | None:
        """The record for an id token: it is of no station."""
        return await self._store.token(id_token)

    async def tokens(self, page: Page = _FIRST) -> Sequence[Token]:
        """Tokens: they are of no station."""
        return await self._store.tokens(page)

    async def transaction(self, station: str, transaction_id: str) -> Transaction | None:
        """One transaction."""
        return await self._store.transaction(station, transaction_id) if self._sees(station) else None

    async def transactions(self, which: TransactionFilter = _ALL, page: Page = _FIRST) -> Sequence[Transaction]:
        """Transactions of the stations that are seen, as `Store.transactions` has them."""
        if which.station is not None:
            return await self._store.transactions(which, page) if self._sees(which.station) else ()

        async def more(last: Transaction | None) -> Sequence[Transaction]:
            after = page.after if last is None else f"{last.station}/{last.transaction_id}"
            return await self._store.transactions(which, Page(limit=_AT_ONCE, after=after))

        return await self._filled(page.limit, more)

    async def open_with(self, id_token: IdToken, *, besides: tuple[str, str] | None = None) -> int:
        """How many transactions are open with a token, wherever."""
        return await self._store.open_with(id_token, besides=besides)

    async def events(self, station: str, transaction_id: str) -> Sequence[BookedEvent]:
        """A transaction's events."""
        return await self._store.events(station, transaction_id) if self._sees(station) else ()

    async def readings(
        self, station: str, transaction_id: str | None = None, *, since: datetime | None = None, limit: int = 1000
    ) -> Sequence[StoredReading]:
        """Meter readings."""
        if not self._sees(station):
            return ()
        return await self._store.readings(station, transaction_id, since=since, limit=limit)

    async def log(
        self, station: str | None = None, *, action: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames, newest first."""
        return await self.search(LogFilter(station=station, action=action), before=before, limit=limit)

    async def search(
        self, which: LogFilter, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames of the message log, as `Store.search` has them."""
        if which.station is not None:
            if not self._sees(which.station):
                return ()
            return await self._store.search(which, before=before, after=after, limit=limit)

        async def more(last: LoggedFrame | None) -> Sequence[LoggedFrame]:
            if after is not None:
                since = after if last is None else last.number
                return await self._store.search(which, before=before, after=since, limit=_AT_ONCE)
            return await self._store.search(which, before=before if last is None else last.number, limit=_AT_ONCE)

        return await self._filled(limit, more)

    async def log_size(self) -> int:
        """The size of the whole message log."""
        return await self._store.log_size()

    async def findings(
        self, station: str | None = None, *, since: datetime | None = None, limit: int = 100
    ) -> Sequence[Finding]:
        """Findings, newest first."""
        if station is not None:
            return await self._store.findings(station, since=since, limit=limit) if self._sees(station) else ()
        return await self._grown(limit, lambda most: self._store.findings(since=since, limit=most))

    async def security_events(self, station: str | None = None, *, limit: int = 100) -> Sequence[StoredSecurityEvent]:
        """Security events, newest first."""
        if station is not None:
            return await self._store.security_events(station, limit=limit) if self._sees(station) else ()
        return await self._grown(limit, lambda most: self._store.security_events(limit=most))

    async def api_keys(self) -> Sequence[ApiKey]:
        """All API keys."""
        return await self._store.api_keys()

    async def record(self, register: Register[_R], station: str, key: str) -> _R | None:
        """One record of a register, unless it is of or about another station."""
        if station and not self._sees(station):
            return None
        found = await self._store.record(register, station, key)
        about = _station_of(found)
        return found if not about or self._sees(about) else None

    async def records(self, register: Register[_R], station: str | None = None, page: Page = _FIRST) -> Sequence[_R]:
        """Records of a register of the stations that are seen, as `Store.records` has them."""
        if station is not None:
            visible = not station or self._sees(station)
            return await self._store.records(register, station, page) if visible else ()
        begins = "" if page.after is None else place_of(page.after)[0]
        found: list[_R] = []
        for name in await self._visible():
            if name < begins or len(found) >= page.limit:
                continue
            after = page.after if name == begins else None
            found += await self._store.records(register, name, Page(limit=page.limit - len(found), after=after))
        return found

    async def entries(
        self,
        diary: Diary[_R],
        station: str | None = None,
        *,
        key: str | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Sequence[Entry[_R]]:
        """Entries of a diary, as `Store.entries` has them."""
        if station is not None:
            if station and not self._sees(station):
                return ()
            return await self._store.entries(diary, station, key=key, before=before, after=after, limit=limit)

        async def more(last: Entry[_R] | None) -> Sequence[Entry[_R]]:
            if after is not None:
                since = after if last is None else last.number
                return await self._store.entries(diary, key=key, before=before, after=since, limit=_AT_ONCE)
            until = before if last is None else last.number
            return await self._store.entries(diary, key=key, before=until, limit=_AT_ONCE)

        return await self._filled(limit, more)

    async def _visible(self) -> list[str]:
        """The identities that are seen, in the order of lists: those on record, and those the sites name."""
        names, after = set(self._sight.stations), None
        while batch := await self._store.stations(Page(limit=_AT_ONCE, after=after)):
            names |= {each.station for each in batch if self._sees(each.station)}
            after = batch[-1].station
        return sorted(names)

    async def _filled(self, limit: int, more: Callable[[_T | None], Awaitable[Sequence[_T]]]) -> list[_T]:
        """A page of what is seen: read on behind what is left out until it is full or there is no more."""
        found: list[_T] = []
        last: _T | None = None
        while len(found) < limit:
            batch = await more(last)
            found += [each for each in batch if self._sees(_station_of(each))]
            if not batch:
                break
            last = batch[-1]
        return found[:limit]

    async def _grown(self, limit: int, newest: Callable[[int], Awaitable[Sequence[_T]]]) -> list[_T]:
        """The same for a list that has no cursor: ask for more of it until enough of it is seen."""
        most = limit
        while True:
            batch = await newest(most)
            found = [each for each in batch if self._sees(_station_of(each))]
            if len(found) >= limit or len(batch) < most or most >= _MOST:
                return found[:limit]
            most = min(most * 4, _MOST)
