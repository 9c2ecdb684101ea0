"""The station's end: a TCP server for vehicles, without TLS or with (ISO 15118-2 and -20 on one port)."""

from __future__ import annotations

import asyncio
import errno
import secrets
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.channel import PlainChannel, TlsChannel, cut, dropped, shut
from pilotwire.iso15118.net.connection import CLOSE_PATIENCE, Ignored, Peer, V2gConnection
from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.hello import ClientHello, HelloFault, complete_hello, read_hello
from pilotwire.iso15118.net.interfaces import scope_of
from pilotwire.iso15118.net.tls import Handshake, StationContexts, StationTls, peer_chain, refused
from pilotwire.iso15118.net.tls_words import alert_in, alert_words, failure_words
from pilotwire.iso15118.sdp import DYNAMIC_PORTS
from pilotwire.iso15118.v2gtp import DEFAULT_LIMIT

HANDSHAKE_PATIENCE: Final = 10.0
"""Seconds a vehicle has for TLS; the communication setup as a whole has 18 (`timing.Timing.secc_communication_setup`)."""
_ALERT_PROTOCOL_VERSION: Final = b"\x15\x03\x03\x00\x02\x02\x46"
_CHUNK: Final = 16_384
_TRIES: Final = 200
_log = structlog.get_logger("pilotwire.iso15118.net.server")

Handler = Callable[[V2gConnection], Awaitable[None]]
"""Talks to a vehicle; when it returns, the connection is closed."""
Refused = Callable[[Peer, ConnectionEnded], None]
"""Hears of each vehicle that did not get in, and why."""


