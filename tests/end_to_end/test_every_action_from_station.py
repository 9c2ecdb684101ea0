"""Every action a station may send, in every version, as a station of bare frames says it to a running CSMS.

One CSMS on SQLite serves all tests of the module; each test is a station of its own. The payloads are made from the official schemas.
`BootNotification` is both the beginning and the end of each conversation: its answer comes after everything noted before is durable,
so what the HTTP API shows then is all there is.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pilotwire.csms.app import Csms
from pilotwire.ocpp.registry import ACTIONS, Action, decode_response
from pilotwire.ocpp.version import OcppVersion
from tests.support.certificates import SCHEMA_CSR
from tests.support.every_action import Fault, actions, client_of, faults, in_json, is_valid_response, requests
from tests.support.raw_station import RawStation, settings, station

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY_TO_ANSWER: dict[tuple[OcppVersion, str], str] = {}
"""Requests whose answer needs content that this CSMS has nobody to give, and what it would take. A line goes when its service comes."""


@dataclass(frozen=True)
class Said:
    """A frame of the message log."""

    direction: str
    action: str
    message_id: str
    frame: Any


class Backend:
    """The CSMS, and what its HTTP API tells of a station."""

    def __init__(self, csms: Csms, api: httpx.AsyncClient) -> None:
        self.csms = csms
        self.api = api

    async def messages(self, identity: str, action: str) -> list[Said]:
        """The logged frames of an action, oldest first."""
        answer = await self.api.get("/messages", params={"station": identity, "action": action, "limit": 1000})
        assert answer.status_code == 200, answer.text
        return [
            Said(each["direction"], each["action"], each["messageId"], json.loads(each["frame"]))
            for each in reversed(answer.json()["items"])
        ]

    async def findings(self, identity: str) -> list[Mapping[str, Any]]:
        """What was found against the station, newest first."""
        answer = await self.api.get("/findings", params={"station": identity})
        assert answer.status_code == 200, answer.text
        found: list[Mapping[str, Any]] = answer.json()
        return found

    @asynccontextmanager
    async def booted(self, action: Action, what: str) -> AsyncIterator[tuple[str, RawStation]]:
        """A station of the action's version that has booted, under a name of its own."""
        identity = f"{action.version} {action.name} {what}"
        async with station(self.csms, identity, action.version.subprotocol) as cs:
            assert (await cs.boot())["status"] == "Accepted"
            yield identity, cs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Backend]:
    database = f"sqlite:///{tmp_path_factory.mktemp('csms') / 'pilotwire.db'}"
    async with Csms(settings(database=database, no_auth=True)) as csms, client_of(csms) as api:
        yield Backend(csms, api)


async def _sensible(action: Action, request: Any, cs: RawStation) -> Any:
    """A schema knows form only: where what has the form makes no sense (a meter value of "text", or of 8.3 x 10^-2147483648), what does.

    In 1.6 the CSMS names transactions, so one that is to be stopped was started before; a stream was opened before.
    """
    if (action.version, action.name) == (OcppVersion.V16, "StopTransaction"):
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": "2026-01-02T03:00:00Z"}
        request = request | {"transactionId": (await cs.ask("StartTransaction", start))["transactionId"]}
    if action.name in ("NotifyPeriodicEventStream", "ClosePeriodicEventStream"):
        stream = {"id": request["id"], "params": {}, "variableMonitoringId": 0}
        await cs.ask("OpenPeriodicEventStream", {"constantStreamData": stream})
    if action.name.endswith("FirmwareStatusNotification") and "requestId" not in request:
        request = request | {"status": "Idle"}  # only that may be said of no update (L01.FR.20)
    return _with_measurements(request)


def _with_measurements(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_measurements(item) for item in value]
    if not isinstance(value, dict):
        return value
    sensible = {name: _with_measurements(item) for name, item in value.items()}
    return sensible | {name: given for (name, formal), given in _MEASURED.items() if value.get(name) == formal}


NOBODY_ASKED = {"certificates:contracts", "certificates:status"}
"""Notes that this CSMS has nobody to ask for contract certificates or revocation: nothing the station did wrong."""
_MEASURED = {("csr", "text"): SCHEMA_CSR, ("value", "text"): "7.5", ("multiplier", -(2**31)): 3}


