"""The register of each phase of a simulated AC meter: together they are the register, whatever flows through which."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from pilotwire.ev import vehicle
from pilotwire.station.hardware.simulated import SimulatedStation, layout

REGISTER = "Energy.Active.Import.Register"


def _phases(station: SimulatedStation) -> list[int]:
    found = {one.phase: int(one.value) for one in station.meter(1).more if one.measurand == REGISTER}
    return [found[line] for line in ("L1", "L2", "L3")]


def _charged(model: str, seconds: float = 3600, phases: int | None = None, start: int = 0) -> SimulatedStation:
    station = SimulatedStation(layout("ac-22-single"), registers={1: start})
    station.set_phases(1, phases)
    station.plug(1, 1, vehicle(model, soc=20))
    station.set_contactor(1, True)
    station.advance(seconds)
    return station


@pytest.mark.parametrize(("model", "used"), [("compact-58", 3), ("city-32", 2), ("phev-10", 1)])
@pytest.mark.parametrize("start", [0, 1000])
def test_they_add_up_to_the_register(model: str, used: int, start: int) -> None:
    """And only those rise through which the vehicle charges, all alike."""
    station = _charged(model, start=start)
    before = [one + start // 3 for one in (0, 0, 0)]
    phases = _phases(station)
    assert sum(phases) == station.meter(1).energy_import_register > start
    risen = [after - earlier for after, earlier in zip(phases, before, strict=True)]
    assert all(one > 500 for one in risen[:used])
    assert all(one <= 1 for one in risen[used:])
    assert max(risen[:used]) - min(risen[:used]) <= 1


def test_one_phase_of_several() -> None:
    """A three-phase vehicle on L1 alone."""
    station = _charged("compact-58", phases=1)
    assert _phases(station) == [station.meter(1).energy_import_register, 0, 0]


def test_they_outlive_a_process() -> None:
    """Of a station that was saved before there were any, each phase has its share."""
    station = _charged("phev-10")
    saved = json.loads(json.dumps(station.save()))
    again = SimulatedStation.restore(station.layout, saved, vehicle_from=lambda _: vehicle("phev-10"))
    assert _phases(again) == _phases(station)
    del saved["evses"][0]["phase_wh"]
    shared = _phases(SimulatedStation.restore(station.layout, saved, vehicle_from=lambda _: vehicle("phev-10")))
    assert sum(shared) == sum(_phases(station))
    assert max(shared) - min(shared) <= 1


@pytest.mark.parametrize("name", ["wallbox-7", "dc-50-ccs"])
def test_one_phase_needs_none(name: str) -> None:
    """Its register is the whole."""
    assert not [one for one in SimulatedStation(layout(name)).meter(1).more if one.measurand == REGISTER]
    assert SimulatedStation(layout(name)).meter(1).energy_import_register == Decimal(0)
