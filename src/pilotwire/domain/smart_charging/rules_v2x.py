"""The rules of 2.1 for charging profiles: purposes and kinds only it has, operation modes, energy in both directions (K01, K28, Q)."""

from __future__ import annotations

from typing import Final

from pilotwire.domain.smart_charging.profiles import (
    ChargingProfile,
    ChargingRateUnit,
    ChargingSchedulePeriod,
    OperationMode,
)
from pilotwire.domain.smart_charging.profiles import ChargingProfileKind as Kind
from pilotwire.domain.smart_charging.profiles import ChargingProfilePurpose as Purpose
from pilotwire.domain.smart_charging.rules import Flaw, Flaws, ProfileContext, schedules_of

_M = OperationMode
_MODES: Final = {
    Purpose.PRIORITY_CHARGING: ("K01.FR.111", frozenset({_M.CHARGING_ONLY})),
    Purpose.CHARGING_STATION_MAX_PROFILE: ("K01.FR.111", frozenset({_M.CHARGING_ONLY})),
    Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS: (
        "K01.FR.112",
        frozenset({_M.CHARGING_ONLY, _M.EXTERNAL_LIMITS, _M.EXTERNAL_SETPOINT}),
    ),
    Purpose.LOCAL_GENERATION: ("K01.FR.113", frozenset({_M.CHARGING_ONLY, _M.EXTERNAL_LIMITS})),
}
_FORBIDDEN: Final[dict[OperationMode, tuple[str, tuple[str, ...]]]] = {
    _M.CENTRAL_SETPOINT: ("Q03.FR.02", ("limit", "discharge_limit")),
    _M.CENTRAL_FREQUENCY: ("Q07.FR.03", ("limit", "discharge_limit")),
    _M.LOCAL_FREQUENCY: ("Q08.FR.01", ("limit", "discharge_limit", "setpoint", "setpoint_reactive")),
    _M.IDLE: ("Q10.FR.01", ("limit", "discharge_limit", "setpoint", "setpoint_reactive")),
}
_SPELLED: Final = {
    "limit": "limit",
    "discharge_limit": "dischargeLimit",
    "setpoint": "setpoint",
    "setpoint_reactive": "setpointReactive",
}


