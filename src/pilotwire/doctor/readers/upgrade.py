"""The HTTP part of a connection: the request for a WebSocket, the answer, and what proxies put before it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from pilotwire.doctor.readers.tcp import Chunk

_MOST: Final = 65_536
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PROXY2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_METHODS: Final = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"CONNECT ")


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and the headers of a request or an answer; names in small letters, several of one name joined by commas."""

    at: datetime
    number: int
    first: str
    headers: dict[str, str]

    def says(self, name: str, word: str) -> bool:
        """Whether a header holds a word, whatever its case."""
        return word.lower() in [each.strip().lower() for each in self.headers.get(name, "").split(",")]

    def listed(self, name: str) -> list[str]:
        """The words of a header that is a list."""
        return [each.strip() for each in self.headers.get(name, "").split(",") if each.strip()]

    @property
    def status(self) -> int:
        """The status of an answer; 0: it has none."""
        parts = self.first.split()
        return int(parts[1]) if len(parts) > 1 and parts[1].isascii() and parts[1].isdigit() else 0

    @property
    def path(self) -> str:
        """The path of a request."""
        parts = self.first.split()
        return parts[1] if len(parts) > 1 else ""

    @property
    def identity(self) -> str:
        """The station's identity: the last part of the path, decoded (J16:3.1.1, J2:3.1.1)."""
        return unquote(self.path.partition("?")[0].rpartition("/")[2])

    @property
    def user(self) -> str:
        """The user name of HTTP Basic authentication; the password is not kept. "" where there is none."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True) if kind.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            return ""
        return decoded.partition(b":")[0].decode("utf-8", "replace")


def looks_like_http(data: bytes) -> bool:
    """Whether bytes begin a request."""
    return data.startswith(_METHODS)


def take_head(chunks: Sequence[Chunk]) -> tuple[Head, list[Chunk]] | None:
    """The head at the beginning, and what follows it; None: there is no whole one."""
    found = b""
    for place, chunk in enumerate(chunks):
        if chunk.lost or len(found) > _MOST:
            return None
        before = len(found)
        found += chunk.data
        end = found.find(b"\r\n\r\n")
        if end < 0:
            continue
        rest = [*([chunk._replace(data=chunk.data[end + 4 - before :])]), *chunks[place + 1 :]]
        return _head(found[:end], chunk), [each for each in rest if each.data]
    return None


def skip(chunks: Sequence[Chunk], count: int) -> list[Chunk]:
    """The chunks without their first `count` bytes."""
    left = []
    for chunk in chunks:
        taken = min(count, len(chunk.data))
        count -= taken
        if taken < len(chunk.data):
            left.append(chunk._replace(data=chunk.data[taken:]))
    return left


def _head(data: bytes, chunk: Chunk) -> Head:
    lines = data.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(chunk.at, chunk.number, lines[0], headers)


def strip_proxy(up: list[Chunk]) -> list[Chunk]:
    """What a client says without the line of the PROXY protocol that a load balancer has put before it."""
    start = b"".join(each.data for each in up[:3])
    if start.startswith(b"PROXY ") and b"\r\n" in start[:110]:
        return skip(up, start.index(b"\r\n") + 2)
    if start.startswith(_PROXY2) and len(start) >= 16:
        return skip(up, 16 + int.from_bytes(start[14:16], "big"))
    return up


def request_faults(head: Head) -> Iterator[str]:
    """What is wrong with the request for a WebSocket (RFC 6455, 4.1)."""
    if not head.first.startswith("GET "):
        yield f"the request is {head.first.partition(' ')[0]!r}, not GET"
    if not head.says("upgrade", "websocket"):
        yield "the header Upgrade: websocket is missing"
    if not head.says("connection", "upgrade"):
        yield "the header Connection: Upgrade is missing (a proxy on the way may have removed it)"
    if head.headers.get("sec-websocket-version", "") != "13":
        yield "the header Sec-WebSocket-Version is not 13"
    if not head.headers.get("sec-websocket-key", ""):
        yield "the header Sec-WebSocket-Key is missing"
    if not head.headers.get("host", ""):
        yield "the header Host is missing"


def answer_faults(request: Head, answer: Head) -> Iterator[str]:
    """What is wrong with an answer that takes the WebSocket (RFC 6455, 4.2.2)."""
    if not answer.says("upgrade", "websocket"):
        yield "the header Upgrade: websocket is missing"
    if not answer.says("connection", "upgrade"):
        yield "the header Connection: Upgrade is missing"
    key = request.headers.get("sec-websocket-key", "").encode("latin-1")
    proof = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
    if answer.headers.get("sec-websocket-accept", "") != proof:
        yield "Sec-WebSocket-Accept does not fit the request's key"
