"""Frames: what is read, what is refused and how it is answered, in each version."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from pilotwire.errors import MisuseError
from pilotwire.ocpp.frame import (
    ERROR_CODES,
    BrokenFrame,
    Call,
    CallError,
    CallResult,
    CallResultError,
    MessageType,
    Send,
    error_code_for,
    message_types,
    oversized_frame,
    read_error_code,
    read_frame,
    write_frame,
)
from pilotwire.ocpp.version import OcppVersion

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
versions = pytest.mark.parametrize("version", list(OcppVersion))
two = pytest.mark.parametrize("version", [V201, V21])


def broken(data: str | bytes, version: OcppVersion) -> BrokenFrame:
    """The broken frame `data` must be."""
    frame = read_frame(data, version)
    assert isinstance(frame, BrokenFrame), frame
    return frame


# --- good frames ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.2.1", "J2:4.2.1")
@versions
def test_a_call_keeps_its_payload_as_raw_json(version: OcppVersion) -> None:
    """The payload is not interpreted, space around it is not part of it."""
    frame = read_frame('[2, "19223201", "Heartbeat",  {"a": 0.10} ]', version)
    assert frame == Call("19223201", "Heartbeat", Raw(b'{"a": 0.10}'))


@pytest.mark.req("J16:4.2.2", "J2:4.2.2", "J16:4.2.3", "J2:4.2.3")
@versions
def test_results_and_errors_are_read_from_text_and_bytes_alike(version: OcppVersion) -> None:
    """A WebSocket library may hand over either."""
    assert read_frame(b'[3,"1",{}]', version) == read_frame('[3,"1",{}]', version) == CallResult("1", Raw(b"{}"))
    error = CallError("1", "NotSupported", "no é", Raw(b'{"a":1}'))
    assert read_frame('[4,"1","NotSupported","no é",{"a":1}]', version) == error


@pytest.mark.req("J2:4.1.3", "J2:4.2.3", "J2:4.2.4")
def test_only_2_1_knows_callresulterror_and_send() -> None:
    """Types 5 and 6 are new in 2.1 and unknown before."""
    assert read_frame('[5,"1","FormatViolation","",{}]', V21) == CallResultError("1", "FormatViolation", "")
    assert read_frame('[6,"1","NotifyPeriodicEventStream",{}]', V21) == Send(
        "1", "NotifyPeriodicEventStream", Raw(b"{}")
    )
    for version in (V16, V201):
        assert broken('[6,"1","NotifyPeriodicEventStream",{}]', version).message_type == 6
        assert MessageType.SEND not in message_types(version)


@pytest.mark.req("J16:4.2.1", "J2:4.1.5")
@versions
def test_null_is_a_payload_that_is_not_there(version: OcppVersion) -> None:
    """Both notations for "no payload" are allowed, in requests and in responses."""
    assert isinstance(read_frame('[2,"1","Heartbeat",null]', version), Call)
    assert isinstance(read_frame('[3,"1",null]', version), CallResult)


@pytest.mark.req("J16:4.1.4", "J2:4.1.4")
@versions
def test_an_id_has_up_to_36_characters_not_bytes(version: OcppVersion) -> None:
    """36 characters outside ASCII are still 36 characters; the 37th is too many, but the id is echoed so the peer can match it."""
    assert isinstance(read_frame(f'[2,"{"é" * 36}","Heartbeat",{{}}]', version), Call)
    frame = broken(f'[2,"{"x" * 37}","Heartbeat",{{}}]', version)
    assert "37 characters" in frame.what
    assert frame.rule.endswith(":4.1.4")
    reply = frame.reply()
    assert reply is not None
    assert reply.message_id == "x" * 37


messages = st.builds(
    lambda kind, message_id, text, payload: {
        2: Call(message_id, text, Raw(payload)),
        3: CallResult(message_id, Raw(payload)),
        4: CallError(message_id, "GenericError", text, Raw(payload)),
        5: CallResultError(message_id, "GenericError", text, Raw(payload)),
        6: Send(message_id, text, Raw(payload)),
    }[kind],
    st.integers(2, 6),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=36),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=255),
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-9, 9)).map(msgspec.json.encode),
)


@given(messages)
def test_what_is_written_is_read_back(frame: Call | CallResult | CallError | CallResultError | Send) -> None:
    """write_frame and read_frame are inverses, whatever the texts hold."""
    assert read_frame(write_frame(frame), V21) == frame


@pytest.mark.req("J2:4.2.3")
def test_a_long_description_is_cut_to_255_characters() -> None:
    """errorDescription is a string[255]."""
    for kind in (CallError, CallResultError):
        description = json.loads(write_frame(kind("1", "GenericError", "d" * 300)))[3]
        assert description == "d" * 252 + "..."
    assert json.loads(write_frame(CallError("1", "GenericError", "d" * 255)))[3] == "d" * 255


# --- broken frames -------------------------------------------------------------------------------------------------------------------

NO_FRAME = {
    "nothing": b"",
    "not JSON": b"hello",
    "an object": b"{}",
    "a string": b'"[2]"',
    "an empty array": b"[]",
    "a byte order mark": b'\xef\xbb\xbf[3,"1",{}]',
    "UTF-16": '[3,"1",{}]'.encode("utf-16"),
    "half a surrogate pair": '[3,"\ud800",{}]',
    "a tower of arrays": b"[" * 100_000,
    "no id at all": b"[2]",
    "a number as id": b'[2,7,"Heartbeat",{}]',
    "an id of a thousand characters": b'[2,"' + b"x" * 1000 + b'","Heartbeat",{}]',
}


@pytest.mark.req("J2:4.2.3")
@pytest.mark.parametrize("data", NO_FRAME.values(), ids=NO_FRAME.keys())
@two
def test_2_x_answers_what_has_no_readable_id_with_minus_one(version: OcppVersion, data: str | bytes) -> None:
    """The peer learns that something was unreadable: RpcFrameworkError for the id "-1"."""
    reply = broken(data, version).reply()
    assert isinstance(reply, CallError)
    assert (reply.message_id, reply.code) == ("-1", "RpcFrameworkError")


@pytest.mark.req("J16:4.2.3")
@pytest.mark.parametrize("data", NO_FRAME.values(), ids=NO_FRAME.keys())
def test_1_6_has_no_answer_to_what_has_no_readable_id(data: str | bytes) -> None:
    """A CallError carries the id of its call; without one there is nothing to send, only something to tell."""
    frame = broken(data, V16)
    assert frame.reply() is None
    assert frame.what


@pytest.mark.req("J2:4.4")
def test_2_x_says_that_it_does_not_know_a_message_type() -> None:
    """MessageTypeNotSupported, with the id where it is readable."""
    for version in (V201, V21):
        reply = broken('[9,"abc","x",{}]', version).reply()
        assert reply is not None
        assert (reply.message_id, reply.code) == ("abc", "MessageTypeNotSupported")
    reply = broken('[5,"abc","GenericError","",{}]', V201).reply()
    assert reply is not None
    assert reply.code == "MessageTypeNotSupported"


@pytest.mark.req("J16:4.1.3")
def test_1_6_ignores_a_message_type_it_does_not_know() -> None:
    """The payload is ignored; the fact is told."""
    frame = broken('[9,"abc","x",{}]', V16)
    assert frame.reply() is None
    assert frame.rule == "J16:4.1.3"


BAD_CALLS = {
    "three elements": '[2,"id1","Heartbeat"]',
    "five elements": '[2,"id1","Heartbeat",{},{}]',
    "a number as action": '[2,"id1",7,{}]',
    "a list as payload": '[2,"id1","Heartbeat",[]]',
    "a text as payload": '[2,"id1","Heartbeat","{}"]',
    "a truncated payload": '[2,"id1","Heartbeat",{"a":',
    "NaN": '[2,"id1","Heartbeat",{"a":NaN}]',
    "a raw line feed in a text": '[2,"id1","Heartbeat",{"a":"\n"}]',
    "bytes that are no UTF-8": b'[2,"id1","Heartbeat",{"a":"\xff"}]',
    "a payload nested too deeply": '[2,"id1","Heartbeat",{"a":' + "[" * 50_000 + "]" * 50_000 + "}]",
}


@pytest.mark.req("J16:4.2.3", "J2:4.2.3")
@pytest.mark.parametrize("data", BAD_CALLS.values(), ids=BAD_CALLS.keys())
@versions
def test_a_bad_call_with_a_readable_id_is_answered_under_that_id(version: OcppVersion, data: str | bytes) -> None:
    """Even from truncated JSON the id is read, so that the caller learns which call failed."""
    frame = broken(data, version)
    reply = frame.reply()
    assert isinstance(reply, CallError)
    assert reply.message_id == "id1"
    assert reply.code in ERROR_CODES[version]
    assert frame.message_type == MessageType.CALL


@pytest.mark.req("J16:4.2.3", "J2:4.3")
def test_the_code_tells_a_bad_payload_from_what_is_no_frame() -> None:
    """2.x has two codes for it, 1.6 one."""
    assert broken('[2,"1","Heartbeat",[]]', V201).code == "FormatViolation"
    assert broken('[2,"1","Heartbeat"]', V201).code == "RpcFrameworkError"
    assert broken('[2,"1","Heartbeat",[]]', V16).code == "FormationViolation"


@pytest.mark.req("J2:4.2.3", "J2:4.2.4")
def test_errors_and_sends_are_never_answered_and_results_only_in_2_1() -> None:
    """Else two peers could answer each other's errors for ever."""
    for version in OcppVersion:
        assert broken('[4,"1","GenericError"]', version).reply() is None
    assert broken('[6,"1","NotifyPeriodicEventStream",7]', V21).reply() is None
    assert broken('[5,"1"]', V21).reply() is None
    assert broken('[3,"1",7]', V16).reply() is None
    assert broken('[3,"1",7]', V201).reply() is None
    reply = broken('[3,"1",7]', V21).reply()
    assert isinstance(reply, CallResultError)
    assert (reply.message_id, reply.code) == ("1", "FormatViolation")


