"""What a vehicle says in its TLS ClientHello, read before TLS answers: versions, trusted roots, whether it wants OCSP (RFC 8446, RFC 6066).

OpenSSL keeps one certificate for all elliptic curves in a context, and knows nothing of `trusted_ca_keys`. So a station that speaks
ISO 15118-2 (TLS 1.2) and -20 (TLS 1.3) on one port looks at the hello first, and takes the context after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TLS12: Final = 0x0303
TLS13: Final = 0x0304
HANDSHAKE: Final = 0x16
"""First byte of a TLS record that carries a handshake."""
_CLIENT_HELLO: Final = 1
_RECORD_HEADER: Final = 5
_MOST: Final = 65_536
_STATUS_REQUEST, _TRUSTED_CA_KEYS, _VERSIONS, _AUTHORITIES, _GROUPS = 5, 3, 43, 47, 10
_KEY_SHA1: Final = 1
"""identifier types of RFC 6066, 6: pre_agreed, key_sha1_hash, x509_name, cert_sha1_hash."""
_NAME: Final = 2
_CERTIFICATE_SHA1: Final = 3


class HelloFault(ValueError):
    """The bytes are no TLS ClientHello; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What can be of use to a station. Numbers are those of the TLS registries."""

    versions: tuple[int, ...] = ()
    suites: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    trusted_roots: tuple[bytes, ...] = ()
    """SHA-1 of root certificates the vehicle has (`trusted_ca_keys`, ISO 15118-2)."""
    authorities: tuple[bytes, ...] = ()
    """Names of the CAs it has, DER (`certificate_authorities`, ISO 15118-20)."""
    wants_ocsp: bool = False

    def offers(self, version: int) -> bool:
        """Whether it takes a version of TLS (0x0303 is 1.2, 0x0304 is 1.3)."""
        return version in self.versions


def complete_hello(data: bytes) -> bytes | None:
    """The body of the ClientHello at the beginning of a stream, None while more bytes are needed. Raises HelloFault."""
    body, at = bytearray(), 0
    while True:
        if data[at : at + 1] not in (b"", bytes([HANDSHAKE])):
            raise HelloFault(_no_tls(data) if at == 0 else "the ClientHello is interrupted by another TLS record")
        if len(data) < at + _RECORD_HEADER:
            return None
        size = int.from_bytes(data[at + 3 : at + _RECORD_HEADER], "big")
        if size == 0 or at > _MOST:
            raise HelloFault("the ClientHello is cut into records that make no sense")
        at += _RECORD_HEADER
        body += data[at : at + size]
        if body and body[0] != _CLIENT_HELLO:
            raise HelloFault(f"the TLS handshake begins with a message of type {body[0]}, and not with a ClientHello")
        length = int.from_bytes(body[1:4], "big")
        if len(body) >= 4 and length > _MOST:
            raise HelloFault(f"the ClientHello is announced with {length} bytes")
        if len(body) >= 4 + length and len(body) >= 4:
            return bytes(body[4 : 4 + length])
        at += size
        if len(data) <= at:
            return None


def read_hello(body: bytes) -> ClientHello:
    """What a ClientHello says. Raises HelloFault if it cannot be read."""
    read = _Reader(body)
    legacy = read.number(2)
    read.take(32)
    read.vector(1)
    suites = _numbers(read.vector(2), 2)
    read.vector(1)
    found = _extensions(_Reader(read.vector(2)) if read.left else read)
    versions = _numbers(_Reader(found[_VERSIONS]).vector(1), 2) if _VERSIONS in found else (legacy,)
    return ClientHello(
        versions,
        suites,
        _numbers(_Reader(found[_GROUPS]).vector(2), 2) if _GROUPS in found else (),
        _trusted(found.get(_TRUSTED_CA_KEYS, b"")),
        _names(found.get(_AUTHORITIES, b"")),
        found.get(_STATUS_REQUEST, b"")[:1] == b"\x01",
    )


class _Reader:
    """Takes fields from the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if self.left < size:
            raise HelloFault("the ClientHello ends in the middle of a field")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        return self.take(self.number(size))


def _extensions(read: _Reader) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while read.left:
        kind = read.number(2)
        found[kind] = read.vector(2)
    return found


def _numbers(data: bytes, size: int) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + size], "big") for at in range(0, len(data), size))


def _trusted(data: bytes) -> tuple[bytes, ...]:
    if not data:
        return ()
    found, read = [], _Reader(_Reader(data).vector(2))
    while read.left:
        kind = read.number(1)
        if kind == _NAME:
            read.vector(2)
        elif kind in (_KEY_SHA1, _CERTIFICATE_SHA1):
            digest = read.take(20)
            if kind == _CERTIFICATE_SHA1:
                found.append(digest)
    return tuple(found)


def _names(data: bytes) -> tuple[bytes, ...]:
    if not data:
        return ()
    found, read = [], _Reader(_Reader(data).vector(2))
    while read.left:
        found.append(read.vector(2))
    return tuple(found)


def _no_tls(data: bytes) -> str:
    if data[0] == 0x01:
        return "the vehicle speaks V2GTP without TLS on a port that wants TLS"
    return f"its first byte is 0x{data[0]:02X}, which is no TLS handshake"
