"""What a session has used and what that comes to: exact sums by part and taxes, up to their most; periods and their lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from pilotwire.domain.tariff.general import RUNNING, CostLimits, GeneralTariff, Rates, TaxesInPrices
from pilotwire.domain.tariff.money import tax_factor
from pilotwire.domain.tariff.tariffs import TaxRate

ZERO: Final = Fraction(0)
UNITS: Final = {"energy": 1000} | dict.fromkeys(("charging_time", "idle_time", "parking_time"), 3600)
"""In how many Wh or seconds the unit of a price is."""
_ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Key:
    """What an amount is of: the part of the tariff, the kind of cost it is told as in 2.1 (which knows no parking), and its taxes."""

    part: str
    told_as: str
    taxes: tuple[TaxRate, ...]

    def with_tax(self, amount: Fraction) -> Fraction:
        """The amount with its taxes."""
        return amount * factor_of(self.taxes)


@lru_cache(maxsize=256)
def factor_of(taxes: tuple[TaxRate, ...]) -> Fraction:
    """By what an amount grows with its taxes."""
    return Fraction(tax_factor(taxes))


@dataclass(slots=True)
class Line:
    """A quantity at a price: Wh, seconds, or one. `amount` without tax. `why`: step, least; empty for what was used."""

    key: Key
    price: Decimal
    quantity: Fraction
    amount: Fraction
    why: str = ""


@dataclass(slots=True)
class Period:
    """A stretch in which the same prices counted, with what was used in it. Times in seconds since the beginning."""

    begin: Fraction
    tariff_id: str
    chosen: tuple[int | None, ...]
    charging: bool
    energy: Fraction = ZERO
    seconds: Fraction = ZERO
    powers: tuple[Fraction, Fraction] | None = None
    currents: tuple[Fraction, Fraction] | None = None
    lines: dict[str, Line] = field(default_factory=dict)


@dataclass(slots=True)
class Sum:
    """Amounts without tax up to the most they may come to; once that is reached nothing is added (I12.FR.39)."""

    most_excl: Fraction | None = None
    most_incl: Fraction | None = None
    items: dict[Key, Fraction] = field(default_factory=dict)
    excl: Fraction = ZERO
    incl: Fraction = ZERO
    frozen: bool = False

    def add(self, amounts: dict[Key, Fraction]) -> None:
        """Add amounts that grow evenly and together: the step that would go beyond is taken in part."""
        if self.frozen:
            return
        excl = sum(amounts.values(), ZERO)
        incl = sum((key.with_tax(amount) for key, amount in amounts.items()), ZERO)
        share = _ONE
        for most, old, more in ((self.most_excl, self.excl, excl), (self.most_incl, self.incl, incl)):
            if most is not None and max(old, old + more) >= most:
                self.frozen = True
                share = min(share, (most - old) / more if old < most else ZERO)
        for key, amount in amounts.items():
            self.items[key] = self.items.get(key, ZERO) + share * amount
        self.excl += share * excl
        self.incl += share * incl


@dataclass(slots=True)
class Account:
    """What a session has used and what that came to; `without_tax` and `with_tax` are the sums for the two totals.

    While nothing limits a sum before the end, the lines of periods are added up once, by `settle`; else as they grow.
    """

    tariff: GeneralTariff
    without_tax: Sum = field(default_factory=Sum)
    with_tax: Sum = field(default_factory=Sum)
    energy: Fraction = ZERO
    charging_time: Fraction = ZERO
    idle_time: Fraction = ZERO
    reserved: Fraction | None = None
    periods: list[Period] = field(default_factory=list)
    once: list[Line] = field(default_factory=list)
    of_part: dict[str, Fraction] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)
    keys: dict[Key, None] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    currents_missed: bool = False
    limited: bool = False
    settled: int = 0

    def goes_by(self, tariff: GeneralTariff) -> None:
        """Go on with another tariff: its limits count from now on, for all that was counted before as well (I11.FR.08)."""
        self.settle()
        self.tariff = tariff
        self.full.clear()
        most = tariff.max_cost
        excl = None if most is None or most.excl_tax is None else Fraction(most.excl_tax)
        incl = None if most is None or most.incl_tax is None else Fraction(most.incl_tax)
        together = tariff.limits is CostLimits.TOGETHER or excl is None or incl is None
        for one, limits in (
            (self.without_tax, (excl, incl if together else None)),
            (self.with_tax, (excl if together else None, incl)),
        ):
            one.most_excl, one.most_incl = limits
            one.frozen = False
        parts = (getattr(tariff, name) for name in RUNNING)
        self.limited = most is not None or any(part is not None and part.most is not None for part in parts)

    def settle(self) -> None:
        """Work out the amounts of the lines of all periods since it was done last; they do not go on after it."""
        for period in self.periods[self.settled :]:
            for name, line in period.lines.items():
                line.amount = Fraction(line.price) * line.quantity / UNITS[name]
                if not self.limited:
                    self.add({line.key: line.amount})
                line.amount = self.amount(line.amount, line.key.taxes)
        self.settled = len(self.periods)

    def amount(self, price: Fraction, taxes: tuple[TaxRate, ...]) -> Fraction:
        """An amount in the terms of the tariff's prices, without tax."""
        return price / factor_of(taxes) if self.tariff.taxes is TaxesInPrices.INCLUDED else price

    def add(self, amounts: dict[Key, Fraction]) -> None:
        """Add amounts (in the terms of the prices) that grow evenly and together, each part up to its most."""
        self.keys.update(dict.fromkeys(amounts))
        left = {key: amount for key, amount in amounts.items() if key.part not in self.full}
        while left:
            share, reached = self._next_full(left)
            step = {key: amount * share for key, amount in left.items()} if reached else left
            for key, amount in step.items():
                self.of_part[key.part] = self.of_part.get(key.part, ZERO) + amount
            without = {key: self.amount(amount, key.taxes) for key, amount in step.items()}
            self.without_tax.add(without)
            self.with_tax.add(without)
            if not reached:
                break
            self.full.add(reached)
            left = {key: amount * (1 - share) for key, amount in left.items() if key.part != reached}

    def _next_full(self, amounts: dict[Key, Fraction]) -> tuple[Fraction, str]:
        """How far these amounts can be added until the first part has come to its most, and which that is."""
        first, reached = _ONE, ""
        for part in sorted({key.part for key in amounts}):
            prices = getattr(self.tariff, part)
            if not isinstance(prices, Rates) or prices.most is None:
                continue
            more = sum((amount for key, amount in amounts.items() if key.part == part), ZERO)
            old = self.of_part.get(part, ZERO)
            most = Fraction(prices.most)
            if max(old, old + more) >= most:
                share = (most - old) / more if old < most else ZERO
                if share < first or not reached:
                    first, reached = min(share, first), part
        return first, reached
