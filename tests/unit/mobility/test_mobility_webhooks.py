"""Webhooks of the pool: who is told what becomes of contracts, signed, in order, and until it is taken; whatever is killed."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI, Request, Response

from pilotwire.clock import ManualClock
from pilotwire.mobility import Pool
from pilotwire.mobility.access import Access
from pilotwire.mobility.notices import Endpoint
from pilotwire.mobility.notifier import FIRST_REST, LONGEST_REST, PATIENCE, Notifier
from pilotwire.mobility.routes import add_contracts
from pilotwire.mobility.settings import PkiSettings
from pilotwire.pki.revocation import Reason
from pilotwire.serving import WebServer
from tests.support.eventually import eventually
from tests.support.mobility_scene import (
    EMAID,
    OTHER_EMAID,
    OTHER_PCID,
    PCID,
    a_car,
    an_operator,
    bearer,
    der,
    served_pool,
)
from tests.support.pki_world import NEW_YEAR

CLIENTS = """
[volta]
role = "MO"
secret = "a-secret-of-volta"
providers = ["DE8AC"]

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
ENDPOINTS = "/v1/webhook/endpoints"
CREATED, UPDATED, DELETED = "oem.contract.created", "oem.contract.updated", "oem.contract.deleted"
ALL = [CREATED, UPDATED, DELETED]


