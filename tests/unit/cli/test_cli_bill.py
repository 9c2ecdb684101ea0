"""`pilotwire bill`, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.store.ports import Scope
from pilotwire.domain.transactions import EventKind
from tests.support.api_rooms import NOON, ApiRooms, api_of, served
from tests.support.csms_facts import CARD, event, later

Run = Callable[..., Result]


@pytest.fixture
def rooms() -> ApiRooms:
    return ApiRooms(no_auth=False)


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against a CSMS that asks for keys."""
    asyncio.run(rooms.key(Scope.ADMIN, "root"))
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "PILOTWIRE_API_KEY": "root", "COLUMNS": "240", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, list(words), env=env)


async def _session(rooms: ApiRooms) -> None:
    """10 kWh."""
    handlers = Handlers(rooms.journal, rooms.store, rooms.clock, Policy(accept_unknown_tokens=True))
    for kind, number in ((EventKind.STARTED, 0), (EventKind.ENDED, 1)):
        token = CARD if number == 0 else None
        said = event(kind, later(NOON, 600 * number), seq_no=number, token=token, register=10000 * number)
        await handlers.handle("CS001", said, message_id="m")


def test_a_bill_from_its_rule_to_its_export(run: Run, rooms: ApiRooms, tmp_path: Path) -> None:
    tariff = tmp_path / "tariff.json"
    tariff.write_text(json.dumps({"currency": "EUR", "energy": {"prices": [{"priceKwh": 0.5}]}}))
    assert "no session is billed" in run("bill", "rule", "list").stdout
    assert run("bill", "rule", "put", "all", "day-1").exit_code == 2, "there is no such tariff"
    assert run("tariff", "put", "day-1", str(tariff)).exit_code == 0
    assert run("bill", "rule", "put", "all", "day-1", "--time-zone", "Europe/Amsterdam").exit_code == 0
    assert "Europe/Amsterdam" in run("bill", "rule", "list").stdout
    assert "There are no bills" in run("bill", "list").stdout
    asyncio.run(_session(rooms))
    assert "10.000" in run("bill", "list").stdout
    corrected = run("bill", "correct", "1", "-0.50", "--reason", "goodwill")
    assert corrected.stdout == "Bill 1 is corrected by entry 2; it now comes to 4.5 EUR.\n"
    assert run("bill", "correct", "1", "9", "--refund", "--reason", "too much").exit_code == 1
    assert run("bill", "correct", "1", "much", "--reason", "no number").exit_code == 2
    shown = run("bill", "show", "1").stdout
    assert "energy" in shown
    assert "Total: 4.5 EUR" in shown
    assert [each["number"] for each in json.loads(run("bill", "list", "--json").stdout)] == [2, 1]
    assert "<title>Receipt 000001</title>" in run("bill", "receipt", "1").stdout
    paper = tmp_path / "receipt.pdf"
    assert run("bill", "receipt", "1", "--format", "pdf").exit_code == 2
    assert run("bill", "receipt", "1", "--format", "pdf", "-o", str(paper)).exit_code == 0
    assert paper.read_bytes().startswith(b"%PDF-")
    table = run("bill", "export").stdout.splitlines()
    assert [line.split(",")[:2] for line in table if line] == [["number", "kind"], ["1", "Bill"], ["2", "Correction"]]
    assert run("bill", "export", "--format", "ocpi").exit_code == 2, "nobody said whose CDRs these are"
    assert run("bill", "show", "9").exit_code == 2
    assert run("bill", "rule", "remove", "all").exit_code == 0
