"""Contracts a CSMS under test verifies: the chain, the hashes, and the OCSP responder that is asked about them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pilotwire.conformance.benches.own_pki import answer_of_pool
from pilotwire.conformance.runner.makers import MAKERS
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import MO_ROOT, V2G_ROOT, Authority
from pilotwire.conformance.wire.contracts import Contract, new_contract
from pilotwire.conformance.wire.files import FileServer
from tests.support.bench_scene import BenchScene

NOW = datetime.now(UTC).replace(microsecond=0)
EMAID = "NLTNMC00000017"


def contract(*, revoked: bool = False) -> Contract:
    root = Authority("127.0.0.1", NOW).root(MO_ROOT)
    return new_contract(EMAID, root, NOW, lambda _: "http://127.0.0.1:1/", revoked=revoked)


def asked(of: Contract, place: int, algorithm: SHA1 | SHA256) -> ocsp.OCSPResponse:
    """What the responder says of a certificate of the chain."""
    certificates = [one.certificate for one in (*of.chain, of.root)]
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificates[place], certificates[place + 1], algorithm)
    return ocsp.load_der_ocsp_response(of.responder.answer(builder.build().public_bytes(Encoding.DER)))


@pytest.mark.parametrize("algorithm", [SHA1(), SHA256()])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_certificate_is_good(place: int, algorithm: SHA1 | SHA256) -> None:
    made = contract()
    answer = asked(made, place, algorithm)
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.this_update_utc < NOW + timedelta(seconds=1) < (answer.next_update_utc or NOW)
    assert made.responder.asked == [made.chain[place].certificate.serial_number]
    assert made.responder.faults == []


def test_a_revoked_contract_is_told_so_and_its_sub_cas_are_not() -> None:
    made = contract(revoked=True)
    statuses = [asked(made, place, SHA256()).certificate_status for place in range(3)]
    assert statuses == [ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.GOOD]


def test_an_expired_contract_is_over_and_its_sub_cas_are_not() -> None:
    root = Authority("127.0.0.1", NOW).root(MO_ROOT)
    made = new_contract(EMAID, root, NOW, lambda _: "http://127.0.0.1:1/", expired=True)
    assert [one.certificate.not_valid_after_utc < NOW for one in made.chain] == [True, False, False]


def test_the_chain_is_of_ec_keys_with_sub_cas_that_name_the_responder() -> None:
    made = contract()
    certificates = x509.load_pem_x509_certificates(made.pem.encode())
    assert len(certificates) == 3
    for one, issuer in zip(certificates, [*certificates[1:], made.root.certificate], strict=True):
        one.verify_directly_issued_by(issuer)
        assert isinstance(one.public_key(), ec.EllipticCurvePublicKey)
        assert one.extensions.get_extension_for_class(x509.AuthorityInformationAccess)


def test_questions_about_other_certificates_are_faults() -> None:
    made, other = contract(), contract()
    wrong_issuer = Authority("127.0.0.1", NOW).root(V2G_ROOT).certificate
    own = made.chain[0].certificate
    for certificate, issuer in ((other.chain[0].certificate, other.chain[1].certificate), (own, wrong_issuer)):
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256()).build()
        answer = ocsp.load_der_ocsp_response(made.responder.answer(request.public_bytes(Encoding.DER)))
        assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert len(made.responder.faults) == 2
    assert made.responder.asked == []


def test_what_is_no_request_is_a_fault() -> None:
    made = contract()
    with pytest.raises(ValueError, match=r"."):
        made.responder.answer(b"sabotage")
    assert "cannot be read" in made.responder.faults[0]


async def test_a_case_gets_a_contract_and_hears_what_was_asked() -> None:
    scene = BenchScene(role="csms", settings={"certificates": "lab"})
    scene.scene.authority = Authority("127.0.0.1", NOW)
    scene.scene.files = FileServer()
    try:
        made = MAKERS["contract to verify"](scene.scene, emaid=EMAID)
        assert [set(one) for one in made["hashes"]] == [
            {"hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber", "responderURL"}
        ] * 3
        assert made["hashes"][0]["responderURL"].startswith("http://127.0.0.1:")
        assert MAKERS["asked responder"](scene.scene) == {"certificates": [], "faults": []}
        kept: Contract = scene.scene.memory["the contract"]
        asked(kept, 0, SHA256())
        assert MAKERS["asked responder"](scene.scene)["certificates"] == [0]
    finally:
        await scene.scene.files.close()


async def test_a_chain_of_a_station_is_told_by_its_sub_cas_and_responses_are_read() -> None:
    scene = BenchScene(role="csms")
    scene.scene.authority = Authority("127.0.0.1", NOW)
    scene.scene.files = FileServer()
    try:
        made = MAKERS["station chain to look up"](scene.scene, name="SECC-01")
        kept: Contract = scene.scene.memory["the contract"]
        serials = [f"{one.certificate.serial_number:x}" for one in kept.chain[1:]]
        assert [one["serialNumber"].lower().lstrip("0") for one in made["hashes"]] == serials
        told = base64.b64encode(asked(kept, 1, SHA256()).public_bytes(Encoding.DER)).decode()
        assert MAKERS["ocsp response"](scene.scene, text=told) == {"serialNumber": serials[0], "status": "GOOD"}
        for wrong in ("sabotage", "AAAA", None):
            assert set(MAKERS["ocsp response"](scene.scene, text=wrong)) == {"fault"}
    finally:
        await scene.scene.files.close()


def test_the_pool_of_our_csms_has_another_answer_for_each_request() -> None:
    first, second = answer_of_pool("gJgCEFA="), answer_of_pool("gA==")
    assert first != second
    assert base64.b64decode(first)[0] == 0x80


def test_without_a_folder_no_csms_can_know_the_root() -> None:
    with pytest.raises(Unresolved, match="no folder of certificates"):
        MAKERS["contract to verify"](BenchScene(role="csms").scene, emaid=EMAID)
