"""Numbers with a power of ten, as the protocols write quantities, from and to plain numbers in SI units."""

from __future__ import annotations

import math
from typing import Protocol, TypeVar

from pilotwire.iso15118 import din, iso2
from pilotwire.iso15118.iso20.common_types import RationalNumber

_MOST = 32_767


class _Physical(Protocol):
    @property
    def multiplier(self) -> int: ...
    @property
    def value(self) -> int: ...


P = TypeVar("P", bound=_Physical)


def scaled(quantity: float, lowest: int = -3, highest: int = 3) -> tuple[int, int]:
    """Multiplier and value with value · 10^multiplier nearest to `quantity`, as exact as 16 bits allow; clipped where even that ends.

    Raises ValueError for what is no finite number.
    """
    if not math.isfinite(quantity):
        raise ValueError(f"{quantity} is no finite quantity")
    for multiplier in range(lowest, highest + 1):
        value = round(quantity / 10.0**multiplier)
        if abs(value) > _MOST:
            continue
        # the fewest digits that lose nothing: 230 is 230 · 10^0, not 23000 · 10^-2
        while multiplier < min(0, highest) and value % 10 == 0:
            value //= 10
            multiplier += 1
        return multiplier, value
    return highest, _MOST if quantity > 0 else -_MOST


def physical(quantity: float, unit: iso2.UnitSymbol) -> iso2.PhysicalValue:
    """A quantity as ISO 15118-2 writes it (8.5.2.7)."""
    multiplier, value = scaled(quantity)
    return iso2.PhysicalValue(multiplier=multiplier, unit=unit, value=value)


def physical_din(quantity: float, unit: din.UnitSymbol) -> din.PhysicalValue:
    """A quantity as DIN SPEC 70121 writes it."""
    multiplier, value = scaled(quantity)
    return din.PhysicalValue(multiplier=multiplier, unit=unit, value=value)


def rational(quantity: float) -> RationalNumber:
    """A quantity as ISO 15118-20 writes it (RationalNumberType)."""
    exponent, value = scaled(quantity, -3, 9)
    return RationalNumber(exponent=exponent, value=value)


def plain(quantity: iso2.PhysicalValue | din.PhysicalValue | RationalNumber) -> float:
    """The plain number: `value` · 10^multiplier, without its unit."""
    power = quantity.exponent if isinstance(quantity, RationalNumber) else quantity.multiplier
    return quantity.value * 10.0**power if power >= 0 else quantity.value / 10.0**-power
