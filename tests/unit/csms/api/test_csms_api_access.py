"""API keys and their scopes."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from pilotwire.csms.api import ensure_admin_key
from pilotwire.csms.api.access import digest_of, key_with
from pilotwire.csms.api.keys import new_secret
from pilotwire.csms.store.ports import ApiKey, Scope
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of

ADMINISTRATION = ("/keys", "/webhooks", "/users", "/audit", "/reports/schedules", "/reports/made")
OF_EVERYBODY = {"/me", "/logout", "/session/refresh", "/users/{name}/password"}
EXCEPTIONS = {
    ("post", "/stations/{station}/revoked-certificates"): Scope.WRITE,
    ("post", "/alerts/{alert}/acknowledge"): Scope.WRITE,
    ("post", "/stations/{station}/uptime/exclusions"): Scope.WRITE,
    ("get", "/stations/{station}/customer-information-requests"): Scope.ADMIN,
    ("put", "/sites/{name}/load-management"): Scope.WRITE,
    ("delete", "/sites/{name}/load-management"): Scope.WRITE,
    ("put", "/sites/{name}/load-management/limits/{source}"): Scope.COMMAND,
    ("delete", "/sites/{name}/load-management/limits/{source}"): Scope.COMMAND,
    ("put", "/sites/{name}/load-management/meters"): Scope.COMMAND,
    ("put", "/sites/{name}/load-management/meters/{feeder}"): Scope.COMMAND,
    ("put", "/stations/{station}/transactions/{transactionId}/wish"): Scope.COMMAND,
    ("delete", "/stations/{station}/transactions/{transactionId}/wish"): Scope.COMMAND,
    ("post", "/bills/{number}/corrections"): Scope.WRITE,
}
"""Where the method does not tell: taking note is no command, nor a record of an outage or a correction of a bill; what is held of a
customer is more than a look.

