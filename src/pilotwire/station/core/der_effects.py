"""What DER controls do to the power of an EVSE, and the alarm while they do (R04, R05).

Power in W, positive for charging: to discharge less is a higher number. Trips are in `der_trips`, reactive power in `der_reactive`,
response times and ramps in `der_pace`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from pilotwire.domain.der_control import (
    Curve,
    DerAlarm,
    DerControlType,
    DerUnit,
    EnterService,
    FreqDroop,
    GridEventFault,
    LimitMaxDischarge,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging.composite_timeline import random_delay
from pilotwire.domain.smart_charging.setpoints import Point, interpolated
from pilotwire.station.core import der_pace, der_reactive, der_trips
from pilotwire.station.core.der_control_memory import DerMemory, ToldAlarm
from pilotwire.station.core.der_settings import Looks, active, executes, is_enabled, rating_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.grid import Grid, grid_of
from pilotwire.station.core.station import Station

_C = DerControlType
_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)


class Shaped(NamedTuple):
    """A power, and which control made it another one than was planned, because of which fault; the reactive power beside it."""

    watts: Decimal
    cause: DerControlType | None = None
    fault: GridEventFault | None = None
    var: Decimal = _NOTHING


@dataclass(slots=True)
class Causes:
    """Why EVSEs do something else than planned now, and what inverters in vehicles say they do for a control of theirs."""

    by_evse: dict[int, Shaped] = field(default_factory=dict)
    told: dict[int, ToldAlarm] = field(default_factory=dict)


# --- power ----------------------------------------------------------------------------------------------------------


def shaped(station: Station, evse: Evse, planned: Decimal, high: Decimal, reactive: Decimal = _NOTHING) -> Shaped:
    """What becomes of a planned power that may be `high` at most, and of a planned reactive power (var, injected if positive).

    Each control that changes the active power is the cause of what comes out. Reactive power goes first where both are too much for the
    inverter. A trip or a momentary cessation counts at once, everything else by its response time and ramp.
    """
    if not is_enabled(station, evse):
        return Shaped(planned)
    planned = max(planned, -rating_of(station, evse).watts)  # a vehicle may have less than its outlet
    result = _with_curves(station, evse, planned, high)
    var = der_reactive.reactive(station, evse, result.watts, reactive)
    most = rating_of(station, evse).left_for_watts(-result.watts, var.var)
    limited = max(-most, min(result.watts, most))
    of_profile = var.cause is None  # then no control departs from it
    result = result._replace(watts=limited) if of_profile else _step(result, limited, var.cause, None)
    result = _with_cessation(station, evse, result, var.var)
    ceased = der_trips.ceased(station, evse)
    if der_trips.has_ceased(station, evse) or _is_returning(station, evse) or ceased is not None:
        der_pace.jump(station, evse, result.watts)
        if ceased is None:
            der_pace.begin_softly(station, evse)
        return result
    watts, cause = der_pace.ramp(station, evse, result.watts)
    return result if cause is None else _step(result, watts, cause, None)


def _with_curves(station: Station, evse: Evse, planned: Decimal, high: Decimal) -> Shaped:
    """Droop, curves over frequency and voltage, and the limit of what is given back."""
    grid, most = grid_of(station), rating_of(station, evse).watts
    drooped = planned + _droop(station, evse, grid, most)
    if planned >= 0:
        drooped = max(drooped, _NOTHING)  # a vehicle that was to be charged is not discharged for it
    result = _step(Shaped(planned), max(-most, min(drooped, high)), _C.FREQ_DROOP, _frequency_fault(grid))
    share = _curve(station, evse, _C.FREQ_WATT, grid.frequency_hz)
    result = _floor(result, share, most, _C.FREQ_WATT, _frequency_fault(grid))
    share = _curve(station, evse, _C.VOLT_WATT, grid.voltage_percent)
    result = _floor(result, share, most, _C.VOLT_WATT, _voltage_fault(grid))
    limit = active(station, _C.LIMIT_MAX_DISCHARGE, LimitMaxDischarge, evse)
    share = None if limit is None or limit.power_monitoring_must_trip is not None else limit.pct_max_discharge_power
    return _floor(result, share, most, _C.LIMIT_MAX_DISCHARGE, None)


def _with_cessation(station: Station, evse: Evse, result: Shaped, var: Decimal) -> Shaped:
    """With the reactive power; nothing of both is given in a fault and until it is safe again, and while a curve says so."""
    fault, most = grid_of(station).fault, rating_of(station, evse).watts
    if fault is not None and der_trips.has_ceased(station, evse):
        return _floor(result, _NOTHING, most, fault.control_type, fault.fault)
    if _is_returning(station, evse):
        return _floor(result, _NOTHING, most, _C.ENTER_SERVICE, None)
    ceased = der_trips.ceased(station, evse)
    if ceased is None:
        return result._replace(var=var)
    if not ceased.active:
        result = _floor(result, _NOTHING, most, ceased.control_type, ceased.fault)
    return result._replace(var=var if ceased.reactive else _NOTHING)


def _step(before: Shaped, watts: Decimal, cause: DerControlType | None, fault: GridEventFault | None) -> Shaped:
    return before if watts == before.watts else Shaped(watts, cause, fault, before.var)


def _floor(
    before: Shaped, percent: Decimal | None, most: Decimal, cause: DerControlType, fault: GridEventFault | None
) -> Shaped:
    """No more than so many percent of what can be given are given."""
    if percent is None:
        return before
    least = -most * max(_NOTHING, min(percent, _HUNDRED)) / _HUNDRED
    return _step(before, max(before.watts, least), cause, fault)


def _droop(station: Station, evse: Evse, grid: Grid, most: Decimal) -> Decimal:
    """The change of power that a droop has come to by now."""
    droop, hertz = active(station, _C.FREQ_DROOP, FreqDroop, evse), grid.frequency_hz
    if droop is None or hertz is None:
        der_pace.forget(station, evse, _C.FREQ_DROOP)
        return _NOTHING
    target = _droop_at(droop, hertz, most)
    return der_pace.response(station, evse, _C.FREQ_DROOP, target, _NOTHING, droop.response_time)


def _droop_at(droop: FreqDroop, hertz: Decimal, most: Decimal) -> Decimal:
    """More is taken, or less given, when the frequency is too high, and the reverse: in proportion to what is beyond the dead band.

    A droop is the change of frequency, as a share of the nominal one, that changes the power by all that can be given.
    """
    if hertz > droop.over_freq and droop.over_droop > 0:
        return (hertz - droop.over_freq) / (_nominal(hertz) * droop.over_droop) * most
    if hertz < droop.under_freq and droop.under_droop > 0:
        return (hertz - droop.under_freq) / (_nominal(hertz) * droop.under_droop) * most
    return _NOTHING


def _curve(station: Station, evse: Evse, control_type: DerControlType, x: Decimal | None) -> Decimal | None:
    """The share of the power that a curve leaves, in percent, of all that can be given; only curves in PctMaxW are about that."""
    curve = active(station, control_type, Curve, evse)
    if curve is None or x is None or curve.y_unit is not DerUnit.PCT_MAX_W:
        der_pace.forget(station, evse, control_type)
        return None
    share = interpolated((Point(x=each.x, y=each.y) for each in curve.curve_data), x)
    share = der_pace.held(station, evse, control_type, curve, x, share)
    return der_pace.response(station, evse, control_type, share, _HUNDRED, curve.response_time)


def _nominal(hertz: Decimal) -> Decimal:
    return Decimal(60) if hertz > 55 else Decimal(50)


def _frequency_fault(grid: Grid) -> GridEventFault | None:
    if grid.frequency_hz is None:
        return None
    over = grid.frequency_hz > _nominal(grid.frequency_hz)
    return GridEventFault.OVER_FREQUENCY if over else GridEventFault.UNDER_FREQUENCY


def _voltage_fault(grid: Grid) -> GridEventFault | None:
    if grid.voltage_percent is None:
        return None
    return GridEventFault.OVER_VOLTAGE if grid.voltage_percent > _HUNDRED else GridEventFault.UNDER_VOLTAGE


# --- back to the grid -----------------------------------------------------------------------------------------------


def watch_return(station: Station) -> None:
    """After a fault energy is given again once the grid has been as EnterService wants it for its delay; without it at once."""
    station.moment(Looks).next_at = None
    der_trips.watch(station)
    grid = grid_of(station)
    if not grid.is_returning:
        return
    if not _is_fit(station, grid):
        grid.unfit_at = station.now
    back = _back_at(station)
    grid.is_returning = back is not None and (station.now < back or not _is_fit(station, grid))


def _is_returning(station: Station, evse: Evse) -> bool:
    """Whether an EVSE waits for the grid: where the inverter does so itself, the station does not."""
    return grid_of(station).is_returning and executes(station, evse, _C.ENTER_SERVICE)


def deadline(station: Station) -> datetime | None:
    """When something is to be looked at again: energy may be given again, or a control moves by itself; None: nothing is."""
    times = [_back_at(station), station.moment(Looks).next_at]
    return min((time for time in times if time is not None), default=None)


def _back_at(station: Station) -> datetime | None:
    """When energy may be given again at the earliest; a random part of the delay is the same for each fault's end."""
    grid = grid_of(station)
    conditions = active(station, _C.ENTER_SERVICE, EnterService)
    if not grid.is_returning or grid.unfit_at is None or conditions is None:
        return None
    more = random_delay(
        f"{station.settings.identity}", 0, int(grid.unfit_at.timestamp()), int(conditions.random_delay or 0)
    )
    return grid.unfit_at + timedelta(seconds=float(conditions.delay or 0) + more)


