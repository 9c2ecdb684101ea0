"""The open part of a TLS handshake: a ClientHello of any version, and what a server answers to it, read without trusting it. Pure.

By hand, because TLS libraries no longer say what the doctor must ask: old versions, weak suites, compression (RFC 5246, RFC 8446).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from pilotwire.doctor.tls_names import SSL3, TLS12, TLS13

ALERT: Final = 21
HANDSHAKE: Final = 22
SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_STATUS = 2, 11, 13, 14, 22
_STATUS_REQUEST: Final = 5
_SERVER_NAME, _GROUPS, _POINTS, _SIGNATURES, _ALPN, _SUPPORTED, _SHARE = 0, 10, 11, 13, 16, 43, 51
_AUTHORITIES: Final = 47
RENEGOTIATION: Final = 0xFF01
_KNOWN_GROUPS: Final = (29, 23, 24, 25)  # x25519, secp256r1, secp384r1, secp521r1
_KNOWN_SIGNATURES: Final = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
_MOST: Final = 1 << 17


class Garbled(Exception):
    """What came is not TLS, or not as it must be."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a ClientHello offers. `random` are 32 bytes; `share` is a public key of x25519 (32 bytes), needed for TLS 1.3.

    `stapling`: an OCSP response is asked for (RFC 6066, 8).
    """

    version: int
    suites: Sequence[int]
    random: bytes
    server_name: str = ""
    compression: Sequence[int] = (0,)
    alpn: Sequence[str] = ()
    share: bytes = b""
    stapling: bool = False


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What a server has chosen. `extensions` by number."""

    version: int
    suite: int
    compression: int
    extensions: dict[int, bytes]

    @property
    def secure_renegotiation(self) -> bool:
        """Whether it knows RFC 5746; TLS 1.3 has no renegotiation."""
        return self.version >= TLS13 or RENEGOTIATION in self.extensions


@dataclass(slots=True)
class Answer:
    """What a server has said in the open so far. `authorities` None: it asks for no client certificate. `alert` is its number.

    `stapled` is the OCSP response it has sent with its certificate, DER. Not `certain`: what was said encrypted could not be heard, so that
    it may ask for a client certificate all the same.
    """

    hello: ServerHello | None = None
    certificates: tuple[bytes, ...] = ()
    authorities: tuple[str, ...] | None = None
    alert: int | None = None
    stapled: bytes = b""
    done: bool = False
    certain: bool = True


@dataclass(slots=True)
class Listener:
    """Takes bytes as they come, until the answer is whole: an alert, the end of the flight, or where it goes on encrypted."""

    answer: Answer = field(default_factory=Answer)
    _records: bytes = b""
    _messages: bytes = b""

    def hear(self, data: bytes) -> Answer:
        """More bytes. Raises Garbled if that is no TLS."""
        self._records += data
        if len(self._records) + len(self._messages) > _MOST:
            raise Garbled("It says more than a handshake is long.")
        while not self.answer.done and (record := self._next_record()) is not None:
            self._take(*record)
        return self.answer

    def _next_record(self) -> tuple[int, bytes] | None:
        data = self._records
        if data and (data[0] not in (20, ALERT, HANDSHAKE, 23) or (len(data) > 1 and data[1] != 3)):
            raise Garbled("It does not speak TLS.")
        if len(data) < 5 or len(data) < (end := 5 + int.from_bytes(data[3:5], "big")):
            return None
        self._records = data[end:]
        return data[0], data[5:end]

    def _take(self, kind: int, body: bytes) -> None:
        if kind == ALERT and len(body) == 2:
            level, code = body
            if level == 2 or code == 0:
                self.answer.alert = code
                self.answer.done = True
        elif kind == HANDSHAKE:
            self._messages += body
            self._read_messages()
        else:
            self.answer.done = True

    def _read_messages(self) -> None:
        while not self.answer.done and len(self._messages) >= 4:
            end = 4 + int.from_bytes(self._messages[1:4], "big")
            if len(self._messages) < end:
                return
            kind, body, self._messages = self._messages[0], self._messages[4:end], self._messages[end:]
            read_message(self.answer, kind, body)


def read_message(answer: Answer, kind: int, body: bytes) -> None:
    """Take one handshake message of a server into account. Raises Garbled."""
    try:
        if kind == SERVER_HELLO:
            answer.hello = read_server_hello(body)
            answer.done = answer.hello.version >= TLS13
        elif kind == CERTIFICATE:
            answer.certificates = tuple(_certificates(body, _is_13(answer)))
        elif kind == CERTIFICATE_REQUEST:
            answer.authorities = tuple(_names(_authorities(body, answer)))
        elif kind == CERTIFICATE_STATUS:
            answer.stapled = _Cursor(body[1:]).vector(3)
        elif kind == SERVER_HELLO_DONE:
            answer.done = True
    except IndexError:
        raise Garbled("A message of its handshake is cut short.") from None


