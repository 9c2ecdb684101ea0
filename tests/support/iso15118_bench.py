"""Our sessions at work in a test, on a real interface: a station and a vehicle as simple as can be, and what carries their bytes.

`BenchEvse` and `BenchEv` say yes to everything and remember what they were asked. `station()` answers vehicles on an interface:
discovery, TCP and TLS, SupportedAppProtocol, then the session of what was agreed. `drive()` charges once.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv6Address
from typing import Any

from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    DcLimits,
    Identification,
    Isolation,
    Limits,
    Meter,
    Needs,
    Paused,
    PowerStep,
    Profile,
    Schedule,
    SessionEnd,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.evcc import din as evcc_din
from pilotwire.iso15118.evcc import iso2 as evcc2
from pilotwire.iso15118.evcc import iso20 as evcc20
from pilotwire.iso15118.evcc.ports import Credential, EvState, Offered, Wish
from pilotwire.iso15118.evcc.session import EvccSession
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20 import common_messages
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import Peer, V2gConnection
from pilotwire.iso15118.net.credentials import LAB, Credentials
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.hosting import serve_vehicle, visit_station
from pilotwire.iso15118.net.sdp_client import discover
from pilotwire.iso15118.net.sdp_server import SdpServer
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.net.tls import StationTls, VehicleTls
from pilotwire.iso15118.sdp import Endpoints, Found, SdpClient, SdpRequest, Security
from pilotwire.iso15118.secc import din as secc_din
from pilotwire.iso15118.secc import iso2 as secc2
from pilotwire.iso15118.secc import iso20 as secc20
from pilotwire.iso15118.secc.ports import (
    CertificateAnswer,
    CertificateAsked,
    Contract,
    Decision,
    Demand,
    Offer,
    Receipt,
    Vehicle,
)
from pilotwire.iso15118.secc.ports import State as EvseState
from pilotwire.iso15118.secc.session import SeccSession
from pilotwire.iso15118.signature_suites import ISO20_TEST_SUITES
from pilotwire.pki import Certificate
from tests.support.iso15118_peer_pki import PeerPki

AC = AcLimits(phases=3, nominal_v=230.0, max_a=32.0, min_a=6.0)
DC = DcLimits(max_v=500.0, min_v=150.0, max_a=200.0, max_w=100_000.0)
CAR_DC = DcLimits(max_v=450.0, min_v=200.0, max_a=150.0, max_w=60_000.0)
VOLTS = 400.0
_PRICE_LEVELS = 2
"""The Pricing of -20 that goes with `one_price_level`."""
_INTERVAL_SECONDS = 0.05
"""Between our vehicle's messages of a loop."""


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


# --- the station's hardware and customers ------------------------------------------------------------------------------------------


@dataclass
class BenchEvse:
    """An EVSE; `heard` is what the vehicle did, by the name of the port's call."""

    transfer: Transfer
    identification: tuple[Identification, ...] = (Identification.EIM,)
    control: Control = Control.SCHEDULED
    tariff: Element | None = None
    evse_id: str = "DE*VOL*E000001*1"
    heard: list[tuple[str, Any]] = field(default_factory=list)
    volts: float = 0.0
    amperes: float = 0.0
    closed: bool = False

    def of(self, name: str) -> list[Any]:
        """What was said in calls of a name."""
        return [what for each, what in self.heard if each == name]

    def _hear(self, name: str, what: Any = None) -> None:
        self.heard.append((name, what))

    def offer(self) -> Offer:
        return Offer(
            identification=self.identification,
            transfers=(self.transfer,),
            controls=(self.control,),
            pricing=self._pricing,
        )

    @property
    def _pricing(self) -> int:
        return 0 if self.tariff is None else _PRICE_LEVELS

    def came(self, vehicle: Vehicle) -> None:
        self._hear("came", vehicle)

    def authorize(self, contract: Contract | None) -> Decision:
        self._hear("authorize", contract)
        return Decision.ACCEPTED

    def certificate(self, asked: CertificateAsked) -> CertificateAnswer:
        self._hear("certificate", asked)
        return CertificateAnswer(b"", reason="there is no backend")

    def selected(
        self, identification: Identification, transfer: Transfer, control: Control, services: Sequence[int]
    ) -> bool:
        self._hear("selected", (identification, transfer, control))
        return True

    def schedules(self, needs: Needs) -> tuple[Schedule, ...]:
        self._hear("schedules", needs)
        return (Schedule(1, (PowerStep(0, 11_000.0),), tariff=self.tariff),)

    def planned(self, profile: Profile) -> bool:
        self._hear("planned", profile)
        return True

    def energize(self, on: bool) -> bool:
        self._hear("energize", on)
        self.closed = on
        if not on:
            self.volts = self.amperes = 0.0
        return True

    def cable_check(self) -> Isolation:
        self._hear("cable_check")
        return Isolation.VALID

    def precharge(self, volts: float, amperes: float) -> None:
        self._hear("precharge", volts)
        self.volts = volts

    def demand(self, demand: Demand) -> None:
        self._hear("demand", demand)
        if demand.target_v is not None and demand.target_a is not None:
            self.volts, self.amperes = demand.target_v, demand.target_a

    def state(self) -> EvseState:
        limits: Limits = DC if self.transfer.dc else AC
        return EvseState(
            limits=limits,
            present_v=self.volts,
            present_a=self.amperes,
            present_w=self.volts * self.amperes,
            target_w=11_000.0,
            isolation=Isolation.VALID,
            contactor_closed=self.closed,
            meter=Meter("VOLTA-1", 12_345, now()),
        )

    def receipt(self, receipt: Receipt) -> None:
        self._hear("receipt", receipt)

    def ended(self, end: SessionEnd) -> None:
        self._hear("ended", end)


