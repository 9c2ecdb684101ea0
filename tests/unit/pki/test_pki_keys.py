"""Private keys as text, and keys that are elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.pki import (
    Authority,
    KeyKind,
    PkiFault,
    PublicKey,
    SigningKey,
    Standing,
    Subject,
    Way,
    explain,
    held,
    issue,
    key_words,
    kind_of,
    make_crl,
    new_key,
    read_csr,
    read_key,
    request_for,
    self_signed,
    write_key,
)
from pilotwire.pki.ocsp import Responder, make_request, make_response, read_request
from pilotwire.pki.ocsp_verdict import check_response
from pilotwire.pki.revocation import check_crl
from tests.support.pki_forge import DAY, NOW
from tests.support.pki_houses import order

KEY = new_key(KeyKind.EC_P256)
RSA = new_key(KeyKind.RSA_2048)
ED = ed25519.Ed25519PrivateKey.generate()


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.EC_P521])
@pytest.mark.parametrize("password", [None, b"secret", "pässword".encode()])
def test_a_key_is_read_as_it_was_written(kind: KeyKind, password: bytes | None) -> None:
    made = new_key(kind)
    pem = write_key(made, password)
    assert (b"ENCRYPTED" in pem) is bool(password)
    assert read_key(pem, password).private_numbers() == made.private_numbers()
    assert kind_of(made.public_key()) is kind


def test_rsa_and_text_are_read_too() -> None:
    read = read_key(write_key(RSA).decode(), b"a password that is not needed")
    assert kind_of(read.public_key()) is KeyKind.RSA_2048
    traditional = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert read_key(traditional).public_key() == KEY.public_key()


def test_kinds_in_words() -> None:
    assert [key_words(each.public_key()) for each in (KEY, RSA, ED)] == ["EC P-256", "RSA 2048", "Ed25519"]
    other = ec.generate_private_key(ec.SECP192R1()).public_key()
    assert kind_of(other) is None
    assert kind_of(ED.public_key()) is None
    assert key_words(other) == "EC secp192r1"


def _faults() -> dict[str, tuple[bytes | str, bytes | None, str]]:
    locked, plain = write_key(KEY, b"secret"), write_key(KEY)
    another = ED.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "wrong password": (locked, b"Secret", "password of the private key is wrong"),
        "no password": (locked, None, "is encrypted, and no password is given"),
        "empty password": (locked, b"", "is encrypted, and no password is given"),
        "another kind": (another, None, r"another kind \(Ed25519\)"),
        "a public key": (public, None, "no private key in PEM"),
        "nothing": ("", None, "no private key in PEM"),
        "no text": ("ä" * 40, None, "no private key in PEM"),
        "cut off": (plain[:90], None, "no private key in PEM"),
    }


@pytest.mark.parametrize("which", list(_faults()))
def test_what_is_no_key_is_told(which: str) -> None:
    pem, password, sentence = _faults()[which]
    with pytest.raises(PkiFault, match=sentence) as told:
        read_key(pem, password)
    assert told.value.remedy


def test_an_empty_password_protects_nothing() -> None:
    with pytest.raises(PkiFault, match="password of a key is empty"):
        write_key(KEY, b"")


@settings(max_examples=20)
@given(junk=st.binary(max_size=200), password=st.none() | st.binary(max_size=8))
def test_junk_is_a_fault_and_never_a_traceback(junk: bytes, password: bytes | None) -> None:
    for content in (junk, b"-----BEGIN PRIVATE KEY-----\n" + junk + b"\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(PkiFault):
            read_key(content, password)


class Token:
    """A key that never leaves: it signs in the way that is asked for, and notes how."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.ways: list[Way] = []

    def sign(self, data: bytes, way: Way) -> bytes:
        """Sign as asked."""
        self.ways.append(way)
        digest = getattr(hashes, way.digest)()
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(digest))
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        return self._key.sign(data, pss if way.pss else padding.PKCS1v15(), digest)


@pytest.mark.req("A00.FR.505", "A00.FR.603", "SEC16:A00.FR.602")
@pytest.mark.parametrize(
    ("kind", "way"),
    [
        (KeyKind.EC_P256, Way("SHA256")),
        (KeyKind.EC_P384, Way("SHA384")),
        (KeyKind.EC_P521, Way("SHA512")),
        (KeyKind.RSA_2048, Way("SHA256", pss=True)),
    ],
)
def test_a_ca_whose_key_is_in_a_token(kind: KeyKind, way: Way) -> None:
    """It signs its own certificate, others, CRLs, requests and OCSP responses, each with the hash that fits its key."""
    inside = RSA if kind is KeyKind.RSA_2048 else new_key(kind)
    token = Token(inside)
    key = held(inside.public_key(), token.sign)
    ca = Authority(self_signed(replace(order("csms-root"), public_key=key.public_key()), key), key)
    made = issue(ca, order("station"))
    crl = make_crl(ca, [], 1, NOW, NOW + DAY)
    csr = request_for(Subject("SN-1", "Volta"), key)
    assert token.ways == [way] * 4
    assert explain([made], (), [ca.certificate], NOW).defects == ()
    check_crl(crl, ca.certificate, NOW)
    assert read_csr(csr).public_key() == key.public_key()
    query = read_request(make_request(made, ca.certificate))
    answer = make_response(Responder.of(ca), query, Standing.GOOD, NOW, NOW + DAY)
    assert check_response(answer, made, ca.certificate, NOW).standing is Standing.GOOD


def _as_held(public: PublicKey) -> Any:
    return held(public, lambda data, way: b"")


@pytest.mark.parametrize("public", [KEY.public_key(), RSA.public_key()], ids=["EC", "RSA"])
def test_nothing_else_can_be_had_of_a_key_that_is_elsewhere(public: PublicKey) -> None:
    key = _as_held(public)
    with pytest.raises(MisuseError):
        write_key(key)
    with pytest.raises(MisuseError):
        key.private_numbers()
    hashed = Prehashed(hashes.SHA256())
    how = (padding.PKCS1v15(), hashed) if isinstance(public, rsa.RSAPublicKey) else (ec.ECDSA(hashed),)
    with pytest.raises(MisuseError, match="not a hash"):
        key.sign(b"", *how)
