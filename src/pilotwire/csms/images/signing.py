"""Signatures over firmware: SHA-256 over the whole file (L01.FR.04, L01.FR.09; 1.6 security whitepaper).

RSA keys sign by RSA-PSS, as the standard says. It names ECSchnorr for elliptic curves, which no common library has and no station is
known to want: EC keys sign by ECDSA. A signature that was made elsewhere may also be RSASSA-PKCS1-v1_5, which stations in the field use.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from pilotwire.csms.registers.firmware import Signature
from pilotwire.errors import ConfigError, PilotwireError

PSS, PKCS1, ECDSA = "RSA-PSS", "RSASSA-PKCS1-v1_5", "ECDSA"
LONGEST_SIGNATURE: Final = 800
LONGEST_CERTIFICATE: Final = 5500
"""Characters that fit the fields of FirmwareType."""
_SHA256 = Prehashed(hashes.SHA256())
_ROOM = "UpdateFirmware has room for {} characters."


class NotGenuine(PilotwireError):
    """A signature or its certificate does not prove the image."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs images with the key of the operator."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: str

    def sign(self, digest: bytes) -> Signature:
        """The signature over a file whose SHA-256 is `digest`."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            signed, scheme = self.key.sign(digest, pss, _SHA256), PSS
        else:
            signed, scheme = self.key.sign(digest, ec.ECDSA(_SHA256)), ECDSA
        return Signature(
            signature=base64.b64encode(signed).decode(), certificate=self.certificate, scheme=scheme, ours=True
        )


def load_signer(key_path: str, certificate_path: str) -> Signer | None:
    """The signer of the settings, None if neither is set. Raises ConfigError if they cannot be used or do not belong together."""
    if not key_path and not certificate_path:
        return None
    if not key_path or not certificate_path:
        raise ConfigError(
            "Firmware is signed with a key and its certificate, but only one of them is set.",
            "Set both firmware_signing_key and firmware_signing_certificate, or neither.",
        )
    try:
        key = serialization.load_pem_private_key(_read(key_path), None)
        certificate = x509.load_pem_x509_certificate(_read(certificate_path))
    except (ValueError, TypeError) as error:
        what = f"The firmware signing key {key_path} or its certificate {certificate_path} cannot be read: {error}."
        raise ConfigError(what, "Give both as PEM, the key without a password.") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigError(f"The firmware signing key {key_path} is neither RSA nor EC.", "Use one of these.")
    if _bytes(key.public_key()) != _bytes(certificate.public_key()):
        what = f"The certificate {certificate_path} is not of the key {key_path}."
        raise ConfigError(what, "Set the two that belong together.")
    return Signer(key, certificate.public_bytes(serialization.Encoding.PEM).decode())


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", "Check the path and who may read it.") from None


def _bytes(key: object) -> bytes:
    kind, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(kind, form)  # type: ignore[attr-defined,no-any-return]


def checked(digest: bytes, signature: str, certificate: str, now: datetime) -> Signature:
    """The signature somebody gave with an image. Raises NotGenuine with a sentence if it does not prove a file with this SHA-256."""
    for what, text, room in (
        ("signature", signature, LONGEST_SIGNATURE),
        ("certificate", certificate, LONGEST_CERTIFICATE),
    ):
        if len(text) > room:
            raise NotGenuine(f"The {what} has {len(text)} characters.", _ROOM.format(room))
    loaded = _certificate(certificate, now)
    scheme = _scheme(loaded, _decoded(signature), digest)
    return Signature(signature=signature, certificate=certificate, scheme=scheme)


def _certificate(text: str, now: datetime) -> x509.Certificate:
    try:
        loaded = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise NotGenuine("The signing certificate is not a certificate in PEM.", "Send the PEM text of it.") from None
    if not loaded.not_valid_before_utc <= now <= loaded.not_valid_after_utc:
        span = f"from {loaded.not_valid_before_utc:%Y-%m-%d} to {loaded.not_valid_after_utc:%Y-%m-%d}"
        raise NotGenuine(f"The signing certificate is valid {span}, not now.", "Sign with a valid one.")
    return loaded


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise NotGenuine("The signature is not base64.", "Encode the bytes of the signature in base64.") from None


def _scheme(certificate: x509.Certificate, signature: bytes, digest: bytes) -> str:
    key = certificate.public_key()
    tries: list[tuple[str, Callable[[], None]]] = []
    if isinstance(key, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        tries = [
            (PSS, lambda: key.verify(signature, digest, pss, _SHA256)),
            (PKCS1, lambda: key.verify(signature, digest, padding.PKCS1v15(), _SHA256)),
        ]
    elif isinstance(key, ec.EllipticCurvePublicKey):
        tries = [(ECDSA, lambda: key.verify(signature, digest, ec.ECDSA(_SHA256)))]
    else:
        raise NotGenuine("The key of the signing certificate is neither RSA nor EC.", "Sign with one of these.")
    for scheme, verify in tries:
        try:
            verify()
        except InvalidSignature:
            continue
        return scheme
    raise NotGenuine(
        "The signature is not one of this image by the key of the certificate.",
        f"Sign the SHA-256 of the very file by {' or '.join(scheme for scheme, _ in tries)}.",
    )
