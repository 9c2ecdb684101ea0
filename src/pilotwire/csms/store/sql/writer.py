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
    Closed,
    CloseTransaction,
    Direction,
    ForgetFindings,
    ForgetFrames,
    KeepFinding,
    KeepReadings,
    KeepSecurityEvent,
    LogFrame,
    Operation,
    StoredReading,
    StoredSecurityEvent,
    Witness,
)
from pilotwire.csms.store.sql.codec import encoded, event_of, micros, transaction_columns, transaction_of
from pilotwire.csms.store.sql.pending import Held, Pending
from pilotwire.csms.store.sql.records import Records
from pilotwire.csms.store.sql.registers import Registers
from pilotwire.csms.store.sql.schema import FRAMES_IN_BLOCK
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
    "transactions": (("id", "transactions"),),
    "transaction_events": (("id", "transaction_events"), ("last_event", "transactions")),
    "frames": (("id", "frames"),),
}
_NUMBER = "transaction_number"
_KEYS_OF = 32
"""Transactions of which all event keys are remembered: those in which one was looked for last."""
_ALL_KEYS = (
    "WITH RECURSIVE chain (id) AS (SELECT last_event FROM transactions WHERE id = ?"
    " UNION ALL SELECT previous FROM chain CROSS JOIN transaction_events USING (id))"
    " SELECT key, id FROM chain CROSS JOIN transaction_events USING (id)"
)


class _GroupFailed(Exception):
    """A group could not be planned; the others may still be stored."""

    def __init__(self, group: int, error: PilotwireError) -> None:
        super().__init__(group)
        self.group = group
        self.error = error


