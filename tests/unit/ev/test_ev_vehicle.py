"""The vehicle: its half of the control pilot, its appetite, its meter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.ev import BatterySpec, DcInlet, OnboardCharger, Vehicle, VehicleSpec, Wish

SPEC = VehicleSpec(
    "test-50",
    BatterySpec(50_000, 100_000),
    ("cType2", "sType2", "cCCS2"),
    OnboardCharger(3, 16, efficiency=0.9, start_s=2),
    DcInlet(100_000, 300, precharge_s=8),
    request_delay_s=1.5,
    suspend_delay_s=0.5,
)


def at_ac(vehicle: Vehicle, amps: float = 32, *, live: bool = True, phases: int = 3) -> None:
    """Hold three phases of 230 V out to it."""
    vehicle.offer(dc=False, phases=phases, voltage_v=230, current_a=amps, power_w=3 * 230 * 32, live=live)


def at_dc(
    vehicle: Vehicle, *, volts: float = 1000, amps: float = 400, watts: float = 150_000, live: bool = True
) -> None:
    """Hold a DC outlet out to it."""
    vehicle.offer(dc=True, phases=1, voltage_v=volts, current_a=amps, power_w=watts, live=live)


def plugged(soc: float = 20, wish: Wish | None = None) -> Vehicle:
    """A vehicle with a cable in."""
    vehicle = Vehicle(SPEC, soc=soc, wish=wish)
    vehicle.plug_in()
    return vehicle


def run(vehicle: Vehicle, seconds: float) -> float:
    """Let exactly `seconds` pass; returns the Wh taken."""
    taken = 0.0
    while seconds > 0:
        passed, wh = vehicle.run(seconds)
        seconds, taken = seconds - passed, taken + wh
    return taken


def test_it_goes_to_state_c_a_moment_after_current_is_offered():
    """B until 1.5 s after the offer, then C."""
    vehicle = plugged()
    at_ac(vehicle, live=False)
    run(vehicle, 1.4)
    assert not vehicle.requests_power
    run(vehicle, 0.2)
    assert vehicle.requests_power
    assert vehicle.power_w == 0


def test_power_flows_only_after_the_contactor_closed_and_the_charger_started():
    """The onboard charger needs 2 s of live mains, then takes its 3 x 16 A."""
    vehicle = plugged()
    at_ac(vehicle, live=False)
    assert run(vehicle, 100) == 0
    at_ac(vehicle)
    assert run(vehicle, 1.9) == 0
    assert run(vehicle, 3600.1) == pytest.approx(3 * 230 * 16)
    assert vehicle.power_w == pytest.approx(3 * 230 * 16)


def test_the_charger_loses_a_tenth_on_the_way_to_the_battery():
    """Efficiency 0.9: nine tenths of the inlet's energy are stored."""
    vehicle = plugged(soc=20)
    at_ac(vehicle)
    taken = run(vehicle, 1800)
    assert vehicle.battery.energy_wh - 10_000 == pytest.approx(0.9 * taken)


def test_dc_waits_for_insulation_check_and_pre_charge():
    """Nothing flows in the first 8 s; then the battery's curve rules."""
    vehicle = plugged(soc=50)
    at_dc(vehicle)
    assert run(vehicle, 1.5 + 7.9) == 0
    run(vehicle, 0.2)
    assert vehicle.power_w == pytest.approx(100_000, rel=0.01)


def test_a_dc_outlet_that_cannot_reach_the_pack_voltage_is_of_no_use():
    """A battery of 400 V does not ask a station of 300 V."""
    vehicle = plugged()
    at_dc(vehicle, volts=300)
    run(vehicle, 60)
    assert not vehicle.requests_power


def test_dc_current_times_pack_voltage_limits_power():
    """100 A into a pack of 365 V are 36.5 kW."""
    vehicle = plugged(soc=50)
    at_dc(vehicle, amps=100)
    run(vehicle, 10)
    assert vehicle.power_w == pytest.approx(36_500, rel=0.01)


@pytest.mark.parametrize(("phases", "watts"), [(1, 16 * 230), (3, 3 * 16 * 230)])
def test_it_uses_the_phases_both_sides_have(phases: int, watts: float):
    """A three-phase charger at one phase takes 16 A from that one."""
    vehicle = plugged()
    at_ac(vehicle, phases=phases)
    run(vehicle, 10)
    assert (vehicle.phases, vehicle.power_w) == (phases, pytest.approx(watts))


@pytest.mark.parametrize("amps", [0, 5.9])
def test_less_than_six_ampere_stops_it_and_sends_it_back_to_b(amps: float):
    """IEC 61851-1 has no offer below 6 A: power stops at once, state B follows."""
    vehicle = plugged()
    at_ac(vehicle)
    run(vehicle, 60)
    at_ac(vehicle, amps)
    assert (vehicle.power_w, vehicle.requests_power) == (0, True)
    assert run(vehicle, 1) == 0
    assert not vehicle.requests_power
    at_ac(vehicle, 6)
    run(vehicle, 10)
    assert vehicle.power_w == pytest.approx(6 * 3 * 230)


