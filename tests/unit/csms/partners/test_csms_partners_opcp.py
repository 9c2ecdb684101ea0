"""A pool asked by OPCP: what it may answer, well or badly, and what is made of it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.clock import ManualClock
from pilotwire.csms.partners.chosen import chosen_partners
from pilotwire.csms.partners.embedded_contracts import EmbeddedContracts
from pilotwire.csms.partners.http_contracts import HttpContracts
from pilotwire.csms.partners.opcp import OpcpContracts, opcp_of
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked
from pilotwire.errors import ConfigError
from tests.support.http_peer import Asked, HttpPeer, Reply, http_peer
from tests.support.mobility_scene import EMAID, OTHER_EMAID, an_operator
from tests.support.pki_houses import authority
from tests.support.pki_world import PASSWORD

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SCHEMA = "urn:iso:15118:2:2013:MsgDef"
CLIENT = {"contracts_client_id": "csms", "contracts_client_secret": "a-secret"}


def asked(most: int | None = None, *wished: str) -> EvCertificateAsked:
    return EvCertificateAsked(
        schema_version=SCHEMA,
        action=CertificateAction.INSTALL,
        exi_request="gJgC",
        max_chains=most,
        prioritized_emaids=wished,
    )


def contracts(**by_emaid: str) -> bytes:
    """What a pool answers that has these responses."""
    content = [{"messageDef": {"certificateInstallationRes": exi, "emaid": emaid}} for emaid, exi in by_emaid.items()]
    return json.dumps({"CCPResponse": {"emaidContent": content}}).encode()


def said(body: Any, status: int = 200) -> Callable[[Asked], Reply]:
    """A pool that always answers the same, and gives tokens t1, t2, ..."""
    given: list[str] = []

    def answer(asked: Asked) -> Reply:
        if asked.path != "/oauth/token":
            return Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), status)
        given.append(f"t{len(given) + 1}")
        return Reply(json.dumps({"access_token": given[-1], "expires_in": 600, "token_type": "Bearer"}).encode())

    return answer


@pytest.fixture
def pool() -> Iterator[HttpPeer]:
    with http_peer(said(contracts(**{EMAID: "AAAA"}))) as peer:
        yield peer


def client(pool: HttpPeer, clock: ManualClock | None = None, **more: Any) -> OpcpContracts:
    settings = CsmsSettings(contracts_interface="opcp", contracts_url=f"{pool.url}/", **(CLIENT | more))
    return OpcpContracts(opcp_of(settings), clock or ManualClock(NOW))


async def test_it_asks_with_a_token_and_in_the_words_of_opcp(pool: HttpPeer) -> None:
    verdict = await client(pool, contracts_audience="https://pool.example").certificate("CS-1", asked())
    assert (verdict.accepted, verdict.exi_response, verdict.remaining) == (True, "AAAA", None)
    token, data = pool.asked
    assert json.loads(token.body) == {
        "client_id": "csms",
        "client_secret": "a-secret",
        "audience": "https://pool.example",
        "grant_type": "client_credentials",
    }
    assert (data.method, data.path, data.headers["authorization"]) == (
        "POST",
        "/v1/ccp/signedContractData",
        "Bearer t1",
    )
    assert json.loads(data.body) == {"certificateInstallationReq": "gJgC", "xsdMsgDefNamespace": SCHEMA}


async def test_paths_and_the_giver_of_tokens_are_as_they_are_set(pool: HttpPeer) -> None:
    more = {"contracts_data_path": "/pool/data", "contracts_token_url": f"{pool.url}/oauth/token"}
    await client(pool, **more).certificate("CS-1", asked())
    assert [each.path for each in pool.asked] == ["/oauth/token", "/pool/data"]
    pool.asked.clear()
    fixed = {"contracts_client_id": "", "contracts_client_secret": "", "contracts_token": "fixed"}
    await client(pool, **fixed).certificate("CS-1", asked())
    assert [each.headers.get("authorization") for each in pool.asked] == ["Bearer fixed"]


async def test_a_token_serves_until_it_ends_or_is_refused(pool: HttpPeer) -> None:
    clock = ManualClock(NOW)
    it = client(pool, clock)
    for seconds in (0, 530, 20):
        clock.advance(seconds)
        await it.certificate("CS-1", asked())
    assert [each.path for each in pool.asked].count("/oauth/token") == 2
    before = pool.answer

    def refuses(asked: Asked) -> Reply:
        return Reply(status=401) if asked.headers.get("authorization") == "Bearer t2" else before(asked)

    pool.answer = refuses
    assert (await it.certificate("CS-1", asked())).accepted
    assert pool.asked[-1].headers["authorization"] == "Bearer t3"
    pool.answer = said({"errorMessages": ["go away"]}, 401)
    with pytest.raises(PartnerFailed, match=r"status 401\. go away"):
        await it.certificate("CS-1", asked())


@pytest.mark.req("M01.FR.04", "M01.FR.07")
async def test_all_contracts_come_at_once_and_are_handed_on_one_by_one(pool: HttpPeer) -> None:
    """What is wanted first comes first; another station's same request is another one; no more than the vehicle takes."""
    pool.answer = said(contracts(**{EMAID: "AAAA", OTHER_EMAID: "BBBB", "DE8ACC12E46L91": "CCCC"}))
    it = client(pool)
    question = asked(2, "DE-8AC-C12E46L90")
    told = [await it.certificate(station, question) for station in ("CS-1", "CS-2", "CS-1", "CS-1")]
    assert [(each.exi_response, each.remaining) for each in told] == [
        ("BBBB", 1),
        ("BBBB", 1),
        ("AAAA", 0),
        ("BBBB", 1),
    ]
    assert [each.path for each in pool.asked].count("/v1/ccp/signedContractData") == 3


