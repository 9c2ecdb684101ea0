"""A vehicle that has never seen the station: it installs its contract, is authorized by its plug, charges, signs a receipt, is billed.

Everything over real sockets: vehicle and station by ISO 15118-2 and TLS, station and CSMS by OCPP, the CSMS and the mobility side by HTTP.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pilotwire import pki
from pilotwire.ca import Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.founding import Plan as Founding
from pilotwire.ca.founding import found
from pilotwire.ca.safe import Secrets
from pilotwire.ca.server import create_app
from pilotwire.clock import Clock, SystemClock
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable
from pilotwire.ev.app import Address, EvApp, Event, Plan, Report, Said
from pilotwire.ev.iso15118.speaking import Intent, speaking_vehicle
from pilotwire.ev.iso15118.wallet import FolderWallet
from pilotwire.ev.vehicle import Wish as DriverWish
from pilotwire.iso15118.charging import Identification, Speaks
from pilotwire.iso15118.evcc.ports import Wish
from pilotwire.mobility.pool import Pool
from pilotwire.mobility.routes import add_contracts
from pilotwire.mobility.settings import PkiSettings
from pilotwire.pki.profiles import Hierarchy
from pilotwire.serving import WebServer
from pilotwire.simulator.backend import Backend
from pilotwire.simulator.building import build_station
from pilotwire.station.app import Station
from pilotwire.station.secc import SeccHost, SeccSettings
from pilotwire.station.settings import StationProgramSettings

EMAID: Final = "DE-PWR-C00000001"
PCID: Final = "WMIPILOTWIRE00001"
STATION: Final = "SHOW-PNC"
ENERGY_WH: Final = 5_000
PATIENCE: Final = 60.0
_ASKED_BY: Final = "demo"


class MobilitySide:
    """V2G root, sub-CAs, a provisioning service and a contract that waits for its vehicle, served on this machine. Use `async with`."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self.token = secrets.token_urlsafe(24)
        """With which the CSMS asks for contracts."""

    async def __aenter__(self) -> Self:
        password = secrets.token_urlsafe(24)
        self.office = Office.create(self._folder / "pki", Secrets(lambda: password, lambda: ""), self._clock)
        trees = (Hierarchy.V2G, Hierarchy.MO, Hierarchy.OEM)
        await asyncio.to_thread(found, self.office, Founding(trees, "Pilotwire", "Demo", "DE"), _ASKED_BY)
        self._write_papers()
        self.pool = Pool(self.office)
        self.pool.know(pki.read_certificates((self.wallet / "provisioning.pem").read_text()))
        await asyncio.to_thread(self.pool.add, EMAID, (PCID,), _ASKED_BY)
        settings = PkiSettings(contracts_token=self.token)
        app = create_app(self.office, settings)
        add_contracts(app, self.pool, settings)
        self._server = WebServer(app, "127.0.0.1", 0, name="mobility side")
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)
        self.pool.close()
        self.office.close()

    @property
    def contracts_url(self) -> str:
        """Where a CSMS asks for contracts."""
        return f"{self._server.url}/contracts"

    @property
    def wallet(self) -> Path:
        """The vehicle's folder."""
        return self._folder / "wallet"

    def root(self, name: str) -> str:
        """A root in PEM."""
        return pki.pem_of(self.office.chain(name)[0])

    def _write_papers(self) -> None:
        """The SECC's certificate for the station; for the vehicle its provisioning certificate and whom it trusts."""
        self.wallet.mkdir(mode=0o700)
        self._papers("secc", "DEPWRS000001", self._folder / "secc.pem", self._folder / "secc.key")
        own = self.wallet / "provisioning.pem"
        self._papers("oem-provisioning", PCID, own, own)
        (self.wallet / "v2g-roots.pem").write_text(self.root("v2g-root"))
        (self.wallet / "mo-roots.pem").write_text(self.root("mo-root"))

    def _papers(self, profile: str, name: str, chain: Path, key: Path) -> None:
        issued, own = issue_with_key(self.office, Wanted(profile, name), _ASKED_BY)
        text = self.office.handed_out(issued)
        private = pki.write_key(own).decode()
        for path in {chain, key}:
            path.touch(mode=0o600)
        chain.write_text(text)
        if key == chain:
            chain.write_text(text + private)
        else:
            key.write_text(private)


