"""The station's session of ISO 15118-2: every state meets every request."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Ending, Notice
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.iso2.session import TABLE
from pilotwire.iso15118.signed_parts import Edition
from tests.support import v2g_pki
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_scenes import AT, Scene, credential
from tests.support.iso15118_walk import Walk, first_that_leads, kinds_of, said_by

REQUESTS = kinds_of(iso2, "Req")


def scene(*, renegotiates: int = 0, install: bool = False, update: bool = False, **how: Any) -> Scene:
    """A scene in which everything takes a while, with receipts."""
    made = Scene(**how).slow_station
    made.evse.offers(receipts=2)
    made.wallet.oem = credential(v2g_pki.vehicle(Edition.ISO2))
    made.ev.renegotiates, made.ev.install, made.ev.update = renegotiates, install, update
    return made


WALKS = (
    Walk(lambda: scene(renegotiates=1)),
    Walk(lambda: scene(dc=True, renegotiates=1)),
    Walk(lambda: scene(pnc=True, install=True)),
    Walk(lambda: scene(dc=True, pnc=True, update=True)),
)
NEVER_BY_OURS = {
    (states.CABLE_CHECK_OR_POWER, "CableCheckReq"),
    (states.CONTRACT, "PaymentDetailsReq"),
    (states.PRE_CHARGE_OR_POWER, "PreChargeReq"),
}
"""What may come, and does not come from our vehicle in these scenes: it is tried below."""


def in_state(state: str) -> Any:
    """A session in a state."""
    return first_that_leads(WALKS, lambda walk: walk.station_in(state))


def test_the_scenes_walk_all_of_the_table() -> None:
    """What the table allows is answered with OK; ending early is a test of its own."""
    table = {(state, kind.__name__) for state, row in TABLE.items() for kind in row}
    early = {(state, name) for state, name in table if name == "SessionStopReq"}
    walked = set().union(*(walk.steps() for walk in WALKS))
    assert table - early - NEVER_BY_OURS <= walked
    assert walked <= table


@pytest.mark.parametrize("state", TABLE)
def test_only_what_the_table_has_may_come(state: str) -> None:
    """All others get the response of their own kind with FAILED_SequenceError, which can be read, and the session is over."""
    for kind in REQUESTS:
        session = in_state(state)
        reply = session.feed(said_by(iso2, ISO2, kind, session.session_id), AT)
        if kind in TABLE[state]:
            assert not any("came in the state" in one for one in session.findings)
            continue
        response = body_of(ISO2.decode(ISO2.encode(reply.message)))
        assert type(response).__name__ == kind.__name__.removesuffix("Req") + "Res"
        assert response.response_code == "FAILED_SequenceError"
        assert session.over.ending is Ending.FAILED
        assert session.over == reply.ends
        assert session.findings == [f"{kind.__name__} came in the state {state}."]
        assert session.evse.of("ended") == [session.over]


@pytest.mark.parametrize("state", [state for state in TABLE if state != states.SESSION_SETUP])
def test_another_session_is_unknown(state: str) -> None:
    """Whatever comes with another session id."""
    for kind in REQUESTS:
        session = in_state(state)
        reply = session.feed(said_by(iso2, ISO2, kind, b"\xff" * 8), AT)
        response = body_of(ISO2.decode(ISO2.encode(reply.message)))
        assert response.response_code == "FAILED_UnknownSession"
        assert session.over.ending is Ending.FAILED
        assert "FFFFFFFFFFFFFFFF" in session.findings[0]


@pytest.mark.parametrize("state", [state for state in TABLE if state != states.SESSION_SETUP])
@pytest.mark.parametrize("how", ["Terminate", "Pause"])
def test_a_vehicle_may_leave_in_every_state(state: str, how: str) -> None:
    """Power goes off; a pause is one only where there is something to come back to."""
    session = in_state(state)
    reply = session.feed(said_by(iso2, ISO2, iso2.SessionStopReq, session.session_id, charging_session=how), AT)
    assert body_of(reply.message) == iso2.SessionStopRes(response_code="OK")
    pauses = how == "Pause" and bool(session.agreed.schedule_id)
    assert session.over.ending is (Ending.PAUSED if pauses else Ending.TERMINATED)
    assert session.evse.of("energize")[-1] is False
    assert bool(session.paused.kept) is pauses
    assert session.state == states.OVER


@pytest.mark.parametrize("state", TABLE)
def test_the_line_drops_in_every_state(state: str) -> None:
    """That is the end, and no pause; nothing is answered after it."""
    session = in_state(state)
    session.dropped(AT)
    assert session.over.ending is Ending.DROPPED
    assert state in session.over.reason
    assert session.evse.of("ended") == [session.over]
    assert session.paused.kept == {}
    assert session.feed(said_by(iso2, ISO2, iso2.SessionSetupReq, session.session_id), AT) is None
    session.dropped(AT, "again")
    assert len(session.evse.of("ended")) == 1


@pytest.mark.parametrize("state", TABLE)
def test_a_vehicle_that_says_nothing(state: str) -> None:
    """V2G_SECC_Sequence_Timeout, 60 s; before SessionSetup V2G_SECC_CommunicationSetup, 18 s."""
    session = in_state(state)
    deadline = session.next_deadline()
    assert (deadline - AT).total_seconds() == (18 if state == states.SESSION_SETUP else 60)
    assert session.expired(AT) is None
    assert session.over is None
    assert session.expired(deadline) is None
    assert session.over.ending is Ending.TIMEOUT
    assert session.next_deadline() is None


@pytest.mark.parametrize(("state", "kind"), sorted(NEVER_BY_OURS))
def test_what_other_vehicles_do(state: str, kind: str) -> None:
    """A cable check after a negotiation, precharging once more, a contract without a certificate from here."""
    session = in_state(state)
    request = said_by(iso2, ISO2, getattr(iso2, kind), session.session_id)
    answered = body_of(session.feed(request, AT).message)
    # the least PaymentDetailsReq has no contract in it
    assert answered.response_code == ("FAILED_CertChainError" if kind == "PaymentDetailsReq" else "OK")


def test_responses_and_empty_bodies_are_no_requests() -> None:
    """They are passed over, and told."""
    session = in_state(states.SERVICE_DISCOVERY)
    empty = iso2.V2G_Message(header=iso2.MessageHeader(session_id=session.session_id), body=iso2.Body())
    response = said_by(iso2, ISO2, iso2.SessionSetupRes, session.session_id, response_code="OK")
    assert (session.feed(empty, AT), session.feed(response, AT)) == (None, None)
    assert session.findings == ["A message without content is no request.", "SessionSetupRes is no request."]
    assert session.over is None


@pytest.mark.parametrize("dc", [False, True], ids=["AC", "DC"])
def test_the_station_negotiates_anew(dc: bool) -> None:
    """It tells so in the loop; the vehicle comes back to the charge parameters, and power stays on."""
    played = scene(dc=dc)

    def at_second_loop(body: Any) -> None:
        loops = isinstance(body, iso2.ChargingStatusReq | iso2.CurrentDemandReq)
        again = isinstance(body, iso2.ChargeParameterDiscoveryReq)
        if loops and played.ev.looped == 1:
            played.evse.shows(notice=Notice.RENEGOTIATE, notice_s=10)
        elif again:
            played.evse.shows(notice=Notice.NONE)

    pair = played.run(heard=at_second_loop)
    assert pair.names.count("ChargeParameterDiscoveryReq") == 2
    assert [one.charge_progress for one in pair.of(iso2.PowerDeliveryReq)] == ["Start", "Renegotiate", "Start", "Stop"]
    assert played.evse.of("energize") == [True, True, False, False]
    assert pair.ev.over.ending is Ending.TERMINATED
    assert pair.ev.findings == pair.secc.findings == []
