"""A session and our own calls: order, timeouts, outcomes, and answers that are late, doubled, foreign or wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.errors import MisuseError, NotReachable, NotSayable
from pilotwire.ocpp import v16, v21, v201
from pilotwire.ocpp.directions import Role
from pilotwire.ocpp.events import (
    Breach,
    CallFailed,
    CallTimedOut,
    ErrorReceived,
    ResultInvalid,
    ResultReceived,
)
from pilotwire.ocpp.outbound import RawCall
from pilotwire.ocpp.payloads import Mend
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.version import OcppVersion

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RESULT = '[3,"n0",{"currentTime":"2026-01-01T12:00:00Z"}]'
HEARTBEATS = {V16: v16.HeartbeatRequest(), V201: v201.HeartbeatRequest(), V21: v21.HeartbeatRequest()}
versions = pytest.mark.parametrize("version", list(OcppVersion))


def session(version: OcppVersion, role: Role = "station", *, mend: Mend | None = None, limit: int = 10_000) -> Session:
    """A session whose message ids are n0, n1, ..."""
    numbers = iter(range(10**6))
    return Session(version, role=role, new_id=lambda: f"n{next(numbers)}", mend=mend, max_message_bytes=limit)


def calling(version: OcppVersion, *, mend: Mend | None = None, limit: int = 10_000) -> Session:
    """A station with a Heartbeat n0 on the line, asked at 0 s, and another one waiting."""
    station = session(version, mend=mend, limit=limit)
    station.call(HEARTBEATS[version], 0.0, tag="first")
    station.call(HEARTBEATS[version], 0.0, tag="second")
    assert [frame[1] for frame in sent(station)] == ["n0"]
    return station


def sent(peer: Session) -> list[Any]:
    """What the session wants to send, decoded."""
    return [json.loads(data) for data in peer.data_to_send()]


# --- order and outcome -------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.1.1", "J2:4.1.1")
@versions
def test_one_call_is_outstanding_and_the_next_follows_its_answer(version: OcppVersion) -> None:
    """In the order they were asked for; the outcome carries tag and duration."""
    station = calling(version)
    assert station.waiting_calls == 1
    (event,) = station.receive(RESULT, 1.5)
    assert isinstance(event, ResultReceived)
    assert (event.message_id, event.action, event.tag, event.elapsed) == ("n0", "Heartbeat", "first", 1.5)
    assert event.message is not None
    assert sent(station) == [[2, "n1", "Heartbeat", {}]]


@pytest.mark.req("J16:4.1.1", "J2:4.1.1")
@versions
def test_an_error_is_an_outcome_too_and_frees_the_line(version: OcppVersion) -> None:
    """A CALLERROR responds to a CALL as much as a CALLRESULT does."""
    station = calling(version)
    (event,) = station.receive('[4,"n0","InternalError","oh",{"a":1}]', 2.0)
    expected = ErrorReceived("n0", "Heartbeat", "InternalError", "oh", b'{"a":1}', "first", 2.0)
    assert event == expected
    assert sent(station)[0][1] == "n1"


@pytest.mark.req("J16:4.1.1", "J2:4.1.1")
@versions
def test_a_call_times_out_counted_from_its_sending(version: OcppVersion) -> None:
    """The next call is sent then and has its own full time."""
    station = calling(version)
    assert station.next_deadline() == 30.0
    assert station.tick(29.9) == []
    assert station.tick(30.0) == [CallTimedOut("n0", "Heartbeat", "first", 30.0)]
    assert sent(station)[0][1] == "n1"
    assert station.next_deadline() == 60.0
    station.tick(60.0)
    assert station.next_deadline() is None


def test_a_call_may_have_its_own_timeout() -> None:
    """Some actions take long; none takes no time."""
    station = session(V16)
    station.call(v16.HeartbeatRequest(), 0.0, timeout=5.0)
    assert station.next_deadline() == 5.0
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(MisuseError, match="timeout"):
            station.call(v16.HeartbeatRequest(), 0.0, timeout=wrong)


def test_closing_fails_what_has_no_outcome() -> None:
    """Outstanding and waiting calls alike; a second close has nothing left, and nothing can be called any more."""
    station = session(V201)
    station.call(HEARTBEATS[V201], 0.0, tag="first")
    station.call(HEARTBEATS[V201], 0.0, tag="second")
    assert station.close(3.0, "the line broke") == [
        CallFailed("n0", "Heartbeat", "the line broke", "first", True),
        CallFailed("n1", "Heartbeat", "the line broke", "second", False),
    ]
    assert station.close(4.0) == []
    assert station.data_to_send() == []
    assert station.receive(RESULT, 5.0) == []
    assert station.tick(100.0) == []
    with pytest.raises(NotReachable):
        station.call(v201.HeartbeatRequest(), 6.0)


# --- answers that are not right ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.1.4", "J2:4.1.4")
@pytest.mark.parametrize("answer", [RESULT, '[4,"n0","GenericError","",{}]'])
@versions
def test_late_doubled_and_foreign_answers_are_told_apart(version: OcppVersion, answer: str) -> None:
    """None of them gets to a call; the one outstanding keeps waiting for its own."""
    late = calling(version)
    late.tick(30.0)
    (breach,) = late.receive(answer, 31.0)
    assert isinstance(breach, Breach)
    assert (breach.severity, "timed out" in breach.what) == ("note", True)

    doubled = calling(version)
    doubled.receive(answer, 1.0)
    (breach,) = doubled.receive(answer, 2.0)
    assert isinstance(breach, Breach)
    assert (breach.severity, "second answer" in breach.what) == ("warning", True)

    foreign = calling(version)
    (breach,) = foreign.receive(answer.replace("n0", "zz"), 1.0)
    assert isinstance(breach, Breach)
    assert (breach.severity, "no call of ours" in breach.what) == ("error", True)
    assert foreign.next_deadline() == 30.0


@pytest.mark.req("J2:4.2.3")
@versions
def test_a_result_that_breaks_its_schema_ends_the_call_as_invalid(version: OcppVersion) -> None:
    """2.1 tells the peer with a CALLRESULTERROR; the other versions have no way to."""
    station = calling(version)
    breach, event = station.receive('[3,"n0",{"currentTime":7}]', 1.0)
    assert isinstance(breach, Breach)
    assert breach.path == "$.currentTime"
    assert isinstance(event, ResultInvalid)
    assert (event.tag, event.elapsed) == ("first", 1.0)
    frames = sent(station)
    assert frames[-1][:2] == [2, "n1"]
    if version is V21:
        assert frames[0][:3] == [5, "n0", "TypeConstraintViolation"]
    assert len(frames) == (2 if version is V21 else 1)


def test_a_result_may_be_mended() -> None:
    """The same hook as for calls, with the action that was called."""
    station = calling(V16, mend=lambda _version, action, raw, _violation: raw.replace(b"7", b'"2026-01-01T12:00:00Z"'))
    breach, event = station.receive('[3,"n0",{"currentTime":7}]', 1.0)
    assert isinstance(breach, Breach)
    assert isinstance(event, ResultReceived)
    assert (event.message, event.mended) == (v16.HeartbeatResponse(current_time=NOON), True)


@pytest.mark.req("J16:4.2.2", "J2:4.2.2", "J2:4.2.3")
@versions
def test_an_unreadable_answer_under_a_readable_id_ends_the_call(version: OcppVersion) -> None:
    """Better a known failure now than a timeout later; oversized answers alike."""
    for data in ('[3,"n0",[]]', '[3,"n0",{},1]', '[3,"n0",{"a":', '[3,"n0",{"a":"' + "x" * 20_000 + '"}]'):
        station = calling(version)
        breach, event = station.receive(data, 1.0)
        assert isinstance(breach, Breach)
        assert isinstance(event, ResultInvalid)
        assert (event.tag, event.processed) == ("first", True)
        frames = sent(station)
        assert [frame[0] for frame in frames] == ([5, 2] if version is V21 else [2])


@pytest.mark.req("J16:4.2.3", "J2:4.2.3")
@versions
def test_an_unreadable_error_does_not_say_that_the_call_was_processed(version: OcppVersion) -> None:
    """A CALLERROR that ends in the middle is still none of a CALLRESULT."""
    station = calling(version)
    breach, event = station.receive('[4,"n0","InternalError","it fai', 1.0)
    assert isinstance(breach, Breach)
    assert isinstance(event, ResultInvalid)
    assert (event.tag, event.processed) == ("first", False)


@pytest.mark.req("J16:4.2.3", "J2:4.2.3", "J2:4.3")
def test_an_error_in_the_wrong_form_is_still_the_outcome() -> None:
    """Parts missing, another version's spelling, an unknown code, a description too long: each is told, none is lost."""
    cases = [
        (V16, '[4,"n0","NotSupported"]', "NotSupported"),
        (V16, '[4,"n0","FormatViolation","",{}]', "FormationViolation"),
        (V201, '[4,"n0","OccurenceConstraintViolation","",{}]', "OccurrenceConstraintViolation"),
        (V21, '[4,"n0","Oops","",{}]', "Oops"),
        (V21, f'[4,"n0","GenericError","{"d" * 256}",{{}}]', "GenericError"),
    ]
    for version, data, code in cases:
        breach, event = calling(version).receive(data, 1.0)
        assert isinstance(breach, Breach)
        assert breach.severity == "warning"
        assert isinstance(event, ErrorReceived)
        assert event.code == code


