"""What files of a station's certificate and key hold, and what is wrong with them."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.doctor.certificates.content import Holding, read_content
from pilotwire.doctor.certificates.files import Bundle, File, judge_files, token_of
from tests.support.doctor_pki import ca, key, key_pem, name, pem, station

ROOT = ca("Root")
MINE = station(ROOT)
DER = MINE.certificate.public_bytes(Encoding.DER)
CSR = x509.CertificateSigningRequestBuilder().subject_name(name("SN-1")).sign(key("station"), SHA256())
STORE = pkcs12.serialize_key_and_certificates(b"station", key("station"), MINE.certificate, None, NoEncryption())
LOCKED = pkcs12.serialize_key_and_certificates(
    b"station", key("station"), MINE.certificate, None, BestAvailableEncryption(b"secret")
)
PUBLIC = key("station").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
OLD_FORM = key("station").private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
OLD_LOCKED = key("station").private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"s"))
KEY_DER = key("station").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
TPM = b"-----BEGIN TSS2 PRIVATE KEY-----\nMIIB8gYGZ4EFCgEDoAMBAQ==\n-----END TSS2 PRIVATE KEY-----\n"
KEY = key_pem("station")


@pytest.mark.parametrize(
    ("raw", "holding"),
    [
        (MINE.pem, Holding.CERTIFICATES),
        (b"Bag Attributes\n  friendlyName: x\n" + MINE.pem.replace(b"\n", b"\r\n") + ROOT.pem, Holding.CERTIFICATES),
        (KEY + MINE.pem, Holding.CERTIFICATES),
        (KEY, Holding.KEY),
        (OLD_FORM, Holding.KEY),
        (key_pem("station", b"secret"), Holding.ENCRYPTED_KEY),
        (OLD_LOCKED, Holding.ENCRYPTED_KEY),
        (TPM, Holding.TPM_KEY),
        (PUBLIC, Holding.PUBLIC_KEY),
        (CSR.public_bytes(Encoding.PEM), Holding.REQUEST),
        (CSR.public_bytes(Encoding.DER), Holding.DER_REQUEST),
        (DER, Holding.DER_CERTIFICATE),
        (KEY_DER, Holding.DER_KEY),
        (STORE, Holding.PKCS12),
        (LOCKED, Holding.PKCS12),
        (pkcs7.serialize_certificates([MINE.certificate], Encoding.PEM), Holding.PKCS7),
        (pkcs7.serialize_certificates([MINE.certificate], Encoding.DER), Holding.PKCS7),
        (b64encode(DER), Holding.BARE_BASE64),
        (MINE.pem.decode().encode("utf-16"), Holding.UTF16),
        (b" \n", Holding.EMPTY),
        (MINE.pem[:200] + MINE.pem[260:], Holding.DAMAGED),
        (MINE.pem[:-40], Holding.DAMAGED),
        (KEY[:60], Holding.DAMAGED),
        (b"hello", Holding.UNKNOWN),
    ],
)
def test_what_a_file_holds(raw: bytes, holding: Holding) -> None:
    assert read_content(raw).holding is holding


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_at(raw: bytes) -> None:
    for each in (raw, b"-----BEGIN CERTIFICATE-----\n" + raw, b"-----BEGIN PRIVATE KEY-----\n" + raw):
        judge_files(File("a.pem", each), File("key.pem", each))


def judged(certificate: bytes, key_file: bytes | None = None, *, mode: int = 0o600, element: bool = False) -> Bundle:
    """The bundle of files with these contents."""
    held = File("key.pem", key_file, mode) if key_file is not None else None
    return judge_files(File("station.pem", certificate, mode), held, secure_element=element)


def rules_of(bundle: Bundle) -> list[str]:
    """The rules that are broken."""
    return [each.rule.id.removeprefix("station-certificate.") for each in bundle.findings]


@pytest.mark.parametrize(
    ("certificate", "key_file", "rule", "says"),
    [
        (CSR.public_bytes(Encoding.PEM), KEY, "no-certificate", "a certificate request (CSR)"),
        (KEY, MINE.pem, "no-certificate", "a private key"),
        (DER, KEY, "no-pem", "a certificate in DER"),
        (STORE, KEY, "no-pem", "PKCS #12"),
        (b64encode(DER), KEY, "no-pem", "without its BEGIN"),
        (MINE.pem[:200] + MINE.pem[260:], KEY, "damaged", "station.pem is damaged"),
        (b"", KEY, "no-certificate", "nothing"),
        (MINE.pem, key_pem("other"), "key-of-another-certificate", "CN=SN-1"),
        (MINE.pem, key_pem("rsa other"), "key-of-another-certificate", "CN=SN-1"),
        (pem(ROOT, MINE), KEY, "key-of-another-certificate", "CN=Root"),
        (MINE.pem, key_pem("station", b"secret"), "key-encrypted", "password"),
        (MINE.pem + key_pem("station", b"secret"), None, "key-encrypted", "password"),
        (MINE.pem, KEY_DER, "no-pem", "is DER"),
        (MINE.pem, PUBLIC, "no-key", "a public key alone"),
        (MINE.pem, KEY[:60], "damaged", "key.pem cannot be read"),
        (MINE.pem, None, "no-key", "no other file is given"),
    ],
)
@pytest.mark.req("A00.FR.507")
def test_files_that_cannot_be_used(certificate: bytes, key_file: bytes | None, rule: str, says: str) -> None:
    bundle = judged(certificate, key_file)
    assert rules_of(bundle)[0] == rule
    assert says in bundle.findings[0].what
    assert bundle.findings[0].mend
    assert not bundle.usable


@pytest.mark.parametrize(
    ("certificate", "key_file"), [(MINE.pem, KEY), (pem(MINE, ROOT) + KEY, None), (MINE.pem, OLD_FORM)]
)
def test_files_that_belong_together(certificate: bytes, key_file: bytes | None) -> None:
    bundle = judged(certificate, key_file)
    assert not bundle.findings
    assert bundle.usable
    assert bundle.chain[0] == MINE.certificate


def test_a_file_that_is_not_there() -> None:
    bundle = judge_files(File("a.pem", error="No such file or directory"), File("b.pem", error="Permission denied"))
    assert rules_of(bundle) == ["file-unreadable", "file-unreadable"]
    assert "a.pem" in bundle.findings[0].what
    assert "Permission denied" in bundle.findings[1].what


def test_where_the_key_lies() -> None:
    assert rules_of(judged(MINE.pem, KEY, mode=0o644)) == ["key-readable-by-all"]
    assert rules_of(judged(MINE.pem, KEY, element=True)) == ["key-in-file"]
    assert judged(MINE.pem, KEY).key_place == "a file"
    wrapped = judged(MINE.pem, TPM, mode=0o644, element=True)
    assert not wrapped.findings
    assert wrapped.key_place == "a file, wrapped by a TPM"
    token = judge_files(File("a.pem", MINE.pem), None, token=token_of("pkcs11:token=x"), secure_element=True)
    assert (token.findings, token.key_place, token.usable) == ((), "a PKCS#11 token", False)
    assert token_of("/etc/station/key.pem") == ""
