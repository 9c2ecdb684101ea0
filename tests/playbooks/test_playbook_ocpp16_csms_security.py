"""Central system under test, 1.6 with the security extension: certificates, and TLS with real clients."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pilotwire.csms.app import Csms
from tests.support.certificates import certificate, chain, csr, key
from tests.support.csms_stage import STATION, Stage, at, stage
from tests.support.csms_stage_tls import BASIC, SUITES, UP_TO_1_2, secured, secured_line
from tests.support.lab_pki import Pki

V16 = "ocpp1.6"
ACCEPTED = {"status": "Accepted"}
OWN = f"station-{STATION}"
PEM = certificate("Root", of="root", by="root", by_name="Root")
CSR = csr()
MANUFACTURER = ("ManufacturerRootCertificate", "ManufacturerRootCertificate")
CENTRAL = ("CSMSRootCertificate", "CentralSystemRootCertificate")
"""A kind of certificate in the words of the API, and of 1.6."""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with a client certificate of the charge point."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), STATION)


def _hash(algorithm: str = "SHA256") -> dict[str, str]:
    return {"hashAlgorithm": algorithm, "issuerNameHash": "0A1B", "issuerKeyHash": "2C3D", "serialNumber": "1F"}


async def _security_event(on: Stage, kind: str) -> None:
    """It is acknowledged, and on record."""
    assert await on.cs.ask("SecurityEventNotification", {"type": kind, "timestamp": at(on.ticks())}) == {}
    (kept,) = (await on.operator.get("/security-events", params={"station": STATION})).json()
    assert kept["type"] == kind


# --- the charge point's own certificate -------------------------------------------------------------------------------------------------


async def _trigger(on: Stage) -> None:
    ordered = await on.order("trigger-message", ACCEPTED, requestedMessage="SignChargingStationCertificate")
    assert ordered.action == "ExtendedTriggerMessage"
    assert ordered.sent == {"requestedMessage": "SignChargePointCertificate"}


@pytest.mark.req("SEC16:5.1", "SEC16:5.5", "SEC16:5.17")
async def test_tc_074_csms(pki: Pki) -> None:
    """The charge point is asked to renew its certificate; the CSMS's own lab CA signs it, and the charge point gets in with it."""
    signer = {"lab_ca_certificate": str(pki.folder / "ca.pem"), "lab_ca_key": str(pki.folder / "ca-key.pem")}
    async with secured(pki, 3, **signer) as (csms, operator):
        async with secured_line(csms, pki.client(OWN), version=V16) as cs:
            assert (await cs.boot())["status"] == "Accepted"
            await _trigger(Stage(csms, operator, cs))
            assert await cs.ask("SignCertificate", {"csr": csr(STATION)}) == ACCEPTED
            heard = await cs.answer(ACCEPTED)
            assert (heard[2], list(heard[3])) == ("CertificateSigned", ["certificateChain"])
        (pki.folder / "renewed.pem").write_text(heard[3]["certificateChain"])
        own = key("station").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (pki.folder / "renewed-key.pem").write_bytes(own)
        await _boots(csms, operator, pki.client("renewed"), {})


@pytest.mark.req("SEC16:5.1", "SEC16:5.15", "SEC16:A04.FR.03")
async def test_tc_077_csms() -> None:
    """The charge point rejects the certificate made from its request, and tells a security event."""
    async with stage(V16) as on:
        await _trigger(on)
        assert await on.cs.ask("SignCertificate", {"csr": CSR}) == ACCEPTED
        (request,) = (await on.read("certificate-requests"))["items"]
        path = f"/stations/{STATION}/certificate-requests/{request['id']}/chain"
        giving = asyncio.create_task(on.operator.post(path, json={"certificateChain": chain()}))
        heard = await on.cs.answer({"status": "Rejected"})
        assert (heard[2], heard[3]) == ("CertificateSigned", {"certificateChain": chain()})
        assert (await giving).json()["state"] == "rejected"
        await _security_event(on, "InvalidChargePointCertificate")


# --- roots ------------------------------------------------------------------------------------------------------------------------------


