"""`pilotwire alerts` and `pilotwire monitors`, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.store.ports import Scope
from pilotwire.domain.device_model import ReportStatus
from pilotwire.domain.monitoring import GetMonitoringReport, MonitoringReportOutcome
from tests.support.api_rooms import NOON, ApiRooms, api_of, served
from tests.support.monitored_rooms import kept, monitored, told

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
        yield lambda *words: CliRunner().invoke(cli.app, list(words), env=env)


def test_alerts_are_listed_and_acknowledged(rooms: ApiRooms, run: Run) -> None:
    """Open ones and those somebody has taken note of, unless told otherwise."""
    asyncio.run(rooms.keep(*kept("CS-1", told(NOON)), *kept("CS-2", told(NOON, severity=6))))
    listed = run("alerts")
    assert listed.exit_code == 0, listed.output
    assert "3 critical" in listed.stdout
    assert "6 warning" in listed.stdout
    assert "Controller 1.Temperature" in listed.stdout
    (alert,) = json.loads(run("alerts", "--severity", "5", "--json").stdout)
    said = run("alerts", "acknowledge", alert["id"], "--by", "Anna", "--note", "Fan ordered.")
    assert said.stdout == f"Alert {alert['id']} of CS-1 is acknowledged.\n"
    (known,) = json.loads(run("alerts", "--station", "CS-1", "--json").stdout)
    assert (known["acknowledgedBy"], known["note"]) == ("Anna", "Fan ordered.")
    assert run("alerts", "--station", "CS-1", "--state", "open").stdout == "There are no such alerts.\n"
    assert len(json.loads(run("alerts", "--state", "all", "--json").stdout)) == 2


def test_an_alert_nobody_knows(run: Run) -> None:
    """Is told in a sentence."""
    outcome = run("alerts", "acknowledge", "abc", "--by", "Anna")
    assert outcome.exit_code == 2
    assert "There is no alert 'abc'." in outcome.stderr


def test_monitors_are_listed(rooms: ApiRooms, run: Run) -> None:
    """As they are on record, or after asking the station."""
    asyncio.run(rooms.keep(monitored("CS-1", 17, NOON)))
    listed = run("monitors", "CS-1")
    assert listed.exit_code == 0, listed.output
    assert all(text in listed.stdout for text in ("17", "Controller 1", "UpperThreshold", "60.5", "CustomMonitor"))
    assert run("monitors", "CS-2").stdout == "No monitors are on record.\n"
    rooms.bus.connect("CS-1")
    for status, shown in ((ReportStatus.NOT_SUPPORTED, 1), (ReportStatus.EMPTY_RESULT_SET, 0)):
        rooms.bus.answers[GetMonitoringReport] = MonitoringReportOutcome(status=status)
        outcome = run("monitors", "CS-1", "--refresh", "--json")
        assert outcome.stderr == f"The station answered {status.value}.\n"
        assert len(json.loads(outcome.stdout)) == shown