class V2gServer:
    """Listens for vehicles and hands each `V2gConnection` to `handler`; leaving its context stops it.

    `host`: an IPv6 address; with `interface`, a link-local one of it. `port` 0: any free one of 49152 to 65535. `tls` None: without TLS.
    `most`: vehicles that may be connected (or shaking hands) at a time, further ones are cut off. Raises ConfigError from `start` if it
    cannot listen, and at once for certificates that cannot be used.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "::",
        port: int = 0,
        interface: str = "",
        tls: StationTls | None = None,
        refused: Refused | None = None,
        ignored: Ignored | None = None,
        most: int = 16,
        limit: int = DEFAULT_LIMIT,
        handshake_patience: float = HANDSHAKE_PATIENCE,
        close_patience: float = CLOSE_PATIENCE,
    ) -> None:
        self._handler = handler
        self._address = (host, port, interface)
        self._contexts = StationContexts(tls) if tls is not None else None
        self._tell_refused = refused
        self._ignored = ignored
        self._most = most
        self._limit = limit
        self._handshake_patience = handshake_patience
        self._close_patience = close_patience
        self._server: asyncio.Server | None = None
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def renew(self, tls: StationTls) -> None:
        """Show other certificates to vehicles that connect from now on. Raises ConfigError for ones that cannot be used."""
        self._contexts = StationContexts(tls)

    @property
    def port(self) -> int:
        """The TCP port it listens on: what the SECC discovery response tells."""
        assert self._listener is not None, "the server was not started"
        return int(self._listener.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many vehicles are connected or shaking hands."""
        return len(self._tasks)

    async def start(self) -> None:
        """Listen from now on. Raises ConfigError."""
        self._listener = _listen(*self._address, backlog=self._most)
        self._server = await asyncio.start_server(self._on_connection, sock=self._listener)

    async def close(self) -> None:
        """Listen no more, end all handlers and connections."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = (writer.get_extra_info("peername") or ("?", 0))[:2]
        peer = Peer(str(host), int(port))
        if len(self._tasks) >= self._most:
            cut(writer)
            self._refuse(peer, refused(f"{self._most} vehicles are connected, and no more are taken."))
            return
        task = asyncio.create_task(self._serve(reader, writer, peer), name=f"pilotwire-v2g-{port}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        try:
            connection = await self._admit(reader, writer, peer)
        except ConnectionEnded as end:
            self._refuse(peer, end)
            await shut(writer)
            return
        except BaseException:
            cut(writer)
            raise
        try:
            await self._handler(connection)
        except ConnectionEnded:
            pass  # the handler had no more to say about it
        except Exception:
            _log.exception("v2g_handler_failed", peer=str(connection.peer))
        finally:
            await self._part(connection)

    async def _part(self, connection: V2gConnection) -> None:
        """Close in order; when the server is being closed, without waiting for the vehicle."""
        task = asyncio.current_task()
        closing = task is not None and task.cancelling() > 0
        await connection.close(0.0 if closing else self._close_patience)

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> V2gConnection:
        if self._contexts is None:
            return V2gConnection(PlainChannel(reader, writer), peer, self._ignored, self._limit)
        try:
            async with asyncio.timeout(self._handshake_patience):
                return await self._secure(self._contexts, reader, writer, peer)
        except TimeoutError:
            what = f"The vehicle did not finish the TLS handshake within {self._handshake_patience:g} s."
            raise ConnectionEnded(Ending.DROPPED, what) from None
        except OSError as error:
            raise dropped(error) from None

    async def _secure(
        self, contexts: StationContexts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer
    ) -> V2gConnection:
        first, hello = await _hello(reader)
        offer = contexts.choose(hello)
        if offer is None:
            writer.write(_ALERT_PROTOCOL_VERSION)
            await writer.drain()
            offered = ", ".join(f"0x{each:04X}" for each in hello.versions)
            raise refused(
                f"The vehicle speaks no version of TLS that is spoken here: {contexts.spoken}, not {offered}."
            )
        handshake = Handshake()
        channel = TlsChannel(contexts.connection(offer, handshake), reader, writer)
        try:
            await channel.handshake(first)
        except SSL.Error as error:
            raise _failed(error, handshake) from None
        try:
            contexts.check(channel.connection, offer)
        except ConnectionEnded:
            await channel.finish()
            await channel.shut()
            raise
        return V2gConnection(channel, _described(channel, peer, hello), self._ignored, self._limit)

    def _refuse(self, peer: Peer, why: ConnectionEnded) -> None:
        _log.info("v2g_refused", peer=str(peer), why=str(why))
        if self._tell_refused is not None:
            self._tell_refused(peer, why)


async def _hello(reader: asyncio.StreamReader) -> tuple[bytes, ClientHello]:
    """The first bytes of a connection, and the ClientHello in them. Raises ConnectionEnded."""
    data = b""
    while True:
        more = await reader.read(_CHUNK)
        if not more:
            raise ConnectionEnded(
                Ending.DROPPED, "The vehicle closed the connection before its TLS ClientHello was there."
            )
        data += more
        try:
            body = complete_hello(data)
            if body is not None:
                return data, read_hello(body)
        except HelloFault as fault:
            raise ConnectionEnded(Ending.GARBAGE, f"This is no TLS: {fault}.") from None


def _failed(error: SSL.Error, handshake: Handshake) -> ConnectionEnded:
    alert = alert_in(error)
    if alert:
        what = f"The vehicle refused the station ({alert_words(alert)})."
        return ConnectionEnded(Ending.REFUSED, what, alert=alert)
    if handshake.trouble:
        return refused(f"The vehicle is refused, its certificate {handshake.trouble}")
    return refused(f"The vehicle is refused: {failure_words(error)}.")


def _described(channel: TlsChannel, peer: Peer, hello: ClientHello | None = None) -> Peer:
    return described(channel, peer.host, peer.port, hello=hello)


def described(
    channel: TlsChannel, host: str, port: int, *, staple: bytes = b"", hello: ClientHello | None = None
) -> Peer:
    """What is known of a peer after the handshake."""
    tls = channel.connection
    chain = tuple(each.public_bytes(Encoding.DER) for each in peer_chain(tls))
    version, suite = tls.get_protocol_version_name(), tls.get_cipher_name() or ""
    return Peer(host, port, version, suite, tls.get_group_name() or "", chain, staple, hello)


def _listen(host: str, port: int, interface: str, backlog: int) -> socket.socket:
    scope = scope_of(interface) if interface else 0
    ports = [port] if port else [secrets.choice(DYNAMIC_PORTS) for _ in range(_TRIES)]
    where = f"[{host}{'%' + interface if interface else ''}]"
    for each in ports:
        listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, each, 0, scope))
            listener.listen(backlog)
        except (OSError, OverflowError) as error:
            listener.close()
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            if taken and not port:
                continue
            if taken:
                raise ConfigError(
                    f"Port {port} of {where} is taken.", "Choose another, or 0 for any free one."
                ) from None
            raise ConfigError(
                f"The station cannot listen on {where}:{each}: {error}.", "See address and interface."
            ) from None
        listener.setblocking(False)
        return listener
    raise ConfigError(f"No free port was found on {where} between 49152 and 65535.", "Give a port.")
