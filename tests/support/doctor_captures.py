"""Captures for tests: TCP conversations put on a wire as packets, and written as pcap or pcapng; TLS sessions with their key log."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import ssl
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.certificates import key, subject

START = datetime(2026, 5, 4, 10, 0, 0, tzinfo=UTC)
STATION, BACKEND = ("10.0.0.7", 40_001), ("192.0.2.1", 80)
STATION6, BACKEND6 = ("fd00::7", 40_001), ("2001:db8::1", 443)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
Packets = list[tuple[datetime, bytes]]
Link = Callable[[bytes, int], bytes]
"""Puts a link layer around an IP packet; the number is its EtherType."""


def ethernet(packet: bytes, kind: int) -> bytes:
    """Ethernet, padded to the least length a frame has."""
    return (bytes(12) + kind.to_bytes(2, "big") + packet).ljust(60, b"\0")


def vlan(packet: bytes, kind: int) -> bytes:
    """Ethernet with two VLAN tags."""
    return bytes(12) + bytes.fromhex("88a80064 8100000a") + kind.to_bytes(2, "big") + packet


def pppoe(packet: bytes, kind: int) -> bytes:
    """Ethernet with a PPPoE session."""
    inner = (0x0021 if kind == 0x0800 else 0x0057).to_bytes(2, "big") + packet
    return bytes(12) + b"\x88\x64\x11\x00\x00\x01" + len(inner).to_bytes(2, "big") + inner


def cooked(packet: bytes, kind: int) -> bytes:
    """LINUX_SLL, as `tcpdump -i any` writes it."""
    return bytes(14) + kind.to_bytes(2, "big") + packet


def cooked2(packet: bytes, kind: int) -> bytes:
    """LINUX_SLL2."""
    return kind.to_bytes(2, "big") + bytes(18) + packet


def loopback(packet: bytes, kind: int) -> bytes:
    """BSD loopback, little-endian."""
    return (2 if kind == 0x0800 else 30).to_bytes(4, "little") + packet


def ppp(packet: bytes, kind: int) -> bytes:
    """PPP with its address bytes."""
    return b"\xff\x03" + (0x0021 if kind == 0x0800 else 0x0057).to_bytes(2, "big") + packet


def raw(packet: bytes, kind: int) -> bytes:
    """IP alone."""
    return packet


LINKS: dict[str, tuple[int, Link]] = {
    "ethernet": (1, ethernet),
    "vlan": (1, vlan),
    "pppoe": (1, pppoe),
    "cooked": (113, cooked),
    "cooked2": (276, cooked2),
    "loopback": (0, loopback),
    "ppp": (9, ppp),
    "raw": (101, raw),
}


@dataclass
class Talk:
    """A TCP connection as packets. `at` goes on by a millisecond with each packet; `wait` makes it later."""

    station: tuple[str, int] = STATION
    backend: tuple[str, int] = BACKEND
    link: Link = ethernet
    size: int = 1400
    at: datetime = START
    packets: Packets = field(default_factory=list)
    sequence: dict[bool, int] = field(default_factory=lambda: {True: 0xFFFF_FF00, False: 70_000})
    """The next number of station (True) and backend; the station's soon turns over."""

    def wait(self, seconds: float) -> Talk:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        return self

    def packet(
        self, up: bool, flags: int, data: bytes = b"", *, sequence: int | None = None, shown: int | None = None
    ) -> bytes:
        """One packet, now; `shown` cuts what is captured of it."""
        ends = (self.station, self.backend) if up else (self.backend, self.station)
        number = self.sequence[up] if sequence is None else sequence
        other = self.sequence[not up] if flags & ACK else 0
        tcp = struct.pack(
            ">HHIIBBHHH", ends[0][1], ends[1][1], number % 2**32, other % 2**32, 0x50, flags, 65_535, 0, 0
        )
        whole = self.link(*_ip(ends[0][0], ends[1][0], tcp + data))
        self.at += timedelta(milliseconds=1)
        self.packets.append((self.at, whole if shown is None else whole[:shown]))
        return whole

    def open(self) -> Talk:
        """Three packets."""
        self.packet(True, SYN)
        self.sequence[True] += 1
        self.packet(False, SYN | ACK)
        self.sequence[False] += 1
        self.packet(True, ACK)
        return self

    def say(self, up: bool, data: bytes, *, acknowledged: bool = True) -> Talk:
        """Send bytes, in segments of `size`."""
        for place in range(0, len(data), self.size):
            part = data[place : place + self.size]
            self.packet(up, PSH | ACK, part)
            self.sequence[up] += len(part)
        if acknowledged:
            self.packet(not up, ACK)
        return self

    def end(self, up: bool) -> Talk:
        """A FIN from one side, and one from the other."""
        for side in (up, not up):
            self.packet(side, FIN | ACK)
            self.sequence[side] += 1
        return self

    def reset(self, up: bool) -> Talk:
        """A RST."""
        self.packet(up, RST | ACK)
        return self


