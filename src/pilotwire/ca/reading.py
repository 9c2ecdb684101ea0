"""What is in a file somebody has: certificates, requests, CRLs, keys; in PEM, DER or PKCS #12."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs7, pkcs12

from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, PkiFault, pem_of, read_certificates, read_csr
from pilotwire.pki.keys import SigningKey, read_key
from pilotwire.pki.revocation import Crl, read_crl

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
Password = Callable[[], str]


@dataclass(slots=True)
class Content:
    """What was found, in the order of the file."""

    certificates: list[Certificate] = field(default_factory=list)
    requests: list[x509.CertificateSigningRequest] = field(default_factory=list)
    crls: list[Crl] = field(default_factory=list)
    keys: list[SigningKey] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.certificates or self.requests or self.crls or self.keys)


def read_any(content: bytes, name: str, password: Password) -> Content:
    """What a file holds; `password` is asked if something in it is encrypted.

    Raises PkiFault or ConfigError with the file's name if it cannot be read, or holds none of these.
    """
    found = Content()
    try:
        if b"-----BEGIN " in content:
            for block in _BLOCK.finditer(content):
                _read_block(block.group(1).decode(), block.group(0), found, password)
        else:
            _read_der(content, found, password)
    except PkiFault as fault:
        raise PkiFault(f"{name}: {fault.what}", fault.remedy) from None
    if found.empty:
        raise ConfigError(
            f"{name} holds no certificate, request, CRL or private key.", "PEM, DER and PKCS #12 (.p12) can be read."
        )
    return found


def _read_block(kind: str, block: bytes, found: Content, password: Password) -> None:
    text = block.decode("ascii", "replace")
    if kind in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
        found.certificates += read_certificates(text)
    elif kind in ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"):
        found.requests.append(read_csr(text.replace("NEW CERTIFICATE", "CERTIFICATE")))
    elif kind == "X509 CRL":
        found.crls.append(read_crl(text))
    elif kind in ("PKCS7", "CMS"):
        found.certificates += _pkcs7(pkcs7.load_pem_pkcs7_certificates, block)
    elif kind.endswith("PRIVATE KEY"):
        encrypted = kind.startswith("ENCRYPTED") or b"Proc-Type: 4,ENCRYPTED" in block
        found.keys.append(read_key(text, password().encode() if encrypted else None))


def _read_der(content: bytes, found: Content, password: Password) -> None:
    for read in _readers(found):
        try:
            read(content)
        except Exception:  # each reader raises its own kinds for what is not its own
            continue
        return
    if _is_pkcs12(content):
        _read_pkcs12(content, found, password)


def _readers(found: Content) -> Iterator[Callable[[bytes], None]]:
    yield lambda der: found.certificates.extend(read_certificates(pem_of(x509.load_der_x509_certificate(der))))
    yield lambda der: found.requests.append(read_csr(x509.load_der_x509_csr(der).public_bytes(Encoding.PEM).decode()))
    yield lambda der: found.crls.append(read_crl(der))
    yield lambda der: found.certificates.extend(_pkcs7(pkcs7.load_der_pkcs7_certificates, der))
    yield lambda der: found.keys.append(_signing(load_der_private_key(der, None)))


def _read_pkcs12(content: bytes, found: Content, password: Password) -> None:
    try:
        key, certificate, more = _opened(content, password)
    except ValueError:
        what = "The password of the PKCS #12 file is wrong, or the file is damaged."
        raise PkiFault(what, "Give the password it was made with.") from None
    found.certificates += [each for each in (certificate, *more) if each is not None]
    if key is not None:
        found.keys.append(_signing(key))


def _opened(content: bytes, password: Password) -> tuple[object, Certificate | None, list[Certificate]]:
    for secret in (None, b""):  # many are not encrypted, or with the empty password
        try:
            return pkcs12.load_key_and_certificates(content, secret)
        except ValueError:
            continue
    return pkcs12.load_key_and_certificates(content, password().encode())


def _is_pkcs12(content: bytes) -> bool:
    """A SEQUENCE that begins with the version 3 and the content type data of PKCS #7 (RFC 7292, 4)."""
    return content[:1] == b"\x30" and b"\x02\x01\x03\x30" in content[:12]


def _pkcs7(read: Callable[[bytes], list[Certificate]], content: bytes) -> list[Certificate]:
    try:
        return read(content)
    except Exception as error:  # the library raises many kinds for bytes that are no PKCS #7
        raise PkiFault(f"The PKCS #7 cannot be read: {error or type(error).__name__}.") from None


def _signing(key: object) -> SigningKey:
    if not isinstance(key, SigningKey):
        raise PkiFault("The private key is neither EC nor RSA.")
    return key
