"""Charging profiles for tests of a station, in a line each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from pilotwire.station.core import SetCurrentLimit, SetPhases
from tests.support.station_world import START, StationWorld

A, W = ChargingRateUnit.AMPERE, ChargingRateUnit.WATT
MAX = ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
DEFAULT = ChargingProfilePurpose.TX_DEFAULT_PROFILE
TX = ChargingProfilePurpose.TX_PROFILE
OUTSIDE = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
PRIORITY = ChargingProfilePurpose.PRIORITY_CHARGING
LOCAL = ChargingProfilePurpose.LOCAL_GENERATION


def profile(
    number: int,
    purpose: ChargingProfilePurpose,
    *periods: tuple[int, float],
    level: int = 0,
    kind: str = "Absolute",
    start: datetime | None = START,
    duration: int | None = None,
    unit: ChargingRateUnit = A,
    phases: int | None = None,
    phase_to_use: int | None = None,
    schedule: dict[str, Any] | None = None,
    **more: Any,
) -> ChargingProfile:
    """A profile with periods of (start, limit)."""
    made = ChargingSchedule(
        id=1,
        charging_rate_unit=unit,
        start_schedule=start if kind in ("Absolute", "Recurring") else None,
        duration=duration,
        charging_schedule_period=tuple(
            ChargingSchedulePeriod(
                start_period=second, limit=Decimal(str(limit)), number_phases=phases, phase_to_use=phase_to_use
            )
            for second, limit in periods
        ),
        **(schedule or {}),
    )
    return ChargingProfile(
        id=number,
        stack_level=level,
        charging_profile_purpose=purpose,
        charging_profile_kind=ChargingProfileKind(kind),
        charging_schedule=(made,),
        **more,
    )


def given(world: StationWorld, evse: int = 1) -> list[float | None]:
    """The limits an EVSE was given since this was asked last, A a phase, None for no limit."""
    found = [action.amps for action in world.actions if isinstance(action, SetCurrentLimit) and action.evse_id == evse]
    world.actions[:] = [
        action for action in world.actions if not (isinstance(action, SetCurrentLimit) and action.evse_id == evse)
    ]
    return [None if amps is None else float(amps) for amps in found]


def switched(world: StationWorld) -> list[int | None]:
    """The numbers of phases an EVSE was told to use so far."""
    return [action.phases for action in world.actions if isinstance(action, SetPhases)]
