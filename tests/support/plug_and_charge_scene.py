"""Plug & Charge by ISO 15118-20: an authority on P-521, its pool inside a CSMS, a station with its SECC, a vehicle with a wallet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from pilotwire.ca import Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.founding import Plan as Founding
from pilotwire.ca.founding import found, hierarchies_of
from pilotwire.ca.safe import told
from pilotwire.clock import Clock, ManualClock, SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import Transaction
from pilotwire.ev import Wish as DriverWish
from pilotwire.ev.app import Address, EvApp, Event, Plan, Report, Said
from pilotwire.ev.iso15118 import FolderWallet, Intent, speaking_vehicle
from pilotwire.ev.iso15118.wallet import emaid_of
from pilotwire.iso15118.charging import Control, Identification, SessionEnd, Speaks, Transfer
from pilotwire.iso15118.evcc.ports import Wish
from pilotwire.mobility import Pool
from pilotwire.pki import KeyKind, pem_of
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.ev_stage import pem, put
from tests.support.pki_world import PASSWORD, served
from tests.support.raw_station import settings as csms_settings
from tests.support.station_lab import Lab, booked, lab

PATIENCE = 60.0
INTERVAL = 0.02
ENERGY_WH = 500
SPEED = 600.0
PNC = {
    "ISO15118Ctrlr.PnCEnabled": "true",
    "ISO15118Ctrlr.ContractCertificateInstallationEnabled": "true",
    "ISO15118Ctrlr.CentralContractValidationAllowed": "true",
}
TURNED_AWAY = "a vehicle was turned away"
"""What the station logs of a vehicle that TLS does not let in."""
_numbers = count(1)


@dataclass
class House:
    """Who is mobility operator, provisioning service, vehicle maker and V2G operator in one; `pool` has the contracts."""

    office: Office
    pool: Pool
    folder: Path

    def papers(self, profile: str, name: str, path: Path, **how: Any) -> None:
        """A certificate with its sub-CAs and its key in one file."""
        issued, key = issue_with_key(self.office, Wanted(profile, name, **how), "a test")
        put(path, pem(self.office.chain_of(issued)[:-1], key))

    def root(self, name: str) -> str:
        """A root in PEM."""
        return pem_of(self.office.chain(name)[0])

    def secc(self, keys: KeyKind = KeyKind.EC_P521, **more: Any) -> SeccSettings:
        """A station's papers as files; TLS alone."""
        own, roots = self.folder / f"secc-{keys}.pem", self.folder / "oem.pem"
        if not own.exists():
            self.papers("secc", "DEVOLS000001", own, key=keys)
        put(roots, self.root("oem-root"))
        files: dict[str, Any] = {"chain_20": own, "key_20": own, "vehicle_roots": roots}
        return SeccSettings("lo", **(files | {"tls": "only"} | more))

    def vehicle(
        self, contracts: Sequence[str] = (), *, maker: Office | None = None, days: int = 0, kind: KeyKind | None = None
    ) -> Driver:
        """A vehicle that has never charged, with its contracts in the pool.

        `maker` and `days`: who made its provisioning certificate, and for how long. `kind`: of the key of its TLS certificate.
        """
        number = next(_numbers)
        pcid = f"WMIV{number:013}"
        wallet = self.folder / f"wallet-{number}"
        put(wallet / "v2g-roots.pem", self.root("v2g-root"))
        self.papers("vehicle", pcid, wallet / "vehicle.pem", key=kind)
        of_maker = self if maker is None else House(maker, self.pool, self.folder)
        of_maker.papers("oem-provisioning", pcid, wallet / "provisioning-20.pem", days=days)
        for emaid in contracts:
            self.pool.add(emaid, [pcid], "a test")
        return Driver(wallet, pcid)


@contextmanager
def a_house(folder: Path, name: str = "Volta") -> Iterator[House]:
    """A new one, by the certificates of ISO 15118-20. `name` stands in all of them: a short one makes them shorter."""
    with an_authority(folder, name, SystemClock(), "v2g,mo,oem") as office, Pool(office) as pool:
        yield House(office, pool, folder)


def a_maker(folder: Path, days_ago: int) -> Office:
    """A vehicle maker of his own, whose office stands still some days ago."""
    return an_authority(folder, "Other", ManualClock(SystemClock().now() - timedelta(days=days_ago)), "oem")


def an_authority(folder: Path, name: str, clock: Clock, hierarchies: str) -> Office:
    """CAs on P-521."""
    office = Office.create(folder / "ca", told(PASSWORD), clock)
    found(office, Founding(hierarchies_of(hierarchies), name, edition="-20"), "a test")
    return office


