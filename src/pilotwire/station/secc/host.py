"""Vehicles find the station on an interface, connect, and are served: discovery, TCP, TLS, one session each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from pilotwire import pki
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.iso15118.charging import SessionEnd, Speaks
from pilotwire.iso15118.codecs import DIN, ISO2, ISO20_AC, ISO20_COMMON, ISO20_DC, XMLDSIG
from pilotwire.iso15118.exi import SchemaSet
from pilotwire.iso15118.net.connection import Peer, V2gConnection
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.hosting import Heard, serve_vehicle
from pilotwire.iso15118.net.interfaces import link_local_of
from pilotwire.iso15118.net.sdp_server import SdpServer
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.net.tls import StationTls
from pilotwire.iso15118.sdp import Endpoints, SdpRequest, SdpResponse, Security
from pilotwire.iso15118.secc import din, iso2, iso20
from pilotwire.iso15118.secc.conversation import Conversation
from pilotwire.iso15118.secc.ports import RandomBytes, Vehicle
from pilotwire.iso15118.secc.session import SeccSession
from pilotwire.station.app import Station
from pilotwire.station.core import inputs as told
from pilotwire.station.core.certificate_files import CertificatesWritten
from pilotwire.station.hardware.ports import CableUnplugged, DcOutput
from pilotwire.station.secc.evse import StationEvse
from pilotwire.station.secc.memory import Memory
from pilotwire.station.secc.settings import SeccSettings

_log = structlog.get_logger("pilotwire.station.secc")
_CHAINS: Final[Mapping[str, str]] = {"iso2": "v2g/iso2", "iso20": "v2g/iso20"}
"""Where the station keeps what its CSMS signed (`station.core.certificate_files`)."""
_NAMES: Final[Mapping[Speaks, str]] = {
    Speaks.DIN: "DIN SPEC 70121",
    Speaks.ISO2: "ISO 15118-2",
    Speaks.ISO20_AC: "ISO 15118-20 AC",
    Speaks.ISO20_DC: "ISO 15118-20 DC",
}
_SCHEMAS: Final[Mapping[Speaks, tuple[SchemaSet, ...]]] = {
    Speaks.DIN: (DIN,),
    Speaks.ISO2: (ISO2, XMLDSIG),
    Speaks.ISO20_AC: (ISO20_COMMON, ISO20_AC, XMLDSIG),
    Speaks.ISO20_DC: (ISO20_COMMON, ISO20_DC, XMLDSIG),
}
_OEM_ROOTS: Final = ("v2g/oem-roots.pem", "v2g/v2g-roots.pem")

Listener = Callable[[Heard], None]


class SeccHost:
    """The SECC of one EVSE of a station. Use `async with`. Raises ConfigError from `start` if it cannot listen."""

    def __init__(
        self,
        station: Station,
        settings: SeccSettings,
        *,
        random: RandomBytes = os.urandom,
        listener: Listener | None = None,
        ended: Callable[[SessionEnd], None] | None = None,
    ) -> None:
        if settings.evse_id not in {one.evse_id for one in station.layout.evses}:
            raise ConfigError(f"There is no EVSE {settings.evse_id}.", "Name one that the station has.")
        if _is_dc(station, settings.evse_id) and not isinstance(station.hardware, DcOutput):
            raise ConfigError(
                f"The driver cannot work the output of EVSE {settings.evse_id} for vehicles: it checks no isolation.",
                "Give it check_isolation, set_dc_target and dc_output (docs/station/hardware.md).",
            )
        self._station = station
        self._settings = settings
        self._random = random
        self._listener = listener
        self._tell_end = ended
        self._memory = Memory(station.storage, settings.evse_id, station.now)
        self._servers: dict[Security, V2gServer] = {}
        self._sdp: SdpServer | None = None
        self._shown: tuple[bytes | None, ...] = ()
        self._stored = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._unheard: Callable[[], None] = _nothing
        self.evse: StationEvse | None = None
        """The EVSE as the last session saw it."""

    # --- life --------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Answer vehicles from now on."""
        settings, tls = self._settings, self._tls()
        if tls is not None and settings.tls != "off":
            self._servers[Security.TLS] = self._server(tls)
        if settings.tls != "only":
            self._servers[Security.NONE] = self._server(None)
        self._shown = self._kept_files()
        if not self._servers:
            what = "The SECC is to speak TLS only, and has no certificate for it."
            raise ConfigError(what, "Give --secc-chain and --secc-key, or let the CSMS sign one.")
        await asyncio.to_thread(self._prepare)
        for server in self._servers.values():
            await server.start()
        if settings.interface != "lo":
            self._sdp = SdpServer(settings.interface, self._discovered, port=settings.sdp_port)
            await self._sdp.start()
        self._watching = asyncio.ensure_future(self._watch())
        self._unheard = self._station.listen(self._heard)
        self._stored.set()  # something may have been written since it was read

    def _prepare(self) -> None:
        """Make the codecs now: CurrentDemandRes is due within 25 ms, the first of its kind too."""
        spoken = {one for secured in (Security.TLS in self._servers, False) for one in self._spoken(secured)}
        for speaks in spoken:
            for schemas in _SCHEMAS[speaks]:
                schemas.prepare()

    async def close(self) -> None:
        """Cut the vehicles off and listen no more."""
        self._unheard()
        self._unheard = _nothing
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait((self._watching,))
        if self._sdp is not None:
            await self._sdp.close()
        for server in self._servers.values():
            await server.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def port(self, *, secured: bool = False) -> int:
        """The TCP port with or without TLS. Raises KeyError if there is none."""
        return self._servers[Security.TLS if secured else Security.NONE].port

    def _heard(self, thing: told.Input) -> None:
        """Certificates were written, the last of them perhaps not; or the vehicle has left, and what it paused with it."""
        match thing:
            case told.JobDone(result=CertificatesWritten()) | told.JobFailed():
                self._stored.set()
            case CableUnplugged(evse_id=self._settings.evse_id):
                self._memory.unplugged()

    async def _watch(self) -> None:
        """Show what the CSMS has signed since (A02), from the next vehicle on."""
        while True:
            await self._stored.wait()
            self._stored.clear()
            try:
                await self._look()
            except PilotwireError as error:
                _log.warning("the SECC cannot use its new certificates", station=self._station.identity, why=str(error))

    async def _look(self) -> None:
        kept = self._kept_files()
        if kept != self._shown and self._settings.tls != "off":
            self._shown = kept
            await self._show_anew()

    async def _show_anew(self) -> None:
        tls = self._tls()
        if tls is None:
            return
        if Security.TLS in self._servers:
            self._servers[Security.TLS].renew(tls)
        else:
            server = self._server(tls)
            await server.start()
            self._servers[Security.TLS] = server
        _log.info("the SECC shows new certificates", station=self._station.identity)

    def _kept_files(self) -> tuple[bytes | None, ...]:
        names = [f"{place}-{part}.pem" for place in _CHAINS.values() for part in ("chain", "key")]
        return tuple(self._station.files.read(name) for name in (*names, *_OEM_ROOTS))

    def where(self) -> str:
        """Where vehicles find it, for people."""
        ports = [
            f"port {server.port} {'with TLS' if how is Security.TLS else 'without TLS'}"
            for how, server in self._servers.items()
        ]
        names = ", ".join(_NAMES[one] for one in self._spoken(Security.TLS in self._servers))
        return (
            f"interface {self._settings.interface}, {' and '.join(ports)}; EVSE {self._settings.evse_id} speaks {names}"
        )

    # --- discovery ---------------------------------------------------------------------------------------------------------------

    def _discovered(self, request: SdpRequest, _: str) -> SdpResponse | None:
        """TLS where the vehicle asks for it and the station has it, else what there is."""
        ports = {how: server.port for how, server in self._servers.items()}
        here = Endpoints(link_local_of(self._settings.interface), ports.get(Security.TLS), ports.get(Security.NONE))
        return here.answer(request)

    # --- connections -------------------------------------------------------------------------------------------------------------

    def _server(self, tls: StationTls | None) -> V2gServer:
        loopback = self._settings.interface == "lo"
        return V2gServer(
            self._serve,
            host="::1" if loopback else "::",
            interface="" if loopback else self._settings.interface,
            port=self._settings.port if tls is None or self._settings.tls == "only" else 0,
            tls=tls,
            refused=self._refused,
        )

    def _refused(self, peer: Peer, why: ConnectionEnded) -> None:
        _log.warning("a vehicle was turned away", station=self._station.identity, vehicle=str(peer), why=why.what)

    async def _serve(self, connection: V2gConnection) -> None:
        evse = self.evse = StationEvse(self._station, self._settings)
        secured = bool(connection.tls_version)

        sessions: list[SeccSession] = []

        def make(speaks: Speaks, offered: tuple[str, ...], now: datetime) -> SeccSession:
            sessions.append(self._session(speaks, evse, connection, offered, now))
            return sessions[-1]

        try:
            end = await serve_vehicle(
                connection, self._spoken(secured), make, listener=self._listener or (lambda _: None)
            )
        finally:
            for session in sessions:
                self._tell(connection.peer, session)
        if self._tell_end is not None:
            self._tell_end(end)

    def _tell(self, peer: Peer, session: SeccSession) -> None:
        """What the vehicle did that it should not, and what did not work on this side, goes into the log."""
        for finding in session.findings:
            _log.warning("a finding of a vehicle", station=self._station.identity, vehicle=str(peer), what=finding)
        for remark in session.remarks if isinstance(session, iso20.Iso20Session) else ():
            _log.warning("a session did not go well", station=self._station.identity, vehicle=str(peer), what=remark)

    def _spoken(self, secured: bool) -> Sequence[Speaks]:
        """DIN SPEC 70121 knows no TLS, and is DC; of ISO 15118-20 what the EVSE supplies, with TLS unless a test bench does without."""
        dc = _is_dc(self._station, self._settings.evse_id)
        unfit = {Speaks.ISO20_AC if dc else Speaks.ISO20_DC}
        if secured or not dc:
            unfit.add(Speaks.DIN)
        if not secured and not self._settings.plain_20:
            unfit |= {Speaks.ISO20_AC, Speaks.ISO20_DC}
        return tuple(one for one in self._settings.speaks if one not in unfit and one in SESSIONS)

    def _session(
        self, speaks: Speaks, evse: StationEvse, connection: V2gConnection, offered: tuple[str, ...], now: datetime
    ) -> SeccSession:
        return SESSIONS[speaks](self, evse, connection, offered, now)

    # --- certificates ------------------------------------------------------------------------------------------------------------

    def _tls(self) -> StationTls | None:
        iso2_, iso20 = self._credentials("iso2"), self._credentials("iso20")
        if iso2_ is None and iso20 is None:
            return None
        roots = self._vehicle_roots()
        return StationTls(
            iso2=iso2_,
            iso20=iso20 if roots else None,
            vehicle_roots=roots,
            curves=self._settings.curves,
            key_log=self._settings.key_log,
        )

    def _credentials(self, which: str) -> Credentials | None:
        settings = self._settings
        chain, key = (settings.chain, settings.key) if which == "iso2" else (settings.chain_20, settings.key_20)
        if chain is not None and key is not None:
            return Credentials.from_files(chain, key)
        files = self._station.files
        kept_chain, kept_key = files.read(f"{_CHAINS[which]}-chain.pem"), files.read(f"{_CHAINS[which]}-key.pem")
        if kept_chain is None or kept_key is None:
            return None
        return Credentials.from_pem(kept_chain.decode(), kept_key.decode())

    def _vehicle_roots(self) -> tuple[pki.Certificate, ...]:
        if self._settings.vehicle_roots is not None:
            return pki.read_certificates(Path(self._settings.vehicle_roots).read_text())
        found: list[pki.Certificate] = []
        for name in _OEM_ROOTS:
            content = self._station.files.read(name)
            found += pki.read_certificates(content.decode()) if content else ()
        return tuple(found)

    @property
    def memory(self) -> Memory:
        """Its paused sessions."""
        return self._memory

    @property
    def settings(self) -> SeccSettings:
        """What was set of it."""
        return self._settings

    @property
    def random(self) -> RandomBytes:
        """Where its random bytes come from."""
        return self._random


