"""Where the private keys of a certificate authority are: in files encrypted with a password, or in a PKCS #11 token."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Final

from pilotwire.ca.files import make_folder, read_bytes, write_whole
from pilotwire.errors import ConfigError
from pilotwire.pki import KeyKind
from pilotwire.pki.keys import SigningKey, new_key, read_key, write_key
from pilotwire.pki.requests import Way, held
from pilotwire.tokens import Token, TokenPlace

_FILE: Final = "file:"
_TOKEN: Final = "token:"


@dataclass(frozen=True)
class Secrets:
    """What opens the keys: asked for when a key is needed, and not before. Both raise ConfigError where nobody can tell them."""

    password: Callable[[], str] = field(repr=False)
    pin: Callable[[], str] = field(repr=False)


class Safe:
    """Keys are named by references, which are kept in the register.

    `token` is the library and the label of the token, ("", "") for none.
    """

    def __init__(self, folder: Path, told: Secrets, token: tuple[str, str] = ("", "")) -> None:
        self._folder = folder
        self._told = told
        self._place = token
        self._token: Token | None = None
        self._open: dict[str, SigningKey] = {}
        self._lock = RLock()

    def close(self) -> None:
        """Forget the keys, and log out of the token."""
        self._open.clear()
        if self._token is not None:
            self._token.close()

    @property
    def in_token(self) -> bool:
        """Whether the keys of CAs are made in a token."""
        return bool(self._place[0])

    def make(self, purpose: str, kind: KeyKind) -> str:
        """A new key for a CA, in the token if there is one; its reference."""
        if self.in_token:
            return f"{_TOKEN}{self._opened_token().make_key(purpose, kind)}"
        return self.keep(purpose, new_key(kind))

    def keep(self, purpose: str, key: SigningKey) -> str:
        """Keep a key that was made elsewhere in an encrypted file; its reference. It is on disk when this returns."""
        make_folder(self._folder)
        self._check_password()
        name = f"{purpose}-{secrets.token_hex(8)}"
        write_whole(self._folder / f"{name}.pem", write_key(key, self.password()))
        return f"{_FILE}{name}"

    def open(self, reference: str) -> SigningKey:
        """The key of a reference. Raises PkiFault for a wrong password, StoreError or ConfigError if it cannot be had."""
        with self._lock:
            if reference not in self._open:
                self._open[reference] = self._found(reference)
            return self._open[reference]

    def file_of(self, reference: str) -> Path:
        """The encrypted file of a key that is in one. Raises ConfigError for a key in a token."""
        if not reference.startswith(_FILE):
            raise ConfigError("This key is in a token, not in a file.")
        return self._file(reference)

    def password(self) -> bytes:
        """The password of the files."""
        return self._told.password().encode()

    def _found(self, reference: str) -> SigningKey:
        if reference.startswith(_FILE):
            return read_key(read_bytes(self._file(reference)), self.password())
        token, key_id = self._opened_token(), reference.removeprefix(_TOKEN)

        def sign(data: bytes, way: Way) -> bytes:
            return token.sign(key_id, data, way.digest, pss=way.pss)

        return held(token.public_key(key_id), sign)

    def _check_password(self) -> None:
        """Raise PkiFault for a password that is not the one of the keys that are there."""
        there = next(iter(sorted(self._folder.glob("*.pem"))), None)
        if there is not None:
            self.open(f"{_FILE}{there.stem}")

    def _file(self, reference: str) -> Path:
        return self._folder / f"{reference.removeprefix(_FILE)}.pem"

    def _opened_token(self) -> Token:
        library, label = self._place
        if not library:
            raise ConfigError(
                "This authority has no token.", "Name one when it is made: pilotwire pki init --token-library."
            )
        with self._lock:
            if self._token is None:
                self._token = Token(TokenPlace(library, label, self._told.pin()))
            return self._token


def told(password: str = "", pin: str = "") -> Secrets:
    """Secrets that are known already."""
    return Secrets(partial(str, password), partial(str, pin))