@dataclass
class Driver:
    """A vehicle with its wallet, and what was said on its line."""

    folder: Path
    pcid: str
    messages: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def emaids(self) -> list[str]:
        """The contracts in its wallet, the one to be used first at first."""
        return [emaid_of(one) for one in FolderWallet(self.folder).contracts()]

    def gets(self, emaid: str, chain: Any, key: Any) -> None:
        """A contract in its wallet, however it came there."""
        put(self.folder / "contracts" / f"{emaid}.pem", pem(chain, key))

    def of(self, name: str) -> list[Any]:
        """The messages of a name, decoded."""
        return [one for one in self.messages if type(one).__name__ == name]

    def codes(self, name: str) -> list[str]:
        """The ResponseCodes of the responses of a name; those that say that an answer is still being made are left out."""
        return [one.response_code for one in self.of(name) if getattr(one, "evse_processing", "Finished") == "Finished"]

    def heard(self, event: Event) -> None:
        """Keep it."""
        if isinstance(event, Said):
            self.names.append(event.name)
            self.messages.append(event.heard.message)
        else:
            self.told.append(event.what)


@dataclass
class Scene:
    """CSMS, station, SECC; `lines`: the log, `ends`: how sessions ended at the station."""

    csms: Csms
    here: Lab
    secc: SeccHost
    lines: Sequence[Any]
    ends: list[SessionEnd]

    async def knows(self, *emaids: str) -> None:
        """The CSMS has these customers on record."""
        for emaid in emaids:
            await self.csms.journal.append(PutToken(token=Token(id_token=IdToken(value=emaid, type="eMAID"))))

    async def asked(self) -> list[dict[str, Any]]:
        """The payloads of Get15118EVCertificate as they came to the CSMS, the first one first."""
        frames = await self.csms.store.log("CS001", action="Get15118EVCertificate")
        return [json.loads(one.frame)[3] for one in reversed(frames) if json.loads(one.frame)[0] == 2]

    async def charge(
        self, driver: Driver, control: Control = Control.SCHEDULED, *, lab: bool = False, **wish: Any
    ) -> Report:
        """The vehicle comes, charges by its plug alone if it may, and goes."""
        wanted = Wish((Identification.PNC,), (Transfer.DC,), (control,), **wish)
        car = speaking_vehicle(
            "hatch-52", SystemClock(), Intent(wanted), soc=30, wish=DriverWish(energy_wh=ENERGY_WH), speed=SPEED
        )
        to = Address("::1", self.secc.port(secured=True))
        plan = Plan(to=to, speaks=(Speaks.ISO20_DC,), interval=INTERVAL, lab=lab, returns=0)
        before = len(self.ends) + len(self._of(TURNED_AWAY))
        app = EvApp(plan, car, FolderWallet(driver.folder), listener=driver.heard)
        async with asyncio.timeout(PATIENCE):
            report = await app.run()
        await self.here.until(lambda: len(self.ends) + len(self._of(TURNED_AWAY)) > before, "the end at the station")
        return report

    async def booked(self) -> Transaction:
        """What the CSMS has of the one transaction."""
        await self.here.until_ended()
        return await booked(self.csms)

    def log(self, event: str) -> str:
        """What was logged under this name, in one text."""
        return "\n".join(str(one.get("what") or one.get("why")) for one in self._of(event))

    def _of(self, event: str) -> list[Any]:
        return [one for one in self.lines if one["event"] == event]


@asynccontextmanager
async def scene(house: House, version: str, *, secc: dict[str, Any] | None = None, **csms: Any) -> AsyncIterator[Scene]:
    """A station with DC, whose CSMS has the pool inside and judges contracts by the authority's responder."""
    with capture_logs() as lines:
        async with served(house.office) as authority:
            settings = {
                "contracts_interface": "embedded",
                "contracts_pki": str(house.office.folder),
                "contracts_pki_password": PASSWORD,
                "contract_roots_of_pool": True,
                "contract_ocsp_url": f"{authority.url}/ocsp",
                "ocsp_private_addresses": True,
            }
            async with (
                Csms(csms_settings(**(settings | csms))) as there,
                lab(there.urls.ocpp, version, layout="dc-50-ccs", speed=SPEED, variables=PNC) as here,
            ):
                await here.until_accepted()
                ends: list[SessionEnd] = []
                async with SeccHost(here.station, house.secc(**(secc or {})), ended=ends.append) as host:
                    yield Scene(there, here, host, lines, ends)
