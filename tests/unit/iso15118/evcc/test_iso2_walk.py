"""The vehicle's session of ISO 15118-2: every state meets every response, refusal, silence, and a will to leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Ending
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.evcc.iso2.session import TABLE, Iso2Session
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support import v2g_pki
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_scenes import AT, Scene, credential
from tests.support.iso15118_walk import Walk, first_that_leads, kinds_of, said_by, with_body

RESPONSES = kinds_of(iso2, "Res")
STATES = [kind.__name__ for kind in TABLE]
QUICK = {"CurrentDemandRes": 0.25}
FIVE = {
    "ServiceDetailRes", "PaymentDetailsRes", "CertificateInstallationRes", "CertificateUpdateRes", "PowerDeliveryRes"
}  # fmt: skip


def scene(**how: Any) -> Scene:
    """A scene with receipts, and a vehicle that wants a new contract: by installation (AC) or update (DC)."""
    made = Scene(pnc=True, **how)
    made.evse.offers(receipts=2)
    made.wallet.oem = credential(v2g_pki.vehicle(Edition.ISO2))
    made.ev.install, made.ev.update = not made.dc, made.dc
    return made


WALKS = (Walk(scene), Walk(lambda: scene(dc=True)))


def waiting_for(state: str) -> Any:
    """A session that waits for a response."""
    return first_that_leads(WALKS, lambda walk: walk.vehicle_in(state))


def response_for(state: str) -> Any:
    """The response it would get, as a whole."""
    return next(walk.answered_in(state) for walk in WALKS if state in {before for before, _ in walk.run().answered})


@pytest.mark.parametrize("state", STATES)
def test_only_the_response_that_is_due_may_come(state: str) -> None:
    """Any other is the end, and told; the vehicle says nothing more."""
    for kind in RESPONSES:
        if kind.__name__ == state:
            continue
        session = waiting_for(state)
        assert session.feed(said_by(iso2, ISO2, kind, session.session_id, response_code="OK"), AT) is None
        assert session.over.ending is Ending.FAILED
        assert session.findings == [f"The station sent {kind.__name__}; {state} was due."]
        assert session.ev.ends == [session.over]
        assert session.feed(response_for(state), AT) is None
        assert session.state == "over"


@pytest.mark.parametrize("state", STATES)
def test_every_response_is_taken(state: str) -> None:
    """The next request can be encoded and has the session's id; after the last response the session is over."""
    session = waiting_for(state)
    ask = session.feed(response_for(state), AT)
    if state == "SessionStopRes":
        assert (ask, session.over.ending) == (None, Ending.TERMINATED)
        return
    read = ISO2.decode(ISO2.encode(ask.message))
    assert read.header.session_id == session.session_id == b"\0\0\0\0\0\0\0\1"
    assert ask.payload_type is PayloadType.EXI
    assert session.findings == []


@pytest.mark.parametrize("state", STATES)
def test_a_refusal_is_the_end(state: str) -> None:
    """Whatever the code, if it begins with FAILED."""
    for code in ("FAILED", "FAILED_SequenceError", "FAILED_UnknownSession"):
        session = waiting_for(state)
        kind = next(one for one in RESPONSES if one.__name__ == state)
        refusal = said_by(iso2, ISO2, kind, session.session_id or b"\1", response_code=code)
        assert session.feed(refusal, AT) is None
        assert session.over.ending is Ending.FAILED
        assert code in session.over.reason


@pytest.mark.parametrize("state", [state for state in STATES if state != "SessionSetupRes"])
def test_the_session_id_stays(state: str) -> None:
    """A station that changes it has another session."""
    session = waiting_for(state)
    message = response_for(state)
    header = msgspec.structs.replace(message.header, session_id=b"\xab" * 8)
    assert session.feed(msgspec.structs.replace(message, header=header), AT) is None
    assert session.over.reason == "The station changed the session id to ABABABABABABABAB."


@pytest.mark.parametrize("state", STATES)
def test_a_station_that_says_nothing(state: str) -> None:
    """V2G_EVCC_Msg_Timeout: 2 s, 5 s where certificates or contactors are at work, 250 ms in the DC loop."""
    session = waiting_for(state)
    deadline = session.next_deadline()
    seconds = QUICK.get(state, 5.0 if state in FIVE else 2.0)
    assert (deadline - AT).total_seconds() in (seconds, seconds + session.interval)  # a repeated request waits first
    assert session.expired(deadline - timedelta(milliseconds=1)) is None
    assert session.over is None
    assert session.expired(deadline) is None
    assert session.over.ending is Ending.TIMEOUT
    assert state in session.over.reason
    assert session.next_deadline() is None