@pytest.mark.req("J16:4.2.3", "J2:4.2.3")
@versions
def test_an_error_with_parts_missing_still_says_that_the_call_failed(version: OcppVersion) -> None:
    """Its form is wrong and that is told; what it says is kept."""
    assert broken('[4,"1","NotSupported"]', version).salvage == CallError("1", "NotSupported", "")
    assert broken('[4,"1","NotSupported",null,null]', version).salvage == CallError("1", "NotSupported", "")
    assert broken('[4,"1"]', version).salvage == CallError("1", "GenericError", "")
    assert "errorDetails" in broken('[4,"1","NotSupported","",[]]', version).what


def test_an_oversized_call_is_answered_under_the_id_in_its_first_bytes() -> None:
    """Nothing but the beginning is looked at."""
    start = b'[2,"id1","DataTransfer",{"data":"' + b"x" * 4000
    assert oversized_frame(start, 10_000_000, 1_000_000, V16).reply() == CallError(
        "id1", "GenericError", "the message has 10000000 bytes, 1000000 are accepted"
    )
    assert oversized_frame(start, 10_000_000, 1_000_000, V201).code == "RpcFrameworkError"
    reply = oversized_frame(b"x" * 4000, 10_000_000, 1_000_000, V21).reply()
    assert reply is not None
    assert reply.message_id == "-1"


