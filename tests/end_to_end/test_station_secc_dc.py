"""A vehicle works the output of a DC outlet: isolation, voltage, and nothing left of it afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilotwire.errors import ConfigError
from pilotwire.iso15118.charging import Ending
from pilotwire.station.hardware.ports import HardwareDriver
from pilotwire.station.hardware.simulated import SimulatedStation
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.secc_scene import Scene, scene
from tests.support.station_lab import lab, open_csms
from tests.support.v2g_world import Car, Sleep


async def test_the_output_has_the_vehicles_voltage_while_it_charges_and_none_afterwards() -> None:
    """What the vehicle reads is what the hardware measures."""
    car = Car(dc=True, readings=10_000)
    async with scene("dc-50-ccs") as here:
        hardware = here.here.station.simulated
        here.here.tap()
        visit = asyncio.ensure_future(here.visit(car))
        await here.here.until(lambda: hardware.dc_output(1)[1] > 0, "current")
        assert hardware.dc_output(1)[0] == 400
        await here.here.until(lambda: car.heard[-1].present_a, "a reading of current")
        assert car.heard[-1].present_v == pytest.approx(400, abs=1)
        assert car.heard[-1].present_a == pytest.approx(25, abs=1)
        car.readings = 0
        assert (await visit).ending is Ending.TERMINATED
        assert hardware.dc_output(1) == (0, 0)


@pytest.mark.parametrize("ends", ["paused", "dropped"])
async def test_a_session_that_ends_otherwise_leaves_no_voltage(ends: str) -> None:
    """The plug is still in."""
    car = Car(dc=True, readings=10_000)
    async with scene("dc-50-ccs") as here:
        hardware = here.here.station.simulated
        here.here.tap()
        visit = asyncio.ensure_future(here.visit(car, sleep=Sleep()))
        await here.here.until(lambda: hardware.dc_output(1)[0] == 400, "voltage")
        if ends == "paused":
            car.pauses, car.readings = True, 0
        else:
            visit.cancel()
        await asyncio.wait((visit,))
        await here.here.until(lambda: here.secc.evse is not None and here.secc.evse.last is not None, "the end")
        assert hardware.vehicle_at(1) is not None
        assert hardware.dc_output(1) == (0, 0)


class _Leaking(SimulatedStation):
    """Its monitor finds current to ground, which nothing else has noticed."""

    def check_isolation(self, evse_id: int) -> bool | None:
        good = super().check_isolation(evse_id)
        return None if good is None else False


async def test_a_bad_isolation_ends_the_session_before_there_is_voltage() -> None:
    car = Car(dc=True)
    async with (
        open_csms() as csms,
        lab(csms.urls.ocpp, layout="dc-50-ccs", driver=lambda place: _Leaking(place.layout)) as here,
        SeccHost(here.station, SeccSettings("lo")) as host,
    ):
        await here.until_accepted()
        here.tap()
        end = await Scene(csms, here, host).visit(car)
        assert end.ending is Ending.FAILED
        assert "CableCheckReq" in end.reason
        assert host.evse is not None
        assert host.evse.last is not None
        assert "isolation is not good" in host.evse.last.reason
        assert here.station.simulated.dc_output(1) == (0, 0)


class _Blind:
    """A driver that is told nothing of DC: all the rest is the simulated one's."""

    def __init__(self, inner: SimulatedStation) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        if name in ("check_isolation", "set_dc_target", "dc_output"):
            raise AttributeError(name)
        return getattr(self._inner, name)


async def test_a_driver_that_checks_no_isolation_serves_no_dc_vehicles() -> None:
    """An AC outlet of it may be served."""

    def blind(place: Any) -> HardwareDriver:
        return _Blind(SimulatedStation(place.layout))  # type: ignore[return-value]

    async with lab("ws://127.0.0.1:9", layout="dc-150-ac-22", driver=blind) as here:
        with pytest.raises(ConfigError, match="it checks no isolation") as told:
            SeccHost(here.station, SeccSettings("lo", 1))
        assert "dc_output" in told.value.remedy
        SeccHost(here.station, SeccSettings("lo", 2))
