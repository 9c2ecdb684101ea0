"""What a whole session costs by a general tariff, worked out at once from all that is known of it, exactly.

The session's course is split wherever a condition may change: at times of day, midnights and shifts of local time, and at the exact
instants at which energy or a duration reaches a limit. In each piece the same prices count (the first of each part whose conditions
hold: I12.FR.34) and all grows evenly, so sums are exact fractions; only what is told at the end is rounded, once. As everything is
worked out anew from the facts, the order in which they arrived makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from pilotwire.domain.tariff.accounts import UNITS, ZERO, Account, Key, Line, Period
from pilotwire.domain.tariff.calendar_cuts import calendar_cuts, zone_of
from pilotwire.domain.tariff.conditions import calendar_fits, fixed_fits, within
from pilotwire.domain.tariff.general import (
    RUNNING,
    FixedRates,
    GeneralTariff,
    Rate,
    Rates,
)
from pilotwire.domain.tariff.sessions import Course, Leg, Session, course_of
from pilotwire.domain.tariff.tariffs import Conditions, EvseKind, TaxRate

_ONE: Final = Fraction(1)
_CHARGING: Final = RUNNING.index("charging_time")
_IDLE: Final = RUNNING.index("idle_time")
SECONDS_PER_HOUR: Final = 3600
_RANGES: Final = ("energy", "current", "power", "time", "charging_time", "idle_time")


# --- which price counts ---------------------------------------------------------------------------------------------


class _Ranges:
    """The conditions of one price on quantities, as exact numbers."""

    __slots__ = ("conditions", "limits")

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.limits = tuple(
            (number, _exact(low), _exact(high))
            for number, name in enumerate(_RANGES)
            for low, high in [(getattr(conditions, f"min_{name}"), getattr(conditions, f"max_{name}"))]
            if low is not None or high is not None
        )

    def hold(self, values: tuple[Fraction, ...]) -> bool:
        """Whether all do; `values` in the order of `_RANGES`."""
        return all(within(values[number], low, high) for number, low, high in self.limits)


def _exact(limit: Decimal | int | None) -> Fraction | None:
    return None if limit is None else Fraction(limit)


class _Prices:
    """A tariff's prices of what is used as the session goes on, ready to choose from."""

    def __init__(self, tariff: GeneralTariff) -> None:
        self.tariff = tariff
        self.parts: list[tuple[str, tuple[tuple[Rate, _Ranges | None], ...]]] = []
        for name in RUNNING:
            part: Rates | None = getattr(tariff, name)
            rates = () if part is None else part.prices
            self.parts.append(
                (name, tuple((r, None if r.conditions is None else _Ranges(r.conditions)) for r in rates))
            )
        ranges = [one for _, rates in self.parts for _, one in rates if one is not None]
        self.limits: dict[str, set[Fraction]] = {name: set() for name in _RANGES}
        for one in ranges:
            for number, low, high in one.limits:
                self.limits[_RANGES[number]].update(each for each in (low, high) if each is not None)
        self.needs_current = bool(self.limits["current"])
        self.needs_power = bool(self.limits["power"])

    def fitting(self, local: datetime, kind: EvseKind) -> list[list[tuple[int, _Ranges | None]]]:
        """Those of each part whose conditions on the calendar hold."""
        return [
            [
                (number, ranges)
                for number, (_, ranges) in enumerate(rates)
                if ranges is None or calendar_fits(ranges.conditions, local, kind)
            ]
            for _, rates in self.parts
        ]


def conditions_of(tariff: GeneralTariff) -> Iterator[Conditions]:
    """All conditions on prices of what is used as the session goes on."""
    for name in RUNNING:
        part: Rates | None = getattr(tariff, name)
        yield from (rate.conditions for rate in (() if part is None else part.prices) if rate.conditions is not None)


# --- the session ----------------------------------------------------------------------------------------------------


def account_of(session: Session, until: datetime | None = None) -> tuple[Account, Course] | None:
    """What a session comes to: steps and the least of each part are counted once it has ended. None: nothing was told of it."""
    course = course_of(session, until)
    if course is None or not session.tariffs:
        return None
    timeline = sorted(session.tariffs, key=lambda one: (one.at, one.tariff.tariff_id))
    begin_at = course.begin
    zone, failure = zone_of(session.time_zone)
    account = Account(timeline[0].tariff, failures=[*course.failures, *([failure] if failure else [])])
    counting = [one for one in timeline if one.at <= begin_at] or timeline[:1]
    changes = [one for one in timeline if one.at > begin_at and one is not counting[-1]]
    account.goes_by(counting[-1].tariff)
    local = begin_at.astimezone(zone)
    _begin(account, session, local)
    ends = [*(min(one.at.astimezone(UTC), course.end) for one in changes), course.end]
    starts = [begin_at, *ends[:-1]]
    tariffs = [counting[-1].tariff, *(one.tariff for one in changes)]
    for start, end, tariff in zip(starts, ends, tariffs, strict=True):
        if tariff is not account.tariff and start < course.end:
            if tariff.currency != account.tariff.currency:
                account.failures.append(
                    f"The tariff {tariff.tariff_id} is in {tariff.currency}, not in {account.tariff.currency}: "
                    "the session goes on with the one before."
                )
            else:
                account.goes_by(tariff)
        if start < end:
            _go(account, course, session, (start, end))
    account.settle()
    if session.end is not None:
        _finish(account)
    if account.currents_missed:
        account.failures.append("A price depends on the current, which was not told: it was taken as 0 A.")
    return account, course


