"""What a store of private keys does for a station. A key is made in the store and named by an id; it signs, and that is all it does."""

from __future__ import annotations

from typing import Protocol

from pilotwire.errors import StoreError
from pilotwire.pki import KeyKind, PublicKey


class KeyMissing(StoreError):
    """The store has no key of this id: it was deleted, or the token is another one."""


class KeyStore(Protocol):
    """See the module. All methods raise `StoreError` with a sentence if the store will not, and `KeyMissing` for an id it does not know.

    They may block for as long as a token needs (an RSA key: seconds); whoever calls them does so in a thread.
    """

    def make_key(self, purpose: str, kind: KeyKind) -> str:
        """Make a key pair. `purpose` (letters, digits, `-`) is for people who look into the store; returns the new key's id."""
        ...

    def public_key(self, key_id: str) -> PublicKey:
        """The public half."""
        ...

    def sign(self, key_id: str, data: bytes) -> bytes:
        """Sign bytes with SHA-256: ECDSA as DER, or RSA with the padding of PKCS #1 1.5."""
        ...

    def delete(self, key_id: str) -> bool:
        """Destroy a key for good; whether there was one."""
        ...

    def pem_for_tls(self, key_id: str) -> bytes:
        """A PEM by which the TLS of this process uses the private key: the key, or its name. Raises `ConfigError` where it cannot."""
        ...
