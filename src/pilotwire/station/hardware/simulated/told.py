"""What a simulated outlet hears from the vehicle and adds to its meter's readings (2.1 Display.*, EnergyRequest.*, Voltage.*).

By DC communication, or by ISO 15118-20 on AC.

What the standard wants as the narrower of vehicle and outlet is that.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from pilotwire.station.hardware.ports import AcSupply, DcSupply, Measured, VehicleTold

_HOUR = 3600


def heard(told: VehicleTold, supply: AcSupply | DcSupply, power_w: float) -> Iterator[Measured]:
    """The measurands there are with this vehicle, that takes so many W (negative: gives); what it does not say is left out."""
    capacity, soc = told.capacity_wh, told.present_soc
    low, high = told.volts
    if isinstance(supply, DcSupply):
        yield Measured("Voltage.Minimum", _number(low))
        yield Measured("Voltage.Maximum", min(_number(high), supply.max_voltage_v))
    yield _of_ev("Display.PresentSOC", soc)
    yield _of_ev("Display.ChargingComplete", 1 if told.complete else 0)
    yield _of_ev("Display.BatteryEnergyCapacity", capacity)
    yield from _goal("Target", told.target_soc, told, power_w)
    yield from _goal("Maximum", 100.0, told, power_w)
    if told.minimum_soc is not None:
        yield from _goal("Minimum", told.minimum_soc, told, power_w)
        yield _of_ev("EnergyRequest.Minimum.V2X", capacity * (told.minimum_soc - soc) / 100)
    if told.max_discharge is not None and supply.max_discharge_w > 0:
        watts, amps = told.max_discharge
        yield Measured("Power.Export.Offered", min(_number(watts), supply.max_discharge_w))
        yield Measured("Current.Export.Offered", min(_number(amps), supply.max_current_a))


def _goal(name: str, goal: float, told: VehicleTold, power_w: float) -> Iterator[Measured]:
    """A state of charge to come to: which, the energy until then, and the seconds at the power that flows now."""
    missing = told.capacity_wh * (goal - told.present_soc) / 100
    yield _of_ev(f"Display.{name}SOC", goal)
    yield _of_ev(f"EnergyRequest.{name}", missing)
    if missing * power_w > 0:
        yield Measured(f"Display.RemainingTimeTo{name}SOC", Decimal(round(missing / power_w * _HOUR)), place="EV")


def _of_ev(measurand: str, value: float) -> Measured:
    return Measured(measurand, _number(value), place="EV")


def _number(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
