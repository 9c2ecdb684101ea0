"""A station's session of ISO 15118-20: who the vehicle is, contracts, and certificates for contracts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.iso15118.charging import PENDING, Identification
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import ListOfRootCertificateIDs, MessageHeader, ResponseCode
from pilotwire.iso15118.secc.iso20 import Options, states
from pilotwire.iso15118.secc.ports import CertificateAnswer, Decision
from pilotwire.iso15118.signature import sign, verify
from pilotwire.iso15118.signature_suites import ISO20_TEST_SUITES
from pilotwire.iso15118.xmldsig import X509IssuerSerial
from pilotwire.pki import PROFILES, KeyKind, Order, Subject, issue
from tests.support.iso15118_vehicle20 import EVCC_ID, Vehicle20
from tests.support.pki_forge import NOW
from tests.support.pki_houses import authority, chain, key

EMAID = "DE8ACC12E46L89"
P256, P521 = KeyKind.EC_P256, KeyKind.EC_P521
replaced: Callable[..., Any] = msgspec.structs.replace


def contract(kind: KeyKind = P521, since: datetime = NOW, days: int = 400) -> list[bytes]:
    """A contract certificate with its sub-CAs (DER)."""
    above = authority("mo-sub2", kind)
    subject = Subject(EMAID, "Volta", "DE", "MO").name()
    until = since + timedelta(days=days)
    own = issue(above, Order(PROFILES["contract"], subject, key("contract", kind).public_key(), since, until))
    return [each.public_bytes(Encoding.DER) for each in (own, *above.chain[:-1])]


def customer(
    *ways: Identification, options: Options | None = None, secured: bool = True, **offered: Any
) -> tuple[Vehicle20, Any]:
    """A vehicle that has been offered ways of authorization, and what it was offered."""
    peer = Vehicle20(options=options or Options(), secured=secured, now=NOW + timedelta(days=2))
    peer.evse.offers(identification=ways or (Identification.PNC, Identification.EIM), **offered)
    peer.sets_up()
    return peer, peer.says(cm.AuthorizationSetupReq)


def shows(
    peer: Vehicle20, offer: Any, certificates: list[bytes] | None = None, kind: KeyKind = P521, **changed: Any
) -> cm.AuthorizationReq:
    """A signed AuthorizationReq with a contract."""
    first, *others = certificates or contract(kind)
    content: dict[str, Any] = {
        "id": "id1",
        "gen_challenge": offer.pnc_asres_authorization_mode.gen_challenge,
        "contract_certificate_chain": cm.ContractCertificateChain(
            certificate=first, sub_certificates=cm.SubCertificates(certificate=others)
        ),
    }
    request = cm.AuthorizationReq(
        header=MessageHeader(session_id=peer.session_id, time_stamp=0),
        selected_authorization_service="PnC",
        pnc_areq_authorization_mode=cm.PnC_AReqAuthorizationMode(**(content | changed)),
    )
    signing: Any = key("contract", kind)
    return sign(request, signing, ISO20_TEST_SUITES)  # type: ignore[return-value]


# --- what is offered ---------------------------------------------------------------------------------------------------------------


def test_external_means_alone_need_no_challenge() -> None:
    peer, offer = customer(Identification.EIM)
    assert offer.authorization_services == ["EIM"]
    assert offer.eim_asres_authorization_mode is not None
    assert offer.pnc_asres_authorization_mode is None
    assert offer.certificate_installation_service is False
    assert peer.evse.of("came")[0].evcc_id == EVCC_ID


def test_contracts_come_with_a_challenge_and_whose_are_taken() -> None:
    _, offer = customer(providers=("DE8AC", "NLABC"), certificates=True)
    assert offer.authorization_services == ["PnC", "EIM"]
    assert offer.certificate_installation_service is True
    assert offer.eim_asres_authorization_mode is None
    assert len(offer.pnc_asres_authorization_mode.gen_challenge) == 16
    assert offer.pnc_asres_authorization_mode.supported_providers.provider_id == ["DE8AC", "NLABC"]


def test_each_session_has_a_challenge_of_its_own() -> None:
    peer, offer = customer()
    assert offer.pnc_asres_authorization_mode.gen_challenge != peer.session_id.rjust(16, b"\0")


def test_without_tls_there_are_no_contracts() -> None:
    _, offer = customer(secured=False, certificates=True)
    assert offer.authorization_services == ["EIM"]
    assert offer.certificate_installation_service is False


def test_a_station_that_takes_contracts_alone_cannot_serve_without_tls() -> None:
    peer, offer = customer(Identification.PNC, secured=False)
    assert offer.response_code == "FAILED"
    assert "without TLS" in peer.session.remarks[0]
    assert peer.session.findings == []


# --- by external means -------------------------------------------------------------------------------------------------------------


def test_a_person_may_take_their_time_with_a_card() -> None:
    peer, _ = customer(Identification.EIM)
    peer.evse.decisions = [PENDING, PENDING, PENDING, Decision.ACCEPTED]
    for _ in range(3):
        response = peer.by_card()
        assert response.evse_processing == "Ongoing_WaitingForCustomerInteraction"
        assert peer.state == states.AUTHORIZATION
        peer.passes(50)
    response = peer.by_card()
    assert (response.response_code, response.evse_processing) == ("OK", "Finished")
    assert peer.state == states.SERVICE_DISCOVERY
    assert peer.evse.of("authorize") == [None] * 4


def test_a_card_that_is_refused_may_be_followed_by_another() -> None:
    peer, _ = customer(Identification.EIM)
    peer.evse.decisions = [Decision.REFUSED, Decision.ACCEPTED]
    response = peer.by_card()
    assert (response.response_code, response.evse_processing) == ("WARNING_EIMAuthorizationFailure", "Finished")
    assert peer.by_card().response_code == "OK"


# --- by contract -------------------------------------------------------------------------------------------------------------------


def test_a_contract_is_taken() -> None:
    peer, offer = customer()
    certificates = contract()
    response = peer.sends(shows(peer, offer, certificates))
    assert (response.response_code, response.evse_processing) == ("OK", "Finished")
    asked = peer.evse.of("authorize")[0]
    assert asked.emaid == EMAID
    assert list(asked.chain) == certificates
    assert peer.state == states.SERVICE_DISCOVERY


def test_a_contract_that_ends_soon_is_taken_and_told_so() -> None:
    peer, offer = customer()
    assert peer.sends(shows(peer, offer, contract(days=20))).response_code == "OK"
    peer, offer = customer()
    peer.passes(86_400 * 15)
    assert peer.sends(shows(peer, offer, contract(days=20))).response_code == "OK_CertificateExpiresSoon"


def test_the_backend_may_take_its_time_and_not_forever() -> None:
    peer, offer = customer()
    peer.evse.decisions = [PENDING]
    request = shows(peer, offer)
    for _ in range(2):
        assert peer.sends(request).evse_processing == "Ongoing"
        peer.passes(27)
    assert peer.sends(request).evse_processing == "Ongoing"
    peer.passes(2)
    response = peer.sends(request)
    assert (response.response_code, response.evse_processing) == ("WARNING_GeneralPnCAuthorizationError", "Finished")
    assert peer.session.remarks == ["Nobody decided about the contract in time."]
    assert peer.session.findings == []


def test_a_repeated_request_is_not_verified_again_and_another_one_is() -> None:
    peer, offer = customer()
    peer.evse.decisions = [PENDING]
    request = shows(peer, offer)
    assert peer.sends(request).evse_processing == "Ongoing"
    unsigned = replaced(request, header=replaced(request.header, signature=None))
    assert peer.sends(unsigned).evse_processing == "Ongoing"
    other = replaced(unsigned, pnc_areq_authorization_mode=replaced(request.pnc_areq_authorization_mode, id="id2"))
    assert peer.sends(other).response_code == "WARNING_GeneralPnCAuthorizationError"
    assert peer.sends(unsigned).response_code == "WARNING_GeneralPnCAuthorizationError"


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (Decision.REFUSED, "WARNING_GeneralPnCAuthorizationError"),
        (Decision.EXPIRED, "WARNING_CertificateExpired"),
        (Decision.NOT_YET_VALID, "WARNING_CertificateNotYetValid"),
        (Decision.REVOKED, "WARNING_CertificateRevoked"),
        (Decision.CHAIN, "WARNING_CertificateValidationError"),
        (Decision.CANCELLED, "WARNING_GeneralPnCAuthorizationError"),
        (Decision.UNKNOWN, "WARNING_eMSPUnknown"),
    ],
)
def test_after_a_contract_is_not_taken_a_card_may_be(decision: Decision, code: ResponseCode) -> None:
    peer, offer = customer()
    peer.evse.decisions = [decision, Decision.ACCEPTED]
    response = peer.sends(shows(peer, offer))
    assert (response.response_code, response.evse_processing) == (code, "Finished")
    assert peer.state == states.AUTHORIZATION
    assert peer.by_card().response_code == "OK"
    assert peer.evse.of("authorize")[1] is None


def test_the_challenge_must_be_ours() -> None:
    peer, offer = customer()
    assert peer.sends(shows(peer, offer, gen_challenge=b"\x01" * 16)).response_code == "WARNING_ChallengeInvalid"
    assert peer.session.findings == ["GenChallenge is not the one that was given."]
    assert peer.evse.of("authorize") == []
    assert peer.sends(shows(peer, offer)).response_code == "OK"


@pytest.mark.parametrize(
    ("certificates", "code"),
    [
        ([b"no certificate", b"none"], "WARNING_CertificateValidationError"),
        (contract(days=1), "WARNING_CertificateExpired"),
        (contract(since=NOW + timedelta(days=9)), "WARNING_CertificateNotYetValid"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_at_once(certificates: list[bytes], code: ResponseCode) -> None:
    peer, offer = customer()
    assert peer.sends(shows(peer, offer, certificates)).response_code == code
    assert peer.evse.of("authorize") == []


def test_a_signature_by_another_key_is_none() -> None:
    peer, offer = customer()
    request = shows(peer, offer)
    other: Any = key("oem-provisioning", P521)
    forged: Any = sign(replaced(request, header=replaced(request.header, signature=None)), other)
    assert peer.sends(forged).response_code == "WARNING_GeneralPnCAuthorizationError"
    assert "The signature of AuthorizationReq is not good" in peer.session.findings[0]
    assert peer.evse.of("authorize") == []


def test_contracts_on_p256_are_for_test_benches() -> None:
    peer, offer = customer()
    assert peer.sends(shows(peer, offer, kind=P256)).response_code == "WARNING_GeneralPnCAuthorizationError"
    peer, offer = customer(options=Options(suites=ISO20_TEST_SUITES))
    assert peer.sends(shows(peer, offer, kind=P256)).response_code == "OK"


def test_what_was_not_offered_cannot_be_chosen() -> None:
    peer, _ = customer(Identification.PNC)
    response = peer.by_card()
    assert (response.response_code, response.evse_processing) == ("WARNING_AuthorizationSelectionInvalid", "Finished")
    assert peer.state == states.AUTHORIZATION
    assert "EIM" in peer.session.findings[0]


def test_what_is_chosen_must_be_what_is_sent() -> None:
    peer, offer = customer()
    request = replaced(shows(peer, offer), selected_authorization_service="EIM")
    assert peer.sends(request).response_code == "WARNING_AuthorizationSelectionInvalid"


# --- contract certificates ---------------------------------------------------------------------------------------------------------


def wants_certificate(peer: Vehicle20, signed: bool = True, certificate: bytes | None = None) -> Any:
    """A signed CertificateInstallationReq."""
    own = [each.public_bytes(Encoding.DER) for each in chain("oem-provisioning", P521)[:-1]]
    request = cm.CertificateInstallationReq(
        header=MessageHeader(session_id=peer.session_id, time_stamp=0),
        oem_provisioning_certificate_chain=cm.SignedCertificateChain(
            id="oem1", certificate=certificate or own[0], sub_certificates=cm.SubCertificates(certificate=own[1:])
        ),
        list_of_root_certificate_ids=ListOfRootCertificateIDs(
            root_certificate_id=[X509IssuerSerial(x509_issuer_name="CN=V2G", x509_serial_number=1)]
        ),
        maximum_contract_certificate_chains=2,
        prioritized_emaids=cm.EMAIDList(emaid=[EMAID, "DE8ACC12E46L90"]),
    )
    signing: Any = key("oem-provisioning", P521)
    return sign(request, signing) if signed else request


def from_backend(code: ResponseCode = "OK", remaining: int = 1) -> bytes:
    """A CertificateInstallationRes that a provisioning service signed."""
    header = MessageHeader(session_id=b"\xbb" * 8, time_stamp=5)
    data = minimal(ISO20_COMMON, cm.SignedInstallationData, id="cps1")
    response = cm.CertificateInstallationRes(
        header=header,
        response_code=code,
        evse_processing="Finished",
        cps_certificate_chain=cm.CertificateChain(certificate=b"the service's"),
        signed_installation_data=data,
        remaining_contract_certificate_chains=remaining,
    )
    signing: Any = key("cps", P521)
    return ISO20_COMMON.encode(sign(response, signing))


def test_a_certificate_goes_through_the_station_with_its_signature() -> None:
    peer, _ = customer(certificates=True)
    peer.evse.certificates = [PENDING, CertificateAnswer(from_backend(), remaining=3)]
    request = wants_certificate(peer)
    ongoing = peer.sends(request)
    assert (ongoing.response_code, ongoing.evse_processing) == ("OK", "Ongoing")
    response = peer.sends(request)
    assert (response.response_code, response.evse_processing) == ("OK", "Finished")
    assert response.header.session_id == peer.session_id
    assert response.header.time_stamp == int(peer.now.timestamp())
    assert response.remaining_contract_certificate_chains == 3
    assert verify(response, key("cps", P521).public_key()).good
    asked = peer.evse.of("certificate")[0]
    assert ISO20_COMMON.decode(asked.exi) == request
    assert asked.namespace == "urn:iso:std:iso:15118:-20:CommonMessages"
    assert (asked.update, asked.most_chains, asked.wanted) == (False, 2, (EMAID, "DE8ACC12E46L90"))
    assert peer.by_card().response_code == "OK"


def test_what_the_backend_says_of_more_certificates_stays_where_the_station_knows_nothing() -> None:
    peer, _ = customer(certificates=True)
    peer.evse.certificates = [CertificateAnswer(from_backend(remaining=2))]
    assert peer.sends(wants_certificate(peer)).remaining_contract_certificate_chains == 2


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (CertificateAnswer(b"", reason="no contract is known"), "no contract is known"),
        (CertificateAnswer(b"\x80\xff"), "no EXI of ISO 15118-20"),
        (
            CertificateAnswer(
                ISO20_COMMON.encode(
                    cm.SessionStopRes(header=MessageHeader(session_id=bytes(8), time_stamp=0), response_code="OK")
                )
            ),
            "SessionStopRes instead of CertificateInstallationRes",
        ),
    ],
)
def test_without_a_certificate_the_session_goes_on(answer: CertificateAnswer, remark: str) -> None:
    peer, _ = customer(certificates=True)
    peer.evse.certificates = [answer]
    response = peer.sends(wants_certificate(peer))
    assert (response.response_code, response.evse_processing) == ("WARNING_NoCertificateAvailable", "Finished")
    assert remark in peer.session.remarks[0]
    assert peer.by_card().response_code == "OK"


def test_a_backend_that_does_not_answer_is_not_waited_for_forever() -> None:
    peer, _ = customer(certificates=True)
    peer.evse.certificates = [PENDING]
    request = wants_certificate(peer)
    assert peer.sends(request).evse_processing == "Ongoing"
    peer.passes(56)
    assert peer.sends(request).response_code == "WARNING_NoCertificateAvailable"


def test_a_warning_of_the_backend_is_the_vehicles_to_read() -> None:
    peer, _ = customer(certificates=True)
    peer.evse.certificates = [CertificateAnswer(from_backend("WARNING_NoContractMatchingPCIDFound"))]
    assert peer.sends(wants_certificate(peer)).response_code == "WARNING_NoContractMatchingPCIDFound"
    assert peer.by_card().response_code == "OK"


@pytest.mark.parametrize("told", ["OK", "WARNING_CertificateExpired"])
def test_why_the_backend_refuses_is_remarked(told: ResponseCode) -> None:
    """Also of one that says OK, and brings something that it does not vouch for."""
    peer, _ = customer(certificates=True)
    code = "WARNING_NoCertificateAvailable" if told == "OK" else told
    peer.evse.certificates = [CertificateAnswer(from_backend(told), reason=f"{code}: it has ended.")]
    response = peer.sends(wants_certificate(peer))
    assert (response.response_code, response.evse_processing) == (code, "Finished")
    assert response.cps_certificate_chain.certificate != b"the service's"
    assert peer.session.remarks == [
        f"The backend refuses the vehicle a contract certificate with {code}: it has ended."
    ]


def test_why_a_contract_is_not_taken_is_remarked() -> None:
    peer, offer = customer()
    peer.evse.decisions = [Decision.REVOKED]
    assert peer.sends(shows(peer, offer)).response_code == "WARNING_CertificateRevoked"
    assert peer.session.remarks == [
        f"The contract {EMAID} is not accepted with WARNING_CertificateRevoked: its certificate is revoked."
    ]


def test_a_failure_of_the_backend_ends_the_session() -> None:
    peer, _ = customer(certificates=True)
    peer.evse.certificates = [CertificateAnswer(from_backend("FAILED"))]
    assert peer.sends(wants_certificate(peer)).response_code == "FAILED"
    assert peer.reply is not None
    assert peer.reply.ends == peer.session.over


def test_a_certificate_is_asked_for_with_the_provisioning_key() -> None:
    peer, _ = customer(certificates=True)
    assert peer.sends(wants_certificate(peer, signed=False)).response_code == "FAILED_SignatureError"
    peer, _ = customer(certificates=True)
    assert peer.sends(wants_certificate(peer, certificate=b"none")).response_code == "FAILED_SignatureError"
    assert peer.evse.of("certificate") == []


def test_certificates_are_not_to_be_had_where_they_are_not_offered() -> None:
    peer, _ = customer()
    assert peer.sends(wants_certificate(peer)).response_code == "FAILED"
    assert "CertificateInstallationService was false" in peer.session.findings[0]


# --- sessions ----------------------------------------------------------------------------------------------------------------------


def test_a_new_session_has_an_id_that_is_not_zero() -> None:
    peer = Vehicle20()
    response = peer.sets_up()
    assert response.response_code == "OK_NewSessionEstablished"
    assert response.evse_id == peer.evse.evse_id
    assert any(peer.session_id)


def test_an_unlucky_draw_is_no_session_id() -> None:
    peer = Vehicle20(random=bytes)
    assert peer.sets_up().header.session_id == bytes(7) + b"\x01"


def test_a_session_that_nobody_knows_is_a_new_one() -> None:
    peer = Vehicle20(session_id=b"\x77" * 8)
    assert peer.sets_up().response_code == "OK_NewSessionEstablished"
    assert peer.session_id != b"\x77" * 8


def test_an_empty_name_of_the_vehicle_is_told() -> None:
    peer = Vehicle20()
    assert peer.says(cm.SessionSetupReq, evcc_id="").response_code == "OK_NewSessionEstablished"
    assert peer.session.findings == ["The EVCCID is empty."]
