"""What EST says on the wire (RFC 7030): requests and certificates in Base64, the attributes a request should have. No HTTP here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from pilotwire.pki import Certificate, KeyKind, PkiFault, read_csr

WELL_KNOWN: Final = "/.well-known/est"
CERTIFICATES: Final = "application/pkcs7-mime; smime-type=certs-only"
REQUEST: Final = "application/pkcs10"
ATTRIBUTES: Final = "application/csrattrs"
_LINE: Final = 64
_EC_PUBLIC_KEY: Final = x509.ObjectIdentifier("1.2.840.10045.2.1")
_CURVES: Final = {
    KeyKind.EC_P256: (x509.ObjectIdentifier("1.2.840.10045.3.1.7"), x509.ObjectIdentifier("1.2.840.10045.4.3.2")),
    KeyKind.EC_P384: (x509.ObjectIdentifier("1.3.132.0.34"), x509.ObjectIdentifier("1.2.840.10045.4.3.3")),
    KeyKind.EC_P521: (x509.ObjectIdentifier("1.3.132.0.35"), x509.ObjectIdentifier("1.2.840.10045.4.3.4")),
}
"""Curve, and ECDSA with the hash that fits it."""


def base64_lines(content: bytes) -> bytes:
    """Base64 in lines (RFC 7030, 4.1.3; RFC 8951)."""
    text = base64.b64encode(content)
    return b"".join(text[start : start + _LINE] + b"\n" for start in range(0, len(text), _LINE))


def write_certificates(certificates: Sequence[Certificate]) -> bytes:
    """A certs-only CMS in Base64 (RFC 7030, 4.1.3 and 4.2.3)."""
    return base64_lines(pkcs7.serialize_certificates(list(certificates), Encoding.DER))


def read_certificates(body: bytes) -> list[Certificate]:
    """The certificates of a certs-only CMS in Base64. Raises PkiFault."""
    try:
        return pkcs7.load_der_pkcs7_certificates(_decoded(body))
    except Exception as error:  # the library raises many kinds for bytes that are no CMS
        raise PkiFault(f"The answer holds no certificates: {error or type(error).__name__}.") from None


def write_request(csr: str) -> bytes:
    """A request (PEM) in Base64 of its DER."""
    return base64_lines(read_csr(csr).public_bytes(Encoding.DER))


def read_request(body: bytes) -> str:
    """A request as it was posted, in PEM: Base64 of DER as RFC 7030 wants it, and PEM or DER itself. Raises PkiFault."""
    if b"-----BEGIN" in body:
        return _checked(body.decode("ascii", "replace"))
    try:
        der = body if body[:1] == b"\x30" else _decoded(body)
        return _checked(x509.load_der_x509_csr(der).public_bytes(Encoding.PEM).decode("ascii"))
    except PkiFault:
        raise
    except Exception as error:  # the library raises many kinds for bytes that are no request
        raise PkiFault(f"The certificate request cannot be read: {error or type(error).__name__}.") from None


def write_attributes(kind: KeyKind) -> bytes:
    """What a request should have, in Base64 (RFC 7030, 4.5.2): a key of this curve, and a signature with the hash that fits it.

    For RSA the sequence is empty: nothing of it is said.
    """
    if kind not in _CURVES:
        return base64_lines(_der(0x30, b""))
    curve, signature = _CURVES[kind]
    key = _der(0x30, _oid(_EC_PUBLIC_KEY) + _der(0x31, _oid(curve)))
    return base64_lines(_der(0x30, key + _oid(signature)))


def wanted_curve(body: bytes) -> ec.EllipticCurve | None:
    """The curve that attributes name, None if they name none that is known."""
    content = _decoded(body)
    for kind, (curve, _) in _CURVES.items():
        if _oid(curve) in content:
            return kind.curve
    return None


def _checked(pem: str) -> str:
    read_csr(pem)
    return pem


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise PkiFault("The body is not Base64.") from None


def _oid(identifier: x509.ObjectIdentifier) -> bytes:
    first, second, *rest = (int(each) for each in identifier.dotted_string.split("."))
    return _der(0x06, b"".join(_septets(each) for each in (first * 40 + second, *rest)))


def _septets(number: int) -> bytes:
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def _der(tag: int, content: bytes) -> bytes:
    if len(content) > 0x7F:
        raise ValueError("only short forms are written here")
    return bytes((tag, len(content))) + content
