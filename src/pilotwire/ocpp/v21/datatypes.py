"""OCPP 2.1. Objects that messages of more than one street hold."""

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
    NonNegativeInt,
    NonPositiveNumber,
    Number,
    OneOrMore,
    String3,
    String8,
    String20,
    String32,
    String36,
    String40,
    String50,
    String60,
    String80,
    String88,
    String100,
    String128,
    String160,
    String255,
    String256,
    String1024,
    String2000,
    String2500,
    String32768,
    Timestamp,
)
from pilotwire.ocpp.v21.enums import (
    AuthorizationStatus,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    CostKind,
    DayOfWeek,
    EvseKind,
    HashAlgorithm,
    Location,
    Measurand,
    MessageFormat,
    OperationMode,
    Phase,
    ReadingContext,
    RecurrencyKind,
)


class AbsolutePriceSchedule(Datatype):
    """ISO 15118-20 price schedule in absolute prices."""

    time_anchor: Timestamp
    price_schedule_id: NonNegativeInt = field(name="priceScheduleID")
    currency: String3
    language: String8
    price_algorithm: String2000
    price_rule_stacks: Annotated[list[PriceRuleStack], Meta(min_length=1, max_length=1024)]
    price_schedule_description: Maybe[String160] = None
    minimum_cost: Maybe[RationalNumber] = None
    maximum_cost: Maybe[RationalNumber] = None
    tax_rules: Maybe[Annotated[list[TaxRule], Meta(min_length=1, max_length=10)]] = None
    overstay_rule_list: Maybe[OverstayRuleList] = None
    additional_selected_services: Maybe[
        Annotated[list[AdditionalSelectedServices], Meta(min_length=1, max_length=5)]
    ] = None
    custom_data: Maybe[CustomData] = None


class AdditionalInfo(Datatype):
    """A further identifier of the same driver."""

    additional_id_token: String255
    type: String50
    custom_data: Maybe[CustomData] = None


class AdditionalSelectedServices(Datatype):
    """ISO 15118-20 fee for a further service."""

    service_fee: RationalNumber
    service_name: String80
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
    stack_level: NonNegativeInt
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    charging_schedule: Annotated[list[ChargingSchedule], Meta(min_length=1, max_length=3)]
    recurrency_kind: Maybe[RecurrencyKind] = None
    valid_from: Maybe[Timestamp] = None
    valid_to: Maybe[Timestamp] = None
    transaction_id: Maybe[String36] = None
    max_offline_duration: Maybe[Integer] = None
    invalid_after_offline_duration: Maybe[bool] = None
    dyn_update_interval: Maybe[Integer] = None
    dyn_update_time: Maybe[Timestamp] = None
    price_schedule_signature: Maybe[String256] = None
    custom_data: Maybe[CustomData] = None


class ChargingSchedule(Datatype):
    """Periods of limits or set points in W or A."""

    id: Integer
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: Annotated[list[ChargingSchedulePeriod], Meta(min_length=1, max_length=1024)]
    limit_at_soc: Maybe[LimitAtSoC] = field(default=None, name="limitAtSoC")
    start_schedule: Maybe[Timestamp] = None
    duration: Maybe[Integer] = None
    min_charging_rate: Maybe[Number] = None
    power_tolerance: Maybe[Number] = None
    signature_id: Maybe[NonNegativeInt] = None
    digest_value: Maybe[String88] = None
    use_local_time: Maybe[bool] = None
    randomized_delay: Maybe[NonNegativeInt] = None
    sales_tariff: Maybe[SalesTariff] = None
    absolute_price_schedule: Maybe[AbsolutePriceSchedule] = None
    price_level_schedule: Maybe[PriceLevelSchedule] = None
    custom_data: Maybe[CustomData] = None


class ChargingSchedulePeriod(Datatype):
    """What holds from `start_period` seconds on, until the next period."""

    start_period: Integer
    limit: Maybe[Number] = None
    limit_l2: Maybe[Number] = field(default=None, name="limit_L2")
    limit_l3: Maybe[Number] = field(default=None, name="limit_L3")
    number_phases: Maybe[Int0To3] = None
    phase_to_use: Maybe[Int0To3] = None
    discharge_limit: Maybe[NonPositiveNumber] = None
    discharge_limit_l2: Maybe[NonPositiveNumber] = field(default=None, name="dischargeLimit_L2")
    discharge_limit_l3: Maybe[NonPositiveNumber] = field(default=None, name="dischargeLimit_L3")
    setpoint: Maybe[Number] = None
    setpoint_l2: Maybe[Number] = field(default=None, name="setpoint_L2")
    setpoint_l3: Maybe[Number] = field(default=None, name="setpoint_L3")
    setpoint_reactive: Maybe[Number] = None
    setpoint_reactive_l2: Maybe[Number] = field(default=None, name="setpointReactive_L2")
    setpoint_reactive_l3: Maybe[Number] = field(default=None, name="setpointReactive_L3")
    preconditioning_request: Maybe[bool] = None
    evse_sleep: Maybe[bool] = None
    v2x_baseline: Maybe[Number] = None
    operation_mode: Maybe[OperationMode] = None
    v2x_freq_watt_curve: Maybe[Annotated[list[V2XFreqWattPoint], Meta(min_length=1, max_length=20)]] = None
    v2x_signal_watt_curve: Maybe[Annotated[list[V2XSignalWattPoint], Meta(min_length=1, max_length=20)]] = None
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

    id: NonNegativeInt
    connector_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class IdToken(Datatype):
    """An identifier of a driver and its kind."""

    id_token: String255
    type: String20
    additional_info: Maybe[OneOrMore[AdditionalInfo]] = None
    custom_data: Maybe[CustomData] = None


