"""`pilotwire token`, `group` and `local-list`, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.device_model import SetVariables, SetVariablesOutcome
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
)
from pilotwire.domain.token_rules import ValidityWindow
from tests.support.api_rooms import NOON, ApiRooms, api_of, served

Run = Callable[..., Result]


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a station that keeps a list."""
    rooms = ApiRooms()
    rooms.bus.connect("CS1")
    rooms.bus.answers = {
        GetLocalListVersion: LocalListVersion(version=0),
        SendLocalList: SendLocalListOutcome(status=SendLocalListStatus.ACCEPTED),
        SetVariables: SetVariablesOutcome(results=()),
    }
    asyncio.run(rooms.keep(RecordConnection(station="CS1", connected=True, at=NOON, version="2.0.1")))
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, list(words), env=env)


def test_a_token_is_put_with_its_rules(rooms: ApiRooms, run: Run) -> None:
    """Stations, connector types, hours, balance."""
    where = ("--station", "SITE7-*", "--connector-type", "sType2", "--evse", "2", "--master-pass")
    done = run("token", "put", "A", *where, "--hours", "1,5@07:00-19:30", "--time-zone", "Europe/Berlin")
    assert done.exit_code == 0, done.output
    token = asyncio.run(rooms.store.token(IdToken(value="A")))
    assert token is not None
    assert token.rules.windows == (ValidityWindow(begin=420, end=1170, days=(1, 5), time_zone="Europe/Berlin"),)
    assert (token.rules.stations, token.rules.connector_types, token.rules.evses) == (("SITE7-*",), ("sType2",), (2,))
    assert token.master_pass
    assert "25.50 EUR" in run("token", "balance", "A", "--set", "25.5 EUR").output
    assert "not prepaid" in run("token", "balance", "A", "--forget").output
    assert run("token", "put", "A", "--hours", "noon").exit_code == 2
    assert run("token", "balance", "A", "--set", "a lot").exit_code == 2


def test_groups_are_put_shown_and_removed(run: Run) -> None:
    """One with members stays."""
    assert run("group", "put", "FLEET", "--max-transactions", "3").exit_code == 0
    assert run("token", "put", "A", "--group", "FLEET").exit_code == 0
    assert json.loads(run("group", "list", "--json").output)[0]["maxTransactions"] == 3
    assert "A" in run("group", "show", "FLEET").output
    assert run("group", "remove", "FLEET").exit_code == 1
    assert run("token", "remove", "A").exit_code == 0
    assert run("group", "remove", "FLEET").exit_code == 0
    assert "no groups" in run("group", "list").output


def test_a_list_is_kept_shown_and_synced(run: Run) -> None:
    """In step after the sync."""
    assert run("token", "put", "A", "--type", "Central").exit_code == 0
    assert "not kept" in run("local-list", "show", "CS1").output
    assert run("local-list", "keep", "--type", "Central").exit_code == 0
    assert "not in step" in run("local-list", "show", "CS1").output
    assert "Full list sent, Accepted, version 1" in run("local-list", "sync", "CS1").output
    assert "version 1, tokens 1, in step" in run("local-list", "show", "CS1").output
    assert run("local-list", "keep", "CS1", "--none").exit_code == 0
    assert "not kept" in run("local-list", "show", "CS1").output
