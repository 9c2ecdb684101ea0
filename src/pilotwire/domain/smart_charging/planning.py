"""A charging schedule made of what a vehicle needs (K15.FR.07, K17.FR.07): load is levelled over the time until it leaves.

The schedule takes one limit as low as it can be so that the energy is there at departure; where known limits are lower it keeps to them,
and takes more elsewhere. Who does not say how much, or until when, gets what vehicle and known limits allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging.needs import ACChargingParameters, ChargingNeeds, DCChargingParameters
from pilotwire.domain.smart_charging.profiles import (
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    RecurrencyKind,
)

NOMINAL_VOLTAGE: Final = Decimal(230)
"""Of a phase against neutral, where the vehicle does not take less."""
HORIZON: Final = timedelta(days=1)
"""How far known limits are looked at for a vehicle that does not say when it leaves."""
_PHASES: Final = {"AC_single_phase": 1, "AC_two_phase": 2, "AC_three_phase": 3}
_STEP: Final = Decimal("0.1")
"""Limits have at most one digit after the point (ChargingSchedulePeriodType.limit)."""
_HOUR: Final = 3600
_RECURS: Final = {RecurrencyKind.DAILY: 86_400, RecurrencyKind.WEEKLY: 604_800}


class Ceiling(Value):
    """A limit over time that is known to hold at the EVSE or the station, counted from `begins`."""

    schedule: ChargingSchedule
    begins: datetime
    recurrency_kind: RecurrencyKind | None = None


class _Vehicle(NamedTuple):
    """What a vehicle can do, in `unit`; `watts` are the W of one of them, `energy` the Wh it wants, None: not told."""

    unit: ChargingRateUnit
    watts: Decimal
    least: Decimal
    most: Decimal
    energy: Decimal | None
    phases: int | None


class _Segment(NamedTuple):
    """A time in which no known limit changes: seconds from now, how long, and the most that may be taken."""

    start: int
    seconds: int
    most: Decimal


def can_plan(needs: ChargingNeeds) -> bool:
    """Whether a schedule can be made of these needs: they are of charging in one direction, with what the vehicle takes at most."""
    return _vehicle(needs, None) is not None


def plan_for(
    needs: ChargingNeeds,
    now: datetime,
    *,
    units: Sequence[ChargingRateUnit] | None = None,
    ceilings: Sequence[Ceiling] = (),
    most_periods: int | None = None,
    delivered: Decimal = Decimal(0),
) -> ChargingSchedule | None:
    """The schedule that begins `now`, None where none can be made.

    `units` are those the station takes (None: not known), `delivered` the Wh that the vehicle has got since it said what it needs. The last
    period goes on: a vehicle may stay longer than it said.
    """
    vehicle = _vehicle(needs, units)
    if vehicle is None:
        return None
    leaves = needs.departure_time
    horizon = int((min(leaves, now + 7 * HORIZON) - now).total_seconds()) if leaves is not None else 0
    segments = _segments(vehicle, now, horizon if horizon > 0 else int(HORIZON.total_seconds()), ceilings)
    level = vehicle.most
    if vehicle.energy is not None and horizon > 0:
        level = _level(segments, max(Decimal(0), vehicle.energy - delivered), vehicle)
    periods = _at_most([(each.start, min(level, each.most)) for each in segments], most_periods)
    return ChargingSchedule(
        id=1,
        start_schedule=now,
        charging_rate_unit=vehicle.unit,
        charging_schedule_period=tuple(
            ChargingSchedulePeriod(start_period=start, limit=limit, number_phases=vehicle.phases)
            for start, limit in periods
        ),
    )


def _vehicle(needs: ChargingNeeds, units: Sequence[ChargingRateUnit] | None) -> _Vehicle | None:
    if needs.v2x_charging_parameters is not None or needs.control_mode == "DynamicControl":
        return None
    ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
    phases = _PHASES.get(needs.requested_energy_transfer)
    if ac is not None and phases is not None:
        found = _by_ac(ac, phases, in_amperes=units is None or ChargingRateUnit.AMPERE in units)
    elif dc is not None:
        found = _by_dc(dc, in_watts=units is None or ChargingRateUnit.WATT in units)
    else:
        return None
    return found if found.most > 0 else None


def _by_ac(told: ACChargingParameters, phases: int, *, in_amperes: bool) -> _Vehicle:
    volts = min(NOMINAL_VOLTAGE, told.ev_max_voltage) if told.ev_max_voltage > 0 else NOMINAL_VOLTAGE
    of_one = volts * phases
    energy = told.energy_amount or None
    if in_amperes:
        return _Vehicle(ChargingRateUnit.AMPERE, of_one, told.ev_min_current, told.ev_max_current, energy, phases)
    least, most = told.ev_min_current * of_one, told.ev_max_current * of_one
    return _Vehicle(ChargingRateUnit.WATT, Decimal(1), least, most, energy, phases)


def _by_dc(told: DCChargingParameters, *, in_watts: bool) -> _Vehicle:
    power = told.ev_max_current * told.ev_max_voltage
    if told.ev_max_power:
        power = min(power, told.ev_max_power) if power else told.ev_max_power
    energy = told.energy_amount or None
    if energy is None and told.ev_energy_capacity and told.state_of_charge is not None:
        upto = 100 if told.full_soc is None else told.full_soc
        energy = told.ev_energy_capacity * max(0, upto - told.state_of_charge) / 100 or None
    if in_watts or told.ev_max_voltage <= 0:
        return _Vehicle(ChargingRateUnit.WATT, Decimal(1), Decimal(0), _floored(power), energy, None)
    most = _floored(power / told.ev_max_voltage)
    return _Vehicle(ChargingRateUnit.AMPERE, told.ev_max_voltage, Decimal(0), most, energy, None)


# --- limits over time -----------------------------------------------------------------------------------------------------------


def _segments(vehicle: _Vehicle, now: datetime, horizon: int, ceilings: Sequence[Ceiling]) -> list[_Segment]:
    starts = {0}.union(*(_changes(each, now, horizon) for each in ceilings))
    rising = sorted(starts)
    ends = [*rising[1:], horizon]
    return [
        _Segment(start, end - start, _most(vehicle, [_at(each, now, start, vehicle) for each in ceilings]))
        for start, end in zip(rising, ends, strict=True)
    ]


def _most(vehicle: _Vehicle, limits: list[Decimal | None]) -> Decimal:
    return min([vehicle.most, *(max(Decimal(0), limit) for limit in limits if limit is not None)])


def _changes(ceiling: Ceiling, now: datetime, horizon: int) -> set[int]:
    """The seconds from now at which a limit changes, once for each round of one that recurs."""
    schedule, since = ceiling.schedule, int((ceiling.begins - now).total_seconds())
    own = {since + period.start_period for period in schedule.charging_schedule_period}
    if schedule.duration is not None:
        own.add(since + schedule.duration)
    if ceiling.recurrency_kind is not None:
        length = _RECURS[ceiling.recurrency_kind]
        own = {second for each in own for second in range(each % length, horizon, length)}
    return {second for second in own if 0 < second < horizon}


def _at(ceiling: Ceiling, now: datetime, second: int, vehicle: _Vehicle) -> Decimal | None:
    """The limit so many seconds from now, in the vehicle's unit; None if there is none then."""
    schedule, moment = ceiling.schedule, second + int((now - ceiling.begins).total_seconds())
    if ceiling.recurrency_kind is not None:
        moment %= _RECURS[ceiling.recurrency_kind]
    begun = [each for each in schedule.charging_schedule_period if each.start_period <= moment]
    if not begun or moment < 0 or (schedule.duration is not None and moment >= schedule.duration):
        return None
    current = max(begun, key=lambda each: each.start_period)
    if current.limit is None or schedule.charging_rate_unit is vehicle.unit:
        return current.limit
    phases = vehicle.phases or current.number_phases or 3
    in_watts = schedule.charging_rate_unit is ChargingRateUnit.WATT
    watts = current.limit if in_watts else current.limit * NOMINAL_VOLTAGE * phases
    return _floored(watts / vehicle.watts)


