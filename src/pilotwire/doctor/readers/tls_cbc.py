"""TLS 1.2 records of CBC suites opened with a key log: the only suites that ISO 15118-2 has.

Sources: RFC 5246, 6.2.3.2 (records), 6.3 (keys), 5 (PRF); RFC 7366 (encrypt-then-MAC, which most peers agree on).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import new as new_hash
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from pilotwire.doctor.readers.tcp import SIDES, Chunk, Side
from pilotwire.doctor.readers.tls import Handshake, _Record, _records
from pilotwire.doctor.readers.tls_keys import KeyLog
from pilotwire.doctor.tls_names import suite_name

_CHANGE, _DATA = 20, 23
_BLOCK: Final = 16
_RESYNC: Final = 300
"""Records that may be missing in the capture, and the ones after are still opened."""


@dataclass(slots=True)
class _Opener:
    """Opens the records of one side, one after the other."""

    digest: str
    mac_key: bytes
    key: bytes
    sequence: int = 0

    def open(self, record: _Record) -> bytes | None:
        """What is in a record; None: it cannot be opened with this key."""
        for skipped in range(_RESYNC if record.after_gap else 1):
            head = (self.sequence + skipped).to_bytes(8, "big") + bytes([record.kind])
            head += record.version.to_bytes(2, "big")
            plain = self._mac_inside(head, record.body) or self._mac_outside(head, record.body)
            if plain is not None:
                self.sequence += skipped + 1
                return plain[0]
        return None

    def _mac_inside(self, head: bytes, body: bytes) -> tuple[bytes] | None:
        plain = self._unpadded(body)
        size = len(plain) - new_hash(self.digest).digest_size
        if size < 0:
            return None
        content, given = plain[:size], plain[size:]
        return (content,) if self._is_mac(head, content, given) else None

    def _mac_outside(self, head: bytes, body: bytes) -> tuple[bytes] | None:
        size = len(body) - new_hash(self.digest).digest_size
        if size < 0 or not self._is_mac(head, body[:size], body[size:]):
            return None
        return (self._unpadded(body[:size]),)

    def _is_mac(self, head: bytes, content: bytes, given: bytes) -> bool:
        made = hmac.digest(self.mac_key, head + len(content).to_bytes(2, "big") + content, self.digest)
        return hmac.compare_digest(made, given)

    def _unpadded(self, body: bytes) -> bytes:
        """Decrypted, without its padding; nothing where that cannot be."""
        if len(body) < 2 * _BLOCK or len(body) % _BLOCK:
            return b""
        decryptor = Cipher(AES(self.key), CBC(body[:_BLOCK])).decryptor()
        plain = decryptor.update(body[_BLOCK:]) + decryptor.finalize()
        return plain[: max(0, len(plain) - plain[-1] - 1)]


def is_cbc(handshake: Handshake) -> bool:
    """Whether a suite was chosen whose records are opened here."""
    return handshake.choice is not None and "_AES_" in (name := suite_name(handshake.choice.suite)) and "_CBC_" in name


def read_cbc(
    handshake: Handshake, up: Iterable[Chunk], down: Iterable[Chunk], keys: KeyLog
) -> dict[Side, list[Chunk]] | None:
    """What was said inside; None: the key log has no secret for it. Never raises."""
    if handshake.offer is None or handshake.choice is None:
        return None
    master = keys.secret("CLIENT_RANDOM", handshake.offer.random)
    if master is None:
        return None
    openers = _openers(suite_name(handshake.choice.suite), master, handshake.choice.random, handshake.offer.random)
    sides: dict[Side, Iterable[Chunk]] = {"client": up, "server": down}
    return {side: _opened(openers[side], chunks) for side, chunks in sides.items()}


def _openers(suite: str, master: bytes, server: bytes, client: bytes) -> dict[Side, _Opener]:
    digest = {"SHA256": "sha256", "SHA384": "sha384"}.get(suite.rpartition("_")[2], "sha1")
    mac, key = new_hash(digest).digest_size, 16 if "_AES_128_" in suite else 32
    block = _prf(
        "sha384" if digest == "sha384" else "sha256", master, b"key expansion" + server + client, 2 * (mac + key)
    )
    return {
        side: _Opener(digest, block[place * mac :][:mac], block[2 * mac + place * key :][:key])
        for place, side in enumerate(SIDES)
    }


def _opened(opener: _Opener, chunks: Iterable[Chunk]) -> list[Chunk]:
    """The data of one side, from where its keys are used."""
    found: list[Chunk] = []
    sealed, lost = False, 0
    for record in _records(chunks):
        if record.kind == _CHANGE:
            sealed = True
        elif sealed:
            plain = opener.open(record)
            if plain is None:
                lost += 1
            elif record.kind == _DATA:
                found.append(Chunk(record.at, plain, record.number, int(lost or record.after_gap)))
                lost = 0
    return found


def _prf(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    found, link = b"", seed
    while len(found) < size:
        link = hmac.digest(secret, link, digest)
        found += hmac.digest(secret, link + seed, digest)
    return found[:size]