def _is_dc(station: Station, evse_id: int) -> bool:
    return next(one.dc for one in station.layout.evses if one.evse_id == evse_id)


def _nothing() -> None:
    """Nobody is to be told any more."""


def _with_body(
    session: type[Conversation],
    host: SeccHost,
    evse: StationEvse,
    connection: V2gConnection,
    offered: tuple[str, ...],
    now: datetime,
) -> SeccSession:
    return session(evse, host.memory, host.random, now, secured=bool(connection.tls_version), offered=offered)


def _iso20(
    speaks: Speaks,
    host: SeccHost,
    evse: StationEvse,
    connection: V2gConnection,
    offered: tuple[str, ...],
    now: datetime,
) -> SeccSession:
    vehicle = Vehicle("", speaks, offered, connection.peer_chain)
    secured = bool(connection.tls_version)
    return iso20.Iso20Session(
        evse, host.memory, vehicle, host.random, now, options=host.settings.iso20, secured=secured
    )


Make = Callable[[SeccHost, StationEvse, V2gConnection, tuple[str, ...], datetime], SeccSession]
SESSIONS: Mapping[Speaks, Make] = {
    Speaks.DIN: partial(_with_body, din.DinSession),
    Speaks.ISO2: partial(_with_body, iso2.Iso2Session),
    Speaks.ISO20_AC: partial(_iso20, Speaks.ISO20_AC),
    Speaks.ISO20_DC: partial(_iso20, Speaks.ISO20_DC),
}
"""Who makes the session of a protocol."""
