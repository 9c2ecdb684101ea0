"""Certificates as peers send them."""

from __future__ import annotations

import pytest
from cryptography import x509

from pilotwire.iso15118.peer_certificate import read_peer
from pilotwire.iso15118.signed_parts import Edition
from tests.support import v2g_pki

CERTIFICATE = v2g_pki.contract(Edition.ISO2).certificate
GOOD = v2g_pki.der(CERTIFICATE)
P256 = bytes.fromhex("06082a8648ce3d030107")
COMMON_NAME = bytes.fromhex("0603550403")


def test_a_certificate_is_read() -> None:
    assert read_peer(GOOD) == CERTIFICATE


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"no DER",
        GOOD[:-1],
        GOOD.replace(P256, P256[:-1] + b"\x63"),  # a curve nobody knows
        GOOD.replace(COMMON_NAME + b"\x0c", COMMON_NAME + b"\x01"),  # a name that is no text
    ],
    ids=["nothing", "no certificate", "cut short", "key", "name"],
)
def test_what_cannot_be_worked_with_is_told(der: bytes) -> None:
    """Also what the library finds only when it is asked for the key or the name."""
    assert der != GOOD
    told = read_peer(der)
    assert isinstance(told, str)
    assert told


def test_some_of_it_is_found_late() -> None:
    """A certificate with such a key can be loaded: the reason to ask."""
    x509.load_der_x509_certificate(GOOD.replace(P256, P256[:-1] + b"\x63"))
