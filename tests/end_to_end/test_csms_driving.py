"""The CSMS as a test tool drives it: provisioning and any CALL by REST, and a station of bare frames in front of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.passwords import verify_password
from pilotwire.csms.registers.credentials import CREDENTIALS
from pilotwire.csms.store.ports import Direction
from pilotwire.domain.provisioning import UnknownStations
from tests.support.csms_stage import backend
from tests.support.eventually import eventually
from tests.support.raw_station import PATIENCE, RawStation, station

V16, V201 = "ocpp1.6", "ocpp2.0.1"
OLD, NEW = "the-password-of-yesterday", "the-password-of-tomorrow"
CS = "CS001"


@pytest.fixture
async def side() -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS with passwords, that lets stations nobody registered in as pending, and its operator."""
    async with backend(no_auth=False, unknown_stations=UnknownStations.PENDING) as both:
        yield both


async def _put(operator: httpx.AsyncClient, name: str = CS, /, **body: Any) -> Any:
    told = await operator.put(f"/stations/{name}", json=body)
    assert told.is_success, told.text
    return told.json()


async def _sent(operator: httpx.AsyncClient, line: RawStation, action: str, content: str, **query: Any) -> Any:
    """Send an action as it is; gives the task, and the frame the station heard as text."""
    asking = asyncio.create_task(operator.post(f"/stations/{CS}/calls/{action}", content=content, params=query))
    heard = await asyncio.wait_for(line.line.recv(), PATIENCE)
    return asking, heard


# --- any CALL, as it is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", [None, "Accepted", "Pending", "Rejected"])
@pytest.mark.parametrize(
    ("version", "action", "content", "compact"),
    [
        (
            V201,
            "RequestStopTransaction",
            '{ "transactionId": "nobody\\u0027s", "customData": {"vendorId": "x", "n": 1.10} }',
            '{"transactionId":"nobody\\u0027s","customData":{"vendorId":"x","n":1.10}}',
        ),
        (V201, "UnlockConnector", '{"evseId":99,"connectorId":7}', '{"evseId":99,"connectorId":7}'),
        (V16, "RemoteStopTransaction", '{"transactionId": 4711}', '{"transactionId":4711}'),
        (
            V16,
            "RemoteStartTransaction",
            '{"connectorId": 77, "idTag": "nobody"}',
            '{"connectorId":77,"idTag":"nobody"}',
        ),
    ],
)
async def test_a_call_goes_out_verbatim_in_any_standing(
    side: tuple[Csms, httpx.AsyncClient], standing: str | None, version: str, action: str, content: str, compact: str
) -> None:
    """Before any boot, while Pending and while Rejected; unknown transactions and EVSEs; compact, and no token of it changed."""
    csms, operator = side
    if standing is not None:
        await _put(operator, registration=standing)
    async with station(csms, CS, version) as line:
        if standing is not None:
            assert (await line.boot())["status"] == standing
        asking, heard = await _sent(operator, line, action, content)
        message_id = json.loads(heard)[1]
        assert heard == f'[2,"{message_id}","{action}",{compact}]'
        answer = '{"status":"Unlocked"}' if action == "UnlockConnector" else '{"status":"Accepted"}'
        await line.say(f'[3,"{message_id}",{answer}]')
        told = await asking
        assert (told.status_code, told.text) == (200, answer)


