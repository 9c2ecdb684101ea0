"""Power that an external system (a home's energy management) sets in both directions: setpoints and limits (Q05, Q06).

Each goes into the profile the CSMS made for it (`charging_delegated`), else it becomes a profile of its own, with a negative id; the CSMS
is told of it. Limits for charging alone are in `charging_limits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    CSO,
    WHOLE_STATION,
    ChargingLimit,
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    InstalledProfile,
    OperationMode,
)
from pilotwire.station.core import charging_delegated
from pilotwire.station.core.charging_limits import DISALLOWED, SIGNALS_ENABLED
from pilotwire.station.core.charging_power import is_significant
from pilotwire.station.core.charging_site import csms_time, replace_installed
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

_PURPOSE: Final = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
_NAMES: Final = (*charging_delegated.LIMITS, *charging_delegated.SETPOINTS)


@dataclass(frozen=True, slots=True)
class ExternalPower(OfStreet):
    """An external system sets the power from now on, in W: a setpoint (negative: to discharge), or limits in both directions.

    It takes the place of what this source said before of this EVSE (0: of the whole station); nothing at all releases it. `source` as in
    ChargingLimitSourceEnumType, never CSO. `discharge_limit` is 0 or negative, `setpoint_reactive` (var) goes with a setpoint. A `schedule`
    of such values comes alone; its times are absolute, from now on without any (Q06.FR.01, Q06.FR.03).
    """

    source: str
    evse_id: int = WHOLE_STATION
    setpoint: Decimal | None = None
    limit: Decimal | None = None
    discharge_limit: Decimal | None = None
    setpoint_reactive: Decimal | None = None
    schedule: ChargingSchedule | None = None

    @property
    def is_release(self) -> bool:
        """Whether it sets nothing."""
        return self.schedule is None and all(value is None for value in self.values.values())

    @property
    def values(self) -> dict[str, Decimal | None]:
        """The single values, by their names."""
        return {name: getattr(self, name) for name in _NAMES}


def received(station: Station, event: ExternalPower) -> None:
    """Take what is set, or let it go."""
    if (why := _why_not(station, event)) is not None:
        station.note(why)
        return
    installed = station.kept(ChargingMemory).installed
    old = next((each for each in installed if _is_of(each, event)), None)
    if event.schedule is None and _taken_by_the_csms(station, event, old):
        return
    if not event.is_release and station.variables.on(DISALLOWED):  # Q06.FR.08
        station.note(f"The power set by {event.source} was not taken: ExternalConstraintsProfileDisallowed is true.")
        return
    others = tuple(each for each in installed if each is not old)
    if event.is_release:
        if old is not None:
            replace_installed(station, others)
            _tell_end(station, event)
        return
    taken = {each.profile.id for each in others}
    number = old.profile.id if old is not None else next(n for n in range(-1, -len(taken) - 2, -1) if n not in taken)
    new = _profile(station, event, number)
    replace_installed(station, (*others, new))
    if old is None or _is_news(station, old.profile, new.profile):  # Q06.FR.10, Q06.FR.11
        _tell(station, event, new.profile)


def _taken_by_the_csms(station: Station, event: ExternalPower, old: InstalledProfile | None) -> bool:
    """Whether a profile of the CSMS waits for these values (K29.FR.03); the CSMS hears of a significant change all the same (K29)."""
    modes = (OperationMode.EXTERNAL_LIMITS, OperationMode.EXTERNAL_SETPOINT)
    before = {each.profile.id: each for each in charging_delegated.delegated(station, event.evse_id, *modes)}
    new = charging_delegated.take(station, event.evse_id, event.values, ChargingRateUnit.WATT, instead_of=old)
    if new is None:
        return False
    if not _is_news(station, before[new.profile.id].profile, new.profile):
        return True
    if event.is_release:
        _tell_end(station, event)
    else:
        _tell(station, event, new.profile)
    return True


def _why_not(station: Station, event: ExternalPower) -> str | None:
    """Why it is not taken, as a sentence; a release always is."""
    if event.source == CSO:
        return "Power set from outside cannot come from the CSO: what it wants are charging profiles of the CSMS."
    if event.evse_id != WHOLE_STATION and event.evse_id not in station.evses:
        return f"{event.source} sets the power of EVSE {event.evse_id}, which this station does not have."
    if event.schedule is not None:
        wrong = _what_is_wrong(event.schedule, event)
        if wrong is not None:
            return f"The schedule of {event.source} cannot be: {wrong}."
    elif not _is_possible(event.values):
        return f"The power set by {event.source} cannot be: a limit is 0 or more, a discharge limit 0 or less."
    elif _is_both(event.values):
        return f"{event.source} gives a setpoint and limits at once: it is one or the other."
    if event.is_release:
        return None
    if not station.variables.on(SIGNALS_ENABLED):
        return f"The power set by {event.source} was not taken: ExternalControlSignalsEnabled is false."
    return None


def _is_possible(values: dict[str, Decimal | None]) -> bool:
    told = [value for value in values.values() if value is not None]
    return (
        all(value.is_finite() for value in told)
        and (values["limit"] or 0) >= 0
        and (values["discharge_limit"] or 0) <= 0
    )


def _is_both(values: dict[str, Decimal | None]) -> bool:
    """Limits beside a setpoint, or a reactive setpoint without an active one."""
    limits = any(values[name] is not None for name in charging_delegated.LIMITS)
    if values["setpoint"] is None:
        return values["setpoint_reactive"] is not None
    return limits


def _what_is_wrong(schedule: ChargingSchedule, event: ExternalPower) -> str | None:
    if any(value is not None for value in event.values.values()):
        return "it comes with single values"
    if not schedule.charging_schedule_period:
        return "it has no periods"
    for period in schedule.charging_schedule_period:
        values = {name: getattr(period, name) for name in _NAMES}
        if not _is_possible(values) or _is_both(values) or all(value is None for value in values.values()):
            return f"the period from second {period.start_period} on has neither a setpoint nor limits, or both, or impossible ones"
    return None


def _is_of(each: InstalledProfile, event: ExternalPower) -> bool:
    profile = each.profile
    place = (each.charging_limit_source, each.evse_id, profile.charging_profile_purpose)
    return place == (event.source, event.evse_id, _PURPOSE) and profile.id < 0


def _profile(station: Station, event: ExternalPower, number: int) -> InstalledProfile:
    """Dynamic for a single value (Q06.FR.02, Q06.FR.04, Q06.FR.07), Absolute for a schedule (Q06.FR.01, Q06.FR.03)."""
    now = csms_time(station)
    if event.schedule is None:
        values: Any = event.values
        period = _moded(ChargingSchedulePeriod(start_period=0, **values))
        schedule = ChargingSchedule(id=1, charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=(period,))
    else:
        periods = tuple(map(_moded, event.schedule.charging_schedule_period))
        start = event.schedule.start_schedule or now.replace(microsecond=0)
        number_of = event.schedule.id or 1
        schedule = changed(event.schedule, id=number_of, start_schedule=start, charging_schedule_period=periods)
    dynamic = event.schedule is None
    profile = ChargingProfile(
        id=number,
        stack_level=0,
        charging_profile_purpose=_PURPOSE,
        charging_profile_kind=ChargingProfileKind.DYNAMIC if dynamic else ChargingProfileKind.ABSOLUTE,
        charging_schedule=(schedule,),
        dyn_update_time=now if dynamic else None,
    )
    return InstalledProfile(evse_id=event.evse_id, profile=profile, at=now, charging_limit_source=event.source)


def _moded(period: ChargingSchedulePeriod) -> ChargingSchedulePeriod:
    mode = OperationMode.EXTERNAL_LIMITS if period.setpoint is None else OperationMode.EXTERNAL_SETPOINT
    return changed(period, operation_mode=mode)


def _is_news(station: Station, old: ChargingProfile, new: ChargingProfile) -> bool:
    """A schedule always is; of single values those that changed by more than LimitChangeSignificance."""
    if ChargingProfileKind.ABSOLUTE in (old.charging_profile_kind, new.charging_profile_kind):
        return True
    before, after = (each.charging_schedule[0].charging_schedule_period[0] for each in (old, new))
    return any(is_significant(station, getattr(before, name), getattr(after, name)) for name in _NAMES)


def _tell(station: Station, event: ExternalPower, profile: ChargingProfile) -> None:
    fact = ChargingLimitNotified(
        charging_limit=ChargingLimit(charging_limit_source=event.source),
        evse_id=event.evse_id or None,
        charging_schedule=profile.charging_schedule,
    )
    station.tell(fact, queue=not station.online)


def _tell_end(station: Station, event: ExternalPower) -> None:
    fact = ChargingLimitCleared(charging_limit_source=event.source, evse_id=event.evse_id or None)
    station.tell(fact, queue=not station.online)
