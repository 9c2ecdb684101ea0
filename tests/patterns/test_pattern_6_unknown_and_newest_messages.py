"""Pattern 6, unknown and newest messages: what a station does not know gets the right error, and nothing breaks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.support.pattern_moves import actions_of, asking, setting, trigger
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.station_lab import CARD, VERSIONS, Lab, lab

each_version = pytest.mark.parametrize("version", VERSIONS)
Expected = dict[str, tuple[str, str] | None]


def _all(code: str, in_16: str | None = None, message_id: str = "x") -> Expected:
    """Answered with a CALLERROR in all versions, in 1.6 by its own name for it."""
    return {"1.6": (message_id, in_16 or code), "2.0.1": (message_id, code), "2.1": (message_id, code)}


def _in_2x(code: str, message_id: str = "x") -> Expected:
    """1.6 has no words for it."""
    return _all(code, message_id=message_id) | {"1.6": None}


SILENCE: Expected = {"1.6": None, "2.0.1": None, "2.1": None}
NO_FRAME = _in_2x("RpcFrameworkError", "-1")
WRONG_FRAME = _all("RpcFrameworkError", "FormationViolation")
WRONG_PAYLOAD = _all("FormatViolation", "FormationViolation")

FRAMES: dict[str, tuple[str, Expected]] = {
    "nothing": ("", NO_FRAME),
    "a word": ("hello", NO_FRAME),
    "control characters": ("\x00\x01\x1b[31m", NO_FRAME),
    "null": ("null", NO_FRAME),
    "an object": ('{"action":"ClearCache"}', NO_FRAME),
    "an empty array": ("[]", NO_FRAME),
    "brackets without end": ("[" * 5000, NO_FRAME),
    "type alone": ("[2]", NO_FRAME),
    "id that is a number": ('[2,7,"ClearCache",{}]', NO_FRAME),
    "type that is text": ('["2","x","ClearCache",{}]', _in_2x("RpcFrameworkError")),
    "type and id alone": ('[2,"x"]', WRONG_FRAME),
    "without a payload": ('[2,"x","ClearCache"]', WRONG_FRAME),
    "five elements": ('[2,"x","ClearCache",{},{}]', WRONG_FRAME),
    "action that is a number": ('[2,"x",7,{}]', WRONG_FRAME),
    "cut off": ('[2,"x","ClearCache",{"a":', WRONG_PAYLOAD),
    "payload that is a list": ('[2,"x","ClearCache",[]]', WRONG_PAYLOAD),
    "nested very deep": ('[2,"x","ClearCache",{"a":' + "[" * 50_000 + "]" * 50_000 + "}]", WRONG_PAYLOAD),
    "a lone surrogate": ('[2,"x","ClearCache",{"a":"\\ud800"}]', WRONG_PAYLOAD),
    "unknown message type": ('[9,"x","ClearCache",{}]', _in_2x("MessageTypeNotSupported")),
    "SEND": ('[6,"x","ClearCache",{}]', _in_2x("MessageTypeNotSupported") | {"2.1": None}),
    "SEND of the station's own kind": (
        '[6,"x","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[]}]',
        _in_2x("MessageTypeNotSupported") | {"2.1": None},
    ),
    "CALLRESULTERROR about nothing": (
        '[5,"x","GenericError","",{}]',
        _in_2x("MessageTypeNotSupported") | {"2.1": None},
    ),
    "CALLRESULT nobody waits for": ('[3,"x",{"status":"Accepted"}]', SILENCE),
    "CALLERROR nobody waits for": ('[4,"x","GenericError","",{}]', SILENCE),
    "unknown action": ('[2,"x","MakeCoffee",{}]', _all("NotImplemented")),
    "action in other letters": ('[2,"x","clearcache",{}]', _all("NotImplemented")),
    "action with Request in its name": ('[2,"x","ClearCacheRequest",{}]', _all("NotImplemented")),
    "action without a name": ('[2,"x","",{}]', _all("NotImplemented")),
    "action of the station": ('[2,"x","Heartbeat",{}]', _all("NotSupported")),
    "action of OCPP 1.5": ('[2,"x","CostUpdate",{}]', _all("NotImplemented")),
}
OF_ANOTHER_VERSION = {
    "1.6": ("SetVariables", "GetVariables", "RequestStartTransaction", "SetDisplayMessage", "ChangeTransactionTariff"),
    "2.0.1": ("ChangeConfiguration", "GetConfiguration", "RemoteStartTransaction", "GetDiagnostics", "SetDERControl"),
    "2.1": ("ChangeConfiguration", "GetConfiguration", "RemoteStartTransaction", "GetDiagnostics"),
}


async def _answers_to(csms: ScriptedCsms, said: str | bytes, number: int) -> list[Any]:
    """What the station said because of it, until it answered a trigger behind it."""
    csms.frames.clear()
    await csms.lines[-1].send(said)
    behind = await csms.call(*trigger("Heartbeat"))
    assert behind["status"] == "Accepted", (said[:60], number)
    frames = [frame for frame in csms.frames if frame[0] != 2]
    assert frames[-1][2] == behind
    return frames[:-1]


@pytest.mark.req("J16:4.1.3", "J16:4.2.3", "J2:4.1.3", "J2:4.2.3", "J2:4.3")
@each_version
async def test_what_is_no_message_of_the_version(version: str) -> None:
    """The exact code or the exact silence, all on one connection, in the middle of a charge that goes on."""
    heard = {}
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        for number, (row, (frame, _)) in enumerate(FRAMES.items()):
            answers = await _answers_to(csms, frame.replace('"x"', f'"x{number}"'), number)
            assert all(len(answer) == 5 and answer[3] for answer in answers), f"{row}: no sentence"
            heard[row] = [(answer[0], answer[1].replace(f"x{number}", "x"), answer[2]) for answer in answers]
        await _goes_on(one, csms)
    expected = {row: [] if codes[version] is None else [(4, *codes[version])] for row, (_, codes) in FRAMES.items()}  # type: ignore[misc]
    assert heard == expected


async def _goes_on(one: Lab, csms: ScriptedCsms, connections: int = 1) -> None:
    """The vehicle still charges, the connection is the same, and the end is told."""
    await one.until_charged()
    one.tap()
    await one.until_ended()
    assert len(csms.lines) == connections
    assert actions_of(csms).count("BootNotification") == 1


@each_version
async def test_actions_of_other_versions(version: str) -> None:
    """NotImplemented, whatever is in them."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        for action in OF_ANOTHER_VERSION[version]:
            answer = await csms.call(action, {"key": ["HeartbeatInterval"]})
            assert (answer[0], answer[2]) == (4, "NotImplemented"), action
        await _goes_on(one, csms)


