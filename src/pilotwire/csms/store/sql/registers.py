"""Registers and diaries in the database: each change is written when it is planned, within the writer's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from pilotwire.csms.store.ports import Amend, Amended, ForgetEntries, KeepEntry, Operation
from pilotwire.csms.store.sql.codec import micros

_PUT = "INSERT OR REPLACE INTO register_records (register, station, key, content) VALUES (?, ?, ?, ?)"
_READ = "SELECT content FROM register_records WHERE register = ? AND station = ? AND key = ?"
_DROP = "DELETE FROM register_records WHERE register = ? AND station = ? AND key = ?"
_KEEP = "INSERT INTO diary_entries (diary, station, key, at, content) VALUES (?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM diary_entries WHERE diary = ? AND at < ?"


class Registers:
    """Changes registers and adds to diaries. `plans` says what each operation does."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.plans: dict[type[Operation], Callable[[Any], Any]] = {
            Amend: self._amend,
            KeepEntry: self._keep_entry,
            ForgetEntries: self._forget_entries,
        }

    def _amend(self, operation: Amend) -> Amended:
        register, place = operation.register, (operation.register.name, operation.station, operation.key)
        row = self._connection.execute(_READ, place).fetchone()
        before = None if row is None else register.decoded(row[0])
        after = operation.change(before)
        if after is not None:
            self._connection.execute(_PUT, (*place, register.encoded(after)))
        elif row is not None:
            self._connection.execute(_DROP, place)
        return Amended(before=before, after=after)

    def _keep_entry(self, operation: KeepEntry) -> int:
        content = operation.diary.encoded(operation.entry)
        row = (operation.diary.name, operation.station, operation.key, micros(operation.at), content)
        number = self._connection.execute(_KEEP, row).lastrowid
        assert number is not None
        return number

    def _forget_entries(self, operation: ForgetEntries) -> int:
        return self._connection.execute(_FORGET, (operation.diary.name, micros(operation.before))).rowcount


def remove_station(connection: sqlite3.Connection, station: str) -> None:
    """Take all records of a station out of all registers; its diary entries stay."""
    connection.execute("DELETE FROM register_records WHERE station = ?", (station,))
