"""The vehicle's session of DIN SPEC 70121: every state meets every response; what takes time; whole sessions at our station."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import (
    PENDING,
    Ending,
    Identification,
    Notice,
    Paused,
    PowerStep,
    Schedule,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.codecs import DIN
from pilotwire.iso15118.evcc.din.session import TABLE, DinSession
from pilotwire.iso15118.exi.minimal import minimal
from tests.support.iso15118_evse_fake import SCHEDULE
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_scenes import AT, Scene
from tests.support.iso15118_walk import Walk, kinds_of, said_by, with_body

RESPONSES = kinds_of(din, "Res")
STATES = [kind.__name__ for kind in TABLE]
WHOLE = [
    "SessionSetupReq", "ServiceDiscoveryReq", "ServicePaymentSelectionReq", "ContractAuthenticationReq",
    "ChargeParameterDiscoveryReq", "CableCheckReq", "PreChargeReq", "PowerDeliveryReq", "CurrentDemandReq",
    "PowerDeliveryReq", "WeldingDetectionReq", "SessionStop",
]  # fmt: skip


def scene() -> Scene:
    """A vehicle and a station of DIN SPEC 70121."""
    return Scene(dc=True, din=True)


WALK = Walk(scene)


@pytest.mark.parametrize("state", STATES)
def test_only_the_response_that_is_due_may_come(state: str) -> None:
    """Any other is the end, and told."""
    for kind in RESPONSES:
        session = WALK.vehicle_in(state)
        if kind.__name__ == state:
            continue
        assert session.feed(said_by(din, DIN, kind, session.session_id, response_code="OK"), AT) is None
        assert session.over.ending is Ending.FAILED
        assert session.findings == [f"The station sent {kind.__name__}; {state} was due."]
        assert session.ev.ends == [session.over]


@pytest.mark.parametrize("state", STATES)
def test_refusals_silence_and_a_lost_line(state: str) -> None:
    """Each is the end; 250 ms are for CurrentDemandRes, 2 s for all others."""
    kind = next(one for one in RESPONSES if one.__name__ == state)
    session = WALK.vehicle_in(state)
    assert session.feed(said_by(din, DIN, kind, session.session_id, response_code="FAILED"), AT) is None
    assert "FAILED" in session.over.reason
    session = WALK.vehicle_in(state)
    deadline = session.next_deadline()
    seconds = 0.25 if state == "CurrentDemandRes" else 2.0
    assert (deadline - AT).total_seconds() == seconds
    assert session.expired(deadline) is None
    assert session.over.ending is Ending.TIMEOUT
    session = WALK.vehicle_in(state)
    session.dropped(AT)
    assert session.over.ending is Ending.DROPPED


@pytest.mark.parametrize("state", STATES)
def test_the_least_responses_are_taken_without_a_fault(state: str) -> None:
    """The least content that the schema allows leads to a request or to an end, never to an error."""
    session = WALK.vehicle_in(state)
    least = minimal(DIN, next(one for one in RESPONSES if one.__name__ == state), response_code="OK")
    header = din.MessageHeader(session_id=session.session_id if any(session.session_id) else b"\1")
    ask = session.feed(din.V2G_Message(header=header, body=din.Body(body_element=least)), AT)
    if ask is not None:
        DIN.encode(ask.message)
    assert (ask is None) == (session.over is not None)


@pytest.mark.parametrize("state", sorted(kind.__name__ for kind in DinSession.before_power))
def test_a_vehicle_that_has_enough_leaves(state: str) -> None:
    """Before power it needs no more than SessionStopReq."""
    session = WALK.vehicle_in(state)
    session.ev.loops = 0
    ask = session.feed(WALK.answered_in(state), AT)
    assert body_of(ask.message) == din.SessionStop()


ONGOING = {"ContractAuthenticationRes": 60, "ChargeParameterDiscoveryRes": 60, "CableCheckRes": 40}


@pytest.mark.parametrize("state", ONGOING)
def test_ongoing_has_an_end(state: str) -> None:
    """The request is repeated until then."""
    session = WALK.vehicle_in(state)
    message = with_body(WALK.answered_in(state), evse_processing="Ongoing")
    for second in range(ONGOING[state] + 1):
        assert session.feed(message, AT + timedelta(seconds=second)) is not None
    assert session.feed(message, AT + timedelta(seconds=ONGOING[state] + 1)) is None
    assert session.over.ending is Ending.TIMEOUT


def test_charging_must_begin_within_150_seconds() -> None:
    """V2G_EVCC_ReadyToCharge_Timeout runs from SessionSetupRes on, and ends the wait for whatever is due then."""
    session = WALK.vehicle_in("CableCheckRes")
    ongoing = with_body(WALK.answered_in("CableCheckRes"), evse_processing="Ongoing")
    late = AT + timedelta(seconds=149.5)
    session.feed(ongoing, late)
    assert session.next_deadline() == AT + timedelta(seconds=150)
    assert session.expired(AT + timedelta(seconds=150)) is None
    assert session.over.reason == "Charging did not begin within 150 s."


def test_charging_that_has_begun_may_last() -> None:
    """Once power is on, the time is no matter any more."""
    session = WALK.vehicle_in("CurrentDemandRes")
    session.ev.loops = 1_000
    late = AT + timedelta(hours=1)
    assert session.feed(WALK.answered_in("CurrentDemandRes"), late) is not None
    assert session.next_deadline() > late


# --- whole sessions --------------------------------------------------------------------------------------------------------------


def test_a_whole_session() -> None:
    """Everything at the station takes a while; the vehicle's demand reaches the EVSE."""
    made = scene().slow_station
    made.ev.slow = 2
    made.ev.more_needs = {"capacity_wh": 80_000.0, "target_soc": 80, "full_soc": 100}
    pair = made.run()
    assert pair.names == WHOLE
    assert pair.ev.over.ending is pair.secc.over.ending is Ending.TERMINATED
    assert pair.ev.findings == pair.secc.findings == []
    assert made.ev.contactors == [True, False]
    needs = made.evse.of("schedules")[-1]
    assert (needs.energy_wh, needs.capacity_wh, needs.target_soc, needs.full_soc) == (20_000, 80_000, 80, 100)
    demand = made.evse.of("demand")[0]
    assert (demand.target_v, demand.target_a, demand.soc, demand.ready) == (400, 100, 20, True)
    assert made.ev.schedules == [(Schedule(1, SCHEDULE.steps, 86_400),)]
    assert made.evse.of("planned")[0].steps == SCHEDULE.steps


