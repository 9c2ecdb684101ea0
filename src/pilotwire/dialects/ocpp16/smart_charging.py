"""Charging profiles in 1.6: one schedule a profile, limits only, connectors (1.6:3.13, 1.6:5.5, 1.6:5.7, 1.6:5.16)."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp16.terms import read_time
from pilotwire.dialects.ocpp16.transactions import write_transaction_id
from pilotwire.dialects.shapes import names_of, read, unknown_field, written
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    ClearChargingProfileStatus,
    CompositeSchedule,
    GenericStatus,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    RecurrencyKind,
    SetChargingProfile,
    SetChargingProfileOutcome,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion

_V16 = OcppVersion.V16
_STATION_MAX = "ChargePointMaxProfile"
_PURPOSES = {
    ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE: _STATION_MAX,
    ChargingProfilePurpose.TX_DEFAULT_PROFILE: "TxDefaultProfile",
    ChargingProfilePurpose.TX_PROFILE: "TxProfile",
}
_READ_PURPOSES = {text: purpose for purpose, text in _PURPOSES.items()}


def write_purpose(purpose: ChargingProfilePurpose) -> Any:
    """The purpose in the words of 1.6 (1.6:7.10)."""
    if purpose not in _PURPOSES:
        raise NotSayable(
            f"OCPP 1.6 has no profiles for the purpose {purpose}.",
            "Use ChargingStationMaxProfile, TxDefaultProfile or TxProfile.",
        )
    return _PURPOSES[purpose]


def write_schedule(schedule: ChargingSchedule) -> v16.ChargingSchedule:
    """ChargingSchedule (1.6:7.13); its id is left out, for nothing in 1.6 refers to it."""
    return written(
        _V16,
        v16.ChargingSchedule,
        schedule,
        id=None,
        charging_schedule_period=tuple(map(write_period, schedule.charging_schedule_period)) or [],
    )


def write_period(period: ChargingSchedulePeriod) -> v16.ChargingSchedulePeriod:
    """ChargingSchedulePeriod (1.6:7.14)."""
    for name in names_of(period):
        if getattr(period, name) not in (None, ()) and name not in v16.ChargingSchedulePeriod.__struct_fields__:
            raise unknown_field(_V16, "ChargingSchedulePeriod", name)
    if period.limit is None:
        raise NotSayable("A period of OCPP 1.6 needs a limit.", "Give each period a limit.")
    return written(_V16, v16.ChargingSchedulePeriod, period)


def read_schedule(schedule: v16.ChargingSchedule) -> ChargingSchedule:
    """ChargingSchedule."""
    return read(
        ChargingSchedule,
        schedule,
        charging_rate_unit=ChargingRateUnit(schedule.charging_rate_unit),
        charging_schedule_period=tuple(
            read(ChargingSchedulePeriod, period) for period in schedule.charging_schedule_period
        ),
    )


def write_profile(profile: ChargingProfile) -> v16.ChargingProfile:
    """ChargingProfile (1.6:7.8)."""
    if len(profile.charging_schedule) != 1:
        raise NotSayable(
            f"A charging profile of OCPP 1.6 has one schedule; this has {len(profile.charging_schedule)}.",
            "Send one schedule.",
        )
    if profile.charging_profile_kind is ChargingProfileKind.DYNAMIC:
        raise NotSayable("OCPP 1.6 has no Dynamic charging profiles.", "Use Absolute, Recurring or Relative.")
    transaction = profile.transaction_id
    return written(
        _V16,
        v16.ChargingProfile,
        changed(profile, id=None),
        charging_profile_id=profile.id,
        charging_profile_purpose=write_purpose(profile.charging_profile_purpose),
        charging_schedule=write_schedule(profile.charging_schedule[0]),
        transaction_id=None if transaction is None else write_transaction_id(transaction),
    )


def read_profile(profile: v16.ChargingProfile) -> ChargingProfile:
    """ChargingProfile."""
    recurrency, transaction = profile.recurrency_kind, profile.transaction_id
    return read(
        ChargingProfile,
        profile,
        id=profile.charging_profile_id,
        charging_profile_purpose=_READ_PURPOSES[profile.charging_profile_purpose],
        charging_profile_kind=ChargingProfileKind(profile.charging_profile_kind),
        recurrency_kind=None if recurrency is None else RecurrencyKind(recurrency),
        charging_schedule=(read_schedule(profile.charging_schedule),),
        transaction_id=None if transaction is None else str(transaction),
    )


def read_clear(request: v16.ClearChargingProfileRequest) -> ClearChargingProfile:
    """ClearChargingProfile (1.6:5.5)."""
    purpose = request.charging_profile_purpose
    return ClearChargingProfile(
        charging_profile_id=request.id,
        evse_id=request.connector_id,
        charging_profile_purpose=None if purpose is None else _READ_PURPOSES[purpose],
        stack_level=request.stack_level,
    )


def write_clear(command: ClearChargingProfile) -> tuple[Message, ...]:
    """ClearChargingProfile; without any criterion it clears every profile."""
    purpose = command.charging_profile_purpose
    return (
        v16.ClearChargingProfileRequest(
            id=command.charging_profile_id,
            connector_id=command.evse_id,
            charging_profile_purpose=None if purpose is None else write_purpose(purpose),
            stack_level=command.stack_level,
        ),
    )


def read_composite(command: GetCompositeSchedule, response: v16.GetCompositeScheduleResponse) -> Any:
    """The schedule of the answer; where the answer does not tell the connector or the start, the question and the schedule do."""
    told, start = response.charging_schedule, response.schedule_start
    status = GenericStatus(response.status)
    if told is None:
        return GetCompositeScheduleOutcome(status=status)
    schedule = read_schedule(told)
    composite = CompositeSchedule(
        evse_id=command.evse_id if response.connector_id is None else response.connector_id,
        charging_rate_unit=schedule.charging_rate_unit,
        charging_schedule_period=schedule.charging_schedule_period,
        schedule_start=schedule.start_schedule if start is None else read_time(start),
        duration=schedule.duration,
        min_charging_rate=schedule.min_charging_rate,
    )
    return GetCompositeScheduleOutcome(status=status, schedule=composite)


def write_composite(outcome: GetCompositeScheduleOutcome) -> Message:
    """GetCompositeSchedule.conf (1.6:5.7); when it starts is told in the schedule too, where some look for it."""
    schedule = outcome.schedule
    if schedule is None:
        return v16.GetCompositeScheduleResponse(status=same_name(outcome.status))
    return v16.GetCompositeScheduleResponse(
        status=same_name(outcome.status),
        connector_id=schedule.evse_id,
        schedule_start=schedule.schedule_start,
        charging_schedule=v16.ChargingSchedule(
            charging_rate_unit=same_name(schedule.charging_rate_unit),
            charging_schedule_period=[write_period(period) for period in schedule.charging_schedule_period],
            duration=schedule.duration,
            start_schedule=schedule.schedule_start,
            min_charging_rate=schedule.min_charging_rate,
        ),
    )


def read_composite_command(request: v16.GetCompositeScheduleRequest) -> GetCompositeSchedule:
    """GetCompositeSchedule (1.6:5.7)."""
    unit = request.charging_rate_unit
    return GetCompositeSchedule(
        evse_id=request.connector_id,
        duration=request.duration,
        charging_rate_unit=None if unit is None else ChargingRateUnit(unit),
    )


FACTS: tuple[FactWord, ...] = ()
"""Stations of 1.6 tell nothing of limits and needs."""

COMMANDS = (
    CommandWord(
        command=SetChargingProfile,
        read={
            v16.SetChargingProfileRequest: lambda request: SetChargingProfile(
                evse_id=request.connector_id, charging_profile=read_profile(request.cs_charging_profiles)
            )
        },
        write=lambda command: (
            v16.SetChargingProfileRequest(
                connector_id=command.evse_id, cs_charging_profiles=write_profile(command.charging_profile)
            ),
        ),
        write_outcome=lambda _command, outcome, _request: v16.SetChargingProfileResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: SetChargingProfileOutcome(
            status=ChargingProfileStatus(responses[0].status)
        ),
    ),
    CommandWord(
        command=ClearChargingProfile,
        read={v16.ClearChargingProfileRequest: read_clear},
        write=write_clear,
        write_outcome=lambda _command, outcome, _request: v16.ClearChargingProfileResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: ClearChargingProfileOutcome(
            status=ClearChargingProfileStatus(responses[0].status)
        ),
    ),
    CommandWord(
        command=GetCompositeSchedule,
        read={v16.GetCompositeScheduleRequest: read_composite_command},
        write=lambda command: (
            v16.GetCompositeScheduleRequest(
                connector_id=command.evse_id,
                duration=command.duration,
                charging_rate_unit=same_name(command.charging_rate_unit),
            ),
        ),
        write_outcome=lambda _command, outcome, _request: write_composite(outcome),
        read_outcome=lambda command, responses: read_composite(command, responses[0]),
    ),
)