@pytest.mark.req("J2:4.2.3")
def test_an_error_without_an_id_is_given_to_no_call() -> None:
    """The id "-1" says that something was unreadable, not which; the outstanding call waits for its own answer or its timeout."""
    station = calling(V201)
    (breach,) = station.receive('[4,"-1","RpcFrameworkError","what?",{}]', 1.0)
    assert isinstance(breach, Breach)
    assert "what?" in breach.what
    assert sent(station) == []
    assert station.next_deadline() == 30.0


# --- what we may say ---------------------------------------------------------------------------------------------------------------------


def test_a_raw_call_is_checked_like_a_typed_one() -> None:
    """An action of the version, in the right direction, with a payload that fits; its payload goes out as it is."""
    csms = session(V16, "csms")
    csms.call(RawCall("Reset", b' {"type": "Hard"}'), 0.0)
    assert csms.data_to_send() == [b'[2,"n0","Reset",{"type": "Hard"}]']
    with pytest.raises(NotSayable, match=r"\$\.type"):
        csms.call(RawCall("Reset", b"{}"), 0.0)
    with pytest.raises(NotSayable, match="no action 'GetVariables'"):
        csms.call(RawCall("GetVariables", b"{}"), 0.0)
    with pytest.raises(MisuseError, match="csms sends"):
        csms.call(RawCall("Heartbeat", b"{}"), 0.0)
    for wrong in (b"", b"[]", b"{", b'{"a":"\xff"}'):
        with pytest.raises(MisuseError, match="payload"):
            csms.call(RawCall("Reset", wrong, force=True), 0.0)


