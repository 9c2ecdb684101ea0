"""TLS records opened with a key log (`SSLKEYLOGFILE`): TLS 1.2 and 1.3 with AEAD suites, the only ones OCPP asks for.

Sources: RFC 5246, 6.3 (key block) and 5 (PRF); RFC 5288, 6655, 7905 (nonces); RFC 8446, 5 and 7; the format of the key log: RFC 9850.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from pilotwire.doctor.tls_names import suite_name

_RESYNC: Final = 300
"""Records that may be missing in the capture, and the ones after are still opened."""


class KeyLog:
    """Secrets by the random number of the ClientHello they belong to."""

    def __init__(self, text: str = "") -> None:
        self._secrets: dict[tuple[str, bytes], bytes] = {}
        self.unreadable = 0
        """Lines that are neither secrets nor comments."""
        for line in text.splitlines():
            self._add(line.strip())

    def _add(self, line: str) -> None:
        if not line or line.startswith("#"):
            return
        parts = line.split()
        try:
            label, random, secret = parts
            self._secrets[label, bytes.fromhex(random)] = bytes.fromhex(secret)
        except ValueError:
            self.unreadable += 1

    def __len__(self) -> int:
        return len(self._secrets)

    def secret(self, label: str, random: bytes) -> bytes | None:
        """A secret, if it is there."""
        return self._secrets.get((label, random))


class _Aead(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """What a suite needs: its cipher, the length of its key and of its tag, the hash, whether TLS 1.2 sends half of the nonce."""

    aead: Callable[[bytes], _Aead]
    key: int
    digest: str
    tag: int = 16
    explicit: bool = True


def suite_of(number: int) -> Suite | None:
    """How records of a cipher suite are opened; None: they cannot be."""
    name = suite_name(number)
    digest = "sha384" if name.endswith("SHA384") else "sha256"
    key = 16 if "AES_128" in name else 32
    if "CHACHA20" in name:
        return Suite(ChaCha20Poly1305, 32, digest, explicit=False)
    if "_GCM" in name:
        return Suite(AESGCM, key, digest)
    if "_CCM" in name:
        tag = 8 if "_CCM_8" in name else 16
        return Suite(lambda secret: AESCCM(secret, tag_length=tag), key, digest, tag)
    return None


@dataclass(slots=True)
class Opener:
    """Opens the records of one side, one after the other. `modern`: TLS 1.3, whose secrets can be updated."""

    suite: Suite
    key: bytes
    iv: bytes
    modern: bool
    secret: bytes = b""
    sequence: int = 0
    _aead: _Aead = field(init=False)

    def __post_init__(self) -> None:
        self._aead = self.suite.aead(self.key)

    def open(self, kind: int, version: int, data: bytes, *, after_gap: bool = False) -> tuple[int, bytes] | None:
        """What kind of record it is, and what is in it; None: it cannot be opened with this key."""
        for skipped in range(_RESYNC if after_gap else 1):
            number = self.sequence + skipped
            plain = self._modern(kind, data, number) if self.modern else self._classic(kind, version, data, number)
            if plain is not None:
                self.sequence = number + 1
                return plain
        return None

    def update(self) -> None:
        """The next keys (RFC 8446, 7.2)."""
        fresh = from_secret(self.suite, _expand(self.suite, self.secret, "traffic upd", len(self.secret)))
        self.secret, self.key, self.iv, self.sequence, self._aead = fresh.secret, fresh.key, fresh.iv, 0, fresh._aead

    def _modern(self, kind: int, data: bytes, number: int) -> tuple[int, bytes] | None:
        head = bytes([kind, 3, 3]) + len(data).to_bytes(2, "big")
        plain = self._decrypted(_mixed(self.iv, number), data, head)
        inner = (plain or b"").rstrip(b"\0")
        return (inner[-1], inner[:-1]) if inner else None

    def _classic(self, kind: int, version: int, data: bytes, number: int) -> tuple[int, bytes] | None:
        nonce, sealed = _mixed(self.iv, number), data
        if self.suite.explicit:
            nonce, sealed = self.iv + data[:8], data[8:]
        size = len(sealed) - self.suite.tag
        if size < 0 or len(nonce) != 12:
            return None
        head = number.to_bytes(8, "big") + bytes([kind]) + version.to_bytes(2, "big") + size.to_bytes(2, "big")
        plain = self._decrypted(nonce, sealed, head)
        return None if plain is None else (kind, plain)

    def _decrypted(self, nonce: bytes, data: bytes, head: bytes) -> bytes | None:
        try:
            return self._aead.decrypt(nonce, data, head)
        except (InvalidTag, ValueError, OverflowError):
            return None


def from_secret(suite: Suite, secret: bytes) -> Opener:
    """The keys of a traffic secret (RFC 8446, 7.3)."""
    key, iv = _expand(suite, secret, "key", suite.key), _expand(suite, secret, "iv", 12)
    return Opener(suite, key, iv, modern=True, secret=secret)


def from_master(suite: Suite, master: bytes, client_random: bytes, server_random: bytes) -> tuple[Opener, Opener]:
    """The keys of client and server from a master secret of TLS 1.2 (RFC 5246, 6.3)."""
    iv = 4 if suite.explicit else 12
    block = _prf(suite.digest, master, b"key expansion" + server_random + client_random, 2 * (suite.key + iv))
    keys, ivs = block[: 2 * suite.key], block[2 * suite.key :]
    mine = Opener(suite, keys[: suite.key], ivs[:iv], modern=False)
    theirs = Opener(suite, keys[suite.key :], ivs[iv:], modern=False)
    return mine, theirs


def _mixed(iv: bytes, number: int) -> bytes:
    return (int.from_bytes(iv, "big") ^ number).to_bytes(len(iv), "big")


def _prf(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    found, link = b"", seed
    while len(found) < size:
        link = hmac.digest(secret, link, digest)
        found += hmac.digest(secret, link + seed, digest)
    return found[:size]


def _expand(suite: Suite, secret: bytes, label: str, size: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1), without a context."""
    name = b"tls13 " + label.encode()
    info = size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    found, link, count = b"", b"", 1
    while len(found) < size:
        link = hmac.digest(secret, link + info + bytes([count]), suite.digest)
        found, count = found + link, count + 1
    return found[:size]
