"""What a vehicle that speaks ISO 15118 says, made of what was sent to the control port (K15, K17)."""

from __future__ import annotations

import json
from typing import Any, Final

from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingNeeds,
    ChargingSchedule,
    ChargingSchedulePeriod,
    DCChargingParameters,
    V2XChargingParameters,
)
from pilotwire.station.control.bodies import VehicleNeeds, VehicleSchedule
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleReturned
from pilotwire.station.hardware.ports import AcSupply, HardwareError, StationLayout

_BY_PHASES: Final = {1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}


def told_by(body: VehicleNeeds, layout: StationLayout) -> NeedsTold:
    """The needs; raises `HardwareError` for an EVSE that is not there."""
    transfer = body.requested_energy_transfer or _usual_transfer(body.evse, layout)
    direct = transfer.startswith("DC")
    alternating = ACChargingParameters(
        energy_amount=body.energy_amount,
        ev_min_current=body.ev_min_current,
        ev_max_current=body.ev_max_current,
        ev_max_voltage=body.ev_max_voltage,
    )
    dc = DCChargingParameters(
        ev_max_current=body.ev_max_current, ev_max_voltage=body.ev_max_voltage, energy_amount=body.energy_amount
    )
    needs = ChargingNeeds(
        requested_energy_transfer=transfer,
        ac_charging_parameters=None if direct else alternating,
        dc_charging_parameters=dc if direct else None,
        departure_time=body.departure_time,
        v2x_charging_parameters=_back(body),
        der_charging_parameters=_inverter(body),
    )
    return NeedsTold(f"needs at EVSE {body.evse}", body.evse, needs, most_periods=body.max_schedule_tuples)


def _back(body: VehicleNeeds) -> V2XChargingParameters | None:
    most = body.max_discharge_power
    return None if most is None else V2XChargingParameters(max_discharge_power=most)


def _inverter(body: VehicleNeeds) -> str | None:
    """The nameplate of the vehicle's inverter, as far as it was sent."""
    if body.der_controls is None:
        return None
    plate: dict[str, Any] = {"evSupportedDERControl": body.der_controls}
    if body.max_discharge_power is not None:
        plate["maxDischargeApparentPower"] = float(body.max_discharge_power)
    return json.dumps(plate)


def _usual_transfer(evse_id: int, layout: StationLayout) -> str:
    supply = next((evse.supply for evse in layout.evses if evse.evse_id == evse_id), None)
    if supply is None:
        raise HardwareError(f"There is no EVSE {evse_id}.", "Name one that the station has.")
    return _BY_PHASES[supply.phases] if isinstance(supply, AcSupply) else "DC"


def returned_by(body: VehicleSchedule) -> ScheduleReturned:
    """The schedule of one period."""
    schedule = ChargingSchedule(
        charging_rate_unit=body.unit,
        duration=body.duration,
        charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=body.limit),),
    )
    return ScheduleReturned(f"schedule at EVSE {body.evse}", body.evse, schedule)