What limits a managed site, or its vehicles, for a while is no record but a command: stations are told at once.
"""
OPEN = {"/health", "/api/v1/login"}
LADDER = [Scope.READ, Scope.COMMAND, Scope.WRITE, Scope.ADMIN]


def _needed(method: str, path: str) -> Scope:
    """What an operation must need, said here a second time."""
    place = path.removeprefix("/api/v1")
    if place in OF_EVERYBODY:
        return Scope.READ
    if (method, place) in EXCEPTIONS:
        return EXCEPTIONS[method, place]
    if place.startswith(ADMINISTRATION) or (place.startswith("/sites") and method != "get"):
        return Scope.ADMIN
    if method == "post":
        return Scope.COMMAND
    return Scope.READ if method == "get" else Scope.WRITE


def _operations(api: FastAPI) -> list[tuple[str, str]]:
    paths = api.openapi()["paths"]
    found = [(method, path) for path, methods in paths.items() for method in methods if path not in OPEN]
    return [each for each in found if each != ("get", "/api/v1/events")]


OPERATIONS = _operations(api_of(ApiRooms()))


def test_the_matrix_is_whole() -> None:
    """All operations of the API but the endless one are in it."""
    assert len(OPERATIONS) >= 30


@pytest.mark.parametrize(("method", "path"), [*OPERATIONS, ("get", "/api/v1/events")])
async def test_every_operation_needs_its_scope(method: str, path: str) -> None:
    """No key and an unknown key: 401. A lesser scope: 403. The scope or a greater one: let in."""
    rooms = ApiRooms(no_auth=False)
    for scope in LADDER:
        await rooms.key(scope, f"secret-{scope}")
    concrete = re.sub(r"{\w+}", "x", path)
    needed = _needed(method, path)
    async with client_of(api_of(rooms)) as client:
        statuses = {}
        for secret in ("", "secret-nobody", *(f"secret-{scope}" for scope in LADDER)):
            if path.endswith("/events") and secret in [f"secret-{scope}" for scope in LADDER]:
                continue
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            content = b"{}" if method in ("post", "put") else None
            url = f"http://csms{concrete}"
            statuses[secret] = (await client.request(method, url, headers=headers, content=content)).status_code
    assert statuses.pop("") == 401
    assert statuses.pop("secret-nobody") == 401
    for scope in LADDER[: len(statuses)]:
        allowed = LADDER.index(scope) >= LADDER.index(needed)
        assert (statuses[f"secret-{scope}"] not in (401, 403)) is allowed, scope


async def test_both_headers_carry_a_key() -> None:
    """Authorization: Bearer, and X-API-Key; what is neither is told how to ask."""
    rooms = ApiRooms(no_auth=False)
    await rooms.key(Scope.READ, "sesame")
    async with client_of(api_of(rooms)) as client:
        assert (await client.get("/stations", headers={"Authorization": "Bearer sesame"})).status_code == 200
        assert (await client.get("/stations", headers={"X-API-Key": "sesame"})).status_code == 200
        refused = await client.get("/stations", headers={"Authorization": "Basic c2VzYW1l"})
        odd = await client.get("/stations", headers={"X-API-Key": b"\xff\xfe"})  # type: ignore[dict-item]
    assert refused.status_code == odd.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert "X-API-Key" in refused.json()["remedy"]


async def test_a_lab_needs_no_key() -> None:
    """With no_auth everything is open, keys included."""
    async with client_of(api_of(ApiRooms())) as client:
        assert (await client.get("/keys")).json() == []


async def test_a_key_is_created_used_and_revoked() -> None:
    """Its secret is shown once, only its digest is kept, and a revoked key opens nothing."""
    rooms = ApiRooms(no_auth=False)
    await rooms.key(Scope.ADMIN, "root")
    async with client_of(api_of(rooms), **{"X-API-Key": "root"}) as client:
        made = (await client.post("/keys", json={"name": "board", "scopes": ["read", "read"]})).json()
        mine = {"X-API-Key": made["secret"]}
        assert (await client.get("/stations", headers=mine)).status_code == 200
        assert (await client.get("/keys", headers=mine)).status_code == 403
        listed = await client.get("/keys")
        assert made["secret"] not in listed.text
        assert (await client.delete("/keys/board")).status_code == 204
        assert (await client.get("/stations", headers=mine)).status_code == 401
        assert (await client.delete("/keys/board")).status_code == 404
    assert made["scopes"] == ["read"]
    assert [each["name"] for each in listed.json()] == ["admin", "board"]


async def test_a_name_is_given_once() -> None:
    """A second key of one name would silently revoke the first."""
    async with client_of(api_of(ApiRooms())) as client:
        await client.post("/keys", json={"name": "board", "scopes": ["read"]})
        assert (await client.post("/keys", json={"name": "board", "scopes": ["admin"]})).status_code == 409


async def test_the_last_admin_key_stays() -> None:
    """Nobody locks everybody out; with a second one the first may go."""
    rooms = ApiRooms(no_auth=False)
    await rooms.key(Scope.ADMIN, "root")
    async with client_of(api_of(rooms), **{"X-API-Key": "root"}) as client:
        refused = await client.delete("/keys/admin")
        assert refused.status_code == 409
        await client.post("/keys", json={"name": "second", "scopes": ["admin"]})
        assert (await client.delete("/keys/admin")).status_code == 204


async def test_the_first_key_is_made_once() -> None:
    """A CSMS without any admin key makes one, and gives its secret only then; the record has the digest."""
    rooms = ApiRooms(no_auth=False)
    secret = await ensure_admin_key(rooms.journal, rooms.store, rooms.clock)
    assert secret is not None
    assert await ensure_admin_key(rooms.journal, rooms.store, rooms.clock) is None
    (key,) = await rooms.store.api_keys()
    assert (key.name, key.digest, key.scopes) == ("admin", digest_of(secret), (Scope.ADMIN,))
    assert secret not in repr(key)


async def test_a_first_key_takes_nobodys_name() -> None:
    """A lesser key called admin keeps its name."""
    rooms = ApiRooms(no_auth=False)
    lesser = ApiKey(name="admin", digest=digest_of("x"), scopes=(Scope.READ,), created_at=NOON)
    rooms.store.memory.api_keys["admin"] = lesser
    await ensure_admin_key(rooms.journal, rooms.store, rooms.clock)
    assert [key.name for key in await rooms.store.api_keys()] == ["admin", "admin-2"]


def test_secrets_are_long_and_different() -> None:
    """256 bits each."""
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"pw_[A-Za-z0-9_-]{43}", each) for each in made)


def test_the_digest_is_the_sha_256() -> None:
    """So that other tools can make records; the key is found by it and by nothing else."""
    key = ApiKey(
        name="a",
        digest="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        scopes=(),
        created_at=NOON,
    )
    assert key_with("hello", [key]) is key
    assert key_with("hallo", [key]) is None
    assert key_with(key.digest, [key]) is None
