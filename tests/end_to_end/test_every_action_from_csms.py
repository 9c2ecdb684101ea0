"""Every action a CSMS may send, in every version, as a person sends it: HTTP API, gateway, wire, station, and all the way back.

One CSMS and one connected station a version serve all tests of the module; each test leaves the line as it found it, with nothing
outstanding. The payloads are made from the official schemas.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from pilotwire.csms.app import Csms
from pilotwire.ocpp.registry import ACTIONS, Action
from pilotwire.ocpp.version import OcppVersion
from tests.support.every_action import actions, client_of, faults, in_json, requests, response_schema, responses
from tests.support.raw_station import PATIENCE, RawStation, settings, station
from tests.support.schema_walk import minimal

pytestmark = pytest.mark.asyncio(loop_scope="module")
FRAME = msgspec.json.Decoder(list[msgspec.Raw])
SHORT = 0.02
"""Seconds that a call is given in which no answer will come."""


@dataclass(frozen=True)
class Heard:
    """A CALL as the station got it; `payload` in its very bytes."""

    message_id: str
    action: str
    payload: bytes


class Scene:
    """An HTTP client on one side of the CSMS, a station of each version on the other."""

    def __init__(self, api: httpx.AsyncClient, stations: Mapping[OcppVersion, RawStation]) -> None:
        self.api = api
        self.stations = stations

    def begin(self, version: OcppVersion, action: str, payload: bytes, **query: Any) -> asyncio.Task[httpx.Response]:
        """Ask the CSMS for a call, and do not wait for the answer."""
        return asyncio.create_task(self.ask(version, action, payload, **query))

    async def ask(self, version: OcppVersion, action: str, payload: bytes, **query: Any) -> httpx.Response:
        """Ask the CSMS for a call."""
        return await self.api.post(f"/stations/{_name(version)}/calls/{action}", content=payload, params=query)

    async def hear(self, version: OcppVersion) -> Heard:
        """The next CALL at the station."""
        text = await asyncio.wait_for(self.stations[version].line.recv(decode=False), PATIENCE)
        kind, message_id, action, payload = FRAME.decode(text)
        assert bytes(kind) == b"2"
        return Heard(json.loads(bytes(message_id)), json.loads(bytes(action)), bytes(payload))

    async def answer(self, version: OcppVersion, call: Heard, payload: bytes) -> None:
        """The station's CALLRESULT."""
        await self.stations[version].say(f'[3,"{call.message_id}",{payload.decode()}]')


def _name(version: OcppVersion) -> str:
    return f"CS {version}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(Csms(settings(no_auth=True, call_timeout=PATIENCE)))
        api = await stack.enter_async_context(client_of(csms))
        stations = {}
        for version in OcppVersion:
            connected = station(csms, _name(version), version.subprotocol)
            stations[version] = await stack.enter_async_context(connected)
            assert (await stations[version].boot())["status"] == "Accepted"
        yield Scene(api, stations)


@pytest.mark.parametrize("size", ["minimal", "full"])
@pytest.mark.parametrize("action", actions("csms"))
async def test_a_call_goes_out_and_its_answer_comes_back(scene: Scene, action: Action, size: str) -> None:
    """Request and response are the same bytes at both ends."""
    request, response = in_json(requests(action)[size]), in_json(responses(action)[size])
    asked = scene.begin(action.version, action.name, request)
    call = await scene.hear(action.version)
    assert (call.action, call.payload) == (action.name, request)
    await scene.answer(action.version, call, response)
    answer = await asked
    assert (answer.status_code, answer.content) == (200, response)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("action", actions("csms"))
async def test_the_stations_error_comes_back(scene: Scene, action: Action) -> None:
    """A CALLERROR is a problem document with the station's code, description and details."""
    asked = scene.begin(action.version, action.name, in_json(requests(action)["minimal"]))
    call = await scene.hear(action.version)
    details = {"relay": 2, "tried": ["open", None], "volts": 1.5}
    await scene.stations[action.version].say([4, call.message_id, "InternalError", "relay stuck", details])
    answer = await asked
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == "urn:pilotwire:problem:station-error"
    assert (problem["code"], problem["description"], problem["details"]) == ("InternalError", "relay stuck", details)
    assert action.name in problem["detail"]


