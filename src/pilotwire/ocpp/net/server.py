"""The CSMS's end of OCPP-J: a WebSocket server that admits stations and negotiates the version (J16:3.2, J2:3.2)."""

from __future__ import annotations

import errno
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, cast

import structlog
from websockets.asyncio.server import Server as LibraryServer
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as library_serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from pilotwire.errors import ConfigError
from pilotwire.ocpp.net.handshake import (
    Handshake,
    Unreadable,
    basic_credentials,
    choose,
    identity_in,
    no_common_version,
    offered_in,
)
from pilotwire.ocpp.net.socket import (
    CLOSE_TIMEOUT,
    WRITE_LIMIT,
    ServerLine,
    Socket,
    compression_of,
    is_secure,
    peer_certificate_of,
    remote_of,
)
from pilotwire.ocpp.version import OcppVersion

_HEADER: Final = "Sec-WebSocket-Protocol"
_BACKLOG: Final = 1024  # after a restart all stations come back at once
_log = structlog.get_logger("pilotwire.ocpp.net.server")
_library_log = logging.getLogger("pilotwire.ocpp.net.library")
_library_log.setLevel(logging.CRITICAL)  # what it would say of a peer's mistakes goes to `refused` in better words


@dataclass(frozen=True, slots=True)
class Accept:
    """The station may connect; `context` becomes `Socket.context`."""

    context: object = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The station may not connect: the HTTP status it gets and the sentence in the body."""

    status: int
    reason: str

    @classmethod
    def unknown_station(cls, identity: str) -> Refuse:
        """HTTP 404 (J16:3.2, J2:3.2)."""
        return cls(404, f"The station {identity!r} is not known here.")

    @classmethod
    def wrong_credentials(cls) -> Refuse:
        """HTTP 401, with the challenge for HTTP Basic authentication."""
        return cls(401, "The username must be the station identity and the password the one set for this station.")


Admit = Callable[[Handshake], Awaitable[Accept | Refuse]]
Handler = Callable[[Socket], Awaitable[None]]
Refused = Callable[[Handshake, str], None]


class _Visit:
    """One opening handshake: what was said, and what became of it."""

    __slots__ = ("context", "handshake")

    def __init__(self, handshake: Handshake) -> None:
        self.handshake = handshake
        self.context: object = None


class Server:
    """A running server, made by `serve`; leave its context or `close` it to stop."""

    def __init__(
        self, handler: Handler, admit: Admit, versions: Sequence[OcppVersion], refused: Refused | None
    ) -> None:
        self._handler = handler
        self._admit = admit
        self._versions = tuple(versions)
        self._tell_refused = refused
        self._sockets: set[Socket] = set()
        self._library: LibraryServer | None = None

    @property
    def port(self) -> int:
        """The TCP port it listens on, also when asked for port 0."""
        assert self._library is not None
        return int(next(iter(self._library.sockets)).getsockname()[1])

    @property
    def connections(self) -> int:
        """How many stations are connected."""
        return len(self._sockets)

    async def close(self, code: int = 1001, reason: str = "the server is shutting down") -> None:
        """Stop listening, close every connection in order and wait for all handlers."""
        assert self._library is not None
        self._library.close(close_connections=False)
        for socket in tuple(self._sockets):
            socket.begin_close(code, reason)
        await self._library.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- the opening handshake -------------------------------------------------------------------------------------------------

    async def _on_request(self, line: ServerConnection, request: Request) -> Response | None:
        if not _wants_websocket(request):
            return self._refuse(line, self._stranger(line, request), *_NO_WEBSOCKET)
        try:
            visit = _Visit(_read_request(line, request, self._versions))
        except Unreadable as error:
            return self._refuse(line, self._stranger(line, request), error.status, error.what)
        verdict = await self._ask(visit.handshake)
        if isinstance(verdict, Refuse):
            return self._refuse(line, visit.handshake, verdict.status, verdict.reason)
        visit.context = verdict.context
        return self._negotiate(line, request, visit)

    async def _ask(self, handshake: Handshake) -> Accept | Refuse:
        try:
            return await self._admit(handshake)
        except Exception:
            _log.exception("a station could not be checked", station=handshake.identity, remote=handshake.remote)
            return Refuse(503, "The station cannot be checked at the moment: try again later.")

    def _negotiate(self, line: ServerConnection, request: Request, visit: _Visit) -> Response | None:
        version = visit.handshake.version
        if ":" in visit.handshake.identity and version not in (None, OcppVersion.V16):
            return self._refuse(line, visit.handshake, 400, "A station identity of OCPP 2.x has no ':' (J2:3.1.1).")
        # The library would answer offers it cannot parse with HTTP 400; OCPP-J wants the handshake completed (J16:3.2, J2:3.2).
        if request.headers.get_all(_HEADER):
            del request.headers[_HEADER]
        if version is not None:
            request.headers[_HEADER] = version.subprotocol
        cast(ServerLine, line).visit = visit
        return None

    def _on_response(self, line: ServerConnection, request: Request, response: Response) -> None:
        visit = cast(ServerLine, line).visit
        if isinstance(visit, _Visit) and response.status_code != 101:
            self._report(visit.handshake, bytes(response.body or b"").decode().strip())

    def _refuse(self, line: ServerConnection, handshake: Handshake, status: int, reason: str) -> Response:
        self._report(handshake, reason)
        response = line.respond(status, f"{reason}\n")
        if status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
        if status == 426:
            response.headers["Upgrade"] = "websocket"
        return response

    def _report(self, handshake: Handshake, reason: str) -> None:
        _log.info("connection refused", station=handshake.identity, remote=handshake.remote, reason=reason)
        if self._tell_refused is not None:
            self._tell_refused(handshake, reason)

    def _stranger(self, line: ServerConnection, request: Request | None) -> Handshake:
        path = request.path if request is not None else ""
        return Handshake(identity="", path=path, remote=remote_of(line))

    def _on_garbled(self, line: ServerConnection) -> None:
        self._report(self._stranger(line, None), "did not send a complete and valid HTTP request")

    # --- the connection --------------------------------------------------------------------------------------------------------

    async def _run(self, line: ServerConnection) -> None:
        assert isinstance(line, ServerLine)
        assert isinstance(line.visit, _Visit)
        visit, line.visit = line.visit, None
        handshake = visit.handshake
        if handshake.version is None:
            reason = no_common_version(handshake.offered, self._versions)
            self._report(handshake, reason)
            line.begin_close(1002, reason)
            await line.wait_closed()
            return
        socket = Socket(
            line,
            version=handshake.version,
            identity=handshake.identity,
            path=handshake.path,
            headers=handshake.headers,
            context=visit.context,
        )
        await self._handle(socket)

    async def _handle(self, socket: Socket) -> None:
        self._sockets.add(socket)
        try:
            await self._handler(socket)
        except Exception:
            _log.exception("the handler of a connection failed", station=socket.identity, remote=socket.remote)
            socket.begin_close(1011, "internal error")
        finally:
            self._sockets.discard(socket)
        await socket.close()


_NO_WEBSOCKET: Final = (
    426,
    "This is an OCPP-J endpoint for charging stations. It speaks WebSocket (ws:// or wss://), a web browser cannot show it.",
)


async def serve(
    handler: Handler,
    host: str,
    port: int,
    *,
    admit: Admit,
    versions: Sequence[OcppVersion] = (OcppVersion.V21, OcppVersion.V201, OcppVersion.V16),
    ssl_context: ssl.SSLContext | None = None,
    ping_interval: float | None = 30.0,
    ping_timeout: float | None = 30.0,
    open_timeout: float = 10.0,
    compression: bool = False,
    max_message_bytes: int = 1_000_000,
    refused: Refused | None = None,
) -> Server:
    """Listen for stations; `handler` runs once for each that `admit` accepts, and its end closes the connection.

    `versions` in our order of preference. Intervals and timeouts in seconds; a client has `open_timeout` for its whole opening
    handshake. `refused` hears of everybody who did not get in, with the reason. Raises ConfigError if it cannot listen there.
    """
    server = Server(handler, admit, versions, refused)

    def line(*args: Any, **kwargs: Any) -> ServerLine:
        connection = ServerLine(*args, **kwargs)
        connection.on_garbled = server._on_garbled
        return connection

    try:
        server._library = await library_serve(
            server._run,
            host,
            port,
            select_subprotocol=_only_offer,
            compression=compression_of(compression),
            process_request=server._on_request,
            process_response=server._on_response,
            server_header="Pilotwire",
            open_timeout=open_timeout,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            close_timeout=CLOSE_TIMEOUT,
            max_size=max_message_bytes,
            write_limit=WRITE_LIMIT,
            backlog=_BACKLOG,
            logger=_library_log,
            create_connection=cast(type[ServerConnection], line),
            ssl=ssl_context,
            ssl_handshake_timeout=None if ssl_context is None else open_timeout,
        )
    except (OSError, OverflowError) as error:
        raise _cannot_listen(host, port, error) from error
    return server


def _only_offer(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


def _cannot_listen(host: str, port: int, error: Exception) -> ConfigError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        what = f"Port {port} on {host or 'all addresses'} is taken by another program."
        return ConfigError(what, "Stop that program, or choose another port.")
    if number == errno.EACCES:
        return ConfigError(f"Port {port} may not be used by this user.", "Choose a port above 1023.")
    return ConfigError(f"Cannot listen on {host}:{port}: {error}.", "Check the host name or address and the port.")


def _wants_websocket(request: Request) -> bool:
    upgrades = ",".join(request.headers.get_all("Upgrade")).lower()
    return "websocket" in (part.strip() for part in upgrades.split(","))


def _read_request(line: ServerConnection, request: Request, versions: Sequence[OcppVersion]) -> Handshake:
    identity = identity_in(request.path)
    authorization = request.headers.get_all("Authorization")
    offered = offered_in(request.headers.get_all(_HEADER))
    credentials = basic_credentials(authorization[0] if authorization else None, identity)
    return Handshake(
        identity=identity,
        path=request.path,
        remote=remote_of(line),
        offered=offered,
        version=choose(offered, versions),
        username=credentials[0] if credentials else None,
        password=credentials[1] if credentials else None,
        headers={name.lower(): value for name, value in request.headers.raw_items() if name.lower() != "authorization"},
        certificate=peer_certificate_of(line),
        secure=is_secure(line),
    )
