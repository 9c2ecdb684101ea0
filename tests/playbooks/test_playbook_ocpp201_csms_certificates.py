"""CSMS under test, 2.0.1: certificates (M), and certificates of stations renewed at the operator's request (A02)."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.certificates import certificate, chain, csr
from tests.support.csms_stage import STATION, Stage, at, stage
from tests.support.csms_stage201 import ACCEPTED
from tests.support.http_peer import Reply, http_peer
from tests.support.revocation import made, named, response

PEM = certificate("Root", of="root", by="root", by_name="Root")
ROOTS = ("CSMSRootCertificate", "ManufacturerRootCertificate", "V2GRootCertificate", "MORootCertificate")
CSMS_ROOT, MANUFACTURER_ROOT, V2G_ROOT, MO_ROOT = ROOTS
V2G_CHAIN = "V2GCertificateChain"
CSR = csr()


def _hash(serial: str = "1F", algorithm: str = "SHA256") -> dict[str, str]:
    return {"hashAlgorithm": algorithm, "issuerNameHash": "0A1B", "issuerKeyHash": "2C3D", "serialNumber": serial}


# --- M05: install -------------------------------------------------------------------------------------------------------------------


async def _install(on: Stage, kind: str, answer: str = "Accepted") -> None:
    """Reusable state CertificateInstalled."""
    ordered = await on.order("install-certificate", {"status": answer}, certificateType=kind, certificate=PEM)
    assert (ordered.action, ordered.sent) == ("InstallCertificate", {"certificateType": kind, "certificate": PEM})
    assert ordered.told == {"status": answer}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=f"tc_m_{number:02}_csms") for number, kind in enumerate(ROOTS, 1)]
)
async def test_tc_m_01_02_03_04_csms(kind: str) -> None:
    """A root certificate of each kind."""
    async with stage() as on:
        await _install(on, kind)


async def test_tc_m_05_csms() -> None:
    """The station fails to install it: the operator is told."""
    async with stage() as on:
        await _install(on, CSMS_ROOT, "Failed")


# --- M03: what is installed ---------------------------------------------------------------------------------------------------------


async def _installed(on: Stage, *has: tuple[str, dict[str, str]], asks: tuple[str, ...] = ()) -> None:
    """Reusable state GetInstalledCertificates: the operator reads what the station has, and it is on record."""
    entries = [
        {"certificateType": kind, "certificateHashData": named}
        | ({"childCertificateHashData": [_hash("20"), _hash("21")]} if kind == V2G_CHAIN else {})
        for kind, named in has
    ]
    body: dict[str, Any] = {"certificateType": list(asks)} if asks else {}
    answer = ACCEPTED | {"certificateHashDataChain": entries}
    ordered = await on.order("get-installed-certificate-ids", answer, **body)
    assert (ordered.action, ordered.sent) == ("GetInstalledCertificateIds", body)
    expected: list[dict[str, Any]] = [{"childCertificateHashData": []} | entry for entry in entries]
    assert ordered.told == {"status": "Accepted", "certificates": expected}
    known = [{name: each[name] for name in expected[0]} for each in (await on.read("certificates"))["items"]]
    assert all(entry in known for entry in expected)


async def test_tc_m_12_csms() -> None:
    """The CSMS's root, named with each of the algorithms."""
    async with stage() as on:
        for algorithm in ("SHA256", "SHA384", "SHA512"):
            await _installed(on, (CSMS_ROOT, _hash(algorithm=algorithm)), asks=(CSMS_ROOT,))


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param((MANUFACTURER_ROOT,), id="tc_m_13_csms"),
        pytest.param((V2G_ROOT,), id="tc_m_14_csms"),
        pytest.param((V2G_CHAIN,), id="tc_m_15_csms"),
        pytest.param((MO_ROOT,), id="tc_m_16_csms"),
        pytest.param((CSMS_ROOT, MANUFACTURER_ROOT), id="tc_m_17_csms"),
    ],
)
async def test_tc_m_13_to_17_csms(kinds: tuple[str, ...]) -> None:
    """Of one kind, or two; a V2G chain with the certificates below."""
    async with stage() as on:
        await _installed(on, *((kind, _hash(f"{number:02}")) for number, kind in enumerate(kinds, 1)), asks=kinds)


async def test_tc_m_18_csms() -> None:
    """Of all kinds: none is named."""
    kinds = (*ROOTS, V2G_CHAIN)
    async with stage() as on:
        await _installed(on, *((kind, _hash(f"{number:02}")) for number, kind in enumerate(kinds, 1)))


async def test_tc_m_19_csms() -> None:
    """There is none: one on record of this kind is gone, one of another stays."""
    async with stage() as on:
        await _installed(on, (MANUFACTURER_ROOT, _hash()), (CSMS_ROOT, _hash()))
        asked = {"certificateType": [MANUFACTURER_ROOT]}
        ordered = await on.order("get-installed-certificate-ids", {"status": "NotFound"}, **asked)
        assert ordered.sent == asked
        assert ordered.told == {"status": "NotFound", "certificates": []}
        assert await _kinds(on) == [CSMS_ROOT]


async def _kinds(on: Stage) -> list[str]:
    return [each["certificateType"] for each in (await on.read("certificates"))["items"]]


# --- M04: delete --------------------------------------------------------------------------------------------------------------------


