"""Which schedule a vehicle takes, and the plan it makes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import PowerStep, Profile, Schedule
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.quantities import plain

_HOUR: Final = 3600.0
_DAY: Final = 86_400


def choose(
    schedules: Sequence[Schedule],
    *,
    needs_wh: float,
    most_w: float,
    departure_s: float | None = None,
    phases: int | None = None,
    gives_w: float = 0.0,
    spare_wh: float = 0.0,
) -> Profile:
    """The cheapest schedule that gives `needs_wh` before the departure; if none does, the one that gives most. Equal ones: the first.

    Without a price on every one of them that can be compared, the first counts as the cheapest. The plan keeps to the schedule's steps,
    and to `most_w`, the highest power of the vehicle (`plan` tells the rest). No schedules (dynamic control): a plan without steps.
    """
    if not schedules:
        return Profile(1, max_phases=phases)
    given = {one.id: energy_of(one, most_w, departure_s) for one in schedules}
    enough = [one for one in schedules if given[one.id] >= needs_wh]
    taken = _cheapest(enough) if enough else max(schedules, key=lambda one: given[one.id])
    steps = plan(taken, needs_wh=needs_wh, most_w=most_w, departure_s=departure_s, gives_w=gives_w, spare_wh=spare_wh)
    return Profile(taken.id, steps, phases, keeps_tolerance=True)


def plan(
    schedule: Schedule,
    *,
    needs_wh: float,
    most_w: float,
    departure_s: float | None = None,
    gives_w: float = 0.0,
    spare_wh: float = 0.0,
) -> tuple[PowerStep, ...]:
    """What the vehicle makes of a schedule: its steps, no higher than `most_w`, nor below what may come back (`discharge`).

    Where a schedule gives nothing and takes energy back, up to `gives_w` is given: of what can be spared now (`spare_wh`) and has come
    since, so much as comes again before the departure. `gives_w` 0: the vehicle gives nothing.
    """
    until = float(schedule.duration if departure_s is None else min(schedule.duration, departure_s))
    starts = {0, *(one.start for one in schedule.steps), *(one.start for one in schedule.discharge)}
    bounds = [*sorted(each for each in starts if each < schedule.duration), schedule.duration]
    steps: list[PowerStep] = []
    level = 0.0
    """Wh taken and not given back by now."""
    for start, end in pairwise(bounds):
        wanted = power_at(schedule.steps, start) or 0.0
        back = min(gives_w, abs(power_at(schedule.discharge, start) or 0.0) if schedule.discharge else gives_w)
        seconds = max(0.0, min(end, until) - start)
        watts = max(min(wanted, most_w), -back)
        if wanted == 0 and schedule.discharge and seconds and back:
            comes = energy_of(schedule, most_w, until) - energy_of(schedule, most_w, min(end, until))
            gives = max(0.0, level + min(spare_wh, comes - needs_wh))
            watts, seconds = -back, min(seconds, int(gives * _HOUR / back))
            if not seconds:
                watts = 0.0
        _add(steps, start, watts)
        if watts < 0 < seconds < end - start:
            _add(steps, start + int(seconds), 0.0)
        level += watts * seconds / _HOUR
        level = min(level, max(needs_wh, 0.0)) if watts > 0 else level
    return tuple(steps)


def energy_of(schedule: Schedule, most_w: float, until_s: float | None = None) -> float:
    """Wh that come by a schedule in its time, at most until `until_s`, at no more than `most_w`."""
    end = schedule.duration if until_s is None else min(schedule.duration, until_s)
    starts = [min(float(one.start), end) for one in schedule.steps] + [float(end)]
    watts = [max(0.0, min(one.watts, most_w)) for one in schedule.steps]
    return sum(w * (after - before) for w, (before, after) in zip(watts, pairwise(starts), strict=True)) / _HOUR


def power_at(steps: Sequence[PowerStep], seconds: float) -> float | None:
    """The power of a plan so many seconds after its beginning; None: it says nothing."""
    begun = [one.watts for one in steps if one.start <= seconds]
    return begun[-1] if begun else None


def price_of(tariff: Element | None) -> tuple[str, float] | None:
    """What a tariff costs on the average over its time, and in which unit; prices of different units are not compared.

    Relative price levels (`SalesTariff`, `PriceLevelSchedule`), or the energy fees of `AbsolutePriceSchedule`, of the lowest power range.
    """
    if isinstance(tariff, iso2.SalesTariff):
        return _sales_price(tariff)
    if isinstance(tariff, iso20.PriceLevelSchedule):
        entries = tariff.price_level_schedule_entries.price_level_schedule_entry
        return "level of -20", _mean((one.duration, one.price_level) for one in entries)
    if isinstance(tariff, iso20.AbsolutePriceSchedule):
        stacks = tariff.price_rule_stacks.price_rule_stack
        return tariff.currency, _mean((one.duration, plain(one.price_rule[0].energy_fee)) for one in stacks)
    return None


def _sales_price(tariff: iso2.SalesTariff) -> tuple[str, float] | None:
    """Its entries begin at a time, and last until the next; the last one for its duration, else to the end of the day."""
    spans: list[tuple[float, float]] = []
    entries = tariff.sales_tariff_entry
    for entry, after in zip(entries, [*entries[1:], None], strict=True):
        now, then = entry.time_interval, after.time_interval if after is not None else None
        if entry.e_price_level is None or not isinstance(now, iso2.RelativeTimeInterval):
            return None
        ends = (
            then.start
            if isinstance(then, iso2.RelativeTimeInterval)
            else now.start + (now.duration or max(1, _DAY - now.start))
        )
        spans.append((ends - now.start, entry.e_price_level))
    return "level of -2", _mean(spans)


def _mean(spans: Iterable[tuple[float, float]]) -> float:
    """Of values by how long they hold."""
    listed = [(max(seconds, 0.0), value) for seconds, value in spans]
    whole = sum(seconds for seconds, _ in listed)
    return sum(seconds * value for seconds, value in listed) / whole if whole else listed[0][1]


def _cheapest(schedules: Sequence[Schedule]) -> Schedule:
    prices = [price_of(one.tariff) for one in schedules]
    known = [one for one in prices if one is not None]
    if len(known) < len(schedules) or len({unit for unit, _ in known}) > 1:
        return schedules[0]
    return min(zip(schedules, known, strict=True), key=lambda pair: pair[1][1])[0]


def _add(steps: list[PowerStep], start: int, watts: float) -> None:
    """One more step, unless it changes nothing."""
    if not steps or steps[-1].watts != watts:
        steps.append(PowerStep(start, watts))
