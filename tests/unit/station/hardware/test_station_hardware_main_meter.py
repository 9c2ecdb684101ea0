"""The simulated main meter: the balance of all EVSEs and the station itself, in both directions, and over a restart."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.ev import vehicle
from pilotwire.station.hardware.ports import MainMeter, Measured, MeterReading
from pilotwire.station.hardware.simulated import SimulatedStation, layout
from pilotwire.station.hardware.simulated.main_meter import SimulatedMainMeter

BARE = MainMeter(own_consumption_w=Decimal(0))


def _station(name: str, main: MainMeter = BARE) -> SimulatedStation:
    return SimulatedStation(replace(layout(name), main_meter=main))


def _charge(station: SimulatedStation, evse: int, model: str, soc: float = 30) -> None:
    station.plug(evse, 1, vehicle(model, soc=soc))
    station.set_contactor(evse, True)
    station.advance(30)


def _more(reading: MeterReading, measurand: str) -> dict[str | None, Decimal]:
    return {one.phase: one.value for one in reading.more if one.measurand == measurand}


def test_it_counts_what_all_evses_take() -> None:
    """Exactly, where the station itself uses nothing."""
    station = _station("dc-150-ac-22")
    _charge(station, 1, "family-77")
    _charge(station, 2, "compact-58")
    station.advance(1800)
    evses = [station.meter(evse) for evse in (1, 2)]
    main = station.meter(0)
    assert main.energy_import_register == sum(one.energy_import_register for one in evses) > 10_000
    assert main.energy_export_register == 0
    assert main.power_w == pytest.approx(sum(one.power_w for one in evses), abs=1)


def test_what_one_gives_and_another_takes_does_not_pass_it() -> None:
    """Two outlets that take energy back: only the balance is counted, in the register of its direction."""
    station = _station("dc-50-v2x-dual")
    for evse in (1, 2):
        _charge(station, evse, "v2x-compact-40", soc=60)
    station.set_power_setpoint(1, Decimal(-10_000))
    station.set_power_setpoint(2, Decimal(4_000))
    before = station.meter(0)
    station.advance(3600)
    after = station.meter(0)
    assert after.energy_export_register - before.energy_export_register == pytest.approx(6000, abs=3)
    assert after.energy_import_register - before.energy_import_register <= 1
    assert after.power_w == pytest.approx(-6000, abs=2)
    assert set(after.current_a) == {0}
    assert _more(after, "Current.Export")["L1"] == pytest.approx(Decimal("8.70"), abs=Decimal("0.05"))


def test_what_the_station_uses_itself() -> None:
    """By the hour, also while nobody is there; not without mains."""
    station = _station("ac-22-dual", MainMeter(own_consumption_w=Decimal(40)))
    assert not station.at_rest
    station.advance(3600)
    assert (station.meter(0).energy_import_register, station.meter(0).power_w) == (40, 40)
    station.lose_power()
    station.advance(3600)
    read = station.meter(0)
    assert (read.energy_import_register, read.power_w, read.voltage_v) == (40, 0, (0, 0, 0))
    assert _station("ac-22-dual").at_rest


def test_each_phase_for_itself() -> None:
    """One vehicle on three phases, another on the first only."""
    station = _station("ac-22-dual")
    _charge(station, 1, "compact-58")
    _charge(station, 2, "phev-10")
    first, second = station.meter(1).current_a, station.meter(2).current_a
    assert second[1] == 0 < second[0]
    assert station.meter(0).current_a == tuple(one + other for one, other in zip(first, second, strict=True))
    by_phase = _more(station.meter(0), "Power.Active.Import")
    assert sum(by_phase.values()) == pytest.approx(station.meter(0).power_w, abs=1)


def test_it_outlives_a_process() -> None:
    """Registers and what has flowed since they moved last; a station saved without one begins at nothing."""
    station = _station("ac-22-dual", MainMeter(own_consumption_w=Decimal(36)))
    station.advance(1850)
    saved: dict[str, Any] = json.loads(json.dumps(station.save()))
    again = SimulatedStation.restore(station.layout, saved)
    assert again.meter(0).energy_import_register == 18
    again.advance(60)
    assert again.meter(0).energy_import_register == 19
    assert SimulatedStation.restore(station.layout, {**saved, "main": None}).meter(0).energy_import_register == 0


def test_without_one_there_is_no_evse_0() -> None:
    """As every EVSE that the layout does not have."""
    with pytest.raises(MisuseError):
        SimulatedStation(layout("ac-22-dual")).meter(0)


@pytest.mark.parametrize("wrong", [{"phases": 4}, {"voltage_v": Decimal(0)}, {"own_consumption_w": Decimal(-1)}])
def test_a_main_meter_that_cannot_be(wrong: dict[str, Any]) -> None:
    """With a sentence."""
    with pytest.raises(ConfigError, match="main meter"):
        MainMeter(**wrong)


def test_on_one_phase() -> None:
    """No value is told by phase then."""
    station = _station("wallbox-7", MainMeter(phases=1, own_consumption_w=Decimal(23)))
    read = station.meter(0)
    assert read.current_a == (Decimal("0.10"),)
    assert Measured("Current.Export", Decimal("0.00")) in read.more


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10_000), st.integers(-500, 500)), max_size=40))
def test_registers_only_rise_and_balance(steps: list[tuple[float, int]]) -> None:
    """Whatever flows: neither falls, and their difference is what flowed, but for less than a Wh."""
    meter = SimulatedMainMeter(MainMeter(own_consumption_w=Decimal(15)))
    flowed = 0.0
    for seconds, wh in steps:
        before = meter.import_wh, meter.export_wh
        meter.pass_time(seconds, wh, powered=True)
        flowed += wh + 15 * seconds / 3600
        assert meter.import_wh >= before[0]
        assert meter.export_wh >= before[1]
        assert abs(meter.import_wh - meter.export_wh - flowed) < 1.001
