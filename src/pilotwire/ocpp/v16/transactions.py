"""OCPP 1.6. Transactions."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, LooseTimestamp, Maybe, Message, String20
from pilotwire.ocpp.v16.datatypes import IdTagInfo, MeterValue
from pilotwire.ocpp.v16.enums import Reason


class StartTransactionRequest(Message):
    """Charge point → central system: tells that a transaction started and asks for its id (1.6:4.8)."""

    connector_id: Integer
    id_tag: String20
    meter_start: Integer
    timestamp: LooseTimestamp
    reservation_id: Maybe[Integer] = None


class StartTransactionResponse(Message):
    """Central system → charge point: the transaction's id and the token's status."""

    id_tag_info: IdTagInfo
    transaction_id: Integer


class StopTransactionRequest(Message):
    """Charge point → central system: tells that a transaction ended (1.6:4.10)."""

    meter_stop: Integer
    timestamp: LooseTimestamp
    transaction_id: Integer
    id_tag: Maybe[String20] = None
    reason: Maybe[Reason] = None
    transaction_data: Maybe[list[MeterValue]] = None


class StopTransactionResponse(Message):
    """Central system → charge point: the answer to `StopTransactionRequest`."""

    id_tag_info: Maybe[IdTagInfo] = None
