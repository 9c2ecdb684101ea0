"""A storage in a SQLite file, on disk when a commit returns; many stations may share one file.

WAL with synchronous=FULL: a commit is one fsync of the log, and a power failure loses no commit (SQLite documentation, PRAGMA synchronous).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from pilotwire.errors import StoreError
from pilotwire.station.core.actions import DURABLE, Action, Forget, Keep, Save
from pilotwire.station.core.memory import SavedState, saved_state
from pilotwire.station.storage.ports import read_entry, read_part, written

_T = TypeVar("_T")
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    station_id TEXT NOT NULL, number INTEGER NOT NULL, transaction_id TEXT, entry TEXT NOT NULL,
    PRIMARY KEY (station_id, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS memory (
    station_id TEXT NOT NULL, part TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (station_id, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hardware (station_id TEXT NOT NULL PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shelf (
    station_id TEXT NOT NULL, shelf TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (station_id, shelf, name)) WITHOUT ROWID;
"""
"""A table that is new to a file is made when it is opened. `_VERSION` rises only with what an older Pilotwire would misread: a station
whose firmware falls back must find its books readable, and passes over a table it does not know."""
_KEEP = "INSERT OR REPLACE INTO outbox (station_id, number, transaction_id, entry) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM outbox WHERE station_id = ? AND number = ?"
_HARDWARE = "INSERT OR REPLACE INTO hardware (station_id, content) VALUES (?, ?)"
_SHELF = "SELECT name, content FROM shelf WHERE station_id = ? AND shelf = ? ORDER BY name"
_PUT = "INSERT OR REPLACE INTO shelf (station_id, shelf, name, content) VALUES (?, ?, ?, ?)"
_TAKE = "DELETE FROM shelf WHERE station_id = ? AND shelf = ? AND name = ?"
_SAVE = "INSERT OR REPLACE INTO memory (station_id, part, content) VALUES (?, ?, ?)"


class SqliteFile:
    """An open file; `station` gives the storage of one station in it. To be used from one thread."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._connection: sqlite3.Connection | None = None
        with self._explained("opened"):
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        with suppress(
            OSError
        ):  # it is there, or cannot be made: SQLite says why. Passwords and keys of a station are its own.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=10.0, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            self._check_version(int(connection.execute("PRAGMA user_version").fetchone()[0]))
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version={_VERSION}")
            connection.execute("BEGIN IMMEDIATE")  # a file that cannot be written says so now
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, found: int) -> None:
        if found > _VERSION:
            raise StoreError(
                f"The station file {self.path} is of format {found}; this Pilotwire knows up to {_VERSION}.",
                "Use the newer Pilotwire that wrote it, or another file.",
            )

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        """Say what SQLite could not do as a sentence."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"The station file {self.path} could not be {done}: {error}.",
                "See that it is a Pilotwire station file, that its folder can be written and that the disk has room.",
            ) from error

    def station(self, station_id: str) -> SqliteStorage:
        """The storage of one station."""
        return SqliteStorage(self, station_id=station_id)

    def rows(self, query: str, *values: object) -> list[tuple[str, ...]]:
        """The rows a query gives."""
        with self._explained("read"):
            return self._alive().execute(query, values).fetchall()

    def write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do `work` in one transaction: all of it is on disk when this returns, or none of it ever is."""
        with self._explained("written"):
            connection = self._alive()
            connection.execute("BEGIN IMMEDIATE")
            try:
                work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _alive(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"The station file {self.path} is closed.", "Open it again.")
        return self._connection

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class SqliteStorage:
    """One station's part of a file. Given a path, it opens the file itself and closes it with itself."""

    def __init__(self, file: SqliteFile | Path | str, *, station_id: str = "") -> None:
        self._owned = not isinstance(file, SqliteFile)
        self._file = file if isinstance(file, SqliteFile) else SqliteFile(file)
        self.station_id = station_id

    def load(self) -> SavedState | None:
        """See `Storage.load`; what cannot be read is a `StoreError`, never silently left out."""
        entries = self._file.rows("SELECT entry FROM outbox WHERE station_id = ? ORDER BY number", self.station_id)
        parts = self._file.rows("SELECT content FROM memory WHERE station_id = ?", self.station_id)
        if not entries and not parts:
            return None
        outbox = tuple(self._readable(read_entry, text) for (text,) in entries)
        return saved_state([self._readable(read_part, text) for (text,) in parts], outbox)

    def _readable(self, read: Callable[[bytes | str], _T], text: str) -> _T:
        try:
            return read(text)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"The station file {self._file.path} holds something unreadable of station {self.station_id!r}: {error}.",
                "Restore it from a copy, or begin with a new file and book what is missing by hand.",
            ) from error

    def hardware(self) -> str | None:
        """See `Storage.hardware`."""
        found = self._file.rows("SELECT content FROM hardware WHERE station_id = ?", self.station_id)
        return found[0][0] if found else None

    def commit(self, actions: Iterable[Action], *, hardware: str | None = None) -> None:
        """See `Storage.commit`."""
        durable = [action for action in actions if isinstance(action, DURABLE)]
        if durable or hardware is not None:
            self._file.write(lambda connection: self._do(connection, durable, hardware))

    def _do(self, connection: sqlite3.Connection, actions: list[Keep | Forget | Save], hardware: str | None) -> None:
        own = self.station_id
        if hardware is not None:
            connection.execute(_HARDWARE, (own, hardware))
        for action in actions:
            match action:
                case Keep(entry):
                    connection.execute(_KEEP, (own, entry.number, entry.transaction_id, written(entry).decode()))
                case Forget(numbers):
                    connection.executemany(_FORGET, [(own, number) for number in numbers])
                case Save(part):
                    connection.execute(_SAVE, (own, part.name, written(part).decode()))

    def shelf(self, name: str) -> dict[str, str]:
        """See `Storage.shelf`."""
        return {row[0]: row[1] for row in self._file.rows(_SHELF, self.station_id, name)}

    def put(self, shelf: str, key: str, content: str | None) -> None:
        """See `Storage.put`."""
        place = (self.station_id, shelf, key)
        if content is None:
            self._file.write(lambda connection: _ran(connection, _TAKE, place))
        else:
            self._file.write(lambda connection: _ran(connection, _PUT, (*place, content)))

    def close(self) -> None:
        """Close the file if it was opened for this station alone."""
        if self._owned:
            self._file.close()


def _ran(connection: sqlite3.Connection, statement: str, values: tuple[str, ...]) -> None:
    connection.execute(statement, values)
