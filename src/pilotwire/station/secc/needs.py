"""What vehicles need and stations offer, between the words of ISO 15118 sessions and those of the core."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingNeeds,
    ChargingRateUnit,
    ChargingSchedule,
    DCChargingParameters,
    V2XChargingParameters,
)
from pilotwire.iso15118.charging import AcLimits, Control, Needs, PowerStep, Schedule
from pilotwire.station.hardware.ports import AcSupply, DcSupply
from pilotwire.station.secc.prices import UNTOLD, Told

_BY_PHASES: Final = {1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}
_USUAL_V: Final = 400.0
"""The voltage with which a DC limit in A becomes W where nothing better is known."""
_SOON: Final = 120
"""Seconds by which a departure may move while a schedule is being made: it is told as time that is left."""


def same(one: Needs | None, other: Needs) -> bool:
    """Whether needs that are told again are the ones that were told before."""
    if one is None or abs((one.departure_s or 0) - (other.departure_s or 0)) > _SOON:
        return False
    return replace(one, departure_s=None, soc=None) == replace(other, departure_s=None, soc=None)


def charging_needs(needs: Needs, now: datetime) -> ChargingNeeds:
    """As OCPP has it: AC in A per phase, DC as the vehicle said."""
    leaves = None if needs.departure_s is None else now + timedelta(seconds=needs.departure_s)
    limits = needs.limits
    energy = Decimal(str(round(needs.energy_wh or 0)))
    back = _back(needs)
    if isinstance(limits, AcLimits):
        transfer = "AC_BPT" if needs.transfer.bidirectional else _BY_PHASES[limits.phases]
        ac = ACChargingParameters(
            energy_amount=energy,
            ev_min_current=Decimal(str(limits.min_a)),
            ev_max_current=Decimal(str(limits.max_a)),
            ev_max_voltage=Decimal(str(limits.nominal_v)),
        )
        return ChargingNeeds(
            requested_energy_transfer=transfer,
            ac_charging_parameters=ac,
            departure_time=leaves,
            v2x_charging_parameters=back,
        )
    dc = DCChargingParameters(
        ev_max_current=Decimal(str(limits.max_a)),
        ev_max_voltage=Decimal(str(limits.max_v)),
        ev_max_power=Decimal(str(limits.max_w)),
        ev_energy_capacity=None if needs.capacity_wh is None else Decimal(str(round(needs.capacity_wh))),
        energy_amount=energy if needs.energy_wh is not None else None,
        state_of_charge=needs.soc,
        full_soc=needs.full_soc,
        bulk_soc=needs.target_soc,
    )
    return ChargingNeeds(
        requested_energy_transfer=needs.transfer.value,
        dc_charging_parameters=dc,
        departure_time=leaves,
        v2x_charging_parameters=back,
        control_mode="DynamicControl" if needs.control is Control.DYNAMIC else None,
    )


def _back(needs: Needs) -> V2XChargingParameters | None:
    if not needs.transfer.bidirectional:
        return None
    return V2XChargingParameters(max_discharge_power=Decimal(str(needs.limits.max_discharge_w)))


def offered_schedule(
    number: int, one: ChargingSchedule, supply: AcSupply | DcSupply, prices: Told = UNTOLD
) -> Schedule:
    """In W: a limit in A is per phase. With its prices, if `prices` has some."""
    watts_per_a = 1.0
    if one.charging_rate_unit is ChargingRateUnit.AMPERE:
        watts_per_a = float(supply.voltage_v * supply.phases) if isinstance(supply, AcSupply) else _USUAL_V
    steps = tuple(
        PowerStep(period.start_period, min(float(period.limit or 0) * watts_per_a, float(supply.max_power_w)))
        for period in one.charging_schedule_period
    )
    return Schedule(
        number,
        steps or (PowerStep(0, float(supply.max_power_w)),),
        one.duration or 86_400,
        prices.by_number.get(number),
        tariff_signature=prices.signature,
    )