def _begin(account: Account, session: Session, local: datetime) -> None:
    """What is to be paid once is looked at at the beginning and never again (I12.FR.06, I12.FR.30)."""
    tariff = account.tariff
    lines = [_fixed(account, "fixed_fee", "fixed", tariff.fixed_fee, session, local)]
    if session.reserved is not None:
        seconds = max(Fraction(session.reserved), ZERO)
        lines.append(
            _fixed(account, "reservation_fixed", "reservation_fixed", tariff.reservation_fixed, session, local)
        )
        rate = first_of(tariff.reservation_time, local, session.evse_kind)
        if rate is not None:
            account.reserved = seconds
            lines.append(time_line(account, "reservation_time", rate, stepped(seconds, rate.step)))
    account.once += [line for line in lines if line is not None]
    account.add({line.key: line.amount for line in account.once})
    for line in account.once:
        line.amount = account.amount(line.amount, line.key.taxes)


def _fixed(
    account: Account, part: str, told_as: str, rates: FixedRates | None, session: Session, local: datetime
) -> Line | None:
    for rate in () if rates is None else rates.prices:
        if fixed_fits(rate.conditions, local, session.evse_kind, session.paid_with):
            return Line(Key(part, told_as, rate.tax_rates), rate.price, _ONE, Fraction(rate.price))
    return None


def first_of(rates: Rates | None, local: datetime, kind: EvseKind) -> Rate | None:
    """The price that counts at a beginning, when nothing was used yet."""
    nothing = (ZERO,) * len(_RANGES)
    for rate in () if rates is None else rates.prices:
        if rate.conditions is None or (
            calendar_fits(rate.conditions, local, kind) and _Ranges(rate.conditions).hold(nothing)
        ):
            return rate
    return None


def time_line(account: Account, part: str, rate: Rate, seconds: Fraction) -> Line:
    """So many seconds at a price of an hour; the amount is in the terms of the prices."""
    amount = Fraction(rate.price) * seconds / SECONDS_PER_HOUR
    return Line(Key(part, "reservation_time", rate.tax_rates), rate.price, seconds, amount)