# --- any input -----------------------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
near_frames: st.SearchStrategy[list[object]] = st.lists(
    st.sampled_from(
        [2, 3, 4, 5, 6, 9, -1, 10**30, 2.0, True, None, "1", "x" * 37, "Heartbeat", {}, [], "NotSupported"]
    ),
    max_size=6,
)


@given(st.binary() | st.text() | (json_values | near_frames).map(json.dumps), st.sampled_from(list(OcppVersion)))
def test_read_frame_never_raises(data: str | bytes, version: OcppVersion) -> None:
    """Whatever arrives is a frame, or a broken frame whose reply can be written and read by the peer."""
    frame = read_frame(data, version)
    if isinstance(frame, BrokenFrame):
        assert frame.what
        reply = frame.reply()
        assert reply is None or (reply.code in ERROR_CODES[version] and write_frame(reply))


@given(messages, st.data())
def test_a_damaged_frame_never_raises(frame: Call, data: st.DataObject) -> None:
    """One byte replaced, or the end cut off: the likeliest damage is met most often."""
    good = write_frame(frame)
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.binary(max_size=1))
    for version in OcppVersion:
        read_frame(good[:at] + byte + good[at + 1 :], version)
        read_frame(good[:at], version)


# --- error codes ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.2.3", "J2:4.3")
def test_each_version_spells_its_codes_its_own_way() -> None:
    """1.6 keeps its historical spellings; 2.x has two codes more."""
    assert {"FormationViolation", "OccurenceConstraintViolation"} <= ERROR_CODES[V16]
    assert {"FormatViolation", "OccurrenceConstraintViolation"} <= ERROR_CODES[V201] == ERROR_CODES[V21]
    assert len(ERROR_CODES[V16]) == 10
    assert len(ERROR_CODES[V21]) == 12
    assert error_code_for("FormatViolation", V16) == "FormationViolation"
    assert error_code_for("OccurenceConstraintViolation", V21) == "OccurrenceConstraintViolation"
    assert error_code_for("RpcFrameworkError", V16) == "GenericError"
    with pytest.raises(MisuseError, match="Oops"):
        error_code_for("Oops", V16)


def test_a_peers_spelling_of_another_version_is_understood_and_told() -> None:
    """An unknown code is kept as it is; both are findings."""
    assert read_error_code("NotSupported", V16) == ("NotSupported", "")
    code, wrong = read_error_code("FormatViolation", V16)
    assert code == "FormationViolation"
    assert "FormatViolation" in wrong
    code, wrong = read_error_code("Oops", V201)
    assert code == "Oops"
    assert "not one of" in wrong
