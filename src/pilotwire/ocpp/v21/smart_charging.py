"""OCPP 2.1. Smart charging."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Int0To100,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    NonPositiveNumber,
    Number,
    OneOrMore,
    PositiveInt,
    String3,
    String20,
    String36,
    String50,
    String2000,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod, StatusInfo
from pilotwire.ocpp.v21.enums import (
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ClearChargingProfileStatus,
    ControlMode,
    DERControl,
    EnergyTransferMode,
    GenericStatus,
    GetChargingProfileStatus,
    IslandingDetection,
    MobilityNeedsMode,
    NotifyEVChargingNeedsStatus,
    PriorityChargingStatus,
)


class ACChargingParameters(Datatype):
    """What a vehicle asks of AC charging: Wh, A and V."""

    energy_amount: Number
    ev_min_current: Number
    ev_max_current: Number
    ev_max_voltage: Number
    custom_data: Maybe[CustomData] = None


class ChargingLimit(Datatype):
    """Who limits the charging, and whether for the grid's sake."""

    charging_limit_source: String20
    is_local_generation: Maybe[bool] = None
    is_grid_critical: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class ChargingNeeds(Datatype):
    """What the vehicle needs, as it said by ISO 15118."""

    requested_energy_transfer: EnergyTransferMode
    ac_charging_parameters: Maybe[ACChargingParameters] = None
    der_charging_parameters: Maybe[DERChargingParameters] = None
    ev_energy_offer: Maybe[EVEnergyOffer] = None
    dc_charging_parameters: Maybe[DCChargingParameters] = None
    v2x_charging_parameters: Maybe[V2XChargingParameters] = None
    available_energy_transfer: Maybe[OneOrMore[EnergyTransferMode]] = None
    control_mode: Maybe[ControlMode] = None
    mobility_needs_mode: Maybe[MobilityNeedsMode] = None
    departure_time: Maybe[Timestamp] = None
    custom_data: Maybe[CustomData] = None


