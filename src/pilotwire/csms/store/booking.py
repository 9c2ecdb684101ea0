"""What storing an operation means, once for every kind of store: which transaction an event belongs to, whether it has been booked
before, what a station's record becomes. Pure: no I/O, no clock; the stores differ only in where they keep the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from pilotwire.csms.store.ports import (
    Booked,
    BookedEvent,
    BookEvent,
    CloseTransaction,
    ConnectorRecord,
    Page,
    PutStatus,
    RecordBoot,
    RecordConnection,
    RegisterStation,
    Station,
    TransactionFilter,
)
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent, fold
from pilotwire.errors import StoreError

LARGEST_NUMBER = 2**31 - 1
"""The largest transaction id a 1.6 station can be told: an integer of 32 bits (1.6:6.46)."""

_WITHOUT_START = frozenset({"-1", "0"})
"""What stations put in place of a transaction id when their StartTransaction was never answered (1.6:4.8, errata 3.18)."""

_ENCODER = msgspec.msgpack.Encoder()


def needs_number(event: TransactionEvent) -> bool:
    """Whether the CSMS is to name the transaction: a start that comes without an id (1.6:4.8)."""
    return event.transaction_id is None and event.kind is EventKind.STARTED


def checked_number(number: int) -> int:
    """`number` if a 1.6 station can take it. Raises StoreError when the 32 bits are used up."""
    if number > LARGEST_NUMBER:
        raise StoreError(
            "No transaction number is left: a 1.6 transaction id has 32 bits and all have been given out.",
            "Continue with an empty database and keep this one as an archive.",
        )
    return number


def named(event: TransactionEvent) -> TransactionEvent:
    """The event under the id it is booked by.

    An update or end whose start the station gave up has no id of its own: none, `0`, or `-1`, which errata 3.18 of 1.6 demands and
    the CSMS has to take. Several of them may be about different transactions, so each is booked alone under `orphan-` and its digest.
    2.x events (they have a sequence number) keep their id, whatever it is.
    """
    nameless = event.transaction_id is None or (event.transaction_id in _WITHOUT_START and event.seq_no is None)
    if not nameless or event.kind is EventKind.STARTED:
        return event
    return changed(event, transaction_id="orphan-" + blake2b(_ENCODER.encode(event), digest_size=12).hexdigest())


def surely_new(known: Transaction | None, event: TransactionEvent) -> bool:
    """Whether what is known of the transaction already shows that `event` has not been booked (by `event_key`).

    False means "look it up". A sequence number is booked exactly if it is among `seq_nos`; an update later than anything known is new.
    """
    if known is None:
        return True
    if event.seq_no is not None:
        return not any(low <= event.seq_no <= high for low, high in known.seq_nos)
    if event.kind is EventKind.STARTED:
        return known.started_at is None
    if event.kind is EventKind.ENDED:
        return known.ended_at is None
    return known.last_event_at is None or event.at > known.last_event_at


def folded(operation: BookEvent, known: Transaction | None, event: TransactionEvent) -> Transaction:
    """The transaction after the (named, new) event of an operation."""
    return fold(operation.station, known, event)


def booked(known: Transaction | None, transaction: Transaction) -> Booked:
    """What became of a new event: the transaction before and after it."""
    undone = known.closing if known is not None and transaction.closing is None else None
    return Booked(transaction=transaction, undone=undone)


def closed(known: Transaction | None, operation: CloseTransaction) -> Transaction | None:
    """The transaction once it is closed by rule; None if that is not to be, because it has ended or gone on meanwhile."""
    if known is None or not known.is_open or known.events != operation.events:
        return None
    return changed(known, closing=operation.closing)


def began_at(transaction: Transaction) -> datetime | None:
    """What a transaction is listed by: its start, or while that has not arrived the time of its newest event."""
    return transaction.started_at if transaction.started_at is not None else transaction.last_event_at


def in_place(events: Iterable[BookedEvent]) -> Sequence[BookedEvent]:
    """A transaction's events in their place: by sequence number where all have one, else start, updates by time, end."""
    booked = list(events)
    if all(each.event.seq_no is not None for each in booked):
        return sorted(booked, key=lambda each: each.event.seq_no or 0)
    return sorted(booked, key=lambda each: (_RANK[each.event.kind], each.event.at))


EVERYTHING = TransactionFilter()
"""No condition."""

FIRST_PAGE = Page()
"""The first entries, as many as a page has unless told otherwise."""

_RANK = {EventKind.STARTED: 0, EventKind.UPDATED: 1, EventKind.ENDED: 2}


def after_boot(known: Station | None, boot: RecordBoot) -> Station:
    """A station's record after it booted (B01)."""
    station = known or Station(station=boot.station, created_at=boot.at)
    return changed(
        station, identity=boot.identity, last_boot_at=boot.at, last_boot_reason=boot.reason, last_seen_at=boot.at
    )


def after_connection(known: Station | None, seen: RecordConnection) -> Station:
    """A station's record after it connected or went; a version not told is left as it was."""
    station = known or Station(station=seen.station, created_at=seen.at)
    version = seen.version if seen.version is not None else station.version
    return changed(station, connected=seen.connected, version=version, last_seen_at=seen.at)


def after_registration(known: Station | None, wanted: RegisterStation) -> Station:
    """A station's record after an operator wrote it; a password or note not given is left as it was."""
    station = known or Station(station=wanted.station, created_at=wanted.at)
    return changed(
        station,
        registration=wanted.registration,
        password_hash=wanted.password_hash if wanted.password_hash is not None else station.password_hash,
        note=wanted.note if wanted.note is not None else station.note,
    )


def after_status(known: ConnectorRecord | None, put: PutStatus) -> ConnectorRecord | None:
    """A connector's record after a report (G01), or None if a newer one is known.

    A report that tells no time (1.6 may leave it out) counts from its arrival.
    """
    at = put.status.at or put.received_at
    if known is not None and at < known.at:
        return None
    return ConnectorRecord(station=put.station, address=put.status.address, state=put.status.state, at=at)


def chosen_token(records: Iterable[Token], asked: IdToken) -> Token | None:
    """The record that answers for an id token (`same_token`): of the same type if there is one, else of a type that is not told."""
    fitting = [record for record in records if same_token(record.id_token, asked)]
    fitting.sort(key=lambda record: (record.id_token.type != asked.type, record.id_token.type or ""))
    return fitting[0] if fitting else None
