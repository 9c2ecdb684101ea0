"""Clients with roles at a pool: who may call what, and what is theirs; contracts made and ended by OPCP."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import product
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
from pilotwire.pki.revocation import Reason
from tests.support.mobility_scene import (
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
)
from tests.support.pki_world import NEW_YEAR

CLIENTS = """
[volta]
role = "MO"
secret = "a-secret-of-volta"
providers = ["DE8AC"]

[ohm]
role = "MO"
secret = "a-secret-of-ohm-ohm"
providers = ["DE9ZZ"]

[works]
role = "OEM"
secret = "a-secret-of-the-works"
wmis = ["WMI"]

[others]
role = "OEM"
secret = "a-secret-of-the-others"
wmis = ["WVW"]

[plugs]
role = "CPO"
secret = "a-secret-of-plugs"

[root]
role = "PKI"
secret = "a-secret-of-the-root"
"""
SECRETS = {
    "volta": "a-secret-of-volta",
    "ohm": "a-secret-of-ohm-ohm",
    "works": "a-secret-of-the-works",
    "others": "a-secret-of-the-others",
    "plugs": "a-secret-of-plugs",
    "root": "a-secret-of-the-root",
}
DATA, GENERATE = "/v1/ccp/signedContractData", "/v1/cps/generate/signedContractData"


class Clients:
    """The pool's application, asked by its clients."""

    def __init__(self, api: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self._api = api
        self._tokens = tokens

    async def __call__(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        own = {"authorization": self._tokens[who]} | headers
        return await self._api.request(method, path, json=body, headers=own)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NEW_YEAR)


@pytest.fixture
def pool(tmp_path: Path, clock: ManualClock) -> Iterator[Pool]:
    with an_operator(tmp_path / "ca", clock) as office, Pool(office) as made:
        yield made


@pytest.fixture
def car(pool: Pool) -> Car:
    return a_car(pool.office)


@pytest.fixture
async def ask(pool: Pool, car: Car, tmp_path: Path) -> AsyncIterator[Clients]:
    (tmp_path / "clients.toml").write_text(CLIENTS)
    app = FastAPI()
    add_contracts(app, pool, PkiSettings(contracts_token=TOKEN, opcp_clients=str(tmp_path / "clients.toml")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pool") as api:
        tokens = {name: await bearer(api, name, secret) for name, secret in SECRETS.items()}
        yield Clients(api, tokens | {"csms": f"Bearer {TOKEN}", "nobody": "Bearer wrong"})


def wanted(days: float = 100, **other: str) -> dict[str, str]:
    """A body for generateSignedContractData."""
    return {
        "emaid": EMAID,
        "pcid": PCID,
        "contractBegins": f"{NEW_YEAR:%Y-%m-%dT%H:%M:%SZ}",
        "contractEnds": f"{NEW_YEAR + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
        "xsdMsgDefNamespace": "urn:iso:15118:2:2013:MsgDef",
    } | other


OPERATIONS = {
    "roots": ("GET", "/v1/root/rootCerts", "plugs volta works root csms"),
    "ask": ("POST", DATA, "plugs root csms"),
    "of a vehicle": ("GET", f"{DATA}/{PCID}", "works root"),
    "look up": ("GET", f"/v1/ccp/lookupContract/{EMAID}", "volta root"),
    "provide": ("GET", f"/v1/ccp/provideSignedContractData/{EMAID}/{PCID}", "works root"),
    "generate": ("PUT", GENERATE, "volta root"),
    "delete": ("DELETE", f"{DATA}/{EMAID}", "volta root"),
    "delete for": ("DELETE", f"{DATA}/{EMAID}/{PCID}", "volta root"),
    "vehicle": ("GET", f"/v1/oem/provCerts/{PCID}", "works volta root"),
    "look up vehicle": ("GET", f"/v1/oem/provCerts/lookupVehicle/{PCID}", "works volta root"),
    "add vehicle": ("PUT", "/v1/oem/provCerts", "works root"),
    "delete vehicle": ("DELETE", f"/v1/oem/provCerts/{PCID}", "works root"),
    "webhooks": ("GET", "/v1/webhook/endpoints", "plugs volta works root csms"),
    "our own": ("POST", "/contracts", "plugs root csms"),
}


async def test_each_role_may_do_what_is_its_own(ask: Clients) -> None:
    """Whoever may not is told so before anything of the request is looked at; whoever may is told something else."""
    for (operation, (method, path, allowed)), who in product(
        OPERATIONS.items(), ("plugs", "volta", "works", "csms", "root")
    ):
        answer = await ask(who, method, path, {} if method in ("PUT", "POST") else None)
        assert (answer.status_code != 403) is (who in allowed.split()), (operation, who, answer.text)
        if answer.status_code == 403:
            told = answer.json()
            what = told["errorMessages"][0] if "errorMessages" in told else told["detail"]
            assert " is for " in what, what


OF_OTHERS: tuple[tuple[str, str, str, Any], ...] = (
    ("ohm", "GET", f"/v1/ccp/lookupContract/{EMAID}", None),
    ("ohm", "DELETE", f"{DATA}/{EMAID}", None),
    ("ohm", "DELETE", f"{DATA}/{EMAID}/{PCID}", None),
    ("ohm", "PUT", GENERATE, wanted()),
    ("others", "GET", f"{DATA}/{PCID}", None),
    ("others", "GET", f"/v1/ccp/provideSignedContractData/{EMAID}/{PCID}", None),
    ("others", "GET", f"/v1/oem/provCerts/{PCID}", None),
    ("others", "DELETE", f"/v1/oem/provCerts/{PCID}", None),
)


async def test_who_is_not_known_may_nothing(ask: Clients) -> None:
    endpoint = "/v1/webhook/endpoints"
    more = [(method, f"{endpoint}/1", "") for method in ("GET", "PUT", "DELETE")]
    for method, path, _ in (*OPERATIONS.values(), *more, ("POST", endpoint, "")):
        assert (await ask("nobody", method, path)).status_code == 401, path


async def test_what_is_anothers_stays_anothers(ask: Clients, pool: Pool) -> None:
    pool.add(EMAID, [PCID], "me")
    for who, method, path, body in OF_OTHERS:
        refused = await ask(who, method, path, body)
        assert (refused.status_code, who in refused.json()["errorMessages"][0]) == (403, True), refused.text
    assert pool.contract(EMAID).ended_at is None
    assert pool.contract(EMAID).vehicles == (PCID,)
    assert pool.vehicle(PCID)


async def test_a_mobility_operator_makes_a_contract_and_makes_it_anew(ask: Clients, pool: Pool, car: Car) -> None:
    made = await ask("volta", "PUT", GENERATE, wanted(days=100))
    assert made.status_code == 201, made.text
    (told,) = made.json()["XMLContracts"]
    assert (told["emaid"], told["pcid"]) == (EMAID, PCID)
    first = x509.load_der_x509_certificate(b64decode(told["contractCertificate"]))
    assert first.not_valid_after_utc <= NEW_YEAR + timedelta(days=100)
    assert first.not_valid_after_utc > NEW_YEAR + timedelta(days=98)
    (told,) = (await ask("volta", "PUT", GENERATE, wanted(days=200))).json()["XMLContracts"]
    second = x509.load_der_x509_certificate(b64decode(told["contractCertificate"]))
    assert second.not_valid_after_utc > NEW_YEAR + timedelta(days=198)
    assert second.public_key() != first.public_key()
    asked = {"certificateInstallationReq": car.asks(), "xsdMsgDefNamespace": car.schema}
    (given,) = (await ask("plugs", "POST", DATA, asked)).json()["CCPResponse"]["emaidContent"]
    assert car.takes(given["messageDef"]["certificateInstallationRes"], NEW_YEAR).certificates[0] == second


async def test_one_contract_for_two_vehicles_ends_for_one(ask: Clients, pool: Pool) -> None:
    a_car(pool.office, OTHER_PCID)
    for pcid in (PCID, OTHER_PCID):
        assert (await ask("volta", "PUT", GENERATE, wanted(pcid=pcid))).status_code == 201
    assert pool.contract(EMAID).vehicles == (PCID, OTHER_PCID)
    assert (await ask("volta", "DELETE", f"{DATA}/{EMAID}/{PCID}")).status_code == 200
    assert pool.contract(EMAID).vehicles == (OTHER_PCID,)
    assert pool.newest(pool.contract(EMAID)).issued.revoked_at is None
    assert (await ask("volta", "DELETE", f"{DATA}/{EMAID}/{PCID}")).status_code == 404
    assert (await ask("volta", "DELETE", f"{DATA}/{EMAID}/{OTHER_PCID}")).status_code == 200
    assert pool.contract(EMAID).ended_at is not None


@pytest.mark.parametrize(("skip", "revoked"), [("false", True), ("true", False)])
async def test_a_contract_that_is_withdrawn_is_given_to_no_vehicle(
    ask: Clients, pool: Pool, car: Car, skip: str, revoked: bool
) -> None:
    """Its certificate is revoked, if that is not to be skipped (X-Skip-Revocation)."""
    pool.add(EMAID, [PCID], "me")
    headers = {"x-skip-revocation": skip}
    assert (await ask("volta", "DELETE", f"{DATA}/{EMAID}", **headers)).status_code == 200
    asked = {"certificateInstallationReq": car.asks(), "xsdMsgDefNamespace": car.schema}
    refused = await ask("plugs", "POST", DATA, asked)
    (content,) = refused.json()["CCPResponse"]["emaidContent"]
    assert refused.status_code == 404
    assert code_of(content["messageDef"]["certificateInstallationRes"]) == "FAILED_NoCertificateAvailable"
    assert (pool.newest(pool.contract(EMAID)).issued.revoked_at is not None) is revoked
    assert (await ask("volta", "DELETE", f"{DATA}/{EMAID}")).status_code == 404
    assert (await ask("volta", "GET", f"/v1/ccp/lookupContract/{EMAID}")).status_code == 404
    assert (await ask("volta", "PUT", GENERATE, wanted())).status_code == 201  # it may begin again


async def test_a_maker_takes_a_vehicle_back(ask: Clients, pool: Pool, car: Car) -> None:
    """Its contracts end; one that is for another vehicle too goes on for that."""
    a_car(pool.office, OTHER_PCID)
    pool.add(EMAID, [PCID], "me")
    pool.add(OTHER_EMAID, [PCID, OTHER_PCID], "me")
    assert (await ask("works", "GET", f"/v1/oem/provCerts/lookupVehicle/{PCID}")).status_code == 200
    assert (await ask("works", "DELETE", f"/v1/oem/provCerts/{PCID}")).status_code == 200
    assert pool.contract(EMAID).ended_at is not None
    assert (pool.contract(OTHER_EMAID).ended_at, pool.contract(OTHER_EMAID).vehicles) == (None, (OTHER_PCID,))
    for path in (f"/v1/oem/provCerts/{PCID}", f"/v1/oem/provCerts/lookupVehicle/{PCID}"):
        assert (await ask("works", "GET", path)).status_code == 404
    assert (await ask("works", "DELETE", f"/v1/oem/provCerts/{PCID}")).status_code == 404
    asked = {"certificateInstallationReq": car.asks(), "xsdMsgDefNamespace": car.schema}
    assert (await ask("plugs", "POST", DATA, asked)).status_code == 404
    assert (await ask("volta", "PUT", GENERATE, wanted())).status_code == 404


WRONG: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"days": 0.5}, 400, "contractEnds"),
    ({"contractBegins": "2026-02-01T00:00:00Z"}, 400, "contractBegins"),
    ({"contractEnds": "soon"}, 400, "JSON"),
    ({"contractEnds": "2027-01-01T00:00:00"}, 400, "JSON"),
    ({"days": 5_000}, 400, "days"),
    ({"pcid": "123"}, 400, "pcid"),
    ({"pcid": OTHER_PCID}, 404, "provisioning certificate"),
    ({"emaid": "DE8AC"}, 400, "eMAID"),
    ({"emaid": f"{EMAID}0"}, 400, "check digit"),
    ({"xsdMsgDefNamespace": "urn:iso:std:iso:15118:-20:CommonMessages"}, 400, "2013:MsgDef"),
)


async def test_a_contract_that_cannot_be_made_is_told(ask: Clients, pool: Pool) -> None:
    for changed, status, what in WRONG:
        refused = await ask("volta", "PUT", GENERATE, wanted(**changed))
        assert (refused.status_code, what in refused.json()["errorMessages"][0]) == (status, True), refused.text
    assert pool.register.contracts() == []


async def test_a_certificate_that_is_revoked_stays_so(ask: Clients, pool: Pool) -> None:
    """Making a contract anew does not bring back the certificate that was withdrawn."""
    pool.add(EMAID, [PCID], "me")
    old = pool.newest(pool.contract(EMAID)).issued.serial
    pool.end(EMAID, Reason.KEY_COMPROMISE)
    assert (await ask("volta", "PUT", GENERATE, wanted())).status_code == 201
    assert pool.office.issued(old).revoked_at is not None
    assert pool.newest(pool.contract(EMAID)).issued.serial != old
