"""Certificate requests and OCSP responses as text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pilotwire.errors import MisuseError
from pilotwire.pki import PkiFault, Subject, common_name, make_csr, organization, read_csr, read_ocsp, subject_of_csr
from tests.support.station_pki import START, Signer, key

ROOT = Signer.root("Root")
SUBJECT = Subject("SN-1", "Volta", "DE", "CPO")


def _sign(data: bytes) -> bytes:
    return key("station").sign(data, ec.ECDSA(hashes.SHA256()))


def test_a_request_is_signed_by_whoever_has_the_key() -> None:
    csr = make_csr(SUBJECT, key("station").public_key(), _sign)
    assert read_csr(csr).public_key() == key("station").public_key()
    assert subject_of_csr(csr) == SUBJECT


def test_what_is_not_in_a_name_is_empty() -> None:
    name = SUBJECT.name()
    assert (common_name(name), organization(name)) == ("SN-1", "Volta")
    assert organization(Subject("SN-1", "").name()) == ""


def test_a_request_with_an_rsa_key() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    csr = make_csr(SUBJECT, private.public_key(), lambda data: private.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    assert read_csr(csr).public_key() == private.public_key()


def test_a_request_signed_with_another_key_is_none() -> None:
    csr = make_csr(SUBJECT, key("other").public_key(), _sign)
    with pytest.raises(PkiFault, match="not signed with its own key"):
        read_csr(csr)


@pytest.mark.parametrize(
    "csr", ["", "CSR", "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_no_request_is_a_fault(csr: str) -> None:
    with pytest.raises(PkiFault, match="cannot be read"):
        read_csr(csr)


def test_a_subject_that_cannot_be_is_a_fault() -> None:
    with pytest.raises(PkiFault, match="subject"):
        make_csr(Subject("SN-1", "Volta", country="Germany"), key("station").public_key(), _sign)


def test_the_key_itself_cannot_be_had_by_the_way_of_a_request() -> None:
    from pilotwire.pki.requests import _EcSigner

    signer = _EcSigner(key("station").public_key(), _sign)
    with pytest.raises(MisuseError):
        signer.private_numbers()


def test_an_ocsp_response_tells_of_whom_it_speaks_and_until_when() -> None:
    leaf = ROOT.issue("Leaf", key("leaf").public_key())
    answer = read_ocsp(ROOT.ocsp(leaf, START, days=3))
    assert (answer.serial_number, answer.status) == (leaf.serial_number, "GOOD")
    assert answer.next_update == START + timedelta(days=3)


@pytest.mark.parametrize(
    "text", ["", "AAAA", "not base64!", "MAMKAQM="], ids=["empty", "zeros", "no base64", "try later"]
)
def test_what_is_no_ocsp_response_is_a_fault(text: str) -> None:
    with pytest.raises(PkiFault, match="OCSP respon"):
        read_ocsp(text)
