"""OCPP 2.1. Transactions."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Int0To3,
    Int0To100,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    Number,
    OneOrMore,
    String3,
    String36,
    String60,
    String500,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import EVSE, IdToken, IdTokenInfo, MessageContent, MeterValue, Price
from pilotwire.ocpp.v21.enums import (
    ChargingState,
    CostDimensionEnum,
    OperationMode,
    PreconditioningStatus,
    Reason,
    TariffCost,
    TransactionEvent,
    TriggerReason,
)


class ChargingPeriod(Datatype):
    """A stretch of a transaction charged under one tariff."""

    start_period: Timestamp
    dimensions: Maybe[OneOrMore[CostDimension]] = None
    tariff_id: Maybe[String60] = None
    custom_data: Maybe[CustomData] = None


class CostDetails(Datatype):
    """How the cost of a transaction is made up."""

    total_cost: TotalCost
    total_usage: TotalUsage
    charging_periods: Maybe[OneOrMore[ChargingPeriod]] = None
    failure_to_calculate: Maybe[bool] = None
    failure_reason: Maybe[String500] = None
    custom_data: Maybe[CustomData] = None


class CostDimension(Datatype):
    """One quantity that costs: energy, time, current or power."""

    type: CostDimensionEnum
    volume: Number
    custom_data: Maybe[CustomData] = None


class TotalCost(Datatype):
    """Total of a transaction, by kind of cost."""

    currency: String3
    type_of_cost: TariffCost
    total: TotalPrice
    fixed: Maybe[Price] = None
    energy: Maybe[Price] = None
    charging_time: Maybe[Price] = None
    idle_time: Maybe[Price] = None
    reservation_time: Maybe[Price] = None
    reservation_fixed: Maybe[Price] = None
    custom_data: Maybe[CustomData] = None


class TotalPrice(Datatype):
    """A total without and with tax."""

    excl_tax: Maybe[Number] = None
    incl_tax: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class TotalUsage(Datatype):
    """What a transaction used: kWh and seconds."""

    energy: Number
    charging_time: Integer
    idle_time: Integer
    reservation_time: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class Transaction(Datatype):
    """A transaction as it stands."""

    transaction_id: String36
    charging_state: Maybe[ChargingState] = None
    time_spent_charging: Maybe[Integer] = None
    stopped_reason: Maybe[Reason] = None
    remote_start_id: Maybe[Integer] = None
    operation_mode: Maybe[OperationMode] = None
    tariff_id: Maybe[String60] = None
    transaction_limit: Maybe[TransactionLimit] = None
    custom_data: Maybe[CustomData] = None


class TransactionLimit(Datatype):
    """Where a transaction is to stop by cost, energy, time or state of charge."""

    max_cost: Maybe[Number] = None
    max_energy: Maybe[Number] = None
    max_time: Maybe[Integer] = None
    max_soc: Maybe[Int0To100] = field(default=None, name="maxSoC")
    custom_data: Maybe[CustomData] = None


class TransactionEventRequest(Message):
    """Station → CSMS: tells that a transaction started, changed or ended (E01)."""

    event_type: TransactionEvent
    timestamp: Timestamp
    trigger_reason: TriggerReason
    seq_no: NonNegativeInt
    transaction_info: Transaction
    cost_details: Maybe[CostDetails] = None
    meter_value: Maybe[OneOrMore[MeterValue]] = None
    offline: Maybe[bool] = None
    number_of_phases_used: Maybe[Int0To3] = None
    cable_max_current: Maybe[Integer] = None
    reservation_id: Maybe[NonNegativeInt] = None
    preconditioning_status: Maybe[PreconditioningStatus] = None
    evse_sleep: Maybe[bool] = None
    evse: Maybe[EVSE] = None
    id_token: Maybe[IdToken] = None
    custom_data: Maybe[CustomData] = None


class TransactionEventResponse(Message):
    """CSMS → station: cost, priority and the token's status, where asked or useful."""

    total_cost: Maybe[Number] = None
    charging_priority: Maybe[Integer] = None
    id_token_info: Maybe[IdTokenInfo] = None
    transaction_limit: Maybe[TransactionLimit] = None
    updated_personal_message: Maybe[MessageContent] = None
    updated_personal_message_extra: Maybe[Annotated[list[MessageContent], Meta(min_length=1, max_length=4)]] = None
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
