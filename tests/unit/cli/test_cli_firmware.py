"""`pilotwire firmware`, against the HTTP API on a real socket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.store.ports import RecordBoot, Scope
from pilotwire.domain.firmware import UpdateFirmware, UpdateFirmwareOutcome, UpdateFirmwareStatus
from pilotwire.domain.identity import StationIdentity
from tests.support.api_rooms import NOON, ApiRooms, api_of, served

Run = Callable[..., Result]
IMAGE = bytes(range(256)) * 10_000


@pytest.fixture
def rooms(tmp_path: Path) -> ApiRooms:
    """A CSMS that asks for keys."""
    rooms = ApiRooms(no_auth=False, firmware_dir=str(tmp_path / "images"))
    asyncio.run(rooms.key(Scope.WRITE, "root"))
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "PILOTWIRE_API_KEY": "root", "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, ["firmware", *words], env=env)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An image on the operator's disk."""
    path = tmp_path / "one-2.bin"
    path.write_bytes(IMAGE)
    return path


def test_upload_list_remove(run: Run, file: Path) -> None:
    """An image of several gulps arrives as it is."""
    outcome = run("upload", str(file), "--version", "2", "--vendor", "Volta")
    assert outcome.exit_code == 0, outcome.output
    assert hashlib.sha256(IMAGE).hexdigest() in outcome.stdout
    assert "not signed" in outcome.stdout
    listed = run("list")
    assert "one-2.bin" in listed.stdout
    assert "Volta" in listed.stdout
    assert json.loads(run("list", "--json").stdout)[0]["size"] == len(IMAGE)
    assert run("remove", "one-2.bin").exit_code == 0
    assert "no firmware images yet" in run("list").stdout
    assert run("remove", "one-2.bin").exit_code == 2


def test_a_file_that_cannot_be_read_is_told(run: Run, tmp_path: Path) -> None:
    """With its path; and a signature that is none."""
    outcome = run("upload", str(tmp_path / "none.bin"))
    assert outcome.exit_code == 2
    assert "cannot be read" in outcome.stderr
    (tmp_path / "sig").write_text(base64.b64encode(b"x").decode())
    (tmp_path / "pem").write_text("no certificate")
    (tmp_path / "a.bin").write_bytes(b"x")
    wrong = run("upload", str(tmp_path / "a.bin"), "--signature", f"{tmp_path}/sig", "--certificate", f"{tmp_path}/pem")
    assert wrong.exit_code == 2
    assert "not a certificate" in wrong.stderr


def test_update_and_updates(rooms: ApiRooms, run: Run, file: Path) -> None:
    """The station's answer is told, and it is in the list."""
    rooms.bus.connect("CS-1")
    rooms.bus.answers[UpdateFirmware] = UpdateFirmwareOutcome(status=UpdateFirmwareStatus.ACCEPTED)
    assert run("upload", str(file)).exit_code == 0
    outcome = run("update", "CS-1", "--image", "one-2.bin", "--retries", "3")
    assert outcome.exit_code == 0, outcome.output
    assert "CS-1 answered Accepted" in outcome.stdout
    ((_, command),) = rooms.bus.commands
    assert isinstance(command, UpdateFirmware)
    assert command.retries == 3
    assert command.location.endswith("/one-2.bin")
    assert "Accepted" in run("updates", "CS-1").stdout
    assert json.loads(run("updates", "CS-1", "--json").stdout)[0]["image"] == "one-2.bin"
    assert "never told" in run("updates", "CS-2").stdout


def test_campaigns(rooms: ApiRooms, run: Run) -> None:
    """Started, listed, shown, paused, resumed and cancelled."""
    identity = StationIdentity(vendor="Volta", model="One", firmware_version="2.3.1")
    boots = [RecordBoot(station=f"CS-{n}", identity=identity, reason=None, at=NOON) for n in range(5)]
    asyncio.run(rooms.keep(*boots))
    words = ("--location", "ftp://x/a.bin", "--vendor", "Vol*", "--firmware", "2.3.*", "--wave", "1", "--wave", "50%")
    more = ("--window", "22:00-05:00", "--time-zone", "Europe/Amsterdam", "--failure-percent", "10", "--name", "night")
    started = run("campaign", "start", *words, *more)
    assert started.exit_code == 0, started.output
    assert "5 stations in waves of 1, 2, 2" in started.stdout
    name = started.stdout.split()[1]
    assert "night" in run("campaign", "list").stdout
    assert "5 waiting" in run("campaign", "show", name).stdout
    assert json.loads(run("campaign", "show", name, "--json").stdout)["windows"] == [
        {"begins": "22:00", "ends": "05:00", "weekdays": []}
    ]
    for verb, state in (("pause", "Paused"), ("resume", "Running"), ("cancel", "Canceled")):
        assert f"is {state}" in run("campaign", verb, name).stdout
    assert run("campaign", "resume", name).exit_code == 1


@pytest.mark.parametrize(("option", "wrong"), [("--wave", "many"), ("--window", "always")])
def test_options_that_make_no_sense(run: Run, option: str, wrong: str) -> None:
    """Are told by name."""
    outcome = run("campaign", "start", "--location", "x", option, wrong)
    assert outcome.exit_code == 2
    assert option in outcome.stderr
