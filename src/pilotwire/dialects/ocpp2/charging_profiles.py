"""The shapes of charging profiles and needs in 2.x; what only 2.1 has is not sayable in 2.0.1."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import ceil, floor
from typing import Any

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.shapes import names_of, read, read_json, unknown_field, written, written_json
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingLimit,
    ChargingNeeds,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    CompositeSchedule,
    DCChargingParameters,
    FreqWattPoint,
    LimitAtSoC,
    OperationMode,
    Reason,
    RecurrencyKind,
    SignalWattPoint,
    V2XChargingParameters,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Datatype
from pilotwire.ocpp.version import OcppVersion

_PRICES = {
    "sales_tariff": "SalesTariff",
    "absolute_price_schedule": "AbsolutePriceSchedule",
    "price_level_schedule": "PriceLevelSchedule",
}
_HANDED_THROUGH = {"der_charging_parameters": "DERChargingParameters", "ev_energy_offer": "EVEnergyOffer"}
_PERCENT = frozenset({"state_of_charge", "full_soc", "bulk_soc"})
_NO_LIMIT = NotSayable("A period of OCPP 2.0.1 needs a limit.", "Give each period a limit.")


def version_of(wire: Wire) -> OcppVersion:
    """The version whose message types these are."""
    return OcppVersion.V201 if wire.SampledValue is v201.SampledValue else OcppVersion.V21


def write_reason(wire: Wire, reason: Reason | None) -> v201.StatusInfo | None:
    """StatusInfoType."""
    return None if reason is None else wire.StatusInfo(reason_code=reason.code, additional_info=reason.info)


def read_reason(info: v201.StatusInfo | None) -> Reason | None:
    """StatusInfoType."""
    return None if info is None else Reason(code=info.reason_code, info=info.additional_info)


# --- periods and schedules ----------------------------------------------------------------------------------------------


def write_period(wire: Wire, period: ChargingSchedulePeriod) -> v201.ChargingSchedulePeriod:
    """ChargingSchedulePeriodType."""
    version = version_of(wire)
    curves = {}
    for name, shape in (("v2x_freq_watt_curve", "V2XFreqWattPoint"), ("v2x_signal_watt_curve", "V2XSignalWattPoint")):
        points: Iterable[Any] = getattr(period, name)
        if points and not hasattr(wire, shape):
            raise unknown_field(version, "ChargingSchedulePeriod", name)
        curves[name] = tuple(written(version, getattr(wire, shape), point) for point in points)
    if version is OcppVersion.V201 and period.limit is None:
        _check_only_2_0_1(wire, period)
        raise _NO_LIMIT
    return written(version, wire.ChargingSchedulePeriod, period, **curves)


def _check_only_2_0_1(wire: Wire, period: ChargingSchedulePeriod) -> None:
    """A period without a limit is one with other values: the complaint is about those, if there are any."""
    for name in names_of(period):
        if getattr(period, name) not in (None, ()) and name not in wire.ChargingSchedulePeriod.__struct_fields__:
            raise unknown_field(OcppVersion.V201, "ChargingSchedulePeriod", name)


def read_period(period: v201.ChargingSchedulePeriod) -> ChargingSchedulePeriod:
    """ChargingSchedulePeriodType."""
    mode: str | None = getattr(period, "operation_mode", None)
    return read(
        ChargingSchedulePeriod,
        period,
        operation_mode=None if mode is None else OperationMode(mode),
        v2x_freq_watt_curve=_points(FreqWattPoint, period, "v2x_freq_watt_curve"),
        v2x_signal_watt_curve=_points(SignalWattPoint, period, "v2x_signal_watt_curve"),
    )


def _points(kind: type[Any], period: Datatype, name: str) -> tuple[Any, ...]:
    return tuple(read(kind, point) for point in getattr(period, name, None) or ())


def write_schedule(wire: Wire, schedule: ChargingSchedule, number: int = 1) -> v201.ChargingSchedule:
    """ChargingScheduleType; one without an id gets its place in the profile, from 1, for it."""
    version = version_of(wire)
    soc = schedule.limit_at_soc
    if soc is not None and not hasattr(wire, "LimitAtSoC"):
        raise unknown_field(version, "ChargingSchedule", "limit_at_soc")
    return written(
        version,
        wire.ChargingSchedule,
        schedule,
        id=number if schedule.id is None else schedule.id,
        charging_schedule_period=tuple(write_period(wire, period) for period in schedule.charging_schedule_period),
        limit_at_soc=None if soc is None else written(version, getattr(wire, "LimitAtSoC"), soc),  # noqa: B009
        **_write_handed_through(wire, schedule, _PRICES),
    )


def _write_handed_through(wire: Wire, value: ChargingSchedule | ChargingNeeds, names: dict[str, str]) -> dict[str, Any]:
    """Objects kept as JSON text, in the shapes of the version."""
    made = {}
    for name, shape in names.items():
        text: str | None = getattr(value, name)
        if text is not None and not hasattr(wire, shape):
            raise unknown_field(version_of(wire), type(value).__name__, name)
        made[name] = None if text is None else written_json(getattr(wire, shape), text)
    return made


def read_schedule(schedule: v201.ChargingSchedule) -> ChargingSchedule:
    """ChargingScheduleType."""
    soc: Datatype | None = getattr(schedule, "limit_at_soc", None)
    return read(
        ChargingSchedule,
        schedule,
        charging_rate_unit=ChargingRateUnit(schedule.charging_rate_unit),
        charging_schedule_period=tuple(map(read_period, schedule.charging_schedule_period)),
        limit_at_soc=None if soc is None else read(LimitAtSoC, soc),
        **{name: read_json(getattr(schedule, name, None)) for name in _PRICES},
    )


# --- profiles -----------------------------------------------------------------------------------------------------------


def write_profile(wire: Wire, profile: ChargingProfile) -> v201.ChargingProfile:
    """ChargingProfileType."""
    schedules = enumerate(profile.charging_schedule, 1)
    return written(
        version_of(wire),
        wire.ChargingProfile,
        profile,
        charging_schedule=tuple(write_schedule(wire, schedule, number) for number, schedule in schedules),
    )


def as_absolute(profile: ChargingProfile) -> ChargingProfile:
    """A dynamic profile that is not updated by the CSMS, as one that counts from its last values; any other as it is."""
    if profile.charging_profile_kind is not ChargingProfileKind.DYNAMIC or profile.dyn_update_time is None:
        return profile
    start = profile.dyn_update_time.replace(microsecond=0)
    schedules = tuple(
        schedule if schedule.start_schedule is not None else changed(schedule, start_schedule=start)
        for schedule in profile.charging_schedule
    )
    absolute = ChargingProfileKind.ABSOLUTE
    return changed(profile, charging_profile_kind=absolute, charging_schedule=schedules, dyn_update_time=None)


def read_profile(profile: v201.ChargingProfile) -> ChargingProfile:
    """ChargingProfileType."""
    recurrency = profile.recurrency_kind
    return read(
        ChargingProfile,
        profile,
        charging_profile_purpose=ChargingProfilePurpose(profile.charging_profile_purpose),
        charging_profile_kind=ChargingProfileKind(profile.charging_profile_kind),
        recurrency_kind=None if recurrency is None else RecurrencyKind(recurrency),
        charging_schedule=tuple(map(read_schedule, profile.charging_schedule)),
    )


def write_composite(wire: Wire, schedule: CompositeSchedule) -> v201.CompositeSchedule:
    """CompositeScheduleType."""
    periods = tuple(write_period(wire, period) for period in schedule.charging_schedule_period)
    return written(version_of(wire), wire.CompositeSchedule, schedule, charging_schedule_period=periods)


def read_composite(schedule: v201.CompositeSchedule) -> CompositeSchedule:
    """CompositeScheduleType."""
    return read(
        CompositeSchedule,
        schedule,
        charging_rate_unit=ChargingRateUnit(schedule.charging_rate_unit),
        charging_schedule_period=tuple(map(read_period, schedule.charging_schedule_period)),
    )


# --- limits and needs ---------------------------------------------------------------------------------------------------


def write_limit(wire: Wire, limit: ChargingLimit) -> v201.ChargingLimit:
    """ChargingLimitType."""
    return written(version_of(wire), wire.ChargingLimit, limit)


def read_limit(limit: v201.ChargingLimit) -> ChargingLimit:
    """ChargingLimitType."""
    return read(ChargingLimit, limit)


def write_needs(wire: Wire, needs: ChargingNeeds) -> v201.ChargingNeeds:
    """ChargingNeedsType; 2.0.1 counts in whole units."""
    version = version_of(wire)
    ac, dc, v2x = needs.ac_charging_parameters, needs.dc_charging_parameters, needs.v2x_charging_parameters
    if v2x is not None and not hasattr(wire, "V2XChargingParameters"):
        raise unknown_field(version, "ChargingNeeds", "v2x_charging_parameters")
    whole = version is OcppVersion.V201
    return written(
        version,
        wire.ChargingNeeds,
        needs,
        ac_charging_parameters=None
        if ac is None
        else written(version, wire.ACChargingParameters, ac, **_ints(ac, whole)),
        dc_charging_parameters=None
        if dc is None
        else written(version, wire.DCChargingParameters, dc, **_ints(dc, whole)),
        v2x_charging_parameters=None if v2x is None else written(version, getattr(wire, "V2XChargingParameters"), v2x),  # noqa: B009
        **_write_handed_through(wire, needs, _HANDED_THROUGH),
    )


def _ints(parameters: ACChargingParameters | DCChargingParameters, whole: bool) -> dict[str, Any]:
    """The numbers as 2.0.1 has them, whole: what the vehicle needs at least rounded up, what it takes at most rounded down."""
    values = {name: getattr(parameters, name) for name in names_of(parameters)}
    numbers = {name: value for name, value in values.items() if isinstance(value, Decimal)}
    up = ("ev_min", "energy_amount")
    return {name: ceil(value) if name.startswith(up) else floor(value) for name, value in numbers.items() if whole}


def read_needs(needs: v201.ChargingNeeds) -> ChargingNeeds:
    """ChargingNeedsType."""
    ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
    v2x: Datatype | None = getattr(needs, "v2x_charging_parameters", None)
    return read(
        ChargingNeeds,
        needs,
        ac_charging_parameters=None if ac is None else read(ACChargingParameters, ac, **_decimals(ac)),
        dc_charging_parameters=None if dc is None else read(DCChargingParameters, dc, **_decimals(dc)),
        v2x_charging_parameters=None if v2x is None else read(V2XChargingParameters, v2x),
        available_energy_transfer=tuple(getattr(needs, "available_energy_transfer", None) or ()),
        **{name: read_json(getattr(needs, name, None)) for name in _HANDED_THROUGH},
    )


def _decimals(parameters: v201.ACChargingParameters | v201.DCChargingParameters) -> dict[str, Decimal]:
    names = (name for name in parameters.__struct_fields__ if name not in _PERCENT and name != "custom_data")
    values = {name: getattr(parameters, name) for name in names}
    return {name: Decimal(value) for name, value in values.items() if value is not None}
