"""Webhooks over real sockets: what stations do is told, signed, in order, again until it is taken, and over a restart."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pilotwire.csms.app import Csms
from pilotwire.serving import WebServer
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.raw_station import settings, station


class Listener:
    """Somebody who is told; answers with the next of `answers`, then with 204."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.url = ""

    async def hear(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append((dict(request.headers), body))
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.told.append(json.loads(body))
        return Response(status_code=status)

    def types(self) -> list[str]:
        """The types of what it took, in order."""
        return [each["type"] for each in self.told]


@asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    """A listener behind HTTP."""
    one = Listener()
    app = Starlette(routes=[Route("/hook", one.hear, methods=["POST"])])
    async with WebServer(app, "127.0.0.1", 0, name="listener") as web:
        one.url = f"{web.url}/hook"
        yield one


async def put(api: httpx.AsyncClient, one: Listener, name: str = "billing", **more: Any) -> dict[str, Any]:
    """Put a webhook on record."""
    answer = await api.put(f"/webhooks/{name}", json={"url": one.url} | more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver checks it, by the text of Standard Webhooks."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, sha256).digest()
    return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


async def test_what_a_station_does_is_told_in_order_and_signed() -> None:
    """Connection, boot, status: as the live events have them; heartbeats are no news."""
    async with listener() as one, Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        secret = (await put(api, one))["secret"]
        async with station(csms) as cs:
            await cs.boot()
            await cs.ask("Heartbeat", {})
            await cs.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
            await eventually(lambda: len(one.told) == 3)
        await eventually(lambda: len(one.told) == 4)
        assert one.types() == ["connection", "boot", "status", "connection"]
        assert [each["station"] for each in one.told] == ["CS001"] * 4
        assert one.told[2]["data"]["connector"]["connectorStatus"] == "Available"
        assert all(is_signed(secret, *request) for request in one.requests)
        shown = (await api.get("/webhooks/billing")).json()
        assert (shown["delivered"], shown["error"], shown["secret"]) == (4, "", None)


async def test_what_is_not_taken_is_told_again_before_what_follows() -> None:
    """The same id, and the order is kept; meanwhile it is shown that it fails."""
    async with listener() as one, Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        await put(api, one, types=["boot", "status"])
        one.answers = [500]
        async with station(csms) as cs:
            await cs.boot()
            await cs.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
            await eventually(lambda: len(one.requests) == 1)
            shown = (await api.get("/webhooks/billing")).json()
            assert (shown["error"], shown["delivered"]) == ("HTTP 500", 0)
            await eventually(lambda: len(one.told) == 2)
        assert one.types() == ["boot", "status"]
        ids = [headers["webhook-id"] for headers, _ in one.requests]
        assert ids[0] == ids[1] != ids[2]


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """What could not be told before a restart is told after it; what was told is not told again."""
    database = f"sqlite:///{tmp_path}/csms.db"
    async with listener() as one:
        async with Csms(settings(no_auth=True, database=database)) as csms, client_of(csms) as api:
            await put(api, one, types=["boot", "status"])
            async with station(csms) as cs:
                await cs.boot()
                await eventually(lambda: len(one.told) == 1)
                one.answers = [503] * 50
                await cs.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
                await eventually(lambda: len(one.requests) >= 2)
        one.answers = []
        async with Csms(settings(no_auth=True, database=database)) as csms:
            await eventually(lambda: len(one.told) == 2)
        assert one.types() == ["boot", "status"]


async def test_only_what_is_wanted_is_told() -> None:
    """By type and by station; raw messages only by name; nothing from before it was put on record."""
    async with (
        listener() as one,
        Csms(settings(no_auth=True)) as csms,
        client_of(csms) as api,
        station(csms, "CS-2") as other,
        station(csms) as cs,
    ):
        await cs.boot()
        await put(api, one, types=["boot", "message"], stations=["CS-2"])
        await cs.boot()
        await other.boot()
        await eventually(lambda: len(one.told) == 3)
        assert sorted(one.types()) == ["boot", "message", "message"]
        assert {each["station"] for each in one.told} == {"CS-2"}


async def test_one_that_is_gone_is_told_nothing_more() -> None:
    """HTTP 410 switches it off; put on record again, it goes on."""
    async with listener() as one, Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        await put(api, one, types=["boot"])
        one.answers = [410]
        async with station(csms) as cs:
            await cs.boot()

            async def is_off() -> bool:
                return not (await api.get("/webhooks/billing")).json()["active"]

            await asyncio.wait_for(_until(is_off), 10)
            await put(api, one, types=["boot"])
            await cs.boot()
            await eventually(lambda: bool(one.told))


async def _until(true: Any) -> None:
    while not await true():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://x/"},
        {"url": "https://"},
        {"url": "https://x/", "types": ["gossip"]},
        {"url": "https://x/", "secret": "password"},
        {"url": "https://x/", "secret": "whsec_short"},
        {},
    ],
)
async def test_a_webhook_that_makes_no_sense(body: Any) -> None:
    """Is refused with the place."""
    async with Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        answer = await api.put("/webhooks/x", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["where"].startswith("body.")
        assert (await api.get("/webhooks/x")).status_code == 404
        assert (await api.delete("/webhooks/x")).status_code == 404


async def test_a_webhook_is_taken_off_record() -> None:
    """And is told nothing from then on."""
    async with listener() as one, Csms(settings(no_auth=True)) as csms, client_of(csms) as api:
        await put(api, one, types=["boot"])
        assert [each["name"] for each in (await api.get("/webhooks")).json()] == ["billing"]
        assert (await api.delete("/webhooks/billing")).status_code == 204
        await put(api, one, "second", types=["status"])
        async with station(csms) as cs:
            await cs.boot()
            await cs.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
            await eventually(lambda: len(one.told) == 1)
        assert one.types() == ["status"]
