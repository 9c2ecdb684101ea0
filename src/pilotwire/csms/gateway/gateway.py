"""The gateway of one node: all connected stations, by identity, and the bus that reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from pilotwire.clock import Clock
from pilotwire.csms.commands import ConnectedStation
from pilotwire.csms.gateway.admission import Admission
from pilotwire.csms.gateway.connection import Connection
from pilotwire.csms.gateway.credentials import CredentialKeeper
from pilotwire.csms.gateway.soap import SoapGateway
from pilotwire.csms.gateway.soap_line import SoapLine
from pilotwire.csms.gateway.tls import ServerContext
from pilotwire.csms.gateway.turned_away import TurnedAway
from pilotwire.csms.handlers import Handlers
from pilotwire.csms.registers.uptime import connection_entry
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, Page, RecordConnection, Station, Store
from pilotwire.dialects.quirks import check_names
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.errors import ConfigError, MisuseError, NotReachable, StoreError
from pilotwire.ocpp.net.server import Server, serve
from pilotwire.ocpp.net.socket import Socket

_log = structlog.get_logger("pilotwire.csms.gateway")
_REPLACED: Final = (1008, "replaced by a newer connection of this station")
_TRY_LATER: Final = (1013, "this CSMS cannot store anything at the moment: try again later")
_GOING: Final = (1001, "this CSMS is shutting down")


class Gateway:
    """Accepts stations and gives them commands; a `StationBus` for the stations of this node."""

    def __init__(
        self, handlers: Handlers, journal: Journal, store: Store, clock: Clock, settings: CsmsSettings
    ) -> None:
        self._handlers = handlers
        self._journal = journal
        self._store = store
        self._clock = clock
        self._settings = settings
        self._admission = Admission(store, journal, clock, settings)
        self._keeper = CredentialKeeper(journal, store, clock)
        self._turned_away = TurnedAway(journal, clock)
        self._connections: dict[str, Connection] = {}
        self._serving: set[Connection] = set()
        self._quiet: asyncio.Future[None] | None = None
        self._plain: Server | None = None
        self._tls: Server | None = None
        self._soap = SoapGateway(
            handlers, journal, store, clock, settings, self._admission, self._turned_away, self._keeper
        )

    # --- life ------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen for stations. Raises ConfigError if that is not possible, StoreError if the records cannot be read."""
        settings = self._settings
        check_names(settings.tolerances)
        if not settings.plain and settings.tls_port is None:
            what = "Stations could not connect: the port without TLS is switched off, and there is none with TLS."
            raise ConfigError(what, "Give a tls_port, or leave plain on.")
        context = None if settings.tls_port is None else ServerContext(settings, self._turned_away.note_tls)
        await self._forget_connections()
        await self._admission.revocations.start()
        if settings.plain:
            self._plain = await self._listen(settings.ocpp_port, None)
        if settings.tls_port is not None:
            self._tls = await self._listen(settings.tls_port, context)
        if settings.soap_port is not None:
            await self._soap.start(settings.soap_port, ssl_context=self._soap_context())

    def _soap_context(self) -> ServerContext | None:
        return ServerContext(self._settings, self._turned_away.note_tls) if self._settings.soap_tls else None

    async def _listen(self, port: int, ssl_context: ServerContext | None) -> Server:
        settings = self._settings
        return await serve(
            self._serve,
            settings.host,
            port,
            admit=self._admission.admit,
            ssl_context=ssl_context,
            ping_interval=settings.ping_interval or None,
            compression=settings.compression,
            max_message_bytes=settings.max_message_bytes,
            refused=self._turned_away.note,
        )

    @property
    def port(self) -> int:
        """The TCP port stations connect to without TLS, or with it where there is no other."""
        server = self._plain or self._tls
        if server is None:
            raise MisuseError("the gateway has not been started")
        return server.port

    @property
    def tls_port(self) -> int | None:
        """The TCP port stations connect to by TLS; None if there is none."""
        return None if self._tls is None else self._tls.port

    @property
    def soap_url(self) -> str | None:
        """Where stations of OCPP-S post their envelopes; None if they cannot."""
        return self._soap.url or None

    async def close(self) -> None:
        """Admit nobody any more, answer the calls in hand, close every connection with 1001 and wait until all are over."""
        self._admission.close()
        await self._admission.revocations.close()
        await self._soap.close()
        servers = [server for server in (self._plain, self._tls) if server is not None]
        if not servers:
            return
        await self._finish_calls()
        for connection in tuple(self._serving):
            connection.begin_close(*_GOING)
        for server in servers:
            await server.close(*_GOING)

    async def _finish_calls(self) -> None:
        """Wait until no call is being answered, at most the time the settings allow."""
        self._quiet = asyncio.get_running_loop().create_future()
        for connection in self._serving:
            connection.on_idle = self._look_if_quiet
        self._look_if_quiet()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_timeout):
                await self._quiet

    def _look_if_quiet(self) -> None:
        quiet = self._quiet
        if quiet is not None and not quiet.done() and not any(each.calls_in_hand for each in self._serving):
            quiet.set_result(None)

    async def _forget_connections(self) -> None:
        """Records may say that stations are connected, because this node was killed: now they are not."""
        page = Page(limit=1000)
        while records := await self._store.stations(page):
            gone = [self._gone(record) for record in records if record.connected]
            if gone:
                await self._journal.append(*gone)
            page = Page(limit=1000, after=records[-1].station)

    def _gone(self, record: Station) -> RecordConnection:
        last_seen = record.last_seen_at or self._clock.now()
        return RecordConnection(station=record.station, connected=False, at=last_seen)

    # --- connections -----------------------------------------------------------------------------------------------------------

    async def _serve(self, socket: Socket) -> None:
        connection = Connection(socket, self._handlers, self._journal, self._clock, self._settings, self._keeper)
        if not self._take_place(connection, socket.remote):
            connection.begin_close(*_REPLACED)
            return
        self._serving.add(connection)
        log = _log.bind(station=connection.station, remote=socket.remote)
        try:
            log.info("station connected", version=socket.version.value)
            closed = await connection.run()
            log.info("station gone", code=closed.code, reason=closed.reason)
        except StoreError as error:
            log.error("station sent away, nothing can be stored", error=str(error))
            connection.begin_close(*_TRY_LATER)
        finally:
            self._serving.discard(connection)
            await self._leave(connection)

    def _take_place(self, connection: Connection, remote: str) -> bool:
        """The newest connection of an identity counts: stations reconnect before we notice that their old line is dead.

        False if a later one is here already, because this one was checked longer.
        """
        older = self._connections.get(connection.station)
        if older is not None and older.arrived > connection.arrived:
            return False
        self._connections[connection.station] = connection
        self._soap.forget(connection.station)
        if older is None:
            return True
        what = (
            f"connected again from {remote} while its connection from {older.describe().remote} was open; "
            "the older one was closed"
        )
        connection.find("gateway:second-connection", Severity.NOTE, what)
        older.begin_close(*_REPLACED)
        return True

    async def _leave(self, connection: Connection) -> None:
        if self._connections.get(connection.station) is not connection:
            return
        del self._connections[connection.station]
        self._handlers.farewell(connection.station)
        with suppress(StoreError):  # the next start sets it right
            await self._journal.append(
                RecordConnection(station=connection.station, connected=False, at=connection.last_seen_at),
                connection_entry(connection.station, self._clock.now(), connected=False),
            )

    # --- the bus ---------------------------------------------------------------------------------------------------------------

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Give a command to a station of this node; see `StationBus.call`. A password it took is kept: StoreError if it cannot be."""
        return await self._connection(station).give(command, timeout)

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Send any action as it is; see `StationBus.call_raw`."""
        return await self._connection(station).give_raw(action, payload, force=force, timeout=timeout)

    def dismiss(self, station: str, reason: str) -> bool:
        """Close the connection of a station that is taken off record; see `StationBus.dismiss`."""
        self._soap.forget(station)
        connection = self._connections.pop(station, None)
        if connection is None:
            return False
        self._handlers.farewell(station)
        connection.begin_close(1008, reason)
        return True

    def connected(self) -> Sequence[ConnectedStation]:
        """All stations connected to this node, by name."""
        lines = {each.station: each for each in self._soap.connected()}
        lines |= {name: connection.describe() for name, connection in self._connections.items()}
        return [lines[name] for name in sorted(lines)]

    def is_connected(self, station: str) -> bool:
        """Whether a station is connected to this node."""
        return station in self._connections or self._soap.is_here(station)

    def _connection(self, station: str) -> Connection | SoapLine:
        connection = self._connections.get(station) or self._soap.line(station)
        if connection is None:
            raise NotReachable(f"station {station!r} is not connected.", "Try again when it is.")
        return connection