def _is_fit(station: Station, grid: Grid) -> bool:
    conditions = active(station, _C.ENTER_SERVICE, EnterService)
    if conditions is None:
        return True
    hertz, volts = grid.frequency_hz, grid.voltage_percent
    in_time = hertz is None or conditions.low_freq <= hertz <= conditions.high_freq
    in_height = volts is None or conditions.low_voltage <= volts <= conditions.high_voltage
    return in_time and in_height


# --- alarm ----------------------------------------------------------------------------------------------------------


def tell_alarm(station: Station) -> None:
    """One alarm at a time: when it begins, when another control takes over, and when it is over (R05.FR.01 to R05.FR.04)."""
    now, memory = _alarm(station), station.kept(DerMemory)
    told = memory.alarm
    if now == told:
        return
    station.remember(changed(memory, alarm=now))
    fault = grid_of(station).fault
    extra = fault.extra_info if fault is not None else None
    if now is not None:
        fact = DerAlarm(control_type=now.control_type, at=station.stamp(), fault=now.fault, extra_info=extra)
    else:
        assert told is not None
        fact = DerAlarm(control_type=told.control_type, at=station.stamp(), fault=told.fault, ended=True)
    station.tell(fact, queue=not station.online)


def _alarm(station: Station) -> ToldAlarm | None:
    """A fault of the grid is one even where nothing is charged or discharged: the inverters are off."""
    fault = grid_of(station).fault
    if fault is not None and any(is_enabled(station, evse) for evse in station.evses.values()):
        return ToldAlarm(control_type=fault.control_type, fault=fault.fault)
    causes = station.moment(Causes)
    for each in causes.by_evse.values():
        if each.cause is not None:
            return ToldAlarm(control_type=each.cause, fault=each.fault)
    return next(iter(causes.told.values()), None)  # R02, R03: the vehicle's inverter says so
