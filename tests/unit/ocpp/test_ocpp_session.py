"""A session and what its peer says: calls, unconfirmed messages, and every way to break the rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import MisuseError, NotReachable
from pilotwire.ocpp import v16, v21, v201
from pilotwire.ocpp.directions import Role
from pilotwire.ocpp.events import Breach, CallReceived, Event, ResultRefused, SendReceived
from pilotwire.ocpp.frame import ERROR_CODES
from pilotwire.ocpp.inbound import MAX_OPEN_CALLS
from pilotwire.ocpp.payloads import Mend
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
E = TypeVar("E")
versions = pytest.mark.parametrize("version", list(OcppVersion))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEARTBEAT_RESPONSES: dict[OcppVersion, Message] = {
    V16: v16.HeartbeatResponse(current_time=NOON),
    V201: v201.HeartbeatResponse(current_time=NOON),
    V21: v21.HeartbeatResponse(current_time=NOON),
}


def session(version: OcppVersion, role: Role = "csms", *, mend: Mend | None = None, limit: int = 1_000_000) -> Session:
    """A session whose message ids count up."""
    numbers = iter(range(10**6))
    return Session(version, role=role, new_id=lambda: f"n{next(numbers)}", mend=mend, max_message_bytes=limit)


def sent(peer: Session) -> list[Any]:
    """What the session wants to send, decoded."""
    return [json.loads(data) for data in peer.data_to_send()]


def only(kind: type[E], events: list[Event]) -> E:
    """The one event of this kind."""
    (event,) = [event for event in events if isinstance(event, kind)]
    return event


HEARTBEAT = '[2,"id1","Heartbeat",{}]'
STREAM = '[6,"s1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T12:00:00Z","data":[{"t":0,"v":"1"}]}]'


# --- good calls ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.2.1", "J16:4.2.2", "J2:4.2.1", "J2:4.2.2")
@versions
def test_a_call_arrives_typed_and_its_answer_leaves_under_its_id(version: OcppVersion) -> None:
    """One event in, one CALLRESULT out."""
    csms = session(version)
    (event,) = csms.receive(HEARTBEAT, 0.0)
    assert isinstance(event, CallReceived)
    assert (event.message_id, event.action, event.raw, event.mended) == ("id1", "Heartbeat", b"{}", False)
    csms.answer("id1", HEARTBEAT_RESPONSES[version])
    assert sent(csms) == [[3, "id1", {"currentTime": "2026-01-01T12:00:00Z"}]]
    assert sent(csms) == []


@pytest.mark.req("J16:4.2.1", "J2:4.1.5")
@versions
def test_a_null_payload_is_an_empty_object(version: OcppVersion) -> None:
    """The other notation for "no payload"."""
    event = only(CallReceived, session(version).receive('[2,"id1","Heartbeat",null]', 0.0))
    assert event.raw == b"null"


def test_an_answer_may_be_given_as_json() -> None:
    """For a pass-through; it must at least be an object."""
    csms = session(V201)
    csms.receive(HEARTBEAT, 0.0)
    with pytest.raises(MisuseError, match="not a JSON object"):
        csms.answer("id1", b"[]")
    csms.answer("id1", b' {"currentTime": "2026-01-01T12:00:00Z"} ')
    assert csms.data_to_send() == [b'[3,"id1",{"currentTime": "2026-01-01T12:00:00Z"}]']


@pytest.mark.req("J16:4.2.3", "J2:4.2.3")
def test_a_refusal_is_spelled_as_the_version_spells_it() -> None:
    """Description and details go along; a missing detail is an empty object."""
    for version, code in ((V16, "FormationViolation"), (V21, "FormatViolation")):
        csms = session(version)
        csms.receive(HEARTBEAT, 0.0)
        csms.refuse("id1", "FormatViolation", "why")
        csms.receive('[2,"id2","Heartbeat",{}]', 0.0)
        csms.refuse("id2", "SecurityError", "x" * 300, {"a": 1})
        first, second = sent(csms)
        assert first == [4, "id1", code, "why", {}]
        assert second[2:] == ["SecurityError", "x" * 252 + "...", {"a": 1}]


def test_misuse_of_answers_raises() -> None:
    """Unknown id, a second answer, the wrong response type, a code nobody knows: bugs of ours."""
    csms = session(V16)
    with pytest.raises(MisuseError, match="is not open"):
        csms.answer("id1", HEARTBEAT_RESPONSES[V16])
    csms.receive(HEARTBEAT, 0.0)
    with pytest.raises(MisuseError, match="does not answer Heartbeat"):
        csms.answer("id1", HEARTBEAT_RESPONSES[V201])
    with pytest.raises(MisuseError, match="RPC error code"):
        csms.refuse("id1", "Oops")
    with pytest.raises(MisuseError, match="details"):
        csms.refuse("id1", "GenericError", "", {"a": object()})
    csms.answer("id1", HEARTBEAT_RESPONSES[V16])
    with pytest.raises(MisuseError, match="answered already"):
        csms.refuse("id1", "GenericError")
    csms.receive('[2,"id2","Heartbeat",{}]', 0.0)
    csms.close(0.0)
    with pytest.raises(NotReachable):
        csms.answer("id2", HEARTBEAT_RESPONSES[V16])


# --- refused here ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.2.3", "J2:4.1.7", "J2:4.3")
@versions
def test_an_unknown_action_is_not_implemented(version: OcppVersion) -> None:
    """The name is told, cut short."""
    csms = session(version)
    breach = only(Breach, csms.receive(json.dumps([2, "id1", "Fly" + "y" * 500, {}]), 0.0))
    ((_, message_id, code, description, details),) = sent(csms)
    assert (message_id, code, details) == ("id1", "NotImplemented", {})
    assert len(description) < 150
    assert breach.severity == "error"


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@versions
def test_an_action_in_the_wrong_direction_is_not_supported(version: OcppVersion) -> None:
    """A station does not ask its CSMS to reset, nor the CSMS its station for the time."""
    csms, station = session(version), session(version, "station")
    assert only(Breach, csms.receive('[2,"id1","Reset",{"type":"Hard"}]', 0.0)).action == "Reset"
    assert sent(csms)[0][:3] == [4, "id1", "NotSupported"]
    station.receive(HEARTBEAT, 0.0)
    assert sent(station)[0][:3] == [4, "id1", "NotSupported"]


@pytest.mark.req("J16:4.2.3", "J2:4.1.7", "J2:4.3")
@pytest.mark.parametrize(
    ("version", "payload", "code", "path"),
    [
        (V16, "{}", "OccurenceConstraintViolation", "$.idTag"),
        (V16, '{"idTag":7}', "TypeConstraintViolation", "$.idTag"),
        (V16, '{"idTag":"1","x":1}', "FormationViolation", "$.x"),
        (V201, "{}", "OccurrenceConstraintViolation", "$.idToken"),
        (V21, '{"idToken":{"idToken":"1","type":"x"},"y":1}', "FormatViolation", "$.y"),
    ],
)
def test_a_payload_that_breaks_its_schema_is_refused_with_place_and_reason(
    version: OcppVersion, payload: str, code: str, path: str
) -> None:
    """The same words go to the peer and into the finding."""
    csms = session(version)
    (breach,) = csms.receive(f'[2,"id1","Authorize",{payload}]', 0.0)
    assert isinstance(breach, Breach)
    ((_, _, sent_code, description, _),) = sent(csms)
    assert (sent_code, breach.path, breach.action, breach.message_id) == (code, path, "Authorize", "id1")
    assert description == f"{breach.path}: {breach.what}"
    assert breach.rule.startswith("schema:")


def test_a_declared_tolerance_mends_a_payload_and_the_finding_is_kept() -> None:
    """The hook sees the raw JSON and the violation; what it gives is decoded as strictly as anything."""
    seen: list[tuple[OcppVersion, str, bytes, str]] = []

    def mend(version: OcppVersion, action: str, raw: bytes, violation: SchemaViolation) -> bytes | None:
        seen.append((version, action, raw, violation.path))
        return raw.replace(b"7", b'"7"')

    csms = session(V16, mend=mend)
    breach, call = csms.receive('[2,"id1","Authorize",{"idTag":7}]', 0.0)
    assert isinstance(call, CallReceived)
    assert isinstance(breach, Breach)
    assert call.message == v16.AuthorizeRequest(id_tag="7")
    assert (call.mended, call.raw, breach.severity) == (True, b'{"idTag":7}', "warning")
    assert seen == [(V16, "Authorize", b'{"idTag":7}', "$.idTag")]
    assert sent(csms) == []


def test_a_tolerance_that_does_not_help_or_fails_changes_nothing() -> None:
    """None, still wrong, or an exception: the call is refused as without it."""

    def failing(*_: object) -> bytes | None:
        raise RuntimeError("a bug in a quirk")

    mends: list[Mend] = [lambda *_: None, lambda *_: b'{"idTag":[]}', lambda *_: b"\xff", failing]
    for mend in mends:
        csms = session(V16, mend=mend)
        (breach,) = csms.receive('[2,"id1","Authorize",{"idTag":7}]', 0.0)
        assert isinstance(breach, Breach)
        assert sent(csms)[0][2] == "TypeConstraintViolation"


@pytest.mark.req("J2:4.2.3", "J2:4.4", "J16:4.1.3")
def test_what_is_no_frame_is_answered_as_the_version_wants() -> None:
    """2.x says "-1" or MessageTypeNotSupported, 1.6 says nothing; it is a breach in each."""
    for version, count in ((V16, 0), (V201, 2), (V21, 2)):
        csms = session(version)
        only(Breach, csms.receive("hello", 0.0))
        only(Breach, csms.receive('[9,"id1",{}]', 0.0))
        answers = sent(csms)
        assert len(answers) == count
        assert [answer[1:3] for answer in answers] == [["-1", "RpcFrameworkError"], ["id1", "MessageTypeNotSupported"]][
            :count
        ]


@pytest.mark.parametrize(("start", "message_id"), [('[2,"id1","DataTransfer",{"vendorId":"', "id1"), ("[[[[", "-1")])
def test_an_oversized_message_is_refused_unread(start: str, message_id: str) -> None:
    """Under its id where the first bytes tell it; evidence in the breach is short. Text is measured like bytes."""
    big = start + "x" * 20_000
    for data in (big, big.encode()):
        csms = session(V201, limit=10_000)
        breach = only(Breach, csms.receive(data, 0.0))
        assert breach.rule == "limit:message-size"
        assert len(breach.raw) <= 4096
        assert sent(csms)[0][1:3] == [message_id, "RpcFrameworkError"]


def test_many_bytes_in_few_characters_are_too_large_too() -> None:
    """The limit is in bytes of UTF-8."""
    csms = session(V16, limit=100)
    only(Breach, csms.receive(f'[2,"id1","DataTransfer",{{"vendorId":"{"é" * 50}"}}]', 0.0))
    assert sent(csms)[0][2] == "GenericError"


# --- repeated and early calls --------------------------------------------------------------------------------------------------------


@pytest.mark.req("J2:4.1.4", "J16:4.1.4")
@versions
def test_a_repeated_call_is_answered_again_and_not_done_again(version: OcppVersion) -> None:
    """A retry with the same id is allowed in 2.x (a note) and against the rule in 1.6 (a warning)."""
    csms = session(version)
    csms.receive(HEARTBEAT, 0.0)
    csms.answer("id1", HEARTBEAT_RESPONSES[version])
    first = csms.data_to_send()
    (breach,) = csms.receive(HEARTBEAT, 1.0)
    assert isinstance(breach, Breach)
    assert breach.severity == ("warning" if version is V16 else "note")
    assert csms.data_to_send() == first


@versions
def test_a_refused_call_is_refused_again_in_the_same_words(version: OcppVersion) -> None:
    """Refusals made by the session are answers too."""
    csms = session(version)
    csms.receive('[2,"id1","Fly",{}]', 0.0)
    first = csms.data_to_send()
    csms.receive('[2,"id1","Fly",{}]', 0.0)
    assert csms.data_to_send() == first


def test_a_repeated_call_still_worked_on_is_ignored() -> None:
    """One answer is coming."""
    csms = session(V201)
    csms.receive(HEARTBEAT, 0.0)
    (breach,) = csms.receive(HEARTBEAT, 1.0)
    assert isinstance(breach, Breach)
    assert sent(csms) == []
    csms.answer("id1", HEARTBEAT_RESPONSES[V201])
    assert len(sent(csms)) == 1


@pytest.mark.req("J16:4.1.4", "J2:4.1.4")
@versions
def test_a_used_id_with_other_content_is_a_new_call_and_a_breach(version: OcppVersion) -> None:
    """A station that counts from 1 after each restart is heard, and found out."""
    csms = session(version)
    csms.receive(HEARTBEAT, 0.0)
    csms.answer("id1", HEARTBEAT_RESPONSES[version])
    sent(csms)
    events = csms.receive('[2,"id1","DataTransfer",{"vendorId":"v"}]', 1.0)
    assert only(Breach, events).severity == "error"
    assert only(CallReceived, events).action == "DataTransfer"


@pytest.mark.req("J16:4.2.3", "J2:4.2.3")
@versions
def test_another_call_under_the_id_of_an_open_one_is_refused(version: OcppVersion) -> None:
    """Both documents name this case for a CALLERROR; the open call keeps its own answer."""
    csms = session(version)
    csms.receive(HEARTBEAT, 0.0)
    events = csms.receive('[2,"id1","DataTransfer",{"vendorId":"v"}]', 1.0)
    assert only(Breach, events) is events[-1]
    ((kind, message_id, code, _, _),) = sent(csms)
    assert (kind, message_id) == (4, "id1")
    assert code in ERROR_CODES[version]
    csms.answer("id1", HEARTBEAT_RESPONSES[version])
    assert sent(csms)[0][0] == 3


@versions
def test_a_damaged_copy_of_an_open_call_does_not_spoil_its_answer(version: OcppVersion) -> None:
    """The peer would take an error under this id for the answer to the call that is being handled."""
    csms = session(version)
    csms.receive(HEARTBEAT, 0.0)
    only(Breach, csms.receive(HEARTBEAT[:-2], 1.0))
    assert sent(csms) == []
    csms.answer("id1", HEARTBEAT_RESPONSES[version])
    assert sent(csms)[0][0] == 3


@pytest.mark.req("J16:4.1.1", "J2:4.1.1")
def test_a_call_before_the_last_was_answered_is_delivered_with_a_breach() -> None:
    """1.6 recommends to wait, 2.x demands it."""
    for version, severity in ((V16, "warning"), (V201, "error"), (V21, "error")):
        csms = session(version)
        csms.receive(HEARTBEAT, 0.0)
        events = csms.receive('[2,"id2","Heartbeat",{}]', 0.0)
        breach = only(Breach, events)
        assert (breach.severity, breach.rule[-6:]) == (severity, ":4.1.1")
        assert only(CallReceived, events).message_id == "id2"
        csms.answer("id2", HEARTBEAT_RESPONSES[version])
        csms.answer("id1", HEARTBEAT_RESPONSES[version])
        assert [answer[1] for answer in sent(csms)] == ["id2", "id1"]


def test_a_flood_of_calls_is_refused_at_some_point() -> None:
    """Memory is bounded whatever the peer does."""
    csms = session(V16)
    for number in range(MAX_OPEN_CALLS):
        csms.receive(f'[2,"{number}","Heartbeat",{{}}]', 0.0)
    assert sent(csms) == []
    assert not [e for e in csms.receive('[2,"one too many","Heartbeat",{}]', 0.0) if isinstance(e, CallReceived)]
    assert sent(csms)[0][:3] == [4, "one too many", "GenericError"]


# --- unconfirmed messages and refused results ------------------------------------------------------------------------------------------


@pytest.mark.req("J2:4.2.4")
def test_a_send_is_received_and_never_answered() -> None:
    """Not when good, not when bad, not when unknown; and it may come between a call and its answer."""
    csms = session(V21)
    csms.receive(HEARTBEAT, 0.0)
    event = only(SendReceived, csms.receive(STREAM, 0.0))
    assert event.action == "NotifyPeriodicEventStream"
    for bad in ('[6,"s2","NotifyPeriodicEventStream",{}]', '[6,"s3","Fly",{}]', '[6,"s4","Heartbeat",{}]', '[6,"s5"]'):
        (breach,) = csms.receive(bad, 0.0)
        assert isinstance(breach, Breach)
    assert sent(csms) == []


def test_a_bad_send_may_be_mended() -> None:
    """The same tolerance as for calls."""
    good = json.dumps(json.loads(STREAM)[3]).encode()
    csms = session(V21, mend=lambda *_: good)
    breach, event = csms.receive('[6,"s2","NotifyPeriodicEventStream",{}]', 0.0)
    assert isinstance(breach, Breach)
    assert isinstance(event, SendReceived)
    assert event.mended


@pytest.mark.req("J2:4.2.4")
def test_an_unconfirmed_action_in_a_call_is_not_supported() -> None:
    """It travels in a SEND only."""
    csms = session(V21)
    csms.receive(STREAM.replace("[6", "[2", 1), 0.0)
    assert sent(csms)[0][:3] == [4, "s1", "NotSupported"]


@pytest.mark.req("J2:4.2.3")
def test_the_peer_may_refuse_an_answer_of_ours() -> None:
    """A CALLRESULTERROR belongs to a recent CALLRESULT; else it is a breach, and never answered."""
    csms = session(V21)
    csms.receive(HEARTBEAT, 0.0)
    csms.answer("id1", HEARTBEAT_RESPONSES[V21])
    sent(csms)
    event = only(ResultRefused, csms.receive('[5,"id1","FormatViolation","no",{"a":1}]', 0.0))
    assert (event.action, event.code, event.description, event.details) == (
        "Heartbeat",
        "FormatViolation",
        "no",
        b'{"a":1}',
    )
    only(Breach, csms.receive('[5,"id2","FormatViolation","no",{}]', 0.0))
    csms.receive('[2,"id3","Fly",{}]', 0.0)
    sent(csms)
    only(Breach, csms.receive('[5,"id3","FormatViolation","no",{}]', 0.0))
    assert sent(csms) == []


# --- any input ---------------------------------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=10
)
ids = st.sampled_from(["id1", "n0", "n1", "-1", "", "x" * 40]) | st.text(max_size=3)
actions = st.sampled_from(["Heartbeat", "Authorize", "DataTransfer", "Reset", "NotifyPeriodicEventStream", "Fly", ""])
frames = st.one_of(
    st.tuples(st.sampled_from([2, 6]), ids, actions, json_values),
    st.tuples(st.just(3), ids, json_values),
    st.tuples(st.sampled_from([4, 5]), ids, st.sampled_from(["GenericError", "Oops"]), st.text(), json_values),
    st.tuples(st.integers(), ids, json_values),
    json_values,
)
inputs = st.lists(st.binary() | st.text() | frames.map(json.dumps), max_size=8)


@given(inputs, st.sampled_from(list(OcppVersion)), st.sampled_from(["csms", "station"]), st.integers(20, 300))
def test_receive_never_raises(stream: list[str | bytes], version: OcppVersion, role: Role, limit: int) -> None:
    """Any bytes, any JSON, any order: events come out, and all that is sent is a frame with a code of the version."""
    peer = session(version, role, limit=limit)
    peer.call(_data_transfer(version), 0.0)
    for now, data in enumerate(stream):
        peer.receive(data, float(now))
    for frame in sent(peer):
        assert frame[0] in (2, 4, 5)
        assert frame[0] == 2 or frame[2] in ERROR_CODES[version]
        assert frame[0] != 5 or version is V21


def _data_transfer(version: OcppVersion) -> Message:
    """A call both sides may make."""
    kinds: dict[OcppVersion, type[Message]] = {
        V16: v16.DataTransferRequest,
        V201: v201.DataTransferRequest,
        V21: v21.DataTransferRequest,
    }
    return kinds[version](vendor_id="v")
