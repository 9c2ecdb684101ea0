"""The pool by OPCP: tokens, contracts, roots and vehicles, in its forms; and what is refused, in its form too."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from fastapi import FastAPI

from pilotwire.clock import ManualClock
from pilotwire.mobility import Pool
from pilotwire.mobility.routes import add_contracts
from pilotwire.mobility.settings import PkiSettings
from tests.support.mobility_scene import (
    CLIENT,
    EMAID,
    OTHER_EMAID,
    OTHER_PCID,
    PCID,
    TOKEN,
    Car,
    a_car,
    an_operator,
    bearer,
    code_of,
    der,
)
from tests.support.pki_world import NEW_YEAR

DATA = "/v1/ccp/signedContractData"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NEW_YEAR)


@pytest.fixture
def pool(tmp_path: Path, clock: ManualClock) -> Iterator[Pool]:
    with an_operator(tmp_path / "ca", clock) as office, Pool(office) as made:
        yield made


@pytest.fixture
async def api(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """As the operator of the PKI."""
    app = FastAPI()
    add_contracts(app, pool, PkiSettings(contracts_token=TOKEN, opcp_client_role="PKI", **CLIENT))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pool") as made:
        made.headers["authorization"] = await bearer(made, "csms", CLIENT["opcp_client_secret"])
        yield made


@pytest.fixture
def car(pool: Pool) -> Car:
    made = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    return made


async def test_a_client_gets_a_token_for_its_secret(api: httpx.AsyncClient, clock: ManualClock) -> None:
    """As JSON or as a form; it is good for an hour."""
    asked = {"client_id": "csms", "client_secret": CLIENT["opcp_client_secret"], "grant_type": "client_credentials"}
    for how in ({"json": asked}, {"data": asked}):
        told = (await api.post("/oauth/token", **how)).json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
        bearer = {"authorization": f"Bearer {told['access_token']}"}
        assert (await api.get("/v1/root/rootCerts", headers=bearer)).status_code == 200
    clock.advance(3601)
    assert (await api.get("/v1/root/rootCerts", headers=bearer)).status_code == 401
    for wrong, status, error in (
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": None}, 400, "invalid_request"),
    ):
        refused = await api.post("/oauth/token", json=asked | wrong)
        assert (refused.status_code, refused.json()["error"]) == (status, error)


async def test_a_request_brings_all_contracts(api: httpx.AsyncClient, pool: Pool, car: Car, clock: ManualClock) -> None:
    pool.add(OTHER_EMAID, [PCID], "me")
    asked = {"certificateInstallationReq": car.asks(), "xsdMsgDefNamespace": car.schema}
    told = (await api.post(DATA, json=asked)).json()["CCPResponse"]["emaidContent"]
    assert [each["messageDef"]["emaid"] for each in told] == [EMAID, OTHER_EMAID]
    got = [car.takes(each["messageDef"]["certificateInstallationRes"], clock.now()) for each in told]
    assert [each.emaid for each in got] == [EMAID, OTHER_EMAID]


async def test_a_vehicle_without_a_contract_is_told_in_exi_or_in_words(api: httpx.AsyncClient, pool: Pool) -> None:
    car = a_car(pool.office)
    asked = {"certificateInstallationReq": car.asks(), "xsdMsgDefNamespace": car.schema}
    refused = await api.post(DATA, json=asked)
    (content,) = refused.json()["CCPResponse"]["emaidContent"]
    assert refused.status_code == 404
    assert code_of(content["messageDef"]["certificateInstallationRes"]) == "FAILED_NoCertificateAvailable"
    words = await api.post(DATA, json=asked, headers={"alwaysReturnEXI": "false"})
    assert words.status_code == 404
    assert PCID in words.json()["errorMessages"][0]


async def test_contracts_are_looked_up(api: httpx.AsyncClient, pool: Pool, car: Car, clock: ManualClock) -> None:
    for path in (f"{DATA}/{PCID}", f"/v1/ccp/lookupContract/{EMAID}"):
        (told,) = (await api.get(path)).json()["XMLContracts"]
        assert (told["pcid"], told["emaid"], told["xsdMsgDefNamespace"]) == (PCID, EMAID, car.schema)
        certificate = x509.load_der_x509_certificate(b64decode(told["contractCertificate"]))
        assert certificate == pool.newest(pool.contract(EMAID)).issued.certificate
    told = (await api.get(f"/v1/ccp/provideSignedContractData/{EMAID}/{PCID}?sessionID=1234")).json()
    assert car.takes(told["certificateInstallationRes"], clock.now()).good


async def test_the_roots(api: httpx.AsyncClient, pool: Pool) -> None:
    collection = (await api.get("/v1/root/rootCerts")).json()["RootCertificateCollection"]["rootCertificates"]
    kinds = {each["rootType"]: each for each in collection}
    assert set(kinds) == {"V2G", "MO", "OEM"}
    for kind, told in kinds.items():
        root = pool.office.chain(f"{kind.lower()}-root")[0]
        assert b64decode(told["caCertificate"]) == der(root)
        assert told["validTo"] == f"{root.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
        alone = await api.get(f"/v1/root/rootCerts/{told['rootCertificateId']}")
        assert alone.json() == {"RootResponse": told}
        only = (await api.get(f"/v1/root/rootCerts?rootType={kind.lower()}")).json()
        assert only["RootCertificateCollection"]["rootCertificates"] == [told]


async def test_a_maker_hands_in_his_vehicles(api: httpx.AsyncClient, pool: Pool, tmp_path: Path) -> None:
    """Once his root is trusted; what was handed in can be had."""
    with an_operator(tmp_path / "maker", ManualClock(NEW_YEAR), hierarchies="oem") as maker:
        car = a_car(maker, OTHER_PCID)
        root = maker.chain("oem-root")[0]
    names = ("vehicleCertificate", "subCA2Certificate", "subCA1Certificate")
    handed = {name: b64encode(der(each)).decode() for name, each in zip(names, car.chain, strict=True)}
    refused = await api.put("/v1/oem/provCerts", json=handed)
    assert (refused.status_code, "is not good" in refused.json()["errorMessages"][0]) == (400, True)
    pool.trust([root])
    assert (await api.put("/v1/oem/provCerts", json=handed)).status_code == 200
    told = (await api.get(f"/v1/oem/provCerts/{OTHER_PCID}")).json()["OEMMessage"]
    assert {name: told[name] for name in names} == handed


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", DATA, {"certificateInstallationReq": "AAAA", "xsdMsgDefNamespace": "urn:x"}, 400),
        ("POST", DATA, {"certificateInstallationReq": "AAAA"}, 400),
        ("POST", DATA, [], 400),
        ("POST", DATA, {"certificateInstallationReq": "A" * 70_000, "xsdMsgDefNamespace": ""}, 413),
        ("GET", f"{DATA}/123", None, 400),
        ("GET", "/v1/ccp/lookupContract/123", None, 400),
        ("GET", f"/v1/ccp/lookupContract/{OTHER_EMAID}", None, 404),
        ("GET", f"/v1/ccp/provideSignedContractData/{EMAID}/{OTHER_PCID}", None, 404),
        ("GET", f"/v1/ccp/provideSignedContractData/{EMAID}/{PCID}?sessionID=xyz", None, 400),
        ("GET", f"/v1/ccp/provideSignedContractData/{EMAID}/{PCID}?xsdMsgDefNamespace=urn:x", None, 400),
        ("GET", f"/v1/oem/provCerts/{OTHER_PCID}", None, 404),
        ("GET", "/v1/root/rootCerts/1", None, 404),
        ("GET", "/v1/root/rootCerts?rootType=x", None, 400),
        ("PUT", "/v1/oem/provCerts", {"vehicleCertificate": "AAAA"}, 400),
        ("PUT", "/v1/oem/provCerts", {"vehicleCertificate": "%"}, 400),
    ],
)
async def test_what_is_wrong_is_said(
    api: httpx.AsyncClient, car: Car, method: str, path: str, body: Any, status: int
) -> None:
    """With the right status, a sentence and a trace id."""
    answer = await api.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert told["errorMessages"][0].endswith((".", ")"))
    assert len(told["traceId"]) == 36
    unknown = await api.request(method, path, json=body, headers={"authorization": "Bearer wrong"})
    assert unknown.status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"exiRequest": 7}', b'{"exiRequest": "", "prioritizedEMAIDs": 1}']
)
async def test_our_own_interface_says_what_it_wants(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/contracts", content=body)
    assert (answer.status_code, "exiRequest" in answer.json()["detail"]) == (400, True)
    assert (await api.post("/contracts", content=body, headers={"authorization": "Bearer x"})).status_code == 401