@pytest.mark.parametrize(
    ("body", "exi", "why"),
    [
        (contracts(**{"": "RRRR"}), "RRRR", "no contract for this vehicle."),
        ({"errorMessages": ["Contract or Vehicle not found."]}, "", "Contract or Vehicle not found."),
        (b"not here", "", "no contract for this vehicle."),
    ],
)
async def test_a_vehicle_without_a_contract(pool: HttpPeer, body: Any, exi: str, why: str) -> None:
    """The response that refuses it goes on to the vehicle, if there is one."""
    pool.answer = said(body, 404)
    verdict = await client(pool).certificate("CS-1", asked())
    assert (verdict.accepted, verdict.exi_response) == (False, exi)
    assert why in (verdict.reason or "")


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({"errorMessages": ["EXI format is invalid!"]}, 400, "status 400. EXI format is invalid!"),
        (b"", 503, "status 503."),
        (b"<html>", 200, "cannot be used"),
        ({}, 200, "cannot be used"),
        ({"CCPResponse": {"emaidContent": []}}, 200, "cannot be used"),
        (contracts(**{EMAID: ""}), 200, "cannot be used"),
        (contracts(**{EMAID: "A" * 17_001}), 200, "cannot be used"),
        (b" " * 1_100_000, 200, "more than 1000000 bytes"),
    ],
)
async def test_answers_that_are_none(pool: HttpPeer, body: Any, status: int, why: str) -> None:
    pool.answer = said(body, status)
    with pytest.raises(PartnerFailed) as failed:
        await client(pool).certificate("CS-1", asked())
    assert why in failed.value.what


async def test_nobody_there(pool: HttpPeer) -> None:
    pool.answer = pool.slow
    with pytest.raises(PartnerFailed, match=r"did not answer in 0\.2 seconds"):
        await client(pool, contracts_timeout=0.2).certificate("CS-1", asked())
    pool.url = "http://127.0.0.1:1"
    with pytest.raises(PartnerFailed, match="could not be asked"):
        await client(pool).certificate("CS-1", asked())


def told_root(root: x509.Certificate, kind: str) -> dict[str, str]:
    return {"caCertificate": b64encode(root.public_bytes(Encoding.DER)).decode(), "rootType": kind}


async def test_the_roots_of_contracts_are_those_of_operators_and_v2g_and_are_remembered_an_hour(pool: HttpPeer) -> None:
    roots = {kind: authority(f"{kind.lower()}-root").certificate for kind in ("MO", "V2G", "OEM")}
    collection = [told_root(root, kind) for kind, root in roots.items()]
    pool.answer = said({"RootCertificateCollection": {"rootCertificates": collection}})
    clock = ManualClock(NOW)
    it = client(pool, clock)
    for _ in range(2):
        told = x509.load_pem_x509_certificates((await it.contract_roots()).encode())
        assert told == [roots["MO"], roots["V2G"]]
    assert [each.path for each in pool.asked].count("/v1/root/rootCerts") == 1
    clock.advance(3601)
    for body, status, why in (
        (
            {"RootCertificateCollection": {"rootCertificates": [{"caCertificate": "AAAA", "rootType": "MO"}]}},
            200,
            "read",
        ),
        ({"errorMessages": ["closed"]}, 403, "403. closed"),
    ):
        pool.answer = said(body, status)
        with pytest.raises(PartnerFailed) as failed:
            await it.contract_roots()
        assert why in failed.value.what


def test_the_settings_choose_the_interface(tmp_path: Any) -> None:
    def chosen(**settings: Any) -> Any:
        return chosen_partners(CsmsSettings(**settings), ManualClock(NOW))

    assert isinstance(chosen(contracts_url="http://p").contracts, HttpContracts)
    opcp = chosen(contracts_url="http://p", contracts_interface="opcp", contract_roots_of_pool=True)
    assert isinstance(opcp.contracts, OpcpContracts)
    assert opcp.roots is opcp.contracts
    assert chosen(contracts_url="http://p", contracts_interface="opcp").roots is None
    an_operator(tmp_path / "ca").close()
    how = {"contracts_interface": "embedded", "contracts_pki": str(tmp_path / "ca")}
    inside = chosen(**how, contracts_pki_password=PASSWORD)
    assert isinstance(inside.contracts, EmbeddedContracts)
    inside.close()
    an_operator(tmp_path / "small", hierarchies="oem").close()
    for settings, why in (
        ({"contracts_interface": "opcp"}, "there is no contracts_url"),
        ({"contracts_url": "http://p", "contracts_client_id": "csms"}, "only given together"),
        ({"contracts_url": "http://p", "contract_roots_of_pool": True}, "no pool that tells roots"),
        ({"contracts_interface": "embedded"}, "there is no contracts_pki"),
        (how | {"contracts_pki": str(tmp_path / "gone")}, "no certificate authority"),
        (how | {"contracts_pki_password": "wrong"}, "contracts_pki: "),
        (how | {"contracts_pki": str(tmp_path / "small"), "contracts_pki_password": PASSWORD}, "no CA for contracts"),
    ):
        with pytest.raises(ConfigError) as refused:
            chosen(**settings)
        assert why in refused.value.what, settings
