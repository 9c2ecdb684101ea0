"""From a packet to the TCP segment or UDP datagram in it: Ethernet (VLAN, PPPoE), cooked Linux, loopback, PPP, raw IP; IPv4 and IPv6."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from pilotwire.doctor.readers.containers import Packet

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
_IP4, _IP6 = 0x0800, 0x86DD
_PPP_KINDS: Final = {0x0021: _IP4, 0x0057: _IP6}
_TAGS: Final = (0x8100, 0x88A8, 0x9100)
_EXTENSIONS: Final = (0, 43, 60)
_TCP: Final = 6
_UDP: Final = 17
_DEEPEST: Final = 8
"""Tags, or extension headers, that are looked through."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment. `cut`: bytes of its payload that were not captured."""

    number: int
    at: datetime
    source: Endpoint
    target: Endpoint
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    cut: int = 0

    @property
    def opens(self) -> bool:
        """Whether it is the first of a connection."""
        return self.flags & (SYN | ACK) == SYN


@dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP datagram."""

    number: int
    at: datetime
    source: Endpoint
    target: Endpoint
    payload: bytes


class Other(StrEnum):
    """Why there is no segment in a packet."""

    UNKNOWN_LINK = "link"
    NOT_TCP = "not tcp"
    FRAGMENT = "fragment"
    BROKEN = "broken"


def segment_of(packet: Packet) -> Segment | Other:
    """The TCP segment in a packet, or why there is none; never raises."""
    try:
        kind, inner = _link(packet.link, packet.data)
        if kind < 0:
            return Other.UNKNOWN_LINK
        if kind == _IP4:
            return _ip4(packet, inner)
        return _ip6(packet, inner) if kind == _IP6 else Other.NOT_TCP
    except (struct.error, IndexError, ValueError):
        return Other.BROKEN


def datagram_of(packet: Packet) -> Datagram | None:
    """The UDP datagram in a packet; None if there is none, or only a part of one. Never raises."""
    try:
        kind, data = _link(packet.link, packet.data)
        if kind == _IP4 and data[9] == _UDP and not struct.unpack_from(">H", data, 6)[0] & 0x3FFF:
            ends, inner = (str(IPv4Address(data[12:16])), str(IPv4Address(data[16:20]))), data[(data[0] & 0x0F) * 4 :]
        elif kind == _IP6 and data[6] == _UDP:
            ends, inner = (str(IPv6Address(data[8:24])), str(IPv6Address(data[24:40]))), data[40:]
        else:
            return None
        from_port, to_port, size = struct.unpack_from(">HHH", inner)
    except (struct.error, IndexError, ValueError):
        return None
    source, target = Endpoint(ends[0], from_port), Endpoint(ends[1], to_port)
    return Datagram(packet.number, packet.at, source, target, inner[8:size])


def _link(link: int, data: bytes) -> tuple[int, bytes]:
    """The EtherType and what it names; -1 for a kind of link that is not known."""
    if link == 1:
        return _ethernet(struct.unpack_from(">H", data, 12)[0], data[14:])
    if link == 113:  # LINUX_SLL: what `tcpdump -i any` writes
        return _ethernet(struct.unpack_from(">H", data, 14)[0], data[16:])
    if link == 276:  # LINUX_SLL2
        return _ethernet(struct.unpack_from(">H", data)[0], data[20:])
    if link in (0, 108):  # BSD loopback: 2 is IPv4 everywhere, IPv6 has three numbers, in either byte order
        family = data[3] or data[0]
        return (_IP4 if family == 2 else _IP6 if family in (24, 28, 30, 10) else 0), data[4:]
    if link == 9:
        return _ppp(data[2:] if data[:2] == b"\xff\x03" else data)
    if link in (12, 14, 101, 228, 229):
        return (_IP4 if data[0] >> 4 == 4 else _IP6), data
    return -1, b""


def _ethernet(kind: int, data: bytes) -> tuple[int, bytes]:
    for _ in range(_DEEPEST):
        if kind not in _TAGS:
            break
        kind, data = struct.unpack_from(">H", data, 2)[0], data[4:]
    return _ppp(data[6:]) if kind == 0x8864 else (kind, data)


def _ppp(data: bytes) -> tuple[int, bytes]:
    return _PPP_KINDS.get(struct.unpack_from(">H", data)[0], 0), data[2:]


def _ip4(packet: Packet, data: bytes) -> Segment | Other:
    head = (data[0] & 0x0F) * 4
    total, fragment, protocol = struct.unpack_from(">HxxHxB", data, 2)
    if protocol != _TCP:
        return Other.NOT_TCP
    if fragment & 0x3FFF:
        return Other.FRAGMENT
    source, target = str(IPv4Address(data[12:16])), str(IPv4Address(data[16:20]))
    size = (
        total - head if total else len(data) + packet.cut - head
    )  # 0: the network card has cut it into packets, after the capture
    return _tcp(packet, source, target, data[head:], size)


def _ip6(packet: Packet, data: bytes) -> Segment | Other:
    size, kind = struct.unpack_from(">HB", data, 4)
    source, target = str(IPv6Address(data[8:24])), str(IPv6Address(data[24:40]))
    size = size or len(data) + packet.cut - 40
    inner = data[40:]
    for _ in range(_DEEPEST):
        if kind not in _EXTENSIONS:
            break
        length = inner[1] * 8 + 8
        kind, inner, size = inner[0], inner[length:], size - length
    if kind == 44:
        return Other.FRAGMENT
    return _tcp(packet, source, target, inner, size) if kind == _TCP else Other.NOT_TCP


def _tcp(packet: Packet, source: str, target: str, data: bytes, size: int) -> Segment | Other:
    from_port, to_port, sequence, acknowledged, offset, flags = struct.unpack_from(">HHIIBB", data)
    head = (offset >> 4) * 4
    if head < 20 or size < head:
        return Other.BROKEN
    payload = data[head:size]  # a short packet is padded by Ethernet
    there, here = Endpoint(source, from_port), Endpoint(target, to_port)
    cut = max(0, size - head - len(payload))
    return Segment(packet.number, packet.at, there, here, sequence, acknowledged, flags, payload, cut)
