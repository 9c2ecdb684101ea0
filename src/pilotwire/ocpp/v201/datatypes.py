"""OCPP 2.0.1. Objects that messages of more than one street hold."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    NonNegativeInt,
    Number,
    OneOrMore,
    String8,
    String20,
    String32,
    String36,
    String40,
    String50,
    String128,
    String512,
    String2500,
    Timestamp,
)
from pilotwire.ocpp.v201.enums import (
    AuthorizationStatus,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    CostKind,
    HashAlgorithm,
    IdTokenEnum,
    Location,
    Measurand,
    MessageFormat,
    Phase,
    ReadingContext,
    RecurrencyKind,
)


class AdditionalInfo(Datatype):
    """A further identifier of the same driver."""

    additional_id_token: String36
    type: String50
    custom_data: Maybe[CustomData] = None


class CertificateHashData(Datatype):
    """The hashes that name a certificate as OCSP does."""

    hash_algorithm: HashAlgorithm
    issuer_name_hash: String128
    issuer_key_hash: String128
    serial_number: String40
    custom_data: Maybe[CustomData] = None


class ChargingProfile(Datatype):
    """A charging profile: purpose, stack level, validity and its schedules."""

    id: Integer
    stack_level: Integer
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    charging_schedule: Annotated[list[ChargingSchedule], Meta(min_length=1, max_length=3)]
    recurrency_kind: Maybe[RecurrencyKind] = None
    valid_from: Maybe[Timestamp] = None
    valid_to: Maybe[Timestamp] = None
    transaction_id: Maybe[String36] = None
    custom_data: Maybe[CustomData] = None


class ChargingSchedule(Datatype):
    """Periods of limits or set points in W or A."""

    id: Integer
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: Annotated[list[ChargingSchedulePeriod], Meta(min_length=1, max_length=1024)]
    start_schedule: Maybe[Timestamp] = None
    duration: Maybe[Integer] = None
    min_charging_rate: Maybe[Number] = None
    sales_tariff: Maybe[SalesTariff] = None
    custom_data: Maybe[CustomData] = None


class ChargingSchedulePeriod(Datatype):
    """What holds from `start_period` seconds on, until the next period."""

    start_period: Integer
    limit: Number
    number_phases: Maybe[Integer] = None
    phase_to_use: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class Component(Datatype):
    """A component of the device model, perhaps of one EVSE or connector."""

    name: String50
    evse: Maybe[EVSE] = None
    instance: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None


class ComponentVariable(Datatype):
    """A component with, or without, one of its variables."""

    component: Component
    variable: Maybe[Variable] = None
    custom_data: Maybe[CustomData] = None


class ConsumptionCost(Datatype):
    """Costs that hold from a level of consumption on."""

    start_value: Number
    cost: Annotated[list[Cost], Meta(min_length=1, max_length=3)]
    custom_data: Maybe[CustomData] = None


class Cost(Datatype):
    """A cost of ISO 15118-2: amount times ten to `amount_multiplier`."""

    cost_kind: CostKind
    amount: Integer
    amount_multiplier: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class EVSE(Datatype):
    """An EVSE (from 1), perhaps one connector of it."""

    id: Integer
    connector_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class IdToken(Datatype):
    """An identifier of a driver and its kind."""

    id_token: String36
    type: IdTokenEnum
    additional_info: Maybe[OneOrMore[AdditionalInfo]] = None
    custom_data: Maybe[CustomData] = None


class IdTokenInfo(Datatype):
    """What the CSMS knows of a token: status, expiry, group, priority, language."""

    status: AuthorizationStatus
    cache_expiry_date_time: Maybe[Timestamp] = None
    charging_priority: Maybe[Integer] = None
    language1: Maybe[String8] = None
    evse_id: Maybe[OneOrMore[Integer]] = None
    group_id_token: Maybe[IdToken] = None
    language2: Maybe[String8] = None
    personal_message: Maybe[MessageContent] = None
    custom_data: Maybe[CustomData] = None


class MessageContent(Datatype):
    """A text in one language and format."""

    format: MessageFormat
    content: String512
    language: Maybe[String8] = None
    custom_data: Maybe[CustomData] = None


class MeterValue(Datatype):
    """Samples of one moment."""

    sampled_value: OneOrMore[SampledValue]
    timestamp: Timestamp
    custom_data: Maybe[CustomData] = None


class OCSPRequestData(Datatype):
    """A certificate, as OCSP names it, and its responder."""

    hash_algorithm: HashAlgorithm
    issuer_name_hash: String128
    issuer_key_hash: String128
    serial_number: String40
    responder_url: String512 = field(name="responderURL")
    custom_data: Maybe[CustomData] = None


class RelativeTimeInterval(Datatype):
    """Seconds from the start of the schedule, and how long."""

    start: Integer
    duration: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class SalesTariff(Datatype):
    """ISO 15118-2 sales tariff."""

    id: Integer
    sales_tariff_entry: Annotated[list[SalesTariffEntry], Meta(min_length=1, max_length=1024)]
    sales_tariff_description: Maybe[String32] = None
    num_e_price_levels: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class SalesTariffEntry(Datatype):
    """A price level for an interval."""

    relative_time_interval: RelativeTimeInterval
    e_price_level: Maybe[NonNegativeInt] = None
    consumption_cost: Maybe[Annotated[list[ConsumptionCost], Meta(min_length=1, max_length=3)]] = None
    custom_data: Maybe[CustomData] = None


class SampledValue(Datatype):
    """One measured value with its measurand, place, phase and unit."""

    value: Number
    context: Maybe[ReadingContext] = None
    measurand: Maybe[Measurand] = None
    phase: Maybe[Phase] = None
    location: Maybe[Location] = None
    signed_meter_value: Maybe[SignedMeterValue] = None
    unit_of_measure: Maybe[UnitOfMeasure] = None
    custom_data: Maybe[CustomData] = None


class SignedMeterValue(Datatype):
    """A signed value as the meter made it."""

    signed_meter_data: String2500
    signing_method: String50
    encoding_method: String50
    public_key: String2500
    custom_data: Maybe[CustomData] = None


class StatusInfo(Datatype):
    """Why: a reason code and perhaps more."""

    reason_code: String20
    additional_info: Maybe[String512] = None
    custom_data: Maybe[CustomData] = None


class UnitOfMeasure(Datatype):
    """The unit, and a power of ten."""

    unit: Maybe[String20] = None
    multiplier: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class Variable(Datatype):
    """A variable of the device model."""

    name: String50
    instance: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None
