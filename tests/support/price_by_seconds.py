"""What a session costs, said a second time: walked through in seconds (or minutes), asking in each one which prices count now.

It reads the plain fields of tariffs and sessions and shares nothing with how the product chooses, splits, limits and rounds: it never works
out when a time of day comes or local time shifts, but looks at the clock on the wall in every cell. All sums are exact fractions; a cell in
which a quantity reaches a limit is cut there. `Case.random` makes up a tariff and a session from a number; `disagreement` compares.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff.general import GeneralTariff, Rate, Rates
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.tariff.sessions import Session

F = Fraction
NOTHING = Fraction(0)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = ("energy", "charging_time", "idle_time", "parking_time")
PLACES = {"EUR": 2, "JPY": 0, "KWD": 3, "USD": 2}


@dataclass
class Case:
    """A session whose facts lie on a grid of `cell` seconds; `shuffled`: the same with its facts in any order, some told twice."""

    session: Session
    cell: int
    shuffled: Session

    @property
    def cells(self) -> int:
        """How many cells it has."""
        assert self.session.begin is not None
        assert self.session.end is not None
        return int((self.session.end - self.session.begin).total_seconds()) // self.cell

    @classmethod
    def random(cls, seed: int, most: int = 400) -> Case:
        """A case made up from a number, of at most so many cells."""
        from tests.support.price_cases import made_up

        return made_up(random.Random(seed), most)


# --- which price counts in a cell ----------------------------------------------------------------------------------------


def clock_fits(c: Any, wall: datetime, kind: str) -> bool:
    """The conditions on the calendar, as they read."""
    day, minute = wall.date().isoformat(), wall.hour * 60 + wall.minute
    if c.evse_kind is not None and c.evse_kind.value != kind:
        return False
    if (c.valid_from_date and day < c.valid_from_date) or (c.valid_to_date and day >= c.valid_to_date):
        return False
    if c.day_of_week and DAYS[wall.weekday()] not in {one.value for one in c.day_of_week}:
        return False
    start = minutes(c.start_time_of_day or "00:00")
    end = minutes(c.end_time_of_day or "00:00") or 1440
    if start == end:
        return minute >= start
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end


def minutes(text: str) -> int:
    """Minutes since midnight."""
    return int(text[:2]) * 60 + int(text[3:])


def quantities_fit(c: Any, values: dict[str, Fraction]) -> bool:
    """The conditions on quantities: a negative limit is one of energy that flows back."""
    for name, value in values.items():
        low, high = getattr(c, f"min_{name}"), getattr(c, f"max_{name}")
        if low is None and high is None:
            continue
        back = (low is not None and low < 0) or (high is not None and high < 0)
        size = -value if back else value
        if low is not None and size < abs(F(low)):
            return False
        if high is not None and size >= abs(F(high)):
            return False
    return True


# --- money ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def factor(rates: Any) -> Fraction:
    """What one becomes with its taxes."""
    total = F(1)
    for stack in range(10):
        total *= 1 + sum((F(r.tax) for r in rates if (r.stack or 0) == stack), F(0)) / 100
    return total


def to_unit(amount: Fraction, tariff: GeneralTariff) -> Decimal:
    """Rounded as the tariff says."""
    rule = tariff.rounding
    unit = F(10) ** -PLACES[tariff.currency] if rule.unit is None else F(rule.unit)
    many, sign = abs(amount) / unit, -1 if amount < 0 else 1
    if rule.mode.value == "HalfUp":
        count = math.floor(many + F(1, 2))
    elif rule.mode.value == "HalfEven":
        count = round(many)
    else:
        count = math.ceil(many) if rule.mode.value == "Up" else math.floor(many)
    result = sign * count * unit
    return Decimal(result.numerator) / Decimal(result.denominator)


@dataclass
class Ledger:
    """A sum that stops growing at limits, with the sums of its parts."""

    excl_limit: Fraction | None = None
    incl_limit: Fraction | None = None
    excl: Fraction = NOTHING
    incl: Fraction = NOTHING
    stopped: bool = False
    parts: dict[str, Fraction] = field(default_factory=dict)
    parts_stopped: set[str] = field(default_factory=set)

    def grow(self, tariff: GeneralTariff, amounts: list[tuple[str, Any, Fraction]]) -> None:
        """Let amounts (part, taxes, in the terms of the prices) grow evenly from nothing; find the first limit, go there, go on."""
        todo = [one for one in amounts if one[0] not in self.parts_stopped]
        while todo:
            rows = []
            for _, taxes, amount in todo:
                with_tax = factor(taxes)
                rows.append(
                    (amount / with_tax, amount) if tariff.taxes.value == "Included" else (amount, amount * with_tax)
                )
            way, stops = F(1), ""
            for part in {one[0] for one in todo}:
                most = getattr(getattr(tariff, part), "most", None)
                more = sum((amount for name, _, amount in todo if name == part), F(0))
                room = F(1) if most is None else F(most) - self.parts.get(part, F(0))
                if most is not None and (room <= 0 or more >= room):
                    till = F(0) if room <= 0 else room / more
                    if not stops or till < way:
                        way, stops = till, part
            self._total(sum((one[0] for one in rows), F(0)) * way, sum((one[1] for one in rows), F(0)) * way)
            for part, _, amount in todo:
                self.parts[part] = self.parts.get(part, F(0)) + amount * way
            if not stops:
                return
            self.parts_stopped.add(stops)
            todo = [(part, taxes, amount * (1 - way)) for part, taxes, amount in todo if part != stops]

    def _total(self, excl: Fraction, incl: Fraction) -> None:
        if self.stopped:
            return
        way = F(1)
        for limit, so_far, more in ((self.excl_limit, self.excl, excl), (self.incl_limit, self.incl, incl)):
            if limit is not None and (so_far >= limit or so_far + more >= limit):
                self.stopped = True
                way = min(way, F(0) if so_far >= limit else (limit - so_far) / more)
        self.excl += excl * way
        self.incl += incl * way


def limits_of(tariff: GeneralTariff) -> list[tuple[Fraction | None, Fraction | None]]:
    """The limits of the ledger for the total without tax, and of the one for the total with tax."""
    most = tariff.max_cost
    excl = None if most is None or most.excl_tax is None else F(most.excl_tax)
    incl = None if most is None or most.incl_tax is None else F(most.incl_tax)
    if tariff.limits.value == "Apart" and excl is not None and incl is not None:
        return [(excl, None), (None, incl)]
    return [(excl, incl), (excl, incl)]


# --- the walk ------------------------------------------------------------------------------------------------------------


class Walk:
    """A session walked through."""

    def __init__(self, case: Case) -> None:
        self.session, self.cell = case.session, case.cell
        assert self.session.begin is not None
        self.begin = self.session.begin
        self.cells = case.cells
        self.zone = ZoneInfo(self.session.time_zone)
        self.kind = self.session.evse_kind.value
        self.used = {"energy": F(0), "charging_time": F(0), "idle_time": F(0)}
        apart = any(limits_of(one.tariff)[0] != limits_of(one.tariff)[1] for one in self.session.tariffs)
        self.ledgers = [Ledger(), Ledger()] if apart else [Ledger()]
        self.billed = dict.fromkeys(PARTS, F(0))
        self.last: dict[str, tuple[Rate, str]] = {}
        self.last_time = ""
        told = [one for one in self.session.readings if one.register is not None]
        self.stretches = [
            (
                b.at,
                F((b.register or 0) - (a.register or 0) - (b.exported or 0) + (a.exported or 0))
                / int((b.at - a.at).total_seconds()),
            )
            for a, b in pairwise(told)
        ]
        self.tariff = self.session.tariffs[0].tariff
        self._go_by(self.tariff)

    def _go_by(self, tariff: GeneralTariff) -> None:
        self.tariff = tariff
        self.rates = [
            (name, tuple(part.prices if part is not None else ())) for name in PARTS for part in [getattr(tariff, name)]
        ]
        told = [rate.conditions for _, rates in self.rates for rate in rates if rate.conditions is not None]
        self.marks = {
            name: sorted(
                {F(x) for c in told for x in (getattr(c, f"min_{name}"), getattr(c, f"max_{name}")) if x is not None}
            )
            for name in ("energy", "time", "charging_time", "idle_time")
        }
        for ledger, (excl, incl) in zip(self.ledgers, limits_of(tariff), strict=False):
            ledger.excl_limit, ledger.incl_limit, ledger.stopped = excl, incl, False
            ledger.parts_stopped.clear()

    def total(self) -> tuple[Decimal, Decimal]:
        """Walk; the totals without and with tax as they are told."""
        self._once()
        changes = {int((one.at - self.begin).total_seconds()): one.tariff for one in self.session.tariffs[1:]}
        facts = sorted(self.session.readings, key=lambda one: one.at)
        state: dict[str, Any] = {"charging": None, "power": None, "current": None}
        number = 0
        for n in range(self.cells):
            second = n * self.cell
            if second in changes:
                self._go_by(changes[second])
            at = self.begin + timedelta(seconds=second)
            while number < len(facts) and facts[number].at <= at:
                fact = facts[number]
                state |= {name: getattr(fact, name) for name in state if getattr(fact, name) is not None}
                number += 1
            wall = at.astimezone(self.zone)
            self._cell(second, wall, self._slope(at), state)
        self._end()
        return self._told()

    def _slope(self, at: datetime) -> Fraction:
        """Wh in a second, net, between the reading before and the one after."""
        while self.stretches and at >= self.stretches[0][0]:
            self.stretches.pop(0)
        return self.stretches[0][1] if self.stretches else F(0)

    def _cell(self, second: int, wall: datetime, slope: Fraction, state: dict[str, Any]) -> None:
        flows = slope != 0 if state["charging"] is None else state["charging"]
        dim = "charging_time" if flows else "idle_time"
        cuts = {F(0), F(self.cell)}
        for name, so_far, rate in (
            ("energy", self.used["energy"], slope),
            ("time", F(second), F(1)),
            (dim, self.used[dim], F(1)),
        ):
            for mark in self.marks[name]:
                if rate and 0 < (mark - so_far) / rate < self.cell:
                    cuts.add((mark - so_far) / rate)
        fitting = [
            (name, [r for r in rates if r.conditions is None or clock_fits(r.conditions, wall, self.kind)])
            for name, rates in self.rates
        ]
        edges = sorted(cuts)
        for a, b in pairwise(edges):
            half = (b - a) / 2
            values = {
                "energy": self.used["energy"] + slope * half,
                "power": F(0) if not flows else slope * 3600 if state["power"] is None else F(state["power"]),
                "current": F(state["current"] or 0) if flows else F(0),
                "time": second + a + half,
                "charging_time": self.used["charging_time"] + (half if flows else 0),
                "idle_time": self.used["idle_time"] + (0 if flows else half),
            }
            self.used["energy"] += slope * (b - a)
            self.used[dim] += b - a
            self._pay({"energy": slope * (b - a), dim: b - a, "parking_time": b - a}, fitting, values)

    def _pay(
        self, used: dict[str, Fraction], fitting: list[tuple[str, list[Rate]]], values: dict[str, Fraction]
    ) -> None:
        amounts: list[tuple[str, Any, Fraction]] = []
        for name, rates in fitting:
            if not used.get(name):
                continue
            for rate in rates:
                if rate.conditions is None or quantities_fit(rate.conditions, values):
                    amounts.append(
                        (name, rate.tax_rates, F(rate.price) * used[name] / (1000 if name == "energy" else 3600))
                    )
                    self.billed[name] += used[name]
                    self.last[name] = (rate, self.tariff.tariff_id)
                    self.last_time = name if name in ("charging_time", "idle_time") else self.last_time
                    break
        for ledger in self.ledgers:
            ledger.grow(self.tariff, amounts)

    # --- once ------------------------------------------------------------------------------------------------------------

    def _once(self) -> None:
        wall, session = self.begin.astimezone(self.zone), self.session
        amounts: list[tuple[str, Any, Fraction]] = []
        names = ["fixed_fee"] + (["reservation_fixed"] if session.reserved is not None else [])
        for name in names:
            part = getattr(self.tariff, name)
            for rate in () if part is None else part.prices:
                c = rate.conditions
                if c is None or (
                    c.payment_brand in (None, session.paid_with.payment_brand) and clock_fits(c, wall, self.kind)
                ):
                    amounts.append((name, rate.tax_rates, F(rate.price)))
                    break
        reserved = self.tariff.reservation_time
        if session.reserved is not None and reserved is not None:
            zero = dict.fromkeys(("energy", "power", "current", "time", "charging_time", "idle_time"), F(0))
            for rate in reserved.prices:
                c = rate.conditions
                if c is None or (clock_fits(c, wall, self.kind) and quantities_fit(c, zero)):
                    seconds = F(session.reserved)
                    if rate.step and seconds > 0:
                        seconds = F(math.ceil(seconds / rate.step) * rate.step)
                    amounts.append(("reservation_time", rate.tax_rates, F(rate.price) * seconds / 3600))
                    break
        for ledger in self.ledgers:
            ledger.grow(self.tariff, amounts)

    def _end(self) -> None:
        amounts: list[tuple[str, Any, Fraction]] = []
        for name in ("energy", self.last_time, "parking_time"):
            if name not in self.last or self.last[name][1] != self.tariff.tariff_id:
                continue
            rate = self.last[name][0]
            if rate.step and self.billed[name] > 0:
                more = math.ceil(self.billed[name] / rate.step) * rate.step - self.billed[name]
                amounts.append((name, rate.tax_rates, F(rate.price) * more / (1000 if name == "energy" else 3600)))
        for ledger in self.ledgers:
            ledger.grow(self.tariff, amounts)
            for name in PARTS:
                part: Rates | None = getattr(self.tariff, name)
                if part is None or part.least is None or name in ledger.parts_stopped:
                    continue
                missing = F(part.least) - ledger.parts.get(name, F(0))
                if missing > 0:
                    taxes = self.last[name][0].tax_rates if name in self.last else part.prices[-1].tax_rates
                    ledger.grow(self.tariff, [(name, taxes, missing)])

    def _told(self) -> tuple[Decimal, Decimal]:
        excl, incl, least = self.ledgers[0].excl, self.ledgers[-1].incl, self.tariff.min_cost
        apart = self.tariff.limits.value == "Apart"
        if least is not None and (apart or not (self.ledgers[0].stopped or self.ledgers[-1].stopped)):
            low = None if least.excl_tax is None else F(least.excl_tax)
            high = None if least.incl_tax is None else F(least.incl_tax)
            if (low is not None and excl < low) or (high is not None and incl < high):
                grows = factor(least.tax_rates) if least.tax_rates or excl <= 0 else incl / excl
                low = (high or F(0)) / grows if low is None else low
                high = low * grows if high is None else high
                excl, incl = (max(excl, low), max(incl, high)) if apart else (low, high)
        return to_unit(excl, self.tariff), to_unit(incl, self.tariff)


def disagreement(case: Case) -> str | None:
    """How the product and the walk differ, told in a sentence; None: to the last unit of the currency they do not."""
    wanted = Walk(case).total()
    for name, session in (("in order", case.session), ("in any order", case.shuffled)):
        found = priced(session)
        if found is None or (found.excl_tax, found.incl_tax) != wanted:
            got = None if found is None else (found.excl_tax, found.incl_tax)
            return f"facts {name}: {got} instead of {wanted}"
        if found.failures:
            return f"facts {name}: {found.failures}"
    return None


def shuffled(session: Session, r: random.Random) -> Session:
    """The same facts in another order, some of them told twice."""
    facts = [*session.readings, *r.sample(session.readings, min(2, len(session.readings)))]
    r.shuffle(facts)
    timeline = list(session.tariffs)
    r.shuffle(timeline)
    return changed(session, readings=tuple(facts), tariffs=tuple(timeline))


def utc(text: str) -> datetime:
    """A moment, as `2026-03-29T01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
