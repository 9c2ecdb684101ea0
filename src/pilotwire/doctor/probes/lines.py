"""Connections as the doctor makes them: bytes to the backend, directly or through a proxy, with or without TLS, and why there is none.

By hand instead of by the libraries a station uses, because what is of interest is just what these hide.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from urllib.parse import unquote, urlsplit

from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.http import (
    BODY_SHOWN,
    MOST_HEAD,
    HttpAnswer,
    NotHttp,
    content_length,
    head_ends,
    may_be_http,
    read_answer,
)
from pilotwire.errors import ConfigError

FaultKind = Literal["refused", "filtered", "unreachable", "closed", "silent", "tls", "proxy"]
_UNREACHABLE: Final = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENETDOWN)
_CHUNK: Final = 16_384
SETTLE: Final = 1.0
"""Seconds given to what may come, where nothing need come."""


class LineFault(Exception):
    """There is no line, or no more: `kind` for programs, `what` for people."""

    def __init__(self, kind: FaultKind, what: str) -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what


class Line(Protocol):
    """Bytes both ways."""

    async def send(self, data: bytes) -> None:
        """Put bytes on the line. Raises LineFault."""
        ...

    async def receive(self) -> bytes:
        """What comes next; b"" when the other side has ended. Raises LineFault."""
        ...

    def close(self) -> None:
        """End it, without waiting."""
        ...


class Wire:
    """A TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Put bytes on the line. Raises LineFault."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise LineFault("closed", f"the connection was cut ({error.strerror or error})") from None

    async def receive(self) -> bytes:
        """What comes next; b"" when the other side has ended. Raises LineFault."""
        try:
            return await self._reader.read(_CHUNK)
        except OSError as error:
            raise LineFault("closed", f"the connection was cut ({error.strerror or error})") from None

    def close(self) -> None:
        """End it, without waiting."""
        with contextlib.suppress(RuntimeError):
            self._writer.close()


async def dial(address: str, port: int, timeout: float) -> Wire:
    """A TCP connection to an address or a name. Raises LineFault of kind `refused`, `filtered` or `unreachable`."""
    try:
        async with asyncio.timeout(timeout):
            return Wire(*await asyncio.open_connection(address, port))
    except TimeoutError:
        raise LineFault("filtered", f"{shown(address, port)} does not answer within {timeout:g} s") from None
    except ConnectionRefusedError:
        raise LineFault("refused", f"{shown(address, port)} refuses the connection") from None
    except OSError as error:
        kind: FaultKind = "unreachable" if error.errno in _UNREACHABLE else "filtered"
        reason = error.strerror or str(error)
        raise LineFault(kind, f"{shown(address, port)} cannot be reached ({reason})") from None


def wire_host(host: str) -> str:
    """A host as it is written on the wire: what is not ASCII by IDNA (RFC 5890)."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def shown(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# --- proxies -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProxyPlace:
    """Where a proxy is, and the `Proxy-Authorization` it is given, "" for none."""

    host: str
    port: int
    authorization: str = ""

    @classmethod
    def of(cls, url: str) -> ProxyPlace:
        """The place of a proxy. Raises ConfigError."""
        try:
            parts = urlsplit(url.strip() if "://" in url else f"http://{url.strip()}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if parts.scheme != "http" or not host or port == 0:
            what = (
                f"{parts.scheme}:// is not a kind of proxy" if parts.scheme not in ("", "http") else "it names no host"
            )
            raise ConfigError(
                f"The proxy cannot be used: {what}.", "Write http://host:port or http://user:password@host:port."
            )
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        basic = "Basic " + base64.b64encode(pair.encode()).decode() if parts.username else ""
        return cls(host, port or 8080, basic)


def first_hop(patient: Patient) -> tuple[str, int]:
    """Host and port the station itself connects to: the proxy's, or the backend's. Raises ConfigError for a proxy that is none."""
    if patient.proxy:
        proxy = ProxyPlace.of(patient.proxy)
        return proxy.host, proxy.port
    return patient.place.host, patient.place.port


async def ask_proxy(wire: Wire, proxy: ProxyPlace, target: str, timeout: float) -> HttpAnswer:
    """Ask for a tunnel. Raises LineFault (`closed`, `silent`), NotHttp."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    lines += [f"Proxy-Authorization: {proxy.authorization}"] if proxy.authorization else []
    await wire.send("\r\n".join([*lines, "", ""]).encode())
    return await read_http(wire, timeout, body=False)


# --- to the backend ----------------------------------------------------------------------------------------------------------


async def reach(patient: Patient) -> Wire:
    """Bytes to the backend and back: to the first of its addresses that answers, or through the proxy. Raises LineFault."""
    try:
        host, port = first_hop(patient)
    except ConfigError as error:
        raise LineFault("proxy", error.what) from None
    wire = await _dial_any(patient.addresses or (host,), port, patient.timeout)
    return await _tunnelled(wire, patient) if patient.proxy else wire


async def _dial_any(addresses: tuple[str, ...], port: int, timeout: float) -> Wire:
    fault = LineFault("unreachable", "there is no address to connect to")
    for address in addresses:
        try:
            return await dial(address, port, timeout)
        except LineFault as each:
            fault = each
    raise fault


async def _tunnelled(wire: Wire, patient: Patient) -> Wire:
    target = shown(wire_host(patient.place.host), patient.place.port)
    try:
        answer = await ask_proxy(wire, ProxyPlace.of(patient.proxy), target, patient.timeout)
    except NotHttp:
        wire.close()
        raise LineFault("proxy", "the proxy does not speak HTTP") from None
    except LineFault:
        wire.close()
        raise
    if answer.status != 200:
        wire.close()
        raise LineFault("proxy", f"the proxy answers {answer.line}")
    return wire


async def read_http(line: Line, timeout: float, *, body: bool = True) -> HttpAnswer:
    """The answer of HTTP that comes, with the beginning of its body. Raises LineFault (`closed`, `silent`), NotHttp.

    A tunnel or a WebSocket begins behind the head: with `body` False nothing is waited for.
    """
    data = b""
    try:
        async with asyncio.timeout(timeout):
            while head_ends(data) is None and len(data) < MOST_HEAD:
                chunk = await line.receive()
                data += chunk
                if data and not may_be_http(data):
                    raise NotHttp(data[:60])
                if not chunk:
                    raise (
                        NotHttp(data[:60])
                        if data
                        else LineFault("closed", "the connection is closed without an answer")
                    )
    except TimeoutError:
        if data:
            raise NotHttp(data[:60]) from None
        raise LineFault("silent", f"there is no answer within {timeout:g} s") from None
    answer = read_answer(data)
    return answer if not body or answer.status == 101 else await _with_body(line, data, min(timeout, SETTLE))


async def _with_body(line: Line, data: bytes, timeout: float) -> HttpAnswer:
    """As much of the body as is shown to people, if it comes soon."""
    with contextlib.suppress(TimeoutError, LineFault):
        async with asyncio.timeout(timeout):
            while not _enough(read_answer(data)) and (chunk := await line.receive()):
                data += chunk
    return read_answer(data)


def _enough(answer: HttpAnswer) -> bool:
    chunked = "chunked" in answer.header("transfer-encoding").lower()
    wanted = BODY_SHOWN * 10 if chunked or not answer.header("content-length") else content_length(answer)
    return len(answer.rest) >= min(wanted, BODY_SHOWN * 10) or answer.rest.endswith(b"\r\n0\r\n\r\n")
