"""What a memory store keeps, and how it is read. Writing is `store.memory`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pilotwire.csms.store import booking, searching
from pilotwire.csms.store.booking import EVERYTHING, FIRST_PAGE
from pilotwire.csms.store.ports import (
    ApiKey,
    BookedEvent,
    ConnectorRecord,
    LogFilter,
    LoggedFrame,
    Page,
    Station,
    StoredReading,
    StoredSecurityEvent,
    TransactionFilter,
)
from pilotwire.csms.store.registers import Diary, Entry, Register, place_of
from pilotwire.domain.authorization import Token
from pilotwire.domain.findings import Finding
from pilotwire.domain.identity import EvseAddress, IdToken, same_token
from pilotwire.domain.kinds import Value
from pilotwire.domain.transactions import Transaction

_K = TypeVar("_K")
_T = TypeVar("_T")
_R = TypeVar("_R", bound=Value)
Place = tuple[str, str]
"""A station and a transaction id."""


class Memory:
    """Tables as dicts and lists, with an undo list so that what is appended together is kept together."""

    def __init__(self) -> None:
        self.stations: dict[str, Station] = {}
        self.connectors: dict[tuple[str, EvseAddress], ConnectorRecord] = {}
        self.tokens: dict[tuple[str, str], Token] = {}
        self.transactions: dict[Place, Transaction] = {}
        self.events: defaultdict[Place, dict[str, BookedEvent]] = defaultdict(dict)  # by `event_key`
        self.starts: dict[str, int] = {}
        self.readings: list[StoredReading] = []
        self.log: list[LoggedFrame] = []
        self.findings: list[Finding] = []
        self.security_events: list[StoredSecurityEvent] = []
        self.api_keys: dict[str, ApiKey] = {}
        self.registers: defaultdict[str, dict[tuple[str, str], Any]] = defaultdict(dict)  # by station and key
        self.diaries: defaultdict[str, dict[int, Entry[Any]]] = defaultdict(dict)
        self._number = self._entry = self._frame = 0
        self._undo: list[Callable[[], object]] = []

    def begin(self) -> None:
        """From here on everything can be undone."""
        self._undo = []

    def undo(self) -> None:
        """Take back everything since `begin`."""
        while self._undo:
            self._undo.pop()()

    def put(self, table: dict[_K, _T], key: _K, value: _T) -> _T:
        """Set an entry and give it back."""
        if key in table:
            old = table[key]
            self._undo.append(lambda: table.__setitem__(key, old))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value
        return value

    def drop(self, table: dict[_K, _T], key: _K) -> bool:
        """Remove an entry; False if there is none."""
        if key not in table:
            return False
        old = table.pop(key)
        self._undo.append(lambda: table.__setitem__(key, old))
        return True

    def add(self, table: list[_T], value: _T) -> None:
        """Add to the end of a list."""
        table.append(value)
        self._undo.append(table.pop)

    def next_number(self, station: str) -> int:
        """The next transaction number of the whole store that this station has not used for something else."""
        number = self._number + 1
        while (station, str(number)) in self.transactions:
            number += 1
        before, self._number = self._number, booking.checked_number(number)
        self._undo.append(lambda: setattr(self, "_number", before))
        return number

    def swap(self, table: str, entries: list[Any]) -> None:
        """Put another list in the place of one."""
        before = getattr(self, table)
        setattr(self, table, entries)
        self._undo.append(lambda: setattr(self, table, before))

    def next_frame(self) -> int:
        """The number of the next frame of the log; a number given to something that was undone is not given again."""
        self._frame += 1
        return self._frame

    def next_entry(self) -> int:
        """The number of the next entry of any diary; a number given to something that was undone is not given again."""
        self._entry += 1
        return self._entry

    def tokens_of(self, id_token: IdToken) -> list[Token]:
        """All records of a token's value, whatever their type."""
        key = id_token.key
        return [token for (value, _), token in self.tokens.items() if value == key]


