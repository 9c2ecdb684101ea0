"""OCPP 1.6. Objects that messages of more than one street hold."""

from __future__ import annotations

from pilotwire.ocpp.types import Datatype, Integer, LooseTimestamp, Maybe, String20, Tenths
from pilotwire.ocpp.v16.enums import (
    AuthorizationStatus,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    Location,
    Measurand,
    Phase,
    ReadingContext,
    RecurrencyKind,
    UnitOfMeasure,
    ValueFormat,
)


class ChargingProfile(Datatype):
    """A charging profile: purpose, stack level, validity and its schedules."""

    charging_profile_id: Integer
    stack_level: Integer
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    charging_schedule: ChargingSchedule
    transaction_id: Maybe[Integer] = None
    recurrency_kind: Maybe[RecurrencyKind] = None
    valid_from: Maybe[LooseTimestamp] = None
    valid_to: Maybe[LooseTimestamp] = None


class ChargingSchedule(Datatype):
    """Periods of limits in W or A."""

    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: list[ChargingSchedulePeriod]
    duration: Maybe[Integer] = None
    start_schedule: Maybe[LooseTimestamp] = None
    min_charging_rate: Maybe[Tenths] = None


class ChargingSchedulePeriod(Datatype):
    """What holds from `start_period` seconds on, until the next period."""

    start_period: Integer
    limit: Tenths
    number_phases: Maybe[Integer] = None


class IdTagInfo(Datatype):
    """What the central system knows of an idTag: status, expiry, parent."""

    status: AuthorizationStatus
    expiry_date: Maybe[LooseTimestamp] = None
    parent_id_tag: Maybe[String20] = None


class MeterValue(Datatype):
    """Samples of one moment."""

    timestamp: LooseTimestamp
    sampled_value: list[SampledValue]


class SampledValue(Datatype):
    """One measured value, as text, with its measurand, place, phase and unit."""

    value: str
    context: Maybe[ReadingContext] = None
    format: Maybe[ValueFormat] = None
    measurand: Maybe[Measurand] = None
    phase: Maybe[Phase] = None
    location: Maybe[Location] = None
    unit: Maybe[UnitOfMeasure] = None