@pytest.mark.parametrize(
    "frame",
    [b"\x00\x01\x02", b'[2,"x","ClearCache",{}]', '[2,"x","ClearCache",{"a":"' + "x" * 5_000_000 + '"}]'],
    ids=["binary", "binary JSON", "five million characters"],
)
@each_version
async def test_what_no_station_need_take(version: str, frame: str | bytes) -> None:
    """Whether it ends the connection or is refused: the station goes on charging, is there again, and loses nothing."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        await csms.lines[-1].send(frame)
        for _ in range(100):
            if len(csms.lines) > 1 or any(frame[0] == 4 for frame in csms.frames):
                break
            await asyncio.sleep(0.02)
        await one.until(lambda: one.station.line.is_up, "up")
        assert (await csms.call(*trigger("Heartbeat")))["status"] == "Accepted"
        await _goes_on(one, csms, len(csms.lines))
        assert len(csms.lines) <= 2


@each_version
async def test_the_same_message_id_twice_is_done_once(version: str) -> None:
    """A trigger that was asked twice under one id: one heartbeat, and the connection stands."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        frame = json.dumps([2, "twice", *trigger("Heartbeat")])
        await csms.lines[-1].send(frame)
        await csms.until_heard("Heartbeat")
        await csms.lines[-1].send(frame)
        assert (await csms.call(*trigger("StatusNotification")))["status"] == "Accepted"
        assert len(csms.of("Heartbeat")) == 1
        assert len(csms.lines) == 1


