"""Stations get their certificates, contracts and revocation status from the partners of the CSMS: real sockets on all sides."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.csms.api import create_api
from pilotwire.csms.api.access import digest_of
from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.lab_certificates import make_lab
from pilotwire.csms.signing import check_chain
from pilotwire.csms.store.ports import ApiKey, PutApiKey, Scope
from tests.support.api_rooms import client_of as keyed_client
from tests.support.certificates import chain, csr
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.given.certificates import wrapped
from tests.support.http_peer import Asked, Reply, http_peer
from tests.support.raw_station import RawStation, settings, station
from tests.support.revocation import Statuses, crl, made, named, response

CSR = csr()
PATH = "/stations/CS-1/certificate-requests"
OF_V2G = {"certificateType": "V2GCertificate"}
LEAF = made("leaf")
VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a CSMS that signs by itself."""
    folder = tmp_path_factory.mktemp("lab")
    make_lab(folder, ["localhost"], [], datetime.now(UTC) - timedelta(days=2))
    return {"lab_ca_certificate": str(folder / "ca.pem"), "lab_ca_key": str(folder / "ca-key.pem")}


@asynccontextmanager
async def scene(version: str, **more: Any) -> AsyncIterator[tuple[httpx.AsyncClient, RawStation]]:
    """An operator, and a station that has booted."""
    async with (
        Csms(settings(no_auth=True, **more)) as csms,
        client_of(csms) as api,
        station(csms, "CS-1", version) as cs,
    ):
        assert (await cs.boot())["status"] == "Accepted"
        yield api, cs


async def findings(api: httpx.AsyncClient, cs: RawStation) -> list[tuple[str, str]]:
    """Rule and text of all findings; those that were noted are kept when the station has its next answer."""
    await cs.boot()
    return [(each["rule"], each["what"]) for each in (await api.get("/findings")).json()]


CONVERSATIONS = [
    ("ocpp1.6", ("SignCertificate", {"csr": CSR}), {}),
    ("ocpp1.6", ("DataTransfer", wrapped("SignCertificate", {"csr": CSR})), {}),
    ("ocpp2.0.1", ("SignCertificate", {"csr": CSR}), {}),
    ("ocpp2.0.1", ("SignCertificate", {"csr": CSR} | OF_V2G), OF_V2G),
    ("ocpp2.1", ("SignCertificate", {"csr": CSR, "requestId": 7} | OF_V2G), {"requestId": 7} | OF_V2G),
]


@pytest.mark.req("A02.FR.11", "A02.FR.14", "A02.FR.25", "A03.FR.11", "A03.FR.14", "A03.FR.21")
@pytest.mark.parametrize(("version", "asks", "more"), CONVERSATIONS)
@pytest.mark.parametrize("quiet", [False, True])
async def test_a_station_gets_its_certificate_by_itself(
    lab: dict[str, str], version: str, asks: tuple[str, Any], more: dict[str, Any], quiet: bool
) -> None:
    """After the answer to its request, also where nothing unsolicited is sent; the result is on record."""
    async with scene(version, quiet=quiet, **lab) as (api, cs):
        assert (await cs.ask(*asks))["status"] == "Accepted"
        call = await cs.hear()
        if asks[0] == "DataTransfer":
            assert (call[2], call[3]["messageId"]) == ("DataTransfer", "CertificateSigned")
            heard = json.loads(call[3]["data"])
            answer = {"status": "Accepted", "data": '{"status":"Accepted"}'}
        else:
            assert call[2] == "CertificateSigned"
            heard, answer = call[3], {"status": "Accepted"}
        check_chain(heard["certificateChain"], CSR)
        assert {name: value for name, value in heard.items() if name != "certificateChain"} == more
        await cs.say([3, call[1], answer])

        async def state() -> bool:
            (item,) = (await api.get(PATH)).json()["items"]
            return (item["state"], item["certificateChain"]) == ("accepted", heard["certificateChain"])

        await eventually(state)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_authority_signs_also_after_a_restart(version: str, tmp_path: Path) -> None:
    """It was down when the station asked; the CSMS goes and comes back, and so does the authority."""
    with http_peer(lambda _asked: Reply(status=503)) as authority:
        kept = {"database": f"sqlite:///{tmp_path / 'csms.db'}", "signer_url": authority.url, "signer_token": "secret"}
        async with scene(version, **kept) as (api, cs):
            await cs.ask("SignCertificate", {"csr": CSR})

            async def is_told() -> bool:
                (item,) = (await api.get(PATH)).json()["items"]
                return item["state"] == "waiting" and "503" in (item["problem"] or "")

            await eventually(is_told)
            assert ("certificates:signing", "The certificate authority answered with the status 503.") in (
                await findings(api, cs)
            )
        authority.answer = lambda _asked: Reply(chain().encode())
        async with scene(version, **kept) as (api, cs):
            call = await cs.answer({"status": "Accepted"})
            assert (call[2], call[3]["certificateChain"]) == ("CertificateSigned", chain())
        asked = json.loads(authority.asked[-1].body)
        assert (asked["station"], asked["csr"]) == ("CS-1", CSR)


