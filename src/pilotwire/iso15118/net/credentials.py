"""Who one is in TLS: a certificate with its sub-CAs and the key, and the curves that are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.hashes import SHA1

from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.hello import TLS12, TLS13, ClientHello
from pilotwire.pki import Certificate, PkiFault, SigningKey, read_certificates, read_key
from pilotwire.pki.certificates import is_self_signed
from pilotwire.pki.keys import key_words

PrivateKey = SigningKey | ed448.Ed448PrivateKey
"""A private key in memory; Ed448 is the alternative curve of ISO 15118-20."""
Staple = Callable[[], bytes]
"""Gives the OCSP response (DER) for the certificate that is shown, b"" for none; asked at each handshake, must not wait."""

_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    each.name: each for each in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate with its sub-CAs (own first, without the root, which is never sent), and its key.

    `staple` only for a station: see `Staple`. `root`: what the chain leads to, if it was given with the chain. Raises ConfigError if the
    key is not that of the certificate, or there is none.
    """

    chain: tuple[Certificate, ...]
    key: PrivateKey = field(repr=False)
    staple: Staple | None = None
    root: Certificate | None = None

    def __post_init__(self) -> None:
        if not self.chain:
            raise ConfigError("There is no certificate to show.", "Give the certificate, then its sub-CAs.")
        if self.key.public_key() != self.chain[0].public_key():
            named = self.chain[0].subject.rfc4514_string()
            what = f"The key is not that of the first certificate, {named}."
            raise ConfigError(what, "Give the key that belongs to it; the chain begins with one's own certificate.")
        roots = [each for each in self.chain[1:] if is_self_signed(each)]
        if roots:
            object.__setattr__(self, "chain", tuple(each for each in self.chain if each not in roots))
            object.__setattr__(self, "root", self.root or roots[0])

    def leads_to(self, hello: ClientHello) -> bool:
        """Whether the vehicle says that it has the root of this chain (`trusted_ca_keys`, `certificate_authorities`)."""
        if self.root is not None and self.root.fingerprint(SHA1()) in hello.trusted_roots:
            return True
        return self.chain[-1].issuer.public_bytes() in hello.authorities

    @classmethod
    def from_pem(cls, chain: str, key: str, password: bytes | None = None, staple: Staple | None = None) -> Self:
        """From PEM texts. Raises ConfigError for what cannot be read."""
        try:
            return cls(tuple(read_certificates(chain)), _read_key(key, password), staple)
        except PkiFault as fault:
            raise ConfigError(fault.what, fault.remedy) from None

    @classmethod
    def from_files(cls, chain: Path, key: Path, password: bytes | None = None, staple: Staple | None = None) -> Self:
        """From PEM files. Raises ConfigError for what cannot be read."""
        try:
            texts = [path.read_text("ascii") for path in (chain, key)]
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The certificate or its key cannot be read: {error}.", "They are PEM files.") from None
        try:
            return cls.from_pem(texts[0], texts[1], password, staple)
        except ConfigError as error:
            raise ConfigError(f"{chain}, {key}: {error.what}", error.remedy) from None


def _read_key(pem: str, password: bytes | None) -> PrivateKey:
    """As `pki.read_key`, and Ed448 as well."""
    try:
        found = serialization.load_pem_private_key(pem.encode("ascii", "replace"), password)
    except Exception:  # the other reader has the words for it
        return read_key(pem, password)
    return found if isinstance(found, ed448.Ed448PrivateKey) else read_key(pem, password)


def curve_of(certificate: Certificate) -> str:
    """The name of the curve of a certificate's key as in RFC 8446 ("secp521r1", "ed448"), "" for another kind of key."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    return "ed448" if isinstance(key, ed448.Ed448PublicKey) else ""


@dataclass(frozen=True, slots=True)
class Curves:
    """The curves taken: `agree` those of the key agreement, `keys` those of the peer's certificate. Empty: any.

    OpenSSL can be told one curve of agreement per context: several, or one it has no name for here, leave it OpenSSL's own choice.
    """

    agree: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    @property
    def only(self) -> ec.EllipticCurve | None:
        """The one curve of agreement, None if it is not one."""
        return _CURVES.get(next(iter(self.agree))) if len(self.agree) == 1 else None

    def flaw(self, certificate: Certificate) -> str:
        """What is wrong with the key of a peer's certificate, a sentence; "" if nothing is."""
        if not self.keys or curve_of(certificate) in self.keys:
            return ""
        wanted = " or ".join(sorted(self.keys))
        return f"Its key is {key_words(certificate.public_key())}, and {wanted} is wanted."


@dataclass(frozen=True, slots=True)
class CurvePolicy:
    """The curves for TLS 1.2 (ISO 15118-2) and TLS 1.3 (ISO 15118-20)."""

    iso2: Curves
    iso20: Curves

    def of(self, version: int) -> Curves:
        """The curves for a version of TLS."""
        return {TLS12: self.iso2, TLS13: self.iso20}[version]


STANDARD: Final = CurvePolicy(
    Curves(frozenset({"secp256r1"}), frozenset({"secp256r1"})),
    Curves(frozenset({"secp521r1"}), frozenset({"secp521r1", "ed448"})),
)
"""As the standards want it. X448 is left out: with it OpenSSL could not be kept to the two."""
LAB: Final = CurvePolicy(Curves(), Curves())
"""Any curve: the test PKIs of the common stacks are secp256r1 for ISO 15118-20 too."""
