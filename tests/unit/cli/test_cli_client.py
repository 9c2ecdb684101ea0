"""The verbs that use the HTTP API of a CSMS, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.commands import CommandRefused, CommandTimedOut
from pilotwire.csms.store.ports import BookEvent, Direction, LogFrame, RecordBoot, RegisterStation, Scope
from pilotwire.domain.identity import IdToken, StationIdentity
from pilotwire.domain.provisioning import Reset, ResetKind, ResetOutcome, ResetStatus
from pilotwire.errors import NotSayable
from tests.support.api_rooms import NOON, ApiRooms, api_of, ended, served, started

Run = Callable[..., Result]


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS that asks for keys."""
    rooms = ApiRooms(no_auth=False)
    asyncio.run(rooms.key(Scope.ADMIN, "root"))
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "PILOTWIRE_API_KEY": "root", "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words, **more: CliRunner().invoke(cli.app, list(words), env=env, **more)


def test_call_prints_the_response(rooms: ApiRooms, run: Run) -> None:
    """Formatted, with its numbers as the station wrote them; an identity may hold any character."""
    rooms.bus.connect("CS 1%")
    rooms.bus.answers["Reset"] = b'{"status":"Accepted","n":1.10}'
    outcome = run("call", "CS 1%", "Reset", '{"type": "Immediate", "x": 2.50}')
    assert outcome.exit_code == 0
    assert outcome.stdout == '{\n  "status": "Accepted",\n  "n": 1.10\n}\n'
    assert rooms.bus.calls == [("CS 1%", "Reset", b'{"type": "Immediate", "x": 2.50}', False, None)]


def test_call_takes_json_from_elsewhere(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """From standard input, from a file, or none at all."""
    rooms.bus.connect("CS-1")
    rooms.bus.answers["Heartbeat"] = b"{}"
    (tmp_path / "a.json").write_bytes(b'{"from":"file"}')
    assert run("call", "CS-1", "Heartbeat", "-", input='{"from":"stdin"}').exit_code == 0
    assert run("call", "CS-1", "Heartbeat", f"@{tmp_path / 'a.json'}").exit_code == 0
    assert run("call", "CS-1", "Heartbeat").exit_code == 0
    assert [payload for _, _, payload, _, _ in rooms.bus.calls] == [b'{"from":"stdin"}', b'{"from":"file"}', b"{}"]


def test_call_can_force_and_wait(rooms: ApiRooms, run: Run) -> None:
    """Both are handed on."""
    rooms.bus.connect("CS-1")
    rooms.bus.answers["Reset"] = b"{}"
    assert run("call", "CS-1", "Reset", "[]", "--force", "--timeout", "3").exit_code == 0
    assert rooms.bus.calls == [("CS-1", "Reset", b"[]", True, 3.0)]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CommandRefused("NotSupported", "not me", {"a": 1}), ["NotSupported", "not me", '{"a": 1}']),
        (CommandTimedOut("station 'CS-1' did not answer Reset in time."), ["did not answer Reset in time."]),
    ],
)
def test_a_stations_error_is_exit_code_1(rooms: ApiRooms, run: Run, error: Exception, told: list[str]) -> None:
    """Its sentence is on standard error and nothing on standard output."""
    rooms.bus.connect("CS-1")
    rooms.bus.answers["Reset"] = error
    outcome = run("call", "CS-1", "Reset")
    assert outcome.exit_code == 1
    assert outcome.stdout == ""
    assert all(each in outcome.stderr for each in told)


def test_a_station_that_is_not_there_is_exit_code_1(run: Run) -> None:
    """It may be there later."""
    outcome = run("call", "CS-1", "Reset")
    assert outcome.exit_code == 1
    assert outcome.stderr.startswith("Station 'CS-1' is not connected.")


def test_what_cannot_be_said_is_exit_code_2(rooms: ApiRooms, run: Run) -> None:
    """Asking again would not help."""
    rooms.bus.connect("CS-1")
    rooms.bus.answers["Rest"] = NotSayable("OCPP 2.0.1 has no action Rest.", "Look at the list.")
    outcome = run("call", "CS-1", "Rest")
    assert outcome.exit_code == 2
    assert outcome.stderr == "OCPP 2.0.1 has no action Rest.\nLook at the list.\n"


@pytest.mark.parametrize(
    ("payload", "told"),
    [("{", "The payload is not JSON"), ("@/no/such/file", "cannot be read"), ("-", "Standard input is not JSON")],
)
def test_a_payload_that_is_no_json(rooms: ApiRooms, run: Run, payload: str, told: str) -> None:
    """Nothing is sent."""
    outcome = run("call", "CS-1", "Reset", payload, input="")
    assert outcome.exit_code == 2
    assert told in outcome.stderr
    assert rooms.bus.calls == []


def test_a_csms_that_is_not_there() -> None:
    """Says where it was looked for and what to do."""
    outcome = CliRunner().invoke(cli.app, ["stations", "--url", "http://127.0.0.1:1"])
    assert outcome.exit_code == 2
    assert "http://127.0.0.1:1" in outcome.stderr
    assert "--url" in outcome.stderr


@pytest.mark.parametrize("url", ["not a url", "http://", "ftp://x", "http://[", "http://127.0.0.1:99999"])
def test_an_address_that_is_none(url: str) -> None:
    """Also a sentence."""
    outcome = CliRunner().invoke(cli.app, ["stations", "--url", url])
    assert outcome.exit_code == 2
    assert "cannot be reached" in outcome.stderr