async def _install(on: Stage, kind: tuple[str, str], answer: str = "Accepted") -> None:
    asked, sent = kind
    ordered = await on.order("install-certificate", {"status": answer}, certificateType=asked, certificate=PEM)
    assert (ordered.action, ordered.sent) == ("InstallCertificate", {"certificateType": sent, "certificate": PEM})
    assert ordered.told == {"status": answer}


async def _installed(on: Stage, kind: tuple[str, str], algorithm: str = "SHA256") -> None:
    """The operator reads what the charge point has, and it is on record."""
    asked, sent = kind
    answer: dict[str, Any] = ACCEPTED | {"certificateHashData": [_hash(algorithm)]}
    ordered = await on.order("get-installed-certificate-ids", answer, certificateType=[asked])
    assert (ordered.action, ordered.sent) == ("GetInstalledCertificateIds", {"certificateType": sent})
    (told,) = ordered.told["certificates"]
    assert (told["certificateType"], told["certificateHashData"]) == (asked, _hash(algorithm))
    assert await _kinds(on) == [asked]


async def _kinds(on: Stage) -> list[str]:
    return [each["certificateType"] for each in (await on.read("certificates"))["items"]]


@pytest.mark.req("SEC16:5.11", "SEC16:5.7")
@pytest.mark.parametrize(
    "kind", [pytest.param(MANUFACTURER, id="tc_075_1_csms"), pytest.param(CENTRAL, id="tc_075_2_csms")]
)
async def test_tc_075_1_2_csms(kind: tuple[str, str]) -> None:
    """A root of the manufacturer, and of the central system: installed, and found."""
    async with stage(V16) as on:
        await _install(on, kind)
        await _installed(on, kind)


@pytest.mark.req("SEC16:5.3", "SEC16:M04.FR.07")
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_tc_076_csms(algorithm: str) -> None:
    """A root is deleted, named with the hashes the charge point itself told."""
    async with stage(V16) as on:
        await _install(on, CENTRAL)
        await _installed(on, CENTRAL, algorithm)
        (known,) = (await on.read("certificates"))["items"]
        body = {"certificateHashData": known["certificateHashData"]}
        ordered = await on.order("delete-certificate", ACCEPTED, **body)
        assert (ordered.action, ordered.sent) == ("DeleteCertificate", {"certificateHashData": _hash(algorithm)})
        assert ordered.told == {"status": "Accepted"}
        assert await _kinds(on) == []


@pytest.mark.req("SEC16:5.11", "SEC16:5.15")
async def test_tc_078_csms() -> None:
    """The charge point rejects a root, and tells a security event."""
    async with stage(V16) as on:
        await _install(on, CENTRAL, "Rejected")
        await _security_event(on, "InvalidCentralSystemCertificate")


# --- TLS --------------------------------------------------------------------------------------------------------------------------------


async def _boots(csms: Csms, operator: Any, context: ssl.SSLContext, headers: dict[str, str]) -> str:
    """The charge point connects, boots and tells its connectors; the cipher suite spoken."""
    async with secured_line(csms, context, headers, V16) as cs:
        assert (await cs.boot())["status"] == "Accepted"
        for connector in (0, 1):
            said = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
            assert await cs.ask("StatusNotification", said) == {}
        assert await Stage(csms, operator, cs).shown() == "Available"
        return str(cs.line.transport.get_extra_info("cipher")[0])


@pytest.mark.req("SEC16:2.4.1")
@pytest.mark.parametrize("suite", SUITES)
async def test_tc_086_csms(pki: Pki, suite: str) -> None:
    """Profile 2: the server's certificate and a password, with each of the suites."""
    async with secured(pki, 2) as (csms, operator):
        assert await _boots(csms, operator, pki.client(**UP_TO_1_2, ciphers=suite), BASIC) == suite


@pytest.mark.req("SEC16:2.5.1")
@pytest.mark.parametrize("suite", SUITES)
async def test_tc_087_csms(pki: Pki, suite: str) -> None:
    """Profile 3: the charge point's certificate, and no password, with each of the suites."""
    async with secured(pki, 3) as (csms, operator):
        assert await _boots(csms, operator, pki.client(OWN, **UP_TO_1_2, ciphers=suite), {}) == suite
