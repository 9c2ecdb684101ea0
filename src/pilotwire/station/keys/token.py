"""A station's keys in a PKCS #11 token (`pilotwire.tokens`). Needs the extra `pilotwire[pkcs11]`.

They sign requests for certificates, and whatever ISO 15118 wants signed; for security profile 3 OpenSSL's own provider takes them to
TLS (`openssl`), where it is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pilotwire.pki import PublicKey
from pilotwire.station.keys import openssl
from pilotwire.station.keys.ports import KeyMissing
from pilotwire.tokens import LABEL, KeyLost, Token, TokenPlace

__all__ = ["TokenKeys", "TokenPlace"]


class TokenKeys(Token):
    """A `KeyStore` in a token. Raises `ConfigError` if there is no such library or token, or the PIN is not its own."""

    def public_key(self, key_id: str) -> PublicKey:
        """See `KeyStore.public_key`."""
        with _of_a_station():
            return super().public_key(key_id)

    def sign(self, key_id: str, data: bytes, digest: str = "SHA256", *, pss: bool = False) -> bytes:
        """See `KeyStore.sign`."""
        with _of_a_station():
            return super().sign(key_id, data, digest, pss=pss)

    def pem_for_tls(self, key_id: str) -> bytes:
        """See `KeyStore.pem_for_tls`: a PEM that names the key. Raises `ConfigError` where OpenSSL cannot use it in its token."""
        self.reach_by_tls()
        pem = openssl.pem_of(self.place.label, f"{LABEL}{key_id}")
        with self.lock:
            openssl.check(pem)
        return pem

    def reach_by_tls(self) -> None:
        """Let the TLS of this process use the keys in here, from now on; raises `ConfigError` where it cannot."""
        place = self.place
        openssl.activate(openssl.ProviderPlace(place.library, place.pin, place.provider))


@contextmanager
def _of_a_station() -> Iterator[None]:
    try:
        yield
    except KeyLost as lost:
        remedy = "Put the station's own token in, or have a new certificate made: trigger SignCertificate."
        raise KeyMissing(lost.what, remedy) from None
