"""OCPP-S at the gateway: an HTTP endpoint for stations' calls, and the stations that have called there (S16)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from ssl import SSLContext
from typing import Final

import httpx
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pilotwire.clock import Clock
from pilotwire.csms.commands import ConnectedStation
from pilotwire.csms.gateway.admission import Admission
from pilotwire.csms.gateway.credentials import CredentialKeeper
from pilotwire.csms.gateway.soap_line import SoapLine, seen
from pilotwire.csms.gateway.soap_trust import client_for, name_expected
from pilotwire.csms.gateway.turned_away import TurnedAway
from pilotwire.csms.handlers import Handlers
from pilotwire.csms.registers.soap_addresses import SOAP_ADDRESSES, SoapAddress
from pilotwire.csms.registers.uptime import connection_entry
from pilotwire.csms.services import pause
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.booking import FIRST_PAGE
from pilotwire.csms.store.ports import Journal, Page, RecordConnection, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.errors import MisuseError, StoreError
from pilotwire.ocpp.net.handshake import MAX_IDENTITY, Handshake, Unreadable, basic_credentials
from pilotwire.ocpp.net.server import Refuse
from pilotwire.ocpp.net.soap_server import body_of
from pilotwire.ocpp.soap import Call, Fault, Header, SoapVersion, read_call, write_fault
from pilotwire.ocpp.soap import Unreadable as NoEnvelope
from pilotwire.ocpp.soap.http import CONTENT_TYPE, STATUS, WORTH_PACKING
from pilotwire.ocpp.version import OcppVersion
from pilotwire.serving import WebServer

_log = structlog.get_logger("pilotwire.csms.soap")
_PATIENCE: Final = 2.5
"""A station of OCPP-S counts as connected for so many heartbeat intervals after it was heard."""
_HINT: Final = (
    "This is the OCPP-S endpoint of a Pilotwire CSMS: stations POST their SOAP 1.2 envelopes of OCPP 1.5 or 1.6 here.\n"
)


class SoapGateway:
    """Accepts calls of stations of OCPP-S and knows where they listen."""

    def __init__(
        self,
        handlers: Handlers,
        journal: Journal,
        store: Store,
        clock: Clock,
        settings: CsmsSettings,
        admission: Admission,
        turned_away: TurnedAway,
        keeper: CredentialKeeper,
    ) -> None:
        self._handlers = handlers
        self._journal = journal
        self._store = store
        self._clock = clock
        self._settings = settings
        self._admission = admission
        self._turned_away = turned_away
        self._keeper = keeper
        self._lines: dict[str, SoapLine] = {}
        self._web: WebServer | None = None
        self._watch: asyncio.Task[None] | None = None
        self._client: httpx.AsyncClient | None = None

    # --- life ------------------------------------------------------------------------------------------------------------

    async def start(self, port: int, *, ssl_context: SSLContext | None = None) -> None:
        """Listen for stations, and recall where those who called before listen. Raises ConfigError, StoreError."""
        self._client = client_for(self._settings)
        page = FIRST_PAGE
        while known := await self._store.records(SOAP_ADDRESSES, page=page):
            for each in known:
                self._line(each.station, SoapVersion(each.version)).address = each.address
            page = Page(after=cursor_of(known[-1].station, ""))
        app = Starlette(
            routes=[Route("/{path:path}", self._endpoint, methods=["GET", "POST"])],
            middleware=[Middleware(GZipMiddleware, minimum_size=WORTH_PACKING)],
        )
        settings = self._settings
        self._web = WebServer(
            app,
            settings.host,
            port,
            name="OCPP-S endpoint",
            shutdown_timeout=settings.shutdown_timeout,
            ssl_context=ssl_context,
        )
        await self._web.start()
        self._watch = asyncio.create_task(self._let_go_of_the_silent(), name="pilotwire-soap-watch")

    async def close(self) -> None:
        """Answer the calls in hand and stop."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._web is not None:
            await self._web.close()
        if self._client is not None:
            await self._client.aclose()
        for line in self._lines.values():
            if line.is_here:
                await self._leave(line)

    @property
    def port(self) -> int:
        """The TCP port stations call."""
        if self._web is None:
            raise MisuseError("the OCPP-S endpoint has not been started")
        return self._web.port

    @property
    def url(self) -> str:
        """Where stations reach it from this machine."""
        return "" if self._web is None else f"{self._web.url}/"

    # --- the stations ----------------------------------------------------------------------------------------------------

    def line(self, station: str) -> SoapLine | None:
        """A station that has called here, now or before a restart; None if none of this name has."""
        return self._lines.get(station)

    def is_here(self, station: str) -> bool:
        """Whether a station has been heard of lately."""
        line = self._lines.get(station)
        return line is not None and line.is_here

    def connected(self) -> Sequence[ConnectedStation]:
        """The stations heard of lately."""
        return [line.describe() for line in self._lines.values() if line.is_here]

    def forget(self, station: str) -> None:
        """A station speaks OCPP-J now, or was taken off record."""
        self._lines.pop(station, None)

    def _line(self, station: str, version: SoapVersion) -> SoapLine:
        line = self._lines.get(station)
        if self._client is None:
            raise MisuseError("the OCPP-S endpoint has not been started")
        if line is None or line.version is not version:
            line = self._lines[station] = SoapLine(
                station,
                version,
                self._handlers,
                self._journal,
                self._clock,
                self._client,
                self._keeper,
                call_timeout=self._settings.call_timeout,
                here=self.url,
                certificate_for=name_expected(self._settings, station),
            )
        return line

    async def _hear(self, call: Call, remote: str) -> SoapLine:
        """The line of the station that has just said something; its address is durable. Raises StoreError."""
        line, now = self._line(call.header.identity, call.version), self._clock.now()
        if seen(line, call, remote, now):
            address = SoapAddress(station=line.station, address=line.address, version=line.version, told_at=now)
            await self._journal.append(SOAP_ADDRESSES.put(line.station, "", address))
        if not line.is_here:
            await self._handlers.welcome(line.station)
            await self._journal.append(
                RecordConnection(station=line.station, connected=True, at=now, version=OcppVersion.V16.value),
                connection_entry(line.station, now, connected=True),
            )
            line.is_here, line.since = True, now
            _log.info("station heard", station=line.station, version=line.version.value, address=line.address)
        return line

    async def _let_go_of_the_silent(self) -> None:
        while True:
            await pause(self._clock, 1.0)
            limit = _PATIENCE * self._settings.heartbeat_interval
            for line in tuple(self._lines.values()):
                if line.is_here and (self._clock.now() - line.last_seen_at).total_seconds() > limit:
                    await self._leave(line)

    async def _leave(self, line: SoapLine) -> None:
        line.is_here = False
        self._handlers.farewell(line.station)
        with suppress(StoreError):  # the next start sets it right
            await self._journal.append(
                RecordConnection(station=line.station, connected=False, at=line.last_seen_at),
                connection_entry(line.station, line.last_seen_at, connected=False),
            )
        _log.info("station silent", station=line.station)

    # --- HTTP ------------------------------------------------------------------------------------------------------------

    async def _endpoint(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse(_HINT)
        try:
            data = await body_of(request, self._settings.max_message_bytes)
            call = read_call(data)
            identity = call.header.identity
            if not identity or len(identity) > MAX_IDENTITY or not identity.isprintable():
                raise NoEnvelope("the header has no usable chargeBoxIdentity", "Sender", "IdentityMismatch")
            if call.side != "central-system":
                raise NoEnvelope("this is a central system, no charge point", "Receiver", "NotSupported")
        except NoEnvelope as error:
            return _faulty(Fault(error.code, error.subcode, error.what))
        refused = await self._refusal(request, call)
        return refused or await self._answered(request, call, data)

    async def _refusal(self, request: Request, call: Call) -> Response | None:
        """Why a station may not come in, as a fault; None if it may."""
        remote = request.client.host if request.client else ""
        try:
            credentials = basic_credentials(request.headers.get("authorization"), call.header.identity)
        except Unreadable as error:
            return _faulty(Fault("Sender", "SecurityError", error.what), call.header, error.status)
        user, password = credentials or (None, None)
        handshake = Handshake(
            identity=call.header.identity,
            path=request.url.path,
            remote=remote,
            username=user,
            password=password,
            headers=dict(request.headers),
            version=OcppVersion.V16,
            secure=request.url.scheme == "https",
        )
        verdict = await self._admission.admit(handshake)
        if not isinstance(verdict, Refuse):
            return None
        self._turned_away.note(handshake, verdict.reason)
        return _faulty(Fault("Sender", "SecurityError", verdict.reason), call.header, verdict.status)

    async def _answered(self, request: Request, call: Call, data: bytes) -> Response:
        remote = f"{request.client.host}:{request.client.port}" if request.client else ""
        try:
            line = await self._hear(call, remote)
            reply, fault = await line.answer(call, data)
        except StoreError as error:
            _log.error(
                "not stored, so not answered", station=call.header.identity, action=call.action, error=str(error)
            )
            later = Fault("Receiver", "InternalError", "What was said could not be stored: say it again later.")
            return _faulty(later, call.header, 503, {"Retry-After": "60"})
        return Response(reply, 200 if fault is None else STATUS[fault.code], media_type=CONTENT_TYPE)


def _faulty(
    fault: Fault, request: Header | None = None, status: int | None = None, headers: dict[str, str] | None = None
) -> Response:
    said = dict(headers or {})
    if status == 401:
        said["WWW-Authenticate"] = 'Basic realm="OCPP"'
    return Response(write_fault(fault, request), status or STATUS[fault.code], said, media_type=CONTENT_TYPE)
