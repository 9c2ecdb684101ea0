"""Keys in a PKCS #11 token (an HSM, a smart card, a secure element): made there, used there, never anywhere else.

A station and a certificate authority keep their keys so. Needs the extra `pilotwire[pkcs11]`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final, cast

from cryptography.hazmat.primitives.serialization import load_der_public_key

from pilotwire.errors import ConfigError, StoreError
from pilotwire.pki import KeyKind, PublicKey

LABEL: Final = "pilotwire:"
"""With which the labels of our keys begin: nothing else in the token is touched."""
_CURVE_NAMES: Final = {KeyKind.EC_P256: "secp256r1", KeyKind.EC_P384: "secp384r1", KeyKind.EC_P521: "secp521r1"}


@dataclass(frozen=True)
class TokenPlace:
    """Which token: the PKCS #11 library of its maker, the token's label, and the user's PIN.

    `provider` is the file of OpenSSL's PKCS #11 provider, empty for the one OpenSSL finds by itself.
    """

    library: str
    label: str
    pin: str = field(repr=False)
    provider: str = ""


class KeyLost(StoreError):
    """The token has no key of this id."""


class Token:
    """A token that is open. Raises `ConfigError` if there is no such library or token, or the PIN is not its own.

    The methods raise `StoreError` with a sentence if the token will not, and `KeyLost` for an id it does not know. They may block for as
    long as the token needs (an RSA key: seconds), and may be called from several threads.
    """

    def __init__(self, place: TokenPlace) -> None:
        self._pkcs11 = _library_for_python()
        self.place = place
        self.lock = Lock()  # a session of a token does one thing at a time
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
        """Make a key pair, and tell its id; the private half is sensitive and cannot be extracted."""
        key_id = f"{purpose}-{secrets.token_hex(8)}"
        named = {"id": key_id.encode(), "label": f"{LABEL}{key_id}", "store": True}
        kept = {self._pkcs11.Attribute.SENSITIVE: True, self._pkcs11.Attribute.EXTRACTABLE: False}
        with self._explained("make a key"):
            self._generator(kind).generate_keypair(private_template=kept, **named)
        return key_id

    def public_key(self, key_id: str) -> PublicKey:
        """The public half."""
        with self._explained("read a public key"):
            key = self._found(key_id, self._pkcs11.ObjectClass.PUBLIC_KEY)
            if key.key_type is self._pkcs11.KeyType.EC:
                from pkcs11.util.ec import encode_ec_public_key as encode
            else:
                from pkcs11.util.rsa import encode_rsa_public_key as encode
            return cast(PublicKey, load_der_public_key(encode(key)))

    def sign(self, key_id: str, data: bytes, digest: str = "SHA256", *, pss: bool = False) -> bytes:
        """Sign bytes with a hash: ECDSA as DER (RFC 3279), or RSA with the padding of PKCS #1 1.5.

        `pss`: with RSA-PSS instead, the salt as long as the hash.
        """
        with self._explained("sign"):
            key = self._found(key_id, self._pkcs11.ObjectClass.PRIVATE_KEY)
            if key.key_type is self._pkcs11.KeyType.EC:
                from pkcs11.util.ec import encode_ecdsa_signature

                hashed = hashlib.new(digest, data).digest()
                return bytes(encode_ecdsa_signature(key.sign(hashed, mechanism=self._pkcs11.Mechanism.ECDSA)))
            return bytes(key.sign(data, **self._rsa_way(digest, pss=pss)))

    def delete(self, key_id: str) -> bool:
        """Destroy a key for good; whether there was one."""
        with self._explained("delete a key"):
            halves = list(self._session.get_objects({self._pkcs11.Attribute.LABEL: f"{LABEL}{key_id}"}))
            for half in halves:
                half.destroy()
            return bool(halves)

    def _rsa_way(self, digest: str, *, pss: bool) -> dict[str, Any]:
        mechanisms = self._pkcs11.Mechanism
        if not pss:
            return {"mechanism": mechanisms[f"{digest}_RSA_PKCS"]}
        how = (mechanisms[digest], self._pkcs11.MGF[digest], hashlib.new(digest).digest_size)
        return {"mechanism": mechanisms[f"{digest}_RSA_PKCS_PSS"], "mechanism_param": how}

    def _generator(self, kind: KeyKind) -> Any:
        """Who makes the pair. Domain parameters of a curve are public, and stay out of the token."""
        if kind.curve is None:
            return _RsaGenerator(self._session, self._pkcs11, kind.bits)
        from pkcs11.util.ec import encode_named_curve_parameters

        parameters = {self._pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE_NAMES[kind])}
        return self._session.create_domain_parameters(self._pkcs11.KeyType.EC, parameters, local=True)

    def _found(self, key_id: str, kind: Any) -> Any:
        wanted = {self._pkcs11.Attribute.LABEL: f"{LABEL}{key_id}", self._pkcs11.Attribute.CLASS: kind}
        found = list(self._session.get_objects(wanted))
        if not found:
            raise KeyLost(f"The token {self.place.label!r} has no key {key_id}.", "Put the token in that has it.")
        return found[0]

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            with self.lock:
                yield
        except self._pkcs11.PKCS11Error as error:
            raise StoreError(
                f"The PKCS #11 token {self.place.label!r} did not {done}: {_why(error)}.",
                "See that the token is there, has room, and knows this kind of key.",
            ) from None


@dataclass(frozen=True)
class _RsaGenerator:
    session: Any
    pkcs11: Any
    bits: int

    def generate_keypair(self, **how: Any) -> Any:
        return self.session.generate_keypair(self.pkcs11.KeyType.RSA, self.bits, **how)


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