class ChargingProfileCriterion(Datatype):
    """Which charging profiles are meant."""

    charging_profile_purpose: Maybe[ChargingProfilePurpose] = None
    stack_level: Maybe[NonNegativeInt] = None
    charging_profile_id: Maybe[OneOrMore[Integer]] = None
    charging_limit_source: Maybe[Annotated[list[String20], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class ChargingScheduleUpdate(Datatype):
    """New values for the running period of a dynamic profile."""

    limit: Maybe[Number] = None
    limit_l2: Maybe[Number] = field(default=None, name="limit_L2")
    limit_l3: Maybe[Number] = field(default=None, name="limit_L3")
    discharge_limit: Maybe[NonPositiveNumber] = None
    discharge_limit_l2: Maybe[NonPositiveNumber] = field(default=None, name="dischargeLimit_L2")
    discharge_limit_l3: Maybe[NonPositiveNumber] = field(default=None, name="dischargeLimit_L3")
    setpoint: Maybe[Number] = None
    setpoint_l2: Maybe[Number] = field(default=None, name="setpoint_L2")
    setpoint_l3: Maybe[Number] = field(default=None, name="setpoint_L3")
    setpoint_reactive: Maybe[Number] = None
    setpoint_reactive_l2: Maybe[Number] = field(default=None, name="setpointReactive_L2")
    setpoint_reactive_l3: Maybe[Number] = field(default=None, name="setpointReactive_L3")
    custom_data: Maybe[CustomData] = None


class ClearChargingProfile(Datatype):
    """Which charging profiles are to be removed."""

    evse_id: Maybe[NonNegativeInt] = None
    charging_profile_purpose: Maybe[ChargingProfilePurpose] = None
    stack_level: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class CompositeSchedule(Datatype):
    """The limits that result from all profiles, from `schedule_start` on."""

    evse_id: NonNegativeInt
    duration: Integer
    schedule_start: Timestamp
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: OneOrMore[ChargingSchedulePeriod]
    custom_data: Maybe[CustomData] = None


class DCChargingParameters(Datatype):
    """What a vehicle asks of DC charging: W, A, V, Wh and percent."""

    ev_max_current: Number
    ev_max_voltage: Number
    ev_max_power: Maybe[Number] = None
    ev_energy_capacity: Maybe[Number] = None
    energy_amount: Maybe[Number] = None
    state_of_charge: Maybe[Int0To100] = None
    full_soc: Maybe[Int0To100] = field(default=None, name="fullSoC")
    bulk_soc: Maybe[Int0To100] = field(default=None, name="bulkSoC")
    custom_data: Maybe[CustomData] = None


class DERChargingParameters(Datatype):
    """What the vehicle's inverter can do as an energy resource."""

    ev_supported_der_control: Maybe[OneOrMore[DERControl]] = field(default=None, name="evSupportedDERControl")
    ev_over_excited_max_discharge_power: Maybe[Number] = None
    ev_over_excited_power_factor: Maybe[Number] = None
    ev_under_excited_max_discharge_power: Maybe[Number] = None
    ev_under_excited_power_factor: Maybe[Number] = None
    max_apparent_power: Maybe[Number] = None
    max_charge_apparent_power: Maybe[Number] = None
    max_charge_apparent_power_l2: Maybe[Number] = field(default=None, name="maxChargeApparentPower_L2")
    max_charge_apparent_power_l3: Maybe[Number] = field(default=None, name="maxChargeApparentPower_L3")
    max_discharge_apparent_power: Maybe[Number] = None
    max_discharge_apparent_power_l2: Maybe[Number] = field(default=None, name="maxDischargeApparentPower_L2")
    max_discharge_apparent_power_l3: Maybe[Number] = field(default=None, name="maxDischargeApparentPower_L3")
    max_charge_reactive_power: Maybe[Number] = None
    max_charge_reactive_power_l2: Maybe[Number] = field(default=None, name="maxChargeReactivePower_L2")
    max_charge_reactive_power_l3: Maybe[Number] = field(default=None, name="maxChargeReactivePower_L3")
    min_charge_reactive_power: Maybe[Number] = None
    min_charge_reactive_power_l2: Maybe[Number] = field(default=None, name="minChargeReactivePower_L2")
    min_charge_reactive_power_l3: Maybe[Number] = field(default=None, name="minChargeReactivePower_L3")
    max_discharge_reactive_power: Maybe[Number] = None
    max_discharge_reactive_power_l2: Maybe[Number] = field(default=None, name="maxDischargeReactivePower_L2")
    max_discharge_reactive_power_l3: Maybe[Number] = field(default=None, name="maxDischargeReactivePower_L3")
    min_discharge_reactive_power: Maybe[Number] = None
    min_discharge_reactive_power_l2: Maybe[Number] = field(default=None, name="minDischargeReactivePower_L2")
    min_discharge_reactive_power_l3: Maybe[Number] = field(default=None, name="minDischargeReactivePower_L3")
    nominal_voltage: Maybe[Number] = None
    nominal_voltage_offset: Maybe[Number] = None
    max_nominal_voltage: Maybe[Number] = None
    min_nominal_voltage: Maybe[Number] = None
    ev_inverter_manufacturer: Maybe[String50] = None
    ev_inverter_model: Maybe[String50] = None
    ev_inverter_serial_number: Maybe[String50] = None
    ev_inverter_sw_version: Maybe[String50] = None
    ev_inverter_hw_version: Maybe[String50] = None
    ev_islanding_detection_method: Maybe[OneOrMore[IslandingDetection]] = None
    ev_islanding_trip_time: Maybe[Number] = None
    ev_maximum_level1_dc_injection: Maybe[Number] = field(default=None, name="evMaximumLevel1DCInjection")
    ev_duration_level1_dc_injection: Maybe[Number] = field(default=None, name="evDurationLevel1DCInjection")
    ev_maximum_level2_dc_injection: Maybe[Number] = field(default=None, name="evMaximumLevel2DCInjection")
    ev_duration_level2_dc_injection: Maybe[Number] = field(default=None, name="evDurationLevel2DCInjection")
    ev_reactive_susceptance: Maybe[Number] = None
    ev_session_total_discharge_energy_available: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class EVAbsolutePriceSchedule(Datatype):
    """Prices at which a vehicle offers energy."""

    time_anchor: Timestamp
    currency: String3
    ev_absolute_price_schedule_entries: Annotated[
        list[EVAbsolutePriceScheduleEntry], Meta(min_length=1, max_length=1024)
    ]
    price_algorithm: String2000
    custom_data: Maybe[CustomData] = None


class EVAbsolutePriceScheduleEntry(Datatype):
    """Price rules for a while, of a vehicle's offer."""

    duration: Integer
    ev_price_rule: Annotated[list[EVPriceRule], Meta(min_length=1, max_length=8)]
    custom_data: Maybe[CustomData] = None


class EVEnergyOffer(Datatype):
    """Power and prices a vehicle offers to feed back."""

    ev_power_schedule: EVPowerSchedule
    ev_absolute_price_schedule: Maybe[EVAbsolutePriceSchedule] = None
    custom_data: Maybe[CustomData] = None


class EVPowerSchedule(Datatype):
    """Powers a vehicle offers over time."""

    ev_power_schedule_entries: Annotated[list[EVPowerScheduleEntry], Meta(min_length=1, max_length=1024)]
    time_anchor: Timestamp
    custom_data: Maybe[CustomData] = None


class EVPowerScheduleEntry(Datatype):
    """Power a vehicle offers for a while, in W."""

    duration: Integer
    power: Number
    custom_data: Maybe[CustomData] = None


class EVPriceRule(Datatype):
    """Price of fed-back energy from a power on."""

    energy_fee: Number
    power_range_start: Number
    custom_data: Maybe[CustomData] = None


class V2XChargingParameters(Datatype):
    """What a vehicle can do in both directions: W, A, V, Wh."""

    min_charge_power: Maybe[Number] = None
    min_charge_power_l2: Maybe[Number] = field(default=None, name="minChargePower_L2")
    min_charge_power_l3: Maybe[Number] = field(default=None, name="minChargePower_L3")
    max_charge_power: Maybe[Number] = None
    max_charge_power_l2: Maybe[Number] = field(default=None, name="maxChargePower_L2")
    max_charge_power_l3: Maybe[Number] = field(default=None, name="maxChargePower_L3")
    min_discharge_power: Maybe[Number] = None
    min_discharge_power_l2: Maybe[Number] = field(default=None, name="minDischargePower_L2")
    min_discharge_power_l3: Maybe[Number] = field(default=None, name="minDischargePower_L3")
    max_discharge_power: Maybe[Number] = None
    max_discharge_power_l2: Maybe[Number] = field(default=None, name="maxDischargePower_L2")
    max_discharge_power_l3: Maybe[Number] = field(default=None, name="maxDischargePower_L3")
    min_charge_current: Maybe[Number] = None
    max_charge_current: Maybe[Number] = None
    min_discharge_current: Maybe[Number] = None
    max_discharge_current: Maybe[Number] = None
    min_voltage: Maybe[Number] = None
    max_voltage: Maybe[Number] = None
    ev_target_energy_request: Maybe[Number] = None
    ev_min_energy_request: Maybe[Number] = None
    ev_max_energy_request: Maybe[Number] = None
    ev_min_v2x_energy_request: Maybe[Number] = field(default=None, name="evMinV2XEnergyRequest")
    ev_max_v2x_energy_request: Maybe[Number] = field(default=None, name="evMaxV2XEnergyRequest")
    target_soc: Maybe[Int0To100] = field(default=None, name="targetSoC")
    custom_data: Maybe[CustomData] = None


class SetChargingProfileRequest(Message):
    """CSMS → station: installs a charging profile (K01)."""

    evse_id: NonNegativeInt
    charging_profile: ChargingProfile
    custom_data: Maybe[CustomData] = None


class SetChargingProfileResponse(Message):
    """Station → CSMS: the answer to `SetChargingProfileRequest`."""

    status: ChargingProfileStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class GetChargingProfilesRequest(Message):
    """CSMS → station: orders a report of the installed charging profiles (K09)."""

    request_id: Integer
    charging_profile: ChargingProfileCriterion
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class GetChargingProfilesResponse(Message):
    """Station → CSMS: the answer to `GetChargingProfilesRequest`."""

    status: GetChargingProfileStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class ReportChargingProfilesRequest(Message):
    """Station → CSMS: delivers installed charging profiles, in parts (K09)."""

    request_id: Integer
    charging_limit_source: String20
    charging_profile: OneOrMore[ChargingProfile]
    evse_id: NonNegativeInt
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class ReportChargingProfilesResponse(Message):
    """CSMS → station: the answer to `ReportChargingProfilesRequest`."""

    custom_data: Maybe[CustomData] = None


class ClearChargingProfileRequest(Message):
    """CSMS → station: removes the charging profiles that match (K10)."""

    charging_profile_id: Maybe[Integer] = None
    charging_profile_criteria: Maybe[ClearChargingProfile] = None
    custom_data: Maybe[CustomData] = None


class ClearChargingProfileResponse(Message):
    """Station → CSMS: the answer to `ClearChargingProfileRequest`."""

    status: ClearChargingProfileStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class GetCompositeScheduleRequest(Message):
    """CSMS → station: asks what limit results from all charging profiles together (K08)."""

    duration: Integer
    evse_id: NonNegativeInt
    charging_rate_unit: Maybe[ChargingRateUnit] = None
    custom_data: Maybe[CustomData] = None


class GetCompositeScheduleResponse(Message):
    """Station → CSMS: the schedule, where it could be made."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    schedule: Maybe[CompositeSchedule] = None
    custom_data: Maybe[CustomData] = None


class NotifyChargingLimitRequest(Message):
    """Station → CSMS: tells that a limit from outside (for example an EMS) now holds (K12)."""

    charging_limit: ChargingLimit
    charging_schedule: Maybe[OneOrMore[ChargingSchedule]] = None
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class NotifyChargingLimitResponse(Message):
    """CSMS → station: the answer to `NotifyChargingLimitRequest`."""

    custom_data: Maybe[CustomData] = None


class ClearedChargingLimitRequest(Message):
    """Station → CSMS: tells that a limit from outside (for example an EMS) has gone (K13)."""

    charging_limit_source: String20
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class ClearedChargingLimitResponse(Message):
    """CSMS → station: the answer to `ClearedChargingLimitRequest`."""

    custom_data: Maybe[CustomData] = None


class NotifyEVChargingNeedsRequest(Message):
    """Station → CSMS: tells what the vehicle asked for (K15)."""

    evse_id: PositiveInt
    charging_needs: ChargingNeeds
    max_schedule_tuples: Maybe[NonNegativeInt] = None
    timestamp: Maybe[Timestamp] = None
    custom_data: Maybe[CustomData] = None


class NotifyEVChargingNeedsResponse(Message):
    """CSMS → station: the answer to `NotifyEVChargingNeedsRequest`."""

    status: NotifyEVChargingNeedsStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyEVChargingScheduleRequest(Message):
    """Station → CSMS: tells the schedule the vehicle made of the offer (K15)."""

    time_base: Timestamp
    charging_schedule: ChargingSchedule
    evse_id: PositiveInt
    selected_charging_schedule_id: Maybe[NonNegativeInt] = None
    power_tolerance_acceptance: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class NotifyEVChargingScheduleResponse(Message):
    """CSMS → station: the answer to `NotifyEVChargingScheduleRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class UsePriorityChargingRequest(Message):
    """CSMS → station: switches priority charging of a transaction on or off (K21)."""

    transaction_id: String36
    activate: bool
    custom_data: Maybe[CustomData] = None


class UsePriorityChargingResponse(Message):
    """Station → CSMS: the answer to `UsePriorityChargingRequest`."""

    status: PriorityChargingStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyPriorityChargingRequest(Message):
    """Station → CSMS: tells that priority charging began or ended at the station (K22)."""

    transaction_id: String36
    activated: bool
    custom_data: Maybe[CustomData] = None


class NotifyPriorityChargingResponse(Message):
    """CSMS → station: the answer to `NotifyPriorityChargingRequest`."""

    custom_data: Maybe[CustomData] = None


class PullDynamicScheduleUpdateRequest(Message):
    """Station → CSMS: asks for the next values of a dynamic charging profile (K28)."""

    charging_profile_id: Integer
    custom_data: Maybe[CustomData] = None


class PullDynamicScheduleUpdateResponse(Message):
    """CSMS → station: the values, where there are any."""

    status: ChargingProfileStatus
    schedule_update: Maybe[ChargingScheduleUpdate] = None
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class UpdateDynamicScheduleRequest(Message):
    """CSMS → station: sets the current values of a dynamic charging profile (K28)."""

    charging_profile_id: Integer
    schedule_update: ChargingScheduleUpdate
    custom_data: Maybe[CustomData] = None


class UpdateDynamicScheduleResponse(Message):
    """Station → CSMS: the answer to `UpdateDynamicScheduleRequest`."""

    status: ChargingProfileStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
