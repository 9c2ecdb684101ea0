"""Limits from outside: a home's energy management, a grid operator (K11 to K14, K27).

Each becomes a profile of its own, with a negative id, that only its source can change; the CSMS is told of it and of its end. One value
is a Dynamic profile (K29.FR.04), a schedule an Absolute one. Where the CSMS leaves its own profile to external limits, a value goes there
(`charging_delegated`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

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
from pilotwire.station.core.charging_power import PowerState, is_significant
from pilotwire.station.core.charging_site import csms_time, replace_installed
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

SIGNALS_ENABLED: Final = "SmartChargingCtrlr.ExternalControlSignalsEnabled"
DISALLOWED: Final = "SmartChargingCtrlr.ExternalConstraintsProfileDisallowed"
WITH_SCHEDULES: Final = "SmartChargingCtrlr.NotifyChargingLimitWithSchedules"
_P = ChargingProfilePurpose


@dataclass(frozen=True, slots=True)
class ExternalLimit(OfStreet):
    """A limit from outside holds from now on, in the place of an earlier one of this source there; or it is released (`limit` None).

    `source` as in ChargingLimitSourceEnumType, never CSO: what the operator wants comes from the CSMS (K11.FR.05). `limit` is one value in
    `unit`, or a schedule of its own, whose times are absolute. `evse_id` 0: of the station as a whole (K12.FR.01). `local_generation`: what
    is generated on site, and comes on top of other limits (K27).
    """

    source: str
    limit: Decimal | ChargingSchedule | None
    evse_id: int = WHOLE_STATION
    unit: ChargingRateUnit = ChargingRateUnit.AMPERE
    is_grid_critical: bool | None = None
    local_generation: bool = False


def received(station: Station, event: ExternalLimit) -> None:
    """Take a limit, or let it go."""
    if (why := _why_not(station, event)) is not None:
        station.note(why)
        return
    installed = station.kept(ChargingMemory).installed
    old = next((each for each in installed if _is_of(each, event)), None)
    station.moment(PowerState).outside = True
    if not isinstance(event.limit, ChargingSchedule) and _taken_by_the_csms(station, event, old):
        return
    if event.limit is not None and station.variables.on(DISALLOWED) and not event.local_generation:  # K11.FR.07
        station.note(f"A limit from {event.source} was not taken: ExternalConstraintsProfileDisallowed is true.")
        return
    others = tuple(each for each in installed if each is not old)
    if event.limit is None:
        if old is not None:
            replace_installed(station, others)
            _tell_end(station, event)
        return
    number = old.profile.id if old is not None else _free_id(station)
    new = _profile(station, event, number)
    replace_installed(station, (*others, new))
    if old is None or is_significant(station, _level(old.profile), _level(new.profile)):
        _tell(station, event, new.profile)


def _taken_by_the_csms(station: Station, event: ExternalLimit, old: InstalledProfile | None) -> bool:
    """Whether a profile of the CSMS waits for this limit (K29.FR.03); a significant change is told all the same (K29)."""
    if event.local_generation or isinstance(event.limit, ChargingSchedule):
        return False
    mode = OperationMode.EXTERNAL_LIMITS
    before = {each.profile.id: each for each in charging_delegated.delegated(station, event.evse_id, mode)}
    if not before:
        return False
    values = {"limit": event.limit}
    new = charging_delegated.take(station, event.evse_id, values, event.unit, instead_of=old)
    if new is None or not is_significant(station, _level(before[new.profile.id].profile), _level(new.profile)):
        return new is not None
    if event.limit is None:
        _tell_end(station, event)
    else:
        _tell(station, event, new.profile)
    return True


def _why_not(station: Station, event: ExternalLimit) -> str | None:
    """Why a limit is not taken, as a sentence; a release always is."""
    if event.source == CSO:
        return "A limit from outside cannot come from the CSO: its limits are charging profiles of the CSMS."
    if event.evse_id != WHOLE_STATION and event.evse_id not in station.evses:
        return f"A limit from {event.source} is for EVSE {event.evse_id}, which this station does not have."
    if isinstance(event.limit, Decimal) and (not event.limit.is_finite() or event.limit < 0):
        return f"A limit of {event.limit} {event.unit} from {event.source} cannot be: it must be 0 or more."
    if isinstance(event.limit, ChargingSchedule) and not event.limit.charging_schedule_period:
        return f"A schedule from {event.source} has no periods."
    if event.limit is None:
        return None
    if not station.variables.on(SIGNALS_ENABLED):
        return f"A limit from {event.source} was not taken: ExternalControlSignalsEnabled is false."
    return None


def _is_of(each: InstalledProfile, event: ExternalLimit) -> bool:
    place = (each.charging_limit_source, each.evse_id, each.profile.charging_profile_purpose)
    return place == (event.source, event.evse_id, _purpose(event)) and each.profile.id < 0


def _purpose(event: ExternalLimit) -> ChargingProfilePurpose:
    """K11.FR.06, K12.FR.05, K27.FR.01."""
    return _P.LOCAL_GENERATION if event.local_generation else _P.CHARGING_STATION_EXTERNAL_CONSTRAINTS


def _free_id(station: Station) -> int:
    """Below what a CSMS may use (K01.FR.82)."""
    taken = {each.profile.id for each in station.kept(ChargingMemory).installed}
    return next(number for number in range(-1, -len(taken) - 2, -1) if number not in taken)


def _profile(station: Station, event: ExternalLimit, number: int) -> InstalledProfile:
    now = csms_time(station).replace(microsecond=0)
    dynamic = not isinstance(event.limit, ChargingSchedule) and not event.local_generation
    if isinstance(event.limit, ChargingSchedule):
        schedule = event.limit if event.limit.start_schedule is not None else changed(event.limit, start_schedule=now)
        schedule = changed(schedule, id=schedule.id or 1)
    else:
        period = ChargingSchedulePeriod(start_period=0, limit=event.limit)
        start = None if dynamic else now
        schedule = ChargingSchedule(
            id=1, charging_rate_unit=event.unit, start_schedule=start, charging_schedule_period=(period,)
        )
    profile = ChargingProfile(
        id=number,
        stack_level=0,
        charging_profile_purpose=_purpose(event),
        charging_profile_kind=ChargingProfileKind.DYNAMIC if dynamic else ChargingProfileKind.ABSOLUTE,
        charging_schedule=(schedule,),
        dyn_update_time=csms_time(station) if dynamic else None,
    )
    return InstalledProfile(
        evse_id=event.evse_id, profile=profile, at=csms_time(station), charging_limit_source=event.source
    )


def _level(profile: ChargingProfile) -> Decimal | None:
    """What a limit is compared by: its first period."""
    return profile.charging_schedule[0].charging_schedule_period[0].limit


def _tell(station: Station, event: ExternalLimit, profile: ChargingProfile) -> None:
    """K11.FR.02, K12.FR.02, K27.FR.03; with the schedule if that is wanted (K11.FR.03, K12.FR.03, K27.FR.04)."""
    fact = ChargingLimitNotified(
        charging_limit=ChargingLimit(
            charging_limit_source=event.source,
            is_grid_critical=event.is_grid_critical,
            is_local_generation=True if event.local_generation else None,
        ),
        evse_id=event.evse_id or None,
        charging_schedule=profile.charging_schedule if station.variables.on(WITH_SCHEDULES) else (),
    )
    station.tell(fact, queue=not station.online)


def _tell_end(station: Station, event: ExternalLimit) -> None:
    """K13.FR.02."""
    fact = ChargingLimitCleared(charging_limit_source=event.source, evse_id=event.evse_id or None)
    station.tell(fact, queue=not station.online)
