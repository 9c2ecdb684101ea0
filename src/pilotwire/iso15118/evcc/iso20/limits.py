"""Limits of both sides, as the messages of AC and DC write them.

AC: a power alone is that over all phases; with those of L2 and L3 beside it, it is that of L1. We write sums. Amounts of discharging are
positive, whatever sign a station gives them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import AcLimits, DcLimits, Limits
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20.common_types import RationalNumber
from pilotwire.iso15118.quantities import plain, rational

Number = RationalNumber | None


def total(*phases: Number) -> float | None:
    """The power over all phases; None: nothing is said."""
    told = [plain(each) for each in phases if each is not None]
    return sum(told) if told else None


def ac_of(limits: Limits) -> AcLimits:
    """The limits of an AC vehicle. Raises MisuseError if they are of DC."""
    if not isinstance(limits, AcLimits):
        raise MisuseError("A vehicle in an AC session has told DC limits.")
    return limits


def dc_of(limits: Limits) -> DcLimits:
    """The limits of a DC vehicle. Raises MisuseError if they are of AC."""
    if not isinstance(limits, DcLimits):
        raise MisuseError("A vehicle in a DC session has told AC limits.")
    return limits


def written(**numbers: float | None) -> dict[str, Any]:
    """Fields with plain numbers as the messages write them; None stays None."""
    return {name: None if value is None else rational(value) for name, value in numbers.items()}


# --- AC ----------------------------------------------------------------------------------------------------------------------------


def vehicle_ac(limits: AcLimits, *, bidirectional: bool) -> dict[str, Any]:
    """The vehicle's limits, for discovery and for the loop."""
    one_way = written(ev_maximum_charge_power=limits.max_w, ev_minimum_charge_power=limits.min_w)
    if not bidirectional:
        return one_way
    return one_way | written(
        ev_maximum_discharge_power=limits.max_discharge_w, ev_minimum_discharge_power=limits.min_discharge_w
    )


def station_ac(mode: ac.AC_CPDResEnergyTransferMode, phases: int, nominal_v: float) -> AcLimits:
    """The station's limits; how many phases there are the parameter set has told."""
    most = (mode.evse_maximum_charge_power, mode.evse_maximum_charge_power_l2, mode.evse_maximum_charge_power_l3)
    least = (mode.evse_minimum_charge_power, mode.evse_minimum_charge_power_l2, mode.evse_minimum_charge_power_l3)
    volts = phases * nominal_v or 1.0
    found = AcLimits(phases, nominal_v, (total(*most) or 0.0) / volts, (total(*least) or 0.0) / volts)
    if not isinstance(mode, ac.BPT_AC_CPDResEnergyTransferMode):
        return found
    back = total(
        mode.evse_maximum_discharge_power, mode.evse_maximum_discharge_power_l2, mode.evse_maximum_discharge_power_l3
    )
    least_back = total(
        mode.evse_minimum_discharge_power, mode.evse_minimum_discharge_power_l2, mode.evse_minimum_discharge_power_l3
    )
    return replace(found, max_discharge_w=abs(back or 0.0), min_discharge_w=abs(least_back or 0.0))


# --- DC ----------------------------------------------------------------------------------------------------------------------------


def vehicle_dc(limits: DcLimits, *, bidirectional: bool) -> dict[str, Any]:
    """The vehicle's limits that discovery and loop have in common."""
    one_way = written(
        ev_maximum_charge_power=limits.max_w,
        ev_minimum_charge_power=limits.min_w,
        ev_maximum_charge_current=limits.max_a,
        ev_maximum_voltage=limits.max_v,
        ev_minimum_voltage=limits.min_v,
    )
    if not bidirectional:
        return one_way
    return one_way | written(
        ev_maximum_discharge_power=limits.max_discharge_w,
        ev_minimum_discharge_power=limits.min_discharge_w,
        ev_maximum_discharge_current=limits.max_discharge_a,
    )


def station_dc(mode: dc.DC_CPDResEnergyTransferMode) -> DcLimits:
    """The station's limits."""
    found = DcLimits(
        max_v=plain(mode.evse_maximum_voltage),
        min_v=plain(mode.evse_minimum_voltage),
        max_a=plain(mode.evse_maximum_charge_current),
        min_a=plain(mode.evse_minimum_charge_current),
        max_w=plain(mode.evse_maximum_charge_power),
        min_w=plain(mode.evse_minimum_charge_power),
    )
    if not isinstance(mode, dc.BPT_DC_CPDResEnergyTransferMode):
        return found
    return replace(
        found,
        max_discharge_a=abs(plain(mode.evse_maximum_discharge_current)),
        min_discharge_a=abs(plain(mode.evse_minimum_discharge_current)),
        max_discharge_w=abs(plain(mode.evse_maximum_discharge_power)),
        min_discharge_w=abs(plain(mode.evse_minimum_discharge_power)),
    )


def station_dc_now(
    known: DcLimits, mode: dc.Scheduled_DC_CLResControlMode | dc.Dynamic_DC_CLResControlMode
) -> DcLimits:
    """The station's limits, as it changes them in the loop."""
    told: dict[str, Number] = {
        "max_w": mode.evse_maximum_charge_power,
        "min_w": mode.evse_minimum_charge_power,
        "max_a": mode.evse_maximum_charge_current,
        "max_v": mode.evse_maximum_voltage,
    }
    if isinstance(mode, dc.BPT_Scheduled_DC_CLResControlMode | dc.BPT_Dynamic_DC_CLResControlMode):
        told |= {
            "max_discharge_w": mode.evse_maximum_discharge_power,
            "min_discharge_w": mode.evse_minimum_discharge_power,
            "max_discharge_a": mode.evse_maximum_discharge_current,
            "min_v": mode.evse_minimum_voltage,
        }
    return replace(known, **{name: abs(plain(value)) for name, value in told.items() if value is not None})
