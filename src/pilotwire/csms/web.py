"""The HTTP server of the CSMS: an ASGI application served in the event loop of everything else."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from math import ceil
from typing import Any

import uvicorn

from pilotwire.errors import ConfigError

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
    """Serves one application until it is closed."""

    def __init__(self, app: AsgiApp, host: str, port: int, *, shutdown_timeout: float) -> None:
        self._listener = _listen(host, port)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="auto",
            timeout_graceful_shutdown=ceil(shutdown_timeout),
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return int(self._listener.getsockname()[1])

    async def start(self) -> None:
        """Serve from now on. Raises ConfigError if the application does not start."""
        task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="pilotwire-http")
        ready = asyncio.create_task(self._server.ready.wait())
        try:
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if task.done():
            self._listener.close()
            await task
        self._task = task

    async def close(self) -> None:
        """Finish the requests in hand, at most the shutdown timeout, and stop."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
        self._listener.close()


class _Server(uvicorn.Server):
    """Tells when it is ready, and leaves the signals of the process to their owner."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so. Raises ConfigError where uvicorn would end the process."""
        try:
            await super().startup(sockets)
        except SystemExit:
            raise ConfigError("The HTTP API did not start.", "The log above says why.") from None
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=256)
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            what = f"Port {port} on {host} is taken by another program."
            raise ConfigError(what, "Stop that program, or choose another HTTP port.") from error
        what = f"Cannot listen on {host}:{port} for HTTP: {error}."
        raise ConfigError(what, "Check the host name or address and the port.") from error
