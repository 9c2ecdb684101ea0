"""The verbs of provisioning, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.cli.variables import label, named
from pilotwire.csms.registers.device_model import keep_answered
from pilotwire.csms.store.ports import RecordBoot
from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.domain.identity import StationIdentity
from pilotwire.errors import ConfigError
from tests.support.api_rooms import NOON, ApiRooms, api_of, served

Run = Callable[..., Result]
NAME = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
SAID = "OCPPCommCtrlr.HeartbeatInterval"


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a station whose heartbeat interval is known."""
    rooms = ApiRooms()
    boot = RecordBoot(station="CS-1", identity=StationIdentity(vendor="Volta", model="One"), reason=None, at=NOON)
    known = VariableResult(name=NAME, status=VariableStatus.ACCEPTED, value="60")
    asyncio.run(rooms.keep(boot, keep_answered("CS-1", known, NOON)))
    rooms.bus.connect("CS-1")
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words, **more: CliRunner().invoke(cli.app, list(words), env=env, **more)


@pytest.mark.parametrize("text", [SAID, "A[i]:1:2.V[j]", "A:1.V", "BlinkRepeat"])
def test_names_are_read_as_they_are_shown(text: str) -> None:
    """Component, instance, EVSE, connector, variable; or a key of 1.6."""
    assert label(named(text)) == text


@pytest.mark.parametrize("text", ["", "A.", "A:x.V", "A:1:2:3.V"])
def test_what_is_no_name(text: str) -> None:
    """A sentence says so."""
    with pytest.raises(ConfigError):
        named(text)


def test_get_and_set(rooms: ApiRooms, run: Run) -> None:
    """A table of what the station answered."""
    got = VariableResult(name=NAME, status=VariableStatus.ACCEPTED, value="77")
    rooms.bus.answers[GetVariables] = GetVariablesOutcome(results=(got,))
    outcome = run("variables", "get", "CS-1", SAID)
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.splitlines()[1].split() == [SAID, "77", "Accepted"]
    taken = SetVariableResult(name=NAME, status=SetVariableStatus.REBOOT_REQUIRED)
    rooms.bus.answers[SetVariables] = SetVariablesOutcome(results=(taken,))
    outcome = run("variables", "set", "CS-1", f"{SAID}=5=6")
    assert outcome.stdout.splitlines()[1].split() == [SAID, "RebootRequired"]
    assert rooms.bus.commands[-1][1] == SetVariables(settings=(VariableSetting(name=NAME, value="5=6"),))
    assert run("variables", "set", "CS-1", SAID).exit_code == 2


def test_what_is_known(run: Run) -> None:
    """Without asking the station."""
    outcome = run("variables", "report", "CS-1", "--component", "ocppcommctrlr")
    assert outcome.stdout.splitlines()[1].split() == [SAID, "Actual", "60", "-"]
    assert "Nothing is known" in run("variables", "report", "CS-1", "--component", "Other").stdout


def test_templates(run: Run, tmp_path: Path) -> None:
    """From a TOML or a JSON file; which stations differ."""
    (tmp_path / "t.toml").write_text(f'[match]\nvendor = "Volta"\n[settings]\n"{SAID}" = 300\n"A.On" = true\n', "utf-8")
    outcome = run("template", "put", "fleet", str(tmp_path / "t.toml"))
    assert outcome.stdout == "Template fleet is on record with 2 settings (revision 1).\n", outcome.output
    shown = json.loads(run("template", "list", "--json").stdout)
    assert [each["attributeValue"] for each in shown[0]["settings"]] == ["300", "true"]
    lines = run("template", "drift", "fleet").stdout.splitlines()
    assert lines[1].split() == ["CS-1", SAID, "Different", "60", "300"]
    (tmp_path / "t.json").write_text(json.dumps({"keys": [{"key": "BlinkRepeat", "value": "3"}]}), "utf-8")
    assert "revision 2" in run("template", "put", "fleet", str(tmp_path / "t.json")).stdout
    (tmp_path / "bad.json").write_text("{", "utf-8")
    assert run("template", "put", "fleet", str(tmp_path / "bad.json")).exit_code == 2