def test_the_station_asks_for_a_negotiation() -> None:
    """Power goes off for it, and the way to power is gone once more."""
    made = scene()
    made.evse.planned_schedules = [(SCHEDULE,), (Schedule(7, (PowerStep(0, 5_000.0),)),)]

    def hears(body: Any) -> None:
        if isinstance(body, din.CurrentDemandReq) and not made.evse.of("demand"):
            made.evse.shows(notice=Notice.RENEGOTIATE)
        elif isinstance(body, din.ChargeParameterDiscoveryReq):
            made.evse.shows(notice=Notice.NONE)

    pair = made.run(heard=hears)
    assert pair.names == [*WHOLE[:10], *WHOLE[4:]]
    assert [one.ready_to_charge_state for one in pair.of(din.PowerDeliveryReq)] == [True, False, True, False]
    assert made.ev.contactors == [True, False, True, False]
    assert made.evse.of("planned")[-1].schedule_id == 7
    assert pair.ev.findings == pair.secc.findings == []


def test_a_wish_of_the_vehicle_alone_is_no_negotiation() -> None:
    """It goes on with the loop, and stops when it has enough."""
    made = scene()
    made.ev.renegotiates, made.ev.loops = 1, 2

    def hears(body: Any) -> None:
        if isinstance(body, din.CurrentDemandReq) and len(made.evse.of("demand")) == 5:
            made.ev.renegotiates = 0

    assert made.run(heard=hears).names == WHOLE