class IdTokenInfo(Datatype):
    """What the CSMS knows of a token: status, expiry, group, priority, language."""

    status: AuthorizationStatus
    cache_expiry_date_time: Maybe[Timestamp] = None
    charging_priority: Maybe[Integer] = None
    group_id_token: Maybe[IdToken] = None
    language1: Maybe[String8] = None
    language2: Maybe[String8] = None
    evse_id: Maybe[OneOrMore[NonNegativeInt]] = None
    personal_message: Maybe[MessageContent] = None
    custom_data: Maybe[CustomData] = None


class LimitAtSoC(Datatype):
    """A limit from a state of charge on."""

    soc: Int0To100
    limit: Number
    custom_data: Maybe[CustomData] = None


class MessageContent(Datatype):
    """A text in one language and format."""

    format: MessageFormat
    content: String1024
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
    responder_url: String2000 = field(name="responderURL")
    custom_data: Maybe[CustomData] = None


class OverstayRule(Datatype):
    """A fee for staying too long."""

    overstay_fee: RationalNumber
    start_time: Integer
    overstay_fee_period: Integer
    overstay_rule_description: Maybe[String32] = None
    custom_data: Maybe[CustomData] = None


class OverstayRuleList(Datatype):
    """ISO 15118-20 fees for staying too long."""

    overstay_rule: Annotated[list[OverstayRule], Meta(min_length=1, max_length=5)]
    overstay_power_threshold: Maybe[RationalNumber] = None
    overstay_time_threshold: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class Price(Datatype):
    """A price without and with tax."""

    excl_tax: Maybe[Number] = None
    incl_tax: Maybe[Number] = None
    tax_rates: Maybe[Annotated[list[TaxRate], Meta(min_length=1, max_length=5)]] = None
    custom_data: Maybe[CustomData] = None


class PriceLevelSchedule(Datatype):
    """ISO 15118-20 schedule of price levels."""

    price_level_schedule_entries: Annotated[list[PriceLevelScheduleEntry], Meta(min_length=1, max_length=100)]
    time_anchor: Timestamp
    price_schedule_id: NonNegativeInt
    number_of_price_levels: NonNegativeInt
    price_schedule_description: Maybe[String32] = None
    custom_data: Maybe[CustomData] = None


class PriceLevelScheduleEntry(Datatype):
    """A price level for a while."""

    duration: Integer
    price_level: NonNegativeInt
    custom_data: Maybe[CustomData] = None


class PriceRule(Datatype):
    """Prices from a power on."""

    energy_fee: RationalNumber
    power_range_start: RationalNumber
    parking_fee_period: Maybe[Integer] = None
    carbon_dioxide_emission: Maybe[NonNegativeInt] = None
    renewable_generation_percentage: Maybe[Int0To100] = None
    parking_fee: Maybe[RationalNumber] = None
    custom_data: Maybe[CustomData] = None


class PriceRuleStack(Datatype):
    """Price rules that hold for a while, in seconds."""

    duration: Integer
    price_rule: Annotated[list[PriceRule], Meta(min_length=1, max_length=8)]
    custom_data: Maybe[CustomData] = None


class RationalNumber(Datatype):
    """value times ten to exponent (ISO 15118-20)."""

    exponent: Integer
    value: Integer
    custom_data: Maybe[CustomData] = None


class RelativeTimeInterval(Datatype):
    """Seconds from the start of the schedule, and how long."""

    start: Integer
    duration: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class SalesTariff(Datatype):
    """ISO 15118-2 sales tariff."""

    id: NonNegativeInt
    sales_tariff_entry: Annotated[list[SalesTariffEntry], Meta(min_length=1, max_length=1024)]
    sales_tariff_description: Maybe[String32] = None
    num_e_price_levels: Maybe[NonNegativeInt] = None
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
    measurand: Maybe[Measurand] = None
    context: Maybe[ReadingContext] = None
    phase: Maybe[Phase] = None
    location: Maybe[Location] = None
    signed_meter_value: Maybe[SignedMeterValue] = None
    unit_of_measure: Maybe[UnitOfMeasure] = None
    custom_data: Maybe[CustomData] = None


class SignedMeterValue(Datatype):
    """A signed value as the meter made it."""

    signed_meter_data: String32768
    encoding_method: String50
    signing_method: Maybe[String50] = None
    public_key: Maybe[String2500] = None
    custom_data: Maybe[CustomData] = None


