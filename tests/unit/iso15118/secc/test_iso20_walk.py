"""Every state of a station's session of ISO 15118-20 with every request; its timeouts, and what ends it from outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import PENDING, Control, Ending, Speaks, Transfer
from pilotwire.iso15118.codecs import ISO20_WPT
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import ac, dc, wpt
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import MessageHeader, V2GRequest
from pilotwire.iso15118.secc.iso20 import Iso20Session, states
from pilotwire.iso15118.secc.iso20.table import (
    AC_TABLE,
    DC_TABLE,
    RESPONSES,
    SIDE_STREAMS,
    SIDE_TABLE,
    Row,
    main_stream,
)
from pilotwire.iso15118.secc.ports import Vehicle
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_evse_fake import START, FakeEvse, PausedBook, numbered
from tests.support.iso15118_vehicle20 import EVCC_ID, Vehicle20, with_header

PLACES = [(Transfer.AC, state) for state in AC_TABLE] + [(Transfer.DC, state) for state in DC_TABLE]
AFTER_SETUP = [place for place in PLACES if place[1] != states.SESSION_SETUP]
SIDES = [
    (side, each) for side, requests in SIDE_STREAMS.items() for each in sorted(requests, key=lambda cls: cls.__name__)
]


def vehicle(transfer: Transfer, state: str) -> Vehicle20:
    """A vehicle in a state."""
    made = Vehicle20(transfer)
    made.evse.offers(standby=True)
    return made.reaches(state)


def least(cls: type[V2GRequest], peer: Vehicle20) -> V2GRequest:
    """The least request of a class."""
    header = MessageHeader(session_id=peer.session_id, time_stamp=0)
    return minimal(main_stream(cls)[0], cls, header=header)


def test_the_table_knows_every_request_that_a_conductive_station_can_get() -> None:
    taken = {cls for table in (AC_TABLE, DC_TABLE) for row in table.values() for cls in row}
    assert {cls.__name__ for cls in RESPONSES.keys() - taken} == {"VehicleCheckInReq", "VehicleCheckOutReq"}


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_what_may_not_come_now_is_a_sequence_error_and_the_end(transfer: Transfer, state: str) -> None:
    row: Row = (DC_TABLE if transfer.dc else AC_TABLE)[state]
    own = {cm.COMMON_MESSAGES.uri, (dc.DC if transfer.dc else ac.AC).uri}
    for cls, response in RESPONSES.items():
        if cls in row or cls.xsd.namespace.uri not in own:
            continue
        peer = vehicle(transfer, state)
        answer = peer.sends(least(cls, peer))
        assert type(answer) is response
        assert answer.response_code == "FAILED_SequenceError"
        assert peer.session.findings == [f"{cls.__name__} came in the state {state}."]
        assert peer.session.over is not None
        assert peer.session.over.ending is Ending.FAILED
        assert peer.reply is not None
        assert peer.reply.ends == peer.session.over
        assert peer.evse.of("ended") == [peer.session.over]


@pytest.mark.parametrize(("transfer", "state"), AFTER_SETUP)
def test_the_vehicle_may_stop_in_any_state(transfer: Transfer, state: str) -> None:
    peer = vehicle(transfer, state)
    assert peer.stops().response_code == "OK"
    assert peer.session.over is not None
    assert peer.session.over.ending is Ending.TERMINATED
    assert peer.session.feed(least(cm.SessionStopReq, peer), peer.now) is None
    assert peer.session.next_deadline() is None
    assert peer.session.expired(peer.now) is None
    assert peer.evse.of("ended") == [peer.session.over]


@pytest.mark.parametrize(("transfer", "state"), AFTER_SETUP)
def test_another_session_id_is_an_unknown_session(transfer: Transfer, state: str) -> None:
    peer = vehicle(transfer, state)
    other = with_header(least(cm.SessionStopReq, peer), session_id=b"\xff" * 8)
    assert peer.sends(other).response_code == "FAILED_UnknownSession"
    assert "FFFFFFFFFFFFFFFF" in peer.session.findings[0]
    assert peer.session.over is not None


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_the_line_may_go_in_any_state(transfer: Transfer, state: str) -> None:
    peer = vehicle(transfer, state)
    peer.session.dropped(peer.now)
    peer.session.dropped(peer.now, "twice")
    assert peer.session.over is not None
    assert peer.session.over.ending is Ending.DROPPED
    assert state in peer.session.over.reason
    assert peer.evse.of("ended") == [peer.session.over]
    assert peer.again() is None


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_a_vehicle_that_says_nothing_is_given_up(transfer: Transfer, state: str) -> None:
    """18 s for the first message, 60 s for every other; in the loop half a second, as the next test shows."""
    peer = vehicle(transfer, state)
    deadline = peer.session.next_deadline()
    assert deadline == peer.now + timedelta(seconds=18 if state == states.SESSION_SETUP else 60)
    assert peer.session.expired(deadline - timedelta(milliseconds=1)) is None
    assert peer.session.over is None
    assert peer.waits() is None
    assert peer.session.over is not None
    assert peer.session.over.ending is Ending.TIMEOUT


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
@pytest.mark.parametrize("state", [states.CHARGE_LOOP, states.STANDBY])
def test_the_charge_loop_waits_half_a_second(transfer: Transfer, state: str) -> None:
    peer = vehicle(transfer, state)
    peer.loops()
    assert peer.session.next_deadline() == peer.now + timedelta(seconds=0.5)
    peer.waits()
    assert peer.session.over is not None
    assert peer.session.over.ending is Ending.TIMEOUT


# --- streams -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_side_streams_run_beside_the_loop_alone(transfer: Transfer, state: str) -> None:
    for side, cls in SIDES:
        if state in SIDE_TABLE:
            continue
        peer = vehicle(transfer, state)
        assert peer.sends(least(cls, peer), side).response_code == "FAILED_SequenceError"
        assert peer.reply is not None
        assert peer.reply.payload_type is side


def test_what_comes_beside_the_loop_is_answered_there_and_leaves_its_deadline() -> None:
    peer = vehicle(Transfer.AC, states.CHARGE_LOOP)
    peer.loops()
    deadline = peer.session.next_deadline()
    assert peer.asks_schedules(PayloadType.SCHEDULE_RENEGOTIATION).response_code == "OK"
    assert peer.reply is not None
    assert peer.reply.payload_type is PayloadType.SCHEDULE_RENEGOTIATION
    assert peer.state == states.CHARGE_LOOP
    assert peer.session.next_deadline() == deadline
    assert peer.session.findings == []


def test_the_old_payload_type_is_taken_and_told_of_once() -> None:
    peer = Vehicle20()
    response = peer.says(cm.SessionSetupReq, PayloadType.EXI, evcc_id=EVCC_ID)
    assert response.response_code == "OK_NewSessionEstablished"
    assert peer.reply is not None
    assert peer.reply.payload_type is PayloadType.MAIN
    assert peer.session.findings == ["SessionSetupReq came with payload type 0x8001, and belongs into 0x8002."]


def test_a_side_stream_is_not_for_other_messages() -> None:
    peer = vehicle(Transfer.DC, states.AUTHORIZATION_SETUP)
    response = peer.says(cm.AuthorizationSetupReq, PayloadType.METERING_CONFIRMATION)
    assert response.response_code == "OK"
    assert peer.session.findings == ["AuthorizationSetupReq came with payload type 0x8102, and belongs into 0x8002."]


@pytest.mark.parametrize(
    ("transfer", "strange"),
    [(Transfer.AC, PayloadType.DC), (Transfer.DC, PayloadType.AC), (Transfer.DC, PayloadType.WPT)],
)
def test_other_payload_types_are_not_read(transfer: Transfer, strange: PayloadType) -> None:
    peer = Vehicle20(transfer)
    assert peer.session.schemas_of(strange) is None
    assert f"0x{strange:04X}" in peer.session.findings[0]


# --- oddities ----------------------------------------------------------------------------------------------------------------------


def test_a_response_is_no_request() -> None:
    peer = vehicle(Transfer.AC, states.AUTHORIZATION_SETUP)
    header = MessageHeader(session_id=peer.session_id, time_stamp=0)
    response = cm.SessionStopRes(header=header, response_code="OK")
    assert peer.session.feed(response, peer.now) is None
    assert peer.session.feed(iso2.SessionSetupReq(evcc_id=b"\x01" * 6), peer.now) is None
    assert peer.session.feed(minimal(ISO20_WPT, wpt.WPT_PairingReq, header=header), peer.now) is None
    assert peer.session.findings == [
        "SessionStopRes is no request of this protocol.",
        "SessionSetupReq is no request of this protocol.",
        "WPT_PairingReq is no request of this protocol.",
    ]
    assert peer.session.over is None


def test_a_request_before_the_response_takes_its_place() -> None:
    peer = vehicle(Transfer.AC, states.POWER_DELIVERY)
    peer.evse.contactors = [PENDING]
    assert peer.starts() is None
    assert peer.stops().response_code == "OK"
    assert peer.session.findings == ["SessionStopReq came before the response to PowerDeliveryReq."]


def test_the_session_is_for_20_alone() -> None:
    with pytest.raises(MisuseError, match="ISO2"):
        Iso20Session(FakeEvse(), PausedBook(), Vehicle("", Speaks.ISO2), numbered(), START)


def test_an_evse_that_tells_limits_of_the_other_kind_is_a_mistake_of_ours() -> None:
    peer = vehicle(Transfer.AC, states.CHARGE_PARAMETERS)
    peer.evse.shows(limits=vehicle(Transfer.DC, states.CHARGE_PARAMETERS).evse.state_now.limits)
    with pytest.raises(MisuseError, match="AC session"):
        peer.tells_limits()


@pytest.mark.parametrize("control", list(Control))
@pytest.mark.parametrize("transfer", list(Transfer))
def test_a_whole_session(transfer: Transfer, control: Control) -> None:
    peer = Vehicle20(transfer, control).reaches(states.CHARGE_LOOP)
    for _ in range(3):
        assert peer.loops().response_code == "OK"
    assert peer.power("Stop").response_code == "OK"
    if transfer.dc:
        assert peer.says(dc.DC_WeldingDetectionReq, ev_processing="Ongoing").evse_present_voltage.value == 0
        assert peer.says(dc.DC_WeldingDetectionReq, ev_processing="Finished").response_code == "OK"
    assert peer.stops().response_code == "OK"
    assert peer.session.findings == peer.session.remarks == []
    assert len(peer.evse.of("demand")) == 3
    assert peer.evse.of("energize") == [True, False]
