"""A store and journal in memory: for tests, a laptop demonstration and `--database memory:`. Nothing survives the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pilotwire.csms.store import booking
from pilotwire.csms.store.listeners import LISTENER_LIMIT, Listener, Listeners
from pilotwire.csms.store.ports import (
    Amend,
    Amended,
    ApiKey,
    Booked,
    BookedEvent,
    BookEvent,
    Closed,
    CloseTransaction,
    ForgetEntries,
    ForgetFindings,
    ForgetFrames,
    KeepEntry,
    KeepFinding,
    KeepReadings,
    KeepSecurityEvent,
    LogFrame,
    LoggedFrame,
    Operation,
    PutApiKey,
    PutStatus,
    PutToken,
    RecordBoot,
    RecordConnection,
    RegisterStation,
    RemoveApiKey,
    RemoveStation,
    RemoveToken,
    StoredReading,
    StoredSecurityEvent,
    Witness,
)
from pilotwire.csms.store.recollection import Memory, MemoryStore
from pilotwire.csms.store.registers import Entry
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import TransactionEvent, event_key, same_event, start_key
from pilotwire.errors import MisuseError, PilotwireError, StoreError

__all__ = ["MemoryJournal", "MemoryStore"]


class MemoryJournal:
    """Writes into a `MemoryStore`, at once. What is appended together is kept together or, on an error, not at all."""

    def __init__(self, store: MemoryStore) -> None:
        self.witness: Witness | None = None
        self._memory: Memory = store.memory
        self._listeners = Listeners()
        self._closed = False

    async def append(self, *operations: Operation) -> Sequence[Any]:
        """Keep the operations in order and give each one's result. Raises StoreError if one cannot be kept: then none is."""
        if self._closed:
            raise StoreError("The store is closed: nothing can be written any more.")
        results = self._kept(operations)
        self._listeners.tell(zip(operations, results, strict=True))
        return results

    def note(self, operation: Operation) -> None:
        """Keep an operation nobody waits for."""
        if not self._closed:
            self._listeners.tell(zip((operation,), self._kept((operation,)), strict=True))

    def committed(self, limit: int = LISTENER_LIMIT) -> Listener:
        """Every operation kept from now on with its result; ends for a listener more than `limit` behind."""
        return self._listeners.new(limit)

    def close(self) -> None:
        """Take nothing more; live views end."""
        self._closed = True
        self._listeners.end()

    def _kept(self, operations: Sequence[Operation]) -> list[Any]:
        self._memory.begin()
        try:
            results = [_keep(self._memory, operation) for operation in operations]
            if self.witness is not None:
                self._show(self.witness, operations, results)
            return results
        except PilotwireError:
            self._memory.undo()
            raise
        except Exception as error:
            self._memory.undo()
            raise StoreError(f"The operation cannot be stored: {error}.") from error

    def _show(self, witness: Witness, operations: Sequence[Operation], results: Sequence[Any]) -> None:
        for operation, result in zip(operations, results, strict=True):
            entry = witness.saw(operation, result)
            if entry is not None:
                _keep(self._memory, entry)


def _keep(memory: Memory, operation: Operation) -> Any:
    handler = _HANDLERS.get(type(operation))
    if handler is None:
        raise MisuseError(f"{type(operation).__name__} is no operation a store knows.")
    return handler(memory, operation)


def _book(memory: Memory, operation: BookEvent) -> Booked:
    event = _identified(memory, operation)
    place = (operation.station, str(event.transaction_id))
    known = memory.transactions.get(place)
    key = event_key(event)
    earlier = memory.events[place].get(key)
    if known is not None and earlier is not None:
        return Booked(transaction=known, repeated=True, conflict=not same_event(earlier.event, event))
    transaction = booking.folded(operation, known, event)
    entry = BookedEvent(
        station=place[0], transaction_id=place[1], key=key, event=event, received_at=operation.received_at
    )
    memory.put(memory.events[place], key, entry)
    memory.put(memory.transactions, place, transaction)
    return booking.booked(known, transaction)


def _close(memory: Memory, operation: CloseTransaction) -> Closed:
    place = (operation.station, operation.transaction_id)
    known = memory.transactions.get(place)
    transaction = booking.closed(known, operation)
    if transaction is None:
        return Closed(transaction=known, closed=False)
    return Closed(transaction=memory.put(memory.transactions, place, transaction), closed=True)


def _identified(memory: Memory, operation: BookEvent) -> TransactionEvent:
    """The event with the transaction id it is booked under."""
    event = operation.event
    if not booking.needs_number(event):
        return booking.named(event)
    key = start_key(operation.station, event)
    number = memory.starts.get(key)
    if number is None:
        number = memory.next_number(operation.station)
        memory.put(memory.starts, key, number)
    return changed(event, transaction_id=str(number))


def _keep_readings(memory: Memory, operation: KeepReadings) -> None:
    for reading in operation.readings:
        stored = StoredReading(
            station=operation.station, transaction_id=None, address=operation.address, reading=reading
        )
        memory.add(memory.readings, stored)