def purpose(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the station knows the purposes of 2.1, and what they allow."""
    wanted, known = profile.charging_profile_purpose, context.abilities.additional_purposes
    if wanted in (Purpose.PRIORITY_CHARGING, Purpose.LOCAL_GENERATION) and known is not None and wanted not in known:
        what = f"The station does not have the purpose {wanted} (SupportedAdditionalPurposes)."
        yield Flaw(requirement="K01.FR.120", where="chargingProfilePurpose", what=what)
    for where, schedule in schedules_of(profile):
        if wanted is Purpose.PRIORITY_CHARGING and schedule.duration is not None:
            what = "Priority charging lasts as long as the transaction: it has no duration."
            yield Flaw(requirement="K01.FR.70", where=f"{where}.duration", what=what)
        if schedule.randomized_delay and wanted not in (Purpose.TX_PROFILE, Purpose.TX_DEFAULT_PROFILE):
            what = "Only a TxProfile or TxDefaultProfile may have a random delay."
            yield Flaw(requirement="K01.FR.95", where=f"{where}.randomizedDelay", what=what)


def dynamic(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether a dynamic profile has its one period, and only a dynamic one is updated."""
    if profile.charging_profile_kind is not Kind.DYNAMIC:
        for name, value in (
            ("dynUpdateInterval", profile.dyn_update_interval),
            ("dynUpdateTime", profile.dyn_update_time),
        ):
            if value is not None:
                yield Flaw(requirement="K01.FR.122", where=name, what=f"Only a Dynamic profile has a {name}.")
        return
    if context.abilities.dynamic_profiles is False:
        what = "The station has no Dynamic profiles (SupportsFeature[DynamicProfiles])."
        yield Flaw(requirement="K01.FR.121", where="chargingProfileKind", what=what)
    all_periods = [period for _, schedule in schedules_of(profile) for period in schedule.charging_schedule_period]
    if len(profile.charging_schedule) != 1 or len(all_periods) != 1:
        what = "A Dynamic profile has one schedule with one period."
        yield Flaw(requirement="K28.FR.01", where="chargingSchedule", what=what)
    elif all_periods[0].start_period != 0:
        what = "The period of a Dynamic profile begins at second 0."
        where = "chargingSchedule[0].chargingSchedulePeriod[0].startPeriod"
        yield Flaw(requirement="K28.FR.02", where=where, what=what)


def features(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the station can do what it has to say of itself (SupportsFeature)."""
    can = context.abilities
    for where, schedule in schedules_of(profile):
        if schedule.use_local_time and can.use_local_time is False:
            what = "The station cannot count in local time (SupportsFeature[UseLocalTime])."
            yield Flaw(requirement="K01.FR.123", where=f"{where}.useLocalTime", what=what)
        if schedule.randomized_delay and can.randomized_delay is False:
            what = "The station has no random delays (SupportsFeature[RandomizedDelay])."
            yield Flaw(requirement="K01.FR.124", where=f"{where}.randomizedDelay", what=what)
        if schedule.limit_at_soc is not None and can.limit_at_soc is False:
            what = "The station has no limits by state of charge (SupportsFeature[LimitAtSoC])."
            yield Flaw(requirement="K01.FR.125", where=f"{where}.limitAtSoC", what=what)
        for n, period in enumerate(schedule.charging_schedule_period):
            if period.evse_sleep and period.operation_mode is not _M.IDLE and can.evse_sleep is False:
                what = "The station cannot put an EVSE to sleep (SupportsFeature[EvseSleep])."
                place = f"{where}.chargingSchedulePeriod[{n}].evseSleep"
                yield Flaw(requirement="K01.FR.126", where=place, what=what)


def modes(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether each operation mode goes with the purpose, the station and the values given."""
    number, allowed = _MODES.get(profile.charging_profile_purpose, ("", frozenset(OperationMode)))
    supported = context.abilities.operation_modes
    for where, schedule in schedules_of(profile):
        for n, period in enumerate(schedule.charging_schedule_period):
            mode = period.operation_mode
            if mode is None:
                continue
            place = f"{where}.chargingSchedulePeriod[{n}]"
            if mode not in allowed:
                what = f"A {profile.charging_profile_purpose} cannot have the operation mode {mode}."
                yield Flaw(requirement=number, where=f"{place}.operationMode", what=what)
            if supported is not None and mode is not _M.CHARGING_ONLY and mode not in supported:
                what = f"The station does not have the operation mode {mode} (SupportedOperationModes)."
                rule = "Q09.FR.01" if mode is _M.LOCAL_LOAD_BALANCING else "K01.FR.115"
                yield Flaw(requirement=rule, where=f"{place}.operationMode", what=what)
            yield from _values(period, mode, place)
            if mode is _M.LOCAL_FREQUENCY and schedule.charging_rate_unit is not ChargingRateUnit.WATT:
                what = "Local frequency control is in W."
                yield Flaw(requirement="Q08.FR.05", where=f"{where}.chargingRateUnit", what=what)


def _values(period: ChargingSchedulePeriod, mode: OperationMode, place: str) -> Flaws:
    number, names = _FORBIDDEN.get(mode, ("", ()))
    for name in names:
        if getattr(period, name) is not None:
            what = f"A period in the operation mode {mode} has no {_SPELLED[name]}."
            yield Flaw(requirement=number, where=f"{place}.{_SPELLED[name]}", what=what)
    curve = len(period.v2x_freq_watt_curve)
    if mode is _M.LOCAL_FREQUENCY and (curve < 2 or period.v2x_baseline is None):
        what = "Local frequency control needs a v2xBaseline and a v2xFreqWattCurve of two points or more."
        yield Flaw(requirement="Q08.FR.02", where=f"{place}.v2xFreqWattCurve", what=what)


def phases(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether values for single phases, and set points, go with what there is beside them."""
    is_tx = profile.charging_profile_purpose is Purpose.TX_PROFILE
    for where, schedule in schedules_of(profile):
        for n, period in enumerate(schedule.charging_schedule_period):
            place = f"{where}.chargingSchedulePeriod[{n}]"
            yield from _single_phases(period, context, place, is_tx=is_tx)
            low, high, wanted = period.discharge_limit, period.limit, period.setpoint
            if wanted is not None and ((high is not None and wanted > high) or (low is not None and wanted < low)):
                what = f"The set point {wanted} is not between dischargeLimit and limit."
                yield Flaw(requirement="V2X.05", where=f"{place}.setpoint", what=what)
            if low is not None and low > 0:
                what = f"A dischargeLimit is 0 or negative, not {low}."
                yield Flaw(requirement="ChargingSchedulePeriodType", where=f"{place}.dischargeLimit", what=what)


def _single_phases(period: ChargingSchedulePeriod, context: ProfileContext, place: str, *, is_tx: bool) -> Flaws:
    for name, field in (("limit_L2", "limit_l2"), ("limit_L3", "limit_l3")):
        if getattr(period, field) is None:
            continue
        where = f"{place}.{name}"
        if not is_tx:
            yield Flaw(requirement="K01.FR.143", where=where, what="Only a TxProfile has limits for single phases.")
            continue
        if period.limit is None:
            what = f"A {name} goes with a limit, which is then that of L1."
            yield Flaw(requirement="K01.FR.145", where=where, what=what)
        told = None if context.v2x is None else getattr(context.v2x, field.replace("limit", "max_charge_power"))
        if context.has_needs and told is None:
            what = f"The vehicle did not tell its power for this phase alone: no {name} for it."
            yield Flaw(requirement="K01.FR.142", where=where, what=what)
