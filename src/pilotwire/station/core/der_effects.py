"""What DER controls do to the active power of an EVSE, and the alarm while they do (R04, R05).

Power in W, positive for charging: to discharge less is a higher number. Those that act are FreqDroop, FreqWatt, VoltWatt,
LimitMaxDischarge (its share of the power), EnterService (window and delay) and a fault of the grid; all others are kept and reported, for
an inverter to execute by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from pilotwire.domain.der_control import (
    Curve,
    DerAlarm,
    DerControlType,
    DerUnit,
    EnterService,
    FreqDroop,
    GridEventFault,
    LimitMaxDischarge,
    setting_of,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging.setpoints import Point, interpolated
from pilotwire.station.core.der_control_memory import DerMemory, ToldAlarm
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.grid import Grid, grid_of
from pilotwire.station.core.station import Station

_T = TypeVar("_T")
_C = DerControlType
_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)


class Shaped(NamedTuple):
    """A power, and which control made it another one than was planned, because of which fault."""

    watts: Decimal
    cause: DerControlType | None = None
    fault: GridEventFault | None = None


@dataclass(slots=True)
class Causes:
    """Why EVSEs do something else than planned now."""

    by_evse: dict[int, Shaped] = field(default_factory=dict)


def is_enabled(station: Station, evse: Evse) -> bool:
    """Whether the inverter of an EVSE is under DER control."""
    key = f"DCDERCtrlr@{evse.evse_id}.Enabled"
    return evse.layout.max_discharge_w > 0 and station.variables.has(key) and station.variables.on(key)


def active(station: Station, control_type: DerControlType, kind: type[_T]) -> _T | None:
    """The setting in force: that of the scheduled control that runs, else of the default (R04.FR.09, R04.FR.11)."""
    held = [
        each
        for each in station.kept(DerMemory).controls
        if each.control.control_type is control_type and not each.is_superseded
    ]
    running = [each for each in held if each.started] or [each for each in held if each.control.is_default]
    setting = setting_of(running[-1].control) if running else None
    return setting if isinstance(setting, kind) else None


# --- power ----------------------------------------------------------------------------------------------------------


def shaped(station: Station, evse: Evse, planned: Decimal, high: Decimal) -> Shaped:
    """What becomes of a planned power that may be `high` at most; each control that changes it is the cause of what comes out."""
    result = Shaped(planned)
    if not is_enabled(station, evse):
        return result
    grid, most = grid_of(station), evse.layout.max_discharge_w
    drooped = planned + _droop(station, grid, most)
    if planned >= 0:
        drooped = max(drooped, _NOTHING)  # a vehicle that was to be charged is not discharged for it
    result = _step(result, max(-most, min(drooped, high)), _C.FREQ_DROOP, _frequency_fault(grid))
    share = _curve(station, _C.FREQ_WATT, grid.frequency_hz)
    result = _floor(result, share, most, _C.FREQ_WATT, _frequency_fault(grid))
    share = _curve(station, _C.VOLT_WATT, grid.voltage_percent)
    result = _floor(result, share, most, _C.VOLT_WATT, _voltage_fault(grid))
    limit = active(station, _C.LIMIT_MAX_DISCHARGE, LimitMaxDischarge)
    share = None if limit is None else limit.pct_max_discharge_power
    result = _floor(result, share, most, _C.LIMIT_MAX_DISCHARGE, None)
    if grid.fault is not None:
        return _floor(result, _NOTHING, most, grid.fault.control_type, grid.fault.fault)
    if grid.is_returning:
        return _floor(result, _NOTHING, most, _C.ENTER_SERVICE, None)
    return result


def _step(before: Shaped, watts: Decimal, cause: DerControlType, fault: GridEventFault | None) -> Shaped:
    return before if watts == before.watts else Shaped(watts, cause, fault)


def _floor(
    before: Shaped, percent: Decimal | None, most: Decimal, cause: DerControlType, fault: GridEventFault | None
) -> Shaped:
    """No more than so many percent of what can be given are given."""
    if percent is None:
        return before
    least = -most * max(_NOTHING, min(percent, _HUNDRED)) / _HUNDRED
    return _step(before, max(before.watts, least), cause, fault)


def _droop(station: Station, grid: Grid, most: Decimal) -> Decimal:
    """More is taken, or less given, when the frequency is too high, and the reverse: in proportion to what is beyond the dead band.

    A droop is the change of frequency, as a share of the nominal one, that changes the power by all that can be given.
    """
    droop, hertz = active(station, _C.FREQ_DROOP, FreqDroop), grid.frequency_hz
    if droop is None or hertz is None:
        return _NOTHING
    if hertz > droop.over_freq and droop.over_droop > 0:
        return (hertz - droop.over_freq) / (_nominal(hertz) * droop.over_droop) * most
    if hertz < droop.under_freq and droop.under_droop > 0:
        return (hertz - droop.under_freq) / (_nominal(hertz) * droop.under_droop) * most
    return _NOTHING


def _curve(station: Station, control_type: DerControlType, x: Decimal | None) -> Decimal | None:
    """The share of the power that a curve leaves, in percent; only curves in PctMaxW are about that."""
    curve = active(station, control_type, Curve)
    if curve is None or x is None or curve.y_unit is not DerUnit.PCT_MAX_W:
        return None
    return interpolated((Point(x=each.x, y=each.y) for each in curve.curve_data), x)


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
    grid = grid_of(station)
    if not grid.is_returning:
        return
    if not _is_fit(station, grid):
        grid.unfit_at = station.now
    back = deadline(station)
    grid.is_returning = back is not None and (station.now < back or not _is_fit(station, grid))


def deadline(station: Station) -> datetime | None:
    """When energy may be given again at the earliest; None: nothing keeps it back."""
    grid = grid_of(station)
    conditions = active(station, _C.ENTER_SERVICE, EnterService)
    if not grid.is_returning or grid.unfit_at is None or conditions is None:
        return None
    return grid.unfit_at + timedelta(seconds=float(conditions.delay or 0))


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
    for each in station.moment(Causes).by_evse.values():
        if each.cause is not None:
            return ToldAlarm(control_type=each.cause, fault=each.fault)
    return None
