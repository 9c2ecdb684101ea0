"""What an SECC is told by its station: certificates that the CSMS signed while it runs. And several SECCs in one station."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.csms.store.ports import PutToken, TransactionFilter
from pilotwire.domain.authorization import Token
from pilotwire.domain.certificates import CertificateKind, InstallCertificate
from pilotwire.domain.identity import IdToken
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.iso15118.charging import Ending
from pilotwire.iso15118.net.client import connect
from pilotwire.pki import pem_of
from pilotwire.pki.issuing import Order, issue
from pilotwire.pki.profiles import PROFILES
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.secc_scene import Scene, vehicle_tls
from tests.support.station_lab import CARD, Lab, lab, open_csms
from tests.support.station_process import station_process
from tests.support.v2g_world import Car, V2gPki

SECOND_CARD = "04A2B3C5"
REQUESTS = "/stations/CS001/certificate-requests"


async def sign(here: Lab, operator: httpx.AsyncClient, house: V2gPki) -> x509.Certificate:
    """The station asks for a certificate for vehicles, and gets it."""
    await here.station.command(TriggerMessage(message="SignV2GCertificate"))

    async def waiting() -> dict[str, str] | None:
        every = (await operator.get(REQUESTS)).json()["items"]
        return next((one for one in every if one["state"] == "waiting"), None)

    asked = await eventually(waiting, what="the request")
    assert asked is not None
    request = x509.load_pem_x509_csr(asked["csr"].encode())
    profile, above = PROFILES["secc"], house.authority(PROFILES["secc"].issuers[0])
    order = Order(profile, request.subject, request.public_key(), house.since, house.since + timedelta(days=30))  # type: ignore[arg-type]
    leaf = issue(above, order)
    given = await operator.post(
        f"{REQUESTS}/{asked['id']}/chain", json={"certificateChain": pem_of(leaf, *above.chain[:-1])}
    )
    assert given.json()["state"] == "accepted", given.text
    return leaf


async def test_what_the_csms_signs_is_shown_to_the_next_vehicle() -> None:
    """Without a restart: TLS from nothing, then with another certificate. Whoever asked for TLS meanwhile had none."""
    house = V2gPki()
    async with (
        open_csms(no_auth=True) as csms,
        client_of(csms) as operator,
        lab(csms.urls.ocpp, variables={"ISO15118Ctrlr.PnCEnabled": "true"}) as here,
        SeccHost(here.station, SeccSettings("lo")) as host,
    ):
        await here.until_accepted()
        root = InstallCertificate(kind=CertificateKind.V2G_ROOT, certificate=pem_of(house.root("v2g-root")))
        await here.station.command(root)
        with pytest.raises(KeyError):
            host.port(secured=True)
        for _ in range(2):
            leaf = await sign(here, operator, house)

            async def shown(wanted: x509.Certificate = leaf) -> bool:
                try:
                    port = host.port(secured=True)
                except KeyError:
                    return False
                async with await connect("::1", port, tls=vehicle_tls(house)) as vehicle:
                    return vehicle.peer_chain[0] == pem_der(wanted)

            await eventually(shown, what="the new certificate")


def pem_der(certificate: x509.Certificate) -> bytes:
    """As a peer shows it."""
    return certificate.public_bytes(Encoding.DER)


# --- several ------------------------------------------------------------------------------------------------------------------------


async def test_two_vehicles_charge_at_two_cables_of_a_station() -> None:
    """At once, each in its own transaction."""
    async with (
        open_csms() as csms,
        lab(csms.urls.ocpp, layout="dc-250-dual") as here,
        SeccHost(here.station, SeccSettings("lo", 1)) as left,
        SeccHost(here.station, SeccSettings("lo", 2)) as right,
    ):
        await here.until_accepted()
        one = Car(dc=True, evcc_id=bytes.fromhex("020000000001"))
        two = replace(one, evcc_id=bytes.fromhex("020000000002"), heard=[])
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=SECOND_CARD, type="ISO14443"))))
        for evse, card in enumerate((CARD, SECOND_CARD), 1):
            here.station.happened(here.station.simulated.tap(card, evse))
        ends = await asyncio.gather(Scene(csms, here, left).visit(one), Scene(csms, here, right).visit(two))
        assert [end.ending for end in ends] == [Ending.TERMINATED, Ending.TERMINATED]
        await here.until(lambda: here.overview.waiting == 0, "everything delivered")
        booked = await csms.store.transactions(TransactionFilter(station="CS001"))
    assert sorted(each.address.evse for each in booked if each.address) == [1, 2]
    assert all(each.meter_stop and each.meter_stop > 0 for each in booked)


async def test_the_program_has_an_secc_for_each_evse(tmp_path: Path) -> None:
    """And tells where each is."""
    options = ("--id", "CS001", "--layout", "dc-250-dual", "--secc", "lo:1", "--secc", "lo:2", "--control-port", "0")
    async with station_process(tmp_path, *options) as program:
        await program.until_ready()
        await eventually(lambda: program.said.count(b"Vehicles: ") == 2, what="both places")
        found = re.findall(rb"interface lo, port (\d+) without TLS; EVSE (\d)", program.said)
        for port, _ in found:
            await (await connect("::1", int(port))).close()
    assert [evse for _, evse in found] == [b"1", b"2"]
    assert found[0][0] != found[1][0]


async def test_an_evse_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A sentence, and the end of the program."""
    async with station_process(tmp_path, "--id", "CS001", "--secc", "lo:1", "--secc", "lo:2") as program:
        assert await program.ends() == 2
    assert b"There is no EVSE 2." in program.said
    assert b"Traceback" not in program.said
