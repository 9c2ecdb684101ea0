"""TLS handshake messages: what a ClientHello offers, what a ServerHello chooses, which certificates are shown.

Sources: RFC 5246, 7.4; RFC 8446, 4. Whatever is broken raises ValueError, and only that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from pilotwire.doctor.tls_names import is_grease, suite_name, version_name
from pilotwire.pki import Certificate

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST, FINISHED, KEY_UPDATE = 1, 2, 11, 13, 20, 24
_SNI, _ALPN, _VERSIONS = 0, 16, 43
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class Cursor:
    """Reads numbers and vectors one after the other. Raises ValueError where there are too few bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._place

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.left:
            raise ValueError("it is shorter than it says")
        self._place += count
        return self._data[self._place - count : self._place]

    def number(self, size: int) -> int:
        """The next bytes as a number."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> Cursor:
        """The next vector, whose length is a number of `size` bytes."""
        return Cursor(self.take(self.number(size)))

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def numbers(self) -> tuple[int, ...]:
        """All that is left, as numbers of two bytes."""
        return tuple(self.number(2) for _ in range(self.left // 2))


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client offers; `sni` "" where it names no server."""

    random: bytes
    versions: tuple[str, ...]
    suites: tuple[str, ...]
    sni: str
    alpn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What a server chooses; `retry`: it only asks for another ClientHello (TLS 1.3)."""

    random: bytes
    version: str
    suite: int
    alpn: str
    retry: bool


def read_client_hello(body: bytes) -> ClientHello:
    """A ClientHello without its header."""
    cursor = Cursor(body)
    legacy, random = cursor.number(2), cursor.take(32)
    cursor.vector(1)
    suites = tuple(suite_name(each) for each in cursor.vector(2).numbers() if not is_grease(each))
    cursor.vector(1)
    extensions = dict(_extensions(cursor))
    versions: tuple[int, ...] = (legacy,)
    if _VERSIONS in extensions:
        versions = tuple(each for each in Cursor(extensions[_VERSIONS]).vector(1).numbers() if not is_grease(each))
    alpn = tuple(_alpn(extensions.get(_ALPN, b"")))
    return ClientHello(random, tuple(map(version_name, versions)), suites, _sni(extensions.get(_SNI, b"")), alpn)


def read_server_hello(body: bytes) -> ServerHello:
    """A ServerHello without its header."""
    cursor = Cursor(body)
    version, random = cursor.number(2), cursor.take(32)
    cursor.vector(1)
    suite = cursor.number(2)
    cursor.number(1)
    extensions = dict(_extensions(cursor))
    if len(extensions.get(_VERSIONS, b"")) == 2:
        version = int.from_bytes(extensions[_VERSIONS], "big")
    chosen = next(_alpn(extensions.get(_ALPN, b"")), "")
    return ServerHello(random, version_name(version), suite, chosen, random == _RETRY)


def read_certificates(body: bytes, *, modern: bool) -> tuple[tuple[Certificate, ...], int]:
    """The certificates of a Certificate message, and how many of them cannot be read; `modern` is the form of TLS 1.3."""
    cursor = Cursor(body)
    if modern:
        cursor.vector(1)
    entries, found, broken = cursor.vector(3), [], 0
    while entries.left:
        der = entries.vector(3).rest()
        if modern:
            entries.vector(2)
        try:
            found.append(x509.load_der_x509_certificate(der))
        except (ValueError, TypeError):
            broken += 1
    return tuple(found), broken


def _extensions(cursor: Cursor) -> Iterator[tuple[int, bytes]]:
    if not cursor.left:
        return
    inner = cursor.vector(2)
    while inner.left:
        yield inner.number(2), inner.vector(2).rest()


def _sni(data: bytes) -> str:
    if not data:
        return ""
    names = Cursor(data).vector(2)
    while names.left:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == 0:
            return name.decode("ascii", "backslashreplace")
    return ""


def _alpn(data: bytes) -> Iterator[str]:
    if data:
        names = Cursor(data).vector(2)
        while names.left:
            yield names.vector(1).rest().decode("ascii", "backslashreplace")
