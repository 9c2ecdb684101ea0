"""Which EVSEs of a station are slots for batteries to be swapped (2.1: S), and how far the batteries in them are charged."""

from __future__ import annotations

from dataclasses import replace

from pilotwire.station.core.battery_swap_memory import BatterySwapMemory
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.hardware.ports import MeterReading


def slots(station: Station) -> tuple[int, ...]:
    """The first ones, as many as `swap_slots` says; none in 1.6."""
    most = station.settings.swap_slots
    return tuple(sorted(station.evses))[:most] if most > 0 and station.settings.family is not Family.OCPP16 else ()


def with_battery(station: Station, evse_id: int, meter: MeterReading) -> MeterReading:
    """What a slot's meter says, with the state of charge the battery itself tells (S04.FR.04); that of another EVSE as it is."""
    battery = station.kept(BatterySwapMemory).battery(evse_id) if station.settings.swap_slots else None
    return meter if battery is None else replace(meter, soc_percent=battery.soc)
