"""The end of TLS: it takes any certificate a station shows, so that a bad one can be looked at, and hands on what is inside.

Python's own TLS cannot look at a certificate that it does not trust; pyOpenSSL's can.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from OpenSSL import SSL

from pilotwire.doctor.readers.tls_hello import CLIENT_HELLO, ClientHello, read_client_hello
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate

_RECORD: Final = 5
_MOST: Final = 16_384
_HANDSHAKE: Final = 22
_PATIENCE: Final = 15.0
"""Seconds a station may take for its handshake."""


@dataclass(slots=True)
class Arrival:
    """A connection that came in. `hello` None: none could be read; `trouble` says why the handshake failed, "" if it did not."""

    remote: str
    hello: ClientHello | None = None
    version: str = ""
    suite: str = ""
    chain: tuple[Certificate, ...] = field(default=())
    trouble: str = ""


Told = Callable[[Arrival], None]


class Relay:
    """Listens by TLS and relays to a plain port on this machine; `told` hears of each handshake, good or not."""

    def __init__(self, certificate: str, key: str, inner_port: Callable[[], int], told: Told) -> None:
        self._context = _context(certificate, key)
        self._inner_port = inner_port
        self._told = told
        self._server: asyncio.Server | None = None
        self.arrivals: dict[int, Arrival] = {}
        """By the local port of the connection to the plain port."""

    @property
    def port(self) -> int:
        """The TCP port."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises ConfigError if that is not possible."""
        try:
            self._server = await asyncio.start_server(self._serve, host, port)
        except OSError as error:
            what = f"Cannot listen on {host}:{port}: {error.strerror or error}."
            raise ConfigError(what, "Choose another port.") from None

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("?", 0)
        arrival = Arrival(f"{peer[0]}:{peer[1]}")
        try:
            async with asyncio.timeout(_PATIENCE):
                tls = await self._handshake(reader, writer, arrival)
        except (SSL.Error, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            arrival.trouble = arrival.trouble or _words(error)
            self._told(arrival)
            await _shut(writer)
            return
        self._told(arrival)
        await self._pump(tls, reader, writer, arrival)

    async def _handshake(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrival: Arrival
    ) -> SSL.Connection:
        first = await reader.readexactly(_RECORD)
        if first[0] != _HANDSHAKE:
            arrival.trouble = f"its first bytes are {first!r}, no TLS"
            raise ValueError(arrival.trouble)
        rest = await reader.readexactly(int.from_bytes(first[3:5], "big"))
        if rest[:1] == bytes([CLIENT_HELLO]):
            with contextlib.suppress(ValueError):
                arrival.hello = read_client_hello(rest[4:])
        tls = SSL.Connection(self._context, None)
        tls.set_accept_state()
        tls.bio_write(first + rest)
        try:
            while not _through(tls):
                await _flush(tls, writer)
                data = await reader.read(_MOST)
                if not data:
                    raise ConnectionResetError("it closed the connection within the handshake")
                tls.bio_write(data)
        finally:
            await _flush(tls, writer)
        arrival.version, arrival.suite = tls.get_protocol_version_name(), tls.get_cipher_name() or ""
        own = tls.get_peer_certificate(as_cryptography=True)
        above = tls.get_peer_cert_chain(as_cryptography=True) or ()  # on a server it is without the peer's own
        arrival.chain = () if own is None else (own, *(each for each in above if each != own))
        return tls

    async def _pump(
        self, tls: SSL.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrival: Arrival
    ) -> None:
        inside, out = await asyncio.open_connection("127.0.0.1", self._inner_port())
        own_port = int(out.get_extra_info("sockname")[1])
        self.arrivals[own_port] = arrival
        lock = asyncio.Lock()
        ways = {
            asyncio.create_task(_inwards(tls, reader, out)),
            asyncio.create_task(_outwards(tls, inside, writer, lock)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self.arrivals.pop(own_port, None)
            await _shut(out)
            await _shut(writer)


async def _inwards(tls: SSL.Connection, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
    while True:
        for data in iter(lambda: _read(tls), b""):
            out.write(data)
        await out.drain()
        data = await reader.read(_MOST)
        if not data:
            return
        tls.bio_write(data)


async def _outwards(
    tls: SSL.Connection, inside: asyncio.StreamReader, writer: asyncio.StreamWriter, lock: asyncio.Lock
) -> None:
    while data := await inside.read(_MOST):
        async with lock:
            tls.sendall(data)
            await _flush(tls, writer)
    with contextlib.suppress(SSL.Error):
        tls.shutdown()
        await _flush(tls, writer)


def _read(tls: SSL.Connection) -> bytes:
    try:
        return tls.recv(_MOST)
    except SSL.WantReadError:
        return b""


def _through(tls: SSL.Connection) -> bool:
    try:
        tls.do_handshake()
    except SSL.WantReadError:
        return False
    return True


async def _flush(tls: SSL.Connection, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            writer.write(tls.bio_read(_MOST))
        except SSL.WantReadError:
            break
    with contextlib.suppress(OSError):
        await writer.drain()


async def _shut(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        await writer.wait_closed()


def _context(certificate: str, key: str) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    try:
        context.use_certificate_chain_file(certificate)
        context.use_privatekey_file(key)
        context.check_privatekey()
    except (SSL.Error, OSError) as error:
        what = f"The certificate {certificate} with the key {key} cannot be used: {_words(error)}."
        raise ConfigError(what, "Give PEM files: the certificate with its chain, and its key, not encrypted.") from None
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"it does not come to its end within {_PATIENCE:g} s"
    if isinstance(error, asyncio.IncompleteReadError):
        return "it closed the connection before it had said anything"
    if isinstance(error, SSL.SysCallError):
        return "the connection broke"
    if isinstance(error, SSL.Error) and error.args and isinstance(error.args[0], list):
        return "; ".join(str(each[2]) for each in error.args[0]) or "the handshake failed"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
