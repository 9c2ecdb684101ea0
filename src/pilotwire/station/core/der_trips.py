"""Trip and ride-through curves: when an inverter must cease to give energy, for a moment or until the grid is fit again (R04, R05).

Within a "may trip" curve it stays connected: that it may trip is not used. What no curve says is left to the inverter's own protection,
which reports it as `GridFault`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from pilotwire.domain.der_control import (
    Curve,
    DerControlType,
    GridEventFault,
    LimitMaxDischarge,
    PowerDuringCessation,
)
from pilotwire.domain.der_inverter import allowed_seconds
from pilotwire.station.core.der_settings import SOON, Looks, active, curve_of, executes, rating_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.grid import Grid, GridFault, grid_of
from pilotwire.station.core.station import Station

_C, _F = DerControlType, GridEventFault
_HUNDRED: Final = Decimal(100)
_WINDOW: Final = timedelta(minutes=10)


class _Watch(NamedTuple):
    """A curve: of which quantity, beyond which side, the fault it sees."""

    control_type: DerControlType
    quantity: str
    above: bool
    fault: GridEventFault


_TRIPS: Final = (
    _Watch(_C.HV_MUST_TRIP, "voltage_percent", True, _F.OVER_VOLTAGE),
    _Watch(_C.LV_MUST_TRIP, "voltage_percent", False, _F.UNDER_VOLTAGE),
    _Watch(_C.HF_MUST_TRIP, "frequency_hz", True, _F.OVER_FREQUENCY),
    _Watch(_C.LF_MUST_TRIP, "frequency_hz", False, _F.UNDER_FREQUENCY),
)
_CESSATIONS: Final = (
    _Watch(_C.HV_MOM_CESS, "voltage_percent", True, _F.OVER_VOLTAGE),
    _Watch(_C.LV_MOM_CESS, "voltage_percent", False, _F.UNDER_VOLTAGE),
)


class Ceased(NamedTuple):
    """A momentary cessation: the curve that asks for it, the fault, what may flow meanwhile."""

    control_type: DerControlType
    fault: GridEventFault
    active: bool
    reactive: bool


@dataclass(slots=True)
class Excursions:
    """Since when which quantity has been beyond its curve (by control and EVSE, 0: the grid), the trip there is, the cessation there is.

    `off`: the transactions in which too much was given, by EVSE.
    """

    since: dict[tuple[DerControlType, int], datetime] = field(default_factory=dict)
    off: dict[int, str] = field(default_factory=dict)
    mean_since: datetime | None = None
    tripped: DerControlType | None = None
    ceased: Ceased | None = None


def watch(station: Station) -> None:
    """Look at the grid and the power given back: trip what must, and let it go once what tripped it is over."""
    state, grid = station.moment(Excursions), grid_of(station)
    trips = [*_grid_trips(station, grid), *_power_trips(station), *_mean_trips(station, grid)]
    state.ceased = _cessation(station, grid)
    trips = [each for each in trips if any(executes(station, evse, each[0]) for evse in station.evses.values())]
    if grid.fault is None and trips:
        state.tripped, fault = trips[0]
        grid.fault, grid.is_returning = GridFault(state.tripped, fault, True), False
    elif grid.fault is None:
        state.tripped = None
    elif state.tripped is not None and not trips:  # what the inverter itself reported ends by its report
        grid.fault, grid.is_returning, grid.unfit_at, state.tripped = None, True, station.now, None


def _grid_trips(station: Station, grid: Grid) -> Iterator[tuple[DerControlType, GridEventFault]]:
    for each in _TRIPS:
        curve, value = curve_of(station, each.control_type), getattr(grid, each.quantity)
        if _lasts_too_long(station, (each.control_type, 0), curve, value, above=each.above):
            yield each.control_type, each.fault


def _power_trips(station: Station) -> Iterator[tuple[DerControlType, GridEventFault]]:
    """More is given back than a curve of time and per cent allows; that of a LimitMaxDischarge counts from its percentage on.

    What has tripped gives nothing any more, so nothing measured can say that it may: it stays off for the transaction.
    """
    plain = curve_of(station, _C.POWER_MONITORING_MUST_TRIP)
    limit = active(station, _C.LIMIT_MAX_DISCHARGE, LimitMaxDischarge)
    of_limit = None if limit is None else limit.power_monitoring_must_trip
    off = station.moment(Excursions).off
    if plain is None and of_limit is None:
        off.clear()
        return
    for evse in station.evses.values():
        own = None if evse.tx is None else evse.tx.transaction_id
        if off.get(evse.evse_id, own) != own:
            del off[evse.evse_id]
        if own is None or not executes(station, evse, _C.POWER_MONITORING_MUST_TRIP):
            continue
        if evse.evse_id not in off and _gives_too_much(station, evse, plain, limit):
            off[evse.evse_id] = own
        if evse.evse_id in off:
            yield _C.POWER_MONITORING_MUST_TRIP, _F.OVER_CURRENT


def _gives_too_much(station: Station, evse: Evse, plain: Curve | None, limit: LimitMaxDischarge | None) -> bool:
    share = -station.meter(evse.evse_id).power_w / rating_of(station, evse).watts * _HUNDRED
    if share > 0:
        station.moment(Looks).at(station.now + SOON)
    of_limit = None if limit is None else limit.power_monitoring_must_trip
    least = None if limit is None else limit.pct_max_discharge_power
    beyond = share if least is None or share > least else None
    found = _lasts_too_long(station, (_C.POWER_MONITORING_MUST_TRIP, evse.evse_id), plain, share, above=True)
    return found or _lasts_too_long(station, (_C.LIMIT_MAX_DISCHARGE, evse.evse_id), of_limit, beyond, above=True)


def _lasts_too_long(
    station: Station, key: tuple[DerControlType, int], curve: Curve | None, value: Decimal | None, *, above: bool
) -> bool:
    """Whether a value has been beyond a curve for as long as it may be, or longer."""
    since = station.moment(Excursions).since
    seconds = None if curve is None or value is None else allowed_seconds(curve, value, above=above)
    if seconds is None:
        since.pop(key, None)
        return False
    until = since.setdefault(key, station.now) + timedelta(seconds=float(seconds))
    if station.now < until:
        station.moment(Looks).at(until)
    return station.now >= until


def _mean_trips(station: Station, grid: Grid) -> Iterator[tuple[DerControlType, GridEventFault]]:
    """The voltage of ten minutes, on an average, is too high for too long (EN 50549-1, 4.9.3.4; VoltageParamsType)."""
    state, curve = station.moment(Excursions), curve_of(station, _C.HV_MUST_TRIP)
    params = None if curve is None else curve.voltage_params
    if params is None or params.hv10_min_mean_value is None or grid.voltage_percent is None:
        state.mean_since = None
        return
    station.moment(Looks).at(station.now + 3 * SOON)
    if grid.mean_voltage(station.now, _WINDOW) <= params.hv10_min_mean_value:
        state.mean_since = None
        return
    state.mean_since = state.mean_since or station.now
    if station.now >= state.mean_since + timedelta(seconds=float(params.hv10_min_mean_trip_delay or 0)):
        yield _C.HV_MUST_TRIP, _F.OVER_VOLTAGE


def _cessation(station: Station, grid: Grid) -> Ceased | None:
    for each in _CESSATIONS:
        curve, value = curve_of(station, each.control_type), getattr(grid, each.quantity)
        if curve is not None and _lasts_too_long(station, (each.control_type, 0), curve, value, above=each.above):
            power = None if curve.voltage_params is None else curve.voltage_params.power_during_cessation
            return Ceased(
                each.control_type,
                each.fault,
                active=power is PowerDuringCessation.ACTIVE,
                reactive=power is PowerDuringCessation.REACTIVE,
            )
    return None


def ceased(station: Station, evse: Evse) -> Ceased | None:
    """The momentary cessation there is, if the station carries it out at an EVSE."""
    found = station.moment(Excursions).ceased
    return found if found is not None and executes(station, evse, found.control_type) else None


def has_ceased(station: Station, evse: Evse) -> bool:
    """Whether a fault of the grid counts at an EVSE: one that was reported, or that a control carried out there has found."""
    tripped = station.moment(Excursions).tripped
    return grid_of(station).fault is not None and (tripped is None or executes(station, evse, tripped))
