"""What a file that should hold certificates or a key really holds."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from pilotwire.pki import Certificate, PkiFault, read_certificates


class Holding(StrEnum):
    """Kinds of content; the values are words for people."""

    CERTIFICATES = "certificates in PEM"
    KEY = "a private key in PEM"
    ENCRYPTED_KEY = "an encrypted private key"
    TPM_KEY = "a private key that a TPM has wrapped"
    PUBLIC_KEY = "a public key alone"
    REQUEST = "a certificate request (CSR)"
    CRL = "a revocation list (CRL)"
    PKCS7 = "certificates in PKCS #7"
    PKCS12 = "a PKCS #12 store"
    DER_CERTIFICATE = "a certificate in DER"
    DER_KEY = "a private key in DER"
    DER_REQUEST = "a certificate request (CSR) in DER"
    BARE_BASE64 = "a certificate in Base64 without its BEGIN and END lines"
    UTF16 = "text in UTF-16"
    EMPTY = "nothing"
    DAMAGED = "PEM that cannot be read"
    UNKNOWN = "something that is neither PEM nor DER"


@dataclass(frozen=True, slots=True)
class Content:
    """What was found. `certificates` in the order of the file, of PEM and of a lone DER one; `key` the private key if it could be read;
    `labels` those of all PEM blocks in their order; `why` what the library says of damaged ones.
    """

    holding: Holding
    certificates: tuple[Certificate, ...] = ()
    key: Any = None
    labels: tuple[str, ...] = ()
    why: str = ""

    @property
    def public_key(self) -> bytes | None:
        """The public key that belongs to the private one, as DER; None without one."""
        return None if self.key is None else _spki(self.key.public_key())


_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_CERTIFICATES: Final = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}
_OTHERS: Final = {
    "CERTIFICATE REQUEST": Holding.REQUEST,
    "NEW CERTIFICATE REQUEST": Holding.REQUEST,
    "PKCS7": Holding.PKCS7,
    "CMS": Holding.PKCS7,
    "X509 CRL": Holding.CRL,
    "PUBLIC KEY": Holding.PUBLIC_KEY,
    "TSS2 PRIVATE KEY": Holding.TPM_KEY,
}


def read_content(raw: bytes) -> Content:
    """What is in a file. Never raises for what is in it."""
    if not raw.strip():
        return Content(Holding.EMPTY)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Content(Holding.UTF16)
    labels = tuple(each.decode("ascii") for each in _LABEL.findall(raw))
    return _armoured(raw, labels) if labels else _binary(raw)


def _armoured(raw: bytes, labels: tuple[str, ...]) -> Content:
    key = _key_of(raw, labels)
    if _CERTIFICATES & set(labels):
        blocks = b"".join(
            re.findall(rb"-----BEGIN (?:X509 )?CERTIFICATE-----.*?-----END (?:X509 )?CERTIFICATE-----\s*", raw, re.S)
        )
        try:
            found = read_certificates(blocks.decode("ascii", "replace"))
        except PkiFault as fault:
            return Content(Holding.DAMAGED, (), key.key, labels, fault.what)
        return Content(Holding.CERTIFICATES, found, key.key, labels, key.why)
    if key.holding is not Holding.UNKNOWN:
        return key
    return Content(next((_OTHERS[each] for each in labels if each in _OTHERS), Holding.UNKNOWN), labels=labels)


def _key_of(raw: bytes, labels: tuple[str, ...]) -> Content:
    """The private key among the blocks; UNKNOWN if there is none."""
    found = re.search(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", raw, re.S)
    if found is None:
        broken = any(each.endswith("PRIVATE KEY") for each in labels)
        return Content(
            Holding.DAMAGED if broken else Holding.UNKNOWN, labels=labels, why="its END line is missing" * broken
        )
    if found[1] == b"TSS2 PRIVATE KEY":
        return Content(Holding.TPM_KEY, labels=labels)
    load: Callable[..., Any] = (
        serialization.load_ssh_private_key if b"OPENSSH" in found[1] else serialization.load_pem_private_key
    )
    try:
        return Content(Holding.KEY, key=load(found[0], None), labels=labels)
    except TypeError:  # the library's word for: a password is needed
        return Content(Holding.ENCRYPTED_KEY, labels=labels)
    except Exception as error:  # it raises many kinds for bytes that are no key
        return Content(Holding.DAMAGED, labels=labels, why=_words(error))


def _binary(raw: bytes) -> Content:
    for holding, load in _LOADERS:
        try:
            found = load(raw)
        except Exception:  # not this kind; the library raises many kinds
            continue
        return Content(
            holding,
            (found,) if holding is Holding.DER_CERTIFICATE else (),
            found if holding is Holding.DER_KEY else None,
        )
    if re.search(
        rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01\x02]", raw[:64]
    ):  # a store of PKCS #7 data (RFC 7292, 4)
        return Content(Holding.PKCS12)
    try:
        inner = x509.load_der_x509_certificate(b64decode(raw.split(b"-----")[0], validate=False))
    except (ValueError, NotBase64):
        return Content(Holding.UNKNOWN)
    return Content(Holding.BARE_BASE64, (inner,))


def _der_certificate(raw: bytes) -> Certificate:
    found = x509.load_der_x509_certificate(raw)
    return read_certificates(found.public_bytes(serialization.Encoding.PEM).decode("ascii"))[0]


_LOADERS: Final[tuple[tuple[Holding, Callable[[bytes], Any]], ...]] = (
    (Holding.DER_CERTIFICATE, _der_certificate),
    (Holding.DER_REQUEST, x509.load_der_x509_csr),
    (Holding.DER_KEY, lambda raw: serialization.load_der_private_key(raw, None)),
    (Holding.CRL, x509.load_der_x509_crl),
    (Holding.PKCS7, pkcs7.load_der_pkcs7_certificates),
    (Holding.PKCS12, lambda raw: pkcs12.load_pkcs12(raw, None)),
)


def _spki(key: Any) -> bytes:
    content: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return content


def public_key_of(certificate: Certificate) -> bytes:
    """The public key of a certificate as DER."""
    return _spki(certificate.public_key())


def _words(error: Exception) -> str:
    return str(error).split("(")[0].strip().rstrip(".") or type(error).__name__