@pytest.mark.parametrize(
    ("version", "message", "hears", "asks"),
    [
        (
            "ocpp1.6",
            "SignChargingStationCertificate",
            ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
            ("SignCertificate", {"csr": CSR}),
        ),
        (
            "ocpp1.6",
            "SignV2GCertificate",
            ("DataTransfer", wrapped("TriggerMessage", {})),
            ("DataTransfer", wrapped("SignCertificate", {"csr": CSR})),
        ),
        (
            "ocpp2.0.1",
            "SignV2GCertificate",
            ("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}),
            ("SignCertificate", {"csr": CSR} | OF_V2G),
        ),
        (
            "ocpp2.1",
            "SignCombinedCertificate",
            ("TriggerMessage", {"requestedMessage": "SignCombinedCertificate"}),
            ("SignCertificate", {"csr": CSR}),
        ),
    ],
)
async def test_it_is_known_who_triggered_a_request(
    version: str, message: str, hears: tuple[str, Any], asks: tuple[str, Any]
) -> None:
    """By which API key, for the first request after it; a trigger that the station rejects makes nobody ask."""
    async with Csms(settings(no_auth=False)) as csms, station(csms, "CS-1", version) as cs:
        key = ApiKey(name="operator", digest=digest_of("k"), scopes=(Scope.COMMAND,), created_at=csms.clock.now())
        await csms.journal.append(PutApiKey(key=key))
        async with keyed_client(create_api(csms), **{"X-API-Key": "k"}) as api:
            await cs.boot()

            async def trigger(status: str) -> None:
                asking = asyncio.create_task(
                    api.post("/stations/CS-1/commands/trigger-message", json={"requestedMessage": message})
                )
                data = {"data": json.dumps({"status": status})} if hears[0] == "DataTransfer" else {}
                call = await cs.answer({"status": "Accepted" if data else status} | data)
                assert (call[2], call[3]) == hears
                assert (await asking).json() == {"status": status}

            async def triggered_by() -> Any:
                (item,) = (await api.get(PATH)).json()["items"]
                return item["triggeredBy"]

            await trigger("Rejected")
            await cs.ask(*asks)
            assert await triggered_by() is None
            await trigger("Accepted")
            await cs.ask(*asks)
            told = await triggered_by()
            assert (told["message"], told["by"]) == (message, "key:operator")


EV = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"}


def said(version: str, action: str, payload: Any) -> tuple[str, Any]:
    """A message of Plug & Charge in a version."""
    return ("DataTransfer", wrapped(action, payload)) if version == "ocpp1.6" else (action, payload)


async def answered(cs: RawStation, version: str, action: str, payload: Any) -> Any:
    """The answer to it."""
    answer = await cs.ask(*said(version, action, payload))
    if version != "ocpp1.6":
        return answer
    assert answer["status"] == "Accepted"
    return json.loads(answer["data"])


@pytest.mark.req("M01.FR.04")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_vehicle_gets_its_contract(version: str) -> None:
    """What the pool answers goes to the station; if it does not answer, it has failed, and there is a finding."""
    new = {"maximumContractCertificateChains": 2, "prioritizedEMAIDs": ["DE8AAA1B2C3D4E5"]}
    asked = EV | (new if version == "ocpp2.1" else {})
    told = {"status": "Accepted", "exiResponse": "gAAA", "remainingContracts": 1}
    with http_peer(lambda _asked: Reply(json.dumps(told).encode())) as pool:
        async with scene(version, contracts_url=pool.url) as (api, cs):
            remaining = {"remainingContracts": 1} if version == "ocpp2.1" else {}
            answer = await answered(cs, version, "Get15118EVCertificate", asked)
            assert answer == {"status": "Accepted", "exiResponse": "gAAA"} | remaining
            question = json.loads(pool.asked[0].body)
            assert {name: question[name] for name in asked} == asked
            pool.answer = lambda _asked: Reply(status=500)
            answer = await answered(cs, version, "Get15118EVCertificate", asked)
            assert (answer["status"], answer["exiResponse"]) == ("Failed", "")
            why = "The provider of contracts answered with the status 500."
            if version != "ocpp1.6":
                assert answer["statusInfo"] == {"reasonCode": "Unspecified", "additionalInfo": why}
            assert ("certificates:contracts", why) in await findings(api, cs)
            pool.answer = lambda _asked: Reply(json.dumps(told | {"exiResponse": "A" * 7600}).encode())
            answer = await answered(cs, version, "Get15118EVCertificate", asked)
            assert answer["status"] == ("Accepted" if version == "ocpp2.1" else "Failed")


def hash_data() -> dict[str, str]:
    """The name of the leaf as a station says it."""
    name = named(LEAF)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": name.issuer_name_hash,
        "issuerKeyHash": name.issuer_key_hash,
        "serialNumber": name.serial_number,
    }