class NoPauses:
    """Nothing is paused here."""

    def recall(self, *_: bytes) -> Paused | None:
        return None

    def keep(self, paused: Paused | None) -> None:
        pass

    def forget(self, session_id: bytes) -> None:
        pass


# --- the vehicle's battery and driver ----------------------------------------------------------------------------------------------


@dataclass
class BenchEv:
    """A vehicle that has enough when it has been offered energy `loops` times since its contactors closed."""

    transfer: Transfer
    identification: tuple[Identification, ...] = (Identification.EIM,)
    control: Control = Control.SCHEDULED
    loops: int = 3
    install: bool = False
    evcc_id: bytes = bytes.fromhex("02AB12CD34EF")
    evcc_id_20: str = "WVOLTA12345ABCDEF"
    heard: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> list[Any]:
        """What was said in calls of a name."""
        return [what for each, what in self.heard if each == name]

    def wish(self) -> Wish:
        return Wish(self.identification, (self.transfer,), (self.control,), install=self.install)

    def needs(self, transfer: Transfer, control: Control) -> Needs:
        limits: Limits = CAR_DC if transfer.dc else AC
        return Needs(
            transfer, limits, control, energy_wh=20_000.0, least_wh=1_000.0, most_wh=40_000.0, departure_s=7200, soc=40
        )

    def choose(self, schedules: Sequence[Schedule]) -> Profile:
        self.heard.append(("choose", schedules))
        return Profile(schedules[0].id, schedules[0].steps, keeps_tolerance=True)

    def contactor(self, closed: bool) -> bool:
        self.heard.append(("contactor", closed))
        return True

    def offered(self, offered: Offered) -> None:
        self.heard.append(("offered", offered))

    def state(self) -> EvState:
        return EvState(
            target_v=VOLTS, target_a=20.0, present_v=VOLTS, present_w=11_000.0, soc=40, enough=self._has_enough
        )

    @property
    def _has_enough(self) -> bool:
        names = [name for name, _ in self.heard]
        charging = ("contactor", True) in self.heard
        return charging and names[self.heard.index(("contactor", True)) :].count("offered") >= self.loops

    def ended(self, end: SessionEnd) -> None:
        self.heard.append(("ended", end))


@dataclass
class BenchWallet:
    """The certificates of a vehicle; `empty`: without a contract at first. `stored` are those it was given."""

    pki: PeerPki
    empty: bool = False
    stored: list[Credential] = field(default_factory=list)

    def contracts(self) -> Sequence[Credential]:
        return (*self.stored, *(() if self.empty else (self._credential("contract"),)))

    def provisioning(self) -> Credential:
        return self._credential("oem-provisioning")

    def v2g_roots(self) -> Sequence[Certificate]:
        return (self.pki.chains["v2g-root"][0],)

    def mo_roots(self) -> Sequence[Certificate]:
        return (self.pki.chains["mo-root"][0],)

    def store(self, contract: Credential) -> None:
        self.stored.append(contract)

    def _credential(self, name: str) -> Credential:
        return Credential(self.pki.chains[name][:-1], self.pki.keys[name])  # type: ignore[arg-type]


