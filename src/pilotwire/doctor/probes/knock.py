"""One opening handshake of a WebSocket, written as a station writes it, and everything the answer tells (RFC 6455, 4).

Whoever knocks with a station's identity and is let in is that station for the backend: it may close the connection of the real one.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.frames import CLOSE, PING, PONG, BadFrame, Frame, Frames, frame
from pilotwire.doctor.probes.http import HttpAnswer, NotHttp
from pilotwire.doctor.probes.lines import SETTLE, Line, LineFault, read_http, shown, wire_host
from pilotwire.doctor.probes.tls_lines import open_line
from pilotwire.ocpp.version import OcppVersion

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DEFLATE: Final = "permessage-deflate"
_USUAL_PORTS: Final = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Knock:
    """How to knock. `user` and `password` None: without HTTP Basic; `path` is the whole path, percent-encoded."""

    path: str
    subprotocols: tuple[str, ...]
    user: str | None = None
    password: str | bytes | None = None
    compression: bool = False


def usual_path(patient: Patient) -> str:
    """The path of the connection URL: '/' and the percent-encoded identity behind that of the endpoint (J2:3.1.1)."""
    return f"{endpoint_path(patient)}/{quote(patient.identity, safe='')}"


def name_of(patient: Patient) -> str:
    """The identity for people: with what cannot be printed escaped."""
    return patient.identity if patient.identity.isprintable() else ascii(patient.identity)


def endpoint_path(patient: Patient) -> str:
    """The path of the endpoint; what may not stand in a URL is percent-encoded."""
    return quote(patient.place.path, safe="/%:@!$&'()*+,;=")


def usual_knock(patient: Patient) -> Knock:
    """As the station knocks."""
    password = patient.credentials.password or None
    versions = patient.versions or tuple(OcppVersion)
    return Knock(
        usual_path(patient),
        tuple(version.subprotocol for version in versions),
        patient.identity if password is not None else None,
        password,
        any(version is not OcppVersion.V16 for version in versions),
    )


@dataclass(slots=True)
class Knocked:
    """What came of it: an answer, or `fault` (no HTTP: `not_http` is its beginning). With HTTP 101 `line` is open until `close`."""

    knock: Knock
    answer: HttpAnswer | None = None
    fault: LineFault | None = None
    not_http: bytes | None = None
    line: Line | None = None
    key: str = ""

    @property
    def upgraded(self) -> bool:
        """Whether the answer is HTTP 101."""
        return self.answer is not None and self.answer.status == 101

    @property
    def accept_is_right(self) -> bool:
        """Whether Sec-WebSocket-Accept answers the key."""
        return self.answer is not None and self.answer.header("sec-websocket-accept") == accept_of(self.key)

    @property
    def subprotocol(self) -> str:
        """What was chosen, "" for none."""
        return self.answer.header("sec-websocket-protocol") if self.answer is not None else ""

    @property
    def extensions(self) -> tuple[str, ...]:
        """Names of the extensions in use."""
        tokens = self.answer.tokens("sec-websocket-extensions") if self.answer is not None else ()
        return tuple(each.partition(";")[0].strip() for each in tokens)

    @property
    def words(self) -> str:
        """The outcome for people."""
        if self.answer is not None:
            return self.answer.line
        return self.fault.what if self.fault is not None else "an answer that is no HTTP"

    def close(self) -> None:
        """Leave."""
        if self.line is not None:
            self.line.close()
            self.line = None

    async def leave(self) -> None:
        """Say good-bye first (close code 1000), without waiting for the answer."""
        if self.line is not None:
            with contextlib.suppress(LineFault, TimeoutError):
                async with asyncio.timeout(SETTLE):
                    await self.line.send(frame(CLOSE, b"\x03\xe8", os.urandom(4)))
        self.close()


def accept_of(key: str) -> str:
    """The Sec-WebSocket-Accept to a key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()


def request_of(patient: Patient, knock: Knock, key: str) -> bytes:
    """The request on the wire."""
    place = patient.place
    usual = place.port == _USUAL_PORTS[place.scheme]
    host = shown(wire_host(place.host), place.port)
    host = host.rpartition(":")[0] if usual else host
    lines = [
        f"GET {knock.path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if knock.subprotocols:
        lines.append(f"Sec-WebSocket-Protocol: {', '.join(knock.subprotocols)}")
    if knock.password is not None:
        secret = knock.password.encode() if isinstance(knock.password, str) else knock.password
        pair = (knock.user or "").encode() + b":" + secret
        lines.append("Authorization: Basic " + base64.b64encode(pair).decode())
    if knock.compression:
        lines.append(f"Sec-WebSocket-Extensions: {DEFLATE}; client_max_window_bits")
    return "\r\n".join([*lines, "User-Agent: Pilotwire doctor", "", ""]).encode()


async def knock_at(patient: Patient, knock: Knock) -> Knocked:
    """Knock once. Raises ConfigError where the client certificate cannot be used."""
    key = base64.b64encode(os.urandom(16)).decode()
    knocked = Knocked(knock, key=key)
    line: Line | None = None
    try:
        line = await open_line(patient)
        await line.send(request_of(patient, knock, key))
        knocked.answer = await read_http(line, patient.timeout)
    except NotHttp as error:
        knocked.not_http = error.seen
    except LineFault as fault:
        knocked.fault = fault
    if knocked.upgraded:
        knocked.line = line
    elif line is not None:
        line.close()
    return knocked


# --- behind the handshake ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stay:
    """How a WebSocket fared for a while: `pong` after a ping; `closed` with a close frame; `cut` tells how the line ended without."""

    pong: bool = False
    closed: Frame | None = None
    cut: str = ""
    garbled: str = ""


async def stay(knocked: Knocked, timeout: float) -> Stay:
    """Ping at once and see whether the backend keeps the line: wait for its pong, or for the end, not longer than `timeout`."""
    line, frames = knocked.line, Frames()
    if line is None or knocked.answer is None:
        return Stay(cut="there is no WebSocket")
    data = knocked.answer.rest
    try:
        async with asyncio.timeout(timeout):
            await line.send(frame(PING, b"pilotwire", os.urandom(4)))
            while True:
                for each in frames.hear(data):
                    if each.opcode == CLOSE:
                        return Stay(closed=each)
                    if each.opcode == PONG:
                        return Stay(pong=True)
                data = await line.receive()
                if not data:
                    return Stay(cut="the connection is closed without a close frame")
    except TimeoutError:
        return Stay()
    except BadFrame as error:
        return Stay(garbled=str(error))
    except LineFault as fault:
        return Stay(cut=fault.what)


def close_words(closed: Frame) -> str:
    """`close code 1008: not known here`."""
    reason = "".join(each if each.isprintable() else "?" for each in closed.reason)
    return f"close code {closed.code}" + (f": {reason}" if reason else "")


def names_of(versions: Sequence[OcppVersion]) -> str:
    """`ocpp1.6, ocpp2.0.1`."""
    return ", ".join(version.subprotocol for version in versions)