def _level(segments: Sequence[_Segment], energy: Decimal, vehicle: _Vehicle) -> Decimal:
    """The lowest limit with which the energy (Wh) is there in time; the highest if it cannot be."""
    wanted, left = energy * _HOUR / vehicle.watts, sum(each.seconds for each in segments)
    for each in sorted(segments, key=lambda one: one.most):
        level = wanted / left
        if level <= each.most:
            rounded = level.quantize(_STEP, ROUND_CEILING)
            return min(vehicle.most, max(vehicle.least, rounded))
        wanted, left = wanted - each.most * each.seconds, left - each.seconds
    return vehicle.most


def _at_most(periods: list[tuple[int, Decimal]], most: int | None) -> list[tuple[int, Decimal]]:
    """The periods, neighbours of the same limit made one; too many: those that differ least are made one, with the lower limit."""
    kept = [each for n, each in enumerate(periods) if n == 0 or each[1] != periods[n - 1][1]]
    while most is not None and len(kept) > max(1, most):
        steps = [(abs(kept[n + 1][1] - kept[n][1]), n) for n in range(len(kept) - 1)]
        n = min(steps)[1]
        kept[n : n + 2] = [(kept[n][0], min(kept[n][1], kept[n + 1][1]))]
    return kept


def _floored(value: Decimal) -> Decimal:
    return value.quantize(_STEP, ROUND_FLOOR)
