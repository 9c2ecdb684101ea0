"""A vehicle that charges at a real station: it looks for one, connects, negotiates, charges, and comes back when the line drops."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final

from pilotwire.clock import Clock, SystemClock
from pilotwire.errors import ConfigError, NotReachable
from pilotwire.ev.iso15118.exchanges import Answered, Exchanges, name_of
from pilotwire.ev.iso15118.pauses import PauseBook
from pilotwire.ev.iso15118.prices import words_of
from pilotwire.ev.iso15118.sessions import Making, make_session, spoken
from pilotwire.ev.iso15118.sessions import name_of as protocol_name
from pilotwire.ev.iso15118.speaking import SpeakingVehicle
from pilotwire.ev.iso15118.wallet import AnyWallet, WalletOf
from pilotwire.iso15118.charging import Ending, Identification, SessionEnd, Speaks
from pilotwire.iso15118.evcc.session import EvccSession
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import V2gConnection
from pilotwire.iso15118.net.credentials import LAB, STANDARD
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.hosting import Heard, visit_station
from pilotwire.iso15118.net.sdp_client import discover
from pilotwire.iso15118.net.tls import OcspDemand, VehicleTls
from pilotwire.iso15118.sdp import MOST_REQUESTS, PORT, Found, SdpClient, SdpRequest, Security

_TLS13: Final = "TLSv1.3"


class Safety(Enum):
    """Whether the connection is by TLS."""

    AUTO = "auto"
    """By TLS if the vehicle has V2G roots; without, if the station has none and nothing that is wanted needs it."""
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a station listens; `interface` for a link-local address."""

    host: str
    port: int
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a vehicle comes to a station.

    `interface`: where it looks for one (SDP); `to`: where one is, instead. `speaks`: the protocols it offers, the most wanted first.
    `lab`: any curve, any domainComponent, no OCSP, TLS 1.3 without a certificate of the vehicle. `resume`: join the paused session.
    Seconds: `wake_after` a pause it comes back; `drop_after` the first power it cuts the line, once; `return_after` a dropped line it comes
    back, `returns` times at most. `interval`: between two loop messages, None: the session's own.
    """

    interface: str = ""
    to: Address | None = None
    speaks: tuple[Speaks, ...] = ()
    safety: Safety = Safety.AUTO
    lab: bool = False
    resume: bool = False
    wake_after: float | None = None
    drop_after: float | None = None
    return_after: float = 1.0
    returns: int = 3
    interval: float | None = None
    key_log: Path | None = None
    sdp_port: int = PORT
    sdp_requests: int = MOST_REQUESTS


@dataclass(frozen=True, slots=True)
class Said:
    """A message went over the line. `name`: of its body, "" if it could not be read. `speaks` None: it is SupportedAppProtocol."""

    at: datetime
    heard: Heard
    name: str
    speaks: Speaks | None


@dataclass(frozen=True, slots=True)
class Told:
    """Something happened, in a sentence."""

    at: datetime
    what: str


Event = Said | Told
Listener = Callable[[Event], None]


@dataclass(slots=True)
class Report:
    """What became of it. Energies in Wh; `metered_wh` is the station's own count, None if it told none.

    `prices`: a line for each that the station told last.
    """

    end: SessionEnd
    speaks: Speaks | None = None
    tls: str = ""
    sessions: int = 0
    taken_wh: float = 0.0
    given_wh: float = 0.0
    metered_wh: int | None = None
    soc: tuple[float, float] = (0.0, 0.0)
    seconds: float = 0.0
    messages: int = 0
    receipts: int = 0
    answered: list[Answered] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    prices: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether energy flowed, the session ended as the vehicle wanted, and the station did nothing wrong."""
        flowed = self.taken_wh > 0 or self.given_wh > 0
        return flowed and self.end.ending in (Ending.TERMINATED, Ending.PAUSED) and not self.findings


def _deaf(_: Event) -> None:
    """Hears nothing."""


