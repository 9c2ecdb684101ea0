"""An EVSE that sleeps, on the wire and with drivers of each kind: one that is quick, one that takes its time, one that cannot (Q10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pilotwire.station.hardware.drivers import DriverPlace
from pilotwire.station.hardware.simulated import SimulatedStation
from tests.support.scripted_csms import NOW, ScriptedCsms, scripted_csms
from tests.support.station_lab import Lab, lab


class Quick(SimulatedStation):
    """As it is."""


class Slow(SimulatedStation):
    """Falls asleep once it is let."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.let = asyncio.Event()

    def sleep(self, evse_id: int) -> Any:
        """Later."""
        return self._later(evse_id)

    async def _later(self, evse_id: int) -> bool:
        await self.let.wait()
        return super().sleep(evse_id)


class Broken(SimulatedStation):
    """Cannot."""

    def sleep(self, evse_id: int) -> bool:
        """No."""
        return False


def made_of(kind: type[SimulatedStation]) -> Callable[[DriverPlace], SimulatedStation]:
    """A factory of such drivers."""
    return lambda place: kind(place.layout)


def idle(limit_w: int | None = None) -> dict[str, Any]:
    """A profile that lets the EVSE sleep, or one with a limit."""
    period: dict[str, Any] = {"startPeriod": 0, "operationMode": "Idle", "evseSleep": True}
    if limit_w is not None:
        period = {"startPeriod": 0, "limit": limit_w}
    schedule = {
        "id": 1,
        "startSchedule": NOW,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [period],
    }
    return {
        "evseId": 1,
        "chargingProfile": {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule],
        },
    }


async def put(csms: ScriptedCsms, profile: dict[str, Any]) -> None:
    """Set a profile that is taken."""
    assert (await csms.call("SetChargingProfile", profile))["status"] == "Accepted"


async def sampled(here: Lab, csms: ScriptedCsms) -> Any:
    """What the CSMS hears of sleep in a sample it asks for."""
    count = len(triggered(csms))
    asked = {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}
    assert (await csms.call("TriggerMessage", asked))["status"] == "Accepted"
    await here.until(lambda: len(triggered(csms)) > count, "a sample")
    return triggered(csms)[-1].get("evseSleep")


def triggered(csms: ScriptedCsms) -> list[Any]:
    """Samples that were asked for."""
    return [one for one in csms.of("TransactionEvent") if one["triggerReason"] == "Trigger"]


@pytest.mark.req("Q10.FR.03", "Q10.FR.04", "Q10.FR.05")
@pytest.mark.parametrize("kind", [Quick, Slow, Broken])
async def test_the_csms_hears_of_a_sleep_as_long_as_it_is_one(kind: type[SimulatedStation]) -> None:
    options: dict[str, Any] = {
        "layout": "dc-50-v2x-sleep",
        "car": "v2x-compact-40",
        "soc": 20,
        "speed": 60,
        "driver": made_of(kind),
    }
    async with scripted_csms("2.1") as csms, lab(csms.url, "2.1", **options) as here:
        hardware = here.station.hardware
        assert isinstance(hardware, kind)
        await here.charge(100)
        await put(csms, idle())
        await here.until(lambda: hardware.meter(1).power_w == 0, "no power")
        if isinstance(hardware, Slow):
            await here.until(lambda: not hardware.contactor_closed(1), "an open contactor")
            assert await sampled(here, csms) is None, "it does not sleep yet"
            hardware.let.set()
        if kind is not Broken:
            await here.until(lambda: hardware.asleep == {1}, "sleep")
            assert await sampled(here, csms) is True
        else:
            assert await sampled(here, csms) is None
        await put(csms, idle(0))
        assert hardware.asleep == set()
        assert await sampled(here, csms) is None
        await put(csms, idle(9000))
        await here.until(lambda: 0 < hardware.meter(1).power_w <= 9000, "power again")
