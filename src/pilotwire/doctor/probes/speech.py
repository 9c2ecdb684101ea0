"""What does a port speak? Two short attempts: a ClientHello and a GET of nothing, the likelier one first."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from pilotwire.doctor.findings import Rule
from pilotwire.doctor.patient import Patient, Place
from pilotwire.doctor.probes.asking import server_name_of
from pilotwire.doctor.probes.hello import Offer, client_hello
from pilotwire.doctor.probes.http import may_be_http
from pilotwire.doctor.probes.lines import LineFault, Wire, shown, wire_host
from pilotwire.doctor.probes.tls_names import SUITES, TLS12
from pilotwire.doctor.rules import network as rules

_ENOUGH: Final = 8
_FOR_TLS: Final = (b"plain http request was sent to https port", b"client sent an http request to an https server")
"""What web servers with TLS say, in clear, to somebody who speaks plain HTTP (nginx, Apache and Go; lower case)."""


class Tongue(StrEnum):
    """What is spoken."""

    TLS = "TLS"
    HTTP = "plain HTTP"
    HTTP2 = "HTTP/2 without TLS"
    SSH = "SSH"
    OTHER = "something else"
    SILENT = "nothing"
    CLOSES = "nothing: it closes the connection"


@dataclass(frozen=True, slots=True)
class Speech:
    """What is spoken, and how it began."""

    tongue: Tongue
    seen: bytes = b""

    @property
    def shown(self) -> str:
        """The beginning for people."""
        line = self.seen.splitlines()[0] if self.seen.strip() else b""
        text = line.decode("latin-1")
        return text[:80] if text.isprintable() and text else self.seen[:16].hex(" ")


Dial = Callable[[], Awaitable[Wire]]


async def what_speaks(dial: Dial, place: Place, timeout: float) -> Speech:
    """Find out. Raises LineFault if there is no connection."""
    attempts = [_hello(place), _get(place)]
    first = await _attempt(dial, attempts[0 if place.secure else 1], timeout)
    wanted = Tongue.TLS if place.secure else Tongue.HTTP
    if first.tongue in (wanted, Tongue.SSH, Tongue.OTHER, Tongue.HTTP2, Tongue.TLS):
        return first
    if first.tongue is Tongue.HTTP:
        return first
    second = await _attempt(dial, attempts[1 if place.secure else 0], timeout)
    return second if second.tongue not in (Tongue.SILENT, Tongue.CLOSES) else first


async def _attempt(dial: Dial, opening: bytes, timeout: float) -> Speech:
    wire = await dial()
    seen, over = b"", False
    try:
        async with asyncio.timeout(timeout):
            await wire.send(opening)
            while len(seen) < _ENOUGH and not over:
                data = await wire.receive()
                seen, over = seen + data, not data
            with contextlib.suppress(TimeoutError):
                if may_be_http(seen):
                    async with asyncio.timeout(min(timeout, 0.5)):
                        while b"</html>" not in seen.lower() and (data := await wire.receive()) and len(seen) < 4096:
                            seen += data
    except TimeoutError:
        pass
    except LineFault:
        over = True
    finally:
        wire.close()
    return Speech(_tongue(seen, over), seen)


def _tongue(seen: bytes, over: bool) -> Tongue:
    if not seen:
        return Tongue.CLOSES if over else Tongue.SILENT
    if seen[0] in (20, 21, 22) and seen[1:2] in (b"\x03", b""):
        return Tongue.TLS
    if may_be_http(seen):
        return Tongue.TLS if any(each in seen.lower() for each in _FOR_TLS) else Tongue.HTTP
    if seen.startswith(b"SSH-"):
        return Tongue.SSH
    return Tongue.HTTP2 if seen[3:5] == b"\x04\x00" and seen[0] == 0 else Tongue.OTHER


def _hello(place: Place) -> bytes:
    share = X25519PrivateKey.generate().public_key().public_bytes_raw()
    return client_hello(Offer(TLS12, tuple(SUITES), os.urandom(32), server_name_of(place.host), share=share))


def _get(place: Place) -> bytes:
    """Of the root, without an identity: this is no station docking."""
    return f"GET / HTTP/1.1\r\nHost: {shown(wire_host(place.host), place.port)}\r\nConnection: close\r\n\r\n".encode()


def judge_speech(patient: Patient, speech: Speech) -> None:
    """Find what is wrong with it, if anything."""
    wanted = Tongue.TLS if patient.place.secure else Tongue.HTTP
    if speech.tongue is wanted:
        return
    where = shown(patient.place.host, patient.place.port)
    rule, what = _WRONG[speech.tongue]
    evidence = (f"It said: {speech.shown}",) if speech.seen else ()
    patient.chart.find(rule, what.format(where=where, wanted=wanted), *evidence)


_WRONG: Final[dict[Tongue, tuple[Rule, str]]] = {
    Tongue.HTTP: (rules.PORT_PLAIN_HTTP, "{where} speaks plain HTTP; the URL wants {wanted}."),
    Tongue.TLS: (rules.PORT_TLS, "{where} speaks TLS; the URL wants {wanted}."),
    Tongue.HTTP2: (rules.PORT_OTHER, "{where} speaks HTTP/2 only; a WebSocket of OCPP begins with HTTP/1.1."),
    Tongue.SSH: (rules.PORT_OTHER, "{where} speaks SSH: that is the port for administrators."),
    Tongue.OTHER: (rules.PORT_OTHER, "{where} speaks neither TLS nor HTTP."),
    Tongue.SILENT: (
        rules.PORT_SILENT,
        "{where} takes the connection and then says nothing, neither to TLS nor to HTTP.",
    ),
    Tongue.CLOSES: (rules.PORT_CLOSES, "{where} takes the connection and closes it without a word."),
}
