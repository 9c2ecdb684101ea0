"""Strict by default, tolerant by name: what a station of its own ways is allowed, and what is kept of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from pilotwire.csms.app import Csms
from pilotwire.errors import ConfigError
from tests.support.every_action import client_of
from tests.support.raw_station import settings, station

WRONG = {"connectorId": "1", "errorCode": "noerror", "status": "AVAILABLE"}


async def findings(api: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Rules and places of what was found, oldest first."""
    found = (await api.get("/findings", params={"station": "CS001"})).json()
    return [(each["rule"], each["path"]) for each in reversed(found)]


async def test_a_station_is_strictly_judged_until_it_is_allowed_its_ways() -> None:
    """Refused with the right error at first; understood from its next handshake on, each use a finding with its firmware."""
    async with Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        async with station(csms) as cs:
            await cs.boot()
            answer = await cs.call("StatusNotification", WRONG)
            assert answer[0] == 4
            assert answer[2] in ("PropertyConstraintViolation", "TypeConstraintViolation")
        names = ["numbers-as-strings", "enum-case", "enum-case"]
        put = await api.put("/stations/CS001", json={"tolerances": names})
        assert put.json()["tolerances"] == ["numbers-as-strings", "enum-case"]
        async with station(csms) as cs:
            assert await cs.ask("StatusNotification", WRONG) == {}
        shown = (await api.get("/stations/CS001")).json()
        assert shown["connectors"][0]["connectorStatus"] == "Available"
        used = await findings(api)
        assert sorted(used[1:]) == [
            ("tolerance:enum-case", "$.errorCode"),
            ("tolerance:enum-case", "$.status"),
            ("tolerance:numbers-as-strings", "$.connectorId"),
        ]
        (example, *_) = (await api.get("/findings", params={"station": "CS001"})).json()
        frame, *_ = (await api.get("/messages", params={"messageId": example["messageId"], "direction": "in"})).json()[
            "items"
        ]
        assert "AVAILABLE" in frame["frame"]
        summary = (await api.get("/findings/summary", params={"vendor": "Volta", "model": "One"})).json()
        assert {each["rule"] for each in summary} >= {"tolerance:enum-case", "tolerance:numbers-as-strings"}


async def test_every_station_may_be_allowed_something() -> None:
    """By a setting; what is not named stays an error."""
    async with (
        Csms(settings(no_auth=True, tolerances=("enum-case",))) as csms,
        client_of(csms) as api,
        station(csms) as cs,
    ):
        await cs.boot()
        right: Any = WRONG | {"connectorId": 1}
        assert await cs.ask("StatusNotification", right) == {}
        assert (await cs.call("StatusNotification", WRONG))[0] == 4
        assert ("tolerance:enum-case", "$.status") in await findings(api)


async def test_answers_are_mended_too() -> None:
    """What a station answers to a command."""
    async with (
        Csms(settings(no_auth=True, tolerances=("enum-case",))) as csms,
        client_of(csms) as api,
        station(csms) as cs,
    ):
        await cs.boot()
        asked = asyncio.create_task(api.post("/stations/CS001/commands/reset", json={"type": "OnIdle"}))
        await cs.answer({"status": "ACCEPTED"})
        assert (await asked).json() == {"status": "Accepted"}


async def test_a_tolerance_there_is_not() -> None:
    """Is told at once, over the API and at the start."""
    async with Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        answer = await api.put("/stations/CS001", json={"tolerances": ["sloppy"]})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["where"] == "body.tolerances.0"
    with pytest.raises(ConfigError, match="no tolerance 'sloppy'"):
        async with Csms(settings(tolerances=("sloppy",))):
            pass