async def _delete(algorithm: str, answer: str, left: list[str]) -> None:
    """Delete what the station reported, named as the station names it."""
    async with stage() as on:
        await _install(on, CSMS_ROOT)
        await _installed(on, (CSMS_ROOT, _hash(algorithm=algorithm)), asks=(CSMS_ROOT,))
        ((known),) = (await on.read("certificates"))["items"]
        reported = known["certificateHashData"]
        ordered = await on.order("delete-certificate", {"status": answer}, certificateHashData=reported)
        assert (ordered.action, ordered.sent) == (
            "DeleteCertificate",
            {"certificateHashData": _hash(algorithm=algorithm)},
        )
        assert ordered.told == {"status": answer}
        assert await _kinds(on) == left


@pytest.mark.req("M04.FR.07", versions=("2.0.1",))
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_tc_m_20_csms(algorithm: str) -> None:
    """It goes, and is off record."""
    await _delete(algorithm, "Accepted", [])


@pytest.mark.req("M04.FR.07", versions=("2.0.1",))
async def test_tc_m_21_csms() -> None:
    """The station fails to delete it: it stays on record."""
    await _delete("SHA256", "Failed", [CSMS_ROOT])


# --- M06, M01, M02: answers from elsewhere --------------------------------------------------------------------------------------------


@pytest.mark.req("M06.FR.01", "M06.FR.02", "M06.FR.03", "M06.FR.09", versions=("2.0.1",))
async def test_tc_m_24_csms() -> None:
    """The status of a certificate: the response of its OCSP responder, DER in Base64."""
    leaf = made("leaf")
    content = response(leaf, now=datetime.now(UTC).replace(microsecond=0))
    name = named(leaf)
    with http_peer(lambda _asked: Reply(content)) as responder:
        data = {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": name.issuer_name_hash,
            "issuerKeyHash": name.issuer_key_hash,
            "serialNumber": name.serial_number,
            "responderURL": responder.url,
        }
        async with stage(ocsp_private_addresses=True) as on:
            answer = await on.cs.ask("GetCertificateStatus", {"ocspRequestData": data})
            assert answer == ACCEPTED | {"ocspResult": base64.b64encode(content).decode()}


@pytest.mark.parametrize(
    "action", [pytest.param("Install", id="tc_m_26_csms"), pytest.param("Update", id="tc_m_28_csms")]
)
async def test_tc_m_26_28_csms(action: str) -> None:
    """A vehicle's contract certificate: what the pool answers goes to the vehicle, the raw EXI untouched both ways."""
    told = {"status": "Accepted", "exiResponse": "gJgCAAE="}
    asked = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": action, "exiRequest": "gAAB"}
    with http_peer(lambda _asked: Reply(json.dumps(told).encode())) as pool:
        async with stage(contracts_url=pool.url) as on:
            assert await on.cs.ask("Get15118EVCertificate", asked) == told
        question = json.loads(pool.asked[0].body)
        assert {name: question[name] for name in asked} == asked


# --- A02: the station's own certificate -----------------------------------------------------------------------------------------------


async def _renewed(message: str, kind: str | None, answer: str = "Accepted") -> str:
    """The operator triggers a request, takes it to an authority, and gives the chain: the station hears it, of the kind asked for.

    Gives the state of the request then.
    """
    more = {} if kind is None else {"certificateType": kind}
    async with stage() as on:
        ordered = await on.order("trigger-message", ACCEPTED, requestedMessage=message)
        assert (ordered.action, ordered.sent) == ("TriggerMessage", {"requestedMessage": message})
        assert await on.cs.ask("SignCertificate", {"csr": CSR} | more) == ACCEPTED
        (request,) = (await on.read("certificate-requests"))["items"]
        assert (request["csr"], request["state"], request["triggeredBy"]["message"]) == (CSR, "waiting", message)
        path = f"/stations/{STATION}/certificate-requests/{request['id']}/chain"
        foreign = await on.operator.post(path, json={"certificateChain": chain("somebody")})
        assert foreign.status_code == 422
        giving = asyncio.create_task(on.operator.post(path, json={"certificateChain": chain()}))
        heard = await on.cs.answer({"status": answer})
        assert (heard[2], heard[3]) == ("CertificateSigned", {"certificateChain": chain()} | more)
        state: str = (await giving).json()["state"]
        if answer == "Rejected":
            event = {"type": "InvalidChargingStationCertificate", "timestamp": at()}
            assert await on.cs.ask("SecurityEventNotification", event) == {}
            (kept,) = (await on.operator.get("/security-events", params={"station": STATION})).json()
            assert kept["type"] == "InvalidChargingStationCertificate"
        return state


@pytest.mark.req("A02.FR.11", versions=("2.0.1",))
async def test_tc_a_12_csms() -> None:
    """A V2G certificate."""
    assert await _renewed("SignV2GCertificate", "V2GCertificate") == "accepted"


@pytest.mark.req("A02.FR.11", versions=("2.0.1",))
async def test_tc_a_13_csms() -> None:
    """A certificate for both uses: no kind is named."""
    assert await _renewed("SignCombinedCertificate", None) == "accepted"


async def test_tc_a_14_csms() -> None:
    """The station rejects the new certificate, and tells a security event."""
    assert await _renewed("SignChargingStationCertificate", "ChargingStationCertificate", "Rejected") == "rejected"
