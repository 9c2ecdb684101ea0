"""A manufacturer: a root, signing certificates good and bad, and signatures over images."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_SINCE, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass(frozen=True)
class Signer:
    """A key and the certificate of it."""

    key: Key
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def sign(self, content: bytes, *, pkcs1: bool = False) -> str:
        """The signature in base64: ECDSA, RSA-PSS, or RSASSA-PKCS1-v1_5 if wanted."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            signed = self.key.sign(content, ec.ECDSA(hashes.SHA256()))
        elif pkcs1:
            signed = self.key.sign(content, padding.PKCS1v15(), hashes.SHA256())
        else:
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            signed = self.key.sign(content, pss, hashes.SHA256())
        return base64.b64encode(signed).decode()


@cache
def key(kind: str, number: int = 1) -> Key:
    """A key, the same for the whole run."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def _made(common: str, own: Key, by: Signer | None, *, ca: bool, until: datetime, signs: bool = True) -> Signer:
    issuer = _name(common) if by is None else by.certificate.subject
    usage = x509.KeyUsage(signs and not ca, False, False, False, not signs, ca, ca, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(own if by is None else by.key, hashes.SHA256())
    )
    return Signer(own, certificate)


@cache
def root(common: str = "Maker root") -> Signer:
    """A manufacturer's root."""
    return _made(common, key("ec", hash(common)), None, ca=True, until=_UNTIL)


@cache
def signer(kind: str = "ec", *, by: str = "Maker root", expired: bool = False, signs: bool = True) -> Signer:
    """A signing certificate of a manufacturer."""
    until = _SINCE + timedelta(days=30) if expired else _UNTIL
    return _made("Maker firmware", key(kind, 2), root(by), ca=False, until=until, signs=signs)


def revoked(*signers: Signer) -> bytes:
    """The manufacturer's list of revoked certificates."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(root().certificate.subject)
    builder = builder.last_update(_SINCE).next_update(_UNTIL)
    for one in signers:
        entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(_SINCE)
        builder = builder.add_revoked_certificate(entry.build())
    maker = root().key
    assert isinstance(maker, ec.EllipticCurvePrivateKey)
    return builder.sign(maker, hashes.SHA256()).public_bytes(Encoding.PEM)