@dataclass
class Visit:
    """What became of it. `steps`: what happened, in sentences, as it happened."""

    steps: list[str] = field(default_factory=list)
    report: Report | None = None
    booked_wh: Decimal | None = None
    booked_for: str = ""
    receipts: int = 0

    @property
    def right(self) -> bool:
        """Whether it charged, a receipt was signed, and all of it is booked for the contract."""
        if self.report is None or not self.report.good or self.booked_wh is None:
            return False
        metered = self.report.metered_wh or 0  # what the vehicle saw last; a little more flows until power is off
        return self.receipts > 0 and self.booked_for == EMAID.replace("-", "") and self.booked_wh >= metered > 0


async def charge_by_plug(
    side: MobilitySide, csms_url: str, backend: Backend, folder: Path, told: Callable[[str], None], speed: float
) -> Visit:
    """Let the vehicle charge at a station of its own, and look at what the CSMS booked."""
    visit = Visit()

    def tell(what: str) -> None:
        visit.steps.append(what)
        told(what)

    settings = StationProgramSettings(
        id=STATION,
        ocpp="2.0.1",
        csms=csms_url,
        layout="ac-22-single",
        storage=str(folder / f"{STATION}.station.db"),
        speed=speed,
        variables={"ISO15118Ctrlr.PnCEnabled": "true", "ISO15118Ctrlr.ContractCertificateInstallationEnabled": "true"},
    )
    secc = SeccSettings("lo", chain=folder / "secc.pem", key=folder / "secc.key", tls="only", receipts=5)
    station = build_station(settings, SystemClock())
    async with station, SeccHost(station, secc) as host:
        await _accepted(station)
        for kind, root in (("V2GRootCertificate", "v2g-root"), ("MORootCertificate", "mo-root")):
            await backend.install_root(STATION, kind, side.root(root))
        await backend.put_token(EMAID.replace("-", ""), "eMAID")
        visit.report = await _charge(side, host, tell, speed)
        visit.receipts = len(host.evse.receipts) if host.evse is not None else 0
        await _delivered(station)
    await _look(visit, backend)
    return visit


async def _charge(side: MobilitySide, host: SeccHost, tell: Callable[[str], None], speed: float) -> Report:
    clock = SystemClock()
    intent = Intent(Wish(identification=(Identification.PNC,)))
    car = speaking_vehicle("hatch-52", clock, intent, soc=40, wish=DriverWish(energy_wh=ENERGY_WH), speed=speed)
    plan = Plan(to=Address("::1", host.port(secured=True)), speaks=(Speaks.ISO2,), lab=True, interval=0.1)
    teller = _Teller(tell)
    async with asyncio.timeout(PATIENCE):
        return await EvApp(plan, car, FolderWallet(side.wallet), clock=clock, listener=teller.heard).run()


class _Teller:
    """Makes sentences of the messages that matter."""

    _SENTENCES: Final = {
        "SessionSetupRes": "The vehicle is connected by TLS; it has no contract yet.",
        "CertificateInstallationReq": "It asks for its contract: through the station and the CSMS, to the provisioning service.",
        "CertificateInstallationRes": "The contract has come; its key only this vehicle can open.",
        "PaymentDetailsReq": f"It shows the contract {EMAID}.",
        "ChargeParameterDiscoveryReq": "It is authorized by its plug alone.",
        "PowerDeliveryReq": "It has chosen a schedule; the contactor closes.",
        "MeteringReceiptReq": "It signs what the meter shows.",
        "SessionStopRes": "It has enough, and leaves.",
    }

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def heard(self, event: Event) -> None:
        """Tell each of them once."""
        if isinstance(event, Said) and event.name in self._SENTENCES and event.name not in self._told:
            self._told.add(event.name)
            self._tell(self._SENTENCES[event.name])


async def _accepted(station: Station) -> None:
    await _until(lambda: station.core.overview().registration is RegistrationStatus.ACCEPTED, "accepted", station)


async def _delivered(station: Station) -> None:
    def done() -> bool:
        seen = station.core.overview()
        return seen.evses[0].transaction_id is None and seen.waiting == 0

    await _until(done, "the end of the transaction", station)


async def _until(done: Callable[[], bool], what: str, station: Station) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not done():
                if station.failure:
                    raise NotReachable(f"The station stopped: {station.failure}")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise NotReachable(f"{STATION} waited {PATIENCE:.0f} s for: {what}.") from None


async def _look(visit: Visit, backend: Backend) -> None:
    booked = await backend.transactions(STATION)
    if not booked:
        return
    one: dict[str, Any] = await backend.transaction(STATION, booked[0]["transactionId"])
    visit.booked_for = (one.get("idToken") or {}).get("idToken", "")
    energy = one.get("energyWh") if one.get("endedAt") else None
    visit.booked_wh = None if energy is None else Decimal(str(energy))