@each_version
async def test_an_answer_that_comes_twice_counts_once(version: str) -> None:
    """The second CALLRESULT of one id is nobody's."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        for frame in [frame for frame in csms.frames if frame[0] == 2]:
            await csms.lines[-1].send(json.dumps([3, frame[1], {}]))
            await csms.lines[-1].send(json.dumps([4, frame[1], "InternalError", "", {}]))
        await _goes_on(one, csms)


# --- unknown words in known messages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_custom_data_may_hold_anything(version: str) -> None:
    """At every level, with fields of any kind; a field beside it may not."""
    custom = {"vendorId": "com.example", "more": {"x": [1, None, "é"]}, "n": 1.5}
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        name = {"component": {"name": "OCPPCommCtrlr", "customData": custom}, "variable": {"name": "HeartbeatInterval"}}
        answer = await csms.call(
            "GetVariables", {"getVariableData": [name | {"customData": custom}], "customData": custom}
        )
        assert answer["getVariableResult"][0]["attributeStatus"] == "Accepted"
        refused = await csms.call("GetVariables", {"getVariableData": [name], "more": 1})
        assert refused[2] == "FormatViolation"
        nameless = await csms.call("GetVariables", {"getVariableData": [name], "customData": {"more": 1}})
        assert nameless[2] == "OccurrenceConstraintViolation"


@each_version
async def test_a_value_the_list_does_not_have(version: str) -> None:
    """Refused by its own code; in the words of a newer version too, where this one's list is closed."""
    asked = [trigger("MakeCoffee"), ("Reset", {"type": "Warm"}), trigger("heartbeat")]
    if version != "2.1":
        asked.append(("Reset", {"type": "ImmediateAndResume"}))
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        for action, payload in asked:
            answer = await csms.call(action, payload)
            assert (answer[0], answer[2]) == (4, "PropertyConstraintViolation"), payload
        await _goes_on(one, csms)


async def test_2_1_opens_some_lists() -> None:
    """Words of errata to come are no error there: a kind of token nobody knows is dealt with, not refused as malformed."""
    async with scripted_csms("2.1") as csms, lab(csms.url, "2.1") as one:
        await one.until_accepted()
        token = {"idToken": CARD, "type": "Palmprint2031"}
        answer = await csms.call("RequestStartTransaction", {"idToken": token, "remoteStartId": 1, "evseId": 1})
        assert answer["status"] in ("Accepted", "Rejected")
        one.plug()
        await csms.until_heard("TransactionEvent")


@each_version
async def test_keys_and_variables_nobody_has(version: str) -> None:
    """The status that says so, and the others of the same message are answered."""
    nobody = ("NoSuchKey", ("NoSuchCtrlr", "NoSuchVariable"))
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        asked, set_ = await csms.call(*asking(version, *nobody)), await csms.call(*setting(version, *nobody, "1"))
        if version == "1.6":
            assert asked == {"unknownKey": ["NoSuchKey"]} or asked["unknownKey"] == ["NoSuchKey"]
            assert set_["status"] == "NotSupported"
        else:
            assert asked["getVariableResult"][0]["attributeStatus"] == "UnknownComponent"
            assert set_["setVariableResult"][0]["attributeStatus"] == "UnknownComponent"
            known = ("", ("OCPPCommCtrlr", "NoSuchVariable"))
            answer = await csms.call(*asking(version, *known))
            assert answer["getVariableResult"][0]["attributeStatus"] == "UnknownVariable"


@each_version
async def test_data_transfer_of_a_vendor_nobody_knows(version: str) -> None:
    """Not an error: UnknownVendorId."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        answer = await csms.call("DataTransfer", {"vendorId": "com.example.nobody", "messageId": "m", "data": "x"})
        assert answer["status"] == "UnknownVendorId"
