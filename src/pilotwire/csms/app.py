"""The CSMS as one thing: store, gateway, commands, and the HTTP server, started and stopped together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import structlog

from pilotwire.clock import Clock, SystemClock
from pilotwire.csms.commands import Commander
from pilotwire.csms.gateway import Gateway
from pilotwire.csms.handlers import Handlers, Policy, VendorHook
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.services import Parts, Service, Services
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import Journal, Store
from pilotwire.errors import MisuseError
from pilotwire.serving import AsgiApp, WebServer

_log = structlog.get_logger("pilotwire.csms")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})


@dataclass(frozen=True, slots=True)
class Urls:
    """Where things are, for people on this machine: the OCPP-J endpoint (stations append '/' and their identity) and the HTTP API."""

    ocpp: str
    http: str | None


class Csms:
    """A CSMS of one node; an async context manager.

    `http` makes the ASGI application of the HTTP API from the running CSMS; without it nothing is served by HTTP. `vendors` answer
    DataTransfer, by vendor id. Entering raises ConfigError (a port taken, a database URL that makes no sense) or StoreError.
    """

    def __init__(
        self,
        settings: CsmsSettings,
        clock: Clock | None = None,
        *,
        http: Callable[[Csms], AsgiApp] | None = None,
        vendors: Mapping[str, VendorHook] | None = None,
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self._http = http
        self._vendors = vendors
        self._running: _Running | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._running = running = await self._start(stack)
            if self._http is not None:
                running.web = await self._serve_http(stack, self._http(self))
            self._stack = stack.pop_all()
        urls = self.urls
        _log.info("the CSMS is running", ocpp=urls.ocpp, http=urls.http, database=self.settings.database)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        _log.info("the CSMS has stopped")

    async def _start(self, stack: AsyncExitStack) -> _Running:
        opened = await stack.enter_async_context(open_store(self.settings.database, clock=self.clock))
        journal, store = opened.journal, opened.store
        reports = ReportShelf(self.clock)
        handlers = Handlers(journal, store, self.clock, _policy(self.settings), self._vendors, reports)
        gateway = Gateway(handlers, journal, store, self.clock, self.settings)
        commander = Commander(gateway, self.clock, reports)
        services = Services(_services(Parts(journal, store, commander, self.clock, self.settings)))
        stack.push_async_callback(gateway.close)
        await gateway.start()
        stack.push_async_callback(services.close)
        services.start()
        return _Running(journal, store, gateway, commander)

    async def _serve_http(self, stack: AsyncExitStack, app: AsgiApp) -> WebServer:
        settings = self.settings
        web = WebServer(
            app,
            settings.host,
            settings.http_port,
            name="HTTP API",
            shutdown_timeout=settings.shutdown_timeout,
        )
        stack.push_async_callback(web.close)
        await web.start()
        return web

    async def serve_forever(self) -> None:
        """Wait until the process is asked to stop (SIGINT, SIGTERM) or the task is cancelled."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in _SIGNALS:
            with suppress(NotImplementedError):  # where the platform has no such thing, the task is cancelled
                loop.add_signal_handler(number, stop.set)
        try:
            await stop.wait()
        finally:
            for number in _SIGNALS:
                with suppress(NotImplementedError):
                    loop.remove_signal_handler(number)

    # --- what it is made of ----------------------------------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """Where everything is written."""
        return self._parts.journal

    @property
    def store(self) -> Store:
        """Where everything is read."""
        return self._parts.store

    @property
    def gateway(self) -> Gateway:
        """The connected stations."""
        return self._parts.gateway

    @property
    def commander(self) -> Commander:
        """Gives commands to stations."""
        return self._parts.commander

    @property
    def ocpp_port(self) -> int:
        """The TCP port for stations, also when the settings said 0."""
        return self.gateway.port

    @property
    def http_port(self) -> int | None:
        """The TCP port of the HTTP API; None if nothing is served by HTTP."""
        web = self._parts.web
        return None if web is None else web.port

    @property
    def urls(self) -> Urls:
        """Where things are."""
        host = "127.0.0.1" if self.settings.host in _EVERYWHERE else self.settings.host
        shown = f"[{host}]" if ":" in host else host
        http = None if self.http_port is None else f"http://{shown}:{self.http_port}"
        return Urls(ocpp=f"ws://{shown}:{self.ocpp_port}", http=http)

    @property
    def _parts(self) -> _Running:
        if self._running is None:
            raise MisuseError("the CSMS is not running: enter its context first")
        return self._running


@dataclass(slots=True)
class _Running:
    """The parts of a running CSMS."""

    journal: Journal
    store: Store
    gateway: Gateway
    commander: Commander
    web: WebServer | None = None


def _services(parts: Parts) -> list[Service]:
    """What runs by itself."""
    return []


def _policy(settings: CsmsSettings) -> Policy:
    return Policy(
        unknown_stations=settings.unknown_stations,
        heartbeat_interval=settings.heartbeat_interval,
        retry_interval=settings.retry_interval,
        accept_unknown_tokens=settings.accept_unknown_tokens,
    )
