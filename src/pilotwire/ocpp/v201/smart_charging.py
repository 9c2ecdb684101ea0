"""OCPP 2.0.1. Smart charging."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from pilotwire.ocpp.types import CustomData, Datatype, Int0To100, Integer, Maybe, Message, OneOrMore, Timestamp
from pilotwire.ocpp.v201.datatypes import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod, StatusInfo
from pilotwire.ocpp.v201.enums import (
    ChargingLimitSource,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ClearChargingProfileStatus,
    EnergyTransferMode,
    GenericStatus,
    GetChargingProfileStatus,
    NotifyEVChargingNeedsStatus,
)


class ACChargingParameters(Datatype):
    """What a vehicle asks of AC charging: Wh, A and V."""

    energy_amount: Integer
    ev_min_current: Integer
    ev_max_current: Integer
    ev_max_voltage: Integer
    custom_data: Maybe[CustomData] = None


class ChargingLimit(Datatype):
    """Who limits the charging, and whether for the grid's sake."""

    charging_limit_source: ChargingLimitSource
    is_grid_critical: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class ChargingNeeds(Datatype):
    """What the vehicle needs, as it said by ISO 15118."""

    requested_energy_transfer: EnergyTransferMode
    ac_charging_parameters: Maybe[ACChargingParameters] = None
    dc_charging_parameters: Maybe[DCChargingParameters] = None
    departure_time: Maybe[Timestamp] = None
    custom_data: Maybe[CustomData] = None


class ChargingProfileCriterion(Datatype):
    """Which charging profiles are meant."""

    charging_profile_purpose: Maybe[ChargingProfilePurpose] = None
    stack_level: Maybe[Integer] = None
    charging_profile_id: Maybe[OneOrMore[Integer]] = None
    charging_limit_source: Maybe[Annotated[list[ChargingLimitSource], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class ClearChargingProfile(Datatype):
    """Which charging profiles are to be removed."""

    evse_id: Maybe[Integer] = None
    charging_profile_purpose: Maybe[ChargingProfilePurpose] = None
    stack_level: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class CompositeSchedule(Datatype):
    """The limits that result from all profiles, from `schedule_start` on."""

    charging_schedule_period: OneOrMore[ChargingSchedulePeriod]
    evse_id: Integer
    duration: Integer
    schedule_start: Timestamp
    charging_rate_unit: ChargingRateUnit
    custom_data: Maybe[CustomData] = None


class DCChargingParameters(Datatype):
    """What a vehicle asks of DC charging: W, A, V, Wh and percent."""

    ev_max_current: Integer
    ev_max_voltage: Integer
    energy_amount: Maybe[Integer] = None
    ev_max_power: Maybe[Integer] = None
    state_of_charge: Maybe[Int0To100] = None
    ev_energy_capacity: Maybe[Integer] = None
    full_soc: Maybe[Int0To100] = field(default=None, name="fullSoC")
    bulk_soc: Maybe[Int0To100] = field(default=None, name="bulkSoC")
    custom_data: Maybe[CustomData] = None


class SetChargingProfileRequest(Message):
    """CSMS → station: installs a charging profile (K01)."""

    evse_id: Integer
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
    evse_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class GetChargingProfilesResponse(Message):
    """Station → CSMS: the answer to `GetChargingProfilesRequest`."""

    status: GetChargingProfileStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class ReportChargingProfilesRequest(Message):
    """Station → CSMS: delivers installed charging profiles, in parts (K09)."""

    request_id: Integer
    charging_limit_source: ChargingLimitSource
    charging_profile: OneOrMore[ChargingProfile]
    evse_id: Integer
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
    evse_id: Integer
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
    evse_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class NotifyChargingLimitResponse(Message):
    """CSMS → station: the answer to `NotifyChargingLimitRequest`."""

    custom_data: Maybe[CustomData] = None


class ClearedChargingLimitRequest(Message):
    """Station → CSMS: tells that a limit from outside (for example an EMS) has gone (K13)."""

    charging_limit_source: ChargingLimitSource
    evse_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class ClearedChargingLimitResponse(Message):
    """CSMS → station: the answer to `ClearedChargingLimitRequest`."""

    custom_data: Maybe[CustomData] = None


class NotifyEVChargingNeedsRequest(Message):
    """Station → CSMS: tells what the vehicle asked for (K15)."""

    charging_needs: ChargingNeeds
    evse_id: Integer
    max_schedule_tuples: Maybe[Integer] = None
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
    evse_id: Integer
    custom_data: Maybe[CustomData] = None


class NotifyEVChargingScheduleResponse(Message):
    """CSMS → station: the answer to `NotifyEVChargingScheduleRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
