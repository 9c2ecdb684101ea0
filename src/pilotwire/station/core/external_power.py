"""Power that an external system (a home's energy management) sets in both directions: setpoints and limits (Q05, Q06).

Each becomes a profile of its own, with a negative id; the CSMS is told of it. Limits for charging alone are in `charging_limits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

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
from pilotwire.station.core.charging_limits import DISALLOWED, SIGNALS_ENABLED
from pilotwire.station.core.charging_power import is_significant
from pilotwire.station.core.charging_site import csms_time, replace_installed
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

_PURPOSE: Final = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
_NAMES: Final = ("limit", "discharge_limit", "setpoint")


@dataclass(frozen=True, slots=True)
class ExternalPower(OfStreet):
    """An external system sets the power from now on, in W: a setpoint (negative: to discharge), or limits in both directions.

    It takes the place of what this source said before of this EVSE (0: of the whole station); nothing at all releases it. `source` as in
    ChargingLimitSourceEnumType, never CSO. `discharge_limit` is 0 or negative.
    """

    source: str
    evse_id: int = WHOLE_STATION
    setpoint: Decimal | None = None
    limit: Decimal | None = None
    discharge_limit: Decimal | None = None

    @property
    def is_release(self) -> bool:
        """Whether it sets nothing."""
        return all(getattr(self, name) is None for name in _NAMES)


def received(station: Station, event: ExternalPower) -> None:
    """Take what is set, or let it go."""
    if (why := _why_not(station, event)) is not None:
        station.note(why)
        return
    installed = station.kept(ChargingMemory).installed
    old = next((each for each in installed if _is_of(each, event)), None)
    others = tuple(each for each in installed if each is not old)
    if event.is_release:
        if old is not None:
            replace_installed(station, others)
            fact = ChargingLimitCleared(charging_limit_source=event.source, evse_id=event.evse_id or None)
            station.tell(fact, queue=not station.online)
        return
    taken = {each.profile.id for each in others}
    number = old.profile.id if old is not None else next(n for n in range(-1, -len(taken) - 2, -1) if n not in taken)
    new = _profile(station, event, number)
    replace_installed(station, (*others, new))
    if old is None or _is_news(station, old.profile, new.profile):  # Q06.FR.11, Q06.FR.12
        _tell(station, event, new.profile)


def _why_not(station: Station, event: ExternalPower) -> str | None:
    """Why it is not taken, as a sentence; a release always is."""
    told = [value for name in _NAMES if (value := getattr(event, name)) is not None]
    if event.source == CSO:
        return "Power set from outside cannot come from the CSO: what it wants are charging profiles of the CSMS."
    if event.evse_id != WHOLE_STATION and event.evse_id not in station.evses:
        return f"{event.source} sets the power of EVSE {event.evse_id}, which this station does not have."
    if any(not value.is_finite() for value in told) or (event.limit or 0) < 0 or (event.discharge_limit or 0) > 0:
        return f"The power set by {event.source} cannot be: a limit is 0 or more, a discharge limit 0 or less."
    if event.setpoint is not None and len(told) > 1:
        return f"{event.source} gives a setpoint and limits at once: it is one or the other."
    if event.is_release:
        return None
    if not station.variables.on(SIGNALS_ENABLED):
        return f"The power set by {event.source} was not taken: ExternalControlSignalsEnabled is false."
    if station.variables.on(DISALLOWED):  # Q06.FR.08
        return f"The power set by {event.source} was not taken: ExternalConstraintsProfileDisallowed is true."
    return None


def _is_of(each: InstalledProfile, event: ExternalPower) -> bool:
    profile = each.profile
    place = (each.charging_limit_source, each.evse_id, profile.charging_profile_purpose)
    return place == (event.source, event.evse_id, _PURPOSE) and profile.id < 0


def _profile(station: Station, event: ExternalPower, number: int) -> InstalledProfile:
    """Q06.FR.02, Q06.FR.04, Q06.FR.07."""
    now = csms_time(station)
    period = ChargingSchedulePeriod(
        start_period=0,
        setpoint=event.setpoint,
        limit=event.limit,
        discharge_limit=event.discharge_limit,
        operation_mode=OperationMode.EXTERNAL_LIMITS if event.setpoint is None else OperationMode.EXTERNAL_SETPOINT,
    )
    schedule = ChargingSchedule(id=1, charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=(period,))
    profile = ChargingProfile(
        id=number,
        stack_level=0,
        charging_profile_purpose=_PURPOSE,
        charging_profile_kind=ChargingProfileKind.DYNAMIC,
        charging_schedule=(schedule,),
        dyn_update_time=now,
    )
    return InstalledProfile(evse_id=event.evse_id, profile=profile, at=now, charging_limit_source=event.source)


def _is_news(station: Station, old: ChargingProfile, new: ChargingProfile) -> bool:
    before, after = (each.charging_schedule[0].charging_schedule_period[0] for each in (old, new))
    return any(is_significant(station, getattr(before, name), getattr(after, name)) for name in _NAMES)


def _tell(station: Station, event: ExternalPower, profile: ChargingProfile) -> None:
    fact = ChargingLimitNotified(
        charging_limit=ChargingLimit(charging_limit_source=event.source),
        evse_id=event.evse_id or None,
        charging_schedule=profile.charging_schedule,
    )
    station.tell(fact, queue=not station.online)