async def test_the_stations_error_and_its_silence_come_back(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """502 with code, description and details as they were; 504 without an answer in time."""
    csms, operator = side
    async with station(csms, CS, V201) as line:
        asking, heard = await _sent(operator, line, "ClearCache", "{}")
        await line.say([4, json.loads(heard)[1], "NotSupported", "not me", {"a": 1}])
        told = await asking
        assert told.status_code == 502
        problem = told.json()
        assert (problem["code"], problem["description"], problem["details"]) == ("NotSupported", "not me", {"a": 1})
        asking, _ = await _sent(operator, line, "ClearCache", "{}", timeout=0.1)
        assert (await asking).status_code == 504


async def test_each_place_that_does_not_fit_is_named_and_force_sends_it(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """422 before a byte is sent; with force the same bytes go out."""
    csms, operator = side
    wrong = '{"type":"Gently","evseId":"one","surprise":1}'
    async with station(csms, CS, V201) as line:
        told = await operator.post(f"/stations/{CS}/calls/Reset", content=wrong)
        assert told.status_code == 422
        problem = told.json()
        assert problem["title"] == "The payload does not fit the schema"
        assert {each["where"] for each in problem["errors"]} == {"body.type", "body.evseId", "body.surprise"}
        asking, heard = await _sent(operator, line, "Reset", wrong, force=True)
        assert heard.endswith(f'"Reset",{wrong}]')
        await line.say([3, json.loads(heard)[1], {"status": "Rejected"}])
        assert (await asking).json() == {"status": "Rejected"}


# --- provisioning at run time ---------------------------------------------------------------------------------------------


async def test_a_station_is_provisioned_twice_alike_and_shown(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """Everything in one PUT; the same again changes nothing; what is left out stays."""
    _, operator = side
    body = {
        "registration": "Accepted",
        "password": OLD,
        "securityProfile": 1,
        "bootAnswers": ["Pending"],
        "quiet": True,
        "evses": [{"id": 1, "connectorTypes": ["cCCS2", "sType2"]}],
    }
    first = await _put(operator, **body)
    again = await _put(operator, **body)
    assert first == again
    await _put(operator, note="by the gate")
    shown = (await operator.get(f"/stations/{CS}")).json()
    expected = {name: value for name, value in body.items() if name != "password"} | {"hasPassword": True}
    assert {name: shown[name] for name in expected} == expected
    assert shown["note"] == "by the gate"


@pytest.mark.parametrize("version", [V16, V201])
async def test_an_identity_of_sixty_characters_and_one_with_a_slash(
    side: tuple[Csms, httpx.AsyncClient], version: str
) -> None:
    """Both connect, and both have their place in the API; more than 48 characters are a note."""
    csms, operator = side
    for identity in ("x" * 60, "site 7/CS 1"):
        place = "/stations/" + identity.replace("/", "%2F").replace(" ", "%20")
        assert (await operator.put(place, json={"registration": "Accepted"})).status_code == 201
        async with station(csms, identity, version) as line:
            assert (await line.boot())["status"] == "Accepted"
            shown = (await operator.get(place)).json()
            assert (shown["station"], shown["connected"]) == (identity, True)
            asking = asyncio.create_task(operator.post(f"{place}/calls/ClearCache", content="{}"))
            await line.answer({"status": "Accepted"})
            assert (await asking).json() == {"status": "Accepted"}
    rules = [each.rule for each in await csms.store.findings("x" * 60)]
    assert "J2:3.1.1" in rules
    assert (await operator.put(f"/stations/{'x' * 61}", json={})).status_code == 422


@pytest.mark.req("B01.FR.02", "B02.FR.01", "B03.FR.01")
async def test_boot_answers_once_and_always(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """Those laid ready, one each; then what is registered."""
    csms, operator = side
    await _put(operator, registration="Accepted", bootAnswers=["Rejected", "Pending"])
    async with station(csms, CS, V201) as line:
        said = [(await line.boot())["status"] for _ in range(4)]
        assert said == ["Rejected", "Pending", "Accepted", "Accepted"]
    assert (await operator.get(f"/stations/{CS}")).json()["bootAnswers"] == []


async def test_a_station_taken_off_record_is_disconnected(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """And does not come back on record by going."""
    csms, operator = side
    await _put(operator, registration="Accepted")
    async with station(csms, CS, V201) as line:
        await line.boot()
        assert (await operator.delete(f"/stations/{CS}")).status_code == 204
        assert (await line.ending())[0] == 1008
    await eventually(lambda: not csms.gateway._serving)
    assert await csms.store.station(CS) is None
    assert not csms.gateway.is_connected(CS)


async def test_quiet_stations_are_told_to_services(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """One by one by their conditions, all of them by the setting."""
    csms, operator = side
    assert await csms.commander.unsolicited(CS)
    await _put(operator, quiet=True)
    assert not await csms.commander.unsolicited(CS)
    assert await csms.commander.unsolicited("another")
    async with backend(quiet=True) as (quiet, _):
        assert not await quiet.commander.unsolicited("another")


# --- a new password -------------------------------------------------------------------------------------------------------


def _password_call(version: str, password: str) -> tuple[str, str]:
    if version == V16:
        return "ChangeConfiguration", json.dumps({"key": "AuthorizationKey", "value": password})
    data = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": password,
    }
    return "SetVariables", json.dumps({"setVariableData": [data]})


def _password_answer(version: str, status: str) -> Any:
    if version == V16:
        return {"status": status}
    result = {
        "attributeStatus": status,
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    return {"setVariableResult": [result]}


async def _opens(csms: Csms, version: str, password: str | None) -> bool:
    try:
        async with station(csms, CS, version, password=password):
            return True
    except InvalidStatus as refused:
        return refused.response.status_code != 401


@pytest.mark.parametrize("used", [OLD, NEW])
@pytest.mark.parametrize("version", [V16, V201])
async def test_a_password_whose_answer_was_lost(side: tuple[Csms, httpx.AsyncClient], version: str, used: str) -> None:
    """The station hangs up without an answer: it gets in with either, and what it used is the only one from then on."""
    csms, operator = side
    await _put(operator, registration="Accepted", password=OLD)
    async with station(csms, CS, version, password=OLD) as line:
        asking, _ = await _sent(operator, line, *_password_call(version, NEW))
        kept = await csms.store.record(CREDENTIALS, CS, "")
        assert kept is not None
        assert verify_password(NEW, kept.candidates[0]), "on record before it was sent: this CSMS may be killed now"
        line.line.transport.abort()
        assert (await asking).status_code == 409
    assert await _opens(csms, version, used)
    assert await _opens(csms, version, used)
    assert not await _opens(csms, version, NEW if used == OLD else OLD)
    assert not await _opens(csms, version, None)


@pytest.mark.req("A01.FR.03", "A01.FR.04", "SEC16:A01.FR.03", "SEC16:A01.FR.04")
@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize("answer", ["Accepted", "Rejected", "error"])
async def test_a_password_by_pass_through_counts_as_it_was_answered(
    side: tuple[Csms, httpx.AsyncClient], version: str, answer: str
) -> None:
    """Accepted: only the new one. Rejected, or an error: only the old one."""
    csms, operator = side
    await _put(operator, registration="Accepted", password=OLD)
    async with station(csms, CS, version, password=OLD) as line:
        asking, heard = await _sent(operator, line, *_password_call(version, NEW))
        message_id = json.loads(heard)[1]
        if answer == "error":
            await line.say([4, message_id, "InternalError", "", {}])
        else:
            await line.say([3, message_id, _password_answer(version, answer)])
        assert (await asking).status_code == (502 if answer == "error" else 200)
    assert await _opens(csms, version, NEW) is (answer == "Accepted")
    assert await _opens(csms, version, OLD) is (answer != "Accepted")


async def test_a_password_set_by_the_operator_ends_all_doubt(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """What was under way counts no more."""
    csms, operator = side
    await _put(operator, registration="Accepted", password=OLD)
    async with station(csms, CS, V201, password=OLD) as line:
        asking, _ = await _sent(operator, line, *_password_call(V201, NEW))
        line.line.transport.abort()
        await asking
    third = "a-third-password-of-ours"
    await _put(operator, password=third)
    opened = [await _opens(csms, V201, each) for each in (OLD, NEW, third)]
    assert opened == [False, False, True]


# --- one connection after the other ---------------------------------------------------------------------------------------


async def test_fifty_connections_one_right_after_the_other(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """Each is left open or cut, and the next is there at once: none of them is closed by us, all speak, commands go to the newest."""
    csms, operator = side
    await _put(operator, registration="Accepted")
    async with station(csms, CS, V201) as first:
        await first.boot()
    async with AsyncExitStack() as stack:
        for number in range(50):
            line = await stack.enter_async_context(station(csms, CS, V201))
            assert "currentTime" in await line.ask("Heartbeat", {}), "the standing was lost"
            asking, heard = await _sent(operator, line, "ClearCache", "{}")
            await line.say([3, json.loads(heard)[1], {"status": "Accepted"}])
            assert (await asking).status_code == 200
            if number % 3 == 0:
                line.line.transport.abort()
            elif number % 3 == 1:
                closing = asyncio.create_task(line.line.close())
                stack.push_async_callback(lambda task=closing: task)
        last = await stack.enter_async_context(station(csms, CS, V201))
        assert "currentTime" in await last.ask("Heartbeat", {})
        await eventually(lambda: len(csms.gateway._serving) == 1)
        assert "currentTime" in await last.ask("Heartbeat", {})
        assert (await operator.get(f"/stations/{CS}")).json()["connected"] is True
        assert last.line.close_code is None


async def test_a_call_on_the_replaced_connection_fails_at_once(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """Also when the old line is dead and closes nothing: the caller does not wait for its timeout."""
    csms, operator = side
    await _put(operator, registration="Accepted")
    async with station(csms, CS, V201) as old:
        await old.boot()
        asking, _ = await _sent(operator, old, "ClearCache", "{}", timeout=600)
        old.line.transport.pause_reading()
        async with station(csms, CS, V201) as new:
            told = await asyncio.wait_for(asking, 2)
            assert told.status_code == 409
            asking, heard = await _sent(operator, new, "ClearCache", "{}")
            await new.say([3, json.loads(heard)[1], {"status": "Accepted"}])
            assert (await asking).status_code == 200
        old.line.transport.abort()


# --- what stations really do ----------------------------------------------------------------------------------------------


def _event(kind: str, seq_no: int, transaction: str = "tx-1", **more: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": f"2026-01-01T10:{seq_no:02d}:00Z",
        "triggerReason": "Trigger",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": transaction},
    } | more


async def test_a_transaction_that_begins_with_updated(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """It is answered, open, and all its events are there; at an EVSE nobody announced, with a sequence number missing and one repeated."""
    csms, operator = side
    await _put(operator, registration="Accepted")
    async with station(csms, CS, V201) as line:
        await line.boot()
        await line.ask("TransactionEvent", _event("Updated", 3, evse={"id": 42, "connectorId": 9}))
        await line.ask("TransactionEvent", _event("Updated", 3, evse={"id": 42, "connectorId": 9}))
        (found,) = (await operator.get("/transactions")).json()["items"]
        assert (found["transactionId"], found["isOpen"]) == ("tx-1", True)
        assert found["evse"]["id"] == 42
        await line.ask("TransactionEvent", _event("Ended", 7))
        await line.ask("TransactionEvent", _event("Updated", 7))
        events = (await operator.get(f"/stations/{CS}/transactions/tx-1")).json()["events"]
        assert [each["seqNo"] for each in events] == [3, 7]
        (found,) = (await operator.get("/transactions")).json()["items"]
        assert found["isOpen"] is False
        assert "E01.FR.07" in [each.rule for each in await csms.store.findings(CS)]


async def test_what_a_1_6_station_says_of_what_nobody_knows(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """A stop and meter values of unknown transactions, a status of an unknown connector: answered, and visible."""
    csms, operator = side
    await _put(operator, registration="Accepted")
    async with station(csms, CS, V16) as line:
        await line.boot()
        at = "2026-01-01T10:00:00Z"
        value = {"timestamp": at, "sampledValue": [{"value": "5"}]}
        assert await line.ask("MeterValues", {"connectorId": 8, "transactionId": 99, "meterValue": [value]}) == {}
        stop = {"transactionId": 4711, "meterStop": 12, "timestamp": at}
        await line.ask("StopTransaction", stop)
        status = {"connectorId": 31, "errorCode": "NoError", "status": "Available", "timestamp": at}
        assert await line.ask("StatusNotification", status) == {}
        known = {each["transactionId"] for each in (await operator.get("/transactions")).json()["items"]}
        assert {"99", "4711"} <= known
        shown = (await operator.get(f"/stations/{CS}")).json()
        assert 31 in [each["evse"]["id"] for each in shown["connectors"]]


async def test_nothing_is_sent_that_nobody_asked_for(side: tuple[Csms, httpx.AsyncClient]) -> None:
    """A quiet station boots, is used, and hears only answers."""
    csms, operator = side
    await _put(operator, registration="Accepted", quiet=True)
    async with station(csms, CS, V201) as line:
        await line.boot()
        await line.ask("TransactionEvent", _event("Started", 0))
        await line.ask("Heartbeat", {})
        frames = await csms.store.log(CS)
        assert [each.frame[:3] for each in frames if each.direction is Direction.OUT] == ["[3,"] * 3


async def test_an_earlier_connection_that_was_checked_longer_does_not_replace_a_later_one(
    side: tuple[Csms, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of arrival counts, not the order in which passwords were checked."""
    csms, operator = side
    await _put(operator, registration="Accepted")
    admission = csms.gateway._admission
    look_up, knocked, go_on = admission._look_up, asyncio.Event(), asyncio.Event()

    async def slowly(identity: str) -> Any:
        knocked.set()
        await go_on.wait()
        return await look_up(identity)

    async def first() -> tuple[int, str]:
        async with station(csms, CS, V201) as line:
            return await line.ending()

    monkeypatch.setattr(admission, "_look_up", slowly)
    earlier = asyncio.create_task(first())
    await knocked.wait()
    monkeypatch.undo()
    async with station(csms, CS, V201) as later:
        assert (await later.boot())["status"] == "Accepted"
        go_on.set()
        assert (await earlier)[0] == 1008
        assert "currentTime" in await later.ask("Heartbeat", {})
