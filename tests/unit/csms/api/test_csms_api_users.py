"""Users, their passwords and sessions; API keys with an end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import Request

from pilotwire.csms.api import doorkeeper
from pilotwire.csms.api.access import WhileKnown
from pilotwire.csms.gateway.passwords import verify_password
from pilotwire.csms.registers.access import SESSIONS, USERS
from pilotwire.csms.store.ports import Scope
from tests.support.api_rooms import ApiRooms, api_of, client_of

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are quick to check, for many of them are."""
    assert doorkeeper.LOG2_N >= 15
    monkeypatch.setattr(doorkeeper, "LOG2_N", 4)
    doorkeeper._nobodys.cache_clear()


@asynccontextmanager
async def admin(**settings: Any) -> AsyncIterator[tuple[ApiRooms, httpx.AsyncClient]]:
    """An API with authentication, and a client with the key of an administrator."""
    rooms = ApiRooms(no_auth=False, **settings)
    await rooms.key(Scope.ADMIN, "root")
    async with client_of(api_of(rooms), **{"X-API-Key": "root"}) as client:
        yield rooms, client


async def put_anna(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    """Put a user on record."""
    answer = await client.put("/users/anna", json={"role": "viewer", "password": PASSWORD} | more)
    assert answer.status_code == 200, answer.text
    return answer


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, name: str = "anna") -> httpx.Response:
    """Log in."""
    return await client.post("/login", json={"name": name, "password": password})


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


async def status(client: httpx.AsyncClient, token: str, path: str = "/me") -> int:
    """What a token gets."""
    return (await client.get(path, headers=bearer(token))).status_code


async def test_a_user_logs_in_looks_and_logs_out() -> None:
    """The token is good until then; only its digest is kept, and only a hash of the password."""
    async with admin() as (rooms, client):
        await put_anna(client, displayName="Anna", role="operator")
        token = (await log_in(client)).json()["token"]
        me = (await client.get("/me", headers=bearer(token))).json()
        assert (me["kind"], me["name"], me["role"], me["scopes"], me["sites"]) == (
            "user",
            "anna",
            "operator",
            ["command"],
            None,
        )
        assert (await client.get("/users", headers=bearer(token))).status_code == 403
        (session,) = await rooms.store.records(SESSIONS)
        user = await rooms.store.record(USERS, "", "anna")
        assert user is not None
        assert token not in repr(session)
        assert PASSWORD not in repr(user)
        assert user.password_hash.startswith("scrypt$4$")
        assert user.last_login_at == rooms.clock.now()
        assert (await client.post("/logout", headers=bearer(token))).status_code == 204
        assert await status(client, token) == 401


@pytest.mark.parametrize(
    ("role", "scope"), [("viewer", "read"), ("operator", "command"), ("manager", "write"), ("admin", "admin")]
)
async def test_roles_are_scopes(role: str, scope: str) -> None:
    """Each stands for one; changing it counts at once, without another login."""
    async with admin() as (_, client):
        await put_anna(client)
        token = (await log_in(client)).json()["token"]
        await client.put("/users/anna", json={"role": role})
        assert (await client.get("/me", headers=bearer(token))).json()["scopes"] == [scope]


async def test_a_session_ends_by_itself_and_is_refreshed() -> None:
    """After its lifetime it is over; refreshed, a new token takes its place and the old one is good no more."""
    async with admin(session_lifetime=600) as (rooms, client):
        await put_anna(client)
        first = (await log_in(client)).json()["token"]
        rooms.clock.advance(599)
        second = (await client.post("/session/refresh", headers=bearer(first))).json()["token"]
        assert await status(client, first) == 401
        rooms.clock.advance(599)
        assert await status(client, second) == 200
        rooms.clock.advance(1)
        assert await status(client, second) == 401
        await log_in(client)
        assert len(await rooms.store.records(SESSIONS)) == 1, "what is over is cleared away"
        assert (await client.post("/session/refresh")).status_code == 409, "an API key is no session"
        assert (await client.post("/logout")).status_code == 409