@dataclass
class Receiver:
    """A client's server: what it was told, and what it answers (the last answer stays)."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    heard: list[tuple[httpx.Headers, bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[str, str, str]]:
        """Kind, eMAID and PCID of what it was told."""
        told = [msgspec.json.decode(body) for _, body in self.heard]
        return [(each["eventType"], each["payload"]["emaid"], each["payload"]["pcid"]) for each in told]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    made, app = Receiver(), FastAPI()

    @app.post("/told")
    async def told(request: Request) -> Response:
        made.heard.append((httpx.Headers(dict(request.headers)), await request.body()))
        return Response(status_code=made.answers.pop(0) if len(made.answers) > 1 else made.answers[0])

    async with WebServer(app, "127.0.0.1", 0, name="receiver") as server:
        made.url = f"{server.url}/told"
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NEW_YEAR)


@pytest.fixture
def pool(tmp_path: Path, clock: ManualClock) -> Iterator[Pool]:
    with an_operator(tmp_path / "ca", clock) as office, Pool(office) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> PkiSettings:
    (tmp_path / "clients.toml").write_text(CLIENTS)
    return PkiSettings(opcp_clients=str(tmp_path / "clients.toml"), opcp_plain_webhooks=True)


@asynccontextmanager
async def asked(pool: Pool, settings: PkiSettings, *who: str) -> AsyncIterator[Any]:
    """The pool's application without a server; asked as one of its clients. Nothing is sent: nobody runs what sends."""
    app = FastAPI()
    add_contracts(app, pool, settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pool") as api:
        secrets = {"works": "the-works", "others": "the-others", "root": "the-root"}
        tokens = {each: await bearer(api, each, f"a-secret-of-{secrets.get(each, each)}") for each in who}

        async def ask(name: str, method: str, path: str, body: Any = None) -> httpx.Response:
            return await api.request(method, path, json=body, headers={"authorization": tokens[name]})

        yield ask


def registered(pool: Pool, url: str, owner: str = "works", events: tuple[str, ...] = tuple(ALL)) -> Endpoint:
    made = Endpoint(f"id-{owner}", owner, url, events, "shared-secret", NEW_YEAR)
    pool.notices.keep(made)
    return made


async def test_an_endpoint_is_put_on_record_changed_and_removed(pool: Pool, settings: PkiSettings) -> None:
    async with asked(pool, settings, "works", "volta", "root") as ask:
        wanted = {"url": "https://works.example/told", "enabledEvents": [CREATED], "description": "ours"}
        made = await ask("works", "POST", ENDPOINTS, wanted)
        told = made.json()
        assert (made.status_code, told["status"], told["userRole"], told["wmis"]) == (201, "enabled", "OEM", ["WMI"])
        assert len(told["secret"]) >= 32
        own = f"{ENDPOINTS}/{told['id']}"
        assert (await ask("works", "GET", own)).json() == told
        assert (await ask("works", "GET", ENDPOINTS)).json() == (await ask("root", "GET", ENDPOINTS)).json() == [told]
        assert (await ask("volta", "GET", ENDPOINTS)).json() == []
        for method in ("GET", "PUT", "DELETE"):
            body = {"url": "https://volta.example"} if method == "PUT" else None
            assert (await ask("volta", method, own, body)).status_code == 404
        changed = {"url": "https://works.example/other", "enabledEvents": ALL, "status": "disabled"}
        told |= {"url": changed["url"], "enabledEvents": ALL, "status": "disabled"}
        assert (await ask("works", "PUT", own, changed)).json() == told
        assert (await ask("works", "DELETE", own)).status_code == 200
        assert (await ask("works", "GET", own)).status_code == 404


async def test_an_endpoint_that_cannot_be_is_told(pool: Pool, settings: PkiSettings) -> None:
    strict = settings.model_copy(update={"opcp_plain_webhooks": False})
    good = {"url": "https://works.example/told", "enabledEvents": [CREATED]}
    async with asked(pool, strict, "works", "plugs") as ask:
        for who, changed, status, what in (
            ("works", {"url": "http://works.example"}, 400, "https://"),
            ("works", {"url": "https://"}, 400, "https://"),
            ("works", {"url": "https://x:y"}, 400, "https://"),
            ("works", {"url": 1}, 400, "JSON"),
            ("works", {"enabledEvents": []}, 400, "enabledEvents"),
            ("works", {"enabledEvents": ["root.cert.added"]}, 400, "There is no event"),
            ("works", {"status": "asleep"}, 400, "JSON"),
            ("plugs", {}, 403, "do not concern"),
        ):
            refused = await ask(who, "POST", ENDPOINTS, good | changed)
            assert (refused.status_code, what in refused.json()["errorMessages"][0]) == (status, True), refused.text
        for _ in range(20):
            assert (await ask("works", "POST", ENDPOINTS, good)).status_code == 201
        assert "20 webhook endpoints" in (await ask("works", "POST", ENDPOINTS, good)).json()["errorMessages"][0]


async def test_what_becomes_of_a_contract_is_told_to_those_it_concerns(
    pool: Pool, settings: PkiSettings, clock: ManualClock
) -> None:
    """Its vehicle's maker and its operator, in order and signed; not to other makers."""
    async with receiving() as works, receiving() as volta, receiving() as others, served_pool(pool, **said(settings)):
        secret = registered(pool, works.url).secret
        registered(pool, volta.url, "volta", (DELETED,))
        registered(pool, others.url, "others")
        made = pool.add(EMAID, [PCID], "me")
        clock.advance(60)
        pool.renew(pool.contract(EMAID), "me")
        pool.end(EMAID, Reason.CESSATION_OF_OPERATION)
        await eventually(lambda: len(works.heard) == 3 and len(volta.heard) == 1)
        assert works.events == [(each, EMAID, PCID) for each in ALL]
        assert volta.events == [(DELETED, EMAID, PCID)]
        await eventually(lambda: not pool.register.read("select * from waiting"))
        assert others.heard == []
    headers, body = works.heard[0]
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    assert (headers["x-operator-signature"], headers["payload-signature"]) == (f"sha256={digest}", digest)
    told = msgspec.json.decode(body)
    assert told["timestamp"] == "2026-01-01T00:00:00Z"
    assert told["xsdMsgDefNamespace"] == "urn:iso:15118:2:2013:MsgDef"
    certificate = b64encode(der(made.issued.certificate)).decode()
    assert told["payload"]["contractCert"] == certificate
    assert told["payload"]["signatureAlgorithm"] == "secp256r1"
    assert pool.register.read("select * from event") == []  # nobody waits for it any more


def said(settings: PkiSettings) -> dict[str, Any]:
    return {"opcp_clients": settings.opcp_clients, "opcp_plain_webhooks": True}


async def test_what_is_not_taken_is_sent_again_and_nothing_overtakes_it(
    pool: Pool, settings: PkiSettings, clock: ManualClock
) -> None:
    async with receiving() as works, notifying(pool, settings) as send:
        registered(pool, works.url)
        works.answers = [503, 500, 200]
        pool.add(EMAID, [PCID], "me")
        pool.add(OTHER_EMAID, [PCID], "me")
        for told in (1, 1):  # the first rest is not over
            await send()
            assert len(works.heard) == told
        for told in (2, 2, 3):  # the second is twice as long
            clock.advance(FIRST_REST.total_seconds())
            await send()
            assert len(works.heard) == told
        await send()
        first, second = (CREATED, EMAID, PCID), (CREATED, OTHER_EMAID, PCID)
        assert works.events == [first, first, first, second]
        ids = [msgspec.json.decode(body)["eventId"] for _, body in works.heard]
        assert ids[0] == ids[1] == ids[2] != ids[3]  # by which who is told twice can know it


async def test_an_event_is_given_up_after_three_days(pool: Pool, settings: PkiSettings, clock: ManualClock) -> None:
    async with receiving() as works, notifying(pool, settings) as send:
        registered(pool, works.url)
        works.answers = [503]
        pool.add(EMAID, [PCID], "me")
        await send()
        assert pool.register.read("select tries from waiting") == [(1,)]
        clock.advance((PATIENCE + LONGEST_REST).total_seconds())
        await send()
        assert pool.register.read("select * from waiting") == []


async def test_an_endpoint_that_is_gone_is_told_nothing_until_it_is_enabled_again(
    pool: Pool, settings: PkiSettings, clock: ManualClock
) -> None:
    """410; what waited for it is there then."""
    async with receiving() as works, notifying(pool, settings) as send:
        endpoint = registered(pool, works.url)
        works.answers = [410, 200]
        pool.add(EMAID, [PCID], "me")
        await send()
        (known,) = pool.notices.endpoints()
        assert known.enabled is False
        clock.advance(86_400)
        await send()
        assert len(works.heard) == 1
        pool.notices.keep(endpoint)
        await send()
        assert works.events == [(CREATED, EMAID, PCID)] * 2


async def test_what_was_not_sent_before_the_end_is_sent_after_it(
    tmp_path: Path, settings: PkiSettings, clock: ManualClock
) -> None:
    """The event is on disk with what it tells of; whoever wrote it, the next server sends it."""
    async with receiving() as works:
        with an_operator(tmp_path / "ca", clock) as office:
            with Pool(office) as pool:
                registered(pool, works.url)
                pool.add(EMAID, [PCID], "me")
            with Pool(office) as again:
                async with served_pool(again, **said(settings)):
                    await eventually(lambda: works.events == [(CREATED, EMAID, PCID)])


def test_a_change_that_fails_is_not_told(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event and what it tells of are kept together, or not at all."""
    registered(pool, "http://127.0.0.1:1")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(pool.register, "hold", broken)
    with pytest.raises(RuntimeError):
        pool.add(EMAID, [PCID], "me")
    assert pool.register.contracts() == pool.register.read("select * from event") == []
    monkeypatch.undo()
    monkeypatch.setattr(pool.notices, "happened", broken)
    with pytest.raises(RuntimeError):
        pool.add(EMAID, [PCID], "me")
    assert pool.register.contracts() == []


async def test_certificates_of_vehicles_are_told_to_the_operator(
    pool: Pool, settings: PkiSettings, tmp_path: Path
) -> None:
    with an_operator(tmp_path / "maker", ManualClock(NEW_YEAR), hierarchies="oem") as maker:
        car = a_car(maker, OTHER_PCID)
        pool.trust([maker.chain("oem-root")[0]])
    async with receiving() as volta, notifying(pool, settings) as send:
        registered(pool, volta.url, "volta", ("mo.prov.cert.updated", "mo.prov.cert.deleted", DELETED))
        pool.add(EMAID, [OTHER_PCID], "me")
        pool.know(car.chain)
        pool.forget(OTHER_PCID, Reason.CESSATION_OF_OPERATION)
        for _ in range(3):
            await send()
        kinds = ["mo.prov.cert.updated", "mo.prov.cert.deleted", DELETED]
        assert volta.events == [(each, EMAID, OTHER_PCID) for each in kinds]


async def test_a_client_that_is_no_more_is_told_nothing(pool: Pool, settings: PkiSettings) -> None:
    async with receiving() as works, notifying(pool, settings) as send:
        registered(pool, works.url, "somebody")
        pool.add(EMAID, [PCID], "me")
        await send()
        assert (works.heard, pool.register.read("select * from waiting")) == ([], [])


@asynccontextmanager
async def notifying(pool: Pool, settings: PkiSettings) -> AsyncIterator[Any]:
    """What sends, step by step: each call sends what is due by the clock, and waits until it has been."""
    clock = pool.office.clock
    notifier = Notifier(pool.notices, Access(settings, clock), clock)
    async with httpx.AsyncClient(trust_env=False) as client:

        async def send() -> None:
            await notifier.send(client)
            await asyncio.gather(*notifier._busy.values())

        yield send
