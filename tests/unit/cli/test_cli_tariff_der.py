"""`pilotwire tariff` and `pilotwire der`, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.store.ports import Scope
from tests.support.api_rooms import ApiRooms, api_of, served

Run = Callable[..., Result]


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs the command line against a CSMS that asks for keys."""
    rooms = ApiRooms(no_auth=False)
    asyncio.run(rooms.key(Scope.ADMIN, "root"))
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "PILOTWIRE_API_KEY": "root", "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, list(words), env=env)


def test_tariffs_are_put_listed_and_removed(run: Run, tmp_path: Path) -> None:
    """On record; a station that is not there is told in a sentence."""
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps({"currency": "EUR", "energy": {"prices": [{"priceKwh": 0.49}]}}))
    assert run("tariff", "put", "day-1", str(file)).stdout == "Tariff day-1 is on record.\n"
    assert "day-1" in run("tariff", "list").stdout
    (known,) = json.loads(run("tariff", "list", "--json").stdout)
    assert known["tariff"]["energy"]["prices"][0]["priceKwh"] == 0.49
    assert "No tariffs at CS-9" in run("tariff", "list", "--station", "CS-9").stdout
    assert run("tariff", "set", "CS-9", "day-1").exit_code == 1
    assert run("tariff", "remove", "day-1").exit_code == 0
    assert "no tariffs on record" in run("tariff", "list").stdout


def test_der_controls(run: Run, tmp_path: Path) -> None:
    """What is wrong with a control is told; so is a file that cannot be read."""
    assert "No DER controls of CS-9" in run("der", "list", "CS-9").stdout
    file = tmp_path / "control.json"
    file.write_text(json.dumps({"controlId": "c", "controlType": "VoltVar", "isDefault": True}))
    refused = run("der", "set", "CS-9", str(file))
    assert refused.exit_code == 2
    assert "R04.FR.16" in refused.stderr
    assert run("der", "set", "CS-9", str(tmp_path / "none.json")).exit_code == 2