class MemoryStore:
    """Reads from memory. `memory` is what a `MemoryJournal` writes into."""

    def __init__(self) -> None:
        self.memory = Memory()

    async def station(self, station: str) -> Station | None:
        """One station."""
        return self.memory.stations.get(station)

    async def stations(self, page: Page = FIRST_PAGE) -> Sequence[Station]:
        """Stations by name; the cursor is the name."""
        names = sorted(name for name in self.memory.stations if page.after is None or name > page.after)
        return [self.memory.stations[name] for name in names[: page.limit]]

    async def connectors(self, station: str) -> Sequence[ConnectorRecord]:
        """A station's connectors, by address."""
        records = [record for (name, _), record in self.memory.connectors.items() if name == station]
        return sorted(records, key=lambda record: _address_order(record.address))

    async def token(self, id_token: IdToken) -> Token | None:
        """The record for an id token: of its type, else of a type one side does not tell."""
        return booking.chosen_token(self.memory.tokens_of(id_token), id_token)

    async def tokens(self, page: Page = FIRST_PAGE) -> Sequence[Token]:
        """Tokens by value; the cursor is the value. Records of one value stay on one page, even if that makes it longer."""
        after = page.after.casefold() if page.after is not None else None
        places = sorted(place for place in self.memory.tokens if after is None or place[0] > after)
        kept = places[: page.limit]
        more = [place for place in places[page.limit :] if kept and place[0] == kept[-1][0]]
        return [self.memory.tokens[place] for place in (*kept, *more)]

    async def transaction(self, station: str, transaction_id: str) -> Transaction | None:
        """One transaction."""
        return self.memory.transactions.get((station, transaction_id))

    async def transactions(
        self, which: TransactionFilter = EVERYTHING, page: Page = FIRST_PAGE
    ) -> Sequence[Transaction]:
        """Transactions, the one that became known last first; the cursor is `station/transaction_id`."""
        newest_first = list(reversed(self.memory.transactions.values()))
        if page.after is not None:
            cursors = [f"{each.station}/{each.transaction_id}" for each in newest_first]
            newest_first = newest_first[cursors.index(page.after) + 1 :] if page.after in cursors else []
        return [each for each in newest_first if _is_wanted(each, which)][: page.limit]

    async def open_with(self, id_token: IdToken, *, besides: Place | None = None) -> int:
        """How many transactions are open with a token, one not counted."""
        return sum(
            1
            for place, each in self.memory.transactions.items()
            if each.is_open and place != besides and same_token(each.id_token, id_token)
        )

    async def events(self, station: str, transaction_id: str) -> Sequence[BookedEvent]:
        """A transaction's events in their place."""
        return booking.in_place(self._booked((station, transaction_id)))

    async def readings(
        self, station: str, transaction_id: str | None = None, *, since: datetime | None = None, limit: int = 1000
    ) -> Sequence[StoredReading]:
        """Meter readings of a transaction, or of a station outside of any, by time."""
        if transaction_id is None:
            found = [stored for stored in self.memory.readings if stored.station == station]
        else:
            found = list(self._readings_in((station, transaction_id)))
        wanted = [stored for stored in found if since is None or stored.reading.at >= since]
        return sorted(wanted, key=lambda stored: stored.reading.at)[:limit]

    def _booked(self, place: Place) -> Iterable[BookedEvent]:
        return self.memory.events[place].values() if place in self.memory.events else ()

    def _readings_in(self, place: Place) -> Iterable[StoredReading]:
        transaction = self.memory.transactions.get(place)
        for booked in self._booked(place):
            address = booked.event.address or (transaction.address if transaction else None)
            for reading in booked.event.readings:
                yield StoredReading(station=place[0], transaction_id=place[1], address=address, reading=reading)

    async def log(
        self, station: str | None = None, *, action: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames, newest first."""
        frames = (
            frame
            for frame in reversed(self.memory.log)
            if (station is None or frame.station == station)
            and (action is None or frame.action == action)
            and (before is None or frame.number < before)
        )
        return _first(frames, limit)

    async def search(
        self, which: LogFilter, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames of the message log, newest first, or oldest first from number `after` on."""
        frames: Iterable[LoggedFrame] = self.memory.log if after is not None else reversed(self.memory.log)
        if which.transaction_id is not None:
            frames = self._of_transaction(which, frames)
        wanted = (
            frame
            for frame in frames
            if (before is None or frame.number < before)
            and (after is None or frame.number > after)
            and searching.is_wanted(frame, which)
        )
        return _first(wanted, limit)

    def _of_transaction(self, which: LogFilter, frames: Iterable[LoggedFrame]) -> list[LoggedFrame]:
        naming = searching.names_transaction(str(which.transaction_id))
        ids = {(frame.station, frame.message_id) for frame in self.memory.log if naming.search(frame.frame)}
        return [frame for frame in frames if (frame.station, frame.message_id) in ids]

    async def log_size(self) -> int:
        """How many bytes the frames of the message log have, about."""
        return sum(len(frame.frame) for frame in self.memory.log)

    async def findings(
        self, station: str | None = None, *, since: datetime | None = None, limit: int = 100
    ) -> Sequence[Finding]:
        """Findings, the one kept last first."""
        wanted = (
            each
            for each in reversed(self.memory.findings)
            if station in (None, each.station) and (since is None or each.at >= since)
        )
        return _first(wanted, limit)

    async def security_events(self, station: str | None = None, *, limit: int = 100) -> Sequence[StoredSecurityEvent]:
        """Security events, the one kept last first."""
        events = (each for each in reversed(self.memory.security_events) if station in (None, each.station))
        return _first(events, limit)

    async def api_keys(self) -> Sequence[ApiKey]:
        """All API keys, by name."""
        return [self.memory.api_keys[name] for name in sorted(self.memory.api_keys)]

    async def record(self, register: Register[_R], station: str, key: str) -> _R | None:
        """One record of a register."""
        return self.memory.registers[register.name].get((station, key))

    async def records(
        self, register: Register[_R], station: str | None = None, page: Page = FIRST_PAGE
    ) -> Sequence[_R]:
        """Records of a register by station and key; the cursor is `registers.cursor_of`."""
        table = self.memory.registers[register.name]
        after = ("", "") if page.after is None else place_of(page.after)
        places = sorted(place for place in table if station in (None, place[0]))
        return [table[place] for place in places if page.after is None or place > after][: page.limit]

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
        """Entries of a diary, the one written last first; with `after` oldest first from there on."""
        table = self.memory.diaries[diary.name]
        wanted = (
            each
            for each in (reversed(table.values()) if after is None else table.values())
            if station in (None, each.station)
            and key in (None, each.key)
            and (before is None or each.number < before)
            and (after is None or each.number > after)
        )
        return _first(wanted, limit)


def _first(entries: Iterable[_T], limit: int) -> list[_T]:
    return [entry for entry, _ in zip(entries, range(limit), strict=False)]


def _address_order(address: EvseAddress) -> tuple[int, int]:
    return (address.evse, -1 if address.connector is None else address.connector)


def _is_wanted(transaction: Transaction, which: TransactionFilter) -> bool:
    began = booking.began_at(transaction)
    token = transaction.id_token
    return (
        (which.station is None or transaction.station == which.station)
        and which.transaction_id in (None, transaction.transaction_id)
        and (which.id_token is None or (token is not None and token.key == which.id_token.casefold()))
        and (which.is_open is None or transaction.is_open is which.is_open)
        and (which.since is None or (began is not None and began >= which.since))
        and (which.until is None or (began is not None and began < which.until))
    )
