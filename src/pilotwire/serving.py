"""An HTTP server in the event loop of everything else: what the REST API and a station's control port are served with."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from math import ceil
from ssl import SSLContext
from typing import Any, Final, Self

import uvicorn

from pilotwire.errors import ConfigError

_EVERYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that mean every address of the machine, and the one that reaches them from here."""

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
"""An ASGI 3 application: scope, receive, send."""


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
        ssl_context: SSLContext | None = None,
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

    def __init__(self, context: SSLContext | None, *arguments: Any, **options: Any) -> None:
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
