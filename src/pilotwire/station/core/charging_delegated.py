"""Dynamic profiles of the CSMS that leave their values to an external system (K29.FR.03; Q05).

What such a system sets for an EVSE goes into the profile the CSMS made for it, even where it may set nothing of its own. One for all EVSEs
(EVSE 0) is not written to by what is for a single one, unless there is no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    CSO,
    WHOLE_STATION,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedulePeriod,
    InstalledProfile,
    OperationMode,
    dynamic_period,
)
from pilotwire.domain.smart_charging.composite_units import towards_zero
from pilotwire.station.core.charging_site import csms_time, replace_installed, site_of
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

LIMITS: Final = ("limit", "discharge_limit")
SETPOINTS: Final = ("setpoint", "setpoint_reactive")
_NAMES: Final = {OperationMode.EXTERNAL_LIMITS: LIMITS, OperationMode.EXTERNAL_SETPOINT: SETPOINTS}
_PURPOSES: Final = (ChargingProfilePurpose.TX_PROFILE, ChargingProfilePurpose.TX_DEFAULT_PROFILE)
Values = Mapping[str, Decimal | None]


def places(station: Station, evse_id: int) -> tuple[int, ...]:
    """Where a profile is, for what an external system says of a place: with one EVSE, it and the station are the same."""
    only = len(station.evses) == 1
    return (WHOLE_STATION, *station.evses) if only else (evse_id,) if evse_id != WHOLE_STATION else ()


def delegated(station: Station, evse_id: int, *modes: OperationMode) -> tuple[InstalledProfile, ...]:
    """The profiles of the CSMS that take values from outside at a place."""
    there = places(station, evse_id)
    return tuple(
        each
        for each in station.kept(ChargingMemory).installed
        if each.evse_id in there
        and each.charging_limit_source == CSO
        and each.profile.charging_profile_purpose in _PURPOSES
        and (period := dynamic_period(each.profile)) is not None
        and period.operation_mode in modes
    )


def take(
    station: Station, evse_id: int, values: Values, unit: ChargingRateUnit, *, instead_of: InstalledProfile | None
) -> InstalledProfile | None:
    """Write values into the profiles that wait for them, in force at once; one of them as it is now, None: there is none.

    `instead_of` is what the same system had set by itself before: it goes. All values None: nothing is said any more.
    """
    told = {name for name, value in values.items() if value is not None}
    modes = [mode for mode, names in _NAMES.items() if not told or told & set(names)]
    found = delegated(station, evse_id, *modes)
    if not found:
        return None
    now = csms_time(station)
    new = {each.profile.id: _with(station, each, values, unit, now) for each in found}
    left = (each for each in station.kept(ChargingMemory).installed if each is not instead_of)
    replace_installed(station, tuple(new.get(each.profile.id, each) for each in left))
    return next(iter(new.values()))


def _with(
    station: Station, each: InstalledProfile, values: Values, unit: ChargingRateUnit, now: datetime
) -> InstalledProfile:
    """With new values, and their time (K29.FR.06, Q05.FR.05, Q05.FR.06)."""
    profile = each.profile
    (schedule,) = profile.charging_schedule
    period: ChargingSchedulePeriod = schedule.charging_schedule_period[0]
    assert period.operation_mode is not None
    own = schedule.charging_rate_unit
    given = {
        name: None if value is None else _in(station, each.evse_id, value, unit, own)
        for name, value in values.items()
        if name in _NAMES[period.operation_mode]
    }
    schedule = changed(schedule, charging_schedule_period=(changed(period, **given),))
    update = now if any(value is not None for value in given.values()) else profile.dyn_update_time
    return changed(each, profile=changed(profile, charging_schedule=(schedule,), dyn_update_time=update))


def _in(station: Station, evse_id: int, value: Decimal, unit: ChargingRateUnit, wanted: ChargingRateUnit) -> Decimal:
    """A value in the unit of a schedule, by the set voltage of its EVSE, or that of its battery; never more than was said."""
    if unit is wanted:
        return value
    outlet = next(each for each in site_of(station).outlets if evse_id in (WHOLE_STATION, each.evse_id))
    watts = outlet.supply.voltage * outlet.supply.phases
    return towards_zero(value * watts if wanted is ChargingRateUnit.WATT else value / watts)
