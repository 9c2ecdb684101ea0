"""With which algorithms messages are signed, and signatures as bytes: r and s side by side, not DER."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pilotwire.errors import MisuseError
from pilotwire.pki.keys import key_words

SigningKey = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey
"""A key in memory, or one that stands for a key in a token (`pilotwire.pki.held`)."""
VerifyingKey = ec.EllipticCurvePublicKey | ed448.Ed448PublicKey


@dataclass(frozen=True, slots=True)
class Suite:
    """A signature algorithm and the hash of the references. `curve` None: Ed448, which hashes by itself. `hash` as in `hashlib`."""

    name: str
    method: str
    digest_method: str
    hash: str
    curve: ec.EllipticCurve | None
    length: int
    """Bytes of a signature."""

    def digest(self, fragment: bytes) -> bytes:
        """The hash of a signed element's EXI fragment."""
        return hashlib.new(self.hash, fragment).digest()

    def fits(self, key: object) -> bool:
        """Whether a public key is one for this suite."""
        if self.curve is None:
            return isinstance(key, ed448.Ed448PublicKey)
        return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == self.curve.name

    def sign(self, key: SigningKey, data: bytes) -> bytes:
        """The signature of bytes: r and s, each as long as the curve's order, or that of Ed448."""
        if isinstance(key, ed448.Ed448PrivateKey):
            return key.sign(data)
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(self._ecdsa_hash())))
        half = self.length // 2
        return r.to_bytes(half, "big") + s.to_bytes(half, "big")

    def is_good(self, key: VerifyingKey, signature: bytes, data: bytes) -> bool:
        """Whether a signature of the right length is that of these bytes, by a key that `fits`."""
        try:
            if isinstance(key, ed448.Ed448PublicKey):
                key.verify(signature, data)
            else:
                half = self.length // 2
                r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
                key.verify(encode_dss_signature(r, s), data, ec.ECDSA(self._ecdsa_hash()))
        except InvalidSignature:
            return False
        return True

    def _ecdsa_hash(self) -> hashes.HashAlgorithm:
        return hashes.SHA256() if self.hash == "sha256" else hashes.SHA512()


_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
ECDSA_SHA256: Final = Suite(
    "ECDSA P-256, SHA-256", f"{_MORE}ecdsa-sha256", f"{_ENC}sha256", "sha256", ec.SECP256R1(), 64
)
ECDSA_SHA512: Final = Suite(
    "ECDSA P-521, SHA-512", f"{_MORE}ecdsa-sha512", f"{_ENC}sha512", "sha512", ec.SECP521R1(), 132
)
ED448: Final = Suite(
    "Ed448", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", f"{_ENC}sha512", "sha512", None, 114
)
"""Its name is that of RFC 9231. References are hashed with SHA-512: SHAKE256 has no registered name as a digest of XML signatures."""

ISO2_SUITES: Final = (ECDSA_SHA256,)
ISO20_SUITES: Final = (ECDSA_SHA512, ED448)
ISO20_TEST_SUITES: Final = (*ISO20_SUITES, ECDSA_SHA256)
"""Test benches of -20 often have keys on P-256; the standard does not."""


def suite_for(key: object, suites: tuple[Suite, ...]) -> Suite:
    """The suite for a public key of ours. Raises MisuseError if none of `suites` fits it."""
    for suite in suites:
        if suite.fits(key):
            return suite
    wanted = " or ".join(each.name for each in suites)
    raise MisuseError(f"A key of {key_words(key)} cannot sign here: {wanted} is needed.", "Sign with another key.")


def is_der(signature: bytes) -> bool:
    """Whether bytes look like the DER form of an ECDSA signature."""
    try:
        decode_dss_signature(signature)
    except ValueError:
        return False
    return True