def test_pausing_and_resuming_in_the_vehicle():
    """Paused it goes to B, resumed it asks again."""
    vehicle = plugged()
    at_ac(vehicle)
    run(vehicle, 60)
    vehicle.pause()
    assert run(vehicle, 60) == 0
    assert (vehicle.paused, vehicle.requests_power) == (True, False)
    vehicle.resume()
    assert run(vehicle, 60) > 0
    assert vehicle.requests_power


@pytest.mark.parametrize(
    ("wish", "energy"),
    [
        (Wish(target_soc=40), 10_000 / 0.9),
        (Wish(energy_wh=3_000), 3_000),
        (Wish(departure_s=3.5 + 1800), 3 * 16 * 230 / 2),
        (Wish(target_soc=10), 0),
    ],
)
def test_it_stops_when_the_driver_has_enough(wish: Wish, energy: float):
    """The first bound reached ends it, exactly there."""
    vehicle = plugged(soc=20, wish=wish)
    at_ac(vehicle)
    assert run(vehicle, 8 * 3600) == pytest.approx(energy)
    assert not vehicle.requests_power


def test_a_new_wish_wakes_it_up():
    """Wanting more than before, it asks again."""
    vehicle = plugged(soc=50, wish=Wish(target_soc=50))
    at_ac(vehicle)
    assert run(vehicle, 60) == 0
    vehicle.wish = Wish(target_soc=60)
    assert run(vehicle, 60) > 0


def test_energy_wished_counts_from_each_plugging_in():
    """The next session begins at zero."""
    vehicle = plugged(wish=Wish(energy_wh=1_000))
    for _ in range(2):
        at_ac(vehicle)
        assert run(vehicle, 3600) == pytest.approx(1_000)
        vehicle.plug_out()
        vehicle.plug_in()


def test_the_own_meter_counts_whole_watt_hours_booked_by_the_station():
    """`book` is the only way energy gets on it."""
    vehicle = plugged()
    vehicle.book(3)
    vehicle.book(4)
    assert vehicle.meter.delivered_wh == 7


def test_driving_uses_the_battery_and_only_unplugged():
    """A plugged vehicle does not drive; an unplugged one cannot go below empty."""
    vehicle = plugged(soc=20)
    with pytest.raises(MisuseError):
        vehicle.drive(100)
    vehicle.plug_out()
    vehicle.drive(4_000)
    assert vehicle.soc_percent == pytest.approx(12)
    vehicle.drive(1e6)
    assert vehicle.soc_percent == 0


def test_plugging_in_twice_is_our_own_mistake():
    """One inlet takes one cable."""
    with pytest.raises(MisuseError):
        plugged().plug_in()


def test_a_saved_vehicle_comes_back_as_it_was_and_shakes_hands_anew():
    """Battery, meter, wish and plug survive JSON; the control pilot begins at B."""
    vehicle = plugged(wish=Wish(target_soc=90, departure_s=7200))
    at_ac(vehicle)
    run(vehicle, 1000)
    vehicle.book(17)
    saved = json.loads(json.dumps(vehicle.save()))
    again = Vehicle.restore(saved)
    assert again.save() == saved
    assert (again.spec, again.wish, again.meter) == (vehicle.spec, vehicle.wish, vehicle.meter)
    assert again.soc_percent == vehicle.soc_percent
    assert (again.plugged_in, again.requests_power) == (True, False)


@pytest.mark.parametrize("nonsense", [{}, {"spec": 1}, {"spec": {"name": "x"}}])
def test_what_is_no_saved_vehicle_is_refused_with_a_sentence(nonsense: dict[str, object]):
    """Anything else than what `save` gives is a `ConfigError`."""
    with pytest.raises(ConfigError, match="not a saved vehicle"):
        Vehicle.restore(nonsense)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Wish(target_soc=101),
        lambda: Wish(energy_wh=-1),
        lambda: OnboardCharger(4, 16),
        lambda: OnboardCharger(1, 5),
        lambda: DcInlet(0, 100),
        lambda: VehicleSpec("none", BatterySpec(1000, 1000), ("cType2",)),
    ],
)
def test_impossible_figures_are_refused(build):
    """A model or a wish that cannot be raises `ConfigError`."""
    with pytest.raises(ConfigError):
        build()


@given(
    soc=st.floats(0, 100),
    amps=st.floats(0, 63),
    dc=st.booleans(),
    cuts=st.lists(st.floats(0.01, 4_000), min_size=1, max_size=10),
)
def test_splitting_time_gives_the_same_energy_and_state(soc: float, amps: float, dc: bool, cuts: list[float]):
    """Delays, start-up and taper do not depend on how time is cut."""
    results = []
    for pieces in ([sum(cuts)], cuts):
        vehicle = plugged(soc=soc)
        at_dc(vehicle, amps=amps) if dc else at_ac(vehicle, amps)
        results.append((sum(run(vehicle, piece) for piece in pieces), vehicle.soc_percent))
    assert results[0] == pytest.approx(results[1], abs=0.01)
