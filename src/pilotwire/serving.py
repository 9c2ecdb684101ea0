"""An HTTP server in the event loop of everything else: what the REST API and a station's control port are served with.

A guard for servers that trust whoever is at this machine. Anybody can have a DNS name of their own point to it, and a browser takes their
page for ours then (DNS rebinding). An address or `localhost` cannot be bent like that, so a request has to come for one of these, or for a
name that the server was told.

And a TLS context for servers that tell whoever they turn away why: event loops drop the alert OpenSSL has written (RFC 8446, 6.2).
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from math import ceil
from typing import Any, Final, Self
from urllib.parse import urlsplit

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pilotwire.errors import ConfigError

_EVERYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that mean every address of the machine, and the one that reaches them from here."""

_LAST_BYTES: Final = 65_536
"""What a client may still send after the alert before it is cut off: the rest of its handshake, and its first request."""

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
"""An ASGI 3 application: scope, receive, send."""


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Lets requests through whose `Host` names this machine, and answers the others with 403 and a sentence.

    That is a loopback name or address, `host` (where the server was told to listen; everywhere: any address), the address the request came
    in at, and `names`. With `own_pages` a change that a page of another origin wants is answered with 403 too: programs send no Origin,
    browsers always do; `origins` are those of others that may. What is below `open_paths` has secrets of its own: it is not looked at.
    `what` is how the server is called in sentences, `remedy` what helps who called it by another name.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        what: str,
        host: str = "127.0.0.1",
        names: Collection[str] = (),
        remedy: str = "Call it by its address or by localhost.",
        own_pages: bool = False,
        origins: Collection[str] = (),
        open_paths: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._what = what
        self._remedy = remedy
        self._own_pages = own_pages
        self._origins = frozenset(origins)
        self._open_paths = open_paths
        self._everywhere = host in _EVERYWHERE
        self._names = {name.casefold().rstrip(".") for name in (host, *names)} | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        app = self._app if scope["type"] == "lifespan" else self._refusal(scope) or self._app
        await app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """The answer to a request that is not for this machine, or of a page that is not; None to one that may pass."""
        if scope["path"].startswith(self._open_paths):
            return None
        called, origin = _header(scope, b"host"), _header(scope, b"origin")
        if not self._is_ours(called, (scope.get("server") or ("",))[0]):
            what = (
                f"This {self._what} does not answer to the name {called!r}." if called else "The request has no Host."
            )
            return JSONResponse({"what": what, "remedy": self._remedy}, 403)
        if self._own_pages and scope.get("method") not in _READS and self._is_foreign(origin, called):
            what = f"A page of {origin} may not do that here."
            return JSONResponse({"what": what, "remedy": f"Open the page of this {self._what} itself."}, 403)
        return None

    def _is_foreign(self, origin: str, called: str) -> bool:
        return bool(origin) and origin not in self._origins and is_foreign(origin, called)

    def _is_ours(self, called: str, came_in_at: str) -> bool:
        name = _host_in(called)
        if not name:
            return False
        if name in self._names or name == came_in_at:
            return True
        address = address_of(name)
        return address is not None and (self._everywhere or address.is_loopback or address == address_of(came_in_at))


def is_foreign(origin: str | None, host: str) -> bool:
    """Whether the `Origin` of a request, None without one, is that of another page than one of the `Host` it came for."""
    try:
        return origin is not None and urlsplit(origin).netloc.casefold() != host.casefold()
    except ValueError:
        return True


