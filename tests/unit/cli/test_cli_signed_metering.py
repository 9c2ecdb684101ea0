"""`pilotwire transactions signed` and `pilotwire meter-key`, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.store.ports import BookEvent, RegisterStation, Scope
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import MeterReading, Sample
from tests.support.api_rooms import NOON, ApiRooms, api_of, ended, served, started
from tests.support.meter_records import Meter, reading, sent

Run = Callable[..., Result]
METER = Meter()


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a transaction `a` that the meter signed both ends of, at CS-1."""
    rooms = ApiRooms(no_auth=False)
    meter = Meter()
    meter.key = METER.key
    records = [
        sent(meter.record(reading("B", 1.0), ID="04A1B2C3D4")),
        sent(meter.record(reading("E", 8.2505, 30), ID="04A1B2C3D4")),
    ]
    samples = [Sample(value=None, signed=each.signed) for each in records]
    register = Sample(value=Decimal("8250.5"), context="Transaction.End")
    end = MeterReading(at=NOON + timedelta(minutes=30), samples=(register, *samples))
    events = (started("a"), changed(ended("a"), readings=(end,)))
    asyncio.run(rooms.key(Scope.ADMIN, "root"))
    asyncio.run(rooms.keep(RegisterStation(station="CS-1", registration=None, at=NOON)))
    asyncio.run(rooms.keep(*(BookEvent(station="CS-1", event=each, received_at=NOON) for each in events)))
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "PILOTWIRE_API_KEY": "root", "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, list(words), env=env)


def test_a_key_is_put_and_a_session_verified(run: Run, tmp_path: Path) -> None:
    """Without the key it cannot be; with another meter's it fails, and so does the command."""
    before = run("transactions", "signed", "a")
    assert before.exit_code == 0
    assert before.stdout.startswith("Unverifiable\n- No public key of the meter is known.\n")
    assert run("meter-key", "put", "CS-1", "1", Meter().printed).exit_code == 0
    wrong = run("transactions", "signed", "a", "--station", "CS-1")
    assert wrong.exit_code == 1
    assert wrong.stdout.startswith("Failed\n")
    file = tmp_path / "meter.key"
    file.write_text(METER.printed + "\n", encoding="ascii")
    assert run("meter-key", "put", "CS-1", "1", f"@{file}").exit_code == 0
    right = run("transactions", "signed", "a")
    assert right.exit_code == 0
    assert right.stdout.startswith("Verified\n")
    assert "From reading to reading: 7250.5 Wh." in right.stdout
    assert "M-1" in right.stdout
    assert json.loads(run("transactions", "signed", "a", "--json").stdout)["outcome"] == "Verified"


def test_records_are_saved(run: Run, tmp_path: Path) -> None:
    """For other software, in its format."""
    for kind, begins in (("xml", b"<?xml"), ("ocmf", b"OCMF|"), ("chargy", b"PK")):
        file = tmp_path / kind
        assert run("transactions", "signed", "a", "--save", str(file), "--format", kind).exit_code == 0
        assert file.read_bytes().startswith(begins)
    assert run("transactions", "signed", "a", "--save", str(tmp_path), "--format", "xml").exit_code == 2


def test_keys_are_listed_and_removed(run: Run) -> None:
    """With where they are from."""
    assert run("meter-key", "list", "CS-1").stdout == "There are no meter keys on record.\n"
    run("meter-key", "put", "CS-1", "1", METER.printed)
    assert "Operator" in run("meter-key", "list", "CS-1").stdout
    (key,) = json.loads(run("meter-key", "list", "CS-1", "--json").stdout)
    assert (key["evseId"], key["publicKey"]) == (1, METER.printed)
    assert run("meter-key", "remove", "CS-1", "1").exit_code == 0
    assert run("meter-key", "remove", "CS-1", "1").exit_code != 0


def test_what_cannot_be_done_is_told(run: Run) -> None:
    """In a sentence, with its exit code."""
    for words in (
        ("transactions", "signed", "b"),
        ("meter-key", "put", "CS-1", "1", "what?"),
        ("meter-key", "put", "CS-1", "1", "@no-such-file"),
        ("meter-key", "list", "CS-9"),
        ("transactions", "signed", "a", "--save", "x", "--format", "pdf"),
    ):
        outcome = run(*words)
        assert outcome.exit_code == 2, words
        assert "Traceback" not in outcome.output
        assert outcome.output.strip(), words


def test_transactions_are_listed_as_before(run: Run) -> None:
    """`signed` is a verb below it."""
    assert "04A1B2C3D4" in run("transactions", "--ended").stdout
