"""Vehicles that ask for contracts, and an authority with a pool of them: real certificates, requests signed by ISO 15118."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca import Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.server import create_app
from pilotwire.clock import Clock
from pilotwire.csms.app import Csms
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.iso20.common_types import ListOfRootCertificateIDs, MessageHeader
from pilotwire.iso15118.provisioned import Installed, install
from pilotwire.iso15118.provisioning import exi_text, read_exi
from pilotwire.iso15118.signature import sign
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.iso15118.xmldsig import X509IssuerSerial
from pilotwire.mobility import Pool
from pilotwire.mobility.pool import KEYS
from pilotwire.mobility.provisioning import NAMESPACES
from pilotwire.mobility.routes import add_contracts
from pilotwire.mobility.settings import PkiSettings
from pilotwire.pki import Certificate, KeyKind
from pilotwire.serving import WebServer
from tests.support.every_action import client_of
from tests.support.pki_world import PASSWORD, an_office
from tests.support.raw_station import RawStation, settings, station

EMAID, OTHER_EMAID, THIRD_EMAID = "DE8ACC12E46L89", "DE8ACC12E46L90", "DE8ACC12E46L91"
PCID, OTHER_PCID = "WMIV1234567890ABCD", "WMIV1234567890ABCE"
TOKEN = "a-token-of-the-csms"
CLIENT = {"opcp_client_id": "csms", "opcp_client_secret": "a-secret-of-the-csms"}
_ROOT = X509IssuerSerial(x509_issuer_name="CN=V2G", x509_serial_number=1)


def an_operator(
    folder: Path, clock: Clock | None = None, edition: Any = "-2", hierarchies: str = "v2g,mo,oem"
) -> Office:
    """The authority of somebody who is mobility operator, provisioning service and vehicle maker in one."""
    return an_office(folder, clock, hierarchies, edition=edition)


@dataclass
class Car:
    """A vehicle with what it holds: its provisioning certificate, and its contract once it has one (`installed`)."""

    chain: tuple[Certificate, ...]
    key: Any = field(repr=False)
    v2g_roots: list[Certificate]
    edition: Edition = Edition.ISO2
    pcid: str = PCID
    installed: Installed | None = None

    @property
    def schema(self) -> str:
        """Its iso15118SchemaVersion."""
        return NAMESPACES[self.edition]

    def asks(self, *, most: int = 3, wished: tuple[str, ...] = (), key: Any = None, now: datetime | None = None) -> str:
        """Its request for a contract, signed, as exiRequest; `key` signs instead of its own."""
        first, *subs = (each.public_bytes(Encoding.DER) for each in self.chain)
        if self.edition is Edition.ISO2:
            roots = iso2.ListOfRootCertificateIDs(root_certificate_id=[_ROOT])
            content: Any = iso2.CertificateInstallationReq(
                id="r1", oem_provisioning_cert=first, list_of_root_certificate_ids=roots
            )
            return _sent(_message2(content), key or self.key)
        chain = iso20.SignedCertificateChain(
            id="c1", certificate=first, sub_certificates=iso20.SubCertificates(certificate=subs)
        )
        asked = iso20.CertificateInstallationReq(
            header=MessageHeader(session_id=bytes(8), time_stamp=int(now.timestamp()) if now else 1_700_000_000),
            oem_provisioning_certificate_chain=chain,
            list_of_root_certificate_ids=ListOfRootCertificateIDs(root_certificate_id=[_ROOT]),
            maximum_contract_certificate_chains=most,
            prioritized_emaids=iso20.EMAIDList(emaid=list(wished)) if wished else None,
        )
        return _sent(asked, key or self.key)

    def asks_for_an_update(self, *, key: Any = None) -> str:
        """Its request for another certificate of the contract it has (-2)."""
        assert self.installed is not None
        first, *subs = (each.public_bytes(Encoding.DER) for each in self.installed.certificates)
        chain = iso2.CertificateChain(certificate=first, sub_certificates=iso2.SubCertificates(certificate=subs))
        roots = iso2.ListOfRootCertificateIDs(root_certificate_id=[_ROOT])
        content = iso2.CertificateUpdateReq(
            id="r1",
            contract_signature_cert_chain=chain,
            emaid=self.installed.emaid,
            list_of_root_certificate_ids=roots,
        )
        return _sent(_message2(content), key or self.installed.key)

    def takes(self, exi: str, now: datetime, *, update: bool = False) -> Installed:
        """What becomes of an exiResponse in the vehicle; a good one is kept."""
        own = self.installed.key if update and self.installed is not None else self.key
        assert own is not None
        found = install(read_exi(exi, self.schema), own, self.v2g_roots, now, pcid=self.pcid)
        if found.good:
            self.installed = found
        return found


def a_car(office: Office, pcid: str = PCID, edition: Edition = Edition.ISO2, kind: KeyKind | None = None) -> Car:
    """A vehicle of a maker whose CAs are in the authority."""
    issued, key = issue_with_key(office, Wanted("oem-provisioning", pcid, key=kind or KEYS[edition]), "the maker")
    here = [each.name for each in office.book.authorities()]
    roots = [office.chain("v2g-root")[0]] if "v2g-root" in here else []
    return Car(office.chain_of(issued)[:-1], key, roots, edition, pcid)


async def bearer(api: httpx.AsyncClient, client: str, secret: str) -> str:
    """The header Authorization of a client of OPCP."""
    asked = {"client_id": client, "client_secret": secret, "grant_type": "client_credentials"}
    return f"Bearer {(await api.post('/oauth/token', json=asked)).json()['access_token']}"


def code_of(exi: str) -> str:
    """The ResponseCode of an answer."""
    message: Any = read_exi(exi)
    content = message.body.body_element if isinstance(message, iso2.V2G_Message) else message
    return str(content.response_code)


def der(certificate: x509.Certificate) -> bytes:
    """A certificate in DER."""
    return certificate.public_bytes(Encoding.DER)


@asynccontextmanager
async def served_pool(pool: Pool, **more: Any) -> AsyncIterator[WebServer]:
    """The server of an authority that gives contracts, on a free port."""
    said = PkiSettings(port=0, **({"contracts_token": TOKEN} | more))
    app = create_app(pool.office, said)
    notifier = add_contracts(app, pool, said)
    async with WebServer(app, said.host, 0, name="test") as server:
        telling = asyncio.create_task(notifier.run())
        try:
            yield server
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


def _message2(content: Any) -> Any:
    header = iso2.MessageHeader(session_id=b"\1" * 8)
    return iso2.V2G_Message(header=header, body=iso2.Body(body_element=content))


def _sent(message: Any, key: Any) -> str:
    return exi_text(sign(message, key))


@asynccontextmanager
async def scene(version: str = "ocpp2.1", **more: Any) -> AsyncIterator[tuple[httpx.AsyncClient, RawStation]]:
    """An operator, and a station that has booted."""
    async with (
        Csms(settings(no_auth=True, **more)) as csms,
        client_of(csms) as api,
        station(csms, "CS-1", version) as cs,
    ):
        assert (await cs.boot())["status"] == "Accepted"
        yield api, cs


@asynccontextmanager
async def behind(pool: Pool, interface: str = "pilotwire") -> AsyncIterator[dict[str, Any]]:
    """The settings with which a CSMS asks the pool by an interface."""
    if interface == "embedded":
        folder = str(pool.office.folder)
        yield {"contracts_interface": interface, "contracts_pki": folder, "contracts_pki_password": PASSWORD}
        return
    async with served_pool(pool, **CLIENT) as server:
        if interface == "pilotwire":
            yield {"contracts_url": f"{server.url}/contracts", "contracts_token": TOKEN}
        else:
            client = {"contracts_client_id": "csms", "contracts_client_secret": CLIENT["opcp_client_secret"]}
            yield {"contracts_interface": interface, "contracts_url": server.url, **client}


async def findings(api: httpx.AsyncClient, cs: RawStation) -> list[tuple[str, str]]:
    """Rule and text of all findings."""
    await cs.boot()
    return [(each["rule"], each["what"]) for each in (await api.get("/findings")).json()]
