"""Quantities in base units, exactly; and which sample a transaction is billed by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.metering import (
    MeterReading,
    Sample,
    default_unit,
    is_measurable,
    normalise,
    register_of,
    register_reading,
)
from pilotwire.domain.metering.units import BASE_UNITS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

CONVERSIONS = [
    ("1.5", "kWh", 0, "1500", "Wh"),
    ("1.5", "Wh", 3, "1500", "Wh"),
    ("1.5", "kWh", 3, "1500000", "Wh"),
    ("1500", "Wh", -3, "1.5", "Wh"),
    ("12", "A", -3, "0.012", "A"),
    ("2", "kvarh", 0, "2000", "varh"),
    ("2", "kVAh", 0, "2000", "VAh"),
    ("2", "kVA", 0, "2000", "VA"),
    ("2", "kvar", 0, "2000", "var"),
    ("11.04", "kW", 0, "11040", "W"),
    ("50", "Hertz", 0, "50", "Hz"),
    ("21.5", "Celcius", 0, "21.5", "Celsius"),
    ("0", "K", 0, "-273.15", "Celsius"),
    ("300.15", "K", 0, "27", "Celsius"),
    ("212", "Fahrenheit", 0, "100", "Celsius"),
    ("-40", "Fahrenheit", 0, "-40", "Celsius"),
    ("7", "furlong", 1, "70", "furlong"),
    ("0.98", "", 0, "0.98", ""),
]


@pytest.mark.parametrize(("value", "unit", "multiplier", "base_value", "base"), CONVERSIONS)
def test_a_quantity_in_its_base_unit(value: str, unit: str, multiplier: int, base_value: str, base: str) -> None:
    """Units of the standards' lists, and a vendor's own."""
    assert normalise(Decimal(value), unit, multiplier) == (Decimal(base_value), base)


exact = st.decimals(-(10**25), 10**25, allow_nan=False).filter(is_measurable)


@settings(deadline=None)
@given(value=exact, unit=st.sampled_from(sorted(BASE_UNITS)), multiplier=st.integers(-9, 9))
def test_scaling_never_rounds(value: Decimal, unit: str, multiplier: int) -> None:
    """Whatever the digits: the same quantity, to the last of them."""
    got, base = normalise(value, unit, multiplier)
    if is_measurable(value, multiplier):
        assert Fraction(got) == Fraction(value) * Fraction(10) ** multiplier * Fraction(BASE_UNITS[unit][1])
        assert normalise(got, base) == (got, base)


@settings(deadline=None)
@given(
    value=st.decimals(allow_nan=True, allow_infinity=True)
    | st.sampled_from([Decimal("1E999999"), Decimal("1E-999999")]),
    unit=st.sampled_from(["Wh", "kWh", "K", "Fahrenheit", "?"]),
    multiplier=st.integers(-(2**40), 2**40),
)
def test_normalising_never_raises(value: Decimal, unit: str, multiplier: int) -> None:
    """Numbers from outside are anything; what cannot be measured is known before it is converted."""
    normalise(value, unit, multiplier)
    assert is_measurable(value, multiplier) in (True, False)


@pytest.mark.parametrize(
    ("value", "multiplier", "possible"),
    [
        ("0", 0, True),
        ("0.00", 0, True),
        ("1E30", 0, True),
        ("1E31", 0, False),
        ("1E-30", 0, True),
        ("1E-31", 0, False),
        ("1", 31, False),
        ("0", 10**12, False),
        ("NaN", 0, False),
        ("-Infinity", 0, False),
    ],
)
def test_what_can_be_measured_at_all(value: str, multiplier: int, possible: bool) -> None:
    """Between 10^-30 and 10^31 of a unit."""
    assert is_measurable(Decimal(value), multiplier) is possible


@pytest.mark.parametrize(
    ("measurand", "unit"),
    [
        ("Energy.Active.Import.Register", "Wh"),
        ("Energy.Active.Net", "Wh"),
        ("Energy.Reactive.Export.Interval", "varh"),
        ("Energy.Apparent.Import", "VAh"),
        ("EnergyRequest.Target", "Wh"),
        ("Power.Active.Import", "W"),
        ("Power.Offered", "W"),
        ("Power.Reactive.Import", "var"),
        ("Power.Factor", ""),
        ("Current.Offered", "A"),
        ("Voltage", "V"),
        ("Frequency", "Hz"),
        ("SoC", "Percent"),
        ("Temperature", "Celsius"),
        ("RPM", "RPM"),
        ("Display.PresentSOC", "Percent"),
    ],
)
def test_the_unit_of_a_sample_that_names_none(measurand: str, unit: str) -> None:
    """Wh for energy by the standards, the obvious one for the rest."""
    assert default_unit(measurand) == unit


# --- the register --------------------------------------------------------------------------------------------------------------------


def reading(seconds: int, *samples: Sample) -> MeterReading:
    """Samples of one moment."""
    return MeterReading(at=NOON + timedelta(seconds=seconds), samples=samples)


@pytest.mark.parametrize(
    "unlike",
    [
        {"phase": "L1"},
        {"location": "Inlet"},
        {"measurand": "Energy.Active.Export.Register"},
        {"unit": "furlong"},
        {"value": None},
    ],
)
def test_the_register_is_the_whole_evse_s_at_its_outlet(unlike: dict[str, Any]) -> None:
    """Not one phase's, not the inlet's, not exported energy, not an unknown unit, not a bare signature."""
    other = Sample(**({"value": Decimal(1)} | unlike))
    assert register_of([reading(0, other)]) is None
    assert register_of([reading(0, other, Sample(value=Decimal(7)))]) == 7


def test_the_first_register_and_the_last() -> None:
    """Of readings in the order taken."""
    taken = [
        reading(0, Sample(value=Decimal(230), measurand="Voltage", unit="V")),
        register_reading(NOON, Decimal(100), "Transaction.Begin"),
        reading(2, Sample(value=Decimal(150))),
        reading(3),
    ]
    assert register_of(taken) == 100
    assert register_of(taken, last=True) == 150
    assert register_of([]) is None
