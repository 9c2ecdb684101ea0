"""The reactive power of an inverter: fixed, by a power factor, by curves of voltage or active power (R04)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from pilotwire.domain.der_control import Curve, DerControlType, FixedPowerFactor, FixedVar
from pilotwire.domain.der_inverter import (
    by_curve,
    by_percent,
    by_power_factor,
    by_power_factor_curve,
)
from pilotwire.station.core import der_pace
from pilotwire.station.core.der_settings import active, curve_of, rating_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.grid import grid_of
from pilotwire.station.core.station import Station

_C = DerControlType
_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)
_TO_90_PERCENT: Final = Decimal("2.302585")
"""Time constants until 90 % of a step."""
_ALL: Final = (_C.FIXED_VAR, _C.FIXED_PF_INJECT, _C.FIXED_PF_ABSORB, _C.VOLT_VAR, _C.WATT_VAR, _C.WATT_PF)


class Reactive(NamedTuple):
    """var, injected if positive, and the control that wants it; None: a charging profile, or nobody."""

    var: Decimal
    cause: DerControlType | None = None


class _Wish(NamedTuple):
    priority: int
    control_type: DerControlType
    var: Decimal
    response_time: Decimal | None = None


def reactive(station: Station, evse: Evse, watts: Decimal, planned: Decimal) -> Reactive:
    """What becomes of a planned reactive power beside `watts` (positive: charging): the control of the lowest priority number decides."""
    wishes = list(_wishes(station, evse, -watts))
    first = min(wishes, key=lambda wish: wish.priority, default=None)
    for control_type in _ALL:
        if first is None or control_type is not first.control_type:
            der_pace.forget(station, evse, control_type)
    rating = rating_of(station, evse)
    if first is None:
        return Reactive(rating.clamped(planned))
    target = rating.clamped(first.var)
    var = der_pace.response(station, evse, first.control_type, target, planned, first.response_time)
    return Reactive(rating.clamped(var), first.control_type)


def _wishes(station: Station, evse: Evse, injected: Decimal) -> Iterator[_Wish]:
    rating = rating_of(station, evse)
    fixed = active(station, _C.FIXED_VAR, FixedVar, evse)
    if fixed is not None and (var := by_percent(fixed.setpoint, fixed.unit, injected, rating)) is not None:
        yield _Wish(fixed.priority, _C.FIXED_VAR, var)
    for control_type, applies in ((_C.FIXED_PF_INJECT, injected > 0), (_C.FIXED_PF_ABSORB, injected < 0)):
        factor = active(station, control_type, FixedPowerFactor, evse)
        if factor is not None and applies:
            yield _Wish(factor.priority, control_type, by_power_factor(injected, factor))
    curve = curve_of(station, _C.VOLT_VAR, evse)
    if curve is not None and (volts := _voltage(station, evse, curve)) is not None:
        var = by_curve(volts, curve, injected, rating)
        if var is not None:
            yield _Wish(curve.priority, _C.VOLT_VAR, var, curve.response_time)
    curve = curve_of(station, _C.WATT_VAR, evse)
    if curve is not None:
        var = by_curve(injected / rating.watts * _HUNDRED, curve, injected, rating)
        if var is not None:
            yield _Wish(curve.priority, _C.WATT_VAR, var, curve.response_time)
    curve = curve_of(station, _C.WATT_PF, evse)
    if curve is not None:
        yield _Wish(curve.priority, _C.WATT_PF, by_power_factor_curve(injected, curve, rating), curve.response_time)


def _voltage(station: Station, evse: Evse, curve: Curve) -> Decimal | None:
    """The voltage a VoltVar curve goes by: moved by its own reference (vRef), or by that which follows the voltage."""
    volts, params = grid_of(station).voltage_percent, curve.reactive_power_params
    if volts is None or params is None:
        return volts
    reference = params.v_ref or _HUNDRED
    if params.autonomous_v_ref_enable:
        seconds = (params.autonomous_v_ref_time_constant or _NOTHING) * _TO_90_PERCENT
        reference = der_pace.response(station, evse, "vRef", volts, reference, seconds)
    return volts - reference + _HUNDRED
