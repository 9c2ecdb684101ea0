"""Outlets that take energy back: the setpoint, the registers of both directions, and no energy made or lost whatever is done."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.ev import Vehicle, vehicle
from pilotwire.station.hardware.ports import DcSupply, HardwareError, VehicleSuspends
from pilotwire.station.hardware.simulated import SimulatedStation, layout


def charging(soc: float = 60, name: str = "v2x-compact-40") -> tuple[SimulatedStation, Vehicle]:
    """A vehicle under power at an outlet that takes back 30 kW."""
    station, car = SimulatedStation(layout("dc-50-v2x")), vehicle(name, soc=soc)
    station.plug(1, 1, car)
    station.set_contactor(1, True)
    station.advance(30)
    return station, car


def test_a_negative_setpoint_discharges_and_the_export_register_counts():
    """7 kW for half an hour are 3500 Wh in the other direction; the import register stays."""
    station, car = charging()
    before = station.meter(1)
    station.set_power_setpoint(1, Decimal(-7000))
    assert station.meter(1).power_w == -7000
    assert station.advance(1800) == []
    after = station.meter(1)
    assert (after.energy_export_register, after.energy_import_register) == (
        pytest.approx(3500, abs=1),
        before.energy_import_register,
    )
    assert after.current_a == (0,)
    [exported] = [one.value for one in after.more if one.measurand == "Current.Export"]
    assert float(exported) == pytest.approx(7000 / car.pack_volts, abs=0.01)
    assert car.meter.returned_wh == after.energy_export_register


@pytest.mark.parametrize(
    ("wanted", "power"),
    [
        (None, "as before"),
        (Decimal(11_000), 11_000),
        (Decimal(0), 0),
        (Decimal(-15_000), -15_000),
        (Decimal(-90_000), -20_000),
    ],
)
def test_a_setpoint_is_followed_as_far_as_all_can(wanted: Decimal | None, power: object):
    """A limit when it is positive, a demand when it is negative, within what outlet and vehicle can."""
    station, _ = charging()
    usual = station.meter(1).power_w
    station.set_power_setpoint(1, wanted)
    assert station.meter(1).power_w == (usual if power == "as before" else power)


def test_the_outlet_itself_takes_back_no_more_than_it_can():
    """60 kW could come; 30 can go."""
    station, _ = charging(name="v2x-family-77")
    station.set_power_setpoint(1, Decimal(-60_000))
    assert station.meter(1).power_w == -30_000


def test_the_current_limit_counts_in_both_directions():
    """10 A of some 360 V."""
    station, car = charging()
    station.set_current_limit(1, Decimal(10))
    station.set_power_setpoint(1, Decimal(-20_000))
    assert float(station.meter(1).power_w) == pytest.approx(-10 * car.pack_volts, abs=1)


def test_what_is_less_than_a_watt_hour_is_not_lost_when_the_flow_turns():
    """Half a Wh in and half a Wh out are nothing on either register."""
    station, car = charging()
    station.set_power_setpoint(1, Decimal(0))
    before, energy = station.meter(1), car.battery.energy_wh
    for _ in range(10):
        station.set_power_setpoint(1, Decimal(1800))
        station.advance(1)
        station.set_power_setpoint(1, Decimal(-1800))
        station.advance(1)
    after = station.meter(1)
    net = (after.energy_import_register - before.energy_import_register) - (
        after.energy_export_register - before.energy_export_register
    )
    assert abs(net) <= 1
    assert car.battery.energy_wh == pytest.approx(energy)


def test_an_empty_vehicle_suspends():
    """The driver hears of state B."""
    station, _ = charging(soc=21)
    station.set_power_setpoint(1, Decimal(-20_000))
    assert station.advance(3600) == [VehicleSuspends(1, 1)]
    assert station.meter(1).power_w == 0


def test_a_restart_forgets_the_setpoint_but_not_the_registers():
    """As with every limit."""
    station, _ = charging()
    station.set_power_setpoint(1, Decimal(-7000))
    station.advance(600)
    exported = station.meter(1).energy_export_register
    again = SimulatedStation.restore(station.layout, station.save(), vehicle_from=Vehicle.restore)
    again.set_contactor(1, True)
    again.advance(30)
    assert again.meter(1).energy_export_register == exported > 0
    assert again.meter(1).power_w > 0


def test_outlets_that_only_give_take_no_setpoint():
    """Whoever asks is wrong: a layout says what an outlet can."""
    with pytest.raises(MisuseError):
        SimulatedStation(layout("dc-50-ccs")).set_power_setpoint(1, Decimal(-1))
    with pytest.raises(ConfigError):
        DcSupply(Decimal(1), max_discharge_w=Decimal(-1))


class FeedbackMachine(RuleBasedStateMachine):
    """People and a careless station logic at two outlets that take energy back."""

    def __init__(self) -> None:
        super().__init__()
        self.station = SimulatedStation(layout("dc-50-v2x-dual"))
        self.cars = [vehicle("v2x-compact-40", soc=50), vehicle("v2x-family-77", soc=25), vehicle("city-24", soc=30)]
        self.first = [car.battery.energy_wh for car in self.cars]
        self.highest = {1: (0, 0), 2: (0, 0)}

    @rule(evse=st.sampled_from([1, 2]), which=st.integers(0, 2))
    def plug(self, evse: int, which: int) -> None:
        with contextlib.suppress(HardwareError):
            self.station.plug(evse, 1, self.cars[which])

    @rule(evse=st.sampled_from([1, 2]))
    def unplug(self, evse: int) -> None:
        with contextlib.suppress(HardwareError):
            self.station.unplug(evse, 1)

    @rule(evse=st.sampled_from([1, 2]), closed=st.booleans())
    def contactor(self, evse: int, closed: bool) -> None:
        self.station.set_contactor(evse, closed)

    @rule(evse=st.sampled_from([1, 2]), watts=st.one_of(st.none(), st.decimals(-60_000, 60_000, places=1)))
    def setpoint(self, evse: int, watts: Decimal | None) -> None:
        self.station.set_power_setpoint(evse, watts)

    @rule(evse=st.sampled_from([1, 2]), amps=st.one_of(st.none(), st.decimals(0, 80, places=1)))
    def limit(self, evse: int, amps: Decimal | None) -> None:
        self.station.set_current_limit(evse, amps)

    @rule(seconds=st.one_of(st.floats(0, 10), st.floats(0, 4_000)))
    def advance(self, seconds: float) -> None:
        self.station.advance(seconds)

    @precondition(lambda self: all(not car.plugged_in for car in self.cars))
    @rule()
    def killed(self) -> None:
        saved = json.loads(json.dumps(self.station.save()))
        self.station = SimulatedStation.restore(self.station.layout, saved)

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        taken = sum(car.battery.energy_wh for car in self.cars) - sum(self.first)
        readings = [self.station.meter(evse) for evse in (1, 2)]
        counted = sum(int(one.energy_import_register) - int(one.energy_export_register) for one in readings)
        assert abs(taken - counted) <= 2.001  # less than a Wh waits in each of the two meters
        assert counted == sum(car.meter.delivered_wh - car.meter.returned_wh for car in self.cars)

    @invariant()
    def registers_only_rise(self) -> None:
        for evse, before in self.highest.items():
            one = self.station.meter(evse)
            now = (int(one.energy_import_register), int(one.energy_export_register))
            assert now[0] >= before[0]
            assert now[1] >= before[1]
            self.highest[evse] = now

    @invariant()
    def power_stays_within_what_is_wanted(self) -> None:
        for evse in (1, 2):
            reading = self.station.meter(evse)
            wanted = self.station._evses[evse].setpoint_w
            assert -30_000 <= reading.power_w <= 50_000
            assert reading.power_w == 0 or self.station.contactor_closed(evse)
            if wanted is not None:
                assert min(wanted, 0) - 1 <= reading.power_w <= max(wanted, 0) + 1

    @invariant()
    def batteries_keep_their_least(self) -> None:
        assert all(car.soc_percent >= 19.999 for car in self.cars)


FeedbackMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestFeedback = FeedbackMachine.TestCase