def test_a_forced_call_says_anything_and_hears_anything() -> None:
    """A wrong direction, a wrong payload, an action nobody knows: the answer to the last comes without a type."""
    csms = session(V16, "csms")
    csms.call(RawCall("Heartbeat", b'{"x":1}', force=True), 0.0)
    csms.call(RawCall("Fly", b"{}", force=True), 0.0)
    (event,) = csms.receive(RESULT, 1.0)
    assert isinstance(event, ResultReceived)
    assert event.message == v16.HeartbeatResponse(current_time=NOON)
    (event,) = csms.receive('[3,"n1",{"high":true}]', 2.0)
    assert isinstance(event, ResultReceived)
    assert (event.message, event.raw) == (None, b'{"high":true}')


def test_typed_calls_of_another_version_direction_or_kind_raise() -> None:
    """The station's request, another version's request, a response: none of them can be called here."""
    csms = session(V201, "csms")
    with pytest.raises(NotSayable, match=r"OCPP 1\.6 cannot be said in OCPP 2\.0\.1"):
        csms.call(v16.ClearCacheRequest(), 0.0)
    with pytest.raises(MisuseError, match="csms sends"):
        csms.call(v201.HeartbeatRequest(), 0.0)
    with pytest.raises(MisuseError, match="is a response"):
        csms.call(v201.HeartbeatResponse(current_time=NOON), 0.0)


@pytest.mark.req("J2:4.2.4", "J2:4.1.1")
def test_a_send_goes_out_at_once_beside_an_outstanding_call() -> None:
    """It waits for nobody and nobody waits for it; only 2.1 has it, and only for unconfirmed messages."""
    payload = b'{"id":1,"pending":0,"basetime":"2026-01-01T12:00:00Z","data":[{"t":0,"v":"1"}]}'
    stream = RawCall("NotifyPeriodicEventStream", payload)
    station = calling(V21)
    assert station.send(stream, 0.0) == "n2"
    assert station.data_to_send() == [b'[6,"n2","NotifyPeriodicEventStream",' + payload + b"]"]
    with pytest.raises(MisuseError, match="send"):
        station.call(stream, 0.0)
    with pytest.raises(MisuseError, match="call"):
        station.send(v21.HeartbeatRequest(), 0.0)
    with pytest.raises(NotSayable, match="no SEND"):
        calling(V201).send(stream, 0.0)


@pytest.mark.req("J16:4.1.4", "J2:4.1.4")
def test_ids_must_be_new_and_of_the_right_length() -> None:
    """A source of ids that repeats itself is a bug of ours."""
    for wrong in ("", "x" * 37, "-1", "again"):
        ids = iter(["again", wrong])
        station = Session(V16, role="station", new_id=ids.__next__)
        station.call(v16.HeartbeatRequest(), 0.0)
        with pytest.raises(MisuseError, match="new_id"):
            station.call(v16.HeartbeatRequest(), 0.0)
