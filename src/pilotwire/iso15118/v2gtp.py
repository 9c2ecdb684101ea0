"""V2GTP, the frames every message of DIN SPEC 70121 and ISO 15118 travels in (ISO 15118-2, 7.8; ISO 15118-20, 7.8).

A header of eight bytes (version, its inverse, payload type, payload length, big-endian), then the payload. TCP may split and merge
frames as it likes; `Frames` puts them together again. Pure: bytes in, messages out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from pilotwire.errors import MisuseError, PilotwireError

VERSION: Final = 0x01
INVERSE: Final = 0xFE
HEADER_BYTES: Final = 8
DEFAULT_LIMIT: Final = 65_536
"""Bytes of payload that are taken; no message comes near, and the header could announce 4 GiB."""
MOST_PAYLOAD: Final = 0xFFFF_FFFF
_TLS_RECORDS: Final = frozenset({0x14, 0x15, 0x16, 0x17})
_HEADER: Final = struct.Struct(">BBHI")


class PayloadType(IntEnum):
    """What a payload is. 0xA000 to 0xFFFF are free for manufacturers, all others are reserved."""

    EXI = 0x8001
    """SupportedAppProtocol of all protocols, and every message of DIN SPEC 70121 and ISO 15118-2."""
    MAIN = 0x8002
    """ISO 15118-20, CommonMessages."""
    AC = 0x8003
    DC = 0x8004
    ACDP = 0x8005
    WPT = 0x8006
    SCHEDULE_RENEGOTIATION = 0x8101
    """The four from here on are multiplexed: beside the main stream of ISO 15118-20."""
    METERING_CONFIRMATION = 0x8102
    ACDP_SYSTEM_STATUS = 0x8103
    PARKING_STATUS = 0x8104
    SDP_REQUEST = 0x9000
    """The four from here on are datagrams (`pilotwire.iso15118.sdp`)."""
    SDP_RESPONSE = 0x9001
    SDP_REQUEST_WIRELESS = 0x9002
    SDP_RESPONSE_WIRELESS = 0x9003

    @property
    def is_discovery(self) -> bool:
        """Whether it belongs into a datagram of the SECC discovery protocol, not into a TCP stream."""
        return self >= PayloadType.SDP_REQUEST


class V2gtpFlaw(StrEnum):
    """What is wrong with bytes that are no V2GTP."""

    VERSION = "version"
    INVERSE = "inverse"
    TOO_LONG = "too-long"
    LENGTH = "length"
    """Of a datagram only: it is shorter or longer than its header says."""


class V2gtpFault(PilotwireError):
    """The peer sent bytes that are no V2GTP; `flaw` for programs. A stream cannot be read any further after it."""

    def __init__(self, flaw: V2gtpFlaw, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Message:
    """One complete message."""

    payload_type: PayloadType
    payload: bytes


@dataclass(frozen=True, slots=True)
class Unknown:
    """A complete message of a type that is not known: it is to be ignored, and may be told of."""

    payload_type: int
    payload: bytes

    @property
    def is_of_manufacturer(self) -> bool:
        """Whether the type is from the range that is free for manufacturers."""
        return self.payload_type >= 0xA000

    def __str__(self) -> str:
        """A sentence for logs and findings."""
        whose = "a manufacturer's own" if self.is_of_manufacturer else "reserved"
        return (
            f"A message of payload type 0x{self.payload_type:04X} ({whose}) with {len(self.payload)} bytes was ignored."
        )


def frame(payload_type: int, payload: bytes) -> bytes:
    """A message as it goes on the wire. Raises MisuseError for a type or a length that the header cannot hold."""
    if not 0 <= payload_type <= 0xFFFF:
        raise MisuseError(f"A payload type has two bytes: {payload_type:#x} does not fit.")
    if len(payload) > MOST_PAYLOAD:
        raise MisuseError(f"A payload of {len(payload)} bytes is longer than a V2GTP header can say.")
    return _HEADER.pack(VERSION, INVERSE, payload_type, len(payload)) + payload


class Frames:
    """Puts messages together from the bytes of a stream, however they were cut.

    `feed` bytes as they come, then `take` (or iterate) until there is no complete message left. `limit` is the longest payload in bytes
    that is taken; a longer one is refused as soon as its header is there, whatever its type.
    """

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        if limit < 0:
            raise MisuseError(f"A limit of {limit} bytes makes no sense: it is 0 or more.")
        self._buffer = bytearray()
        self._limit = limit

    @property
    def pending(self) -> int:
        """Bytes that were fed and not yet taken: more than 0 at the end of a stream means it ended within a message."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Add bytes of the stream."""
        self._buffer += data

    def take(self) -> Message | Unknown | None:
        """The next complete message, None if there is none yet.

        Raises V2gtpFault at the first byte that shows that this is no V2GTP, or for a payload over the limit; from then on always.
        """
        buffer = self._buffer
        _check_begin(buffer)
        if len(buffer) < HEADER_BYTES:
            return None
        _, _, kind, length = _HEADER.unpack_from(buffer)
        if length > self._limit:
            raise _too_long(kind, length, self._limit)
        end = HEADER_BYTES + length
        if len(buffer) < end:
            return None
        payload = bytes(buffer[HEADER_BYTES:end])
        del buffer[:end]
        return _message(kind, payload)

    def __iter__(self) -> Iterator[Message | Unknown]:
        """All complete messages there are. Raises as `take` does, after those before the fault."""
        while (found := self.take()) is not None:
            yield found