@pytest.mark.parametrize("action", actions("csms"))
async def test_no_answer_in_time(scene: Scene, action: Action) -> None:
    """Gateway timeout; it is said that nobody knows whether it was done."""
    asked = scene.begin(action.version, action.name, in_json(requests(action)["minimal"]), timeout=SHORT)
    assert (await scene.hear(action.version)).action == action.name
    answer = await asked
    assert (answer.status_code, answer.headers["content-type"]) == (504, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == "urn:pilotwire:problem:station-timeout"
    assert f"did not answer {action.name} in time" in problem["detail"]
    assert "not known" in problem["remedy"]


@pytest.mark.parametrize("action", actions("csms"))
async def test_a_faulty_call_is_refused_unless_forced(scene: Scene, action: Action) -> None:
    """One fault of each kind: refused with its place and nothing is sent; with `force` the station gets it as it is.

    That nothing was sent before shows in what the station hears next: the forced call and no other.
    """
    known = faults(action)
    for fault in known:
        answer = await scene.ask(action.version, action.name, fault.payload)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), fault
        problem = answer.json()
        assert problem["type"] == "urn:pilotwire:problem:payload-misfit"
        assert f"does not fit {action.name} of OCPP {action.version}: " in problem["detail"], fault
        assert "body" + fault.where.removeprefix("$") in [each["where"] for each in problem["errors"]], fault
    fault, response = known[0], in_json(responses(action)["minimal"])
    asked = scene.begin(action.version, action.name, fault.payload, force=True)
    call = await scene.hear(action.version)
    assert (call.action, call.payload) == (action.name, fault.payload)
    await scene.answer(action.version, call, response)
    answer = await asked
    assert (answer.status_code, answer.content) == (200, response)


@pytest.mark.parametrize("action", actions("csms"))
async def test_an_answer_that_is_none(scene: Scene, action: Action) -> None:
    """A CALLRESULT that breaks its schema is not passed off as an answer; a station of 2.1 is told (CALLRESULTERROR)."""
    asked = scene.begin(action.version, action.name, in_json(requests(action)["minimal"]))
    call = await scene.hear(action.version)
    wrong = {**minimal(response_schema(action)), "notInTheSchema": 1}
    await scene.answer(action.version, call, in_json(wrong))
    answer = await asked
    assert answer.status_code == 502
    assert answer.json()["type"] == "urn:pilotwire:problem:unusable-answer"
    assert "$.notInTheSchema" in answer.json()["detail"]
    if action.version is OcppVersion.V21:
        told = await scene.stations[action.version].hear()
        assert told[:3] == [5, call.message_id, "FormatViolation"]


@pytest.mark.parametrize("version", OcppVersion)
async def test_what_only_stations_say_is_not_sent(scene: Scene, version: OcppVersion) -> None:
    """Each action of the other direction, and one nobody knows, is refused; the line stays quiet."""
    for action in ACTIONS[version].values():
        if action.sender == "station":
            answer = await scene.ask(version, action.name, in_json(requests(action)["minimal"]))
            assert answer.status_code == 422
            assert f"{action.name} is not a message a csms sends" in answer.json()["detail"]
    unknown = await scene.ask(version, "Teleport", b"{}")
    assert unknown.status_code == 422
    assert f"OCPP {version} has no action 'Teleport'" in unknown.json()["detail"]
    asked = scene.begin(version, "ClearCache", b"{}")
    call = await scene.hear(version)
    assert call.action == "ClearCache"
    await scene.answer(version, call, b'{"status":"Accepted"}')
    assert (await asked).status_code == 200


@pytest.mark.parametrize("version", OcppVersion)
async def test_an_unknown_action_can_be_forced(scene: Scene, version: OcppVersion) -> None:
    """What the version does not have goes out and comes back as it is: nobody knows its shape."""
    asked = scene.begin(version, "Teleport", b'{"to":1.50}', force=True)
    call = await scene.hear(version)
    assert (call.action, call.payload) == ("Teleport", b'{"to":1.50}')
    await scene.answer(version, call, b'{"arrived":2.50}')
    answer = await asked
    assert (answer.status_code, answer.content) == (200, b'{"arrived":2.50}')
