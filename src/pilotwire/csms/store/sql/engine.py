"""Opening a SQLite file: is it ours, is it of this version, may we write it, and are we the only ones?"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from pilotwire.csms.store import migrations
from pilotwire.csms.store.sql import records
from pilotwire.csms.store.sql.lock import FileLock
from pilotwire.csms.store.sql.trouble import disk_trouble
from pilotwire.errors import ConfigError, StoreError

BUSY_SECONDS = 5.0
"""How long a write waits for a lock some other program (a backup, a shell) holds on the file."""

_WRITER_SETTINGS = (
    "PRAGMA synchronous = FULL",  # a commit is on the disk when it returns: what is answered is stored
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
)


class Database:
    """An open file: `writer` is the one connection that writes; `reader()` makes connections that only read."""

    def __init__(self, path: Path, writer: sqlite3.Connection, lock: FileLock) -> None:
        self.path = path
        self.writer = writer
        self._lock = lock

    def reader(self) -> sqlite3.Connection:
        """A connection that reads what is committed and cannot write; usable from any thread, by one at a time."""
        uri = f"file:{quote(str(self.path))}?mode=ro"
        return _connect(uri, uri=True)

    def reading_engine(self) -> Engine:
        """The same for SQLAlchemy."""
        return create_engine(
            "sqlite+pysqlite://", creator=self.reader, poolclass=QueuePool, pool_size=2, max_overflow=8
        )

    def close(self) -> None:
        """Close the writing connection and let others open the file."""
        self.writer.close()
        self._lock.release()


def open_database(path: Path) -> Database:
    """Open or make a database file and bring it to this version.

    Raises ConfigError if there can be no such file, StoreError if it is not ours, of a newer version, in use, or cannot be written.
    """
    path = path.absolute()
    _check_place(path)
    lock = FileLock(path)
    try:
        return Database(path, _opened(path), lock)
    except BaseException:
        lock.release()
        raise


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise ConfigError(f"The database {path} is a directory.", "Name a file in it.")
    if not path.parent.is_dir():
        raise ConfigError(
            f"The directory {path.parent} of the database does not exist.", "Make it, or name another file."
        )


def _opened(path: Path) -> sqlite3.Connection:
    connection = None
    try:
        _made_private(path)
        connection = _connect(str(path))
        revision = _revision(connection, path)
        _check_revision(revision, path)
        _write_ahead(connection, path)
        _migrate(path, revision)
        for setting in _WRITER_SETTINGS:
            connection.execute(setting)
        connection.execute("BEGIN IMMEDIATE")
        records.disconnect_all(connection)
        connection.execute("COMMIT")
    except BaseException as error:
        if connection is not None:
            connection.close()
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error):
            raise disk_trouble(cause, path) from error
        raise
    return connection


def _made_private(path: Path) -> None:
    """Make a new file readable by its owner alone; SQLite gives its -wal and -shm the same permissions."""
    with suppress(OSError):  # it is there, or cannot be made: SQLite says why
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(
        database, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256, uri=uri
    )


def _revision(connection: sqlite3.Connection, path: Path) -> str | None:
    """The revision a file is at: None for a new one. Raises StoreError if another program made it."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables or "transaction_events" not in tables:
        raise StoreError(f"{path} is a SQLite database, but not one of Pilotwire.", "Name another file.")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _write_ahead(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(
            f"{path} cannot be written ahead (its journal mode stays {mode}).",
            "Put the database on a local disk: network file systems cannot do it.",
        )


def alembic_config() -> Config:
    """Alembic's configuration, made here so that nobody needs a file for it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _check_revision(revision: str | None, path: Path) -> None:
    """Refuse a file of a later version before anything of it is changed, its journal mode included. Raises StoreError."""
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"{path} was written by a newer Pilotwire (its schema is {revision}).",
            "Use that version or a later one; an older one would lose what it does not know.",
        )


def _migrate(path: Path, revision: str | None) -> None:
    config = alembic_config()
    if revision == ScriptDirectory.from_config(config).get_current_head():
        return
    engine = create_engine(
        "sqlite+pysqlite://", creator=lambda: sqlite3.connect(path, timeout=BUSY_SECONDS), poolclass=NullPool
    )
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # pysqlite would not open a transaction for CREATE TABLE
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