def address_of(text: str) -> _Address | None:
    """The IP address in a text, an IPv4 address mapped to IPv6 as itself; None if it is none."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _header(scope: Scope, which: bytes) -> str:
    """A header that is there once; "" otherwise, for an Origin that is there twice what is none."""
    values = [value for name, value in scope["headers"] if name == which]
    if len(values) > 1 and which == b"origin":
        return "null"
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _host_in(header: str) -> str:
    """The name without the port, in lower case; "" for what is none."""
    try:
        parts = urlsplit(f"//{header}")
        return (parts.hostname or "").rstrip(".") if parts.netloc == header and "@" not in header else ""
    except ValueError:
        return ""


class AlertingObject(ssl.SSLObject):
    """The TLS of one connection to a server: lets the alert out before the connection is cut, in any event loop.

    A refused handshake pretends once to wait for more, so that the loop sends what there is: the alert. The client then leaves by itself,
    having been told; what it had sent already is dropped unread, so that no TCP reset overtakes the alert. Who does not leave is cut off
    by the loop's `ssl_handshake_timeout`. Where nothing is to be sent (the client itself refused, or speaks no TLS) it is cut at once.
    """

    wires: tuple[ssl.MemoryBIO, ssl.MemoryBIO] | None = None
    _why: ssl.SSLError | None = None
    _dropped: int = 0

    def do_handshake(self) -> None:
        """Go on with the handshake; `refused` hears, once, why it failed."""
        if self._why is not None:
            self._wait(self._why)
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self.refused(error)
            self._why = error
            if self.wires is not None and self.wires[1].pending:
                self._wait(error)
            raise

    def refused(self, error: ssl.SSLError) -> None:
        """The handshake failed; for subclasses that want to know."""

    def _wait(self, error: ssl.SSLError) -> None:
        """Raises SSLWantReadError, or the error itself of a client that goes on sending."""
        if self.wires is not None:
            self._dropped += len(self.wires[0].read())
        if self._dropped > _LAST_BYTES:
            raise error
        raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "The alert is to leave first.") from error


class AlertingContext(ssl.SSLContext):
    """A context of a server whose handshakes end with an alert where they are refused: unknown_ca, certificate_expired, ...

    A `sslobject_class` of one's own has to be an `AlertingObject`.
    """

    sslobject_class = AlertingObject

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a handshake, as an event loop does for each connection."""
        made = super().wrap_bio(incoming, outgoing, *args, **kwargs)
        if isinstance(made, AlertingObject):
            made.wires = incoming, outgoing
        return made


class WebServer:
    """Serves one application until it is closed. `name` is what it is called in messages to people; TLS with `ssl_context`.

    `protocol` is another HTTP protocol of uvicorn than its own choice.

    Listens at once; raises ConfigError if the address cannot be had.
    """

    def __init__(
        self,
        app: AsgiApp,
        host: str,
        port: int,
        *,
        name: str,
        shutdown_timeout: float = 3.0,
        ssl_context: ssl.SSLContext | None = None,
        protocol: type[asyncio.Protocol] | None = None,
    ) -> None:
        self._name = name
        self._host = host
        self._scheme = "http" if ssl_context is None else "https"
        self._listener = _listen(host, port, name)
        config = _Config(
            ssl_context,
            app,
            log_config=None,
            access_log=False,
            lifespan="auto",
            http=protocol or "auto",
            timeout_graceful_shutdown=ceil(shutdown_timeout),
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        host = _EVERYWHERE.get(self._host, self._host)
        shown = f"[{host}]" if ":" in host else host
        return f"{self._scheme}://{shown}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Serve from now on. Raises ConfigError if the application does not start."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="pilotwire-http")
        ready = asyncio.create_task(self._server.ready.wait())
        try:
            await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if not self._server.started:
            self._listener.close()
            raise ConfigError(f"The {self._name} did not start.", "The log above says why.")

    async def close(self) -> None:
        """Finish the requests in hand, at most the shutdown timeout, and stop."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
        self._listener.close()


class _Config(uvicorn.Config):
    """A configuration whose TLS is a context that somebody else made."""

    def __init__(self, context: ssl.SSLContext | None, *arguments: Any, **options: Any) -> None:
        self._context = context
        super().__init__(*arguments, **options)

    @property
    def is_ssl(self) -> bool:
        """Whether TLS is spoken."""
        return self._context is not None

    def load(self) -> None:
        """As uvicorn does, but without making a TLS context of its own."""
        context, self._context = self._context, None
        super().load()
        self._context = self.ssl = context


class _Server(uvicorn.Server):
    """Tells when it is ready, and leaves the signals of the process to their owner."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so; an application that does not start ends the server, not the process."""
        try:
            await super().startup(sockets)
        except SystemExit:
            self.should_exit = True
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _listen(host: str, port: int, name: str) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((address[0], port), family=family, backlog=256)  # `address` wraps what is no port
    except (OSError, OverflowError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            what = f"Port {port} on {host} is taken by another program."
            raise ConfigError(what, f"Stop that program, or choose another port for the {name}.") from error
        what = f"The {name} cannot listen on {host}:{port}: {error}."
        raise ConfigError(what, "Check the host name or address and the port.") from error
