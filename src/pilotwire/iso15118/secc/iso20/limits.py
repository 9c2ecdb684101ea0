"""Limits and powers of both sides, as the messages of AC and DC write them.

AC: a power alone is that over all phases; with those of L2 and L3 beside it, it is that of L1. We write sums. Amounts of discharging are
positive, whatever sign a vehicle gives them.
"""

from __future__ import annotations

from dataclasses import replace

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
    """The limits of an EVSE that speaks of AC. Raises MisuseError if they are of DC."""
    if not isinstance(limits, AcLimits):
        raise MisuseError("An EVSE in an AC session has told DC limits.")
    return limits


def dc_of(limits: Limits) -> DcLimits:
    """The limits of an EVSE that speaks of DC. Raises MisuseError if they are of AC."""
    if not isinstance(limits, DcLimits):
        raise MisuseError("An EVSE in a DC session has told AC limits.")
    return limits


# --- AC ----------------------------------------------------------------------------------------------------------------------------


def vehicle_ac(mode: ac.AC_CPDReqEnergyTransferMode, station: AcLimits) -> AcLimits:
    """The vehicle's limits. Phases and voltage are the station's where the vehicle does not tell its powers by phase."""
    most = (mode.ev_maximum_charge_power, mode.ev_maximum_charge_power_l2, mode.ev_maximum_charge_power_l3)
    least = (mode.ev_minimum_charge_power, mode.ev_minimum_charge_power_l2, mode.ev_minimum_charge_power_l3)
    told = sum(each is not None for each in most)
    phases = told if told > 1 else station.phases
    volts = phases * station.nominal_v or 1.0
    found = AcLimits(phases, station.nominal_v, (total(*most) or 0.0) / volts, (total(*least) or 0.0) / volts)
    if not isinstance(mode, ac.BPT_AC_CPDReqEnergyTransferMode):
        return found
    back = total(
        mode.ev_maximum_discharge_power, mode.ev_maximum_discharge_power_l2, mode.ev_maximum_discharge_power_l3
    )
    least_back = total(
        mode.ev_minimum_discharge_power, mode.ev_minimum_discharge_power_l2, mode.ev_minimum_discharge_power_l3
    )
    return replace(found, max_discharge_w=abs(back or 0.0), min_discharge_w=abs(least_back or 0.0))


def station_ac(
    limits: AcLimits, frequency_hz: float, present_w: float, *, bidirectional: bool
) -> ac.AC_CPDResEnergyTransferMode:
    """The station's limits."""
    most, least = rational(limits.max_w), rational(limits.min_w)
    frequency, present = rational(frequency_hz), rational(present_w)
    if not bidirectional:
        return ac.AC_CPDResEnergyTransferMode(
            evse_maximum_charge_power=most,
            evse_minimum_charge_power=least,
            evse_nominal_frequency=frequency,
            evse_present_active_power=present,
        )
    return ac.BPT_AC_CPDResEnergyTransferMode(
        evse_maximum_charge_power=most,
        evse_minimum_charge_power=least,
        evse_nominal_frequency=frequency,
        evse_present_active_power=present,
        evse_maximum_discharge_power=rational(limits.max_discharge_w),
        evse_minimum_discharge_power=rational(limits.min_discharge_w),
    )


def ac_trouble(vehicle: AcLimits) -> str:
    """Why the vehicle's limits make no sense, "" if they do."""
    if vehicle.max_a <= 0 or vehicle.min_a < 0:
        return f"its highest power is {vehicle.max_w:g} W and its lowest {vehicle.min_w:g} W"
    if vehicle.min_a > vehicle.max_a:
        return f"its lowest power ({vehicle.min_w:g} W) is above its highest ({vehicle.max_w:g} W)"
    if vehicle.min_discharge_w > vehicle.max_discharge_w:
        return "its lowest discharge power is above its highest"
    return ""


# --- DC ----------------------------------------------------------------------------------------------------------------------------


def vehicle_dc(mode: dc.DC_CPDReqEnergyTransferMode) -> DcLimits:
    """The vehicle's limits."""
    found = DcLimits(
        max_v=plain(mode.ev_maximum_voltage),
        min_v=plain(mode.ev_minimum_voltage),
        max_a=plain(mode.ev_maximum_charge_current),
        min_a=plain(mode.ev_minimum_charge_current),
        max_w=plain(mode.ev_maximum_charge_power),
        min_w=plain(mode.ev_minimum_charge_power),
    )
    if not isinstance(mode, dc.BPT_DC_CPDReqEnergyTransferMode):
        return found
    return replace(
        found,
        max_discharge_a=abs(plain(mode.ev_maximum_discharge_current)),
        min_discharge_a=abs(plain(mode.ev_minimum_discharge_current)),
        max_discharge_w=abs(plain(mode.ev_maximum_discharge_power)),
        min_discharge_w=abs(plain(mode.ev_minimum_discharge_power)),
    )


def station_dc(limits: DcLimits, *, bidirectional: bool) -> dc.DC_CPDResEnergyTransferMode:
    """The station's limits."""
    cls = dc.BPT_DC_CPDResEnergyTransferMode if bidirectional else dc.DC_CPDResEnergyTransferMode
    given = {
        "evse_maximum_charge_power": limits.max_w,
        "evse_minimum_charge_power": limits.min_w,
        "evse_maximum_charge_current": limits.max_a,
        "evse_minimum_charge_current": limits.min_a,
        "evse_maximum_voltage": limits.max_v,
        "evse_minimum_voltage": limits.min_v,
    }
    if bidirectional:
        given |= {
            "evse_maximum_discharge_power": limits.max_discharge_w,
            "evse_minimum_discharge_power": limits.min_discharge_w,
            "evse_maximum_discharge_current": limits.max_discharge_a,
            "evse_minimum_discharge_current": limits.min_discharge_a,
        }
    return cls(**{name: rational(value) for name, value in given.items()})


def dc_trouble(vehicle: DcLimits, station: DcLimits) -> str:
    """Why the two do not fit, "" if they do."""
    if min(vehicle.max_v, vehicle.max_a, vehicle.max_w) <= 0:
        return "its highest voltage, current or power is not above 0"
    if vehicle.min_v > vehicle.max_v or vehicle.min_a > vehicle.max_a or vehicle.min_w > vehicle.max_w:
        return "one of its lowest values is above the highest"
    if vehicle.max_v < station.min_v:
        return f"its highest voltage ({vehicle.max_v:g} V) is below the station's lowest ({station.min_v:g} V)"
    if vehicle.min_v > station.max_v:
        return f"its lowest voltage ({vehicle.min_v:g} V) is above the station's highest ({station.max_v:g} V)"
    return ""