class Writer:
    """Writes groups of operations; used by one thread at a time. `path` is the file, for sentences.

    `run` does it all. `prepare` and `commit` are the same in two halves, so that only the second waits for the disk.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._inode = path.stat().st_ino
        self._held: dict[tuple[str, str], Held] = {}
        self._keys: dict[int, dict[str, int]] = {}
        self._block = -1
        self._in_block: set[str] = set()
        self._pending = Pending()
        self._next = dict[str, int]()
        self._number = self._number_stored = 0
        self._plans: dict[type[Operation], Callable[[Any], Any]] = {
            BookEvent: self._book,
            CloseTransaction: self._close,
            LogFrame: self._log,
            KeepReadings: self._keep_readings,
            KeepFinding: self._keep_finding,
            KeepSecurityEvent: self._keep_security_event,
            ForgetFrames: self._forget_frames,
            ForgetFindings: self._forget_findings,
        }
        self.witness: Witness | None = None
        self._records = Records(connection)
        self._plans |= self._records.plans | Registers(connection).plans

    def run(self, groups: Sequence[Group]) -> list[Outcome]:
        """Store the groups in one database transaction and give each one's outcome.

        A group that cannot be stored for its own data fails alone. A disk that cannot write fails all of them; the next call tries again.
        """
        outcomes: list[Outcome] = [[] for _ in groups]
        self._run(groups, list(range(len(groups))), outcomes)
        return outcomes

    def prepare(self, groups: Sequence[Group]) -> list[list[Any]] | None:
        """Do everything but the commit, without waiting for anybody, and give the results: they hold once `commit` says so.

        None if anything is out of the ordinary: then nothing was done, and `run` is to do it, with all it knows about trouble.
        """
        if not self._next:  # the first time much is read
            return None
        try:
            self._begin_at_once()
            return self._written(groups)
        except Exception:
            self._forget()
            return None

    def commit(self) -> bool:
        """Make durable what was prepared; False if that failed: then nothing of it was stored."""
        try:
            self._connection.execute("COMMIT")
        except Exception:
            self._forget()
            return False
        self._trim()
        return True

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
        self._write()
        self._connection.execute("COMMIT")
        self._trim()

    def _begin_at_once(self) -> None:
        """Begin, or fail if another program holds the file at this moment."""
        self._check_file()
        (patience,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _written(self, groups: Sequence[Group]) -> list[list[Any]]:
        self._pending = Pending()
        self._load(chain.from_iterable(groups))
        plans = self._plans
        results = [[plans[type(operation)](operation) for operation in group] for group in groups]
        if self.witness is not None:
            for group, outcomes in zip(groups, results, strict=True):
                self._show(self.witness, group, outcomes)
        self._write()
        return results

    def _show(self, witness: Witness, group: Group, results: Sequence[Any]) -> None:
        for operation, result in zip(group, results, strict=True):
            entry = witness.saw(operation, result)
            if entry is not None:
                self._plan(entry)

    def _write(self) -> None:
        self._pending.write(self._connection)
        self._records.write()
        self._write_number()

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
            results = [self._plan(operation) for operation in group]
            if self.witness is not None:
                self._show(self.witness, group, results)
            return results
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
        self._keys.clear()
        self._next.clear()
        self._block = -1
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
        while len(self._keys) > _KEYS_OF:
            del self._keys[next(iter(self._keys))]

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
        self._add_event(held, key, event, operation)
        return booking.booked(known, held.transaction)

    def _close(self, operation: CloseTransaction) -> Closed:
        held = self._hold(operation.station, operation.transaction_id)
        transaction = booking.closed(held.transaction, operation)
        if transaction is None:
            return Closed(transaction=held.transaction, closed=False)
        held.transaction = transaction
        self._pending.touched[held.ref] = held
        return Closed(transaction=transaction, closed=True)

    def _add_event(self, held: Held, key: str, event: TransactionEvent, operation: BookEvent) -> None:
        number, ref = self._take("transaction_events"), held.ref
        row = (number, ref, held.last_event, key, micros(operation.received_at), encoded(event))
        self._pending.rows["transaction_events"].append(row)
        self._pending.booked[ref, key] = event
        held.last_event = number
        if ref in self._keys:
            self._keys[ref][key] = number

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
            if type(operation) is BookEvent and operation.event.transaction_id is not None
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
            f"SELECT id, last_event, content FROM (VALUES {wanted}) AS wanted CROSS JOIN transactions"
            " ON station = wanted.column1 AND transaction_id = wanted.column2"
        )
        for ref, last, content in self._connection.execute(query, tuple(chain.from_iterable(places))).fetchall():
            transaction: Transaction = transaction_of(content)
            yield Held(ref, transaction, transaction_columns(transaction), last)

    def _earlier(self, ref: int, key: str) -> TransactionEvent | None:
        """The event booked under a key, in this batch or before."""
        if (ref, key) in self._pending.booked:
            return self._pending.booked[ref, key]
        number = self._keys_of(ref).get(key)
        if number is None:
            return None
        row = self._connection.execute("SELECT content FROM transaction_events WHERE id = ?", (number,)).fetchone()
        return event_of(row[0])

    def _keys_of(self, ref: int) -> dict[str, int]:
        """The rows of all events of a transaction by their keys: a walk along its chain, remembered for the next question."""
        keys = self._keys.pop(ref, None)
        if keys is None:
            keys = dict(self._connection.execute(_ALL_KEYS, (ref,)).fetchall())
            for number, tx, _, key, *_ in self._pending.rows["transaction_events"]:
                if tx == ref:
                    keys[key] = number
        self._keys[ref] = keys  # at the end: asked for last
        return keys

    # --- things that are only added -------------------------------------------------------------------------------------------------

    def _log(self, operation: LogFrame) -> int:
        number, station = self._take("frames"), operation.station
        block = number // FRAMES_IN_BLOCK
        if block != self._block:
            self._block, self._in_block = block, set()
        if station not in self._in_block:
            self._in_block.add(station)
            self._pending.rows["frame_blocks"].append((station, block))
        self._pending.rows["frames"].append(
            (
                number,
                station,
                micros(operation.at),
                "in" if operation.direction is Direction.IN else "out",
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

    # --- things that are forgotten --------------------------------------------------------------------------------------------------

    def _forget_frames(self, operation: ForgetFrames) -> int:
        """Rows of this very batch are not written yet, so they stay."""
        count = 0
        if operation.before is not None:
            count += self._delete(
                "frames WHERE id IN (SELECT id FROM frames WHERE at < ? ORDER BY id LIMIT ?)",
                micros(operation.before),
                operation.most,
            )
        if operation.oldest:
            count += self._delete("frames WHERE id IN (SELECT id FROM frames ORDER BY id LIMIT ?)", operation.oldest)
        first = self._value("SELECT coalesce(min(id), 0) FROM frames")
        self._delete("frame_blocks WHERE block < ?", first // FRAMES_IN_BLOCK)
        return count

    def _forget_findings(self, operation: ForgetFindings) -> int:
        limits = (micros(operation.before), operation.most)
        return sum(
            self._delete(f"{table} WHERE id IN (SELECT id FROM {table} WHERE at < ? ORDER BY id LIMIT ?)", *limits)
            for table in ("findings", "security_events")
        )

    def _delete(self, rows: str, *parameters: Any) -> int:
        return self._connection.execute(f"DELETE FROM {rows}", parameters).rowcount
