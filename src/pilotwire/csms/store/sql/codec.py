"""Records as columns: JSON text for the whole, integers for time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from pilotwire.csms.store import booking
from pilotwire.csms.store.ports import ApiKey, ConnectorRecord, Station, StoredReading, StoredSecurityEvent
from pilotwire.domain.authorization import Token
from pilotwire.domain.findings import Finding
from pilotwire.domain.metering import MeterReading
from pilotwire.domain.transactions import Transaction, TransactionEvent
from pilotwire.errors import StoreError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENCODER = msgspec.json.Encoder()
_T = TypeVar("_T")


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly. Raises TypeError for a time without a time zone."""
    return (moment - EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """The UTC time of `micros`."""
    return EPOCH + timedelta(microseconds=microseconds)


def encoded(record: object) -> str:
    """A record as JSON text."""
    return _ENCODER.encode(record).decode()


class Codec(Generic[_T]):
    """Reads one type of record back."""

    def __init__(self, kind: type[_T]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._name = kind.__name__

    def __call__(self, content: str) -> _T:
        """The record. Raises StoreError if the row is not what was written."""
        try:
            return self._decoder.decode(content)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"A {self._name} row of the database cannot be read: {error}.", "Restore the file from a backup."
            ) from error


station_of = Codec(Station)
connector_of = Codec(ConnectorRecord)
token_of = Codec(Token)
api_key_of = Codec(ApiKey)
transaction_of = Codec(Transaction)
event_of = Codec(TransactionEvent)
reading_of = Codec(MeterReading)
loose_reading_of = Codec(StoredReading)
finding_of = Codec(Finding)
security_event_of = Codec(StoredSecurityEvent)


def transaction_columns(transaction: Transaction) -> tuple[int, int | None, str | None]:
    """What a transaction is asked for by: `is_open`, `began_at`, `token_key`."""
    began = booking.began_at(transaction)
    token = transaction.id_token
    return (
        1 if transaction.is_open else 0,
        None if began is None else micros(began),
        None if token is None else token.key,
    )
