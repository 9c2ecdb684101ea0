"""What a vehicle says of itself to a DC station."""

from __future__ import annotations

import pytest

from pilotwire.ev import Vehicle, Wish, vehicle


def _at_dc(car: Vehicle) -> Vehicle:
    """Under power at a DC outlet."""
    car.plug_in()
    car.offer(dc=True, phases=1, voltage_v=1000, current_a=125, power_w=50_000, live=True)
    for _ in range(5):
        car.run(10)
    return car


def test_battery_goal_and_limits() -> None:
    """Of the model."""
    told = _at_dc(vehicle("family-77", soc=30, wish=Wish(target_soc=80))).tells()
    assert (told.capacity_wh, told.target_soc, told.volts) == (77_000, 80, (320, 400))
    assert 30 < told.present_soc < 32
    assert (told.complete, told.minimum_soc, told.max_discharge) == (False, None, None)


def test_a_goal_in_energy_is_a_state_of_charge() -> None:
    """What its driver wants of energy, from now on."""
    car = _at_dc(vehicle("family-77", soc=50, wish=Wish(energy_wh=7_700)))
    assert car.tells().target_soc == pytest.approx(60, abs=0.01)


def test_who_has_enough_says_so() -> None:
    """The driver's wish is fulfilled."""
    assert vehicle("family-77", soc=80, wish=Wish(target_soc=80)).tells().complete


def test_who_gives_back_says_how_far() -> None:
    """And how much."""
    told = vehicle("v2x-compact-40", soc=60).tells()
    assert (told.minimum_soc, told.max_discharge) == (20, (20_000, 60))
