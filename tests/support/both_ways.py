"""Stations that take energy back, for tests: profiles with operation modes, and a world in which somebody charges at one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    FreqWattPoint,
    OperationMode,
    SetChargingProfile,
    SignalWattPoint,
)
from pilotwire.domain.transactions import TriggerReason
from pilotwire.ev import vehicle
from pilotwire.station.hardware.ports import StationLayout
from tests.support.station_world import START, StationWorld


def period(mode: str, start: int = 0, **values: Any) -> ChargingSchedulePeriod:
    """A period in an operation mode; numbers in the unit of the schedule."""
    told = {name: Decimal(str(value)) if isinstance(value, int | float) else value for name, value in values.items()}
    return ChargingSchedulePeriod(start_period=start, operation_mode=OperationMode(mode), **told)


def curve(*points: tuple[float, float]) -> tuple[FreqWattPoint, ...]:
    """A curve of power over frequency."""
    return tuple(FreqWattPoint(frequency=Decimal(str(hz)), power=Decimal(str(watts))) for hz, watts in points)


def signals(*points: tuple[int, float]) -> tuple[SignalWattPoint, ...]:
    """A curve of power over aFRR signals."""
    return tuple(SignalWattPoint(signal=signal, power=Decimal(str(watts))) for signal, watts in points)


def moded(
    *periods: ChargingSchedulePeriod,
    number: int = 1,
    level: int = 0,
    kind: str = "Absolute",
    unit: ChargingRateUnit = ChargingRateUnit.WATT,
    purpose: ChargingProfilePurpose = ChargingProfilePurpose.TX_DEFAULT_PROFILE,
    duration: int | None = None,
    **more: Any,
) -> ChargingProfile:
    """A profile of such periods."""
    schedule = ChargingSchedule(
        id=1,
        charging_rate_unit=unit,
        start_schedule=START if kind == "Absolute" else None,
        duration=duration,
        charging_schedule_period=periods,
    )
    return ChargingProfile(
        id=number,
        stack_level=level,
        charging_profile_purpose=purpose,
        charging_profile_kind=ChargingProfileKind(kind),
        charging_schedule=(schedule,),
        **more,
    )


def put(world: StationWorld, profile: ChargingProfile, evse: int = 1) -> None:
    """Set a profile that is accepted."""
    outcome = world.command(SetChargingProfile(evse_id=evse, charging_profile=profile))
    assert outcome.status is ChargingProfileStatus.ACCEPTED, outcome  # type: ignore[union-attr]


def begin(world: StationWorld, evse: int = 1, *, soc: float = 60) -> None:
    """Somebody charges a vehicle that can give energy back."""
    world.plug(evse, car=vehicle("v2x-compact-40", soc=soc))
    world.tap("ANNA" if evse == 1 else "CARL", evse)
    world.pass_time(15)
    assert world.hardware.meter(evse).power_w != 0


def both_ways(station: str | StationLayout = "dc-50-v2x", *, soc: float = 60, **options: Any) -> StationWorld:
    """A world where somebody charges at EVSE 1, all that was said so far forgotten."""
    world = StationWorld(station=station, **options)
    begin(world, soc=soc)
    world.csms.heard.clear()
    return world


def power(world: StationWorld, evse: int = 1) -> int:
    """W at the outlet now, negative: from the vehicle."""
    return int(world.hardware.meter(evse).power_w)


def modes(world: StationWorld) -> list[str]:
    """The operation modes the CSMS was told."""
    return [
        str(event.operation_mode)
        for event in world.csms.events
        if event.trigger is TriggerReason.OPERATION_MODE_CHANGED
    ]
