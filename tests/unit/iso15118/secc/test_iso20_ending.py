"""A station's session of ISO 15118-20: the end, the pause and the return from it, other services."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.iso15118.charging import PENDING, Control, Ending, Identification, Paused, Pending, Speaks, Transfer
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import MessageHeader
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.ports import Decision, Service
from pilotwire.iso15118.signature import sign
from pilotwire.pki import KeyKind
from tests.support.iso15118_evse_fake import FakeEvse, PausedBook
from tests.support.iso15118_vehicle20 import Vehicle20
from tests.support.pki_forge import NOW
from tests.support.pki_houses import chain, key


def paused(transfer: Transfer = Transfer.AC, control: Control = Control.SCHEDULED, **more: Any) -> Vehicle20:
    """A vehicle that has charged and paused."""
    peer = Vehicle20(transfer, control, **more).reaches(states.STOPPED)
    assert peer.stops("Pause").response_code == "OK"
    return peer


def returns(before: Vehicle20, **changed: Any) -> Vehicle20:
    """The same vehicle in a new session at the same station, with the id of the old one."""
    facts: dict[str, Any] = {"transfer": before.transfer, "control": before.control, "paused": before.paused} | changed
    return Vehicle20(session_id=before.session_id, **facts)


# --- the end -----------------------------------------------------------------------------------------------------------------------


def test_the_vehicle_may_say_why_it_ends() -> None:
    peer = Vehicle20().reaches(states.CHARGE_LOOP)
    peer.stops(ev_termination_code="FULL", ev_termination_explanation="the battery is full")
    assert peer.session.over is not None
    assert (peer.session.over.ending, peer.session.over.reason) == (Ending.TERMINATED, "FULL: the battery is full")
    assert peer.reply is not None
    assert peer.reply.ends == peer.session.over


# --- pause -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", list(Control))
@pytest.mark.parametrize("transfer", list(Transfer))
def test_a_paused_session_goes_on_with_its_charge_parameters(transfer: Transfer, control: Control) -> None:
    before = paused(transfer, control)
    assert before.session.over is not None
    assert before.session.over.ending is Ending.PAUSED
    peer = returns(before)
    assert peer.sets_up().response_code == "OK_OldSessionJoined"
    assert peer.session_id == before.session_id
    assert peer.state == states.CHARGE_PARAMETERS
    assert peer.evse.of("selected") == [(Identification.EIM, transfer, control, ())]
    peer.reaches_from_limits()
    assert peer.loops().response_code == "OK"
    assert peer.session.findings == []
    assert before.paused.recall(before.session_id) is None


def test_what_is_kept_of_a_session() -> None:
    peer = Vehicle20(Transfer.AC_BPT, Control.DYNAMIC)
    peer.evse.offers(services=(Service(66, "ParkingStatus"),))
    peer.reaches(states.SERVICE_DISCOVERY).selects(parameter_set=3, added=((66, 1),))
    peer.reaches_from_limits().power("Stop")
    peer.stops("Pause")
    kept = peer.paused.recall(peer.session_id)
    assert kept is not None
    assert (kept.speaks, kept.identification) == (Speaks.ISO20_AC, Identification.EIM)
    assert (kept.transfer, kept.control, kept.parameter_set) == (Transfer.AC_BPT, Control.DYNAMIC, 3)
    assert kept.facts == {"mobility": 2, "pricing": 0, "services": [66]}
    assert len(kept.vehicle) == 64
    back = returns(peer)
    back.sets_up()
    back.reaches_from_limits()
    back.evse.shows(departure_s=600)
    assert back.loops().cl_res_control_mode.departure_time == 600


def test_another_vehicle_cannot_join() -> None:
    before = paused()
    peer = returns(before, certificates=(b"another certificate",))
    assert peer.sets_up().response_code == "OK_NewSessionEstablished"
    assert peer.state == states.AUTHORIZATION_SETUP
    assert "another vehicle" in peer.session.findings[0]
    assert before.paused.recall(before.session_id) is not None


def test_without_a_certificate_the_vehicle_is_known_by_its_name() -> None:
    before = paused(certificates=())
    assert returns(before, certificates=()).sets_up().response_code == "OK_OldSessionJoined"
    before = paused(certificates=())
    peer = returns(before, certificates=())
    assert peer.says(cm.SessionSetupReq, evcc_id="WOTHER").response_code == "OK_NewSessionEstablished"


@pytest.mark.parametrize("gone", [{"transfers": (Transfer.DC,)}, {"controls": (Control.DYNAMIC,)}])
def test_what_is_not_to_be_had_any_more_is_not_joined(gone: dict[str, Any]) -> None:
    evse = FakeEvse()
    evse.offers(**gone)
    peer = returns(paused(), evse=evse)
    assert peer.sets_up().response_code == "OK_NewSessionEstablished"
    assert peer.session.findings == []


@pytest.mark.parametrize("decision", [PENDING, Decision.REFUSED])
def test_who_has_no_card_there_any_more_begins_anew(decision: Decision | Pending) -> None:
    before = paused()
    peer = returns(before, evse=FakeEvse(decisions=[decision]))
    assert peer.sets_up().response_code == "OK_NewSessionEstablished"
    assert peer.state == states.AUTHORIZATION_SETUP


def test_what_the_station_has_given_to_somebody_else_is_not_joined() -> None:
    before = paused()
    peer = returns(before, evse=FakeEvse(takes_selection=False))
    assert peer.sets_up().response_code == "OK_NewSessionEstablished"
    assert peer.state == states.AUTHORIZATION_SETUP


def test_a_session_of_another_protocol_is_not_joined() -> None:
    before = paused()
    assert returns(before, transfer=Transfer.DC).sets_up().response_code == "OK_NewSessionEstablished"


@pytest.mark.parametrize(
    "state", [states.AUTHORIZATION_SETUP, states.SERVICE_DISCOVERY, states.POWER_DELIVERY, states.CHARGE_LOOP]
)
def test_a_pause_is_not_for_every_moment(state: str) -> None:
    peer = Vehicle20().reaches(state)
    assert peer.stops("Pause").response_code == "FAILED_PauseNotAllowed"
    assert peer.paused.recall(peer.session_id) is None


def test_a_station_may_not_keep_sessions() -> None:
    peer = Vehicle20()
    peer.evse.offers(pause=False)
    assert peer.reaches(states.STOPPED).stops("Pause").response_code == "FAILED_PauseNotAllowed"
    assert "cannot be paused here" in peer.session.findings[0]


def test_a_contract_is_kept_over_the_pause() -> None:
    """It is needed to check what the vehicle confirms of the meter."""
    book = PausedBook()
    signing: Any = key("contract", KeyKind.EC_P521)
    own = [each.public_bytes(Encoding.DER) for each in chain("contract", KeyKind.EC_P521)[:-1]]
    peer = Vehicle20(paused=book, now=NOW + timedelta(days=2))
    peer.evse.offers(identification=(Identification.PNC,))
    peer.sets_up()
    offer = peer.says(cm.AuthorizationSetupReq).pnc_asres_authorization_mode
    shown = cm.PnC_AReqAuthorizationMode(
        id="id1",
        gen_challenge=offer.gen_challenge,
        contract_certificate_chain=cm.ContractCertificateChain(
            certificate=own[0], sub_certificates=cm.SubCertificates(certificate=own[1:])
        ),
    )
    request: Any = cm.AuthorizationReq(
        header=MessageHeader(session_id=peer.session_id, time_stamp=0),
        selected_authorization_service="PnC",
        pnc_areq_authorization_mode=shown,
    )
    peer.sends(sign(request, signing))  # type: ignore[arg-type]
    peer.selects()
    peer.reaches_from_limits().power("Stop")
    peer.stops("Pause")

    back = returns(peer)
    back.evse.offers(identification=(Identification.PNC,))
    back.evse.decisions = [PENDING]
    back.sets_up()
    assert back.evse.of("authorize") == peer.evse.of("authorize")
    back.reaches_from_limits()
    meter = back.loops(meter=True).meter_info
    confirmation: Any = cm.MeteringConfirmationReq(
        header=MessageHeader(session_id=back.session_id, time_stamp=0),
        signed_metering_data=cm.SignedMeteringData(
            id="m1",
            session_id=back.session_id,
            meter_info=meter,
            scheduled_smdt_control_mode=cm.Scheduled_SMDTControlMode(selected_schedule_tuple_id=1),
        ),
    )
    assert back.sends(sign(confirmation, signing)).response_code == "OK"  # type: ignore[arg-type]


def test_what_was_kept_by_an_older_version_can_be_joined() -> None:
    before = paused()
    kept = before.paused.recall(before.session_id)
    assert kept is not None
    old = Paused(kept.session_id, kept.speaks, kept.vehicle, kept.identification, kept.transfer)
    before.paused.keep(old)
    assert returns(before).sets_up().response_code == "OK_OldSessionJoined"
    before.paused.keep(replace(old, identification=Identification.PNC))
    assert returns(before).sets_up().response_code == "OK_NewSessionEstablished"


# --- other services ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
def test_other_services_may_be_chosen_in_the_same_session(transfer: Transfer) -> None:
    peer = Vehicle20(transfer)
    peer.evse.offers(renegotiation=True)
    peer.reaches(states.STOPPED)
    assert peer.stops("ServiceRenegotiation").response_code == "OK"
    assert peer.session.over is None
    assert peer.state == states.SERVICE_DISCOVERY
    peer.transfer = Transfer.DC_BPT if transfer.dc else Transfer.AC_BPT
    peer.control = Control.DYNAMIC
    peer.selects()
    peer.reaches_from_limits()
    assert peer.loops().response_code == "OK"
    assert len(peer.evse.of("authorize")) == 1
    assert peer.evse.of("ended") == []


@pytest.mark.parametrize(
    ("supported", "state"),
    [(False, states.STOPPED), (True, states.CHARGE_LOOP), (True, states.AUTHORIZATION_SETUP)],
)
def test_other_services_cannot_always_be_chosen(supported: bool, state: str) -> None:
    peer = Vehicle20()
    peer.evse.offers(renegotiation=supported)
    response = peer.reaches(state).stops("ServiceRenegotiation")
    assert response.response_code == "FAILED_NoServiceRenegotiationSupported"
    assert peer.session.over is not None
