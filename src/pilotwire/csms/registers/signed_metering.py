"""Public keys of meters, and what was found of the signed values of transactions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.store.ports import Operation, Store
from pilotwire.csms.store.registers import Register
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import Value
from pilotwire.domain.metering.signed import Billed, MeteringOutcome, SentRecord, SignedSession, judge_session
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent

_AT_ONCE: Final = 1000


class KeySource(StrEnum):
    """Where a public key is from: each is trusted more than the one after it."""

    OPERATOR = "Operator"
    DEVICE_MODEL = "DeviceModel"
    SENT = "Sent"


class MeterKeyRecord(Value):
    """The public key of the meter of an EVSE (0: the main meter), as it was given.

    SENT: it came with signed values, and is taken for the meter's ever since (trust on first use).
    """

    station: str
    evse: int
    public_key: str
    source: KeySource
    recorded_at: datetime
    recorded_by: str = ""


METER_KEYS: Final = Register("meter-keys", MeterKeyRecord)
"""By station and EVSE. What a station tells in its device model is not here, but where the device model is."""


class SignedMark(Value):
    """A transaction whose signed values are to be verified once it has ended (`ended`: it has)."""

    station: str
    transaction_id: str
    since: datetime


SIGNED_OPEN: Final = Register("signed-metering-open", SignedMark)
"""By station and transaction: it has signed values, and no end yet."""
SIGNED_DUE: Final = Register("signed-metering-due", SignedMark)
"""By station and transaction: it has ended and is to be verified."""


class KeptVerdict(Value):
    """What was found of a transaction when it ended, with the key of then: meters are replaced."""

    station: str
    transaction_id: str
    outcome: MeteringOutcome
    checked_at: datetime
    public_key: str = ""
    source: KeySource | None = None


VERDICTS: Final = Register("signed-metering-verdicts", KeptVerdict)
"""By station and transaction."""


class Examined(Value):
    """A session as verified now, and where the key is from; `checked_at`: when it was first verified after its end."""

    session: SignedSession
    source: KeySource | None
    checked_at: datetime | None = None


def key_place(evse: int) -> str:
    """The key of an EVSE's record in METER_KEYS."""
    return f"{evse:05d}"


def marks_of(fact: TransactionEvent, transaction: Transaction, now: datetime) -> list[Operation]:
    """What is kept of an event with signed values: that they are to be verified, at once if the transaction has ended."""
    if not has_signed(fact):
        return []
    station, name = transaction.station, transaction.transaction_id
    mark = SignedMark(station=station, transaction_id=name, since=now)
    register = SIGNED_OPEN if transaction.ended_at is None and fact.kind is not EventKind.ENDED else SIGNED_DUE
    return [register.put(station, name, mark)]


def has_signed(fact: TransactionEvent) -> bool:
    """Whether an event carries a signed value."""
    return any(sample.signed is not None for reading in fact.readings for sample in reading.samples)


async def told_key(store: Store, station: str, evse: int) -> str:
    """The key a station tells in its device model: FiscalMetering.PublicKey (2.x), MeterPublicKey[n] (1.6); "" if none is known."""
    names = (
        VariableName(component="FiscalMetering", variable="PublicKey", evse=evse or None),
        VariableName(component="", variable=f"MeterPublicKey{evse}"),
    )
    for name in names:
        value = await known_value(store, station, name)
        if value:
            return value
    return ""


async def known_key(store: Store, station: str, evse: int) -> tuple[str, KeySource | None]:
    """The key of an EVSE's meter that is trusted most, and where it is from; ("", None) if none is known. Raises StoreError."""
    record = await store.record(METER_KEYS, station, key_place(evse))
    if record is not None and record.source is KeySource.OPERATOR:
        return record.public_key, record.source
    told = await told_key(store, station, evse)
    if told:
        return told, KeySource.DEVICE_MODEL
    return ("", None) if record is None else (record.public_key, record.source)


async def examined(store: Store, transaction: Transaction) -> Examined:
    """The verdict on a transaction's signed values as things are now.

    What was verified once is verified with the key of then. Without any key known, the first that was sent is taken. Raises StoreError.
    """
    station = transaction.station
    sent = await _sent(store, transaction)
    evse = transaction.address.evse if transaction.address is not None else 0
    kept = await store.record(VERDICTS, station, transaction.transaction_id)
    if kept is not None and kept.outcome is MeteringOutcome.VERIFIED:
        key, source = kept.public_key, kept.source
    else:
        key, source = await known_key(store, station, evse)
    if not key:
        key = next((each.signed.public_key for each in sent if each.signed.public_key), "")
        source = KeySource.SENT if key else None
    billed = Billed(energy_wh=transaction.energy, id_token=transaction.id_token)
    return Examined(
        session=judge_session(sent, key, billed),
        source=source,
        checked_at=None if kept is None else kept.checked_at,
    )


async def _sent(store: Store, transaction: Transaction) -> list[SentRecord]:
    """All signed values of a transaction, by time."""
    found: list[SentRecord] = []
    since: datetime | None = None
    while True:
        part = await store.readings(transaction.station, transaction.transaction_id, since=since, limit=_AT_ONCE)
        found += [
            SentRecord(at=stored.reading.at, context=sample.context, signed=sample.signed)
            for stored in part
            for sample in stored.reading.samples
            if sample.signed is not None
        ]
        if len(part) < _AT_ONCE or part[-1].reading.at == since:
            return found
        since = part[-1].reading.at
