"""A station asks for a certificate, the operator brings the chain, the station gets it; and what must not be signed is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.csms.app import Csms
from pilotwire.domain import certificates as cert
from tests.support.api_rooms import ApiRooms, api_of, served
from tests.support.certificates import chain, csr
from tests.support.every_action import client_of
from tests.support.given.certificates import wrapped
from tests.support.raw_station import RawStation, settings, station

CSR = csr()
PATH = "/stations/CS-1/certificate-requests"
OF_V2G: dict[str, Any] = {"certificateType": "V2GCertificate"}


@asynccontextmanager
async def scene(version: str) -> AsyncIterator[tuple[httpx.AsyncClient, RawStation]]:
    """An operator, and a station that has booted."""
    async with (
        Csms(settings(no_auth=True)) as csms,
        client_of(csms) as api,
        station(csms, "CS-1", version) as cs,
    ):
        assert (await cs.boot())["status"] == "Accepted"
        yield api, cs


CONVERSATIONS = [
    ("ocpp1.6", ("SignCertificate", {"csr": CSR}), ("CertificateSigned", {"certificateChain": chain()})),
    (
        "ocpp1.6",
        ("DataTransfer", wrapped("SignCertificate", {"csr": CSR})),
        ("DataTransfer", wrapped("CertificateSigned", {"certificateChain": chain()})),
    ),
    ("ocpp2.0.1", ("SignCertificate", {"csr": CSR}), ("CertificateSigned", {"certificateChain": chain()})),
    (
        "ocpp2.0.1",
        ("SignCertificate", {"csr": CSR} | OF_V2G),
        ("CertificateSigned", {"certificateChain": chain()} | OF_V2G),
    ),
    (
        "ocpp2.1",
        ("SignCertificate", {"csr": CSR, "requestId": 7} | OF_V2G),
        ("CertificateSigned", {"certificateChain": chain(), "requestId": 7} | OF_V2G),
    ),
]


@pytest.mark.req("A02.FR.11", "A02.FR.14", "A02.FR.25", "A03.FR.11", "A03.FR.14", "A03.FR.21")
@pytest.mark.req("SEC16:A02.FR.11", "SEC16:A03.FR.11")
@pytest.mark.parametrize(("version", "asks", "hears"), CONVERSATIONS)
async def test_a_request_gets_its_chain(version: str, asks: tuple[str, Any], hears: tuple[str, Any]) -> None:
    """With the type and id it was asked with; a wrong chain is refused, one that was not answered stays `sent`."""
    async with scene(version) as (api, cs):
        assert (await cs.ask(*asks))["status"] == "Accepted"
        (waiting,) = (await api.get(PATH)).json()["items"]
        assert (waiting["state"], waiting["certificateChain"]) == ("waiting", None)
        answer_path = f"{PATH}/{waiting['id']}/chain"
        refused = await api.post(answer_path, json={"certificateChain": chain("somebody")})
        assert refused.status_code == 422
        assert "not for the key" in refused.json()["detail"]
        answer = {"data": '{"status":"Accepted"}'} if hears[0] == "DataTransfer" else {}
        giving = asyncio.create_task(api.post(answer_path, json={"certificateChain": chain()}))
        heard = await cs.answer({"status": "Accepted"} | answer)
        assert (heard[2], heard[3]) == hears
        given = await giving
        assert given.status_code == 200, given.text
        assert (given.json()["state"], given.json()["certificateChain"]) == ("accepted", chain())
        (done,) = (await api.get(PATH)).json()["items"]
        assert done == given.json()


async def test_a_chain_whose_answer_is_an_error_stays_sent() -> None:
    """Nobody knows whether the station uses it; it can be sent again, and then be rejected."""
    async with scene("ocpp2.0.1") as (api, cs):
        await cs.ask("SignCertificate", {"csr": CSR})
        (waiting,) = (await api.get(PATH)).json()["items"]
        for reply, state in (([4, "InternalError", "", {}], "sent"), ([3, {"status": "Rejected"}], "rejected")):
            giving = asyncio.create_task(api.post(f"{PATH}/{waiting['id']}/chain", json={"certificateChain": chain()}))
            call = await cs.hear()
            await cs.say([reply[0], call[1], *reply[1:]])
            await giving
            (now,) = (await api.get(PATH)).json()["items"]
            assert now["state"] == state
        missing = await api.post(f"{PATH}/{'0' * 16}/chain", json={"certificateChain": chain()})
        assert missing.status_code == 404


@pytest.mark.req("A02.FR.12", "A03.FR.12", "A00.FR.509", "A00.FR.511", "SEC16:A02.FR.12", "SEC16:A03.FR.12")
@pytest.mark.req("SEC16:A00.FR.509", "SEC16:A00.FR.511")
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_what_must_not_be_signed_is_rejected(version: str) -> None:
    """With a finding that names the requirement; it does not wait."""
    wrong = {"hello": "A02.FR.12", csr(organization=None): "A00.FR.509", csr("192.0.2.1"): "A00.FR.511"}
    async with scene(version) as (api, cs):
        for request in wrong:
            assert await cs.ask("SignCertificate", {"csr": request}) == {"status": "Rejected"}
        await cs.boot()
        findings = (await api.get("/findings", params={"station": "CS-1"})).json()
        assert [finding["rule"] for finding in reversed(findings)] == list(wrong.values())
        assert (await api.get(PATH)).json()["items"] == []


@pytest.mark.req("A00.FR.511")
async def test_the_common_name_is_the_serial_number_told_at_boot() -> None:
    """Or the station's identity."""
    async with scene("ocpp2.1") as (api, cs):
        told = {"vendorName": "Volta", "model": "One", "serialNumber": "SN-2"}
        await cs.ask("BootNotification", {"reason": "PowerUp", "chargingStation": told})
        for common, status in (("SN-1", "Rejected"), ("sn-2", "Accepted"), ("CS-1", "Accepted")):
            assert await cs.ask("SignCertificate", {"csr": csr(common)}) == {"status": status}
        assert len((await api.get(PATH)).json()["items"]) == 2


HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0A", "issuerKeyHash": "0B", "serialNumber": "1F"}


@pytest.mark.req("M04.FR.07")
async def test_what_a_station_reports_is_on_record_until_it_is_gone() -> None:
    """A report of some kinds leaves the others alone; what is deleted, or no longer reported, goes."""
    async with scene("ocpp2.0.1") as (api, cs):

        async def order(command: str, body: Any, answer: Any) -> None:
            asking = asyncio.create_task(api.post(f"/stations/CS-1/commands/{command}", json=body))
            await cs.answer(answer)
            assert (await asking).status_code == 200

        async def known() -> list[tuple[str, str]]:
            items = (await api.get("/stations/CS-1/certificates")).json()["items"]
            return [(each["certificateType"], each["certificateHashData"]["serialNumber"]) for each in items]

        chains = [
            {"certificateType": "CSMSRootCertificate", "certificateHashData": HASH},
            {"certificateType": "MORootCertificate", "certificateHashData": HASH | {"serialNumber": "2A"}},
            {"certificateType": "MORootCertificate", "certificateHashData": HASH | {"serialNumber": "2B"}},
        ]
        ask = "get-installed-certificate-ids"
        await order(ask, {}, {"status": "Accepted", "certificateHashDataChain": chains})
        assert len(await known()) == 3
        await order(ask, {"certificateType": ["CSMSRootCertificate"]}, {"status": "NotFound"})
        assert await known() == [("MORootCertificate", "2A"), ("MORootCertificate", "2B")]
        gone = {"certificateHashData": HASH | {"serialNumber": "2a"}}
        await order("delete-certificate", gone, {"status": "Failed"})
        assert len(await known()) == 2
        await order("delete-certificate", gone, {"status": "Accepted"})
        assert await known() == [("MORootCertificate", "2B")]


def test_the_command_line(tmp_path: Path) -> None:
    """Install, list, see what is asked for, and what goes wrong."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    status = cert.InstallCertificateStatus.ACCEPTED
    rooms.bus.answers[cert.InstallCertificate] = cert.InstallCertificateOutcome(status=status)
    named = cert.CertificateHash(
        hash_algorithm=cert.HashAlgorithm.SHA384, issuer_name_hash="0A", issuer_key_hash="0B", serial_number="1F"
    )
    rooms.bus.answers[cert.GetInstalledCertificates] = cert.GetInstalledOutcome(
        status=cert.GetInstalledStatus.ACCEPTED,
        certificates=(cert.InstalledCertificate(kind=cert.CertificateKind.CSMS_ROOT, certificate=named),),
    )
    root = tmp_path / "root.pem"
    root.write_text(chain(), encoding="ascii")
    with served(api_of(rooms)) as url:

        def run(*words: str) -> Any:
            env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
            return CliRunner().invoke(cli.app, ["certificates", *words], env=env)

        assert run("install", "CS-1", str(root)).stdout == "Station CS-1 has installed the CSMSRootCertificate.\n"
        assert "SHA384" in run("list", "CS-1", "--ask").stdout
        assert "CSMSRootCertificate" in run("list", "CS-1").stdout
        assert run("requests", "CS-1").stdout == "The station has asked for no certificates.\n"
        assert run("install", "CS-1", str(tmp_path / "none.pem")).exit_code == 2
        assert run("sign", "CS-1", "0" * 16, str(root)).exit_code == 2