@pytest.mark.parametrize("how", ["password", "own password", "put", "deactivated", "removed"])
async def test_sessions_end_with_the_password(how: str) -> None:
    """Or when the user is deactivated or removed; being active again, or another user of the name, does not revive them."""
    async with admin() as (_, client):
        await put_anna(client)
        token = (await log_in(client)).json()["token"]
        new = "another horse, same stable"
        if how == "password":
            done = await client.post("/users/anna/password", json={"password": new})
        elif how == "own password":
            change = {"password": new, "currentPassword": PASSWORD}
            done = await client.post("/users/anna/password", json=change, headers=bearer(token))
        elif how == "put":
            done = await client.put("/users/anna", json={"role": "viewer", "password": new})
        elif how == "deactivated":
            done = await client.put("/users/anna", json={"role": "viewer", "active": False})
            assert (await log_in(client)).status_code == 401
            await client.put("/users/anna", json={"role": "viewer"})
        else:
            done = await client.delete("/users/anna")
            await put_anna(client)
        assert done.status_code in (200, 204), done.text
        assert await status(client, token) == 401
        if "password" in how or how == "put":
            assert (await log_in(client)).status_code == 401
            assert (await log_in(client, new)).status_code == 200


async def test_a_password_is_changed_by_its_owner_only() -> None:
    """With the current one; nobody but an administrator sets somebody else's."""
    async with admin() as (_, client):
        await put_anna(client)
        await client.put("/users/ben", json={"role": "manager", "password": PASSWORD})
        anna, ben = [(await log_in(client, name=name)).json()["token"] for name in ("anna", "ben")]
        change = {"password": "another horse, same stable"}
        assert (await client.post("/users/anna/password", json=change, headers=bearer(ben))).status_code == 403
        assert (await client.post("/users/anna/password", json=change, headers=bearer(anna))).status_code == 422
        wrong = change | {"currentPassword": "wrong"}
        assert (await client.post("/users/anna/password", json=wrong, headers=bearer(anna))).status_code == 422
        assert (await client.post("/users/nobody/password", json=change)).status_code == 404
        assert await status(client, anna) == 200


async def test_nobody_learns_who_there_is() -> None:
    """A wrong password, an unknown name and a user who may not log in get the same answer, and are locked out alike."""
    async with admin() as (rooms, client):
        await put_anna(client)
        await client.put("/users/gone", json={"role": "viewer", "password": PASSWORD, "active": False})
        answers = [
            await log_in(client, "wrong"),
            await log_in(client, name="nobody"),
            await log_in(client, name="gone"),
        ]
        assert {each.status_code for each in answers} == {401}
        assert len({each.text for each in answers}) == 1
        locked = {}
        for name in ("anna", "nobody"):
            statuses = [(await log_in(client, "wrong", name)).status_code for _ in range(7)]
            locked[name] = statuses.index(429)
        assert locked["anna"] == locked["nobody"]
        assert (await client.get("/users/anna")).json()["failedLogins"] == 6
        assert (await log_in(client)).status_code == 429, "not with the right password either"
        rooms.clock.advance(2)
        assert (await log_in(client)).status_code == 200
        assert (await client.get("/users/anna")).json()["failedLogins"] == 0


async def test_the_work_is_the_same_for_a_name_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """One password is checked, at the same cost."""
    checked: list[str] = []

    def verify(password: str, kept: str) -> bool:
        checked.append("$".join(kept.split("$")[:4]))
        return verify_password(password, kept)

    monkeypatch.setattr(doorkeeper, "verify_password", verify)
    async with admin() as (_, client):
        await put_anna(client)
        await log_in(client, "wrong")
        await log_in(client, name="nobody")
    assert checked == ["scrypt$4$8$1"] * 2


async def test_each_failure_costs_more_time() -> None:
    """1, 2, 4 seconds; and an address that tries many names is stopped too."""
    async with admin() as (rooms, client):
        waits = []
        for _ in range(5):
            await log_in(client, name="nobody")
        for _ in range(3):
            await log_in(client, name="nobody")
            wait = int((await log_in(client, name="nobody")).headers["retry-after"])
            waits.append(wait)
            rooms.clock.advance(wait)
        assert waits == [1, 2, 4]
        statuses = [(await log_in(client, name=f"name{number}")).status_code for number in range(20)]
        assert 429 in statuses


