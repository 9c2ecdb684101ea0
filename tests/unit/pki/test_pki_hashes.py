"""Hashes that name certificates are those that OCSP requests name them by: checked against the library's own OCSP requests."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509 import ocsp

from pilotwire.pki import hashes_of
from tests.support.station_pki import START, Signer, key, name

_ALGORITHMS = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}


def _self_signed(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(name("Root")).issuer_name(name("Root")).serial_number(0x0ABC)
    builder = builder.public_key(private.public_key()).not_valid_before(START).not_valid_after(START.replace(year=2036))
    return builder.sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())


ROOT = Signer.root("Root")
RSA = _self_signed(rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED = _self_signed(ed25519.Ed25519PrivateKey.generate())
CASES = {
    "EC": (ROOT.issue("Leaf", key("leaf").public_key()), ROOT.certificate),
    "RSA": (RSA, RSA),
    "Ed25519": (ED, ED),
}


@pytest.mark.parametrize("algorithm", list(_ALGORITHMS))
@pytest.mark.parametrize("case", list(CASES))
def test_the_hashes_are_those_of_ocsp(case: str, algorithm: str) -> None:
    certificate, issuer = CASES[case]
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, _ALGORITHMS[algorithm]).build()
    found = hashes_of(certificate, issuer, algorithm)
    assert found.issuer_name == request.issuer_name_hash.hex()
    assert found.issuer_key == request.issuer_key_hash.hex()
    assert int(found.serial_number, 16) == request.serial_number


def test_a_serial_number_has_no_leading_zeros() -> None:
    assert hashes_of(RSA, RSA).serial_number == "abc"
