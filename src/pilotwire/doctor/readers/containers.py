"""The containers of a network capture, pcap and pcapng: packets with their time and link type, and TLS secrets kept in the file.

Own, because the light kept libraries read only the first interface of a pcapng file, drop the secrets in it, and fail at a file that
ends in the middle: that is how most captures come that were made on a station.

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_MOST: Final = 1 << 24
"""Bytes a packet or a block may have: what says more is broken, and would take the memory for it."""
_PCAP: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET, _SECRETS, _SECTION = 1, 2, 3, 6, 10, 0x0A0D0D0A
_TLS_KEY_LOG: Final = 0x544C534B


@dataclass(frozen=True, slots=True)
class Packet:
    """What was captured at a time. `number` counts from 1, as Wireshark does; `cut` bytes of it were not captured."""

    number: int
    at: datetime
    link: int
    data: bytes
    cut: int = 0


@dataclass(slots=True)
class Container:
    """A capture file that is read once: iterate over it. Afterwards `key_log` holds secrets that were in it, `broken` what ended it
    before its end ("": nothing).
    """

    file: BinaryIO
    key_log: str = ""
    broken: str = ""
    _number: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Packet]:
        start = self._read(4)
        if start in _PCAP:
            yield from self._pcap(*_PCAP[start])
        elif start == _PCAPNG:
            yield from self._pcapng()
        else:
            self.broken = "The file does not begin as a capture does."

    def _read(self, count: int) -> bytes:
        """The next bytes; fewer where the file, or what it is packed in, is damaged."""
        try:
            return self.file.read(count)
        except (OSError, EOFError, zlib.error) as error:
            self.broken = f"The file cannot be read after packet {self._number}: {error}."
            return b""

    def _take(self, count: int, what: str) -> bytes | None:
        """`count` bytes; None, and a word on it, if the file does not have them."""
        if count > _MOST:
            self.broken = f"{what} after packet {self._number} claims to have {count} bytes: the file is broken there."
            return None
        data = self._read(count)
        if len(data) < count:
            self.broken = self.broken or f"The file ends inside {what} after packet {self._number}."
            return None
        return data

    def _packet(self, nanoseconds: int, link: int, data: bytes, length: int) -> Packet:
        self._number += 1
        return Packet(self._number, _moment(nanoseconds), link, data, max(0, length - len(data)))

    # --- pcap ---------------------------------------------------------------------------------------------------------------

    def _pcap(self, order: str, tick: int) -> Iterator[Packet]:
        header = self._take(20, "its header")
        if header is None:
            return
        link = struct.unpack(order + "HHiIII", header)[5] & 0x03FF_FFFF
        while (head := self._read(16)) != b"":
            if len(head) < 16:
                self.broken = f"The file ends inside a packet after packet {self._number}."
                return
            seconds, part, size, length = struct.unpack(order + "IIII", head)
            data = self._take(size, "a packet")
            if data is None:
                return
            yield self._packet(seconds * 1_000_000_000 + part * tick, link, data, length)

    # --- pcapng -------------------------------------------------------------------------------------------------------------

    def _pcapng(self) -> Iterator[Packet]:
        order = ""
        links: list[_Interface] = []
        kind_bytes = _PCAPNG
        while kind_bytes:
            if kind_bytes == _PCAPNG:
                links = []
                order = self._section()
                if not order:
                    return
            else:
                block = self._block(order, kind_bytes)
                if block is None:
                    return
                (kind,) = struct.unpack(order + "I", kind_bytes)
                try:
                    yield from self._one(order, kind, block, links)
                except (struct.error, IndexError):
                    self.broken = f"A block after packet {self._number} is too short for what it holds."
            kind_bytes = self._read(4)

    def _section(self) -> str:
        head = self._take(8, "a section header")
        if head is None:
            return ""
        order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(head[4:], "")
        if not order:
            self.broken = "The section header does not say its byte order."
            return ""
        (length,) = struct.unpack(order + "I", head[:4])
        return order if self._take(max(0, length - 12), "a section header") is not None else ""

    def _block(self, order: str, kind: bytes) -> bytes | None:
        head = self._take(4, "a block") if len(kind) == 4 else None
        if head is None:
            self.broken = self.broken or f"The file ends inside a block after packet {self._number}."
            return None
        (length,) = struct.unpack(order + "I", head)
        if length < 12:
            self.broken = f"A block after packet {self._number} is {length} bytes long, which none can be."
            return None
        body = self._take(length - 8 + -length % 4, "a block")
        return None if body is None else body[: length - 12]

    def _one(self, order: str, kind: int, block: bytes, links: list[_Interface]) -> Iterator[Packet]:
        if kind == _INTERFACE:
            links.append(_interface(order, block))
        elif kind in (_PACKET, _OLD_PACKET):
            which, high, low, size, length = struct.unpack_from(order + "IIIII", block)
            link = links[which if kind == _PACKET else which & 0xFFFF if order == "<" else which >> 16]
            yield self._packet(link.nanoseconds(high << 32 | low), link.kind, block[20 : 20 + size], length)
        elif kind == _SIMPLE_PACKET:
            (length,) = struct.unpack_from(order + "I", block)
            yield self._packet(0, links[0].kind, block[4 : 4 + length], length)
        elif kind == _SECRETS:
            what, size = struct.unpack_from(order + "II", block)
            if what == _TLS_KEY_LOG:
                self.key_log += block[8 : 8 + size].decode("ascii", "replace") + "\n"


@dataclass(frozen=True, slots=True)
class _Interface:
    kind: int
    ticks: int = 1_000_000
    """A second has so many."""
    offset: int = 0

    def nanoseconds(self, ticks: int) -> int:
        return ticks * 1_000_000_000 // self.ticks + self.offset * 1_000_000_000


def _interface(order: str, block: bytes) -> _Interface:
    (kind,) = struct.unpack_from(order + "H", block)
    ticks, offset, place = 1_000_000, 0, 8
    while place + 4 <= len(block):
        code, size = struct.unpack_from(order + "HH", block, place)
        value = block[place + 4 : place + 4 + size]
        if code == 9 and size == 1:
            ticks = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        elif code == 14 and size == 8:
            (offset,) = struct.unpack(order + "q", value)
        place += 4 + size + -size % 4
    return _Interface(kind, ticks, offset)


def _moment(nanoseconds: int) -> datetime:
    """The time, in UTC; what no calendar holds is told as the first or last day."""
    if nanoseconds < 0:
        return _EPOCH
    try:
        return min(_EPOCH + timedelta(microseconds=nanoseconds // 1_000), _LAST)
    except OverflowError:
        return _LAST
