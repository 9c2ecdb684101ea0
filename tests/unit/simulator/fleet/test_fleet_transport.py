"""Fleets whose stations speak OCPP-S, beside others that do not, and fleets with hardware of their own."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.simulator.fleet import Fleet
from pilotwire.simulator.fleet.limits import files_of
from pilotwire.simulator.fleet.scenario import scenario_of
from pilotwire.simulator.fleet.settings import load_fleet_settings
from pilotwire.station.control.acts import ACTS
from pilotwire.station.control.hosted import Hosted
from tests.support.board import Board
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms
from tests.support.soap_central_system import central_system


def _fleet(text: str, url: str, count: int = 2) -> Fleet:
    return Fleet(scenario_of(text), count=count, prefix="SIM", url=url, clock=SystemClock())


async def _act(hosted: Hosted, name: str, details: dict[str, object]) -> None:
    act = ACTS[name]
    await act.on(hosted, act.read(details))


@pytest.mark.parametrize(("version", "kind"), [("1.6", "ocpp: 1.6, transport: soap"), ("1.5", "ocpp: 1.5")])
async def test_a_fleet_by_soap(version: str, kind: str) -> None:
    """Each station has an address of its own, at which the central system finds it."""
    async with central_system(version) as csms:
        fleet = _fleet(f"speed: 600\nfleet: [{{{kind}}}]", csms.url)
        stop = asyncio.Event()
        running = asyncio.ensure_future(fleet.run(stop))
        await eventually(lambda: fleet.standing().accepted == 2, what="both accepted")
        assert len({hosted.station.line.address for hosted in fleet.hosted}) == 2  # type: ignore[union-attr]
        second = fleet.hosted[1].station
        asked = await csms.ask("ClearCache", identity=second.identity, address=second.line.address)  # type: ignore[union-attr]
        assert asked.texts["status"] in ("Accepted", "Rejected")
        for hosted in fleet.hosted:
            await _act(hosted, "plug", {"soc": 20})
            await _act(hosted, "tap", {"idToken": "FLEET000001", "evse": 1})
        await eventually(lambda: len(csms.of("StartTransaction")) == 2, what="both charge")
        for hosted in fleet.hosted:
            await _act(hosted, "tap", {"idToken": "FLEET000001", "evse": 1})
        await eventually(lambda: len(csms.of("StopTransaction")) == 2, what="both have charged")
        stop.set()
        await asyncio.wait_for(running, 30)
    assert {one.header["chargeBoxIdentity"] for one in csms.of("BootNotification")} == {"SIM00001", "SIM00002"}
    assert csms.misfits == []


async def test_kinds_may_have_a_csms_of_their_own() -> None:
    """Stations by JSON and by SOAP in one fleet."""
    async with central_system("1.6") as soap, scripted_csms() as json:
        mixed = f"fleet: [{{}}, {{ocpp: 1.6, transport: soap, csms: '{soap.url}'}}]\nseed: 3\nduration: 1h"
        fleet = _fleet(mixed, json.url, 8)
        stop = asyncio.Event()
        running = asyncio.ensure_future(fleet.run(stop))
        await eventually(lambda: fleet.standing().accepted == 8, what="all accepted")
        stop.set()
        await running
        assert len(json.of("BootNotification")) + len(soap.of("BootNotification")) == 8
        assert json.of("BootNotification")
        assert soap.of("BootNotification")


async def test_a_fleet_with_hardware_of_its_own() -> None:
    """What is played at simulated hardware cannot be done there, is counted, and its power is what its meter says."""
    async with AsyncExitStack() as stack, scripted_csms() as csms:
        board = await stack.enter_async_context(Board().switched_on())
        await stack.enter_async_context(board.live(300))
        kind = f"{{driver: 'examples.board_driver:board', driver_options: {{port: {board.port}}}}}"
        fleet = _fleet(f"fleet: [{kind}]\nscript: [{{at: 0, do: plug}}]", csms.url, 1)
        stop = asyncio.Event()
        running = asyncio.ensure_future(fleet.run(stop))
        await eventually(lambda: fleet.standing().accepted == 1, what="accepted")
        board.move_pilot("B")
        board.card("ANNA")
        await eventually(lambda: board.closed, what="the contactor")
        board.move_pilot("C")
        await eventually(lambda: fleet.standing().power_w > 1000, what="power")
        await eventually(lambda: bool(fleet.counts.undone), what="a vehicle that cannot be played")
        stop.set()
        await running


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("{ocpp: 2.1, transport: soap}", "OCPP 2.1 is not spoken by SOAP"),
        ("{ocpp: 1.5}", "is no endpoint of OCPP-S"),
        ("{csms: 'http://127.0.0.1/'}", "http"),
        ("{driver: acne}", "There is no driver acne"),
    ],
)
def test_what_cannot_be_is_told_before_anything_begins(kind: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _fleet(f"fleet: [{kind}]", "ws://127.0.0.1:9000")


def test_what_a_fleet_by_soap_needs_and_is_told() -> None:
    """More open files by station; a http URL on the command line."""
    assert files_of(scenario_of("fleet: [{}, {ocpp: 1.5}]")) > files_of(scenario_of("fleet: [{}]")) == 1
    assert load_fleet_settings({"csms": "http://127.0.0.1:8180/"}).csms == "http://127.0.0.1:8180/"
    with pytest.raises(ConfigError):
        load_fleet_settings({"csms": "ftp://127.0.0.1/"})
