"""The control port over real sockets: by which names it may be called (DNS rebinding), and its token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette

from pilotwire.clock import ManualClock, SystemClock
from pilotwire.errors import ConfigError
from pilotwire.serving import WebServer
from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import build_planned
from pilotwire.station.control import Host, control_api, host_api, token_for
from pilotwire.station.control.guard import Guard
from pilotwire.station.control.settings import load_host_settings
from pilotwire.station.settings import load_settings
from tests.support.eventually import eventually
from tests.support.station_lab import lab
from tests.support.station_process import station_process

TOKEN: Final = "a-token-for-programs"
PASSWORD: Final = "open-sesame"
NOWHERE: Final = "ws://127.0.0.1:9"
PLAN: Final = {"identity": "CS-1", "url": NOWHERE, "started": False}
BEARER: Final = {"Authorization": f"Bearer {TOKEN}"}


@asynccontextmanager
async def served(app: Any, host: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a control port."""
    async with (
        WebServer(app, host, 0, name="control port") as web,
        httpx.AsyncClient(base_url=web.url, trust_env=False, verify=False, timeout=60) as http,
    ):
        yield http


@asynccontextmanager
async def many(host: str = "127.0.0.1", **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the control port of a host of stations."""
    async with (
        Host(partial(build_planned, clock=SystemClock()), make_vehicle) as stations,
        served(host_api(stations, address=host, **more), host) as http,
    ):
        yield http


@asynccontextmanager
async def one(**more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the control port of one station."""
    async with lab(NOWHERE) as it, served(control_api(it.station, make_vehicle, **more)) as http:
        yield http


# --- names ----------------------------------------------------------------------------------------------------------------


async def test_a_page_whose_name_was_made_to_point_here_does_nothing() -> None:
    """Its browser sends that name as Host, and as Origin of the very same place: 403 with a sentence, and no station is made or read."""
    names = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.7", "a@localhost", "[")
    async with many() as http:
        for called in [f"{name}:{http.base_url.port}" for name in names]:
            as_that = {"Host": called, "Origin": f"http://{called}"}
            for answer in (
                await http.post("/stations", json=PLAN, headers=as_that),
                await http.get("/stations", headers=as_that),
                await http.get("/no-such-place", headers=as_that),
            ):
                assert answer.status_code == 403, called
                assert repr(called) in answer.json()["what"]
                assert "--control-names" in answer.json()["remedy"]
        assert (await http.get("/stations")).json() == []


async def test_loopback_names_and_addresses_are_this_machine() -> None:
    """With and without the port, as before."""
    async with many() as http:
        for name in ("127.0.0.1", "localhost", "LocalHost.", "127.0.0.2", "[::1]"):
            for header in (name, f"{name}:{http.base_url.port}"):
                assert (await http.get("/stations", headers={"Host": header})).status_code == 200, header


async def test_names_it_was_told_count_too() -> None:
    """In any spelling; others still do not."""
    async with many(names=("Bench.Example",)) as http:
        seen = [
            (await http.get("/stations", headers={"Host": name})).status_code
            for name in ("bench.example:80", "x.bench.example")
        ]
        assert seen == [200, 403]


async def test_the_page_of_a_station_is_guarded_as_well() -> None:
    """All of it: the page, its data, its buttons."""
    async with one() as http:
        for path in ("/", "/status", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
            assert (await http.get(path, headers={"Host": "evil.example"})).status_code == 403
        assert (await http.post("/plug", headers={"Host": "evil.example"})).status_code == 403


@pytest.mark.parametrize(
    ("listens", "came_in_at", "called", "status"),
    [
        ("0.0.0.0", "10.0.0.5", "10.0.0.5:7001", 404),
        ("0.0.0.0", "172.17.0.2", "10.0.0.5:7001", 404),  # behind a port that is forwarded
        ("0.0.0.0", "10.0.0.5", "evil.example:7001", 403),
        ("::", "2001:db8::5", "[2001:db8::5]:7001", 404),
        ("10.0.0.5", "10.0.0.5", "10.0.0.5:7001", 404),
        ("10.0.0.5", "10.0.0.5", "10.0.0.6:7001", 403),
        ("station.lan", "10.0.0.5", "station.lan:7001", 404),
        ("station.lan", "10.0.0.5", "10.0.0.5", 404),
        ("127.0.0.1", "127.0.0.1", "", 403),
    ],
)
async def test_where_it_was_told_to_listen(listens: str, came_in_at: str, called: str, status: int) -> None:
    """An address is always itself where it listens everywhere; a name has to be known. (404: the request got through, to nothing.)"""
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def nothing_more() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"host", called.encode())] if called else []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "server": (came_in_at, 7001)}
    await Guard(Starlette(), host=listens)(scope, nothing_more, send)
    assert said[0]["status"] == status


# --- the token ------------------------------------------------------------------------------------------------------------