def _put_status(memory: Memory, operation: PutStatus) -> bool:
    place = (operation.station, operation.status.address)
    record = booking.after_status(memory.connectors.get(place), operation)
    if record is not None:
        memory.put(memory.connectors, place, record)
    return record is not None


def _record_boot(memory: Memory, operation: RecordBoot) -> Any:
    known = memory.stations.get(operation.station)
    return memory.put(memory.stations, operation.station, booking.after_boot(known, operation))


def _record_connection(memory: Memory, operation: RecordConnection) -> Any:
    known = memory.stations.get(operation.station)
    return memory.put(memory.stations, operation.station, booking.after_connection(known, operation))


def _register_station(memory: Memory, operation: RegisterStation) -> Any:
    known = memory.stations.get(operation.station)
    return memory.put(memory.stations, operation.station, booking.after_registration(known, operation))


def _remove_station(memory: Memory, operation: RemoveStation) -> bool:
    for place in [place for place in memory.connectors if place[0] == operation.station]:
        memory.drop(memory.connectors, place)
    for table in memory.registers.values():
        for entry in [entry for entry in table if entry[0] == operation.station]:
            memory.drop(table, entry)
    return memory.drop(memory.stations, operation.station)


def _log_frame(memory: Memory, operation: LogFrame) -> int:
    number = memory.next_frame()
    entry = LoggedFrame(
        number=number,
        station=operation.station,
        at=operation.at,
        direction=operation.direction,
        message_id=operation.message_id,
        action=operation.action,
        frame=operation.frame,
    )
    memory.add(memory.log, entry)
    return number


def _forget_frames(memory: Memory, operation: ForgetFrames) -> int:
    before = operation.before
    old = [each for each in memory.log if before is not None and each.at < before][: operation.most]
    doomed = {each.number for each in (*old, *memory.log[: operation.oldest])}
    memory.swap("log", [each for each in memory.log if each.number not in doomed])
    return len(doomed)


def _forget_findings(memory: Memory, operation: ForgetFindings) -> int:
    findings = [each for each in memory.findings if each.at < operation.before][: operation.most]
    events = [each for each in memory.security_events if each.received_at < operation.before][: operation.most]
    memory.swap("findings", [each for each in memory.findings if each not in findings])
    memory.swap("security_events", [each for each in memory.security_events if each not in events])
    return len(findings) + len(events)


def _keep_finding(memory: Memory, operation: KeepFinding) -> None:
    memory.add(memory.findings, operation.finding)


def _keep_security_event(memory: Memory, operation: KeepSecurityEvent) -> None:
    stored = StoredSecurityEvent(station=operation.station, event=operation.event, received_at=operation.received_at)
    memory.add(memory.security_events, stored)


def _put_token(memory: Memory, operation: PutToken) -> None:
    token = operation.token
    memory.put(memory.tokens, (token.id_token.key, token.id_token.type or ""), token)


def _remove_token(memory: Memory, operation: RemoveToken) -> bool:
    found = booking.chosen_token(memory.tokens_of(operation.id_token), operation.id_token)
    return found is not None and memory.drop(memory.tokens, _token_place(found.id_token))


def _token_place(id_token: IdToken) -> tuple[str, str]:
    return (id_token.key, id_token.type or "")


def _put_api_key(memory: Memory, operation: PutApiKey) -> ApiKey:
    return memory.put(memory.api_keys, operation.key.name, operation.key)


def _remove_api_key(memory: Memory, operation: RemoveApiKey) -> bool:
    return memory.drop(memory.api_keys, operation.name)


def _amend(memory: Memory, operation: Amend) -> Amended:
    place, table = (operation.station, operation.key), memory.registers[operation.register.name]
    before = table.get(place)
    after = operation.change(before)
    if after is not None:
        memory.put(table, place, after)
    else:
        memory.drop(table, place)
    return Amended(before=before, after=after)


def _keep_entry(memory: Memory, operation: KeepEntry) -> int:
    number = memory.next_entry()
    kept = Entry(number=number, station=operation.station, at=operation.at, key=operation.key, entry=operation.entry)
    memory.put(memory.diaries[operation.diary.name], number, kept)
    return number


def _forget_entries(memory: Memory, operation: ForgetEntries) -> int:
    table = memory.diaries[operation.diary.name]
    old = [number for number, each in table.items() if each.at < operation.before]
    for number in old:
        memory.drop(table, number)
    return len(old)


_HANDLERS: dict[type[Operation], Callable[[Memory, Any], Any]] = {
    BookEvent: _book,
    CloseTransaction: _close,
    KeepReadings: _keep_readings,
    PutStatus: _put_status,
    RecordBoot: _record_boot,
    RecordConnection: _record_connection,
    RegisterStation: _register_station,
    RemoveStation: _remove_station,
    LogFrame: _log_frame,
    KeepFinding: _keep_finding,
    KeepSecurityEvent: _keep_security_event,
    PutToken: _put_token,
    RemoveToken: _remove_token,
    PutApiKey: _put_api_key,
    RemoveApiKey: _remove_api_key,
    Amend: _amend,
    KeepEntry: _keep_entry,
    ForgetEntries: _forget_entries,
    ForgetFrames: _forget_frames,
    ForgetFindings: _forget_findings,
}