@pytest.mark.req("M06.FR.01", "M06.FR.02", "M06.FR.03", "M06.FR.04", "M06.FR.09")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_station_gets_the_status_of_a_certificate(version: str) -> None:
    """The response as it came, in Base64; a responder inside the network is asked only if that is allowed."""
    now = datetime.now(UTC).replace(microsecond=0)
    content = response(LEAF, now=now)
    with http_peer(lambda _asked: Reply(content)) as responder:
        asked = {"ocspRequestData": hash_data() | {"responderURL": responder.url}}
        async with scene(version, ocsp_private_addresses=True) as (_, cs):
            answer = await answered(cs, version, "GetCertificateStatus", asked)
            assert answer == {"status": "Accepted", "ocspResult": base64.b64encode(content).decode()}
        responder.asked.clear()
        async with scene(version) as (api, cs):
            answer = await answered(cs, version, "GetCertificateStatus", asked)
            assert answer["status"] == "Failed"
            assert "ocspResult" not in answer
            ((rule, what),) = await findings(api, cs)
            assert rule == "certificates:status"
            assert "127.0.0.1 is not asked" in what
            if version != "ocpp1.6":
                assert answer["statusInfo"]["additionalInfo"] == what
        assert responder.asked == []


@pytest.mark.req("M07.FR.01", "M07.FR.02", "M07.FR.03", "M07.FR.04", "M07.FR.05", "M07.FR.06", "M07.FR.07", "M07.FR.08")
async def test_a_station_gets_the_status_of_a_chain() -> None:
    """One for each certificate, from OCSP or a CRL."""
    now = datetime.now(UTC).replace(microsecond=0)

    def answer(asked: Asked) -> Reply:
        contents = {
            "/good": response(LEAF, now=now),
            "/revoked": response(LEAF, Statuses.REVOKED, now=now),
            "/crl": crl(LEAF.serial_number, now=now),
        }
        content = contents.get(asked.path)
        return Reply(status=404) if content is None else Reply(content)

    wanted = [("OCSP", "/good", "Good"), ("OCSP", "/revoked", "Revoked"), ("OCSP", "/gone", "Failed")]
    wanted.append(("CRL", "/crl", "Revoked"))
    with http_peer(answer) as peer:
        entries = [
            {"certificateHashData": hash_data(), "source": source, "urls": [f"{peer.url}{path}"]}
            for source, path, _ in wanted
        ]
        async with scene("ocpp2.1", ocsp_private_addresses=True) as (_, cs):
            told = await cs.ask("GetCertificateChainStatus", {"certificateStatusRequests": entries})
    statuses = told["certificateStatus"]
    assert [(each["source"], each["status"]) for each in statuses] == [(source, status) for source, _, status in wanted]
    assert all(each["certificateHashData"] == hash_data() for each in statuses)
    tomorrow = (now + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    untils = [datetime.fromisoformat(each["nextUpdate"]) for each in statuses]
    assert untils[0] == untils[1] == untils[3] == datetime.fromisoformat(tomorrow)
    assert untils[2] < untils[0]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (wrapped("SignCertificate", {}), "Rejected"),
        (wrapped("GetCertificateStatus", {"ocspRequestData": {}}), "Rejected"),
        (wrapped("SignCertificate", {"csr": CSR}) | {"data": "no JSON"}, "Rejected"),
        ({"vendorId": "org.openchargealliance.iso15118pnc", "messageId": "SignCertificate"}, "Rejected"),
        (wrapped("InstallCertificate", {}), "UnknownMessageId"),
        (wrapped("Nonsense", {}), "UnknownMessageId"),
        ({"vendorId": "org.openchargealliance.iso15118pnc"}, "UnknownMessageId"),
        (wrapped("SignCertificate", {}) | {"vendorId": "com.example"}, "UnknownVendorId"),
    ],
)
async def test_what_is_no_message_of_plug_and_charge(message: dict[str, Any], status: str) -> None:
    """Is answered with one of the statuses after which a station does not send it again (section 2.1), and there is a finding."""
    async with scene("ocpp1.6") as (api, cs):
        assert await cs.ask("DataTransfer", message) == {"status": status}
        rules = [rule for rule, _ in await findings(api, cs)]
        assert rules == ([] if status == "UnknownVendorId" else ["data_transfer:plug-and-charge"])