def read_server_hello(body: bytes) -> ServerHello:
    """A ServerHello without its header. Raises Garbled."""
    cursor = _Cursor(body)
    version = cursor.number(2)
    cursor.take(32)
    cursor.vector(1)
    suite, compression = cursor.number(2), cursor.number(1)
    extensions: dict[int, bytes] = {}
    if cursor.left:
        inner = _Cursor(cursor.vector(2))
        while inner.left:
            number = inner.number(2)
            extensions[number] = inner.vector(2)
    if _SUPPORTED in extensions:
        version = int.from_bytes(extensions[_SUPPORTED], "big")
    return ServerHello(version, suite, compression, extensions)


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise Garbled("A message of its handshake is cut short.")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        return self.take(self.number(width))


def _is_13(answer: Answer) -> bool:
    return answer.hello is not None and answer.hello.version >= TLS13


def _certificates(body: bytes, is_13: bool) -> Iterator[bytes]:
    cursor = _Cursor(body)
    if is_13:
        cursor.vector(1)
    entries = _Cursor(cursor.vector(3))
    while entries.left:
        yield entries.vector(3)
        if is_13:
            entries.vector(2)


def _authorities(body: bytes, answer: Answer) -> bytes:
    cursor = _Cursor(body)
    cursor.vector(1)  # certificate types, or the context of TLS 1.3
    if not _is_13(answer):
        if answer.hello is not None and answer.hello.version >= TLS12:
            cursor.vector(2)
        return cursor.vector(2)
    extensions = _Cursor(cursor.vector(2))
    while extensions.left:
        number, value = extensions.number(2), extensions.vector(2)
        if number == _AUTHORITIES:
            return _Cursor(value).vector(2)
    return b""


def _names(listed: bytes) -> Iterator[str]:
    cursor = _Cursor(listed)
    while cursor.left:
        yield _name(cursor.vector(2))


def _name(der: bytes) -> str:
    """A distinguished name as people write it. `cryptography` reads names only as part of something: a certificate without the rest."""
    builder = b"\xa0\x03\x02\x01\x02" + b"\x02\x01\x01" + _ALGORITHM + der + _VALIDITY + der + _KEY
    inner = _der(0x30, builder)
    try:
        made = x509.load_der_x509_certificate(_der(0x30, inner + _ALGORITHM + b"\x03\x02\x00\x00"))
        return made.subject.rfc4514_string()
    except ValueError:
        return der.hex()


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


_ALGORITHM: Final = bytes.fromhex("300a06082a8648ce3d040302")
_VALIDITY: Final = _der(0x30, _der(0x17, b"260101000000Z") + _der(0x17, b"270101000000Z"))
_KEY: Final = _der(0x30, bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107") + _der(3, b"\x00\x04" + bytes(64)))


# --- asking ------------------------------------------------------------------------------------------------------------------


def client_hello(offer: Offer) -> bytes:
    """A ClientHello in its record."""
    legacy = min(offer.version, TLS12)
    suites = b"".join(each.to_bytes(2, "big") for each in offer.suites)
    session = offer.random if offer.version >= TLS13 else b""
    body = legacy.to_bytes(2, "big") + offer.random + _vector(1, session)
    body += _vector(2, suites) + _vector(1, bytes(offer.compression))
    if offer.version > SSL3:
        body += _vector(2, b"".join(_vector_of(*each) for each in _extensions(offer)))
    message = b"\x01" + _vector(3, body)
    record_version = offer.version if offer.version < TLS12 else 0x0301
    return bytes((HANDSHAKE,)) + record_version.to_bytes(2, "big") + _vector(2, message)


def _extensions(offer: Offer) -> Iterator[tuple[int, bytes]]:
    if offer.server_name:
        yield _SERVER_NAME, _vector(2, b"\x00" + _vector(2, offer.server_name.encode("ascii", "ignore")))
    yield _GROUPS, _vector(2, b"".join(each.to_bytes(2, "big") for each in _KNOWN_GROUPS))
    yield _POINTS, b"\x01\x00"
    if offer.version >= TLS12:
        yield _SIGNATURES, _vector(2, b"".join(each.to_bytes(2, "big") for each in _KNOWN_SIGNATURES))
    if offer.stapling:
        yield _STATUS_REQUEST, b"\x01" + _vector(2, b"") + _vector(2, b"")
    if offer.alpn:
        yield _ALPN, _vector(2, b"".join(_vector(1, each.encode()) for each in offer.alpn))
    if offer.version >= TLS13:
        yield _SUPPORTED, _vector(1, offer.version.to_bytes(2, "big"))
        yield _SHARE, _vector(2, (29).to_bytes(2, "big") + _vector(2, offer.share))
    else:
        yield RENEGOTIATION, b"\x00"


def _vector_of(number: int, value: bytes) -> bytes:
    return number.to_bytes(2, "big") + _vector(2, value)


def _vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width, "big") + content
