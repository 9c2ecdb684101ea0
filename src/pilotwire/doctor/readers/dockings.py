"""One connection of a capture, from the bytes up: TLS, the request for a WebSocket, messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

from pilotwire.doctor.conversation.heard import Heard, Sender
from pilotwire.doctor.readers import upgrade
from pilotwire.doctor.readers.tcp import Chunk, Connection, Side
from pilotwire.doctor.readers.tls import Handshake, is_plain_alert, looks_like_tls, read_tls
from pilotwire.doctor.readers.tls_keys import KeyLog
from pilotwire.doctor.readers.upgrade import Head
from pilotwire.doctor.readers.websocket import Deflate, Message, Reader, begins_like_frame
from pilotwire.ocpp.version import OcppVersion

Content = Literal["nothing", "http", "websocket", "soap", "sealed", "mismatch", "foreign"]
SENDERS: Final[dict[Side, Sender]] = {"client": "station", "server": "csms"}


@dataclass(slots=True)
class Docking:
    """A station's try to dock. `content` says what was found inside; `controls` are pings, pongs, closes and what is broken or lost.

    `station` is the identity in the path, or the client's address where the path is not known. `turns` are requests that were answered
    by something else than a WebSocket, before the last one.
    """

    tcp: Connection
    content: Content = "nothing"
    station: str = ""
    handshake: Handshake | None = None
    request: Head | None = None
    answer: Head | None = None
    turns: list[tuple[Head, Head]] = field(default_factory=list)
    version: OcppVersion | None = None
    heard: list[Heard] = field(default_factory=list)
    controls: list[Message] = field(default_factory=list)

    @property
    def docked(self) -> bool:
        """Whether the backend has taken the WebSocket."""
        return self.content == "websocket"

    @property
    def relevant(self) -> bool:
        """Whether it can have to do with OCPP at all."""
        return self.content != "foreign"


def read_docking(tcp: Connection, keys: KeyLog, count: Counter[str]) -> Docking:
    """What a connection held; `count` counts the connections of each station. Its bytes are let go afterwards."""
    docking = Docking(tcp)
    _orient(tcp)
    up, down = upgrade.strip_proxy(tcp.up.chunks), tcp.down.chunks
    up, down = _through_proxy(docking, up, down)
    start, back = _start(up), _start(down)
    if looks_like_tls(start):
        up, down = _tls(docking, keys, up, down, back)
    elif _has_tls(up) and tcp.joined:
        docking.handshake = read_tls(tcp, up, down, keys).handshake
        docking.content = "sealed"
        up = down = []
    if docking.content == "nothing" and (up or down):
        _inside(docking, up, down)
    docking.station = docking.station or tcp.client.address
    _number(docking, count)
    tcp.up.chunks, tcp.down.chunks = [], []
    return docking


def _start(chunks: list[Chunk]) -> bytes:
    return b"".join(each.data for each in chunks[:4])[:64]


def _orient(tcp: Connection) -> None:
    """Where the opening was not seen: the client is who says hello, asks, or masks."""
    if not tcp.joined:
        return
    down = _start(tcp.down.chunks)
    hello = looks_like_tls(down) and down[5:6] == b"\x01"
    masked = begins_like_frame(down) and bool(down[1] & 0x80)
    if hello or masked or upgrade.looks_like_http(down):
        tcp.swap()


def _has_tls(chunks: list[Chunk]) -> bool:
    start = _start(chunks)
    return len(start) >= 5 and 20 <= start[0] <= 23 and start[1] == 3 and start[2] <= 4


def _through_proxy(docking: Docking, up: list[Chunk], down: list[Chunk]) -> tuple[list[Chunk], list[Chunk]]:
    """What follows a CONNECT that a proxy has taken."""
    if not _start(up).startswith(b"CONNECT "):
        return up, down
    asked, answered = upgrade.take_head(up), upgrade.take_head(down)
    if asked is None or answered is None:
        docking.request = None if asked is None else asked[0]
        docking.content = "http"
        return up, down
    if answered[0].status // 100 != 2:
        docking.request, docking.answer, docking.content = asked[0], answered[0], "http"
        return [], []
    return asked[1], answered[1]


def _tls(
    docking: Docking, keys: KeyLog, up: list[Chunk], down: list[Chunk], back: bytes
) -> tuple[list[Chunk], list[Chunk]]:
    session = read_tls(docking.tcp, up, down, keys)
    docking.handshake = session.handshake
    if back and not _has_tls(down):
        docking.content = "mismatch"
    elif session.handshake.closed or not (session.said["client"] or session.said["server"]):
        docking.content = "sealed"
    return session.said["client"], session.said["server"]


def _inside(docking: Docking, up: list[Chunk], down: list[Chunk]) -> None:
    """HTTP and what follows, or a WebSocket whose beginning is not there."""
    if is_plain_alert(_start(down)) and upgrade.looks_like_http(_start(up)):
        asked = upgrade.take_head(up)
        docking.request = None if asked is None else asked[0]
        docking.content = "mismatch"
    elif upgrade.looks_like_http(_start(up)):
        _http(docking, up, down)
    elif (docking.tcp.joined or docking.handshake is not None) and (
        begins_like_frame(_start(up)) or begins_like_frame(_start(down))
    ):
        docking.content = "websocket"
        squeezed = any(chunk.data[:1] == b"\xc1" for chunk in (*up, *down))
        _websocket(docking, up, down, Deflate() if squeezed else None, midway=True)
    else:
        docking.content = "foreign"


def _http(docking: Docking, up: list[Chunk], down: list[Chunk]) -> None:
    docking.content = "http"
    while (asked := upgrade.take_head(up)) is not None:
        if docking.request is not None and docking.answer is not None:
            docking.turns.append((docking.request, docking.answer))
        (docking.request, up), docking.answer = asked, None
        up = upgrade.skip(up, _length(docking.request))
        answered = upgrade.take_head(down)
        if answered is None:
            break
        docking.answer, down = answered
        if docking.answer.status == 101:
            _taken(docking, docking.request, docking.answer, up, down)
            return
        down = upgrade.skip(down, _length(docking.answer))
    request = docking.request
    if request is None:
        docking.content = "foreign"
    elif request.first.startswith("POST ") and "xml" in request.headers.get("content-type", ""):
        docking.content = "soap"
    elif "upgrade" not in request.headers and not request.headers.get("sec-websocket-key", ""):
        docking.content = "foreign" if "ocpp" not in request.path.lower() else "http"
    else:
        docking.station = request.identity


def _length(head: Head) -> int:
    said = head.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0


def _taken(docking: Docking, request: Head, answer: Head, up: list[Chunk], down: list[Chunk]) -> None:
    docking.content, docking.station = "websocket", request.identity
    docking.version = OcppVersion.from_subprotocol(answer.headers.get("sec-websocket-protocol", ""))
    _websocket(docking, up, down, Deflate.agreed(answer.headers.get("sec-websocket-extensions", "")), midway=False)


def _websocket(docking: Docking, up: list[Chunk], down: list[Chunk], deflate: Deflate | None, *, midway: bool) -> None:
    sides: tuple[tuple[Side, list[Chunk]], ...] = (("client", up), ("server", down))
    messages: list[Message] = []
    for side, chunks in sides:
        if midway and chunks:
            chunks = [chunks[0]._replace(lost=chunks[0].lost or 1), *chunks[1:]]
        messages.extend(Reader(side, deflate).read(chunks))
    for message in sorted(messages, key=lambda each: (each.at, each.number)):
        _sort(docking, message)


def _sort(docking: Docking, message: Message) -> None:
    if message.kind == "text":
        try:
            text = message.data.decode()
        except UnicodeDecodeError:
            text = message.data.decode("utf-8", "replace")
            docking.controls.append(_broken(message, "a text message is not UTF-8 (RFC 6455, 8.1)"))
        sender, where = SENDERS[message.by], f"packet {message.number}"
        docking.heard.append(Heard(message.at, docking.station, sender, text, docking.version, where))
    elif message.kind == "binary":
        docking.controls.append(_broken(message, "a message is binary: OCPP-J messages are text (J16:4.1, J2:4.1)"))
    else:
        docking.controls.append(message)


def _broken(message: Message, what: str) -> Message:
    return Message(message.at, message.by, "broken", message.data[:100], message.number, what)


def _number(docking: Docking, count: Counter[str]) -> None:
    """Tell the station's connections apart."""
    number = count[docking.station]
    count[docking.station] += 1
    docking.heard = [
        Heard(each.at, docking.station, each.sender, each.text, each.version, each.where, number)
        for each in docking.heard
    ]