def one_price_level() -> common_messages.PriceLevelSchedule:
    """A tariff of -20 that costs the same all day."""
    entry = common_messages.PriceLevelScheduleEntry(duration=86_400, price_level=1)
    entries = common_messages.PriceLevelScheduleEntryList(price_level_schedule_entry=[entry])
    return common_messages.PriceLevelSchedule(
        time_anchor=0, price_schedule_id=1, number_of_price_levels=1, price_level_schedule_entries=entries
    )


# --- what carries the bytes --------------------------------------------------------------------------------------------------------


def secc_session(speaks: Speaks, evse: BenchEvse, connection: V2gConnection, offered: tuple[str, ...]) -> SeccSession:
    """Our station's session of a protocol; in -20 contracts on P-256 are taken, for others have no other."""
    secured = bool(connection.tls_version)
    if speaks.is_of_20:
        vehicle = Vehicle("", speaks, offered, connection.peer_chain)
        options = secc20.Options(suites=ISO20_TEST_SUITES)
        return secc20.Iso20Session(
            evse, NoPauses(), vehicle, secrets.token_bytes, now(), options=options, secured=secured
        )
    kind = secc_din.DinSession if speaks is Speaks.DIN else secc2.Iso2Session
    return kind(evse, NoPauses(), secrets.token_bytes, now(), secured=secured, offered=offered)


def evcc_session(speaks: Speaks, ev: BenchEv, wallet: BenchWallet, connection: V2gConnection) -> EvccSession:
    """Our vehicle's session of a protocol."""
    secured = bool(connection.tls_version)
    if speaks.is_of_20:
        options = evcc20.Options(suites=ISO20_TEST_SUITES, interval=_INTERVAL_SECONDS, loop_interval=_INTERVAL_SECONDS)
        return evcc20.Iso20Session(
            ev, wallet, NoPauses(), secrets.token_bytes, now(), speaks=speaks, options=options, secured=secured
        )
    kind = evcc_din.DinSession if speaks is Speaks.DIN else evcc2.Iso2Session
    return kind(ev, wallet, NoPauses(), secrets.token_bytes, now(), secured=secured, interval=_INTERVAL_SECONDS)


@dataclass
class Served:
    """What became of the vehicles at our station: sessions, how they ended, and who was turned away."""

    sessions: list[SeccSession] = field(default_factory=list)
    ends: list[SessionEnd] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def credentials(pki: PeerPki, name: str) -> Credentials:
    """A leaf and its sub-CAs, with the key."""
    return Credentials(pki.chains[name][:-1], pki.keys[name])


@asynccontextmanager
async def station(interface: str, pki: PeerPki, speaks: Speaks, evse: BenchEvse) -> AsyncIterator[Served]:
    """Our station on an interface whose address is fe80::1, without TLS and with."""
    served = Served()

    async def handle(connection: V2gConnection) -> None:
        def make(spoken: Speaks, offered: tuple[str, ...], _: datetime) -> SeccSession:
            served.sessions.append(secc_session(spoken, evse, connection, offered))
            return served.sessions[-1]

        served.ends.append(await serve_vehicle(connection, (speaks,), make))

    own = credentials(pki, "secc")
    tls = StationTls(own, own, (pki.chains["oem-root"][0],), curves=LAB)

    def refused(peer: Peer, why: ConnectionEnded) -> None:
        served.refused.append(str(why))

    async with (
        V2gServer(handle, host="fe80::1", interface=interface, tls=tls, refused=refused) as safe,
        V2gServer(handle, host="fe80::1", interface=interface) as plain,
    ):
        endpoints = Endpoints(IPv6Address("fe80::1"), tls=safe.port, plain=plain.port)
        async with SdpServer(interface, lambda request, _: endpoints.answer(request)):
            yield served


async def drive(
    interface: str, pki: PeerPki, speaks: Speaks, ev: BenchEv, *, tls: bool = False, wallet: BenchWallet | None = None
) -> EvccSession:
    """Our vehicle charges once at the station on an interface."""
    found = await discover(interface, SdpClient(SdpRequest(Security.TLS if tls else Security.NONE)))
    assert isinstance(found, Found), found
    safe = None
    if tls:
        own = credentials(pki, "oem-provisioning") if speaks.is_of_20 else None
        safe = VehicleTls((pki.chains["v2g-root"][0],), own, iso2=not speaks.is_of_20, curves=LAB)
    connection = await connect(found.response.address, found.response.port, interface=interface, tls=safe)
    made: list[EvccSession] = []

    def make(spoken: Speaks, _: datetime) -> EvccSession:
        made.append(evcc_session(spoken, ev, wallet or BenchWallet(pki), connection))
        return made[-1]

    end = await visit_station(connection, (speaks,), make)
    assert made, end
    return made[0]
