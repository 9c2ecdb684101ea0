"""The vehicle: battery, charging curve, control pilot behaviour and a driver's wish; knows nothing of stations."""

from __future__ import annotations

from pilotwire.ev.battery import Battery, BatterySpec, PowerLine
from pilotwire.ev.catalogue import VEHICLES, vehicle, vehicle_names
from pilotwire.ev.vehicle import DcInlet, Feedback, OnboardCharger, Vehicle, VehicleMeter, VehicleSpec, Wish

__all__ = [
    "VEHICLES",
    "Battery",
    "BatterySpec",
    "DcInlet",
    "Feedback",
    "OnboardCharger",
    "PowerLine",
    "Vehicle",
    "VehicleMeter",
    "VehicleSpec",
    "Wish",
    "vehicle",
    "vehicle_names",
]
