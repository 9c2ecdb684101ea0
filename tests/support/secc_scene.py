"""A station of ours with an SECC on the loopback interface, and the vehicles that come to it: real IPv6 sockets, TLS, OCPP to our CSMS."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pilotwire import pki
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.certificates import CertificateKind, InstallCertificate
from pilotwire.domain.identity import IdToken
from pilotwire.iso15118.charging import SessionEnd, Speaks
from pilotwire.iso15118.evcc.din import DinSession
from pilotwire.iso15118.evcc.iso2 import Iso2Session
from pilotwire.iso15118.evcc.iso20 import Iso20Session, Options
from pilotwire.iso15118.evcc.session import EvccSession
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.hosting import Heard, visit_station
from pilotwire.iso15118.net.tls import OcspDemand, VehicleTls
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.station_lab import Lab, lab, open_csms
from tests.support.v2g_world import EMAID, Car, Purse, Sleep, V2gPki

PATIENCE = 60
PNC = {"ISO15118Ctrlr.PnCEnabled": "true"}


@dataclass
class Scene:
    """CSMS, station, SECC."""

    csms: Csms
    here: Lab
    secc: SeccHost
    said: list[str] = field(default_factory=list)

    def heard(self, one: Heard) -> None:
        """Keep the names of messages."""
        body: Any = getattr(one.message, "body", None)
        self.said.append(type(body.body_element if body is not None else one.message).__name__)

    async def visit(
        self,
        car: Car,
        purse: Purse | None = None,
        sleep: Sleep | None = None,
        tls: VehicleTls | None = None,
        speaks: Speaks = Speaks.ISO2,
    ) -> SessionEnd:
        """A vehicle comes, and goes."""
        kind = DinSession if speaks is Speaks.DIN else Iso2Session
        connection = await connect("::1", self.secc.port(secured=tls is not None), tls=tls)
        secured = bool(connection.tls_version)

        def session(_: Speaks, now: Any) -> EvccSession:
            return kind(car, purse or Purse(), sleep or Sleep(), os.urandom, now, secured=secured, interval=0.05)

        async with asyncio.timeout(PATIENCE):
            return await visit_station(connection, [speaks], session, listener=self.heard)

    async def visit20(
        self, car: Car, speaks: Speaks, tls: VehicleTls, purse: Purse | None = None, sleep: Sleep | None = None
    ) -> SessionEnd:
        """The same by ISO 15118-20."""
        connection = await connect("::1", self.secc.port(secured=True), tls=tls)
        options = Options(interval=0.05, loop_interval=0.05)

        def session(_: Speaks, now: Any) -> EvccSession:
            return Iso20Session(
                car, purse or Purse(), sleep or Sleep(), os.urandom, now, speaks=speaks, options=options
            )

        async with asyncio.timeout(PATIENCE):
            return await visit_station(connection, [speaks], session, listener=self.heard)

    async def ended(self) -> None:
        """The CSMS knows everything."""
        await self.here.until_ended()


@asynccontextmanager
async def scene(
    layout: str = "ac-22-single", version: str = "2.0.1", variables: dict[str, str] | None = None, **secc: Any
) -> AsyncIterator[Scene]:
    """A station with an SECC on the loopback interface, connected to a CSMS."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version, layout=layout, variables=variables) as here:
        await here.until_accepted()
        async with SeccHost(here.station, SeccSettings("lo", **secc)) as host:
            yield Scene(csms, here, host)


def papers(house: V2gPki, folder: Path) -> dict[str, Any]:
    """The SECC's certificate as files."""
    own = house.secc()
    chain, key = folder / "secc.pem", folder / "secc.key"
    chain.write_text(pki.pem_of(*own.chain))
    key.write_bytes(pki.write_key(own.key))
    return {"chain": chain, "key": key, "tls": "only"}


def vehicle_tls(house: V2gPki) -> VehicleTls:
    """It trusts the V2G root, and does without an OCSP response."""
    return VehicleTls(v2g_roots=[house.root("v2g-root")], ocsp=OcspDemand.CHECK)


def papers_20(house: V2gPki, folder: Path) -> dict[str, Any]:
    """The SECC's certificate for -20, and the roots of vehicles."""
    own = house.secc()
    chain, key, roots = folder / "secc20.pem", folder / "secc20.key", folder / "oem.pem"
    chain.write_text(pki.pem_of(*own.chain))
    key.write_bytes(pki.write_key(own.key))
    roots.write_text(pki.pem_of(house.root("oem-root")))
    return {"chain_20": chain, "key_20": key, "vehicle_roots": roots, "tls": "only"}


async def trust(here: Scene, house: V2gPki) -> None:
    """The station gets the roots of mobility operators and of V2G; the CSMS knows the contract."""
    for kind, root in ((CertificateKind.MO_ROOT, "mo-root"), (CertificateKind.V2G_ROOT, "v2g-root")):
        command = InstallCertificate(kind=kind, certificate=pki.pem_of(house.root(root)))
        await here.here.station.command(command)
    await here.csms.journal.append(PutToken(token=Token(id_token=IdToken(value=EMAID, type="eMAID"))))