@pytest.mark.parametrize("size", ["minimal", "full"])
@pytest.mark.parametrize("action", actions("station"))
async def test_a_valid_request_is_answered_and_logged(backend: Backend, action: Action, size: str) -> None:
    """With a valid response, or NotSupported if the table says so; both frames are in the log and nothing is held against it."""
    async with backend.booted(action, size) as (identity, cs):
        request = in_json(await _sensible(action, requests(action)[size], cs)).decode()
        kind = 6 if action.response is None else 2
        await cs.say(f'[{kind},"the-one","{action.name}",{request}]')
        answer = None if action.response is None else await cs.hear()
        assert (await cs.boot())["status"] == "Accepted"
    if answer is not None:
        _check_answer(action, answer)
    said = [each for each in await backend.messages(identity, action.name) if each.message_id == "the-one"]
    told = [("in", [kind, "the-one", action.name, json.loads(request)])]
    assert [(each.direction, each.frame) for each in said] == told + ([("out", answer)] if answer else [])
    held = [each["rule"] for each in await backend.findings(identity) if each["rule"] not in NOBODY_ASKED]
    assert held == []


def _check_answer(action: Action, answer: Any) -> None:
    if (action.version, action.name) in NOBODY_TO_ANSWER:
        what = f"{action.name} is understood here, but there is nobody to answer it."
        assert answer == [4, "the-one", "NotSupported", what, {}]
        return
    assert answer[:2] == [3, "the-one"], answer
    assert isinstance(decode_response(action.version, action.name, json.dumps(answer[2]).encode()), _type_of(action))
    assert is_valid_response(action, answer[2]), answer


def _type_of(action: Action) -> type:
    assert action.response is not None
    return action.response


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@pytest.mark.parametrize("action", [each for each in actions("station") if each.values[0].response is not None])
async def test_a_faulty_request_is_refused_and_a_finding_kept(backend: Backend, action: Action) -> None:
    """One fault of each kind: the error code of the version, the place in the description, and a finding for each."""
    known = faults(action)
    async with backend.booted(action, "faulty") as (identity, cs):
        for fault in known:
            await cs.say(f'[2,"{fault.kind}","{action.name}",{fault.payload.decode()}]')
            answer = await cs.hear()
            assert answer[:3] == [4, fault.kind, fault.code], (fault, answer)
            assert answer[3].startswith(f"{fault.where}: "), (fault, answer)
        await cs.boot()
    await _check_findings(backend, identity, action, known)


@pytest.mark.req("J2:4.2.4")
@pytest.mark.parametrize("action", [each for each in actions("station") if each.values[0].response is None])
async def test_a_faulty_send_is_not_answered_but_a_finding_kept(backend: Backend, action: Action) -> None:
    """A SEND never has an answer: what the station hears next is the answer to its boot."""
    known = faults(action)
    async with backend.booted(action, "faulty") as (identity, cs):
        for fault in known:
            await cs.say(f'[6,"{fault.kind}","{action.name}",{fault.payload.decode()}]')
        await cs.boot()
    await _check_findings(backend, identity, action, known)


async def _check_findings(backend: Backend, identity: str, action: Action, known: list[Fault]) -> None:
    found = {each["messageId"]: each for each in await backend.findings(identity)}
    assert found.keys() == {fault.kind for fault in known}
    for fault in known:
        finding = found[fault.kind]
        assert finding["rule"].startswith("schema:"), finding
        assert (finding["severity"], finding["action"], finding["path"]) == ("fatal", action.name, fault.where)
    logged = [each.message_id for each in await backend.messages(identity, action.name) if each.direction == "in"]
    assert [each for each in logged if each in found] == [fault.kind for fault in known]


@pytest.mark.parametrize("version", OcppVersion)
async def test_what_only_a_csms_says_is_not_taken(backend: Backend, version: OcppVersion) -> None:
    """Each action of the other direction is NotSupported, one nobody knows is NotImplemented; each leaves a finding."""
    names = [action.name for action in ACTIONS[version].values() if action.sender == "csms"]
    async with backend.booted(ACTIONS[version]["BootNotification"], "other direction") as (identity, cs):
        for name in [*names, "Teleport"]:
            payload = requests(ACTIONS[version][name])["minimal"] if name in names else {}
            await cs.say(f'[2,"{name}","{name}",{in_json(payload).decode()}]')
            answer = await cs.hear()
            assert answer[:3] == [4, name, "NotSupported" if name in names else "NotImplemented"], answer
        await cs.boot()
    assert {each["messageId"] for each in await backend.findings(identity)} == {*names, "Teleport"}


async def test_the_table_names_only_what_there_is() -> None:
    """Each line of the table is an action a station may send."""
    for version, name in NOBODY_TO_ANSWER:
        assert ACTIONS[version][name].sender == "station"
