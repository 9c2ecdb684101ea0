"""Configuration snapshots: of our own station, which runs as a program of its own, and of a device that was there already."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from pilotwire.cli import app
from pilotwire.conformance.benches.ports import Endpoint, StationBench
from pilotwire.conformance.certify.snapshot import read_result
from pilotwire.conformance.certify.snapshot_case import snapshot_case
from pilotwire.conformance.certify.snapshot_record import Variable, read_snapshot
from pilotwire.conformance.features import claims_all
from pilotwire.conformance.language import Case
from pilotwire.conformance.runner.one import Setting, play_station_case
from pilotwire.conformance.settings import read_settings
from pilotwire.ocpp.version import OcppVersion


def certify(*arguments: object) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["certify", *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})
    return ran.exit_code, ran.output


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A plan with the shortest interval of heartbeats there is."""
    plan = tmp_path / "plan.toml"
    plan.write_text("[settings]\nheartbeat_interval = 1\n")
    return plan


def test_the_device_model_is_read_and_the_heartbeats_are_timed(tmp_path: Path, quick: Path) -> None:
    dossier = tmp_path / "lab"
    assert certify("pics", dossier / "pics")[0] == 0
    code, said = certify("snapshot", dossier, "--plan", quick, "--observe", "3.5")
    taken = read_snapshot(dossier)
    assert (taken.ocpp, taken.vendor, taken.model, taken.findings) == ("2.0.1", "Pilotwire", "Bench", []), said
    by_name = {one.name: one for one in taken.variables}
    assert by_name["AlignedDataCtrlr.Interval"].unit == "s"
    assert "Authorized" in by_name["TxCtrlr.TxStartPoint"].values
    assert by_name["EVSE@2.Power"].maximum == 22080
    assert by_name["SecurityCtrlr.BasicAuthPassword"].value is None
    # what was read is what was declared before anything was set
    assert by_name["OCPPCommCtrlr.HeartbeatInterval"].value == "300"
    # a machine that is busy may keep the station from its interval: then it is told, and never passed over
    assert code == (1 if taken.contradictions else 0), said
    beats = [one for one in taken.measured if one.declared == "1 s"]
    assert {one.about for one in beats} == {"OCPPCommCtrlr.HeartbeatInterval"}
    assert {frame.run for one in beats for frame in one.frames} == {"snapshot"}


def test_the_keys_of_16_are_read_and_nothing_differs_from_itself(tmp_path: Path) -> None:
    code, said = certify("snapshot", tmp_path, "--ocpp", "1.6", "--observe", "0")
    assert code == 0, said
    taken = read_snapshot(tmp_path)
    by_name = {one.name: one for one in taken.variables}
    assert by_name["NumberOfConnectors"] == Variable("NumberOfConnectors", "2", "integer", mutability="ReadOnly")
    assert "AuthorizationKey" not in by_name or by_name["AuthorizationKey"].value is None
    assert taken.measured == []
    assert certify("diff", tmp_path, tmp_path / "snapshot")[0] == 0


class FoundDevice:
    """The bench of a Charge Point that was there already: it does not boot when it connects, and takes what is set."""

    makes_stations = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.keys = {"HeartbeatInterval": "60", "GetConfigurationMaxKeys": "20", "AuthorizationKey": "hunter2"}

    async def begin(self, _: Case, endpoint: Endpoint, __: Mapping[str, Any]) -> None:
        self._living = asyncio.create_task(self._lives(endpoint))

    async def _lives(self, endpoint: Endpoint) -> None:
        pair = base64.b64encode(f"{endpoint.identity}:{endpoint.password}".encode()).decode()
        async with connect(
            f"{endpoint.url}/{endpoint.identity}",
            subprotocols=[Subprotocol("ocpp1.6")],
            additional_headers={"Authorization": f"Basic {pair}"},
            proxy=None,
        ) as line:
            async for text in line:
                frame = json.loads(text)
                if frame[0] == 2:
                    await line.send(json.dumps([3, frame[1], self._answer(frame[2], frame[3])]))
                    if frame[2] == "TriggerMessage":
                        boot = {"chargePointVendor": "Volta", "chargePointModel": "One", "firmwareVersion": "2.3"}
                        await line.send(json.dumps([2, "boot", "BootNotification", boot]))

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((action, payload))
        if action == "ChangeConfiguration":
            self.keys[payload["key"]] = payload["value"]
        if action != "GetConfiguration":
            return {"status": "Accepted"}
        wanted = payload.get("key") or list(self.keys)
        told = [{"key": one, "readonly": False, "value": self.keys[one]} for one in wanted if one in self.keys]
        return {"configurationKey": told, "unknownKey": [one for one in wanted if one not in self.keys]}

    async def end(self) -> None:
        await self._living


async def test_a_device_that_was_there_is_neither_cleared_nor_reset_nor_left_otherwise() -> None:
    device, settings = FoundDevice(), read_settings({"silence": 0.3})
    case = snapshot_case(OcppVersion.V16, 0.1)
    result = await play_station_case(case, Setting(settings, claims_all()), cast(StationBench, device))
    taken = read_result(result, settings, OcppVersion.V16)
    assert (taken.vendor, taken.firmware_version) == ("Volta", "2.3")
    assert {one.name: one.value for one in taken.variables} == {
        "AuthorizationKey": "(withheld)",
        "GetConfigurationMaxKeys": "20",
        "HeartbeatInterval": "60",
    }
    assert {action for action, _ in device.asked} == {"TriggerMessage", "GetConfiguration", "ChangeConfiguration"}
    lots = [payload["key"] for action, payload in device.asked if action == "GetConfiguration" and "key" in payload]
    assert max(map(len, lots)) == 20
    assert "AuthorizationKey" not in [key for lot in lots for key in lot]
    changes = [payload["value"] for action, payload in device.asked if action == "ChangeConfiguration"]
    assert changes == ["2", "60"]
