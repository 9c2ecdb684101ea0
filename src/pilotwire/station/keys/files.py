"""Keys in the station's own files, readable by their owner alone (A02.FR.05: they do not leave the station)."""

from __future__ import annotations

import secrets
from typing import cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pilotwire.pki import KeyKind, PublicKey
from pilotwire.station.files import Files
from pilotwire.station.keys.ports import KeyMissing

_FOLDER = "keys"
_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class FileKeys:
    """A `KeyStore` of one PEM file for each key, not encrypted: the station must start without anybody there."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def make_key(self, purpose: str, kind: KeyKind) -> str:
        """See `KeyStore.make_key`."""
        curve = kind.curve
        key: _PrivateKey = (
            rsa.generate_private_key(public_exponent=65537, key_size=kind.bits)
            if curve is None
            else ec.generate_private_key(curve)
        )
        key_id = f"{purpose}-{secrets.token_hex(8)}"
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._files.write(_name(key_id), pem)
        return key_id

    def public_key(self, key_id: str) -> PublicKey:
        """See `KeyStore.public_key`."""
        return self._key(key_id).public_key()

    def sign(self, key_id: str, data: bytes) -> bytes:
        """See `KeyStore.sign`."""
        key = self._key(key_id)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(hashes.SHA256()))
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def delete(self, key_id: str) -> bool:
        """See `KeyStore.delete`."""
        return self._files.delete(_name(key_id))

    def pem_for_tls(self, key_id: str) -> bytes:
        """See `KeyStore.pem_for_tls`."""
        pem = self._files.read(_name(key_id))
        if pem is None:
            raise KeyMissing(f"There is no key {key_id}.", "Have a new certificate made: trigger SignCertificate.")
        return pem

    def _key(self, key_id: str) -> _PrivateKey:
        try:
            return cast(_PrivateKey, serialization.load_pem_private_key(self.pem_for_tls(key_id), None))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            remedy = "Have a new certificate made: trigger SignCertificate."
            raise KeyMissing(f"The file of the key {key_id} cannot be read: {error}.", remedy) from None


def _name(key_id: str) -> str:
    return f"{_FOLDER}/{key_id}.pem"