@pytest.mark.parametrize("key", ["wrong", "", "schlüssel", "a\nb"])
def test_a_key_that_opens_nothing(run: Run, key: str) -> None:
    """Exit code 2 and how to get one that does."""
    outcome = run("stations", "--key", key)
    assert outcome.exit_code == 2
    assert "API key" in outcome.stderr


def test_stations_are_a_table(rooms: ApiRooms, run: Run) -> None:
    """Who is there, with what; hostile text is written out; more than one page."""
    identity = StationIdentity(vendor="[red]V\x1b[2J", model="M")
    asyncio.run(rooms.keep(RecordBoot(station="CS-1", identity=identity, reason=None, at=NOON)))
    asyncio.run(rooms.keep(*(RegisterStation(station=f"S{n:04}", registration=None, at=NOON) for n in range(1001))))
    rooms.bus.connect("CS-1")
    outcome = run("stations")
    assert outcome.exit_code == 0
    assert "[red]V\\x1b[2J, M" in outcome.stdout
    assert "\x1b" not in outcome.stdout
    assert "S1000" in outcome.stdout
    assert len(json.loads(run("stations", "--json").stdout)) == 1002


def test_transactions_are_a_table(rooms: ApiRooms, run: Run) -> None:
    """With energy; open and ended ones apart."""
    booked = [
        BookEvent(station="CS-1", event=event, received_at=NOON) for event in (started("a"), started("b"), ended("b"))
    ]
    asyncio.run(rooms.keep(*booked))
    everything = run("transactions").stdout
    assert "7250.5" in everything
    assert "04A1B2C3D4" in everything
    open_ones = json.loads(run("transactions", "--open", "--json").stdout)
    ended_ones = json.loads(run("transactions", "--ended", "--station", "CS-1", "--json").stdout)
    assert [each["transactionId"] for each in open_ones] == ["a"]
    assert [each["transactionId"] for each in ended_ones] == ["b"]
    assert len(json.loads(run("transactions", "--limit", "1", "--json").stdout)) == 1
    assert run("transactions", "--station", "nobody").stdout == "There are no such transactions.\n"


def test_tokens_are_put_listed_and_removed(rooms: ApiRooms, run: Run) -> None:
    """All that can be said of one is kept."""
    words = ["--type", "eMAID", "--status", "Blocked", "--expires", "2027-01-31T12:00:00Z", "--group", "FLEET"]
    more = ["--priority=-2", "--language", "en", "--message", "hello", "--max-transactions", "unlimited"]
    assert run("token", "put", "A/B", *words, *more).exit_code == 0
    token = asyncio.run(rooms.store.token(IdToken(value="a/b")))
    assert token is not None
    assert (token.id_token.type, token.status, token.priority, token.message) == ("eMAID", "Blocked", -2, "hello")
    assert token.group == IdToken(value="FLEET")
    assert token.max_transactions is None
    listed = run("token", "list").stdout
    assert "A/B" in listed
    assert "unlimited" in listed
    assert json.loads(run("token", "list", "--json").stdout)[0]["language1"] == "en"
    assert run("token", "remove", "A/B").exit_code == 0
    again = run("token", "remove", "A/B")
    assert again.exit_code == 2
    assert "There is no token 'A/B' on record." in again.stderr
    assert "nobody may charge" in run("token", "list").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--status", "ok"], "body.status"),
        (["--max-transactions", "many"], "--max-transactions"),
        (["--expires", "soon"], "2026-01-31T12"),
    ],
)
def test_a_token_that_makes_no_sense(run: Run, words: list[str], told: str) -> None:
    """The complaint names the place."""
    outcome = run("token", "put", "A", *words)
    assert outcome.exit_code == 2
    assert told in outcome.stderr


def test_keys_are_created_listed_and_revoked(run: Run) -> None:
    """The secret alone is on standard output, so a script can take it."""
    made = run("key", "create", "board", "--scope", "read", "--scope", "command")
    secret = made.stdout.strip()
    assert secret.startswith("pw_")
    assert "cannot be shown again" in made.stderr
    assert run("stations", "--key", secret).exit_code == 0
    assert "read, command" in run("key", "list").stdout
    assert secret not in run("key", "list", "--json").stdout
    assert run("key", "revoke", "board").exit_code == 0
    assert run("stations", "--key", secret).exit_code == 2
    last = run("key", "revoke", "admin")
    assert last.exit_code == 1
    assert "last key" in last.stderr


def test_the_log_is_not_asked_for_more_than_it_has(rooms: ApiRooms, run: Run) -> None:
    """A frame in the log does no harm to the lists of the command line."""
    frame = LogFrame(station="CS-1", at=NOON, direction=Direction.IN, message_id="1", action="A", frame="[]")
    asyncio.run(rooms.keep(frame))
    assert run("stations").stdout == "There are no stations yet.\n"


def test_command_gives_any_typed_command(rooms: ApiRooms, run: Run) -> None:
    """With its body as JSON; what the API complains about is told."""
    rooms.bus.connect("CS-1")
    rooms.bus.answers[Reset] = ResetOutcome(status=ResetStatus.SCHEDULED)
    outcome = run("command", "CS-1", "reset", '{"type": "OnIdle"}')
    assert (outcome.exit_code, json.loads(outcome.stdout)) == (0, {"status": "Scheduled"})
    assert rooms.bus.commands[-1] == ("CS-1", Reset(kind=ResetKind.ON_IDLE))
    assert run("command", "CS-1", "reset", "{").exit_code == 2
    assert run("command", "CS-1", "dance").exit_code != 0