class StatusInfo(Datatype):
    """Why: a reason code and perhaps more."""

    reason_code: String20
    additional_info: Maybe[String1024] = None
    custom_data: Maybe[CustomData] = None


class Tariff(Datatype):
    """Prices of energy, time and reservation in one currency."""

    tariff_id: String60
    currency: String3
    description: Maybe[Annotated[list[MessageContent], Meta(min_length=1, max_length=10)]] = None
    energy: Maybe[TariffEnergy] = None
    valid_from: Maybe[Timestamp] = None
    charging_time: Maybe[TariffTime] = None
    idle_time: Maybe[TariffTime] = None
    fixed_fee: Maybe[TariffFixed] = None
    reservation_time: Maybe[TariffTime] = None
    reservation_fixed: Maybe[TariffFixed] = None
    min_cost: Maybe[Price] = None
    max_cost: Maybe[Price] = None
    custom_data: Maybe[CustomData] = None


class TariffConditions(Datatype):
    """When a price applies."""

    start_time_of_day: Maybe[str] = None
    end_time_of_day: Maybe[str] = None
    day_of_week: Maybe[Annotated[list[DayOfWeek], Meta(min_length=1, max_length=7)]] = None
    valid_from_date: Maybe[str] = None
    valid_to_date: Maybe[str] = None
    evse_kind: Maybe[EvseKind] = None
    min_energy: Maybe[Number] = None
    max_energy: Maybe[Number] = None
    min_current: Maybe[Number] = None
    max_current: Maybe[Number] = None
    min_power: Maybe[Number] = None
    max_power: Maybe[Number] = None
    min_time: Maybe[Integer] = None
    max_time: Maybe[Integer] = None
    min_charging_time: Maybe[Integer] = None
    max_charging_time: Maybe[Integer] = None
    min_idle_time: Maybe[Integer] = None
    max_idle_time: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class TariffConditionsFixed(Datatype):
    """When a fixed price applies."""

    start_time_of_day: Maybe[str] = None
    end_time_of_day: Maybe[str] = None
    day_of_week: Maybe[Annotated[list[DayOfWeek], Meta(min_length=1, max_length=7)]] = None
    valid_from_date: Maybe[str] = None
    valid_to_date: Maybe[str] = None
    evse_kind: Maybe[EvseKind] = None
    payment_brand: Maybe[String20] = None
    payment_recognition: Maybe[String20] = None
    custom_data: Maybe[CustomData] = None


class TariffEnergy(Datatype):
    """Prices of energy."""

    prices: OneOrMore[TariffEnergyPrice]
    tax_rates: Maybe[Annotated[list[TaxRate], Meta(min_length=1, max_length=5)]] = None
    custom_data: Maybe[CustomData] = None


class TariffEnergyPrice(Datatype):
    """A price per kWh."""

    price_kwh: Number
    conditions: Maybe[TariffConditions] = None
    custom_data: Maybe[CustomData] = None


class TariffFixed(Datatype):
    """Fixed prices."""

    prices: OneOrMore[TariffFixedPrice]
    tax_rates: Maybe[Annotated[list[TaxRate], Meta(min_length=1, max_length=5)]] = None
    custom_data: Maybe[CustomData] = None


class TariffFixedPrice(Datatype):
    """A fixed price."""

    price_fixed: Number
    conditions: Maybe[TariffConditionsFixed] = None
    custom_data: Maybe[CustomData] = None


class TariffTime(Datatype):
    """Prices of time."""

    prices: OneOrMore[TariffTimePrice]
    tax_rates: Maybe[Annotated[list[TaxRate], Meta(min_length=1, max_length=5)]] = None
    custom_data: Maybe[CustomData] = None


class TariffTimePrice(Datatype):
    """A price per minute."""

    price_minute: Number
    conditions: Maybe[TariffConditions] = None
    custom_data: Maybe[CustomData] = None


class TaxRate(Datatype):
    """A tax in percent."""

    type: String20
    tax: Number
    stack: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class TaxRule(Datatype):
    """ISO 15118-20 tax rule."""

    tax_rule_id: NonNegativeInt = field(name="taxRuleID")
    applies_to_energy_fee: bool
    applies_to_parking_fee: bool
    applies_to_overstay_fee: bool
    applies_to_minimum_maximum_cost: bool
    tax_rate: RationalNumber
    tax_rule_name: Maybe[String100] = None
    tax_included_in_price: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class UnitOfMeasure(Datatype):
    """The unit, and a power of ten."""

    unit: Maybe[String20] = None
    multiplier: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class V2XFreqWattPoint(Datatype):
    """One point of a frequency-power curve."""

    frequency: Number
    power: Number
    custom_data: Maybe[CustomData] = None


class V2XSignalWattPoint(Datatype):
    """One point of a signal-power curve."""

    signal: Integer
    power: Number
    custom_data: Maybe[CustomData] = None


class Variable(Datatype):
    """A variable of the device model."""

    name: String50
    instance: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None
