"""The device model over real sockets: asked for in the HTTP API, told in parts by our station, given as one. And E14."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from pilotwire.csms.app import Csms
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.raw_station import RawStation, settings, station
from tests.support.station_lab import Lab, lab, open_csms

BOTH = pytest.mark.parametrize("version", ["2.0.1", "2.1"])
ITEMS = "DeviceDataCtrlr.ItemsPerMessage[GetReport]"
FULL = {"reportBase": "FullInventory"}


@dataclass(frozen=True)
class Scene:
    """A CSMS, a client of its API, and one of our stations that was accepted."""

    csms: Csms
    api: httpx.AsyncClient
    lab: Lab

    async def command(self, verb: str, body: dict[str, Any]) -> Any:
        """The answer to a command; 200."""
        answer = await self.api.post(f"/stations/CS001/commands/{verb}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def logged(self, action: str, direction: str) -> list[Any]:
        """The payloads of an action's requests as the message log has them, oldest first."""
        answer = await self.api.get("/messages", params={"station": "CS001", "action": action, "limit": 1000})
        frames = [json.loads(each["frame"]) for each in answer.json()["items"] if each["direction"] == direction]
        return [frame[3] for frame in reversed(frames) if frame[0] == 2]


@asynccontextmanager
async def _scene(version: str, **more: Any) -> AsyncIterator[Scene]:
    async with (
        open_csms(no_auth=True) as csms,
        client_of(csms) as api,
        lab(csms.urls.ocpp, version, **more) as own,
    ):
        await own.until_accepted()
        yield Scene(csms, api, own)


def _names(report: Any) -> list[tuple[str, int | None, str, str | None]]:
    return [
        (
            each["component"]["name"],
            each["component"].get("evse", {}).get("id"),
            each["variable"]["name"],
            each["variable"].get("instance"),
        )
        for each in report["reportData"]
    ]


