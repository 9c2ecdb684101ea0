"""Certificates of every kind, right and wrong, made with the library itself and not by our issuing room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_CURVES = {"P256": ec.SECP256R1(), "P384": ec.SECP384R1(), "P521": ec.SECP521R1(), "P192": ec.SECP192R1()}
_BITS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@cache
def key(name: str, kind: str = "P256") -> Any:
    """The key of somebody, the same for the whole run."""
    if kind.startswith("RSA"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind[3:]))
    return ec.generate_private_key(_CURVES[kind])


def subject(common: str, domain: str = "") -> x509.Name:
    """A subject of the tests."""
    parts = [(NameOID.ORGANIZATION_NAME, "Volta"), (NameOID.COMMON_NAME, common)]
    if domain:
        parts.append((NameOID.DOMAIN_COMPONENT, domain))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def usage(*bits: str) -> x509.KeyUsage:
    """A keyUsage of these bits."""
    return x509.KeyUsage(**{each: each in bits for each in _BITS})


@dataclass(frozen=True)
class Wish:
    """A certificate to be forged. `key` "" is the name's own; `ca` None leaves basicConstraints out; `days` from NOW."""

    name: str
    key: str = ""
    kind: str = "P256"
    ca: bool | None = True
    path_length: int | None = None
    since: float = -100
    until: float = 1000
    usage: tuple[str, ...] | None = ()
    extended: tuple[x509.ObjectIdentifier, ...] = ()
    hosts: Sequence[x509.GeneralName] = ()
    domain: str = ""
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    ids: bool = True


@dataclass(frozen=True)
class Forger:
    """Who signs: a certificate and its key."""

    certificate: x509.Certificate
    key: Any = field(repr=False)

    def signs(self, wish: Wish) -> Forger:
        """A certificate under this one."""
        own = key(wish.key or wish.name, wish.kind)
        return Forger(_made(wish, own, self.certificate.subject, self.key, self.certificate), own)

    def leaf(self, name: str = "leaf", **how: Any) -> x509.Certificate:
        """The certificate of somebody who is no CA."""
        return self.signs(Wish(name, ca=False, **({"usage": ("digital_signature",), "until": 365} | how))).certificate


def root(name: str = "root", **how: Any) -> Forger:
    """One who signs himself."""
    wish = Wish(name, **({"until": 3000} | how))
    own = key(wish.key or name, wish.kind)
    return Forger(_made(wish, own, subject(name, wish.domain), own, None), own)


def _made(wish: Wish, own: Any, issuer: x509.Name, signer: Any, above: x509.Certificate | None) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(wish.name, wish.domain))
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + wish.since * DAY)
        .not_valid_after(NOW + wish.until * DAY)
    )
    for extension, critical in _extensions(wish, own, signer):
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())


def _extensions(wish: Wish, own: Any, signer: Any) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = list(wish.more)
    bits = wish.usage if wish.usage != () else ("key_cert_sign", "crl_sign")
    if wish.ca is not None:
        found.append((x509.BasicConstraints(wish.ca, wish.path_length if wish.ca else None), True))
    if bits is not None:
        found.append((usage(*bits), True))
    if wish.extended:
        found.append((x509.ExtendedKeyUsage(wish.extended), False))
    if wish.hosts:
        found.append((x509.SubjectAlternativeName(wish.hosts), False))
    if wish.ids:
        found.append((x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False))
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False))
    return found


def altered(certificate: x509.Certificate) -> x509.Certificate:
    """The same with one bit of its signature flipped."""
    from cryptography.hazmat.primitives.serialization import Encoding

    der = bytearray(certificate.public_bytes(Encoding.DER))
    der[-3] ^= 1
    return x509.load_der_x509_certificate(bytes(der))
