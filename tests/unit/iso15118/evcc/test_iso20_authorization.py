"""A vehicle's session of ISO 15118-20 from SessionSetup to authorization: new and joined sessions, several contracts, external means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pilotwire.iso15118.charging import Control, Ending, Identification, Speaks, Transfer
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.iso20 import ac
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.signature import verify
from pilotwire.iso15118.signature_suites import ISO20_TEST_SUITES
from pilotwire.pki import KeyKind
from tests.support.iso15118_ev_fake import FakeKeptPause, FakeWallet
from tests.support.iso15118_evse_fake import START
from tests.support.iso15118_station20 import CHALLENGE, SESSION_ID, Ev20, Station20, notifies, offers, paused
from tests.support.pki_forge import DAY, NOW
from tests.support.v2g_credentials import contract_credential
from tests.support.v2g_pki import der

PNC, EIM = Identification.PNC, Identification.EIM
EMAIDS = ("DE8ACC12E46L89", "NLABCC00000001", "FRXYZC00000002", "DE8ACC00000003", "ATVOLC00000004", "ITVOLC00000005")


def contracts(count: int = 1) -> list[Credential]:
    return [contract_credential(each) for each in EMAIDS[:count]]


def customer(*own: Credential, wishes: tuple[Identification, ...] = (PNC, EIM), **given: Any) -> Station20:
    """A vehicle with contracts at a station that takes contracts and cards."""
    made = Station20(ev=Ev20(identification=wishes), wallet=FakeWallet(list(own)), now=NOW + DAY, **given)
    made.answers[cm.AuthorizationSetupRes] = [offers("PnC", "EIM")]
    return made


def emaid(request: cm.AuthorizationReq) -> str:
    """Whose contract a request shows, "" for external means."""
    shown = request.pnc_areq_authorization_mode
    if shown is None:
        return ""
    own = {der(each.certificate): name for each, name in zip(contracts(6), EMAIDS, strict=True)}
    return own[shown.contract_certificate_chain.certificate]


def refused(code: ResponseCode, times: int) -> list[Any]:
    return [{"response_code": code}] * times + [{}]


# --- session setup -------------------------------------------------------------------------------------------------------------------


def test_a_new_session_begins_with_zeros_and_the_evccid() -> None:
    station = Station20()
    request = station.starts()
    assert request.header.session_id == bytes(8)
    assert request.evcc_id == station.ev.evcc_id_20
    assert type(station.answer()) is cm.AuthorizationSetupReq
    assert station.last.header.session_id == SESSION_ID


@pytest.mark.parametrize("told", [bytes(8)])
def test_a_new_session_without_an_id_is_none(told: bytes) -> None:
    station = Station20(session_id=told)
    station.starts()
    assert station.answer() is None
    assert station.session.findings == [f"The station gave a new session the id {told.hex().upper()}."]


def test_a_joined_session_goes_on_with_what_was_agreed() -> None:
    facts: dict[str, object] = {"mobility": 2, "pricing": 1, "phases": 1, "channel": 2, "renegotiable": True}
    was = paused(Transfer.AC_BPT, control=Control.DYNAMIC, parameter_set=3, facts=facts)
    station = Station20(Transfer.AC_BPT, Control.DYNAMIC, kept=FakeKeptPause(was))
    station.answers[cm.SessionSetupRes] = [{"response_code": "OK_OldSessionJoined"}]
    assert station.starts().header.session_id == SESSION_ID
    request = station.answer()
    assert type(request) is ac.AC_ChargeParameterDiscoveryReq
    assert type(request.ac_cpd_req_energy_transfer_mode) is ac.BPT_AC_CPDReqEnergyTransferMode
    station.runs()
    assert station.session.over is not None
    assert station.session.over.ending is Ending.TERMINATED
    assert station.of(cm.ScheduleExchangeReq)[0].dynamic_se_req_control_mode is not None
    assert station.of(cm.PowerDeliveryReq)[0].bpt_channel_selection == "Charge"
    assert station.kept.paused is None


def test_a_station_that_does_not_know_the_session_any_more_begins_a_new_one() -> None:
    station = Station20(kept=FakeKeptPause(paused(session_id=b"\x01" * 8)))
    assert station.starts().header.session_id == b"\x01" * 8
    assert type(station.answer()) is cm.AuthorizationSetupReq
    assert station.last.header.session_id == SESSION_ID
    assert station.kept.paused is None


@pytest.mark.parametrize(
    "was", [paused(speaks=Speaks.ISO20_DC), paused(speaks=Speaks.ISO2), paused(vehicle=b"another vehicle")]
)
def test_a_pause_of_another_protocol_or_vehicle_is_not_joined(was: Any) -> None:
    station = Station20(kept=FakeKeptPause(was))
    assert station.starts().header.session_id == bytes(8)


@pytest.mark.parametrize(
    ("kept", "told"), [(None, SESSION_ID), (paused(), b"\x02" * 8)], ids=["nothing paused", "another id"]
)
def test_a_session_that_was_not_asked_for_cannot_be_joined(kept: Any, told: bytes) -> None:
    station = Station20(kept=FakeKeptPause(kept), session_id=told)
    station.answers[cm.SessionSetupRes] = [{"response_code": "OK_OldSessionJoined"}]
    station.starts()
    assert station.answer() is None
    assert station.session.findings == [
        f"The station joined the session {told.hex().upper()}, which the vehicle did not ask for."
    ]


def test_a_new_session_with_the_id_of_the_old_one_is_refused() -> None:
    station = Station20(kept=FakeKeptPause(paused()))
    station.starts()
    assert station.answer() is None
    assert station.session.over is not None
    assert station.session.over.ending is Ending.FAILED


def test_a_joined_session_with_a_contract_finds_it_again() -> None:
    own = contract_credential()
    was = paused(identification=PNC, facts={"emaid": "DE-8AC-C12E46L89"})
    station = Station20(kept=FakeKeptPause(was), wallet=FakeWallet([*contracts(3)[1:], own]), now=NOW + DAY)
    station.answers[cm.SessionSetupRes] = [{"response_code": "OK_OldSessionJoined"}]
    station.answers[ac.AC_ChargeLoopRes] = [
        notifies("MeteringConfirmation"),
        {},
    ]
    confirmed = station.until(cm.MeteringConfirmationRes)
    assert verify(confirmed, own.certificate.public_key()).good


def test_a_joined_session_whose_contract_is_gone_cannot_confirm_the_meter() -> None:
    was = paused(identification=PNC, facts={"emaid": EMAIDS[0]})
    station = Station20(kept=FakeKeptPause(was), wallet=FakeWallet(contracts(2)[1:]), now=NOW + DAY)
    station.answers[cm.SessionSetupRes] = [{"response_code": "OK_OldSessionJoined"}]
    station.answers[ac.AC_ChargeLoopRes] = [notifies("MeteringConfirmation")]
    station.runs()
    assert station.of(cm.MeteringConfirmationReq) == []
    assert station.session.findings == []
    assert "lost the contract" in station.session.remarks[0]


# --- the way of authorization --------------------------------------------------------------------------------------------------------


def test_a_contract_is_signed_over_the_challenge() -> None:
    own = contract_credential()
    request = customer(own).until(cm.AuthorizationRes)
    assert request.selected_authorization_service == "PnC"
    assert request.eim_areq_authorization_mode is None
    shown = request.pnc_areq_authorization_mode
    assert shown.gen_challenge == CHALLENGE
    sent = (
        shown.contract_certificate_chain.certificate,
        *shown.contract_certificate_chain.sub_certificates.certificate,
    )
    assert sent == tuple(der(each) for each in own.chain)
    assert verify(request, own.certificate.public_key()).good


WAYS = {
    "the driver wishes for cards": (customer(*contracts(), wishes=(EIM, PNC)), ("PnC", "EIM")),
    "there is no contract": (customer(), ("PnC", "EIM")),
    "the connection is without TLS": (customer(*contracts(), secured=False), ("PnC", "EIM")),
    "the station takes cards alone": (customer(*contracts()), ("EIM",)),
}


@pytest.mark.parametrize(("station", "ways"), WAYS.values(), ids=WAYS)
def test_external_means(station: Station20, ways: tuple[str, ...]) -> None:
    station.answers[cm.AuthorizationSetupRes] = [offers(*ways)]
    request = station.until(cm.AuthorizationRes)
    assert request.selected_authorization_service == "EIM"
    assert request.header.signature is None
    assert type(station.answer()) is cm.ServiceDiscoveryReq
    assert station.session.remarks == []


def test_where_there_is_no_common_way_the_vehicle_says_why_it_leaves() -> None:
    station = customer(wishes=(PNC,))
    request = station.until(cm.SessionStopRes)
    assert request.charging_session == "Terminate"
    assert request.ev_termination_explanation.startswith("The station offers PnC, EIM for authorization")
    station.answer()
    assert station.session.over is not None
    assert station.session.over.ending is Ending.FAILED
    assert station.session.findings == []


def test_contracts_without_a_challenge_are_a_finding() -> None:
    station = customer(*contracts())
    station.answers[cm.AuthorizationSetupRes] = [offers() | {"authorization_services": ["PnC", "EIM"]}]
    assert station.until(cm.AuthorizationRes).selected_authorization_service == "EIM"
    assert station.session.findings == ["The station offers contracts, and gives no challenge to be signed."]


def test_contracts_of_providers_that_the_station_names_come_first() -> None:
    station = customer(*contracts(3))
    station.answers[cm.AuthorizationSetupRes] = [offers("PnC", "EIM", providers=["FR-XYZ"])]
    assert emaid(station.until(cm.AuthorizationRes)) == EMAIDS[2]


# --- warnings ------------------------------------------------------------------------------------------------------------------------

WARNINGS: list[ResponseCode] = [
    "WARNING_AuthorizationSelectionInvalid",
    "WARNING_CertificateExpired",
    "WARNING_CertificateNotYetValid",
    "WARNING_CertificateRevoked",
    "WARNING_CertificateValidationError",
    "WARNING_ChallengeInvalid",
    "WARNING_eMSPUnknown",
    "WARNING_GeneralPnCAuthorizationError",
]


@pytest.mark.parametrize("code", WARNINGS)
def test_after_a_warning_the_vehicle_comes_by_external_means(code: ResponseCode) -> None:
    station = customer(*contracts())
    station.answers[cm.AuthorizationRes] = refused(code, 1)
    station.until(cm.ServiceDiscoveryRes)
    assert [each.selected_authorization_service for each in station.of(cm.AuthorizationReq)] == ["PnC", "EIM"]
    assert station.session.remarks == [f"The station does not accept the contract {EMAIDS[0]}: {code}."]
    assert station.session.findings == []


def test_up_to_five_contracts_are_tried_before_external_means() -> None:
    station = customer(*contracts(6))
    station.answers[cm.AuthorizationRes] = refused("WARNING_eMSPUnknown", 5)
    station.until(cm.ServiceDiscoveryRes)
    tried = station.of(cm.AuthorizationReq)
    assert [emaid(each) for each in tried] == [*EMAIDS[:5], ""]
    for request, own in zip(tried, contracts(5), strict=False):
        assert verify(request, own.certificate.public_key()).good


def test_the_second_contract_pays_if_the_first_is_not_accepted() -> None:
    station = customer(*contracts(2))
    station.answers[cm.AuthorizationRes] = refused("WARNING_CertificateRevoked", 1)
    station.until(cm.ServiceDiscoveryRes)
    assert [emaid(each) for each in station.of(cm.AuthorizationReq)] == list(EMAIDS[:2])


def test_a_vehicle_that_is_accepted_by_no_way_leaves() -> None:
    station = customer(*contracts(), wishes=(EIM, PNC))
    station.answers[cm.AuthorizationRes] = [
        {"response_code": "WARNING_EIMAuthorizationFailure"},
        {"response_code": "WARNING_GeneralPnCAuthorizationError"},
    ]
    stop = station.until(cm.SessionStopRes)
    assert [each.selected_authorization_service for each in station.of(cm.AuthorizationReq)] == ["EIM", "PnC"]
    assert stop.ev_termination_explanation.endswith("the last answer was WARNING_GeneralPnCAuthorizationError.")
    station.answer()
    assert station.session.over is not None
    assert station.session.over.ending is Ending.FAILED
    assert "no way of authorization" in station.session.over.reason


def test_a_contract_that_expires_soon_is_told() -> None:
    station = customer(*contracts())
    station.answers[cm.AuthorizationRes] = [{"response_code": "OK_CertificateExpiresSoon"}]
    station.until(cm.ServiceDiscoveryRes)
    assert station.session.remarks == ["The contract certificate expires soon."]


def test_ongoing_is_asked_again_with_the_same_contract() -> None:
    station = customer(*contracts(2))
    station.answers[cm.AuthorizationRes] = [{"evse_processing": "Ongoing"}, {"evse_processing": "Ongoing"}, {}]
    station.until(cm.ServiceDiscoveryRes)
    tried = station.of(cm.AuthorizationReq)
    assert [emaid(each) for each in tried] == [EMAIDS[0]] * 3
    assert tried[0].pnc_areq_authorization_mode == tried[2].pnc_areq_authorization_mode


def test_a_person_may_take_their_time_with_a_card() -> None:
    station = Station20()
    waiting = {"evse_processing": "Ongoing_WaitingForCustomerInteraction"}
    station.answers[cm.AuthorizationRes] = [waiting] * 400 + [{}]
    station.until(cm.ServiceDiscoveryRes, most=500)
    assert len(station.of(cm.AuthorizationReq)) == 401
    assert (station.now - START).total_seconds() > 150


# --- contracts that cannot be used -----------------------------------------------------------------------------------------------------


def test_a_contract_on_another_curve_is_left_out_and_told() -> None:
    odd = contract_credential(EMAIDS[1], kind=KeyKind.EC_P256)
    station = customer(odd, *contracts())
    assert emaid(station.until(cm.AuthorizationRes)) == EMAIDS[0]
    assert station.session.remarks == [f"The contract {EMAIDS[1]} has a key that ISO 15118-20 has no signature for."]


def test_a_bench_may_sign_on_other_curves() -> None:
    odd = contract_credential(EMAIDS[1], kind=KeyKind.EC_P256)
    request = customer(odd, options=Options(suites=ISO20_TEST_SUITES)).until(cm.AuthorizationRes)
    assert verify(request, odd.certificate.public_key(), ISO20_TEST_SUITES).good


def test_a_contract_without_sub_cas_is_left_out_and_told() -> None:
    own = contract_credential()
    station = customer(replace(own, chain=own.chain[:1]))
    assert station.until(cm.AuthorizationRes).selected_authorization_service == "EIM"
    assert "has not one to three sub-CAs" in station.session.remarks[0]
