"""Kinds of keys, which of them are strong enough, and private keys as PEM text, with a password or without."""

from __future__ import annotations

from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from pilotwire.pki.certificates import PkiFault

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""A private key: in memory, or standing for one that is elsewhere (`requests.held`)."""

_CONVERT = "Give PKCS #8 in PEM: `openssl pkcs8 -topk8 -in KEY -out KEY.pem`."
LEAST_RSA_BITS = 2048
"""A00.FR.502."""
LEAST_EC_BITS = 224
"""A00.FR.503."""
WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1"})
"""With which nothing may be signed any more (A00.FR.504), by their names in `cryptography`."""


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


def kind_of(key: object) -> KeyKind | None:
    """The kind of a public key, None for one that is no `KeyKind` (a weak one, another curve, Ed25519)."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return next((kind for kind, curve in _CURVES.items() if curve.name == key.curve.name), None)
    if isinstance(key, rsa.RSAPublicKey):
        return next((kind for kind in KeyKind if kind.curve is None and kind.bits == key.key_size), None)
    return None


def key_words(key: object) -> str:
    """A public key in words: "EC P-256", "RSA 2048", "Ed25519"."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        kind = kind_of(key)
        return f"EC P-{kind.bits}" if kind else f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey")


def new_key(kind: KeyKind) -> SigningKey:
    """A new private key in memory. RSA takes a second or more."""
    curve = kind.curve
    if curve is None:
        return rsa.generate_private_key(public_exponent=65537, key_size=kind.bits)
    return ec.generate_private_key(curve)


def write_key(key: SigningKey, password: bytes | None = None) -> bytes:
    """A private key as PEM (PKCS #8), encrypted if there is a password. Raises PkiFault for an empty one."""
    if password is not None and not password:
        raise PkiFault("The password of a key is empty.", "Give a password, or none at all.")
    lock: serialization.KeySerializationEncryption = (
        serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def read_key(pem: bytes | str, password: bytes | None = None) -> SigningKey:
    """The private key in PEM text (PKCS #8, or the older forms of OpenSSL).

    A password that is not needed is not looked at. Raises PkiFault: it is encrypted and no password is given; the password is wrong; it is
    no private key; it is of another kind than EC or RSA.
    """
    content = pem.encode("utf-8", "replace") if isinstance(pem, str) else pem
    try:
        found = _loaded(content, password)
    except UnsupportedAlgorithm as error:
        raise PkiFault(f"The private key is written in a way that is not known here: {error}.", _CONVERT) from None
    if not isinstance(found, SigningKey):
        kind = type(found).__name__.strip("_").removesuffix("PrivateKey")
        raise PkiFault(f"The private key is of another kind ({kind}) than EC or RSA.", "Make an EC or RSA key.")
    return found


def _loaded(content: bytes, password: bytes | None) -> object:
    try:
        return serialization.load_pem_private_key(content, None)
    except ValueError as error:
        raise PkiFault(f"This is no private key in PEM: {error}.", _CONVERT) from None
    except TypeError:  # it is encrypted
        pass
    if not password:
        raise PkiFault("The private key is encrypted, and no password is given.", "Give the password of the key.")
    try:
        return serialization.load_pem_private_key(content, password)
    except ValueError:
        raise PkiFault("The password of the private key is wrong.", "Give the one it was encrypted with.") from None
