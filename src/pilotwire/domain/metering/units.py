"""Units of measure: every version's spelling and scale, brought to one base unit a quantity."""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache

BASE_UNITS: dict[str, tuple[str, Decimal]] = {
    # as written on the wire: (base unit, factor); 1.6 spells Celsius both ways (J16 errata 2.1), 2.x has the kilo units as units too
    "Wh": ("Wh", Decimal(1)),
    "kWh": ("Wh", Decimal(1000)),
    "varh": ("varh", Decimal(1)),
    "kvarh": ("varh", Decimal(1000)),
    "VAh": ("VAh", Decimal(1)),
    "kVAh": ("VAh", Decimal(1000)),
    "W": ("W", Decimal(1)),
    "kW": ("W", Decimal(1000)),
    "VA": ("VA", Decimal(1)),
    "kVA": ("VA", Decimal(1000)),
    "var": ("var", Decimal(1)),
    "kvar": ("var", Decimal(1000)),
    "A": ("A", Decimal(1)),
    "V": ("V", Decimal(1)),
    "Percent": ("Percent", Decimal(1)),
    "Celsius": ("Celsius", Decimal(1)),
    "Celcius": ("Celsius", Decimal(1)),
    "Hz": ("Hz", Decimal(1)),
    "Hertz": ("Hz", Decimal(1)),
}

_ZERO_CELSIUS_IN_KELVIN = Decimal("273.15")
_LARGEST_EXPONENT = 30
_EXACT = Context(prec=100, traps=[])
"""Enough digits for any number a meter writes, so scaling never rounds; and no operation raises."""
_ROUNDED = Context(prec=28, traps=[])
"""For the one conversion that divides."""


def is_measurable(value: Decimal, multiplier: int = 0) -> bool:
    """Whether `value` x 10^`multiplier` can be a measured quantity at all: finite, and between 10^-30 and 10^31 in size.

    What lies outside is no physical quantity but costs megabytes once it is written out, so it is not to be taken as a number.
    """
    return value.is_finite() and -_LARGEST_EXPONENT <= value.adjusted() + multiplier <= _LARGEST_EXPONENT


def normalise(value: Decimal, unit: str, multiplier: int = 0) -> tuple[Decimal, str]:
    """`value` x 10^`multiplier` `unit` in its base unit: kWh become Wh, kelvin and Fahrenheit become Celsius.

    Exact, but for Fahrenheit, which is rounded to 28 digits. A unit not in the standards' lists is kept as it is: losing a vendor's
    value would be worse than not converting it. Never raises; a number that is not `is_measurable` comes back as it is.
    """
    if multiplier:
        if not is_measurable(value, multiplier):
            return value, unit
        value = value.scaleb(multiplier, _EXACT)
    known = BASE_UNITS.get(unit)
    if known is not None:
        base, factor = known
        return (value if unit == base else _EXACT.multiply(value, factor)), base
    if unit == "K":
        return _EXACT.subtract(value, _ZERO_CELSIUS_IN_KELVIN), "Celsius"
    if unit == "Fahrenheit":
        return _ROUNDED.divide(_EXACT.multiply(_EXACT.subtract(value, Decimal(32)), Decimal(5)), Decimal(9)), "Celsius"
    return value, unit


_DEFAULT_UNITS = (
    ("EnergyRequest", "Wh"),
    ("Display.BatteryEnergyCapacity", "Wh"),
    ("Display.RemainingTime", "s"),
    ("Display.ChargingComplete", ""),
    ("Display.InletHot", ""),
    ("Display", "Percent"),
    ("Energy.Reactive", "varh"),
    ("Energy.Apparent", "VAh"),
    ("Energy", "Wh"),
    ("Power.Reactive", "var"),
    ("Power.Factor", ""),
    ("Power", "W"),
    ("Current", "A"),
    ("Voltage", "V"),
    ("SoC", "Percent"),
    ("Temperature", "Celsius"),
    ("Frequency", "Hz"),
    ("RPM", "RPM"),
)


@lru_cache(maxsize=256)
def default_unit(measurand: str) -> str:
    """The unit of a sample that names none: Wh for energy by the standards, and what is meant in practice for the rest."""
    for beginning, unit in _DEFAULT_UNITS:
        if measurand.startswith(beginning):
            return unit
    return ""
