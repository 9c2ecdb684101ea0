"""The audit log: what is written of whom, what is masked, and how a flood of refusals is kept short."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from pilotwire.csms.api.audit_trail import Refusals
from pilotwire.csms.api.masking import MASK, masked, masked_body, masked_query, masked_text
from pilotwire.csms.commands import CommandTimedOut
from pilotwire.csms.registers.access import AUDIT
from pilotwire.csms.services import Parts
from pilotwire.csms.services.retention import Retention
from pilotwire.csms.store.ports import KeepEntry, Operation, Scope
from pilotwire.domain.authorization import ClearCache, ClearCacheOutcome
from pilotwire.errors import StoreError
from tests.support.api_rooms import ApiRooms, api_of, client_of


@asynccontextmanager
async def admin(**settings: Any) -> AsyncIterator[tuple[ApiRooms, httpx.AsyncClient]]:
    """An API with a connected station, and a client with the key of an administrator."""
    rooms = ApiRooms(**({"no_auth": False} | settings))
    await rooms.key(Scope.ADMIN, "root")
    rooms.bus.connect("CS-1")
    rooms.bus.answers = {ClearCache: ClearCacheOutcome(accepted=True)}
    async with client_of(api_of(rooms), **{"X-API-Key": "root"}) as client:
        yield rooms, client


async def entries(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """What is written."""
    found: list[dict[str, Any]] = (await client.get("/audit", params=query)).json()["items"]
    return found


async def test_a_command_is_written_down() -> None:
    """Who, when, from where, what, about which station, and what came of it; looking is not written."""
    async with admin() as (_, client):
        await client.post("/stations/CS-1/commands/clear-cache")
        await client.get("/stations")
        (entry,) = await entries(client)
        assert entry["who"] == "key:admin"
        assert entry["remote"] == "127.0.0.1"
        assert (entry["method"], entry["operation"]) == ("POST", "/stations/{station}/commands/clear-cache")
        assert (entry["station"], entry["path"]) == ("CS-1", "/stations/CS-1/commands/clear-cache")
        assert (entry["status"], entry["reason"]) == (200, "")
        assert entry["timestamp"] == "2026-01-31T12:00:00Z"


async def test_failures_are_written_too() -> None:
    """A station that does not answer, one that is not there, a request that makes no sense."""
    async with admin() as (rooms, client):
        rooms.bus.answers = {ClearCache: CommandTimedOut("it took too long.")}
        await client.post("/stations/CS-1/commands/clear-cache")
        await client.post("/stations/CS-2/commands/clear-cache")
        await client.put("/sites/x", content=b"{")
        await client.put("/sites/x", json={"statoins": []})
        wrong, _, absent, late = await entries(client)
        assert (late["status"], late["reason"]) == (504, "it took too long.")
        assert absent["status"] == 409
        assert (wrong["status"], wrong["asked"]) == (422, '{"statoins":[]}')
        assert "statoins" in wrong["reason"]


async def test_it_is_written_before_the_answer_goes_out() -> None:
    """If it cannot be written, the answer says so instead."""
    async with admin() as (rooms, client):
        real = rooms.journal.append

        async def append(*operations: Operation) -> Any:
            if any(isinstance(each, KeepEntry) and each.diary is AUDIT for each in operations):
                raise StoreError("the disk is full.")
            return await real(*operations)

        rooms.journal.append = append  # type: ignore[method-assign]
        answer = await client.post("/stations/CS-1/commands/clear-cache")
        assert answer.status_code == 503
        assert "audit log" in answer.json()["detail"]
        assert len(rooms.bus.commands) == 1
        assert (await client.get("/stations")).status_code == 200, "looking goes on"


async def test_secrets_are_not_written() -> None:
    """Not the password of a login, of a user, of a station, nor of a variable."""
    async with admin() as (rooms, client):
        secret = "hush-hush-hush-hush"
        await client.put("/users/anna", json={"role": "viewer", "password": secret})
        await client.post("/login", json={"name": "anna", "password": secret})
        await client.put("/stations/CS-1", json={"password": secret})
        data = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
            "attributeValue": secret,
        }
        await client.post("/stations/CS-1/commands/set-variables", json={"setVariableData": [data]})
        await client.post("/stations/CS-1/calls/ChangeConfiguration", json={"key": "AuthorizationKey", "value": secret})
        assert len(rooms.store.memory.diaries[AUDIT.name]) == 5
        lines = (await client.get("/audit/export")).text
        assert secret not in lines
        assert lines.count(MASK) == 5
        assert [json.loads(line)["who"] for line in lines.splitlines()] == [
            "key:admin",
            "user:anna",
            *["key:admin"] * 3,
        ]


async def test_it_is_searched() -> None:
    """By who, station and time, page by page; and given out as JSON lines."""
    async with admin() as (rooms, client):
        for number in range(5):
            await client.post(f"/stations/CS-{number % 2}/commands/clear-cache")
            rooms.clock.advance(60)
        assert len(await entries(client, station="CS-1")) == 2
        assert len(await entries(client, who="key:admin")) == 5
        assert await entries(client, who="key:nobody") == []
        between = await entries(client, since="2026-01-31T12:01:00Z", until="2026-01-31T12:03:00Z")
        assert [each["station"] for each in between] == ["CS-0", "CS-1"]
        first = (await client.get("/audit", params={"limit": 3})).json()
        rest = (await client.get("/audit", params={"limit": 3, "after": first["nextCursor"]})).json()
        numbers = [each["number"] for each in first["items"] + rest["items"]]
        assert numbers == sorted(numbers, reverse=True)
        assert len(numbers) == 5
        lines = (await client.get("/audit/export", params={"station": "CS-0"})).text.splitlines()
        assert [json.loads(line)["station"] for line in lines] == ["CS-0"] * 3


async def test_refusals_are_written_but_not_all() -> None:
    """Also of plain reads; of a flood so many a minute, and how many were left out is in the next one."""
    async with admin() as (rooms, client):
        await rooms.key(Scope.READ, "reader")
        assert (await client.get("/users", headers={"X-API-Key": "reader"})).status_code == 403
        for _ in range(60):
            await client.get("/stations", headers={"X-API-Key": "guess"})
        refused = await entries(client)
        assert len(refused) == 20
        assert (refused[-1]["who"], refused[-1]["status"]) == ("key:read", 403)
        assert (refused[0]["who"], refused[0]["status"]) == ("", 401)
        rooms.clock.advance(60)
        await client.get("/stations", headers={"X-API-Key": "guess"})
        assert (await entries(client))[0]["suppressed"] == 41


async def test_old_entries_go() -> None:
    """After `keep_audit_days`, and not before."""
    async with admin(keep_audit_days=2) as (rooms, client):
        parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
        await client.post("/stations/CS-1/commands/clear-cache")
        rooms.clock.advance(86_400)
        await client.post("/stations/CS-2/commands/clear-cache")
        for left in (["CS-2", "CS-1"], ["CS-2"]):
            await Retention(parts).look()
            assert [each["station"] for each in await entries(client)] == left
            rooms.clock.advance(86_401)


def test_many_addresses_are_limited_together() -> None:
    """So that a flood from everywhere does not fill the disk either."""
    refusals = Refusals(most=2)
    written = [refusals.suppressed(f"192.0.2.{number}", 0.0) for number in range(50)]
    assert written.count(None) == 30


@pytest.mark.parametrize(
    "said",
    [
        {"password": "x"},
        {"basicAuthPassword": "x"},
        {
            "connectionData": {
                "vpn": {"user": "u", "password": "x", "key": "x"},
                "apn": {"apnPassword": "x", "simPin": "x"},
            }
        },
        {"privateKey": "x"},
        {"text": "-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----"},
        {"text": "-----BEGIN PRIVATE KEY-----\nx"},
        {"variable": {"name": "basicauthpassword"}, "value": "x"},
        {"key": "AuthorizationKey", "value": "x"},
        {"data": '{"password": "x"}'},
        {"location": "ftp://u:x@host/"},
        [{"secret": {"deep": "x"}}],
    ],
)
def test_secrets_are_masked(said: Any) -> None:
    """By name, by the variable that is set, as private keys, in URLs, in JSON inside of text."""
    shown = json.dumps(masked(said))
    assert "x" not in shown.replace("text", "").replace("deep", "")
    assert MASK in shown


@pytest.mark.parametrize(
    "said",
    [
        {"key": "HeartbeatInterval", "value": "300"},
        {"idToken": {"idToken": "04A1", "type": "ISO14443"}},
        {"certificate": "-----BEGIN CERTIFICATE-----\nMII"},
        {"password": None},
        {"url": "https://host/path@x"},
    ],
)
def test_what_is_no_secret_is_shown(said: Any) -> None:
    """As it was."""
    assert masked(said) == said


def test_bodies_that_are_no_json() -> None:
    """Only their length; long ones are cut; queries are masked by name."""
    assert masked_body(b"\xff\x00") == "(2 bytes that are no JSON)"
    assert masked_body(b"") == ""
    assert masked_body(json.dumps(["y" * 20_000]).encode()).endswith("... (20004 bytes)")
    assert masked_query(b"password=x&limit=1") == "password=***&limit=1"
    assert masked_text("[not json") == "[not json"