@pytest.mark.parametrize("state", STATES)
def test_the_line_drops(state: str) -> None:
    """The vehicle is told where it was."""
    session = waiting_for(state)
    session.dropped(AT)
    assert session.over.ending is Ending.DROPPED
    assert state in session.over.reason
    session.dropped(AT)
    assert session.ev.ends == [session.over]


BEFORE_POWER = sorted(kind.__name__ for kind in Iso2Session.before_power)


@pytest.mark.parametrize("state", BEFORE_POWER)
def test_a_vehicle_that_has_enough_leaves(state: str) -> None:
    """Before power it needs no more than SessionStopReq."""
    session = waiting_for(state)
    session.ev.loops = 0
    ask = session.feed(response_for(state), AT)
    assert body_of(ask.message) == iso2.SessionStopReq(charging_session="Terminate")
    stopped = said_by(iso2, ISO2, iso2.SessionStopRes, session.session_id, response_code="OK")
    assert session.feed(stopped, AT) is None
    assert session.over.ending is Ending.TERMINATED


@pytest.mark.parametrize("state", BEFORE_POWER)
def test_a_vehicle_that_is_not_well_leaves(state: str) -> None:
    """And tells why."""
    session = waiting_for(state)
    session.ev.error = "FAILED_RESSTemperatureInhibit"
    ask = session.feed(response_for(state), AT)
    assert isinstance(body_of(ask.message), iso2.SessionStopReq)
    stopped = said_by(iso2, ISO2, iso2.SessionStopRes, session.session_id, response_code="OK")
    assert session.feed(stopped, AT) is None
    assert session.over.ending is Ending.FAILED
    assert "FAILED_RESSTemperatureInhibit" in session.over.reason


def test_a_vehicle_that_is_not_well_in_the_loop_takes_power_off_first() -> None:
    """PowerDelivery, welding detection, SessionStop; the station hears its error."""
    scene = Scene(dc=True)

    def at_first_loop(body: Any) -> None:
        if isinstance(body, iso2.CurrentDemandRes):
            scene.ev.error = "FAILED_EVRESSMalfunction"

    pair = scene.run(heard=at_first_loop)
    assert pair.names[-4:] == ["CurrentDemandReq", "PowerDeliveryReq", "WeldingDetectionReq", "SessionStopReq"]
    assert pair.of(iso2.WeldingDetectionReq)[0].dc_ev_status.ev_error_code == "FAILED_EVRESSMalfunction"
    assert scene.ev.contactors == [True, False]


# --- what takes time -------------------------------------------------------------------------------------------------------------

ONGOING = {
    "AuthorizationRes": ("Ongoing", 60, "authorization"),
    "ChargeParameterDiscoveryRes": ("Ongoing", 60, "charge parameters"),
    "CableCheckRes": ("Ongoing", 40, "cable check"),
}


@pytest.mark.parametrize("state", ONGOING)
def test_ongoing_has_an_end(state: str) -> None:
    """V2G_EVCC_Ongoing_Timeout and that of the cable check: the request is repeated until then."""
    processing, most, what = ONGOING[state]
    session = waiting_for(state)
    message = with_body(response_for(state), evse_processing=processing)
    for second in range(most + 1):
        ask = session.feed(message, AT + timedelta(seconds=second))
        assert type(body_of(ask.message)).__name__ == state.removesuffix("Res") + "Req"
        assert ask.not_before == AT + timedelta(seconds=second + session.interval)
    assert session.feed(message, AT + timedelta(seconds=most + 1)) is None
    assert session.over.ending is Ending.TIMEOUT
    assert what in session.over.reason


def test_a_customer_may_take_their_time() -> None:
    """Ongoing_WaitingForCustomerInteraction has no end at the vehicle."""
    session = waiting_for("AuthorizationRes")
    message = with_body(response_for("AuthorizationRes"), evse_processing="Ongoing_WaitingForCustomerInteraction")
    for minute in range(30):
        assert session.feed(message, AT + timedelta(minutes=minute)) is not None
    assert session.over is None


