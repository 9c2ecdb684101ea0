"""The one who writes: plans operations in memory, writes their rows in one database transaction.

Only this writer changes the database (the file is locked against a second one), so what it remembers of open transactions is never
stale; after anything went wrong it forgets everything and reads again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from pilotwire.csms.store import booking
from pilotwire.csms.store.ports import (
    Booked,
    BookEvent,
    KeepFinding,
    KeepReadings,
    KeepSecurityEvent,
    LogFrame,
    Operation,
    StoredReading,
    StoredSecurityEvent,
)
from pilotwire.csms.store.sql.codec import encoded, event_of, micros, reading_of, transaction_columns, transaction_of
from pilotwire.csms.store.sql.pending import Held, Pending
from pilotwire.csms.store.sql.records import Records
from pilotwire.csms.store.sql.trouble import data_trouble, disk_trouble, is_about_data
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import Transaction, TransactionEvent, event_key, same_event, start_key
from pilotwire.errors import MisuseError, PilotwireError, StoreError

Group = Sequence[Operation]
"""What one appender wants stored together."""

Outcome = list[Any] | PilotwireError
"""The results of a group's operations, or why none of them was stored."""

HELD_LIMIT = 10_000
"""Transactions remembered: the ones used last."""

_LOADED_AT_ONCE = 200
_USED_IDS = {  # where ids of a table's rows stand: one that is still referred to is not given to another row
    "transactions": (("id", "transactions"), ("tx", "transaction_events")),
    "transaction_events": (("id", "transaction_events"), ("event", "meter_readings")),
    "frames": (("id", "frames"),),
}
_NUMBER = "transaction_number"


class _GroupFailed(Exception):
    """A group could not be planned; the others may still be stored."""

    def __init__(self, group: int, error: PilotwireError) -> None:
        super().__init__(group)
        self.group = group
        self.error = error


