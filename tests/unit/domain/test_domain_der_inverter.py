"""An inverter's figures by themselves: what beside what, how long, how fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pilotwire.domain.der_control import Curve, CurvePoint, DerUnit, FixedPowerFactor
from pilotwire.domain.der_inverter import (
    Course,
    Rating,
    allowed_seconds,
    by_curve,
    by_percent,
    by_power_factor,
    by_power_factor_curve,
    ramped,
    responded,
)

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
RATING = Rating(watts=Decimal(10_000), charge_watts=Decimal(20_000))


def curve(*points: tuple[float, float], unit: str = "PctMaxVar") -> Curve:
    """A curve of (x, y)."""
    data = tuple(CurvePoint(x=Decimal(str(x)), y=Decimal(str(y))) for x, y in points)
    return Curve(curve_data=data, priority=0, y_unit=DerUnit(unit))


@pytest.mark.parametrize(
    ("injected", "reactive", "watts"), [(6000, 8000, 6000), (6000, 0, 10_000), (-6000, 12_000, 16_000), (1, 10_001, 0)]
)
def test_what_is_left_beside_a_reactive_power(injected: int, reactive: int, watts: int) -> None:
    """By the apparent power in that direction."""
    assert RATING.left_for_watts(Decimal(injected), Decimal(reactive)) == watts


def test_reactive_power_is_clamped_in_both_directions() -> None:
    assert [RATING.clamped(Decimal(var)) for var in (-9000, -10, 9000)] == [-4400, -10, 4400]


@pytest.mark.parametrize(
    ("unit", "injected", "var"),
    [("PctMaxVar", 0, 2200), ("PctMaxW", 0, 5000), ("PctVarAvail", 9000, 2179.4), ("PctVarAvail", 10_000, 0)],
)
def test_percents_are_of_what_their_unit_says(unit: str, injected: int, var: float) -> None:
    assert by_percent(Decimal(50), DerUnit(unit), Decimal(injected), RATING) == pytest.approx(Decimal(str(var)), abs=1)


@pytest.mark.parametrize("unit", ["Not_Applicable", "PctWAvail", "PctEffectiveV"])
def test_other_units_say_nothing_about_reactive_power(unit: str) -> None:
    assert by_curve(Decimal(1), curve((0, 5), unit=unit), Decimal(0), RATING) is None


@pytest.mark.parametrize(("absorbs", "sign"), [(True, -1), (False, 1)])
def test_a_power_factor_goes_with_the_power_in_either_direction(absorbs: bool, sign: int) -> None:
    """0.8 are 3 to 4; one of zero does not divide by it."""
    setting = FixedPowerFactor(priority=0, displacement=Decimal("0.8"), excitation=absorbs)
    assert {by_power_factor(Decimal(watts), setting) for watts in (4000, -4000)} == {sign * 3000}
    none = FixedPowerFactor(priority=0, displacement=Decimal(0), excitation=absorbs)
    assert by_power_factor(Decimal(0), none) == 0


def test_a_curve_of_power_factors_absorbs_where_they_are_negative() -> None:
    sides = [by_power_factor_curve(Decimal(4000), curve((0, factor), (100, factor)), RATING) for factor in (0.8, -0.8)]
    assert sides == [3000, -3000]


@pytest.mark.parametrize(
    ("above", "value", "seconds"),
    [
        (True, 109, None),
        (True, 110, 10),
        (True, 115, 6),
        (True, 120, 2),
        (True, 150, 2),
        (False, 121, None),
        (False, 119, 2.8),
    ],
)
def test_how_long_a_value_may_last(above: bool, value: int, seconds: float | None) -> None:
    """The level nearest to normal is the lowest of an upper curve, and the highest of a lower one."""
    expected = None if seconds is None else Decimal(str(seconds))
    assert allowed_seconds(curve((10, 110), (2, 120)), Decimal(value), above=above) == expected


@pytest.mark.parametrize(("seconds", "value"), [(0, 0), (5, 68.4), (10, 90), (20, 99), (30, 100)])
def test_a_response_is_at_nine_tenths_after_its_time(seconds: int, value: float) -> None:
    course = Course(value=Decimal(0), target=Decimal(100), at=T0)
    found = responded(course, T0 + timedelta(seconds=seconds), Decimal(10))
    assert float(found.value) == pytest.approx(value, abs=0.05)
    assert found.is_there == (seconds == 30)


@pytest.mark.parametrize(("target", "seconds", "value"), [(100, 3, 30), (-100, 3, -30), (100, 20, 100), (0, 1, 0)])
def test_a_ramp_is_a_straight_line(target: int, seconds: int, value: int) -> None:
    course = Course(value=Decimal(0), target=Decimal(target), at=T0)
    found = ramped(course, T0 + timedelta(seconds=seconds), Decimal(10))
    assert (found.value, found.is_there) == (value, value == target)
