"""What a composite schedule tells of energy in both directions: setpoint, discharge limit, operation mode (K08.FR.04, K08.FR.08; Q).

A setpoint is never beyond the limits of its moment (V2X.03, V2X.04). What a frequency, a signal or a meter will make of a mode is not known
beforehand: baseline and curves are told instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.smart_charging.composite_timeline import Leading, Outlet
from pilotwire.domain.smart_charging.composite_units import W, converted, towards_zero
from pilotwire.domain.smart_charging.profiles import (
    ChargingRateUnit,
    FreqWattPoint,
    OperationMode,
    SignalWattPoint,
)
from pilotwire.domain.smart_charging.setpoints import BOTH_WAYS, Deciding, mode_of, setpoint_lead

_OPEN: Final = Decimal(10) ** 9
"""A limit that limits nothing: hardware has less."""
_NOTHING: Final = Decimal(0)


class BothWays(Value):
    """Beside the limit of a moment; values in the unit asked for, negative for what is given back."""

    mode: OperationMode | None = None
    discharge_limit: Decimal | None = None
    setpoint: Decimal | None = None
    setpoint_reactive: Decimal | None = None
    v2x_baseline: Decimal | None = None
    v2x_freq_watt_curve: tuple[FreqWattPoint, ...] = ()
    v2x_signal_watt_curve: tuple[SignalWattPoint, ...] = ()


def is_driven(outlet: Outlet, here: Deciding) -> bool:
    """Whether an outlet gives and takes by its mode."""
    return outlet.supply.discharge_watts > 0 and here.mode in BOTH_WAYS


def opened(leads: Sequence[Leading]) -> list[Leading]:
    """Periods with nothing but their limits: what a setpoint may be at most comes from these (K01.FR.110, Q09.FR.05)."""
    return [_opened(lead) if mode_of(lead.period) in BOTH_WAYS else lead for lead in leads]


def _opened(lead: Leading) -> Leading:
    limit = _OPEN if lead.period.limit is None else lead.period.limit
    return lead._replace(period=changed(lead.period, operation_mode=None, setpoint=None, limit=limit))


def both_ways(
    outlet: Outlet, here: Deciding, most: Decimal, unit: ChargingRateUnit, *, among: int, csms_first: bool
) -> BothWays:
    """What is told of a driven outlet that may take `most`; what is for the station is shared `among` as many."""
    assert here.own is not None
    own = here.own.period
    least = floor(outlet, here, unit, among=among)
    said = setpoint_lead(here, among, csms_first=csms_first)
    setpoint = reactive = None
    if said is not None:
        lead, parts = said
        wanted = _in(outlet, lead, lead.period.setpoint or _NOTHING, unit) / parts
        setpoint = towards_zero(max(min(wanted, most), least))
        if lead.period.setpoint_reactive is not None:
            reactive = towards_zero(_in(outlet, lead, lead.period.setpoint_reactive, unit) / parts)
    return BothWays(
        mode=here.mode,
        discharge_limit=towards_zero(least),
        setpoint=setpoint,
        setpoint_reactive=reactive,
        v2x_baseline=own.v2x_baseline,
        v2x_freq_watt_curve=own.v2x_freq_watt_curve,
        v2x_signal_watt_curve=own.v2x_signal_watt_curve,
    )


def floor(outlet: Outlet, here: Deciding, unit: ChargingRateUnit, *, among: int) -> Decimal:
    """The most that may be given back, as the least setpoint: the strictest of all discharge limits and what the hardware can.

    What is for the station is shared by all that are driven (Q06.FR.30). Nothing where the vehicle may not give back (Q02.FR.05).
    """
    if not outlet.gives_back:
        return _NOTHING
    supply = outlet.supply
    hardware = -supply.discharge_watts
    if unit is not W:
        hardware /= supply.voltage * (1 if supply.is_dc else supply.phases)
    own = () if here.own is None else (here.own,)
    told = [_in(outlet, lead, value, unit) for lead, value in _limits((*own, *here.here))]
    told += [_in(outlet, lead, value, unit) / among for lead, value in _limits(here.station)]
    return max([hardware, *told])


def _limits(leads: Sequence[Leading]) -> list[tuple[Leading, Decimal]]:
    return [(lead, lead.period.discharge_limit) for lead in leads if lead.period.discharge_limit is not None]


def _in(outlet: Outlet, lead: Leading, value: Decimal, unit: ChargingRateUnit) -> Decimal:
    return converted(value, lead, unit, outlet.supply, outlet.supply.phases)


def together(each: Sequence[BothWays], outlets: int) -> BothWays:
    """What the station as a whole gives back and is set to: a setpoint only if every outlet has one (K08.FR.03)."""
    modes = {one.mode for one in each}
    setpoints = [one.setpoint for one in each if one.setpoint is not None]
    reactive = [one.setpoint_reactive for one in each if one.setpoint_reactive is not None]
    back = [one.discharge_limit for one in each if one.discharge_limit is not None]
    return BothWays(
        mode=each[0].mode if len(modes) == 1 and len(each) == outlets else None,
        discharge_limit=sum(back, _NOTHING) if back else None,
        setpoint=sum(setpoints, _NOTHING) if len(setpoints) == outlets else None,
        setpoint_reactive=sum(reactive, _NOTHING) if len(reactive) == outlets else None,
    )
