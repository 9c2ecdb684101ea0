"""What SQLite says when it cannot, in sentences for a person: what, where, and how to mend it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pilotwire.errors import StoreError

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    # beginning of SQLite's error name, what is wrong with {path}, remedy
    ("SQLITE_FULL", "The disk that holds {path} is full", "Free some space; writing goes on by itself then."),
    (
        "SQLITE_READONLY",
        "{path} cannot be written: the file, its directory or its disk is read-only",
        "Give this user the right to write both.",
    ),
    (
        "SQLITE_PERM",
        "{path} cannot be opened: this user may not",
        "Give this user the right to read and write the file and its directory.",
    ),
    (
        "SQLITE_CANTOPEN",
        "{path} cannot be opened or created",
        "See that its directory exists and this user may write there, or name another file.",
    ),
    ("SQLITE_BUSY", "{path} is locked by another program", "End the program that holds it, then try again."),
    ("SQLITE_LOCKED", "{path} is locked by another program", "End the program that holds it, then try again."),
    (
        "SQLITE_CORRUPT",
        "{path} is damaged",
        "Restore it from a backup; `sqlite3 FILE .recover` saves what can be read.",
    ),
    ("SQLITE_NOTADB", "{path} is not a SQLite database", "Name another file, or move this one away."),
    ("SQLITE_IOERR", "The disk that holds {path} fails to read or write", "Look at the disk and the system's log."),
    ("SQLITE_NOMEM", "There is not enough memory to work on {path}", "Free some memory."),
)


class DataRefused(StoreError):
    """The data itself cannot be stored; the database is well."""


def disk_trouble(error: sqlite3.Error, path: Path) -> StoreError:
    """The sentence for what SQLite could not do."""
    name = getattr(error, "sqlite_errorname", None) or ""
    for beginning, what, remedy in _SENTENCES:
        if name.startswith(beginning):
            return StoreError(f"{what.format(path=path)} ({error}).", remedy)
    return StoreError(f"{path} cannot be used: {error}.", "See that the file is a healthy SQLite database.")


def is_about_data(error: Exception) -> bool:
    """Whether the data is at fault and not the disk: other appenders' data may then still be stored."""
    if isinstance(
        error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.InterfaceError | sqlite3.ProgrammingError
    ):
        return True
    return not isinstance(error, sqlite3.Error | MemoryError)


def data_trouble(error: Exception) -> DataRefused:
    """The sentence for data that cannot be stored."""
    return DataRefused(f"The operation cannot be stored: {error}.", "Nothing of it was kept; everything else was.")