async def test_guessing_keys_is_slowed_down() -> None:
    """By address; whoever has a good key at that address is let in all the same."""
    async with admin() as (_, client):
        statuses = [await status(client, f"guess-{number}") for number in range(40)]
        assert statuses[:30] == [401] * 30
        assert statuses[-1] == 429
        assert (await client.get("/me")).status_code == 200


async def test_a_new_user_needs_a_password() -> None:
    """A long one; who has one keeps it."""
    async with admin() as (_, client):
        assert (await client.put("/users/anna", json={"role": "viewer"})).status_code == 422
        assert (await client.put("/users/anna", json={"role": "viewer", "password": "short"})).status_code == 422
        assert (await client.put("/users/anna", json={"role": "king", "password": PASSWORD})).status_code == 422
        await put_anna(client)
        shown = (await client.put("/users/anna", json={"role": "admin", "displayName": "Anna"})).json()
        assert (shown["role"], shown["displayName"]) == ("admin", "Anna")
        assert (await log_in(client)).status_code == 200
        assert [each["name"] for each in (await client.get("/users")).json()["items"]] == ["anna"]
        assert (await client.delete("/users/anna")).status_code == 204
        assert (await client.delete("/users/anna")).status_code == 404
        assert (await client.get("/users/anna")).status_code == 404


async def test_an_api_key_ends() -> None:
    """At its time; when it was last used is known, to the minute."""
    async with admin() as (rooms, client):
        made = await client.post(
            "/keys", json={"name": "board", "scopes": ["read"], "expiresAt": "2026-01-31T12:05:00Z"}
        )
        secret = made.json()["secret"]

        async def last_used() -> str | None:
            keys = {each["name"]: each["lastUsedAt"] for each in (await client.get("/keys")).json()}
            found: str | None = keys["board"]
            return found

        assert await last_used() is None
        assert await status(client, secret) == 200
        assert await last_used() == "2026-01-31T12:00:00Z"
        rooms.clock.advance(30)
        await status(client, secret)
        assert await last_used() == "2026-01-31T12:00:00Z", "not written at every use"
        rooms.clock.advance(31)
        await status(client, secret)
        assert await last_used() == "2026-01-31T12:01:01Z"
        rooms.clock.advance(239)
        refused = await client.get("/me", headers=bearer(secret))
        assert refused.status_code == 401
        assert "has expired" in refused.json()["detail"]


async def test_a_key_that_ends_is_not_the_last_one() -> None:
    """The last key for everything, everywhere and for ever stays."""
    async with admin() as (_, client):
        for more in ({"expiresAt": "2030-01-01T00:00:00Z"}, {"sites": ["harbour"]}):
            await client.post("/keys", json={"name": f"k{len(more)}{next(iter(more))}", "scopes": ["admin"]} | more)
        assert (await client.delete("/keys/admin")).status_code == 409


async def test_who_is_gone_follows_no_longer() -> None:
    """Live events end for a user who is removed while they are followed; until somebody looks again they go on."""
    rooms = ApiRooms(no_auth=False)
    await rooms.key(Scope.ADMIN, "root")
    api = api_of(rooms)
    async with client_of(api, **{"X-API-Key": "root"}) as client:
        await put_anna(client)
        token = (await log_in(client)).json()["token"]
        caller = await api.state.door.known(token)
        request = Request({"type": "http", "app": api, "state": {"secret": token, "caller": caller}})
        news = WhileKnown(request, rooms.journal.committed())
        await client.put("/sites/one", json={})
        rooms.clock.advance(16)
        assert await anext(news, None) is not None
        rooms.clock.advance(1)
        assert (await client.delete("/users/anna")).status_code == 204
        assert await anext(news, None) is not None
        rooms.clock.advance(16)
        assert await anext(news, None) is None
