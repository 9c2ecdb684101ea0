"""OCPP 1.6. Smart charging."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, LooseTimestamp, Maybe, Message
from pilotwire.ocpp.v16.datatypes import ChargingProfile, ChargingSchedule
from pilotwire.ocpp.v16.enums import (
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ClearChargingProfileStatus,
    GetCompositeScheduleStatus,
)


class SetChargingProfileRequest(Message):
    """Central system → charge point: installs a charging profile (1.6:5.16)."""

    connector_id: Integer
    cs_charging_profiles: ChargingProfile


class SetChargingProfileResponse(Message):
    """Charge point → central system: the answer to `SetChargingProfileRequest`."""

    status: ChargingProfileStatus


class ClearChargingProfileRequest(Message):
    """Central system → charge point: removes the charging profiles that match (1.6:5.5)."""

    id: Maybe[Integer] = None
    connector_id: Maybe[Integer] = None
    charging_profile_purpose: Maybe[ChargingProfilePurpose] = None
    stack_level: Maybe[Integer] = None


class ClearChargingProfileResponse(Message):
    """Charge point → central system: the answer to `ClearChargingProfileRequest`."""

    status: ClearChargingProfileStatus


class GetCompositeScheduleRequest(Message):
    """Central system → charge point: asks what limit results from all charging profiles together (1.6:5.7)."""

    connector_id: Integer
    duration: Integer
    charging_rate_unit: Maybe[ChargingRateUnit] = None


class GetCompositeScheduleResponse(Message):
    """Charge point → central system: the schedule, where it could be made."""

    status: GetCompositeScheduleStatus
    connector_id: Maybe[Integer] = None
    schedule_start: Maybe[LooseTimestamp] = None
    charging_schedule: Maybe[ChargingSchedule] = None
