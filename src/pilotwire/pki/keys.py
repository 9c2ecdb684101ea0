"""Kinds of keys, and which of them are strong enough."""

from __future__ import annotations

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from pilotwire.pki.certificates import PkiFault

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

LEAST_RSA_BITS = 2048
"""A00.FR.502."""
LEAST_EC_BITS = 224
"""A00.FR.503."""


class KeyKind(StrEnum):
    """The keys a station makes. ISO 15118-2 wants P-256 and ISO 15118-20 P-521 for its own certificates."""

    EC_P256 = "EC-P256"
    EC_P384 = "EC-P384"
    EC_P521 = "EC-P521"
    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"

    @property
    def curve(self) -> ec.EllipticCurve | None:
        """The curve, None for RSA."""
        return _CURVES.get(self)

    @property
    def bits(self) -> int:
        """The size of the key in bits."""
        return int(self.value.removeprefix("EC-P").removeprefix("RSA-"))


_CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.EC_P256: ec.SECP256R1(),
    KeyKind.EC_P384: ec.SECP384R1(),
    KeyKind.EC_P521: ec.SECP521R1(),
}


def check_strength(key: CertificatePublicKeyTypes) -> None:
    """Raise PkiFault for a public key weaker than 112 bits of security, or of a kind not recommended (A00.FR.501 to A00.FR.504)."""
    if isinstance(key, rsa.RSAPublicKey):
        weak = key.key_size < LEAST_RSA_BITS
        what = f"an RSA key of {key.key_size} bits"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        weak = key.curve.key_size < LEAST_EC_BITS
        what = f"an elliptic curve key of {key.curve.key_size} bits"
    else:
        weak = not isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)
        what = "a key of a kind that is not recommended"
    if weak:
        raise PkiFault(f"{what[0].upper()}{what[1:]} is not strong enough.")
