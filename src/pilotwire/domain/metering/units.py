"""Units of measure: every version's spelling and scale, brought to one base unit a quantity."""

from __future__ import annotations

from decimal import Decimal

BASE_UNITS: dict[str, tuple[str, Decimal]] = {
    # as written on the wire: (base unit, factor); 1.6 spells Celsius both ways (errata 3.5), 2.x has the kilo units as units too
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
_MULTIPLIER_LIMIT = 30


def normalise(value: Decimal, unit: str, multiplier: int = 0) -> tuple[Decimal, str]:
    """`value` x 10^`multiplier` `unit` in its base unit: kWh become Wh, kelvin and Fahrenheit become Celsius.

    A unit not in the standards' lists is kept as it is: losing a vendor's value would be worse than not converting it. A
    `multiplier` beyond any physical quantity (over 10^30) is not applied, so a hostile one costs nothing.
    """
    if multiplier and -_MULTIPLIER_LIMIT <= multiplier <= _MULTIPLIER_LIMIT:
        value = value.scaleb(multiplier)
    known = BASE_UNITS.get(unit)
    if known is not None:
        base, factor = known
        return (value if factor == 1 else value * factor), base
    if unit == "K":
        return value - _ZERO_CELSIUS_IN_KELVIN, "Celsius"
    if unit == "Fahrenheit":
        return (value - 32) * 5 / 9, "Celsius"
    return value, unit


_DEFAULT_UNITS = (
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
)


def default_unit(measurand: str) -> str:
    """The unit of a sample that names none: Wh for energy by the standards, and what is meant in practice for the rest."""
    for beginning, unit in _DEFAULT_UNITS:
        if measurand.startswith(beginning):
            return unit
    return ""
