"""OCSP responses that do not come with the certificate of the issuer who signed them: traced by one that is known."""

from __future__ import annotations

import pytest
from cryptography import x509

from pilotwire.csms.partners.ocsp_response import named_by, proven_by, read_ocsp
from tests.support.revocation import NOW, made, named, response

LEAF, ISSUER = made("leaf"), made("issuer")


def test_a_certificate_is_named_as_a_station_names_it() -> None:
    """By the hashes of its issuer's name and key, and its serial number."""
    ours, theirs = named_by(LEAF, ISSUER), named(LEAF)
    assert ours.issuer_name_hash == theirs.issuer_name_hash.lower()
    assert ours.issuer_key_hash == theirs.issuer_key_hash.lower()
    assert int(ours.serial_number, 16) == LEAF.serial_number


@pytest.mark.parametrize(
    ("known", "proven"),
    [
        pytest.param((ISSUER,), True, id="the issuer is known"),
        pytest.param((made("somebody"), ISSUER), True, id="he is one of several"),
        pytest.param((), False, id="nobody is known"),
        pytest.param((made("somebody"),), False, id="somebody else is known"),
    ],
)
def test_a_response_is_traced_to_a_known_issuer(known: tuple[x509.Certificate, ...], proven: bool) -> None:
    """Only to the one of this certificate, and only if he has signed."""
    content, name = response(LEAF), named_by(LEAF, ISSUER)
    assert not read_ocsp(name, content, NOW).proven
    assert proven_by(name, content, known, NOW) is proven


def test_a_signature_that_is_not_the_issuers_proves_nothing() -> None:
    """Whoever says that he is the issuer: one bit of the signature is another."""
    name, content = named_by(LEAF, ISSUER), bytearray(response(LEAF))
    content[-1] ^= 1
    assert not read_ocsp(name, bytes(content), NOW).proven
    assert not proven_by(name, bytes(content), (ISSUER,), NOW)


def test_a_responder_the_known_issuer_appointed_is_as_good() -> None:
    """The response has the responder's certificate, not the issuer's."""
    appointed, name = made("responder", ocsp_signing=True), named_by(LEAF, ISSUER)
    content = response(LEAF, responder=appointed, signs="responder")
    assert not read_ocsp(name, content, NOW).proven
    assert proven_by(name, content, (ISSUER,), NOW)
    other = response(LEAF, responder=made("other responder"), signs="other responder")
    assert not proven_by(name, other, (ISSUER,), NOW)


def test_what_is_no_response_proves_nothing() -> None:
    """Bytes of any kind."""
    assert not proven_by(named_by(LEAF, ISSUER), b"x", (ISSUER,), NOW)