def _ip(source: str, target: str, payload: bytes) -> tuple[bytes, int]:
    if ":" in source:
        head = struct.pack(">IHBB", 6 << 28, len(payload) + 8, 0, 64)  # with an empty hop-by-hop header
        return head + IPv6Address(source).packed + IPv6Address(target).packed + b"\x06\x00" + bytes(6) + payload, 0x86DD
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, 6, 0)
    return head + IPv4Address(source).packed + IPv4Address(target).packed + payload, 0x0800


# --- files -------------------------------------------------------------------------------------------------------------------


def pcap(
    packets: Packets, link: int = 1, *, order: str = "<", nano: bool = False, lengths: Sequence[int] = ()
) -> bytes:
    """A pcap file; `lengths` are those the packets had before they were cut."""
    magic, ticks = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1000)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for place, (at, data) in enumerate(packets):
        since = _nanoseconds(at)
        length = lengths[place] if lengths else len(data)
        parts.append(struct.pack(order + "IIII", since // 10**9, since % 10**9 // ticks, len(data), length) + data)
    return b"".join(parts)


def pcapng(groups: Iterable[tuple[int, Packets]], *, order: str = "<", key_log: str = "", resolution: int = 9) -> bytes:
    """A pcapng file with an interface for each group of packets; `resolution` as in if_tsresol."""
    out = _block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    if key_log:
        out += _block(order, 10, struct.pack(order + "II", 0x544C534B, len(key_log)) + key_log.encode())
    groups = list(groups)
    for link, _ in groups:
        option = struct.pack(order + "HHB3x", 9, 1, resolution) + struct.pack(order + "HH", 0, 0)
        out += _block(order, 1, struct.pack(order + "HHI", link, 0, 0) + option)
    ticks = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    for interface, (_, packets) in enumerate(groups):
        for at, data in packets:
            stamp = _nanoseconds(at) * ticks // 10**9
            head = struct.pack(order + "IIIII", interface, stamp >> 32, stamp & 0xFFFF_FFFF, len(data), len(data))
            out += _block(order, 6, head + data)
    return out


def _block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def _nanoseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


# --- WebSocket ---------------------------------------------------------------------------------------------------------------

KEY = base64.b64encode(bytes(range(16))).decode()


def request(
    path: str = "/ocpp/CS-1", *, subprotocol: str = "ocpp1.6", extra: str = "", host: str = "backend.test"
) -> bytes:
    """What a station asks."""
    offered = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {KEY}\r\n{offered}{extra}\r\n"
    ).encode()


def taken(subprotocol: str = "ocpp1.6", extra: str = "") -> bytes:
    """What a backend answers that takes it."""
    proof = base64.b64encode(hashlib.sha1(KEY.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
    chosen = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {proof}\r\n{chosen}{extra}\r\n"
    ).encode()


def frame(data: bytes | str, *, masked: bool, kind: int = 1, last: bool = True, bits: int = 0) -> bytes:
    """A WebSocket frame."""
    payload = data.encode() if isinstance(data, str) else data
    mask = bytes((0x11, 0x22, 0x33, 0x44)) if masked else b""
    size = len(payload)
    length = (
        size.to_bytes(1, "big")
        if size < 126
        else b"\x7e" + size.to_bytes(2, "big")
        if size < 65_536
        else b"\x7f" + size.to_bytes(8, "big")
    )
    length = bytes([length[0] | (0x80 if masked else 0)]) + length[1:]
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload)) if masked else payload
    return bytes([(0x80 if last else 0) | bits | kind]) + length + mask + body


