"""A reset that the hardware fails: tried again as often as ResetRetries says, told if it never succeeds (B11; 1.6:9.1.22)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from pilotwire.station.app import Pace
from pilotwire.station.hardware.drivers import DriverPlace
from pilotwire.station.hardware.ports import HardwareError
from pilotwire.station.hardware.simulated import SimulatedStation
from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.station_lab import lab

AT_ONCE = Pace(reset_again=0.0)
RESET = {"1.6": {"type": "Hard"}, "2.0.1": {"type": "Immediate"}}


class Stubborn(SimulatedStation):
    """Hardware whose next restarts fail: every other one at once, the others after a moment."""

    failures = 0
    restarts = 0

    def restart(self) -> Awaitable[None] | None:  # type: ignore[override]
        """Fails as often as it is to."""
        self.restarts += 1
        if self.restarts > self.failures:
            super().restart()
            return None
        if self.restarts % 2:
            raise HardwareError("The contactor board does not answer.", "Look at its supply.")
        return self._late()

    async def _late(self) -> None:
        await asyncio.sleep(0)
        raise HardwareError("The contactor board answers too late.", "Look at its supply.")


def _driver(place: DriverPlace) -> Stubborn:
    return Stubborn(place.layout)


def _faulted(csms: ScriptedCsms) -> bool:
    said = csms.of("StatusNotification")
    return any("Faulted" in (one.get("status"), one.get("connectorStatus")) for one in said)


@pytest.mark.parametrize(
    ("version", "retries", "failures", "restarts", "succeeds"),
    [
        ("1.6", 0, 0, 1, True),
        ("1.6", 2, 2, 3, True),
        ("2.0.1", 1, 1, 2, True),
        ("2.0.1", 1, 9, 2, False),
        ("1.6", 0, 9, 1, False),
    ],
)
async def test_a_reset_that_fails_is_tried_again_and_told_when_it_never_succeeds(
    version: str, retries: int, failures: int, restarts: int, succeeds: bool
) -> None:
    """Boots either way, for the controller has restarted; after a reset in vain the connector is Faulted and the next one mends it."""
    variables = {"OCPPCommCtrlr.ResetRetries": str(retries)}
    async with (
        scripted_csms(version) as csms,
        lab(csms.url, version, variables=variables, driver=_driver, pace=AT_ONCE) as one,
    ):
        await one.until_accepted()
        hardware = one.station.hardware
        assert isinstance(hardware, Stubborn)
        hardware.failures = failures
        assert (await csms.call("Reset", RESET[version]))["status"] == "Accepted"
        await csms.until_heard("BootNotification", 2)
        assert hardware.restarts == restarts
        if succeeds:
            assert not _faulted(csms)
            return
        await eventually(lambda: _faulted(csms), what="Faulted")
        hardware.failures = 0
        assert (await csms.call("Reset", RESET[version]))["status"] == "Accepted"
        await csms.until_heard("BootNotification", 3)
        await one.until_accepted()
        said = csms.of("StatusNotification")
        await eventually(lambda: "Available" in str(csms.of("StatusNotification")[-1]), what=f"Available after {said}")