@BOTH
@pytest.mark.req("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10")
async def test_a_full_inventory_in_parts(version: str) -> None:
    """Each part in its own message, in order, all but the last with `tbc`; the API gives them as one."""
    async with _scene(version, variables={ITEMS: "20"}) as scene:
        report = await scene.command("get-base-report", FULL)
        parts = await scene.logged("NotifyReport", "in")
        findings = (await scene.api.get("/findings", params={"station": "CS001"})).json()
    assert report["status"] == "Accepted"
    assert len(parts) > 2
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part.get("tbc", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {report["requestId"]}
    assert [each["variable"]["name"] for part in parts for each in part["reportData"]] == [
        name for _, _, name, _ in _names(report)
    ]
    assert ("EVSE", 1, "AvailabilityState", None) in _names(report)
    assert ("DeviceDataCtrlr", None, "ItemsPerMessage", "GetReport") in _names(report)
    assert all(each["variableCharacteristics"] is not None for each in report["reportData"])
    assert findings == []


@BOTH
@pytest.mark.req("B07.FR.03", "B07.FR.07", "B07.FR.09")
async def test_what_can_be_set_and_how_things_stand(version: str) -> None:
    """Two of the base reports; a password is not told."""
    async with _scene(version) as scene:
        settable = await scene.command("get-base-report", {"reportBase": "ConfigurationInventory"})
        summary = await scene.command("get-base-report", {"reportBase": "SummaryInventory"})
    assert {each["variableAttribute"][0]["mutability"] for each in settable["reportData"]} == {"ReadWrite", "WriteOnly"}
    passwords = [each for each in settable["reportData"] if each["variable"]["name"] == "BasicAuthPassword"]
    assert {each["variableAttribute"][0]["value"] for each in passwords} == {None}
    assert [(name[0], each["variableAttribute"][0]["value"]) for name, each in _with_names(summary)] == [
        ("ChargingStation", "Available"),
        ("EVSE", "Available"),
    ]


def _with_names(report: Any) -> list[tuple[Any, Any]]:
    return list(zip(_names(report), report["reportData"], strict=True))


@BOTH
@pytest.mark.req("B08.FR.01", "B08.FR.05", "B08.FR.15", "B08.FR.21", "B08.FR.23")
async def test_a_report_of_what_was_asked_for(version: str) -> None:
    """Names without EVSE or instance mean all; criteria limit them; nothing left is an empty result set."""
    async with _scene(version, layout="ac-22-dual") as scene:
        state = {"component": {"name": "EVSE"}, "variable": {"name": "AvailabilityState"}}
        items = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
        named = await scene.command("get-report", {"componentVariable": [state, items]})
        available = await scene.command(
            "get-report", {"componentCriteria": ["Available"], "componentVariable": [state]}
        )
        problems = await scene.command("get-report", {"componentCriteria": ["Problem"], "componentVariable": [state]})
        parts = await scene.logged("NotifyReport", "in")
    assert {name[:2] for name in _names(named)} == {("EVSE", 1), ("EVSE", 2), ("DeviceDataCtrlr", None)}
    assert {name[3] for name in _names(named)} >= {"GetReport", "GetVariables"}
    assert _names(available) == [("EVSE", 1, "AvailabilityState", None), ("EVSE", 2, "AvailabilityState", None)]
    assert (problems["status"], problems["reportData"]) == ("EmptyResultSet", [])
    assert len(parts) == 2


@BOTH
async def test_a_criterion_the_standard_does_not_know(version: str) -> None:
    """Sent all the same, the station refuses it by its schema; and no report comes."""
    async with _scene(version) as scene:
        wrong = {"requestId": 1, "componentCriteria": ["Broken"]}
        answer = await scene.api.post("/stations/CS001/calls/GetReport", json=wrong, params={"force": "true"})
        assert await scene.logged("NotifyReport", "in") == []
    assert answer.status_code == 502
    assert answer.json()["code"] == "PropertyConstraintViolation"


async def test_1_6_says_what_to_do_instead() -> None:
    """422 for each of the three, and nothing is sent."""
    async with _scene("1.6") as scene:
        for verb, body in (("get-base-report", FULL), ("get-report", {}), ("get-transaction-status", {})):
            answer = await scene.api.post(f"/stations/CS001/commands/{verb}", json=body)
            assert answer.status_code == 422
            assert "OCPP 1.6" in answer.json()["detail"]
            assert answer.json()["remedy"]


# --- stations that tell it badly ------------------------------------------------------------------------------------


@asynccontextmanager
async def _asked(version: str, patience: float) -> AsyncIterator[tuple[RawStation, asyncio.Task[httpx.Response], int]]:
    """A station of bare frames that has accepted a report; gives the request under way and its id."""
    async with (
        Csms(settings(no_auth=True, call_timeout=patience)) as csms,
        client_of(csms) as api,
        station(csms, version=f"ocpp{version}") as cs,
    ):
        await cs.boot()
        asking = asyncio.create_task(api.post("/stations/CS001/commands/get-base-report", json=FULL))
        call = await cs.answer({"status": "Accepted"})
        yield cs, asking, call[3]["requestId"]


def _part(request_id: int, seq_no: int, name: str = "", *, more: bool = False) -> dict[str, Any]:
    data = {"component": {"name": "A"}, "variable": {"name": name}, "variableAttribute": [{"value": "1"}]}
    part = {"requestId": request_id, "generatedAt": "2026-03-01T12:00:00Z", "seqNo": seq_no, "tbc": more}
    return part | ({"reportData": [data]} if name else {})


@BOTH
async def test_parts_in_any_order_are_put_in_theirs(version: str) -> None:
    """And one of another report is none of this one."""
    async with _asked(version, 10.0) as (cs, asking, request_id):
        for part in (
            _part(request_id, 2, "c"),
            _part(request_id + 1, 0, "other"),
            _part(request_id, 1, "b", more=True),
            _part(request_id, 0, "a", more=True),
        ):
            assert await cs.ask("NotifyReport", part) == {}
        report = (await asking).json()
    assert [name[2] for name in _names(report)] == ["a", "b", "c"]


@BOTH
async def test_a_report_that_breaks_off_is_a_timeout(version: str) -> None:
    """504 with the part that did not come; one that comes later is answered all the same."""
    async with _asked(version, 0.2) as (cs, asking, request_id):
        assert await cs.ask("NotifyReport", _part(request_id, 0, "a", more=True)) == {}
        answer = await asking
        assert answer.status_code == 504
        assert "its part 1 did not come in time" in answer.json()["detail"]
        assert await cs.ask("NotifyReport", _part(request_id, 1)) == {}


# --- the status of a transaction ------------------------------------------------------------------------------------


@BOTH
@pytest.mark.req("E14.FR.01", "E14.FR.02", "E14.FR.03", "E14.FR.05", "E14.FR.06", "E14.FR.08")
async def test_the_status_of_a_transaction(version: str) -> None:
    """While it goes on, after it, of one that never was, and of none in particular."""
    quiet = {"SampledDataCtrlr.TxUpdatedInterval": "0"}
    async with _scene(version, variables=quiet) as scene:
        own = scene.lab
        await own.charge()
        tx = own.overview.evses[0].transaction_id
        await eventually(lambda: own.overview.waiting == 0)
        assert await scene.command("get-transaction-status", {"transactionId": tx}) == _status(True)
        assert await scene.command("get-transaction-status", {"transactionId": "another"}) == _status(False)
        assert await scene.command("get-transaction-status", {}) == _status(None)
        own.tap()
        own.unplug()
        await own.until_ended()
        assert await scene.command("get-transaction-status", {"transactionId": tx}) == _status(False)


def _status(ongoing: bool | None) -> dict[str, Any]:
    return {"ongoingIndicator": ongoing, "messagesInQueue": False}