@pytest.mark.parametrize("facts", [{"notice": Notice.STOP}, {"fault": "emergency"}], ids=str)
@pytest.mark.parametrize("phase", [din.CableCheckReq, din.PreChargeReq, din.CurrentDemandReq])
def test_the_station_ends_it(facts: dict[str, Any], phase: Any) -> None:
    """In the loop in order, before with SessionStopReq alone."""
    made = scene()
    made.ev.loops = 1_000

    def hears(body: Any) -> None:
        if isinstance(body, phase):
            made.evse.shows(**facts)

    pair = made.run(heard=hears)
    charged = phase is din.CurrentDemandReq
    assert pair.names[-1] == "SessionStop"
    assert ("WeldingDetectionReq" in pair.names) is charged
    assert pair.ev.over.ending is (Ending.TERMINATED if charged else Ending.FAILED)
    assert pair.secc.over.ending is Ending.TERMINATED


def test_what_a_vehicle_cannot_use() -> None:
    """No DC at the vehicle, no card in the driver's hand, or contactors that do not move."""
    for change in ({"transfers": (Transfer.AC,)}, {"identification": (Identification.PNC,)}, {"moves": False}):
        made = scene()
        for name, value in change.items():
            setattr(made.ev, name, value)
        pair = made.run()
        assert pair.names[-1] == "SessionStop"
        assert pair.ev.over.ending is Ending.FAILED, change
        assert made.ev.contactors == []


@pytest.mark.parametrize(
    ("offered", "asked"),
    [
        ("DC_core", "DC_core"),
        ("DC_dual", "DC_extended"),
        ("AC_core3p_DC_extended", "DC_extended"),
        ("AC_single_DC_core", "DC_core"),
        ("AC_three_phase_core", None),
    ],
)
def test_kinds_of_energy_transfer(offered: Any, asked: str | None) -> None:
    """Stations name combinations; the vehicle asks for the DC part of them."""
    session = WALK.vehicle_in("ServiceDiscoveryRes")
    message = WALK.answered_in("ServiceDiscoveryRes")
    service = body_of(message).charge_service
    changed = din.ServiceCharge(service_tag=service.service_tag, free_service=False, energy_transfer_type=offered)
    ask = session.feed(with_body(message, charge_service=changed), AT)
    if asked is None:
        assert body_of(ask.message) == din.SessionStop()
        return
    session.feed(WALK.answered_in("ServicePaymentSelectionRes"), AT)
    ask = session.feed(WALK.answered_in("ContractAuthenticationRes"), AT)
    assert body_of(ask.message).ev_requested_energy_transfer_type == asked


def test_a_pause_of_another_protocol_is_not_resumed() -> None:
    """There are no pauses here: the session begins with no id, and a wish to pause ends it."""
    made = scene()
    made.kept.paused = Paused(b"\7" * 8, Speaks.ISO2, made.ev.evcc_id, Identification.EIM, Transfer.DC)
    made.ev.pauses = True
    pair = made.run()
    assert pair.asked[0][1].header.session_id == b"\0"
    assert pair.ev.over.ending is Ending.TERMINATED
    assert made.kept.paused is None


def test_any_message_may_get_lost() -> None:
    """Both sides end, and are told once."""
    for lost in range(len(WALK.run().said)):
        made = scene()
        passed: list[Any] = []

        def changes(message: Any, passed: list[Any] = passed, lost: int = lost) -> Any:
            passed.append(message)
            return None if len(passed) == lost + 1 else message

        pair = made.run(changes=changes)
        assert pair.ev.over.ending is Ending.TIMEOUT
        assert (len(made.evse.of("ended")), len(made.ev.ends)) == (1, 1)


def test_a_customer_who_does_not_come() -> None:
    """The station gives up after 55 s, before the vehicle would."""
    made = scene()
    made.evse.decisions = [PENDING]
    pair = made.run()
    assert "nobody authorized the customer" in pair.secc.over.reason
    assert pair.ev.over.reason == "The station refused ContractAuthenticationReq: FAILED."
