"""Stations made through the control port with drivers of their choice: scripted, with a Modbus meter, a real one; unknown ones refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.clock import SystemClock
from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import build_planned
from pilotwire.station.app import Station
from pilotwire.station.control import Host, host_api
from pilotwire.station.control.settings import load_host_settings
from pilotwire.station.hardware.simulated import SimulatedStation
from tests.support.board import Board
from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, scripted_csms

BOARD = "examples.board_driver:board"
CHARGE = [
    {"at": 20, "do": "tap", "give": {"idToken": "ANNA", "evse": 1}},
    {"at": 10, "do": "plug", "give": {"model": "hatch-52"}},
    {"at": 30, "do": "plug", "give": {}},
    {"at": 600, "do": "tap", "give": {"idToken": "ANNA", "evse": 1}},
]
ENERGY = {"address": 0, "measurand": "Energy.Active.Import.Register", "type": "uint32", "scale": 10}
METER: dict[str, Any] = {"port": 1, "registers": [ENERGY]}


class Rig:
    """A test tool, a host, and a central system."""

    def __init__(self, http: httpx.AsyncClient, csms: ScriptedCsms, host: Host) -> None:
        self.http = http
        self.csms = csms
        self.host = host

    async def ask(self, **plan: Any) -> httpx.Response:
        body = {"identity": "CS-1", "url": self.csms.url, "speed": 300, **plan}
        return await self.http.post("/stations", json=body)

    async def make(self, **plan: Any) -> None:
        answer = await self.ask(**plan)
        assert answer.status_code == 201, answer.text

    async def refused(self, **plan: Any) -> tuple[str, str]:
        answer = await self.ask(**plan)
        assert answer.status_code == 409, answer.text
        assert (await self.http.get("/stations")).json() == []
        said = answer.json()
        return said["what"], said["remedy"]


@asynccontextmanager
async def rig(driver: str = "simulated") -> AsyncIterator[Rig]:
    build = partial(build_planned, clock=SystemClock(), driver=driver)
    async with (
        scripted_csms() as csms,
        Host(build, make_vehicle) as host,
        httpx.AsyncClient(transport=httpx.ASGITransport(host_api(host)), base_url="http://here") as http,
    ):
        yield Rig(http, csms, host)


def _kinds(csms: ScriptedCsms) -> list[str]:
    return [event["eventType"] for event in csms.of("TransactionEvent")]


async def test_a_scripted_station_lives_by_its_script() -> None:
    """Lines in the order of their times; one that cannot be done (the bay is taken) does not end the rest."""
    async with rig() as tool:
        await tool.make(driver="scripted", script=CHARGE)
        await eventually(lambda: "Ended" in _kinds(tool.csms), what="a charge from beginning to end")
        (ended,) = [one for one in tool.csms.of("TransactionEvent") if one["eventType"] == "Ended"]
        assert ended["idToken"]["idToken"] == "ANNA"


async def test_a_script_begins_anew_with_its_station_and_ends_with_it() -> None:
    async with rig() as tool:
        await tool.make(driver="scripted", script=[{"at": 0, "do": "plug"}], started=False)
        assert tool.host._places["CS-1"].playing is None
        await tool.http.post("/stations/CS-1/start")
        hardware = tool.host.hosted("CS-1").station.simulated
        await eventually(lambda: hardware.vehicle_at(1) is not None, what="a vehicle")
        await tool.http.post("/stations/CS-1/stop")
        assert tool.host._places["CS-1"].playing is None


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"script": [{"at": 1, "do": "fly"}]}, "Line 1 of the script cannot do 'fly'."),
        ({"script": [{"at": 1, "do": "plug"}, {"at": 2, "do": "tap"}]}, "Line 2 of the script: tap cannot be done"),
        ({"driver": "scripted"}, "The driver scripted needs a script."),
        ({"driver": "modbus"}, "The driver modbus needs a meter."),
        ({"driver": "acne"}, "There is no driver acne."),
        ({"driver": BOARD}, f"The driver {BOARD} is in a module, and this host was not started with it."),
        ({"driverOptions": {"port": 4}}, "The simulated driver has no options."),
        ({"meter": {**METER, "prt": 4}}, "prt"),
        ({"driver": "modbus", "meter": {**METER, "devices": {"7": 1}}}, "A meter is for EVSE 7"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(plan: dict[str, Any], said: str) -> None:
    """And no station is left behind."""
    async with rig() as tool:
        what, remedy = await tool.refused(**plan)
        assert said in what
        assert remedy


def _register(station: Station) -> Decimal:
    return Decimal(station._equipment.reading(1).energy_import_register)


async def test_a_station_with_a_modbus_meter_tells_its_register() -> None:
    """The rest is simulated hardware: a vehicle can be played, and what it took is what the meter says."""
    modbus = pytest.importorskip(
        "pymodbus.server", reason="pymodbus is not installed: pip install 'pilotwire[modbus]'."
    )
    from pymodbus.simulator import DataType, SimData, SimDevice

    device = SimDevice(1, simdata=[SimData(0, values=[0, 4321], datatype=DataType.REGISTERS)])
    server = modbus.ModbusTcpServer([device], address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        port = server.transport.sockets[0].getsockname()[1]
        async with rig() as tool:
            await tool.make(driver="modbus", meter={**METER, "port": port, "poll_seconds": 0.05})
            hosted = tool.host.hosted("CS-1")
            assert isinstance(hosted.station.hardware, SimulatedStation)
            await eventually(lambda: hosted.station.core.overview().registration == "Accepted", what="accepted")
            await eventually(lambda: _register(hosted.station) == 43_210, what="the register")
    finally:
        await server.shutdown()


async def test_the_driver_the_host_was_started_with() -> None:
    """Stations have it if they name none, or name it; simulated ones can be made beside them."""
    async with Board().switched_on() as board, rig(BOARD) as tool:
        await tool.make(driverOptions={"port": board.port}, speed=1)
        station = tool.host.hosted("CS-1").station
        assert not isinstance(station.hardware, SimulatedStation)
        await eventually(lambda: bool(tool.csms.of("BootNotification")), what="a boot")
        assert (await tool.http.post("/stations/CS-1/plug", json={})).status_code == 409
        board.move_pilot("B")
        await eventually(lambda: "Occupied" in str(tool.csms.of("StatusNotification")), what="a vehicle")
        await tool.make(identity="CS-2", driver="simulated")
        assert isinstance(tool.host.hosted("CS-2").station.hardware, SimulatedStation)


def test_a_host_knows_its_driver_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named on the command line or in the file; one that nobody answers to ends the program with the sentence."""
    assert load_host_settings({"driver": BOARD}).driver == BOARD
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(cli.app, ["station", "--host-many", "--driver", "acne"])
    assert ended.exit_code == 2
    assert "There is no driver acne" in ended.output
