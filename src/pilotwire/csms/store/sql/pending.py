"""Rows waiting to be written: collected while operations are planned, then written with few statements.

One statement writes many rows: that is quicker, and around each statement the interpreter lock is let go and has to be got back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

from pilotwire.csms.store.sql.codec import encoded, transaction_columns
from pilotwire.domain.transactions import Transaction, TransactionEvent

Row = tuple[Any, ...]
_CHUNKS = (64, 16, 4, 1)


class ManyRows:
    """A statement over many rows at once: `head VALUES (?, ?), (?, ?) ... tail`."""

    def __init__(self, width: int, head: str, tail: str = "") -> None:
        row = "(" + ",".join("?" * width) + ")"
        self._texts = {size: f"{head} VALUES {','.join([row] * size)}{tail}" for size in _CHUNKS}

    def __call__(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Execute it for all rows, in as few steps as the chunk sizes allow."""
        done = 0
        for size in _CHUNKS:
            while len(rows) - done >= size:
                connection.execute(self._texts[size], tuple(chain.from_iterable(rows[done : done + size])))
                done += size


def _insert(table: str, *columns: str) -> ManyRows:
    return ManyRows(len(columns), f"INSERT INTO {table} ({', '.join(columns)})")


_INSERTS = {
    "transaction_starts": _insert("transaction_starts", "key", "number"),
    "transaction_events": _insert("transaction_events", "id", "tx", "previous", "key", "received_at", "content"),
    "loose_readings": _insert("loose_readings", "station", "at", "content"),
    "frames": _insert("frames", "id", "station", "at", "direction", "message_id", "action", "frame"),
    "frame_blocks": ManyRows(2, "INSERT OR IGNORE INTO frame_blocks (station, block)"),
    "findings": _insert("findings", "station", "at", "content"),
    "security_events": _insert("security_events", "station", "at", "content"),
}
_NEW = _insert(
    "transactions", "id", "station", "transaction_id", "is_open", "began_at", "token_key", "last_event", "content"
)
_SAME_COLUMNS = "UPDATE transactions SET last_event = ?, content = ? WHERE id = ?"
_OTHER_COLUMNS = (
    "UPDATE transactions SET is_open = ?, began_at = ?, token_key = ?, last_event = ?, content = ? WHERE id = ?"
)


class Held:
    """A transaction as the writer knows it: `ref` is its row, `stored` the columns of that row (None: there is no row yet).

    `last_event` is the row of the event booked last, 0 if there is none.
    """

    __slots__ = ("last_event", "ref", "stored", "transaction")

    def __init__(self, ref: int, transaction: Transaction | None, stored: Row | None, last_event: int = 0) -> None:
        self.ref = ref
        self.last_event = last_event
        self.transaction = transaction
        self.stored = stored


class Pending:
    """What one database transaction will write."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {table: [] for table in _INSERTS}
        self.touched: dict[int, Held] = {}
        self.booked: dict[tuple[int, str], TransactionEvent] = {}
        self.starts: dict[str, int] = {}

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything."""
        self._write_transactions(connection)
        self.rows["transaction_starts"] = list(self.starts.items())
        for table, rows in self.rows.items():
            if rows:
                _INSERTS[table](connection, rows)

    def _write_transactions(self, connection: sqlite3.Connection) -> None:
        new: list[Row] = []
        same: list[Row] = []
        for held in self.touched.values():
            transaction = held.transaction
            assert transaction is not None
            columns, content, last = transaction_columns(transaction), encoded(transaction), held.last_event
            if held.stored is None:
                new.append((held.ref, transaction.station, transaction.transaction_id, *columns, last, content))
            elif held.stored == columns:
                same.append((last, content, held.ref))
            else:
                connection.execute(_OTHER_COLUMNS, (*columns, last, content, held.ref))
            held.stored = columns
        if new:
            _NEW(connection, new)
        if same:
            connection.executemany(_SAME_COLUMNS, same)
