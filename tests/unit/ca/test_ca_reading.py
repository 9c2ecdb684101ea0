"""What is in files: every form a person may have, and a sentence for what is none of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from pilotwire.ca import Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.est import (  # fmt: skip
    read_certificates,
    read_request,
    wanted_curve,
    write_attributes,
    write_certificates,
    write_request,
)
from pilotwire.ca.reading import read_any
from pilotwire.ca.revoking import new_crl
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, KeyKind, PkiFault, pem_of
from pilotwire.pki.keys import SigningKey, write_key
from pilotwire.pki.requests import read_csr
from tests.support.pki_world import a_clock, a_request, an_office, openssl


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return an_office(tmp_path_factory.mktemp("ca") / "ca", a_clock())


@pytest.fixture(scope="module")
def pair(office: Office) -> tuple[tuple[Certificate, ...], SigningKey]:
    issued, key = issue_with_key(office, Wanted("station", "SN-1"), "me")
    return office.chain_of(issued), key


def never() -> str:
    raise AssertionError("nothing here is encrypted")


def test_every_form(office: Office, pair: tuple[tuple[Certificate, ...], SigningKey]) -> None:
    chain, key = pair
    csr, crl = read_csr(a_request(key=key)), new_crl(office, "csms-ca")
    assert read_any(pem_of(*chain).encode(), "f", never).certificates == list(chain)
    assert read_any(chain[0].public_bytes(Encoding.DER), "f", never).certificates == [chain[0]]
    for encoding in (Encoding.PEM, Encoding.DER):
        bundle = pkcs7.serialize_certificates(list(chain), encoding)
        assert set(read_any(bundle, "f", never).certificates) == set(chain)
        assert read_any(csr.public_bytes(encoding), "f", never).requests == [csr]
        assert read_any(crl.public_bytes(encoding), "f", never).crls == [crl]
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        (read,) = read_any(key.private_bytes(Encoding.DER, form, NoEncryption()), "f", never).keys
        assert read.public_key() == key.public_key()
    for lock, password in ((NoEncryption(), never), (BestAvailableEncryption(b"secret"), lambda: "secret")):
        whole = pkcs12.serialize_key_and_certificates(b"SN-1", key, chain[0], chain[1:], lock)
        found = read_any(whole, "f", password)
        assert found.certificates == list(chain)
        assert found.keys[0].public_key() == key.public_key()


def test_several_things_in_one_file_with_an_encrypted_key(pair: tuple[tuple[Certificate, ...], SigningKey]) -> None:
    chain, key = pair
    text = write_key(key, b"secret") + pem_of(*chain).encode() + a_request().encode()
    found = read_any(text, "f", lambda: "secret")
    assert (len(found.certificates), len(found.requests), len(found.keys)) == (3, 1, 1)
    with pytest.raises(PkiFault, match=r"all\.pem: .*password"):
        read_any(text, "all.pem", lambda: "wrong")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "holds no certificate"),
        (b"\x00\x01 nonsense", "holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "cannot be read"),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "CRL"),
        (b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "PKCS #7 cannot be read"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key"),
        (b"-----BEGIN CERTIFICATE-----\ncut off", "holds no certificate"),
        (b"\x30\x82\x01\x00\x02\x01\x03\x30cut off", "damaged"),
    ],
)
def test_what_is_none_of_them_is_said_with_the_name_of_the_file(content: bytes, why: str) -> None:
    with pytest.raises((PkiFault, ConfigError), match=why) as told:
        read_any(content, "mine.pem", lambda: "x")
    assert "mine.pem" in str(told.value)


def test_est_forms_go_there_and_back(pair: tuple[tuple[Certificate, ...], SigningKey], tmp_path: Path) -> None:
    chain, _ = pair
    csr = a_request()
    assert set(read_certificates(write_certificates(chain))) == set(chain)
    assert read_request(write_request(csr)) == read_request(csr.encode()) == csr
    assert read_request(read_csr(csr).public_bytes(Encoding.DER)) == csr
    for kind in (KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.EC_P521):
        told = openssl(
            "asn1parse", "-inform", "PEM", data=b"-----BEGIN X-----\n" + write_attributes(kind) + b"-----END X-----\n"
        )
        assert told.returncode == 0, told.stdout
        curve = wanted_curve(write_attributes(kind))
        assert curve is not None
        assert curve.key_size == kind.bits
    assert wanted_curve(write_attributes(KeyKind.RSA_2048)) is None


@pytest.mark.parametrize("body", [b"", b"!!!", b"AAAA", b"\x30\x03abc", b"-----BEGIN CERTIFICATE REQUEST-----\n"])
def test_est_bodies_that_are_none(body: bytes) -> None:
    with pytest.raises(PkiFault):
        read_request(body)
    with pytest.raises(PkiFault):
        read_certificates(body)
