"""Stations for our vehicle to charge at: our own SECC sessions over real sockets, with an EVSE whose facts a test sets."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives import serialization

from pilotwire.clock import ManualClock
from pilotwire.ev import VEHICLES, Vehicle
from pilotwire.ev import Wish as DriverWish
from pilotwire.ev.app import Address, EvApp, Event, Plan, Report, Said
from pilotwire.ev.iso15118 import Intent, PauseBook, SpeakingVehicle
from pilotwire.ev.iso15118.speaking import quick
from pilotwire.ev.iso15118.wallet import AnyWallet, EmptyWallet
from pilotwire.iso15118.charging import AcLimits, DcLimits, Meter, Pending, SessionEnd, Speaks, Transfer
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.contract_keys import fresh
from pilotwire.iso15118.evcc.ports import Wish
from pilotwire.iso15118.net.connection import V2gConnection
from pilotwire.iso15118.net.hosting import serve_vehicle
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.net.tls import StationTls
from pilotwire.iso15118.provisioning import Holder, answer, read_exi, scheme_of
from pilotwire.iso15118.secc.iso2 import Iso2Session
from pilotwire.iso15118.secc.ports import CertificateAnswer, CertificateAsked, State
from pilotwire.iso15118.secc.ports import Vehicle as Comer
from pilotwire.iso15118.secc.session import SeccSession
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import pem_of
from tests.support import v2g_pki
from tests.support.iso15118_evse_fake import START, FakeEvse, PausedBook, numbered
from tests.support.pki_forge import NOW

AC_LIMITS = AcLimits(phases=3, nominal_v=230.0, max_a=32.0, min_a=6.0, max_discharge_w=11_000.0)
DC_LIMITS = DcLimits(
    max_v=920.0, min_v=150.0, max_a=200.0, max_w=100_000.0, max_discharge_a=60.0, max_discharge_w=20_000.0
)
INTERVAL = 0.001
SLOWER = 20
LOOP = 10.0
LOOPS = ("ChargingStatusRes", "CurrentDemandRes", "AC_ChargeLoopRes", "DC_ChargeLoopRes")


class LabClock:
    """A day on which all certificates are valid. Deadlines are far: a busy machine is nobody's fault here."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        """A day after they were made, and slowly on."""
        return NOW + timedelta(days=1, seconds=(self.monotonic() - self._began) / SLOWER)

    def monotonic(self) -> float:
        """The machine's."""
        return time.monotonic()


def evse(transfer: Transfer, **offer: Any) -> FakeEvse:
    """An EVSE for one energy transfer service."""
    limits = DC_LIMITS if transfer.dc else AC_LIMITS
    made = FakeEvse(state_now=State(limits, meter=Meter("VOLTA-1", 1_000, START)))
    made.offers(transfers=(transfer,), **offer)
    return made


class IssuingEvse(FakeEvse):
    """It hands out contracts, as the backend of a mobility operator does."""

    def certificate(self, asked: CertificateAsked) -> CertificateAnswer | Pending:
        """A new contract, sealed for the vehicle that asks."""
        self.heard.append(("certificate", asked))
        edition = Edition.ISO20 if "-20" in asked.namespace else Edition.ISO2
        request = read_exi(b64encode(asked.exi).decode(), asked.namespace)
        contract, service = v2g_pki.contract(edition, key_of="new contract"), v2g_pki.service(edition)
        given = answer(
            request,
            Holder(contract.certificate, contract.subs, contract.key),
            Holder(service.certificate, service.subs, service.key),
            fresh(scheme_of(request), token_bytes),
            NOW + timedelta(days=1),
        )
        codec = ISO20_COMMON if edition is Edition.ISO20 else ISO2
        return CertificateAnswer(codec.encode(given))


Make = Callable[[Speaks, FakeEvse, PausedBook, V2gConnection, tuple[str, ...], datetime], SeccSession]


