"""The simulated hardware driver: a station, its people and its physics, without a clock."""

from __future__ import annotations

from pilotwire.station.hardware.simulated.evse import VehicleFrom
from pilotwire.station.hardware.simulated.layouts import LAYOUTS, layout, with_signing_meter
from pilotwire.station.hardware.simulated.pilot import PilotSignal, PilotState, duty_percent, offered_amps
from pilotwire.station.hardware.simulated.station import NO_POWER_WITH, SimulatedStation

__all__ = [
    "LAYOUTS",
    "NO_POWER_WITH",
    "PilotSignal",
    "PilotState",
    "SimulatedStation",
    "VehicleFrom",
    "duty_percent",
    "layout",
    "offered_amps",
    "with_signing_meter",
]