def stepped(quantity: Fraction, step: int | None) -> Fraction:
    """A quantity rounded up to a multiple of a step; one that is zero, or flowed back, is as it is."""
    return quantity if step is None or quantity <= 0 else Fraction(-(-quantity // step) * step)


def _go(account: Account, course: Course, session: Session, span: tuple[datetime, datetime]) -> None:
    """Price what was used between two moments by the tariff that counts."""
    prices = _Prices(account.tariff)
    zone, _ = zone_of(session.time_zone)
    cuts = calendar_cuts(tuple(conditions_of(account.tariff)), span[0], span[1], zone)
    seconds = [_since(course.begin, each) for each in (span[0], *cuts, span[1])]
    legs = iter(course.legs)
    leg = next(legs, None)
    for begin, end in pairwise(seconds):
        middle = course.begin + timedelta(microseconds=int((begin + end) / 2 * 1_000_000))
        fitting = prices.fitting(middle.astimezone(zone), session.evse_kind)
        while leg is not None and leg.begin < end:
            start, stop = max(leg.begin, begin), min(leg.end, end)
            if start < stop:
                _leg(account, prices, fitting, leg, start, stop)
            if leg.end > end:
                break
            leg = next(legs, None)


def _since(begin: datetime, at: datetime) -> Fraction:
    return Fraction((at.astimezone(UTC) - begin) // timedelta(microseconds=1), 1_000_000)


def _leg(
    account: Account,
    prices: _Prices,
    fitting: list[list[tuple[int, _Ranges | None]]],
    leg: Leg,
    start: Fraction,
    end: Fraction,
) -> None:
    """Split a leg at the instants at which a quantity reaches a limit, and price the pieces."""
    name, so_far = ("charging_time", account.charging_time) if leg.charging else ("idle_time", account.idle_time)
    runs = (("energy", account.energy, leg.energy), ("time", start, _ONE), (name, so_far, _ONE))
    cuts = {start, end}
    for name, so_far, rate in runs:
        if rate:
            for limit in prices.limits[name]:
                at = start + (limit - so_far) / rate
                if start < at < end:
                    cuts.add(at)
    if prices.needs_current and leg.charging and leg.current is None:
        account.currents_missed = True
    idle = _IDLE if leg.charging else _CHARGING
    looked_at: list[list[tuple[int, _Ranges | None]]] = [
        [] if number == idle else part for number, part in enumerate(fitting)
    ]
    depends = any(ranges is not None for part in looked_at for _, ranges in part)
    for one, other in pairwise(sorted(cuts)) if len(cuts) > 2 else ((start, end),):
        values = _halfway(account, leg, one, other) if depends else ()
        chosen = tuple(
            next((number for number, ranges in part if ranges is None or ranges.hold(values)), None)
            for part in looked_at
        )
        _piece(account, prices, leg, one, other, chosen)


def _halfway(account: Account, leg: Leg, start: Fraction, end: Fraction) -> tuple[Fraction, ...]:
    """How things are in the middle of a piece, in the order of `_RANGES`."""
    half = (end - start) / 2
    return (
        account.energy + half * leg.energy,
        leg.current or ZERO,
        leg.power,
        start + half,
        account.charging_time + (half if leg.charging else 0),
        account.idle_time + (0 if leg.charging else half),
    )


def _piece(
    account: Account, prices: _Prices, leg: Leg, start: Fraction, end: Fraction, chosen: tuple[int | None, ...]
) -> None:
    """Price a piece in which the same prices count and all grows evenly."""
    seconds = end - start
    energy = seconds * leg.energy
    account.energy += energy
    if leg.charging:
        account.charging_time += seconds
    else:
        account.idle_time += seconds
    used = {"energy": energy, "charging_time" if leg.charging else "idle_time": seconds, "parking_time": seconds}
    period = _period(account, prices, leg, start, chosen)
    period.energy += energy
    period.seconds += seconds
    amounts: dict[Key, Fraction] = {}
    for (name, rates), number in zip(prices.parts, chosen, strict=True):
        quantity = used.get(name)
        if number is None or not quantity:
            continue
        rate = rates[number][0]
        line = period.lines.get(name)
        if line is None:
            told_as = name if name != "parking_time" else "charging_time" if leg.charging else "idle_time"
            line = period.lines[name] = Line(Key(name, told_as, rate.tax_rates), rate.price, ZERO, ZERO)
        line.quantity += quantity
        if account.limited:
            amounts[line.key] = Fraction(rate.price) * quantity / UNITS[name]
    if amounts:
        account.add(amounts)


def _period(account: Account, prices: _Prices, leg: Leg, start: Fraction, chosen: tuple[int | None, ...]) -> Period:
    """The period that goes on, or a new one where other prices count (I12.FR.35, I12.FR.36) or energy begins or ceases to flow."""
    last = account.periods[-1] if len(account.periods) > account.settled else None
    tariff_id = account.tariff.tariff_id
    if last is None or (last.tariff_id, last.chosen, last.charging) != (tariff_id, chosen, leg.charging):
        last = Period(start, tariff_id, chosen, leg.charging)
        account.periods.append(last)
    if prices.needs_power:
        last.powers = _spread(last.powers, leg.power)
    if prices.needs_current and leg.current is not None:
        last.currents = _spread(last.currents, leg.current)
    return last


def _spread(so_far: tuple[Fraction, Fraction] | None, value: Fraction) -> tuple[Fraction, Fraction]:
    return (value, value) if so_far is None else (min(so_far[0], value), max(so_far[1], value))


# --- the end --------------------------------------------------------------------------------------------------------


def _finish(account: Account) -> None:
    """What is counted once at the end: steps, then the least of each part."""
    tariff = account.tariff
    extra = [line for line in (_step(account, ("energy",)), _step(account, ("charging_time", "idle_time"))) if line]
    extra += [line for line in (_step(account, ("parking_time",)),) if line]
    account.add({line.key: line.amount for line in extra})
    for name in RUNNING:
        part: Rates | None = getattr(tariff, name)
        if part is None or part.least is None or not part.prices:
            continue
        missing = Fraction(part.least) - account.of_part.get(name, ZERO)
        if missing > 0 and name not in account.full:
            taxes = _last_taxes(account, name, part)
            told_as = "idle_time" if name == "parking_time" else name
            line = Line(Key(name, told_as, taxes), part.least, _ONE, missing, "least")
            account.add({line.key: line.amount})
            extra.append(line)
    for line in extra:
        line.amount = account.amount(line.amount, line.key.taxes)
    account.once += extra


def _last_taxes(account: Account, name: str, part: Rates) -> tuple[TaxRate, ...]:
    """The taxes on the price of a part that counted last; if none ever did, on the one that counts when nothing else does."""
    found = (one.lines[name].key.taxes for one in reversed(account.periods) if name in one.lines)
    return next(found, part.prices[-1].tax_rates)


def _step(account: Account, names: tuple[str, ...]) -> Line | None:
    """What is counted besides because a quantity is rounded up (OCPI `step_size`): once a session, by the price that counted last.

    Of charging and idle time only the one that came last is rounded. A price by a tariff that was changed since has no say.
    """
    for period in reversed(account.periods):
        name = next((each for each in names if each in period.lines), None)
        if name is None:
            continue
        line = period.lines[name]
        if period.tariff_id != account.tariff.tariff_id:
            return None
        part: Rates | None = getattr(account.tariff, name)
        number = period.chosen[RUNNING.index(name)]
        if part is None or number is None:
            return None
        total = sum((p.lines[name].quantity for p in account.periods if name in p.lines), ZERO)
        more = stepped(total, part.prices[number].step) - total
        return Line(line.key, line.price, more, Fraction(line.price) * more / UNITS[name], "step") if more else None
    return None