def close(code: int, reason: str = "", *, masked: bool) -> bytes:
    """A close frame."""
    return frame(code.to_bytes(2, "big") + reason.encode(), masked=masked, kind=8)


class Squeezer:
    """Compresses messages as permessage-deflate does; `anew`: each by itself."""

    def __init__(self, *, anew: bool = False) -> None:
        self._anew, self._deflate = anew, zlib.compressobj(wbits=-15)

    def frame(self, text: str, *, masked: bool) -> bytes:
        """A compressed text message."""
        if self._anew:
            self._deflate = zlib.compressobj(wbits=-15)
        data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return frame(data.removesuffix(b"\0\0\xff\xff"), masked=masked, bits=0x40)


BOOT = '[2,"1","BootNotification",{"chargePointVendor":"Volta","chargePointModel":"One"}]'
BOOTED = '[3,"1",{"status":"Accepted","currentTime":"2026-05-04T10:00:00Z","interval":300}]'
RESET = '[2,"b1","Reset",{"type":"Soft"}]'


def docked(talk: Talk | None = None, path: str = "/ocpp/CS-1") -> Talk:
    """A station that has docked, by 1.6."""
    return (talk or Talk()).open().say(True, request(path)).say(False, taken())


def conversation(talk: Talk | None = None, path: str = "/ocpp/CS-1") -> Talk:
    """A station that has docked, booted, and was asked something."""
    talk = docked(talk, path)
    talk.say(True, frame(BOOT, masked=True)).say(False, frame(BOOTED, masked=False))
    return talk.say(False, frame(RESET, masked=False))


# --- TLS ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Tls:
    """A TLS session in memory: both ends are real, what they say goes onto a talk."""

    talk: Talk
    folder: Path
    client: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    server: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    name: str | None = "backend.test"

    def __post_init__(self) -> None:
        pem = server_pem(self.folder)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        self.server.load_cert_chain(pem)
        self.client.keylog_filename = str(self.key_log)

    @property
    def key_log(self) -> Path:
        """Where the secrets are."""
        return self.folder / "keys.log"

    def start(self) -> Tls:
        """Shake hands; goes on as far as it comes."""
        self._wires = {True: (ssl.MemoryBIO(), ssl.MemoryBIO()), False: (ssl.MemoryBIO(), ssl.MemoryBIO())}
        self._ends = {
            True: self.client.wrap_bio(*self._wires[True], server_hostname=self.name),
            False: self.server.wrap_bio(*self._wires[False], server_side=True),
        }
        for _ in range(6):
            for up in (True, False):
                with contextlib.suppress(ssl.SSLError):
                    self._ends[up].do_handshake()
                self._pump(up)
        return self

    def say(self, up: bool, data: bytes) -> Tls:
        """Say something inside."""
        self._ends[up].write(data)
        self._pump(up)
        return self

    def _pump(self, up: bool) -> None:
        data = self._wires[up][1].read()
        if data:
            self.talk.say(up, data)
            self._wires[not up][0].write(data)
            with contextlib.suppress(ssl.SSLError, ValueError):
                self._ends[not up].read(1 << 16)


def server_pem(folder: Path) -> Path:
    """A backend's key and certificate."""
    own = key("doctor-backend")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject("backend.test"))
        .issuer_name(subject("Root"))
        .public_key(own.public_key())
        .serial_number(5)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("backend.test")]), critical=False)
        .sign(key("root"), SHA256())
    )
    path = folder / "backend.pem"
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def file_of(data: bytes) -> io.BytesIO:
    """A file with these bytes."""
    return io.BytesIO(data)
