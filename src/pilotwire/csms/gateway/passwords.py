"""Passwords of stations: how they are kept, and how one is checked when a station connects (A00.FR.207; J16:6.2.2).

Kept as text: `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, salt and key in URL-safe base64 without padding; the key is the 32 bytes that
scrypt (RFC 7914) makes of the UTF-8 password. The parameters are part of the text, so they can be raised without touching what is
stored. The cost is chosen for machines: a station's password is random and has at least 16 characters (A00.FR.205), and thousands
of stations connect at once after an outage.

A 1.6 `AuthorizationKey` is set as hexadecimal text but is often presented as the bytes it stands for (J16:6.2.2). So hexadecimal text
of 32 to 40 digits is kept in lower case, and 16 to 20 bytes that fit as they are or as hexadecimal text are both right.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pilotwire.errors import ConfigError

_LOG2_N, _R, _P, _KEY_BYTES, _SALT_BYTES = 10, 8, 1, 32, 16
_HIGHEST_LOG2_N: Final = 20
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]{32,40}")
_MEMORY: Final = 256 * 1024 * 1024


def hash_password(password: str | bytes, *, salt: bytes | None = None, log2_n: int = _LOG2_N) -> str:
    """The text to keep for a password; `salt` is 16 random bytes unless given. Takes about 3 ms, twice that for each `log2_n` more."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    key = _scrypt(_canonical(password), salt, log2_n, _R, _P)
    return f"scrypt${log2_n}${_R}${_P}${_encode(salt)}${_encode(key)}"


def verify_password(password: str | bytes, kept: str) -> bool:
    """Whether this is the password behind a kept text; `password` is what was presented. Compared in constant time.

    Raises ConfigError if the text is none that `hash_password` makes.
    """
    log2_n, r, p, salt, key = _parse(kept)
    return any(hmac.compare_digest(_scrypt(form, salt, log2_n, r, p), key) for form in _forms(password))


def _forms(presented: str | bytes) -> list[bytes]:
    secret = _canonical(presented)
    return [secret, secret.hex().encode()] if 16 <= len(secret) <= 20 else [secret]


def _canonical(password: str | bytes) -> bytes:
    secret = password.encode("utf-8", "surrogateescape") if isinstance(password, str) else password
    return secret.lower() if _HEXADECIMAL.fullmatch(secret) else secret


def _parse(kept: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        scheme, log2_n, r, p, salt, key = kept.split("$")
        parsed = int(log2_n), int(r), int(p), _decode(salt), _decode(key)
    except ValueError:
        scheme, parsed = "", (0, 0, 0, b"", b"")
    if scheme != "scrypt" or not 0 < parsed[0] <= _HIGHEST_LOG2_N:
        raise ConfigError("a stored password hash is not of the form scrypt$N$r$p$salt$key.", "Set the password again.")
    return parsed


def _scrypt(secret: bytes, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(secret, salt=salt, n=1 << log2_n, r=r, p=p, maxmem=_MEMORY, dklen=_KEY_BYTES)


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PasswordChecks:
    """Checks passwords beside the event loop, and remembers right ones so that a reconnecting fleet costs nothing.

    What is remembered is a digest under a key that lives only as long as the process, never the password. A changed password is
    noticed, because the digest covers the kept text too.
    """

    def __init__(self, *, workers: int = 2) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._key = os.urandom(32)
        self._right: dict[str, bytes] = {}

    async def check(self, station: str, password: bytes, kept: str) -> bool:
        """Whether `password` is the one behind `kept`. Raises ConfigError for a kept text that cannot be read."""
        mark = self._mark(password, kept)
        known = self._right.get(station)
        if known is not None and hmac.compare_digest(known, mark):
            return True
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._threads, verify_password, password, kept)
        if right:
            self._right[station] = mark
        return right

    def close(self) -> None:
        """Stop the threads; checks under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _mark(self, password: bytes, kept: str) -> bytes:
        said = kept.encode() + b"\0" + password
        return hashlib.blake2b(said, key=self._key, digest_size=32).digest()
