"""Reading what is committed: single rows at once on the caller's thread, lists in another thread so that the event loop goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, Select, and_, func, or_, select, tuple_
from sqlalchemy.exc import DBAPIError

from pilotwire.csms.store import booking
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
from pilotwire.csms.store.sql import codec, schema
from pilotwire.csms.store.sql.codec import micros, moment_of
from pilotwire.csms.store.sql.engine import Database
from pilotwire.csms.store.sql.search import Search, frame_of
from pilotwire.csms.store.sql.trouble import disk_trouble
from pilotwire.domain.authorization import Token
from pilotwire.domain.findings import Finding
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import Value
from pilotwire.domain.transactions import Transaction
from pilotwire.errors import StoreError

_T = TypeVar("_T")
_R = TypeVar("_R", bound=Value)
_CURSOR_SPLITS = 16
_SAMPLE = 1000
"""Frames from which the size of all is reckoned."""
_ROW = 60
"""Bytes a frame takes besides its text, about."""


class SqlStore:
    """Reads one database file. Every call may raise StoreError with a sentence if the file cannot be read."""

    def __init__(self, database: Database) -> None:
        self._path = database.path
        self._rows = database.reader()
        self._engine = database.reading_engine()

    def close(self) -> None:
        """Close all reading connections."""
        self._rows.close()
        self._engine.dispose()

    # --- single rows ----------------------------------------------------------------------------------------------------------------

    def _all(self, query: str, *parameters: Any) -> list[Any]:
        with _sentences(self._path):
            return self._rows.execute(query, parameters).fetchall()

    async def station(self, station: str) -> Station | None:
        """One station."""
        rows = self._all("SELECT content FROM stations WHERE station = ?", station)
        return codec.station_of(rows[0][0]) if rows else None

    async def token(self, id_token: IdToken) -> Token | None:
        """The record for an id token: of its type, else of a type one side does not tell."""
        rows = self._all("SELECT content FROM tokens WHERE key = ?", id_token.key)
        return booking.chosen_token((codec.token_of(content) for (content,) in rows), id_token)

    async def transaction(self, station: str, transaction_id: str) -> Transaction | None:
        """One transaction."""
        query = "SELECT content FROM transactions WHERE station = ? AND transaction_id = ?"
        rows = self._all(query, station, transaction_id)
        return codec.transaction_of(rows[0][0]) if rows else None

    async def open_with(self, id_token: IdToken, *, besides: tuple[str, str] | None = None) -> int:
        """How many transactions are open with a token, one not counted."""
        rows = self._all("SELECT content FROM transactions WHERE token_key = ? AND is_open = 1", id_token.key)
        found = [codec.transaction_of(content) for (content,) in rows]
        return sum(
            1
            for each in found
            if same_token(each.id_token, id_token) and (each.station, each.transaction_id) != besides
        )

    # --- lists ----------------------------------------------------------------------------------------------------------------------

    async def _list(self, query: Select[Any], read: Callable[[Any], _T]) -> list[_T]:
        return await asyncio.to_thread(_fetched, self._engine, self._path, query, read)

    async def stations(self, page: Page = FIRST_PAGE) -> Sequence[Station]:
        """Stations by name; the cursor is the name."""
        table = schema.stations.c
        query = select(table.content).order_by(table.station).limit(page.limit)
        if page.after is not None:
            query = query.where(table.station > page.after)
        return await self._list(query, lambda row: codec.station_of(row[0]))

    async def connectors(self, station: str) -> Sequence[ConnectorRecord]:
        """A station's connectors, by address."""
        table = schema.connectors.c
        query = select(table.content).where(table.station == station).order_by(table.evse, table.connector)
        return await self._list(query, lambda row: codec.connector_of(row[0]))

    async def tokens(self, page: Page = FIRST_PAGE) -> Sequence[Token]:
        """Tokens by value; the cursor is the value. Records of one value stay on one page, even if that makes it longer."""
        table = schema.tokens.c
        query = select(table.content, table.key).order_by(table.key, table.type)
        after = page.after.casefold() if page.after is not None else None
        wanted = query if after is None else query.where(table.key > after)
        found = await self._list(wanted.limit(page.limit), lambda row: (row[1], codec.token_of(row[0])))
        if len(found) < page.limit or not found:
            return [token for _, token in found]
        last = found[-1][0]
        same = await self._list(query.where(table.key == last), lambda row: codec.token_of(row[0]))
        return [token for key, token in found if key != last] + same

    async def transactions(
        self, which: TransactionFilter = EVERYTHING, page: Page = FIRST_PAGE
    ) -> Sequence[Transaction]:
        """Transactions, the one that became known last first; the cursor is `station/transaction_id`."""
        table = schema.transactions.c
        query = _filtered(select(table.content), which).order_by(table.id.desc()).limit(page.limit)
        if page.after is not None:
            query = query.where(table.id < _cursor(page.after))
        return await self._list(query, lambda row: codec.transaction_of(row[0]))

    async def events(self, station: str, transaction_id: str) -> Sequence[BookedEvent]:
        """A transaction's events in their place."""
        return booking.in_place(await self._booked(station, transaction_id))

    async def _booked(self, station: str, transaction_id: str) -> list[BookedEvent]:
        """Its events in the order of arrival."""
        table = schema.transaction_events.c
        chain = _chain(station, transaction_id)
        query = (
            select(table.key, table.received_at, table.content).join(chain, table.id == chain.c.id).order_by(table.id)
        )

        def booked(row: Any) -> BookedEvent:
            return BookedEvent(
                station=station,
                transaction_id=transaction_id,
                key=row[0],
                event=codec.event_of(row[2]),
                received_at=moment_of(row[1]),
            )

        return await self._list(query, booked)

    async def readings(
        self, station: str, transaction_id: str | None = None, *, since: datetime | None = None, limit: int = 1000
    ) -> Sequence[StoredReading]:
        """Meter readings of a transaction, or of a station outside of any, by time."""
        if transaction_id is not None:
            return await self._readings_in(station, transaction_id, since, limit)
        table = schema.loose_readings.c
        query = select(table.content).where(table.station == station).order_by(table.at, table.id).limit(limit)
        if since is not None:
            query = query.where(table.at >= micros(since))
        return await self._list(query, lambda row: codec.loose_reading_of(row[0]))

    async def _readings_in(
        self, station: str, transaction_id: str, since: datetime | None, limit: int
    ) -> Sequence[StoredReading]:
        transaction = await self.transaction(station, transaction_id)
        place = transaction.address if transaction else None
        taken = [
            StoredReading(
                station=station, transaction_id=transaction_id, address=booked.event.address or place, reading=reading
            )
            for booked in await self._booked(station, transaction_id)
            for reading in booked.event.readings
            if since is None or reading.at >= since
        ]
        return sorted(taken, key=lambda stored: stored.reading.at)[:limit]

    async def log(
        self, station: str | None = None, *, action: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames, newest first."""
        table, blocks = schema.frames.c, schema.frame_blocks.c
        query = select(schema.frames)
        if station is not None:
            first = blocks.block * schema.FRAMES_IN_BLOCK
            here = and_(table.id >= first, table.id < first + schema.FRAMES_IN_BLOCK)
            query = query.select_from(schema.frame_blocks).join(schema.frames, here).order_by(blocks.block.desc())
            query = query.where(blocks.station == station, table.station == station)
            if before is not None:
                query = query.where(blocks.block <= before // schema.FRAMES_IN_BLOCK)
        if action is not None:
            query = query.where(table.action == action)
        if before is not None:
            query = query.where(table.id < before)
        return await self._list(query.order_by(table.id.desc()).limit(limit), frame_of)

    async def search(
        self, which: LogFilter, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames of the message log, newest first, or oldest first from number `after` on."""
        return await asyncio.to_thread(_searched, self._engine, self._path, which, before, after, limit)

    async def log_size(self) -> int:
        """How many bytes the frames of the message log have, about: what they and their index take in the file."""
        table = schema.frames.c
        first = await self._list(select(table.id).order_by(table.id).limit(1), lambda row: int(row[0]))
        last = await self._list(select(table.id).order_by(table.id.desc()).limit(_SAMPLE), lambda row: int(row[0]))
        if not first or not last:
            return 0
        lengths = select(func.length(table.frame)).order_by(table.id.desc()).limit(_SAMPLE)
        sizes = await self._list(lengths, lambda row: int(row[0]))
        return (last[0] - first[0] + 1) * (sum(sizes) // len(sizes) + _ROW)

    async def findings(
        self, station: str | None = None, *, since: datetime | None = None, limit: int = 100
    ) -> Sequence[Finding]:
        """Findings, the one kept last first."""
        table = schema.findings.c
        query = select(table.content).order_by(table.id.desc()).limit(limit)
        if station is not None:
            query = query.where(table.station == station)
        if since is not None:
            query = query.where(table.at >= micros(since))
        return await self._list(query, lambda row: codec.finding_of(row[0]))

    async def security_events(self, station: str | None = None, *, limit: int = 100) -> Sequence[StoredSecurityEvent]:
        """Security events, the one kept last first."""
        table = schema.security_events.c
        query = select(table.content).order_by(table.id.desc()).limit(limit)
        wanted = query if station is None else query.where(table.station == station)
        return await self._list(wanted, lambda row: codec.security_event_of(row[0]))

    async def api_keys(self) -> Sequence[ApiKey]:
        """All API keys, by name."""
        table = schema.api_keys.c
        return await self._list(select(table.content).order_by(table.name), lambda row: codec.api_key_of(row[0]))

    # --- registers and diaries ------------------------------------------------------------------------------------------------------

    async def record(self, register: Register[_R], station: str, key: str) -> _R | None:
        """One record of a register."""
        query = "SELECT content FROM register_records WHERE register = ? AND station = ? AND key = ?"
        rows = self._all(query, register.name, station, key)
        return register.decoded(rows[0][0]) if rows else None

    async def records(
        self, register: Register[_R], station: str | None = None, page: Page = FIRST_PAGE
    ) -> Sequence[_R]:
        """Records of a register by station and key; the cursor is `registers.cursor_of`."""
        table = schema.register_records.c
        query = select(table.content).where(table.register == register.name).order_by(table.station, table.key)
        if station is not None:
            query = query.where(table.station == station)
        if page.after is not None:
            query = query.where(tuple_(table.station, table.key) > tuple_(*place_of(page.after)))
        return await self._list(query.limit(page.limit), lambda row: register.decoded(row[0]))

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
        table = schema.diary_entries.c
        query = select(schema.diary_entries).where(table.diary == diary.name).limit(limit)
        query = query.order_by(table.id.desc() if after is None else table.id)
        if after is not None:
            query = query.where(table.id > after)
        if station is not None:
            query = query.where(table.station == station)
        if key is not None:
            query = query.where(table.key == key)
        if before is not None:
            query = query.where(table.id < before)

        def entry(row: Any) -> Entry[_R]:
            kept = diary.decoded(row.content)
            return Entry(number=row.id, station=row.station, at=moment_of(row.at), key=row.key, entry=kept)

        return await self._list(query, entry)


def _fetched(engine: Engine, path: Path, query: Select[Any], read: Callable[[Any], _T]) -> list[_T]:
    with _sentences(path), engine.connect() as connection:
        return [read(row) for row in connection.execute(query)]


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """What the driver could not do becomes a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise disk_trouble(error, path) from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise disk_trouble(error.orig, path) from error
        raise StoreError(f"{path} cannot be read: {error}.") from error


def _searched(
    engine: Engine, path: Path, which: LogFilter, before: int | None, after: int | None, limit: int
) -> list[LoggedFrame]:
    with _sentences(path), engine.connect() as connection:
        return Search(connection, which).frames(before, after, limit)


def _chain(station: str, transaction_id: str) -> Any:
    """The ids of a transaction's events, from the last one back."""
    transactions, events = schema.transactions.c, schema.transaction_events.c
    last = select(transactions.last_event.label("id")).where(
        transactions.station == station, transactions.transaction_id == transaction_id
    )
    chain = last.cte("chain", recursive=True)
    return chain.union_all(select(events.previous).join(chain, events.id == chain.c.id))


def _cursor(cursor: str) -> Any:
    """The row a cursor names: a slash may also stand in either name, so each is tried (the first few: real names have none)."""
    table = schema.transactions.c
    parts = cursor.split("/")
    splits = [("/".join(parts[:n]), "/".join(parts[n:])) for n in range(1, min(len(parts), _CURSOR_SPLITS))]
    named = [and_(table.station == station, table.transaction_id == name) for station, name in splits]
    return select(table.id).where(or_(False, *named)).limit(1).scalar_subquery()


def _filtered(query: Select[Any], which: TransactionFilter) -> Select[Any]:
    table = schema.transactions.c
    if which.station is not None:
        query = query.where(table.station == which.station)
    if which.transaction_id is not None:
        query = query.where(table.transaction_id == which.transaction_id)
    if which.id_token is not None:
        query = query.where(table.token_key == which.id_token.casefold())
    if which.is_open is not None:
        query = query.where(table.is_open == int(which.is_open))
    if which.since is not None:
        query = query.where(table.began_at >= micros(which.since))
    if which.until is not None:
        query = query.where(table.began_at < micros(which.until))
    return query
