"""Keys in a PKCS #11 token: made there, used there, never anywhere else. Needs the extra `pilotwire[pkcs11]`.

They sign requests for certificates, and whatever ISO 15118 wants signed; for security profile 3 OpenSSL's own provider takes them to
TLS (`openssl`), where it is installed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, cast

from cryptography.hazmat.primitives.serialization import load_der_public_key

from pilotwire.errors import ConfigError, StoreError
from pilotwire.pki import KeyKind, PublicKey
from pilotwire.station.keys import openssl
from pilotwire.station.keys.ports import KeyMissing

_LABEL = "pilotwire:"
"""With which the labels of our keys begin: nothing else in the token is touched."""
_CURVE_NAMES = {KeyKind.EC_P256: "secp256r1", KeyKind.EC_P384: "secp384r1", KeyKind.EC_P521: "secp521r1"}


@dataclass(frozen=True)
class TokenPlace:
    """Which token: the PKCS #11 library of its maker, the token's label, and the user's PIN.

    `provider` is the file of OpenSSL's PKCS #11 provider, empty for the one OpenSSL finds by itself.
    """

    library: str
    label: str
    pin: str = field(repr=False)
    provider: str = ""


class TokenKeys:
    """A `KeyStore` in a token. Raises `ConfigError` if there is no such library or token, or the PIN is not its own."""

    def __init__(self, place: TokenPlace) -> None:
        self._pkcs11 = _library_for_python()
        self._place = place
        self._lock = Lock()  # a session of a token does one thing at a time
        if not Path(place.library).exists():
            raise ConfigError(
                f"There is no PKCS #11 library {place.library}.",
                "Name the shared library that came with the token, such as /usr/lib/softhsm/libsofthsm2.so.",
            )
        try:
            library = self._pkcs11.lib(place.library)
            self._session = library.get_token(token_label=place.label).open(rw=True, user_pin=place.pin)
        except (self._pkcs11.PKCS11Error, RuntimeError) as error:
            raise ConfigError(
                f"The PKCS #11 token {place.label!r} cannot be opened: {_why(error)}.",
                "See that the token is there, has this label, and that the PIN is its user's.",
            ) from None

    def close(self) -> None:
        """Log out of the token."""
        self._session.close()

    def make_key(self, purpose: str, kind: KeyKind) -> str:
        """See `KeyStore.make_key`; the private half is sensitive and cannot be extracted."""
        key_id = f"{purpose}-{secrets.token_hex(8)}"
        named = {"id": key_id.encode(), "label": f"{_LABEL}{key_id}", "store": True}
        kept = {self._pkcs11.Attribute.SENSITIVE: True, self._pkcs11.Attribute.EXTRACTABLE: False}
        with self._explained("make a key"):
            self._generator(kind).generate_keypair(private_template=kept, **named)
        return key_id

    def _generator(self, kind: KeyKind) -> Any:
        """Who makes the pair. Domain parameters of a curve are public, and stay out of the token."""
        if kind.curve is None:
            return _RsaGenerator(self._session, self._pkcs11, kind.bits)
        from pkcs11.util.ec import encode_named_curve_parameters

        parameters = {self._pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE_NAMES[kind])}
        return self._session.create_domain_parameters(self._pkcs11.KeyType.EC, parameters, local=True)

    def public_key(self, key_id: str) -> PublicKey:
        """See `KeyStore.public_key`."""
        with self._explained("read a public key"):
            key = self._found(key_id, self._pkcs11.ObjectClass.PUBLIC_KEY)
            if key.key_type is self._pkcs11.KeyType.EC:
                from pkcs11.util.ec import encode_ec_public_key as encode
            else:
                from pkcs11.util.rsa import encode_rsa_public_key as encode_rsa

                return _public_rsa(encode_rsa(key))
            return cast(PublicKey, load_der_public_key(encode(key)))

    def sign(self, key_id: str, data: bytes) -> bytes:
        """See `KeyStore.sign`."""
        with self._explained("sign"):
            key = self._found(key_id, self._pkcs11.ObjectClass.PRIVATE_KEY)
            if key.key_type is not self._pkcs11.KeyType.EC:
                return bytes(key.sign(data, mechanism=self._pkcs11.Mechanism.SHA256_RSA_PKCS))
            from hashlib import sha256

            from pkcs11.util.ec import encode_ecdsa_signature

            raw = key.sign(sha256(data).digest(), mechanism=self._pkcs11.Mechanism.ECDSA)
            return bytes(encode_ecdsa_signature(raw))

    def delete(self, key_id: str) -> bool:
        """See `KeyStore.delete`."""
        with self._explained("delete a key"):
            halves = list(self._session.get_objects({self._pkcs11.Attribute.LABEL: f"{_LABEL}{key_id}"}))
            for half in halves:
                half.destroy()
            return bool(halves)

    def pem_for_tls(self, key_id: str) -> bytes:
        """See `KeyStore.pem_for_tls`: a PEM that names the key. Raises `ConfigError` where OpenSSL cannot use it in its token."""
        self.reach_by_tls()
        pem = openssl.pem_of(self._place.label, f"{_LABEL}{key_id}")
        with self._lock:
            openssl.check(pem)
        return pem

    def reach_by_tls(self) -> None:
        """Let the TLS of this process use the keys in here, from now on; raises `ConfigError` where it cannot."""
        place = self._place
        openssl.activate(openssl.ProviderPlace(place.library, place.pin, place.provider))

    def _found(self, key_id: str, kind: Any) -> Any:
        wanted = {self._pkcs11.Attribute.LABEL: f"{_LABEL}{key_id}", self._pkcs11.Attribute.CLASS: kind}
        found = list(self._session.get_objects(wanted))
        if not found:
            raise KeyMissing(
                f"The token {self._place.label!r} has no key {key_id}.",
                "Put the station's own token in, or have a new certificate made: trigger SignCertificate.",
            )
        return found[0]

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except self._pkcs11.PKCS11Error as error:
            raise StoreError(
                f"The PKCS #11 token {self._place.label!r} did not {done}: {_why(error)}.",
                "See that the token is there, has room, and knows this kind of key.",
            ) from None


@dataclass(frozen=True)
class _RsaGenerator:
    session: Any
    pkcs11: Any
    bits: int

    def generate_keypair(self, **how: Any) -> Any:
        return self.session.generate_keypair(self.pkcs11.KeyType.RSA, self.bits, **how)


def _public_rsa(pkcs1: bytes) -> PublicKey:
    """A key as RSAPublicKey (RFC 8017) is read as it is."""
    return cast(PublicKey, load_der_public_key(pkcs1))


def _library_for_python() -> Any:
    try:
        import pkcs11
    except ImportError:
        raise ConfigError(
            "Keys in a PKCS #11 token need the package python-pkcs11.", "Install it: pip install 'pilotwire[pkcs11]'."
        ) from None
    return pkcs11


def _why(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