def make_secc(
    speaks: Speaks,
    evse: FakeEvse,
    book: PausedBook,
    connection: V2gConnection,
    offered: tuple[str, ...],
    now: datetime,
) -> SeccSession:
    """The station's session of a protocol."""
    secured = bool(connection.tls_version)
    if speaks.is_of_20:
        from pilotwire.iso15118.secc.iso20 import Iso20Session

        vehicle = Comer("", speaks, offered, connection.peer_chain)
        return Iso20Session(evse, book, vehicle, numbered(), now, secured=secured)
    if speaks is Speaks.DIN:
        from pilotwire.iso15118.secc.din import DinSession

        return DinSession(evse, book, numbered(), now, secured=secured, offered=offered)
    return Iso2Session(evse, book, numbered(), now, secured=secured, offered=offered)


@dataclass
class Stage:
    """A station that is there: how its sessions ended, and what goes wrong with it."""

    port: int
    evse: FakeEvse
    book: PausedBook
    ends: list[SessionEnd] = field(default_factory=list)

    @property
    def to(self) -> Address:
        """Where it is."""
        return Address("::1", self.port)


@asynccontextmanager
async def station(
    evse: FakeEvse, *speaks: Speaks, tls: StationTls | None = None, host: str = "::1", interface: str = ""
) -> AsyncIterator[Stage]:
    """A station that speaks these protocols."""
    clock = LabClock()
    stage = Stage(0, evse, PausedBook())

    async def handler(connection: V2gConnection) -> None:
        stage.ends.append(
            await serve_vehicle(
                connection,
                speaks,
                lambda one, offered, now: make_secc(one, evse, stage.book, connection, offered, now),
                clock=clock,
            )
        )

    async with V2gServer(handler, host=host, interface=interface, tls=tls) as server:
        stage.port = server.port
        yield stage


class Car(SpeakingVehicle):
    """A vehicle for which each message of the charge loop is `LOOP` seconds of power, however fast the machine is."""

    def __init__(self, vehicle: Vehicle, intent: Intent) -> None:
        self.clock = ManualClock()
        super().__init__(vehicle, self.clock, intent)

    def heard(self, event: Event) -> None:
        """Time goes on with the loop."""
        if isinstance(event, Said) and event.name in LOOPS:
            self.clock.advance(LOOP)


def car(
    wish: Wish, *, energy_wh: float | None = 300.0, name: str = "v2x-family-77", soc: float = 50.0, **intent: Any
) -> Car:
    """A vehicle of the catalogue."""
    spec = quick(VEHICLES[name])
    return Car(Vehicle(spec, soc=soc, wish=DriverWish(energy_wh=energy_wh)), Intent(wish, **intent))


@dataclass
class Trip:
    """A vehicle's way: what became of it, and what was heard of it."""

    report: Report
    events: list[Event]

    @property
    def said(self) -> list[str]:
        """The names of the messages it sent and received, in order."""
        return [one.name for one in self.events if hasattr(one, "name")]

    @property
    def told(self) -> str:
        """What it told in sentences."""
        return "\n".join(one.what for one in self.events if hasattr(one, "what"))


async def drive(
    ev: Car, stage: Stage, wallet: AnyWallet | None = None, pauses: PauseBook | None = None, **plan: Any
) -> Trip:
    """Go and charge there."""
    events: list[Event] = []
    plan = {"to": stage.to, "interval": INTERVAL, "return_after": 0.01} | plan

    def heard(event: Event) -> None:
        events.append(event)
        ev.heard(event)

    app = EvApp(Plan(**plan), ev, wallet or EmptyWallet(), pauses, clock=LabClock(), listener=heard)
    return Trip(await app.run(), events)


# --- wallets ---------------------------------------------------------------------------------------------------------------------


def pem(chain: Any, key: Any, password: bytes | None = None) -> str:
    """Chain and key as a file of a wallet has them."""
    protection: Any = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    own = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    return pem_of(*chain) + str(own.decode())


def put(path: Path, text: str) -> None:
    """A file that only its owner reads."""
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text)