async def test_with_a_token_nothing_is_done_without_it() -> None:
    """For the stations of a host and each of them."""
    async with many(token=TOKEN) as http:
        for headers in (
            {},
            {"Authorization": "Bearer guess"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Cookie": "pilotwire_station=A"},
        ):
            answers = (
                await http.get("/stations", headers=headers),
                await http.post("/stations", json=PLAN, headers=headers),
            )
            assert [each.status_code for each in answers] == [401, 401]
            assert "token" in answers[0].json()["what"]
        assert (await http.post("/stations", json=PLAN, headers=BEARER)).status_code == 201
        assert (await http.post("/stations/CS-1/plug", json={})).status_code == 401
        assert (await http.get("/stations/CS-1", headers=BEARER)).json()["identity"] == "CS-1"


async def test_a_link_with_the_token_is_followed_once() -> None:
    """From then on the browser has a cookie that no script reads and no other site sends; the token does not stay in the address."""
    async with one(token=TOKEN) as http:
        assert (await http.get("/status")).status_code == 401
        assert (await http.get("/", params={"token": "guess"})).status_code == 401
        answer = await http.get("/", params={"token": TOKEN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=strict" in answer.headers["set-cookie"]
        assert TOKEN not in answer.headers["set-cookie"]
        assert (await http.get("/status")).status_code == 200


async def test_a_list_opened_with_the_token_gives_the_cookie_too() -> None:
    """A host has no page; its list is what a browser opens."""
    async with many(token=TOKEN) as http:
        assert (await http.get("/stations", params={"token": TOKEN})).json() == []
        assert (await http.get("/stations")).json() == []


async def test_a_cookie_of_the_token_ends_after_eight_hours() -> None:
    """As that of the password."""
    clock = ManualClock(SystemClock().now())
    async with one(token=TOKEN, clock=clock) as http:
        await http.get("/", params={"token": TOKEN})
        assert (await http.get("/status")).status_code == 200
        clock.advance(8 * 3600)
        assert (await http.get("/status")).status_code == 401


async def test_password_and_token_are_two_ways_in() -> None:
    """The token as bearer, the password as basic authentication, either in the form of the page; not one in the other's place."""
    async with one(token=TOKEN, password=PASSWORD) as http:
        basic, bearer = httpx.BasicAuth("installer", PASSWORD), {"Authorization": f"Bearer {PASSWORD}"}
        assert (await http.get("/status", headers=BEARER)).status_code == 200
        assert (await http.get("/status", auth=basic)).status_code == 200
        assert (await http.get("/status", headers=bearer)).status_code == 401
        assert (await http.get("/status", params={"token": PASSWORD})).status_code == 401
        for said in (PASSWORD, TOKEN):
            assert (await http.post("/login", json={"password": said})).status_code == 204


async def test_guessed_tokens_do_not_shut_out_who_knows_it() -> None:
    """Nobody guesses 16 characters: so the pause after wrong passwords is not for tokens, where it would only be a way to disturb."""
    async with one(token=TOKEN) as http:
        for _ in range(10):
            assert (await http.get("/status", headers={"Authorization": "Bearer guess"})).status_code == 401
        assert (await http.get("/status", headers=BEARER)).status_code == 200


# --- settings -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "given", "made"),
    [
        ("127.0.0.1", (), False),
        ("localhost", (), False),
        ("::1", (), False),
        ("0.0.0.0", (), True),
        ("::", (), True),
        ("192.0.2.7", (None, None), True),
        ("0.0.0.0", (TOKEN,), False),
        ("0.0.0.0", (None, PASSWORD), False),
    ],
)
def test_a_token_is_made_where_others_come_and_nothing_was_given(
    host: str, given: tuple[str | None, ...], made: bool
) -> None:
    """A new one each time, too long to guess."""
    tokens = {token_for(host, *given) for _ in range(3)}
    assert (len(tokens) == 3 and all(len(each or "") >= 32 for each in tokens)) if made else tokens == {None}


@pytest.mark.parametrize("token", ["short", "with a blank in it", "x" * 201])
def test_a_token_that_is_none_is_told(token: str) -> None:
    """Before anything begins."""
    with pytest.raises(ConfigError, match="16 to 200 visible ASCII characters"):
        load_host_settings({"control_token": token})
    with pytest.raises(ConfigError, match="16 to 200 visible ASCII characters"):
        load_settings({"id": "CS-1", "control_token": token})


def test_the_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no list of processes shows it."""
    monkeypatch.setenv("PILOTWIRE_CONTROL_TOKEN", TOKEN)
    monkeypatch.setenv("PILOTWIRE_CONTROL_NAMES", '["bench.example"]')
    settings = load_host_settings({})
    assert (settings.control_token, settings.control_names) == (TOKEN, ("bench.example",))


# --- the program ------------------------------------------------------------------------------------------------------------


async def test_a_port_that_others_reach_shows_the_token_it_made(tmp_path: Path) -> None:
    """Once, with a link that works; without it nothing does. Of a host of stations, and of one station."""
    await asyncio.gather(
        _shows_its_token(tmp_path, "/stations", "--host-many"),
        _shows_its_token(tmp_path, "/status", "--id", "CS-1", "--csms", NOWHERE),
    )


async def _shows_its_token(folder: Path, data: str, *options: str) -> None:
    async with station_process(folder, *options, "--control-host", "0.0.0.0") as program:
        await program.until_ready()
        link = await eventually(lambda: re.search(r"In a browser: (http\S+)\n", program.said.decode()), what="the link")
        assert (await program.http.get(data)).status_code == 401
        token = link[1].rpartition("=")[2]
        assert f"Its token (until the next start): {token}" in program.said.decode()
        assert (await program.http.get(data, headers={"Authorization": f"Bearer {token}"})).status_code == 200
        assert (await program.http.get(link[1], follow_redirects=True)).status_code == 200
        assert (await program.http.get(data)).status_code == 200
