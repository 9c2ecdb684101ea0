"""The frames of WebSocket as a client writes and reads them, without hiding pings and pongs. Pure (RFC 6455, 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_KNOWN: Final = (0, TEXT, 2, CLOSE, PING, PONG)
_MOST: Final = 1 << 24


class BadFrame(Exception):
    """What came is no frame a server may send."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came; whether its payload is compressed counts for nothing here."""

    opcode: int
    payload: bytes = b""

    @property
    def code(self) -> int:
        """Of a close frame: its code; 1005 if it has none."""
        return int.from_bytes(self.payload[:2], "big") if len(self.payload) >= 2 else 1005

    @property
    def reason(self) -> str:
        """Of a close frame: its reason."""
        return self.payload[2:].decode("utf-8", "replace")


def frame(opcode: int, payload: bytes = b"", mask: bytes = b"\x00\x00\x00\x00") -> bytes:
    """A whole frame of a client, with at most 125 bytes, masked with 4 bytes."""
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes((0x80 | opcode, 0x80 | len(payload))) + mask + masked


class Frames:
    """Takes bytes as they come and gives whole frames."""

    def __init__(self) -> None:
        self._data = b""

    def hear(self, data: bytes) -> Iterator[Frame]:
        """More bytes. Raises BadFrame."""
        self._data += data
        while (found := self._next()) is not None:
            yield found

    def _next(self) -> Frame | None:
        data = self._data
        if len(data) < 2:
            return None
        opcode, length, body = data[0] & 0x0F, data[1] & 0x7F, 2
        if opcode not in _KNOWN or data[0] & 0x30:
            raise BadFrame(f"a frame begins with the byte 0x{data[0]:02X}, which means nothing")
        if data[1] & 0x80:
            raise BadFrame("a frame is masked, which only a client's may be")
        if opcode >= CLOSE and length > 125:
            raise BadFrame("a control frame is longer than 125 bytes")
        if length >= 126:
            width = 2 if length == 126 else 8
            if len(data) < 2 + width:
                return None
            length, body = int.from_bytes(data[2 : 2 + width], "big"), 2 + width
        if length > _MOST:
            raise BadFrame(f"a frame says it is {length} bytes long")
        if len(data) < body + length:
            return None
        self._data = data[body + length :]
        return Frame(opcode, data[body : body + length])
