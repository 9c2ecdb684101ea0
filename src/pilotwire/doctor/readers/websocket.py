"""WebSocket frames as they pass by: masked or not, in pieces, compressed or not; read, never answered (RFC 6455, RFC 7692)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilotwire.doctor.readers.tcp import Chunk, Side

_CONTINUE, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_KINDS: Final = {_TEXT: "text", _BINARY: "binary", _CLOSE: "close", _PING: "ping", _PONG: "pong"}
MOST: Final = 1 << 26
"""Bytes a message may have, compressed or not."""
_TAIL: Final = b"\x00\x00\xff\xff"


@dataclass(frozen=True, slots=True)
class Deflate:
    """How messages are compressed: whether each side starts anew with each of them."""

    client_anew: bool = False
    server_anew: bool = False

    @classmethod
    def agreed(cls, extensions: str) -> Deflate | None:
        """From the extensions in the answer to the upgrade; None: nothing is compressed."""
        for each in extensions.lower().split(","):
            parts = [part.strip() for part in each.split(";")]
            if parts[0] == "permessage-deflate":
                return cls("client_no_context_takeover" in parts, "server_no_context_takeover" in parts)
        return None


@dataclass(frozen=True, slots=True)
class Message:
    """A message, a ping, a pong or a close. `broken`: what is against the standard, `kind` is then "broken"."""

    at: datetime
    by: Side
    kind: str
    data: bytes
    number: int
    broken: str = ""

    @property
    def code(self) -> int:
        """The code of a close; 1005 where it has none (RFC 6455, 7.1.5)."""
        return int.from_bytes(self.data[:2], "big") if len(self.data) >= 2 else 1005

    @property
    def reason(self) -> str:
        """The reason of a close."""
        return self.data[2:].decode("utf-8", "replace")


class Reader:
    """Reads what one side says. After something broken it looks for the next frame where a packet begins."""

    def __init__(self, side: Side, deflate: Deflate | None) -> None:
        self._side = side
        self._anew = deflate is not None and (deflate.client_anew if side == "client" else deflate.server_anew)
        self._compressed = deflate is not None
        self._inflate = zlib.decompressobj(-15)
        self._lost_context = False
        self._waiting = bytearray()
        self._parts: list[bytes] = []
        self._kind, self._squeezed = 0, False
        self._lost = False

    def read(self, chunks: Iterable[Chunk]) -> Iterator[Message]:
        """The messages in what came."""
        for chunk in chunks:
            if chunk.lost:
                self._begin_again()
            self._waiting += chunk.data
            while (frame := self._frame()) is not None:
                yield from self._handle(*frame, chunk)
            if self._lost and self._waiting and not self._plausible():
                self._waiting.clear()

    def _begin_again(self) -> None:
        self._waiting.clear()
        self._parts, self._kind, self._lost = [], 0, True
        self._lost_context = self._compressed and not self._anew

    def _plausible(self) -> bool:
        return self._waiting[0] & 0x0F in (*_KINDS, _CONTINUE) and not self._waiting[0] & 0x30

    def _frame(self) -> tuple[int, bool, bool, bytes] | None:
        """The next whole frame: its first byte's bits, whether it was masked, what is in it."""
        data = self._waiting
        if len(data) < 2 or (self._lost and not self._plausible()):
            return None
        size, place, masked = data[1] & 0x7F, 2, bool(data[1] & 0x80)
        if size >= 126:
            place = 4 if size == 126 else 10
            size = int.from_bytes(data[2:place], "big")
        mask = data[place : place + 4] if masked else b""
        place += len(mask)
        if size > MOST:
            self._begin_again()
            return None
        if len(data) < place + size or (masked and len(mask) < 4):
            return None
        first, inner = data[0], bytes(data[place : place + size])
        del self._waiting[: place + size]
        self._lost = False
        return first & 0x7F, bool(first & 0x80), masked, _unmasked(inner, bytes(mask))

    def _handle(self, bits: int, last: bool, masked: bool, data: bytes, chunk: Chunk) -> Iterator[Message]:
        fault = self._fault(bits, last, masked, data)
        if fault:
            yield Message(chunk.at, self._side, "broken", data[:100], chunk.number, fault)
        kind = bits & 0x0F
        if kind >= _CLOSE:
            if kind in _KINDS:
                yield Message(chunk.at, self._side, _KINDS[kind], data, chunk.number)
            return
        if kind != _CONTINUE:
            self._kind, self._squeezed, self._parts = kind, bool(bits & 0x40), []
        self._parts.append(data)
        if last and self._kind in _KINDS:
            yield self._message(chunk)
            self._parts, self._kind = [], 0
        elif sum(map(len, self._parts)) > MOST:
            self._parts = []

    def _fault(self, bits: int, last: bool, masked: bool, data: bytes) -> str:
        kind = bits & 0x0F
        if bits & 0x30 or (bits & 0x40 and not self._compressed):
            return "a reserved bit is set, and no extension was agreed on that has it (RFC 6455, 5.2)"
        if kind not in _KINDS and kind != _CONTINUE:
            return f"opcode {kind} is not one of the standard (RFC 6455, 5.2)"
        if masked != (self._side == "client"):
            return "a client must mask what it sends, a server must not (RFC 6455, 5.1)"
        if kind >= _CLOSE and (len(data) > 125 or not last):
            return "a ping, pong or close is at most 125 bytes long and in one piece (RFC 6455, 5.5)"
        if kind == _CONTINUE and not self._kind:
            return "the next piece of a message that has not begun (RFC 6455, 5.4)"
        if kind in (_TEXT, _BINARY) and self._kind:
            return "a message begins before the one before it has ended (RFC 6455, 5.4)"
        return ""

    def _message(self, chunk: Chunk) -> Message:
        data, kind = b"".join(self._parts), _KINDS[self._kind]
        if not (self._squeezed and self._compressed):
            return Message(chunk.at, self._side, kind, data, chunk.number)
        if self._anew or self._lost_context:
            self._inflate = zlib.decompressobj(-15)
        try:
            data = self._inflate.decompress(data + _TAIL, MOST)
            self._lost_context = False  # it refers to nothing before itself, or that would have failed
        except zlib.error as error:
            if self._lost_context:
                what = "it is compressed by what was said before, and a part of that is not in the capture"
                return Message(chunk.at, self._side, "lost", b"", chunk.number, what)
            self._lost_context = not self._anew
            return Message(
                chunk.at, self._side, "broken", data[:100], chunk.number, f"it cannot be decompressed: {error}"
            )
        if (
            self._inflate.eof
        ):  # the last block was marked as final: the next message begins a new stream (RFC 7692, 7.2.3.4)
            self._inflate = zlib.decompressobj(-15)
        return Message(chunk.at, self._side, kind, data, chunk.number)


def _unmasked(data: bytes, mask: bytes) -> bytes:
    if not mask or not data:
        return data
    key = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(len(data), "big")


def begins_like_frame(data: bytes) -> bool:
    """Whether bytes can be the start of a frame, without having seen the upgrade: a text, ping, pong or close in one piece."""
    return len(data) >= 2 and data[0] in (0x81, 0xC1, 0x88, 0x89, 0x8A)
