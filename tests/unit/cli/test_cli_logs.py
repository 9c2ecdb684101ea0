"""`pilotwire logs` against an API on a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from re import MULTILINE, findall

import httpx
import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogStatus, LogType
from tests.support.api_rooms import ApiRooms, api_of, served

PAGE = Path(__file__).parents[3] / "docs" / "csms" / "diagnostics.md"
Run = Callable[..., Result]


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a station that accepts."""
    rooms = ApiRooms()
    rooms.bus.connect("CS/1")
    rooms.bus.answers[GetLog] = GetLogOutcome(status=LogStatus.ACCEPTED, file_name="log.zip")
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, ["logs", *words], env=env)


def _command(rooms: ApiRooms) -> GetLog:
    command = rooms.bus.commands[-1][1]
    assert isinstance(command, GetLog)
    return command


def test_a_log_is_asked_for_listed_and_downloaded(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """The way of a person who wants to see what is wrong."""
    assert "No log was asked for yet." in run("list", "CS/1").stdout
    asked = run("get", "CS/1", "--type", "SecurityLog", "--oldest", "2026-01-01T00:00:00Z", "--retries", "2")
    assert asked.exit_code == 0, asked.stderr
    number = asked.stdout.split()[1].rstrip(":")
    assert asked.stdout == f"Request {number}: Accepted, file log.zip.\n"
    command = _command(rooms)
    assert (command.log_type, command.retries, str(command.request_id)) == (LogType.SECURITY, 2, number)
    early = run("download", "CS/1", number)
    assert (early.exit_code, early.stderr.split("\n")[0]) == (1, f"Nothing has arrived for request {number} yet.")
    httpx.put(f"{command.remote_location}s.log", content=b"what happened").raise_for_status()
    target = tmp_path / "here.log"
    assert run("download", "CS/1", number, "--output", str(target)).stdout == f"{target}: 13 bytes.\n"
    assert target.read_bytes() == b"what happened"
    (line,) = [each for each in run("list", "CS/1").stdout.splitlines() if number in each]
    assert line.split() == [number, "SecurityLog", "2026-01-31", "12:00:00", "-", "Accepted", "-", "s.log", "13"]


def test_1_6_can_be_told_which_message(rooms: ApiRooms, run: Run) -> None:
    """And any log may go to somebody else."""
    assert run("get", "CS/1", "--no-security-extension", "--to", "ftp://logs.example/").exit_code == 0
    assert _command(rooms).with_security_extension is False
    assert _command(rooms).remote_location == "ftp://logs.example/"
    assert run("get", "CS/1", "--security-extension").exit_code == 0
    assert _command(rooms).with_security_extension is True


def test_a_refusal_is_exit_code_1(rooms: ApiRooms, run: Run) -> None:
    """With a sentence."""
    rooms.bus.answers[GetLog] = GetLogOutcome(status=LogStatus.REJECTED)
    outcome = run("get", "CS/1")
    assert outcome.exit_code == 1
    assert outcome.stderr.startswith("Station 'CS/1' uploads nothing.")


def test_a_file_that_cannot_be_written_is_told(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """Nor one that is not there."""
    number = run("get", "CS/1").stdout.split()[1].rstrip(":")
    httpx.put(f"{_command(rooms).remote_location}a.log", content=b"x").raise_for_status()
    outcome = run("download", "CS/1", number, "--output", str(tmp_path / "no" / "where"))
    assert outcome.exit_code == 2
    assert "cannot be written" in outcome.stderr
    absent = run("download", "CS/1", number, "b.log", "--output", str(tmp_path / "b"))
    assert absent.exit_code == 2
    assert "has no file 'b.log'" in absent.stderr
    assert not (tmp_path / "b").exists()


def test_the_examples_of_the_page_work(
    rooms: ApiRooms, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line with `pilotwire logs`, in order; the number of the request is one that there is."""
    monkeypatch.chdir(tmp_path)
    rooms.bus.connect("CS001", "1.6")
    lines = findall(r"^pilotwire logs (.*)$", PAGE.read_text(encoding="utf-8"), flags=MULTILINE)
    assert len(lines) == 7
    number = ""
    for line in lines:
        outcome = run(*line.replace("1767268800", number).split())
        assert outcome.exit_code == 0, (line, outcome.stderr)
        if line.startswith("get"):
            number = outcome.stdout.split()[1].rstrip(":")
            if "--to" not in line:
                httpx.put(f"{_command(rooms).remote_location}log.zip", content=b"x").raise_for_status()
    assert (tmp_path / "log.zip").read_bytes() == b"x"
