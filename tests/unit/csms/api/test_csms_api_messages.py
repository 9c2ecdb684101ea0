"""Searching and exporting the message log over the API and the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.csms.store.ports import Direction, LogFrame
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, served


def _frame(number: int, *, station: str = "CS-1", action: str = "Heartbeat", frame: str = "") -> LogFrame:
    return LogFrame(
        station=station,
        at=NOON + timedelta(minutes=number),
        direction=Direction.IN,
        message_id=str(number),
        action=action,
        frame=frame or f'[2,"{number}","{action}",{{}}]',
    )


async def _rooms(count: int = 0) -> ApiRooms:
    rooms = ApiRooms()
    await rooms.keep(
        _frame(1),
        _frame(2, station="CS-2"),
        _frame(3, action="MeterValues", frame='[2,"3","MeterValues",{"transactionId":12}]'),
        _frame(4, frame='[4,"4","InternalError","",{}]'),
        *(_frame(10 + number) for number in range(count)),
    )
    return rooms


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["4", "3", "2", "1"]),
        ({"station": "CS-2"}, ["2"]),
        ({"transactionId": "12"}, ["3"]),
        ({"errors": "true"}, ["4"]),
        ({"since": "2026-01-31T12:02:00Z", "until": "2026-01-31T12:04:00Z"}, ["3", "2"]),
        ({"text": "MeterV"}, ["3"]),
        ({"messageId": "1", "direction": "in"}, ["1"]),
        ({"direction": "out"}, []),
    ],
)
async def test_messages_are_searched(query: dict[str, str], found: list[str]) -> None:
    """By any of the conditions, newest first."""
    async with client_of(api_of(await _rooms())) as client:
        answer = await client.get("/messages", params=query)
    assert [each["messageId"] for each in answer.json()["items"]] == found


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"direction": "up"}, {"text": ""}, {"transactionId": "x" * 65}]
)
async def test_a_search_that_makes_no_sense_is_told(query: dict[str, Any]) -> None:
    """With the place."""
    async with client_of(api_of(await _rooms())) as client:
        answer = await client.get("/messages", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == f"query.{next(iter(query))}"


async def test_an_export_has_them_all_oldest_first() -> None:
    """As JSON lines, however many, under the same conditions."""
    async with client_of(api_of(await _rooms(1200))) as client:
        everything = await client.get("/messages/export")
        some = await client.get("/messages/export", params={"station": "CS-2"})
    assert everything.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in everything.text.splitlines()]
    assert [each["messageId"] for each in lines] == ["1", "2", "3", "4", *(str(10 + n) for n in range(1200))]
    assert lines[0]["frame"] == '[2,"1","Heartbeat",{}]'
    assert [json.loads(line)["messageId"] for line in some.text.splitlines()] == ["2"]


async def test_the_command_line_shows_and_exports(tmp_path: Path) -> None:
    """A table of the newest, or all of them in a file."""
    target = tmp_path / "out.jsonl"
    with served(api_of(await _rooms())) as url:
        shown = CliRunner().invoke(cli.app, ["messages", "--url", url, "--errors"])
        exported = CliRunner().invoke(cli.app, ["messages", "--url", url, "--export", str(target)])
        nowhere = CliRunner().invoke(cli.app, ["messages", "--url", url, "--export", str(tmp_path / "no" / "file")])
    assert "InternalError" in shown.output
    assert "MeterValues" not in shown.output
    assert "4 messages are in" in exported.output
    assert len(target.read_text().splitlines()) == 4
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (2, True)
