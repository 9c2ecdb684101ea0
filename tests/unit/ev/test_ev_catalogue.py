"""The catalogue: models with the figures of their classes."""

from __future__ import annotations

import pytest

from pilotwire.errors import ConfigError
from pilotwire.ev import VEHICLES, vehicle, vehicle_names


def highest(name: str, *, dc: bool) -> float:
    """The most W a model takes over its whole state of charge, at a very strong outlet."""
    best = 0.0
    for soc in range(0, 100, 5):
        car = vehicle(name, soc=soc)
        car.plug_in()
        car.offer(dc=dc, phases=3, voltage_v=1000 if dc else 230, current_a=700 if dc else 63, power_w=4e5, live=True)
        for _ in range(8):
            car.run(10)
        best = max(best, car.power_w)
    return best


@pytest.mark.parametrize(
    ("name", "kilowatts"),
    [("phev-10", 3.7), ("compact-40", 7.4), ("compact-58", 11), ("hatch-52", 22), ("city-32", 7.4)],
)
def test_the_ac_power_is_that_of_the_class(name: str, kilowatts: float):
    """One phase of 16 or 32 A, two of 16 A, three of 16 or 32 A."""
    assert highest(name, dc=False) == pytest.approx(kilowatts * 1000, rel=0.02)


@pytest.mark.parametrize(
    ("name", "kilowatts"), [("compact-40", 50), ("family-77", 150), ("estate-75", 250), ("saloon-90-800v", 250)]
)
def test_the_dc_power_is_that_of_the_class(name: str, kilowatts: float):
    """50, 150 and 250 kW, give or take what pack voltage and current allow."""
    assert highest(name, dc=True) == pytest.approx(kilowatts * 1000, rel=0.1)
    assert highest(name, dc=True) <= kilowatts * 1000


@pytest.mark.parametrize("name", vehicle_names())
def test_every_model_gets_full(name: str):
    """From 10 % to 100 % within a day, on the side it has."""
    car = vehicle(name, soc=10)
    dc = car.spec.ac is None
    car.plug_in()
    car.offer(dc=dc, phases=3, voltage_v=1000 if dc else 230, current_a=32, power_w=22_080, live=True)
    passed = 0.0
    while car.soc_percent < 100 and passed < 86_400:
        passed += car.run(86_400 - passed)[0]
    assert car.soc_percent == 100


def test_there_are_a_dozen_and_each_is_filed_under_its_name():
    """Names are keys."""
    assert len(VEHICLES) >= 12
    assert all(spec.name == name for name, spec in VEHICLES.items())


def test_an_unknown_model_is_refused_with_the_choice():
    """The sentence lists what there is."""
    with pytest.raises(ConfigError, match="compact-40"):
        vehicle("flying-1")