def test_precharging_has_an_end() -> None:
    """7 s for the voltage to be near that of the battery."""
    scene = Scene(dc=True)
    scene.evse.follows = False
    pair = scene.run()
    assert pair.ev.over.ending is Ending.TIMEOUT
    assert "precharge" in pair.ev.over.reason
    assert 14 <= len(pair.of(iso2.PreChargeReq)) <= 16
    assert scene.ev.contactors == []


def test_contactors_and_choices_take_time() -> None:
    """The vehicle says nothing while it is not ready; what comes then is a fault of the station."""
    scene = Scene(dc=True)
    scene.ev.slow = 3
    assert scene.run().ev.over.ending is Ending.TERMINATED
    session = Walk(lambda: Scene(dc=True)).vehicle_in("PreChargeRes")
    session.ev.slow = session.ev._waiting = 1
    message = Walk(lambda: Scene(dc=True)).answered_in("PreChargeRes")
    assert session.feed(message, AT) is None
    assert session.feed(message, AT) is None
    assert session.over.reason == "The station sent a response that nobody had asked for."


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_vehicle_that_never_gets_ready_gives_up(protocol: str) -> None:
    """Its own time for the next request is 40 s; a station would wait no longer than 60."""
    walk = Walk(lambda: Scene(dc=True, din=protocol == "din"))
    session = walk.vehicle_in("PreChargeRes")
    session.ev.slow = session.ev._waiting = 1_000
    assert session.feed(walk.answered_in("PreChargeRes"), AT) is None
    until = session.next_deadline()
    assert until == AT + timedelta(seconds=40)
    assert session.again(until - timedelta(seconds=1)) is None
    assert (session.expired(until - timedelta(seconds=1)), session.over) == (None, None)
    assert session.expired(until) is None
    assert session.over.ending is Ending.TIMEOUT
    assert session.over.reason == "The vehicle was not ready for its next request after PreChargeRes in time."


def test_contactors_that_do_not_close() -> None:
    """The session ends as it should, and has failed."""
    scene = Scene(dc=True)
    scene.ev.moves = False
    pair = scene.run()
    assert pair.names[-2:] == ["PreChargeReq", "SessionStopReq"]
    assert pair.ev.over.ending is Ending.FAILED
    assert pair.secc.over.ending is Ending.TERMINATED


def test_contactors_that_are_welded() -> None:
    """The vehicle looks ten times, tells it, and goes."""
    scene = Scene(dc=True)
    scene.evse.follows = False
    scene.evse.shows(present_v=400.0)
    pair = scene.run()
    assert len(pair.of(iso2.WeldingDetectionReq)) == 10
    assert pair.ev.findings == ["The station still shows 400 V after the contactors opened."]
    assert pair.ev.over.ending is Ending.TERMINATED


def test_communication_setup_has_an_end() -> None:
    """A session that began long after its connection has less than 2 s for SessionSetupRes: 20 s are for all of it."""
    session = Scene().evcc()
    session.start(AT + timedelta(seconds=19))
    assert session.next_deadline() == AT + timedelta(seconds=20)


def test_what_is_no_message_of_the_session() -> None:
    """A message without content, and a payload of another protocol."""
    session = waiting_for("AuthorizationRes")
    assert session.schemas_of(PayloadType.EXI) is ISO2
    assert session.schemas_of(PayloadType.MAIN) is None
    empty = iso2.V2G_Message(header=iso2.MessageHeader(session_id=session.session_id), body=iso2.Body())
    assert session.feed(empty, AT) is None
    assert "a message without content" in session.over.reason


def test_the_least_responses_are_taken_without_a_fault() -> None:
    """The least content that the schema allows leads to a request or to an end, never to an error."""
    for state in STATES:
        session = waiting_for(state)
        kind = next(one for one in RESPONSES if one.__name__ == state)
        least = minimal(ISO2, kind, response_code="OK")
        header = iso2.MessageHeader(session_id=session.session_id if any(session.session_id) else b"\1")
        ask = session.feed(iso2.V2G_Message(header=header, body=iso2.Body(body_element=least)), AT)
        if ask is not None:
            ISO2.encode(ask.message)
        assert (ask is None) == (session.over is not None), state
