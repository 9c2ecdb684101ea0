"""The battery: exact charging along its curve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import ConfigError
from pilotwire.ev.battery import Battery, BatterySpec, PowerLine

SPEC = BatterySpec(50_000, 100_000)


def stepped(spec: BatterySpec, energy: float, limits: list[PowerLine], seconds: int, step: float = 0.05) -> float:
    """The same charge by brute force: small steps at the power of the moment."""
    for _ in range(int(seconds / step)):
        line, _ = spec.acceptance(energy)
        energy = min(spec.capacity_wh, energy + min(one.at(energy) for one in (line, *limits)) * step / 3600)
    return energy


def test_constant_supply_below_the_curve_gives_power_times_time():
    """11 kW for an hour are 11 kWh."""
    battery = Battery(SPEC, 5_000)
    assert battery.charge(3600, [PowerLine(11_000)], 50_000) == pytest.approx((3600, 11_000))
    assert battery.energy_wh == pytest.approx(16_000)


def test_the_curve_tapers_when_the_battery_fills():
    """At 80 % the default curve takes half of the highest power, at 100 % nothing."""
    assert Battery(SPEC, 40_000).power_w([PowerLine(1e6)]) == pytest.approx(50_000)
    assert Battery(SPEC, 50_000).power_w([PowerLine(1e6)]) == 0.0


def test_charging_stops_at_the_wanted_energy_and_says_when():
    """Asked for an hour but full after ten minutes, it tells the ten minutes."""
    passed, stored = Battery(SPEC, 10_000).charge(3600, [PowerLine(6_000)], 11_000)
    assert (passed, stored) == (pytest.approx(600), pytest.approx(1_000))


def test_a_full_charge_reaches_exactly_full_in_finite_time():
    """The taper ends above zero, so 100 % is reached and not merely approached."""
    battery = Battery(SPEC, 0)
    passed, stored = battery.charge(1e9, [PowerLine(50_000)], 50_000)
    assert battery.energy_wh == 50_000 == pytest.approx(stored)
    assert 3600 < passed < 3 * 3600


def test_nothing_is_stored_without_power():
    """Zero supply lets the time pass and stores nothing."""
    assert Battery(SPEC, 1_000).charge(60, [PowerLine(0)], 50_000) == (60, 0)


@pytest.mark.parametrize("soc", [0, 3, 40, 59, 75, 93])
def test_the_exact_solution_agrees_with_small_steps(soc: int):
    """Brute force in steps of 50 ms gives the same, across knots and where pack voltage times current limits."""
    limits = [PowerLine(70_000), SPEC.volts().scaled(180)]
    battery = Battery(SPEC, SPEC.capacity_wh * soc / 100)
    expected = stepped(SPEC, battery.energy_wh, limits, 900)
    battery.charge(900, limits, SPEC.capacity_wh)
    assert battery.energy_wh == pytest.approx(expected, abs=0.5)


@given(
    soc=st.floats(0, 100),
    watts=st.floats(500, 200_000),
    amps=st.floats(1, 500),
    cuts=st.lists(st.floats(0.001, 5_000), min_size=1, max_size=12),
)
def test_splitting_a_span_of_time_changes_nothing(soc: float, watts: float, amps: float, cuts: list[float]):
    """One charge of the whole time and many of its pieces end at the same energy."""
    limits = [PowerLine(watts), SPEC.volts().scaled(amps)]
    whole, pieces = (Battery(SPEC, SPEC.capacity_wh * soc / 100) for _ in range(2))
    whole.charge(sum(cuts), limits, SPEC.capacity_wh)
    for cut in cuts:
        pieces.charge(cut, limits, SPEC.capacity_wh)
    assert pieces.energy_wh == pytest.approx(whole.energy_wh, abs=1e-3)


@given(soc=st.floats(0, 99.9), watts=st.floats(500, 200_000), seconds=st.floats(0, 40_000))
def test_energy_stays_within_the_battery_and_within_power_times_time(soc: float, watts: float, seconds: float):
    """Neither the supply, nor the battery's own power, nor its capacity is exceeded."""
    battery = Battery(SPEC, SPEC.capacity_wh * soc / 100)
    _, stored = battery.charge(seconds, [PowerLine(watts)], SPEC.capacity_wh)
    assert 0 <= stored <= min(watts, SPEC.max_charge_w) * seconds / 3600 + 1e-6
    assert battery.energy_wh <= SPEC.capacity_wh


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity_wh": 0},
        {"max_charge_w": -1},
        {"volts_empty": 500.0},
        {"curve": ((0.0, 1.0),)},
        {"curve": ((0.0, 1.0), (50.0, 1.0), (50.0, 0.5), (100.0, 0.1))},
        {"curve": ((10.0, 1.0), (100.0, 0.1))},
        {"curve": ((0.0, 1.0), (100.0, 0.0))},
    ],
)
def test_a_battery_that_cannot_be_is_refused_with_a_remedy(wrong: dict[str, object]):
    """Each impossible figure gets a sentence."""
    with pytest.raises(ConfigError) as caught:
        BatterySpec(**{"capacity_wh": 50_000, "max_charge_w": 50_000, **wrong})
    assert caught.value.remedy


def test_a_battery_cannot_hold_more_than_it_has_room_for():
    """120 % is refused."""
    with pytest.raises(ConfigError, match="cannot hold"):
        Battery(SPEC, 60_000)
