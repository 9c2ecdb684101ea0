"""The simulated station under any sequence of acts: meters agree, only rise, and no limit is exceeded."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pilotwire.ev import Vehicle, Wish, vehicle, vehicle_names
from pilotwire.station.hardware.ports import CablePlugged, CableUnplugged, ErrorCode, HardwareError
from pilotwire.station.hardware.simulated import LAYOUTS, SimulatedStation, layout

EVSES = st.sampled_from([1, 2])
SECONDS = st.one_of(st.floats(0, 10), st.floats(0, 4_000), st.just(8 * 3600.0))
AMPS = st.one_of(st.none(), st.decimals(0, 80, places=1))


class StationMachine(RuleBasedStateMachine):
    """People and a careless station logic do anything in any order at a DC and an AC outlet."""

    def __init__(self) -> None:
        super().__init__()
        self.station = SimulatedStation(layout("dc-150-ac-22"))
        self.cars: list[Vehicle] = []
        self.highest = {1: 0, 2: 0}
        self.plugged: dict[int, bool] = {1: False, 2: False}

    @initialize(names=st.lists(st.sampled_from(vehicle_names()), min_size=1, max_size=4), soc=st.floats(0, 100))
    def arrive(self, names: list[str], soc: float) -> None:
        """Some vehicles are about."""
        self.cars = [vehicle(name, soc=soc) for name in names]

    @rule(evse=EVSES, which=st.integers(0, 3), cable=st.sampled_from([None, Decimal(13), Decimal(20), Decimal(63)]))
    def plug(self, evse: int, which: int, cable: Decimal | None) -> None:
        with contextlib.suppress(HardwareError):
            car = self.cars[which % len(self.cars)]
            assert self.station.plug(evse, 1, car, cable_a=cable) == [CablePlugged(evse, 1)]
            assert not self.plugged[evse]
            self.plugged[evse] = True

    @rule(evse=EVSES, at_vehicle=st.booleans())
    def unplug(self, evse: int, at_vehicle: bool) -> None:
        with contextlib.suppress(HardwareError):
            [event] = self.station.unplug(evse, 1, side="vehicle" if at_vehicle else "station")
            assert isinstance(event, CableUnplugged)
            self.plugged[evse] = False

    @rule(evse=EVSES, closed=st.booleans())
    def contactor(self, evse: int, closed: bool) -> None:
        self.station.set_contactor(evse, closed)

    @rule(evse=EVSES, locked=st.booleans())
    def lock(self, evse: int, locked: bool) -> None:
        self.station.set_lock(evse, 1, locked)

    @rule(evse=EVSES, amps=AMPS)
    def limit(self, evse: int, amps: Decimal | None) -> None:
        self.station.set_current_limit(evse, amps)

    @rule(which=st.integers(0, 3), pause=st.booleans(), soc=st.floats(0, 100))
    def driver(self, which: int, pause: bool, soc: float) -> None:
        car = self.cars[which % len(self.cars)]
        car.pause() if pause else car.resume()
        car.wish = Wish(target_soc=soc)

    @rule(evse=st.sampled_from([None, 1, 2]), code=st.sampled_from(list(ErrorCode)), clear=st.booleans())
    def fault(self, evse: int | None, code: str, clear: bool) -> None:
        with contextlib.suppress(HardwareError):
            (self.station.clear_fault if clear else self.station.raise_fault)(code, evse)

    @rule(act=st.sampled_from(["press_emergency_stop", "release_emergency_stop", "lose_power", "restore_power"]))
    def switches(self, act: str) -> None:
        with contextlib.suppress(HardwareError):
            getattr(self.station, act)()

    @rule(seconds=SECONDS)
    def advance(self, seconds: float) -> None:
        self.station.advance(seconds)

    @rule()
    def restart(self) -> None:
        self.station.restart()

    @rule()
    def killed(self) -> None:
        """The process dies and comes back from what was saved; vehicles at a cable are remade."""
        away = [car for car in self.cars if not car.plugged_in]
        saved = json.loads(json.dumps(self.station.save()))
        self.station = SimulatedStation.restore(self.station.layout, saved, vehicle_from=Vehicle.restore)
        there = [self.station.vehicle_at(evse) for evse in (1, 2)]
        self.cars = away + [car for car in there if isinstance(car, Vehicle)]
        assert self.station.save() == saved

    @invariant()
    def both_sides_have_counted_the_same(self) -> None:
        registers = sum(self.station.meter(evse).energy_import_register for evse in (1, 2))
        assert registers == sum(car.meter.delivered_wh for car in self.cars)

    @invariant()
    def registers_only_rise(self) -> None:
        for evse, before in self.highest.items():
            self.highest[evse] = self.station.meter(evse).energy_import_register
            assert self.highest[evse] >= before

    @invariant()
    def power_stays_within_what_is_offered(self) -> None:
        for evse in (1, 2):
            reading = self.station.meter(evse)
            assert 0 <= reading.power_w <= reading.power_offered_w + Decimal("0.1")
            assert all(amps <= reading.current_offered_a + Decimal("0.01") for amps in reading.current_a)
            assert reading.power_w == 0 or self.station.contactor_closed(evse)

    @invariant()
    def a_plug_is_where_the_events_said(self) -> None:
        assert {evse: self.station.vehicle_at(evse) is not None for evse in (1, 2)} == self.plugged


StationMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestStation = StationMachine.TestCase


def fits(name: str, where: str) -> bool:
    """Whether the vehicle can be plugged into the first connector of the layout."""
    evse = layout(where).evses[0]
    return vehicle(name).accepts(evse.connectors[0].connector_type, dc=evse.dc)


PAIRS = [(name, where) for name in vehicle_names() for where in LAYOUTS if fits(name, where)]


@given(
    pair=st.sampled_from(PAIRS),
    soc=st.floats(0, 100),
    limit=AMPS,
    cuts=st.lists(st.floats(0.01, 5_000), min_size=1, max_size=15),
)
@settings(deadline=None)
def test_splitting_an_advance_gives_the_same_total(
    pair: tuple[str, str], soc: float, limit: Decimal | None, cuts: list[float]
):
    """One jump and many small ones end within 1 Wh, with the same events."""
    outcomes = []
    for pieces in ([sum(cuts)], cuts):
        station = SimulatedStation(layout(pair[1]))
        station.plug(1, 1, vehicle(pair[0], soc=soc))
        station.set_current_limit(1, limit)
        station.set_contactor(1, True)
        events = [event for piece in pieces for event in station.advance(piece)]
        outcomes.append((station.meter(1).energy_import_register, len(events)))
    (jump, jump_events), (walk, walk_events) = outcomes
    assert abs(jump - walk) <= 1
    assert abs(jump_events - walk_events) <= 1  # the last one may fall on the end to the last bit of a float


@given(
    pair=st.sampled_from(PAIRS),
    soc=st.floats(0, 100),
    limit=st.decimals(6, 80, places=1),
    cable=st.sampled_from([13, 20, 32, 63]),
    seconds=st.floats(0, 20_000),
)
@settings(deadline=None)
def test_energy_is_at_most_the_least_limit_times_time(
    pair: tuple[str, str], soc: float, limit: Decimal, cable: int, seconds: float
):
    """Station, commanded limit, cable and vehicle: none is exceeded, over any time."""
    station, car = SimulatedStation(layout(pair[1])), vehicle(pair[0], soc=soc)
    evse = station.layout.evses[0]
    loose = not evse.connectors[0].cable_attached
    station.plug(1, 1, car, cable_a=Decimal(cable) if loose else None)
    station.set_current_limit(1, limit)
    station.set_contactor(1, True)
    station.advance(seconds)
    amps = float(min(limit, evse.supply.max_current_a, cable if loose else evse.supply.max_current_a))
    if evse.dc:
        assert car.spec.dc is not None
        watts = min(amps, car.spec.dc.max_current_a) * car.spec.battery.volts_full
        watts = min(watts, float(evse.supply.max_power_w), car.spec.dc.max_power_w, car.spec.battery.max_charge_w)
    else:
        assert car.spec.ac is not None
        watts = min(amps, car.spec.ac.max_current_a) * 230 * min(car.spec.ac.phases, evse.supply.phases)
    assert car.meter.delivered_wh <= watts * seconds / 3600 + 1e-3
    assert float(station.meter(1).power_w) <= watts + 0.1


def test_a_night_costs_a_handful_of_steps():
    """Eight hours from empty to full are not walked second by second."""
    car = vehicle("family-77", soc=5)
    steps = 0

    def counted(seconds: float) -> tuple[float, float]:
        nonlocal steps
        steps += 1
        return Vehicle.run(car, seconds)

    station = SimulatedStation(layout("ac-22-single"))
    station.plug(1, 1, car)
    station.set_contactor(1, True)
    car.run = counted  # type: ignore[method-assign]
    station.advance(8 * 3600)
    assert car.meter.delivered_wh == pytest.approx(11_040 * 8, rel=0.15)
    assert steps < 20
