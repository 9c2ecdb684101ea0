"""The gateway of one node: all connected stations, by identity, and the bus that reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from ssl import SSLContext
from typing import Final

import structlog

from pilotwire.clock import Clock
from pilotwire.csms.commands import ConnectedStation
from pilotwire.csms.gateway.admission import Admission, TurnedAway
from pilotwire.csms.gateway.connection import Connection
from pilotwire.csms.gateway.credentials import keep_password, password_taken
from pilotwire.csms.handlers import Handlers
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, Page, RecordConnection, Station, Store
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.errors import MisuseError, NotReachable, StoreError
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
        self._admission = Admission(store, settings)
        self._turned_away = TurnedAway(journal, clock)
        self._connections: dict[str, Connection] = {}
        self._serving: set[Connection] = set()
        self._quiet: asyncio.Future[None] | None = None
        self._server: Server | None = None

    # --- life ------------------------------------------------------------------------------------------------------------------

    async def start(self, *, ssl_context: SSLContext | None = None) -> None:
        """Listen for stations. Raises ConfigError if that is not possible, StoreError if the records cannot be read."""
        await self._forget_connections()
        settings = self._settings
        self._server = await serve(
            self._serve,
            settings.host,
            settings.ocpp_port,
            admit=self._admission.admit,
            ssl_context=ssl_context,
            ping_interval=settings.ping_interval or None,
            compression=settings.compression,
            max_message_bytes=settings.max_message_bytes,
            refused=self._turned_away.note,
        )

    @property
    def port(self) -> int:
        """The TCP port stations connect to."""
        if self._server is None:
            raise MisuseError("the gateway has not been started")
        return self._server.port

    async def close(self) -> None:
        """Admit nobody any more, answer the calls in hand, close every connection with 1001 and wait until all are over."""
        self._admission.close()
        if self._server is None:
            return
        await self._finish_calls()
        for connection in tuple(self._serving):
            connection.begin_close(*_GOING)
        await self._server.close(*_GOING)

    async def _finish_calls(self) -> None:
        """Wait until no call is being answered, at most the time the settings allow."""
        self._quiet = asyncio.get_running_loop().create_future()
        for connection in self._serving:
            connection.on_idle = self._look_if_quiet
        self._look_if_quiet()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._quiet, self._settings.shutdown_timeout)

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
        connection = Connection(socket, self._handlers, self._journal, self._clock, self._settings)
        self._take_place(connection, socket.remote)
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

    def _take_place(self, connection: Connection, remote: str) -> None:
        """The newest connection of an identity counts: stations reconnect before we notice that their old line is dead."""
        older = self._connections.get(connection.station)
        self._connections[connection.station] = connection
        if older is None:
            return
        what = (
            f"connected again from {remote} while its connection from {older.describe().remote} was open; "
            "the older one was closed"
        )
        connection.find("gateway:second-connection", Severity.NOTE, what)
        older.begin_close(*_REPLACED)

    async def _leave(self, connection: Connection) -> None:
        if self._connections.get(connection.station) is not connection:
            return
        del self._connections[connection.station]
        self._handlers.farewell(connection.station)
        with suppress(StoreError):  # the next start sets it right
            await self._journal.append(
                RecordConnection(station=connection.station, connected=False, at=connection.last_seen_at)
            )

    # --- the bus ---------------------------------------------------------------------------------------------------------------

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Give a command to a station of this node; see `StationBus.call`. A password it took is kept: StoreError if it cannot be."""
        outcome = await self._connection(station).give(command, timeout)
        password = password_taken(command, outcome)
        if password is not None:
            await keep_password(self._journal, self._store, self._clock, station, password)
        return outcome

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Send any action as it is; see `StationBus.call_raw`."""
        return await self._connection(station).give_raw(action, payload, force=force, timeout=timeout)

    def connected(self) -> Sequence[ConnectedStation]:
        """All stations connected to this node, by name."""
        return [self._connections[name].describe() for name in sorted(self._connections)]

    def is_connected(self, station: str) -> bool:
        """Whether a station is connected to this node."""
        return station in self._connections

    def _connection(self, station: str) -> Connection:
        connection = self._connections.get(station)
        if connection is None:
            raise NotReachable(f"station {station!r} is not connected.", "Try again when it is.")
        return connection
