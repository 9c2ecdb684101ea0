"""Vehicles that give energy back: exact discharging, and the vehicle's half of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import ConfigError
from pilotwire.ev import Battery, BatterySpec, DcInlet, Feedback, PowerLine, Vehicle, VehicleSpec, Wish, vehicle

SPEC = BatterySpec(50_000, 100_000, max_discharge_w=40_000)


def stepped(spec: BatterySpec, energy: float, limits: list[PowerLine], seconds: int, step: float = 0.05) -> float:
    """The same discharge by brute force: small steps at the power of the moment."""
    for _ in range(int(seconds / step)):
        line, _ = spec.release(energy)
        energy = max(0.0, energy - min(one.at(energy) for one in (line, *limits)) * step / 3600)
    return energy


def test_constant_demand_gives_power_times_time():
    """10 kW for an hour are 10 kWh."""
    battery = Battery(SPEC, 45_000)
    assert battery.discharge(3600, [PowerLine(10_000)], 0) == pytest.approx((3600, 10_000))
    assert battery.energy_wh == pytest.approx(35_000)


def test_an_emptying_battery_gives_less_and_less():
    """Below a fifth the curve bends down."""
    assert Battery(SPEC, 30_000).release_w([]) == 40_000
    assert Battery(SPEC, 5_000).release_w([]) == pytest.approx(32_000)
    assert Battery(SPEC, 2_500).release_w([]) == pytest.approx(18_000)
    assert Battery(SPEC, 0).release_w([]) == 0


def test_it_ends_exactly_where_it_is_to_stop():
    """The time used is that until then."""
    battery = Battery(SPEC, 20_000)
    seconds, given_wh = battery.discharge(7200, [PowerLine(10_000)], 17_000)
    assert (seconds, given_wh, battery.energy_wh) == (pytest.approx(1080), pytest.approx(3_000), 17_000)


@given(start=st.floats(500, 50_000), watts=st.floats(1_000, 60_000), amps=st.floats(10, 200))
def test_discharging_is_the_brute_force_result(start: float, watts: float, amps: float):
    """The lower envelope of curve, demand and current is followed to the Wh."""
    battery, sink = Battery(SPEC, start), [PowerLine(watts), SPEC.volts().scaled(amps)]
    used, given_wh = battery.discharge(60, sink, 0)
    assert used == pytest.approx(60)
    assert start - given_wh == pytest.approx(battery.energy_wh)
    assert battery.energy_wh == pytest.approx(stepped(SPEC, start, sink, 60), abs=0.5)


def test_it_goes_through_every_knot_of_its_curve():
    """From above the first bend to almost nothing, as by brute force."""
    battery = Battery(SPEC, 12_000)
    used, given_wh = battery.discharge(1500, [], 0)
    assert (used, given_wh) == (pytest.approx(1500), pytest.approx(12_000 - battery.energy_wh))
    assert battery.energy_wh == pytest.approx(stepped(SPEC, 12_000, [], 1500), abs=2)
    assert 0 < battery.energy_wh < 5_000


@given(start=st.floats(0, 50_000), stop=st.floats(0, 50_000), cuts=st.lists(st.floats(0.1, 3_000), max_size=8))
def test_splitting_the_time_changes_nothing(start: float, stop: float, cuts: list[float]):
    """One jump and many small ones end at the same energy."""
    jump, walk = Battery(SPEC, start), Battery(SPEC, start)
    jump.discharge(sum(cuts), [PowerLine(25_000)], stop)
    for piece in cuts:
        walk.discharge(piece, [PowerLine(25_000)], stop)
    assert walk.energy_wh == pytest.approx(jump.energy_wh, abs=0.01)
    assert jump.energy_wh >= min(start, stop) - 1e-6


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: BatterySpec(1, 1, max_discharge_w=-1), id="negative power"),
        pytest.param(lambda: BatterySpec(1, 1, discharge_curve=((0, 1), (90, 1))), id="curve that ends early"),
        pytest.param(lambda: Feedback(0, 10), id="no power"),
        pytest.param(lambda: Feedback(1, 1, 100), id="nothing to give"),
        pytest.param(
            lambda: VehicleSpec("x", BatterySpec(1, 1), ("cCCS2",), dc=DcInlet(1, 1), feedback=Feedback(1, 1)),
            id="battery that gives nothing",
        ),
    ],
)
def test_what_cannot_be_is_refused(make):
    """With a sentence and a remedy."""
    with pytest.raises(ConfigError):
        make()


# --- the vehicle ----------------------------------------------------------------------------------------------------


def at_a_station(name: str = "v2x-compact-40", soc: float = 60, wish: Wish | None = None) -> Vehicle:
    """Plugged in, live, past its handshake."""
    car = vehicle(name, soc=soc, wish=wish)
    car.plug_in()
    wants(car, 50_000)
    run(car, 20)
    return car


def wants(car: Vehicle, watts: float) -> None:
    """The station wants so much, negative: back."""
    car.offer(dc=True, phases=1, voltage_v=1000, current_a=125, power_w=watts, live=True)


def run(car: Vehicle, seconds: float) -> float:
    """Wh taken in that time."""
    left, taken = seconds, 0.0
    while left > 0:
        passed, more = car.run(left)
        left, taken = left - passed, taken + more
    return taken


def test_a_demand_turns_the_flow_round_at_once():
    """Without leaving state C; what is given is what the battery loses."""
    car = at_a_station()
    before = car.battery.energy_wh
    wants(car, -7_000)
    assert (car.power_w, car.requests_power) == (-7_000, True)
    assert run(car, 1800) == pytest.approx(-3_500)
    assert car.battery.energy_wh == pytest.approx(before - 3_500)


def test_it_gives_no_more_than_it_can():
    """20 kW are the most of this one."""
    car = at_a_station()
    wants(car, -30_000)
    assert car.power_w == -20_000


def test_it_keeps_what_its_driver_wants_to_keep():
    """At a fifth it goes back to state B, and takes energy again when there is some."""
    car = at_a_station(soc=21)
    wants(car, -20_000)
    run(car, 3600)
    assert (car.soc_percent, car.requests_power, car.power_w) == (pytest.approx(20), False, 0)
    wants(car, 5_000)
    run(car, 20)
    assert car.power_w == pytest.approx(5_000)


def test_no_power_is_no_flow_but_it_waits():
    """A setpoint of 0 W keeps it in state C."""
    car = at_a_station()
    wants(car, 0)
    assert run(car, 600) == 0
    assert car.requests_power


def test_a_full_vehicle_gives_though_it_wants_nothing():
    """Its wish is fulfilled; the demand wakes it."""
    car = at_a_station(soc=80, wish=Wish(target_soc=80))
    assert not car.requests_power
    wants(car, -10_000)
    run(car, 30)
    assert car.power_w == -10_000


@pytest.mark.parametrize("stop", ["pause", "departure"])
def test_a_driver_who_is_off_gives_nothing(stop: str):
    """Paused, or past the departure."""
    car = at_a_station(wish=Wish(departure_s=60) if stop == "departure" else None)
    if stop == "pause":
        car.pause()
    wants(car, -10_000)
    run(car, 120)
    assert run(car, 60) == 0


def test_others_never_give():
    """A demand means nothing to them: no flow in any direction."""
    car = at_a_station("family-77")
    wants(car, -10_000)
    assert run(car, 60) == 0
    assert not car.requests_power


def test_it_counts_both_directions_and_keeps_them():
    """On its own meter, over a restart too."""
    car = at_a_station()
    car.book(12)
    car.book(-5)
    again = Vehicle.restore(car.save())
    assert (again.meter.delivered_wh, again.meter.returned_wh) == (12, 5)
    assert again.spec == car.spec