def read_datagram(data: bytes, limit: int = DEFAULT_LIMIT) -> Message | Unknown:
    """The one message of a UDP datagram. Raises V2gtpFault, also if it is cut short or has bytes left over."""
    _check_begin(data)
    if len(data) < HEADER_BYTES:
        what = f"A datagram of {len(data)} bytes is shorter than a V2GTP header ({HEADER_BYTES} bytes)."
        raise V2gtpFault(V2gtpFlaw.LENGTH, what)
    _, _, kind, length = _HEADER.unpack_from(data)
    if length > limit:
        raise _too_long(kind, length, limit)
    if len(data) != HEADER_BYTES + length:
        what = f"The V2GTP header says {length} bytes of payload, and the datagram has {len(data) - HEADER_BYTES}."
        raise V2gtpFault(V2gtpFlaw.LENGTH, what)
    return _message(kind, bytes(data[HEADER_BYTES:]))


def _message(kind: int, payload: bytes) -> Message | Unknown:
    try:
        return Message(PayloadType(kind), payload)
    except ValueError:
        return Unknown(kind, payload)


def _check_begin(data: bytes | bytearray) -> None:
    """As soon as a byte is there it is looked at: who speaks something else need not be waited for."""
    if data and data[0] != VERSION:
        what = f"A V2GTP message begins with 0x01 (protocol version 1), and 0x{data[0]:02X} came."
        tls = data[0] in _TLS_RECORDS
        raise V2gtpFault(V2gtpFlaw.VERSION, what, _SPEAKS_TLS if tls else _NO_V2GTP)
    if len(data) > 1 and data[1] != INVERSE:
        what = f"The second byte of a V2GTP message is 0xFE (the inverse of its version), and 0x{data[1]:02X} came."
        raise V2gtpFault(V2gtpFlaw.INVERSE, what, _NO_V2GTP)


_SPEAKS_TLS: Final = "The peer speaks TLS on a connection without: see what was agreed in the SECC discovery response."
_NO_V2GTP: Final = "The peer does not speak V2GTP here, or lost its place in the stream."


def _too_long(kind: int, length: int, limit: int) -> V2gtpFault:
    what = f"A message of payload type 0x{kind:04X} is announced with {length} bytes; at most {limit} are taken."
    return V2gtpFault(V2gtpFlaw.TOO_LONG, what)