class Writer:
    """Writes groups of operations; used by one thread at a time. `path` is the file, for sentences."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._inode = path.stat().st_ino
        self._held: dict[tuple[str, str], Held] = {}
        self._pending = Pending()
        self._next = dict[str, int]()
        self._number = self._number_stored = 0
        self._plans: dict[type[Operation], Callable[[Any], Any]] = {
            BookEvent: self._book,
            LogFrame: self._log,
            KeepReadings: self._keep_readings,
            KeepFinding: self._keep_finding,
            KeepSecurityEvent: self._keep_security_event,
        }
        self._records = Records(connection)
        self._plans |= self._records.plans

    def run(self, groups: Sequence[Group]) -> list[Outcome]:
        """Store the groups in one database transaction and give each one's outcome.

        A group that cannot be stored for its own data fails alone. A disk that cannot write fails all of them; the next call tries again.
        """
        outcomes: list[Outcome] = [[] for _ in groups]
        self._run(groups, list(range(len(groups))), outcomes)
        return outcomes

    def _run(self, groups: Sequence[Group], wanted: list[int], outcomes: list[Outcome]) -> None:
        while wanted:
            try:
                self._transact(groups, wanted, outcomes)
                return
            except _GroupFailed as failed:
                self._forget()
                outcomes[failed.group] = failed.error
                wanted = [index for index in wanted if index != failed.group]
            except Exception as error:
                self._forget()
                if not is_about_data(error):
                    self._fail(wanted, outcomes, error)
                    return
                if len(wanted) == 1:
                    outcomes[wanted[0]] = data_trouble(error)
                    return
                # nobody knows whose row it was: halves find it quickly
                middle = len(wanted) // 2
                self._run(groups, wanted[:middle], outcomes)
                wanted = wanted[middle:]

    def _fail(self, wanted: Sequence[int], outcomes: list[Outcome], error: Exception) -> None:
        for index in wanted:
            outcomes[index] = self._sentence(error)

    def _sentence(self, error: Exception) -> PilotwireError:
        if isinstance(error, sqlite3.Error):
            return disk_trouble(error, self._path)
        return StoreError(f"{self._path} cannot be written: {error}.", "Free some memory.")

    def _transact(self, groups: Sequence[Group], wanted: Sequence[int], outcomes: list[Outcome]) -> None:
        self._check_file()
        self._connection.execute("BEGIN IMMEDIATE")
        if not self._next:
            self._recall()
        self._pending = Pending()
        self._load(operation for index in wanted for operation in groups[index])
        for index in wanted:
            outcomes[index] = self._planned(index, groups[index])
        self._pending.write(self._connection)
        self._records.write()
        self._write_number()
        self._connection.execute("COMMIT")
        self._trim()

    def _check_file(self) -> None:
        """A file deleted or replaced while it is open would take everything written with it."""
        try:
            inode = self._path.stat().st_ino
        except OSError:
            inode = -1
        if inode != self._inode:
            raise sqlite3.OperationalError("it was removed or replaced while in use; restart to open the file anew")

    def _planned(self, index: int, group: Group) -> list[Any]:
        try:
            return [self._plan(operation) for operation in group]
        except PilotwireError as error:
            raise _GroupFailed(index, error) from error
        except Exception as error:
            if isinstance(error, sqlite3.Error) or not is_about_data(error):
                raise
            raise _GroupFailed(index, data_trouble(error)) from error

    def _plan(self, operation: Operation) -> Any:
        plan = self._plans.get(type(operation))
        if plan is None:
            raise MisuseError(f"{type(operation).__name__} is no operation a store knows.")
        return plan(operation)

    def _forget(self) -> None:
        self._held.clear()
        self._next.clear()
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):  # then SQLite has rolled back by itself
                self._connection.execute("ROLLBACK")

    def _recall(self) -> None:
        """Where counting goes on, and the records."""
        self._records.recall()
        for table, used in _USED_IDS.items():
            self._next[table] = (
                max(self._value(f"SELECT coalesce(max({column}), 0) FROM {where}") for column, where in used) + 1
            )
        self._number_stored = self._number = self._value(f"SELECT value FROM sequences WHERE name = '{_NUMBER}'")

    def _value(self, query: str, *parameters: Any) -> int:
        row = self._connection.execute(query, parameters).fetchone()
        return 0 if row is None else int(row[0])

    def _take(self, table: str) -> int:
        number = self._next[table]
        self._next[table] = number + 1
        return number

    def _trim(self) -> None:
        if len(self._held) > HELD_LIMIT:
            for place in list(self._held)[: len(self._held) - HELD_LIMIT]:
                del self._held[place]

    # --- transactions ---------------------------------------------------------------------------------------------------------------

    def _book(self, operation: BookEvent) -> Booked:
        event = self._identified(operation)
        held = self._hold(operation.station, str(event.transaction_id))
        key = event_key(event)
        known = held.transaction
        if known is not None and not booking.surely_new(known, event):
            earlier = self._earlier(held.ref, key)
            if earlier is not None:
                return Booked(transaction=known, repeated=True, conflict=not same_event(earlier, event))
        held.transaction = booking.folded(operation, known, event)
        self._pending.touched[held.ref] = held
        self._add_event(held.ref, key, event, operation)
        return Booked(transaction=held.transaction)

    def _add_event(self, ref: int, key: str, event: TransactionEvent, operation: BookEvent) -> None:
        number = self._take("transaction_events")
        rows = self._pending.rows
        self._pending.booked[ref, key] = event
        if event.readings:
            readings = rows["meter_readings"]
            for position, reading in enumerate(event.readings):
                readings.append((number, position, micros(reading.at), encoded(reading)))
            event = changed(event, readings=())
        rows["transaction_events"].append((number, ref, key, micros(operation.received_at), encoded(event)))

    def _identified(self, operation: BookEvent) -> TransactionEvent:
        """The event with the transaction id it is booked under."""
        event = operation.event
        if not booking.needs_number(event):
            return booking.named(event)
        key = start_key(operation.station, event)
        number = self._number_of(key) or self._new_number(operation.station, key)
        return changed(event, transaction_id=str(number))

    def _number_of(self, key: str) -> int:
        if key in self._pending.starts:
            return self._pending.starts[key]
        return self._value("SELECT number FROM transaction_starts WHERE key = ?", key)

    def _new_number(self, station: str, key: str) -> int:
        number = self._number + 1
        while self._hold(station, str(number)).transaction is not None:
            number += 1
        self._number = booking.checked_number(number)
        self._pending.starts[key] = number
        return number

    def _write_number(self) -> None:
        if self._number != self._number_stored:
            self._connection.execute(
                "INSERT OR REPLACE INTO sequences (name, value) VALUES (?, ?)", (_NUMBER, self._number)
            )
            self._number_stored = self._number

    def _hold(self, station: str, transaction_id: str) -> Held:
        place = (station, transaction_id)
        held = self._held.pop(place, None)
        if held is None:
            held = next(self._found([place]), None) or Held(self._take("transactions"), None, None)
        self._held[place] = held  # at the end: used last
        return held

    def _load(self, operations: Iterable[Operation]) -> None:
        """Read the transactions a batch is about, many at a time."""
        places = {
            (operation.station, operation.event.transaction_id)
            for operation in operations
            if isinstance(operation, BookEvent) and operation.event.transaction_id is not None
        }
        unknown = [place for place in places if place not in self._held]
        for start in range(0, len(unknown), _LOADED_AT_ONCE):
            chunk = unknown[start : start + _LOADED_AT_ONCE]
            for held in self._found(chunk):
                transaction = held.transaction
                assert transaction is not None
                self._held[transaction.station, transaction.transaction_id] = held
            for place in chunk:
                if place not in self._held:
                    self._held[place] = Held(self._take("transactions"), None, None)

    def _found(self, places: Sequence[tuple[str, str]]) -> Iterator[Held]:
        wanted = ",".join(["(?,?)"] * len(places))
        query = (  # CROSS JOIN: SQLite would rather scan all transactions than look up each place
            f"SELECT id, content FROM (VALUES {wanted}) AS wanted CROSS JOIN transactions"
            " ON station = wanted.column1 AND transaction_id = wanted.column2"
        )
        for ref, content in self._connection.execute(query, tuple(chain.from_iterable(places))).fetchall():
            transaction: Transaction = transaction_of(content)
            yield Held(ref, transaction, transaction_columns(transaction))

    def _earlier(self, ref: int, key: str) -> TransactionEvent | None:
        """The event booked under a key, in this batch or before."""
        if (ref, key) in self._pending.booked:
            return self._pending.booked[ref, key]
        row = self._connection.execute(
            "SELECT id, content FROM transaction_events WHERE tx = ? AND key = ?", (ref, key)
        ).fetchone()
        if row is None:
            return None
        readings = self._connection.execute(
            "SELECT content FROM meter_readings WHERE event = ? ORDER BY position", (row[0],)
        )
        return changed(event_of(row[1]), readings=tuple(reading_of(content) for (content,) in readings))

    # --- things that are only added -------------------------------------------------------------------------------------------------

    def _log(self, operation: LogFrame) -> int:
        number = self._take("frames")
        self._pending.rows["frames"].append(
            (
                number,
                operation.station,
                micros(operation.at),
                operation.direction.value,
                operation.message_id,
                operation.action,
                operation.frame,
            )
        )
        return number

    def _keep_readings(self, operation: KeepReadings) -> None:
        for reading in operation.readings:
            stored = StoredReading(
                station=operation.station, transaction_id=None, address=operation.address, reading=reading
            )
            self._pending.rows["loose_readings"].append((operation.station, micros(reading.at), encoded(stored)))

    def _keep_finding(self, operation: KeepFinding) -> None:
        finding = operation.finding
        self._pending.rows["findings"].append((finding.station, micros(finding.at), encoded(finding)))

    def _keep_security_event(self, operation: KeepSecurityEvent) -> None:
        stored = StoredSecurityEvent(
            station=operation.station, event=operation.event, received_at=operation.received_at
        )
        row = (operation.station, micros(operation.event.at), encoded(stored))
        self._pending.rows["security_events"].append(row)
