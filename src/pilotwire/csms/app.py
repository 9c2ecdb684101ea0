"""The CSMS as one thing: store, gateway, commands, and the HTTP server, started and stopped together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import structlog

from pilotwire.clock import Clock, SystemClock
from pilotwire.csms.api.events import told_of
from pilotwire.csms.commands import Commander
from pilotwire.csms.commands.noticing import NoticingBus
from pilotwire.csms.gateway import Gateway
from pilotwire.csms.gateway.tls import ServerContext
from pilotwire.csms.handlers import Handlers, Policy, VendorHook
from pilotwire.csms.partners.chosen import chosen_partners, contract_roots
from pilotwire.csms.partners.openadr import vtns
from pilotwire.csms.plugins import NO_PLUGINS, Plugins
from pilotwire.csms.quiet import Quiet
from pilotwire.csms.registers.webhooks import WEBHOOKS
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.services import Parts, Service, Services
from pilotwire.csms.services.billing import Billing
from pilotwire.csms.services.blocked_tokens import BlockedTokens
from pilotwire.csms.services.certificate_renewals import CertificateRenewals
from pilotwire.csms.services.certificate_signings import CertificateSignings
from pilotwire.csms.services.charging_plans import ChargingPlans
from pilotwire.csms.services.drift import DriftWatch
from pilotwire.csms.services.firmware_campaigns import FirmwareCampaigns
from pilotwire.csms.services.load_management import LoadManager
from pilotwire.csms.services.local_lists import LocalLists
from pilotwire.csms.services.open_transactions import OpenTransactions
from pilotwire.csms.services.openadr import OpenAdrVens
from pilotwire.csms.services.reports import ScheduledReports
from pilotwire.csms.services.reservations import ReservationsEnd
from pilotwire.csms.services.retention import Retention
from pilotwire.csms.services.security_upgrades import SecurityUpgrades
from pilotwire.csms.services.sequence_gaps import SequenceGaps
from pilotwire.csms.services.settlements import Settlements
from pilotwire.csms.services.signed_metering import SignedMetering
from pilotwire.csms.services.template_runs import TemplateRuns
from pilotwire.csms.services.transaction_limits import TransactionLimits
from pilotwire.csms.services.uptime import UptimeWatch
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import Journal, Page, Store
from pilotwire.csms.uploads import Receiver
from pilotwire.csms.uploads.servers import UploadServers
from pilotwire.csms.webhooks import Deliveries, Outbox
from pilotwire.errors import MisuseError
from pilotwire.serving import AsgiApp, Guard, WebServer

_log = structlog.get_logger("pilotwire.csms")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_WITH_SECRETS: Final = ("/uploads/", "/firmware/", "/openadr/")
_EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})


@dataclass(frozen=True, slots=True)
class Urls:
    """Where things are, for people on this machine: the OCPP-J endpoint (stations append '/' and their identity) and the HTTP API.

    `ocpp_tls` is the endpoint by TLS, where there is one; without a plain one `ocpp` is the same.
    """

    ocpp: str
    http: str | None
    ocpp_tls: str | None = None


class Csms:
    """A CSMS of one node; an async context manager.

    `http` makes the ASGI application of the HTTP API from the running CSMS; without it nothing is served by HTTP. `vendors` answer
    DataTransfer, by vendor id, before any of the `plugins`.
    Entering raises ConfigError (a port taken, a database URL that makes no sense) or StoreError.
    """

    def __init__(
        self,
        settings: CsmsSettings,
        clock: Clock | None = None,
        *,
        http: Callable[[Csms], AsgiApp] | None = None,
        vendors: Mapping[str, VendorHook] | None = None,
        plugins: Plugins = NO_PLUGINS,
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self._http = http
        self.plugins = plugins
        self._vendors = {**plugins.hooks, **{vendor.lower(): hook for vendor, hook in (vendors or {}).items()}}
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
        partners = chosen_partners(self.settings, self.clock)
        stack.callback(partners.close)
        handlers = Handlers(journal, store, self.clock, _policy(self.settings), self._vendors, reports, partners)
        gateway = Gateway(handlers, journal, store, self.clock, self.settings)
        commander = Commander(
            NoticingBus(gateway, journal, self.clock), self.clock, reports, Quiet(store, always=self.settings.quiet)
        )
        parts = Parts(journal, store, commander, self.clock, self.settings)
        outbox = Outbox(told_of, self.clock, await store.records(WEBHOOKS, "", Page(limit=1000)))
        opened.attend(outbox)
        asking: list[Service] = [
            CertificateSignings(parts, partners.signer),
            Settlements(parts, partners.psp),
            OpenAdrVens(parts, vtns(self.settings.openadr, self.clock)),
        ]
        services = Services([*_services(parts), Deliveries(parts, outbox), *asking])
        stack.push_async_callback(gateway.close)
        await gateway.start()
        stack.push_async_callback(services.close)
        services.start()
        uploads = Receiver(journal, store, self.clock, self.settings)
        await stack.enter_async_context(UploadServers(uploads, self.settings))
        return _Running(journal, store, gateway, commander, uploads)

    async def _serve_http(self, stack: AsyncExitStack, app: AsgiApp) -> WebServer:
        settings = self.settings
        web = WebServer(
            _guarded(app, settings) if settings.no_auth else app,
            settings.host,
            settings.http_port,
            name="HTTP API",
            shutdown_timeout=settings.shutdown_timeout,
            ssl_context=ServerContext(settings, _note_http_tls) if settings.http_tls else None,
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
    def uploads(self) -> Receiver:
        """Takes the log files of stations."""
        return self._parts.uploads

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
        scheme = "https" if self.settings.http_tls else "http"
        http = None if self.http_port is None else f"{scheme}://{shown}:{self.http_port}"
        port = self.gateway.tls_port
        tls = None if port is None else f"wss://{shown}:{port}"
        return Urls(
            ocpp=tls if tls is not None and not self.settings.plain else f"ws://{shown}:{self.ocpp_port}",
            http=http,
            ocpp_tls=tls,
        )

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
    uploads: Receiver
    web: WebServer | None = None


def _guarded(app: AsgiApp, settings: CsmsSettings) -> Guard:
    """The API of who asks nobody for a key (loopback only): no page of another site may do anything, by whatever name it comes.

    Uploads, firmware and the calls of VTNs have secrets of their own, and come by whatever name is known outside.
    """
    ours = urlsplit(settings.public_url).hostname
    return Guard(
        app,
        what="HTTP API",
        host=settings.host,
        names=(ours,) if ours else (),
        remedy="Call it by its address or by localhost, or set public_url to that name.",
        own_pages="*" not in settings.cors_origins,
        origins=settings.cors_origins,
        open_paths=_WITH_SECRETS,
    )


def _note_http_tls(reason: str) -> None:
    _log.info("a TLS handshake with the HTTP API failed", reason=reason)


def _services(parts: Parts) -> list[Service]:
    """What runs by itself."""
    return [
        Retention(parts),
        TemplateRuns(parts),
        DriftWatch(parts),
        SecurityUpgrades(parts),
        FirmwareCampaigns(parts),
        LocalLists(parts),
        TransactionLimits(parts),
        Billing(parts),
        BlockedTokens(parts),
        OpenTransactions(parts),
        SequenceGaps(parts),
        SignedMetering(parts),
        ReservationsEnd(parts),
        ChargingPlans(parts),
        LoadManager(parts),
        CertificateRenewals(parts),
        UptimeWatch(parts),
        ScheduledReports(parts),
    ]


def _policy(settings: CsmsSettings) -> Policy:
    return Policy(
        unknown_stations=settings.unknown_stations,
        heartbeat_interval=settings.heartbeat_interval,
        retry_interval=settings.retry_interval,
        accept_unknown_tokens=settings.accept_unknown_tokens,
        charging_needs=settings.charging_needs,
        alert_severity=settings.alert_severity,
        receipt_url=settings.receipt_url,
        energy_price=Decimal(settings.energy_price) if settings.energy_price else None,
        time_zone=settings.billing_time_zone,
        cost_rest=settings.running_cost_rest,
        authorization_fallback=settings.authorization_fallback,
        contract_roots=contract_roots(settings.contract_roots),
        contract_ocsp=settings.contract_ocsp_url,
        accept_unverified_contracts=settings.accept_unverified_contracts,
    )
