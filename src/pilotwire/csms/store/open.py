"""Opening a store by its URL: `memory:`, `sqlite:///relative`, `sqlite:////absolute`, or simply the path of a SQLite file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

from pilotwire.clock import Clock
from pilotwire.csms.store.journal import GroupJournal
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.csms.store.ports import Journal, Store, Witness
from pilotwire.csms.store.sql.engine import open_database
from pilotwire.csms.store.sql.reader import SqlStore
from pilotwire.csms.store.sql.trouble import disk_trouble
from pilotwire.csms.store.sql.writer import Writer
from pilotwire.errors import ConfigError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # two letters at least: C:\ is a disk
_EXAMPLES = "Use `memory:`, `sqlite:///pilotwire.db` or `sqlite:////var/lib/pilotwire/pilotwire.db`."


class OpenStore(Protocol):
    """An open store: what to write with, what to read with, and how to close it. Also an async context that closes itself."""

    @property
    def journal(self) -> Journal:
        """Where everything is written."""
        ...

    @property
    def store(self) -> Store:
        """Where everything is read."""
        ...

    def attend(self, witness: Witness) -> None:
        """Have a witness see everything that is stored from now on."""
        ...

    async def close(self) -> None:
        """Store what is queued and close. May be called twice."""
        ...

    async def __aenter__(self) -> OpenStore:
        """The open store itself."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...


class _Opened:
    """See `OpenStore`."""

    def __init__(
        self, journal: Journal, store: Store, shut: Callable[[], Awaitable[None]], writes: MemoryJournal | Writer
    ) -> None:
        self.journal = journal
        self.store = store
        self._writes = writes
        self._shut: Callable[[], Awaitable[None]] | None = shut

    def attend(self, witness: Witness) -> None:
        """Have a witness see everything that is stored from now on."""
        self._writes.witness = witness

    async def close(self) -> None:
        """Store what is queued and close."""
        shut, self._shut = self._shut, None
        if shut is not None:
            await shut()

    async def __aenter__(self) -> OpenStore:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def open_store(url: str, *, clock: Clock) -> OpenStore:
    """Open the store a URL names; a SQLite file is made if there is none and brought to this version if it is older.

    Raises ConfigError if the URL names no store we have, StoreError if the file cannot be used.
    """
    found = _SCHEME.match(url)
    scheme = found.group(1).lower() if found else ""
    if scheme == "memory":
        return _open_memory()
    if scheme.partition("+")[0] in ("postgresql", "postgres"):
        raise ConfigError(
            "PostgreSQL comes with a later release of Pilotwire.", "Until then use `sqlite:///pilotwire.db`."
        )
    if scheme not in ("", "sqlite"):
        raise ConfigError(f"Pilotwire knows no database of the kind `{scheme}:`.", _EXAMPLES)
    return _open_sqlite(_path_of(url) if scheme else url, clock)


def _path_of(url: str) -> str:
    path = re.fullmatch(r"sqlite:///(?P<path>.+)", url, re.IGNORECASE)
    if path is None or path["path"] == ":memory:":
        raise ConfigError(f"The database URL `{url}` names no file.", _EXAMPLES)
    return path["path"]


def _open_memory() -> OpenStore:
    store = MemoryStore()
    journal = MemoryJournal(store)

    async def shut() -> None:
        journal.close()

    return _Opened(journal, store, shut, journal)


def _open_sqlite(path: str, clock: Clock) -> OpenStore:
    if not path.strip():
        raise ConfigError("The database URL is empty.", _EXAMPLES)
    database = open_database(Path(path).expanduser())
    try:
        store = SqlStore(database)
    except sqlite3.Error as error:
        database.close()
        raise disk_trouble(error, database.path) from error
    writer = Writer(database.writer, database.path)
    journal = GroupJournal(writer.run, clock=clock, halves=writer)

    async def shut() -> None:
        await journal.close()
        store.close()
        database.close()

    return _Opened(journal, store, shut, writer)
