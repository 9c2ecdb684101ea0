"""Amounts: smallest units of currencies (ISO 4217), stated rounding, taxes in percent. Exact: nothing is rounded but what is told."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff.tariffs import TaxRate

_USUAL_PLACES: Final = 2
_PLACES: Final = (
    dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0)
    | dict.fromkeys(("XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)
"""Currencies whose smallest unit is not a hundredth (ISO 4217, column "minor unit")."""
_HUNDRED: Final = Decimal(100)


def places_of(currency: str) -> int:
    """How many decimals amounts of a currency have (ISO 4217): EUR 2, JPY 0, KWD 3. A code that is not known has 2."""
    return _PLACES.get(currency, _USUAL_PLACES)


class RoundingMode(StrEnum):
    """To which of the two next units: the nearer (a half up, away from zero, or to the even one), or always up or down in size."""

    HALF_UP = "HalfUp"
    HALF_EVEN = "HalfEven"
    UP = "Up"
    DOWN = "Down"


class Rounding(Value):
    """How final amounts are rounded: to multiples of `unit` (None: the smallest unit of the currency; 0.05 where cash is rounded so)."""

    mode: RoundingMode = RoundingMode.HALF_UP
    unit: Decimal | None = None

    def unit_for(self, currency: str) -> Decimal:
        """What amounts of a currency are multiples of."""
        return Decimal(1).scaleb(-places_of(currency)) if self.unit is None else self.unit


def rounded(amount: Fraction, rounding: Rounding, currency: str) -> Decimal:
    """An exact amount as it is told: once rounded, never twice."""
    unit = rounding.unit_for(currency)
    units = amount / Fraction(unit)
    size, rest = divmod(abs(units), 1)
    up = {
        RoundingMode.HALF_UP: rest >= Fraction(1, 2),
        RoundingMode.HALF_EVEN: rest > Fraction(1, 2) or (rest == Fraction(1, 2) and size % 2 == 1),
        RoundingMode.UP: rest > 0,
        RoundingMode.DOWN: False,
    }[rounding.mode]
    return unit * (-1 if units < 0 else 1) * (int(size) + up)


def told(number: Fraction, places: int) -> Decimal:
    """A quantity or an amount in between, to so many decimals, a half up."""
    return rounded(number, Rounding(unit=Decimal(1).scaleb(-places)), "")


def tax_factor(rates: tuple[TaxRate, ...]) -> Decimal:
    """By what an amount grows with its taxes: those of a stack together, on what the stacks below make (I12.FR.13)."""
    factor = Decimal(1)
    for stack in sorted({rate.stack or 0 for rate in rates}):
        percent = sum((rate.tax for rate in rates if (rate.stack or 0) == stack), Decimal(0))
        factor += factor * percent / _HUNDRED
    return factor


def taxes_of(rates: tuple[TaxRate, ...]) -> tuple[tuple[TaxRate, Decimal], ...]:
    """Each tax, and which part of an amount without taxes it comes to."""
    parts: list[tuple[TaxRate, Decimal]] = []
    below = Decimal(1)
    for stack in sorted({rate.stack or 0 for rate in rates}):
        of_stack = [rate for rate in rates if (rate.stack or 0) == stack]
        parts += [(rate, below * rate.tax / _HUNDRED) for rate in of_stack]
        below += sum((below * rate.tax / _HUNDRED for rate in of_stack), Decimal(0))
    return tuple(parts)