class EvApp:
    """One vehicle and its way to a station. `run` once."""

    def __init__(
        self,
        plan: Plan,
        ev: SpeakingVehicle,
        wallet: AnyWallet,
        pauses: PauseBook | None = None,
        *,
        clock: Clock | None = None,
        listener: Listener = _deaf,
    ) -> None:
        self._plan = plan
        self._ev = ev
        self._wallet = wallet
        self._pauses = pauses or PauseBook()
        self._pauses.snapshot, self._pauses.evcc_id = ev.vehicle.save, ev.evcc_id
        self._clock = clock or SystemClock()
        self._listener = listener
        self._connection: V2gConnection | None = None
        self._session: EvccSession | None = None
        self._speaks: Speaks | None = None
        self._exchanges = Exchanges()
        self._findings: list[str] = []
        self._sessions = 0
        self._tls = ""
        self._cut = False
        self._owes_return = False
        self._tell_once: set[str] = set()
        self._prices: Element | None = None
        self._price_lines: tuple[str, ...] = ()

    async def run(self) -> Report:
        """Charge. Raises ConfigError for what cannot be done as it was wanted, NotReachable if no station is there at all."""
        began = self._clock.monotonic()
        self._begin_pause()
        end = await self._visits()
        return Report(
            end,
            self._speaks,
            self._tls,
            self._sessions,
            self._ev.taken_wh,
            self._ev.given_wh,
            self._ev.metered_wh,
            (self._ev.started_soc, self._ev.vehicle.soc_percent),
            self._clock.monotonic() - began,
            self._exchanges.messages,
            self._exchanges.receipts,
            self._exchanges.answered(),
            self._findings,
            self._price_lines,
        )

    @property
    def in_session(self) -> bool:
        """Whether there is a session that can be ended in order."""
        return self._session is not None and self._session.over is None

    # --- visits ------------------------------------------------------------------------------------------------------------------

    def _begin_pause(self) -> None:
        if self._plan.resume and self._pauses.paused is None:
            raise ConfigError("There is no paused session to resume.", "Pause one first, and give the same file.")
        self._pauses.resuming = self._plan.resume

    async def _visits(self) -> SessionEnd:
        """Until the vehicle has what it wanted, or does not come back any more."""
        returns, woken = self._plan.returns, False
        end = await self._first_visit()
        while True:
            if end.ending is Ending.PAUSED and self._plan.wake_after is not None and not woken:
                woken = self._pauses.resuming = True
                await self._wait(self._plan.wake_after, "The session is paused; the vehicle wakes up in")
            elif end.ending is Ending.DROPPED and returns and (self._owes_return or not self._ev.enough):
                returns -= 1
                self._owes_return = False
                self._pauses.resuming = False
                await self._wait(self._plan.return_after, f"{end.reason} The vehicle comes back in")
            else:
                return end
            end = await self._later_visit()

    async def _wait(self, seconds: float, what: str) -> None:
        self._tell(f"{what} {seconds:g} s.")
        await asyncio.sleep(seconds)

    async def _first_visit(self) -> SessionEnd:
        return await self._visit(await self._arrive())

    async def _later_visit(self) -> SessionEnd:
        """As the first; but that the station is not there now is only another drop."""
        try:
            connection = await self._arrive()
        except NotReachable as error:
            return SessionEnd(Ending.DROPPED, error.what)
        return await self._visit(connection)

    async def _visit(self, connection: V2gConnection) -> SessionEnd:
        self._connection, self._session, self._speaks = connection, None, None
        self._tls = connection.tls_version
        self._sessions += 1
        cut = self._cut
        try:
            offered = self._offered(connection.tls_version)
        except ConfigError:
            await connection.close()
            raise
        end = await visit_station(connection, offered, self._make, clock=self._clock, listener=self._hear)
        self._collect_findings()
        if end.ending is Ending.DROPPED and self._cut == cut:
            self._findings.append(f"The line dropped: {end.reason}")
        return end

    def _collect_findings(self) -> None:
        self._findings += self._session.findings if self._session is not None else []
        for remark in getattr(self._session, "remarks", ()):  # those of ISO 15118-20 have some
            self._tell(remark)
        self._findings += self._ev.refusals
        self._ev.refusals = []

    def _make(self, speaks: Speaks, now: datetime) -> EvccSession:
        self._speaks = speaks
        self._tell(f"Station and vehicle speak {protocol_name(speaks)}.")
        making = Making(
            self._ev,
            WalletOf(self._wallet, speaks),
            self._pauses,
            secrets.token_bytes,
            now,
            secured=bool(self._tls),
            interval=self._plan.interval,
            lab=self._plan.lab,
        )
        self._session = make_session(speaks, making)
        return self._session

    # --- protocols and TLS -------------------------------------------------------------------------------------------------------

    def _wanted(self) -> tuple[Speaks, ...]:
        """The protocols, as far as their sessions are there and fit the vehicle; a paused session has its own."""
        paused = self._pauses.recall()
        if paused is not None:
            return (paused.speaks,)
        transfers = self._ev.wish().transfers
        dc, ac = any(one.dc for one in transfers), any(not one.dc for one in transfers)
        unfit = {one for one in Speaks if one.is_of_20 and not (dc if one is Speaks.ISO20_DC else ac)}
        unfit |= set() if dc else {Speaks.DIN}
        wanted = tuple(one for one in self._plan.speaks or spoken() if one not in unfit)
        missing = [protocol_name(one) for one in wanted if one not in spoken()]
        if missing:
            there = ", ".join(protocol_name(one) for one in spoken())
            raise ConfigError(f"The vehicle of this version does not speak {missing[0]}.", f"It speaks: {there}.")
        if not wanted:
            what = "None of the protocols that were asked for carries what the vehicle wants."
            raise ConfigError(what, "DIN SPEC 70121 is DC alone; ISO 15118-2 and -20 have both.")
        return wanted

    def _by_tls(self) -> bool:
        """Whether TLS is asked for."""
        wanted, safety = self._wanted(), self._plan.safety
        must = all(one.is_of_20 for one in wanted) or self._only_contracts
        if safety is Safety.NONE:
            if self._only_contracts:
                raise ConfigError("Plug & Charge needs TLS.", "Leave --no-tls out, or charge by external means.")
            return False
        roots = bool(self._wallet.v2g_roots())
        if (must or safety is Safety.TLS) and not roots:
            why = "The vehicle has no V2G roots, so it can trust no station by TLS."
            raise ConfigError(why, "Give it a wallet with v2g-roots.pem.")
        if must and self._only_20 and not self._shows_certificate:
            why = "ISO 15118-20 needs a TLS certificate of the vehicle."
            raise ConfigError(why, "Put vehicle.pem into the wallet, or use --lab with a station that does without.")
        return roots and (safety is Safety.TLS or any(one is not Speaks.DIN for one in wanted))

    @property
    def _only_contracts(self) -> bool:
        return set(self._ev.wish().identification) == {Identification.PNC}

    @property
    def _only_20(self) -> bool:
        return all(one.is_of_20 for one in self._wanted())

    @property
    def _shows_certificate(self) -> bool:
        return self._plan.lab or self._wallet.vehicle() is not None

    def _offered(self, tls: str) -> tuple[Speaks, ...]:
        """What is offered on a connection: -20 by TLS 1.3 (without TLS only where nobody wanted it), DIN without TLS."""
        unsafe = self._plan.safety is Safety.NONE
        fit = {
            Speaks.DIN: not tls,
            Speaks.ISO2: True,
            Speaks.ISO20_AC: tls == _TLS13 or unsafe,
            Speaks.ISO20_DC: tls == _TLS13 or unsafe,
        }
        offered = tuple(one for one in self._wanted() if fit[one])
        if not offered:
            names = ", ".join(protocol_name(one) for one in self._wanted())
            raise ConfigError(f"{names} cannot be spoken {'by ' + tls if tls else 'without TLS'}.", _REMEDY)
        return offered

    def _tls_settings(self) -> VehicleTls:
        wanted, lab = self._wanted(), self._plan.lab
        of_20 = any(one.is_of_20 for one in wanted)
        vehicle = self._wallet.vehicle() if of_20 else None
        if of_20 and vehicle is None and not lab:
            self._tell("ISO 15118-20 is not offered: the wallet has no vehicle.pem.", once=True)
        return VehicleTls(
            tuple(self._wallet.v2g_roots()),
            vehicle,
            iso2=not all(one.is_of_20 for one in wanted),
            without_certificate=lab and of_20,
            domain="" if lab else "CPO",
            ocsp=OcspDemand.IGNORE if lab else OcspDemand.CHECK,
            curves=LAB if lab else STANDARD,
            key_log=self._plan.key_log,
            clock=self._clock,
        )

    # --- the way to the station --------------------------------------------------------------------------------------------------

    async def _arrive(self) -> V2gConnection:
        """Find the station, and connect. Raises NotReachable, ConfigError."""
        tls = self._by_tls()
        where = self._plan.to
        if where is None:
            where, tls = await self._find(tls)
        settings = self._tls_settings() if tls else None
        try:
            connection = await connect(where.host, where.port, interface=where.interface, tls=settings)
        except ConnectionEnded as error:
            remedy = error.remedy or ("If the station has no TLS, connect without (--no-tls)." if tls else "")
            raise ConnectionEnded(error.ending, error.what, remedy, error.alert) from None
        self._tell(f"Connected to {connection.peer}{'' if tls else ' without TLS'}.")
        return connection

    async def _find(self, tls: bool) -> tuple[Address, bool]:
        wanted = self._offered(("TLSv1.2", _TLS13)[self._shows_certificate] if tls else "")
        downgrade = self._plan.safety is Safety.AUTO and not self._only_contracts and not self._only_20
        client = SdpClient(
            SdpRequest(Security.TLS if tls else Security.NONE),
            takes_downgrade=downgrade,
            most=self._plan.sdp_requests,
        )
        names = ", ".join(protocol_name(one) for one in wanted)
        self._tell(f"Looking for a station on {self._plan.interface} ({names}, {'TLS' if tls else 'no TLS'}).")
        found = await discover(self._plan.interface, client, port=self._plan.sdp_port, clock=self._clock)
        if not isinstance(found, Found):
            remedy = "See that the cable is in, SLAC is done by the modem, and the interface is the modem's."
            raise NotReachable(f"{found.why} It was looked for on {self._plan.interface}.", remedy)
        address: IPv6Address = found.response.address
        if found.downgraded:
            self._tell("The station has no TLS; the vehicle goes on without.")
        self._tell(f"A station answers: [{address}]:{found.response.port}.")
        return (
            Address(str(address), found.response.port, self._plan.interface),
            found.response.security is Security.TLS,
        )

    # --- what goes over the line -------------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        name = name_of(heard.message)
        self._exchanges.heard(heard.direction, name, self._clock.monotonic(), self._speaks)
        speaks = None if name.startswith("supportedAppProtocol") else self._speaks
        self._listener(Said(self._clock.now(), heard, name, speaks))
        self._tell_prices()
        drop = self._plan.drop_after
        if drop is not None and not self._cut and self._ev.powered_s > 0 and self._ev.powered_s >= drop:
            self._cut = self._owes_return = True
            assert self._connection is not None
            self._connection.abort()

    def _tell_prices(self) -> None:
        """What the charge costs, whenever the station tells something else."""
        prices = self._ev.prices
        if prices is None or prices == self._prices:
            return
        self._prices, self._price_lines = prices, words_of(prices, self._clock.now())
        for line in self._price_lines:
            self._tell(f"Price: {line}.")

    def _tell(self, what: str, *, once: bool = False) -> None:
        if once and what in self._tell_once:
            return
        self._tell_once.add(what)
        self._listener(Told(self._clock.now(), what))


_REMEDY: Final = (
    "ISO 15118-20 needs TLS 1.3 with a certificate of the vehicle, DIN SPEC 70121 knows no TLS: "
    "choose protocols and security that fit."
)
