"""OCPP 2.0.1. Transactions."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Datatype, Integer, Maybe, Message, Number, OneOrMore, String36, Timestamp
from pilotwire.ocpp.v201.datatypes import EVSE, IdToken, IdTokenInfo, MessageContent, MeterValue
from pilotwire.ocpp.v201.enums import ChargingState, Reason, TransactionEvent, TriggerReason


class Transaction(Datatype):
    """A transaction as it stands."""

    transaction_id: String36
    charging_state: Maybe[ChargingState] = None
    time_spent_charging: Maybe[Integer] = None
    stopped_reason: Maybe[Reason] = None
    remote_start_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class TransactionEventRequest(Message):
    """Station → CSMS: tells that a transaction started, changed or ended (E01)."""

    event_type: TransactionEvent
    timestamp: Timestamp
    trigger_reason: TriggerReason
    seq_no: Integer
    transaction_info: Transaction
    meter_value: Maybe[OneOrMore[MeterValue]] = None
    offline: Maybe[bool] = None
    number_of_phases_used: Maybe[Integer] = None
    cable_max_current: Maybe[Integer] = None
    reservation_id: Maybe[Integer] = None
    evse: Maybe[EVSE] = None
    id_token: Maybe[IdToken] = None
    custom_data: Maybe[CustomData] = None


class TransactionEventResponse(Message):
    """CSMS → station: cost, priority and the token's status, where asked or useful."""

    total_cost: Maybe[Number] = None
    charging_priority: Maybe[Integer] = None
    id_token_info: Maybe[IdTokenInfo] = None
    updated_personal_message: Maybe[MessageContent] = None
    custom_data: Maybe[CustomData] = None


class GetTransactionStatusRequest(Message):
    """CSMS → station: asks whether messages of a transaction are still queued (E14)."""

    transaction_id: Maybe[String36] = None
    custom_data: Maybe[CustomData] = None


class GetTransactionStatusResponse(Message):
    """Station → CSMS: whether it runs, and whether messages wait."""

    messages_in_queue: bool
    ongoing_indicator: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None
