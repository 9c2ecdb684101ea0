"""The hashes that name a certificate, as OCSP names it (RFC 6960, 4.1.1; OCPP CertificateHashDataType)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pilotwire.pki.certificates import Certificate, PkiFault


@dataclass(frozen=True, slots=True)
class Hashes:
    """All in lower-case hexadecimal; the serial number without leading zeros."""

    issuer_name: str
    issuer_key: str
    serial_number: str


def hashes_of(certificate: Certificate, issuer: Certificate, algorithm: str = "SHA256") -> Hashes:
    """The hashes of a certificate that `issuer` has issued; `algorithm` is SHA256, SHA384 or SHA512.

    The key is hashed as the bits of the issuer's public key, without tag, length and algorithm.
    """
    digest = getattr(hashlib, algorithm.lower())
    return Hashes(
        issuer_name=digest(certificate.issuer.public_bytes()).hexdigest(),
        issuer_key=digest(_bits_of_key(issuer)).hexdigest(),
        serial_number=f"{certificate.serial_number:x}",
    )


def hashes_of_issuer(issuer: Certificate, algorithm: str = "SHA256") -> tuple[bytes, bytes]:
    """The hashes of an issuer's name and key; `algorithm` is SHA1, SHA256, SHA384 or SHA512."""
    digest = getattr(hashlib, algorithm.lower())
    return digest(issuer.subject.public_bytes()).digest(), digest(_bits_of_key(issuer)).digest()


def _bits_of_key(issuer: Certificate) -> bytes:
    key = issuer.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    try:
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)  # Ed25519, Ed448
    except Exception:
        raise PkiFault("The issuer's key is of a kind that cannot be hashed.") from None
