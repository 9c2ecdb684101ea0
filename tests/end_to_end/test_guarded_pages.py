"""Servers without a key that people open in a browser: whatever page they look at besides can neither read them nor press their buttons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.conformance.benches.choose import csms_benches
from pilotwire.conformance.benches.desk import Desk
from pilotwire.conformance.benches.desk import served as desk_served
from pilotwire.conformance.certify.pics_web import Answers
from pilotwire.conformance.certify.pics_web import served as pics_served
from pilotwire.conformance.features import Claims
from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.ocpp.version import OcppVersion
from tests.support.raw_station import settings

Open = Callable[[Path], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def _csms(_: Path) -> AsyncIterator[str]:
    async with Csms(settings(no_auth=True), SystemClock(), http=create_api) as csms:
        yield f"http://127.0.0.1:{csms.http_port}/api/v1/stations"


def _desk(_: Path) -> AbstractAsyncContextManager[str]:
    return desk_served(Desk(timeout=30), "127.0.0.1", 0)


def _pics(folder: Path) -> AbstractAsyncContextManager[str]:
    claims = Claims(frozenset({"Core"}), {"HFS-8": 1})
    return pics_served(Answers(folder, "station", OcppVersion.V201, claims, "Volta One"), "127.0.0.1", 0)


each_server = pytest.mark.parametrize("opened", [_csms, _desk, _pics], ids=["csms", "desk", "pics"])


@asynccontextmanager
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        yield http


@each_server
async def test_a_name_that_was_made_to_point_here_is_refused(opened: Open, tmp_path: Path) -> None:
    """DNS rebinding: 403 and a sentence; by its address and by localhost it is there."""
    async with opened(tmp_path) as url, visitor() as http:
        port = httpx.URL(url).port
        for name, status in ((f"evil.example:{port}", 403), (f"localhost:{port}", 200), (f"127.0.0.1:{port}", 200)):
            answer = await http.get(url, headers={"Host": name})
            assert answer.status_code == status, (name, answer.text)
        refused = await http.get(url, headers={"Host": "evil.example"})
        assert "does not answer to the name 'evil.example'" in refused.json()["what"]
        assert refused.json()["remedy"].startswith("Call it by its address or by localhost")


@each_server
async def test_a_page_of_another_origin_changes_nothing(opened: Open, tmp_path: Path) -> None:
    """Whatever it posts; `null` is the origin of a page in a frame without rights. Its own pages, and programs, get through."""
    async with opened(tmp_path) as url, visitor() as http:
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "http://["):
            answer = await http.post(url, headers={"Origin": origin})
            assert answer.status_code == 403, origin
            assert answer.json()["what"] == f"A page of {origin} may not do that here."
        own = f"http://{httpx.URL(url).netloc.decode()}"
        for headers in ({}, {"Origin": own}):
            assert (await http.post(url, headers=headers)).status_code != 403


async def test_an_answer_at_the_desk_comes_from_its_own_page() -> None:
    """A page elsewhere cannot say that something was done; who is asked still can."""
    desk = Desk(timeout=30)
    async with desk_served(desk, "127.0.0.1", 0) as url, visitor() as http:
        asked = asyncio.create_task(desk.ask("Connect the EV."))
        while desk.now is None:
            await asyncio.sleep(0)
        form = {"number": str(desk.now.number), "answer": "could not"}
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
            assert (await http.post(f"{url}/answer", data=form, headers=headers)).status_code == 403
        assert not asked.done()
        answer = await http.post(f"{url}/answer", data=form | {"answer": "done"}, headers={"Origin": url})
        assert answer.status_code == 303
        assert await asked == "done"


async def test_a_bench_may_be_called_by_the_names_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """In the section of the bench."""
    section = {"kind": "person", "ocpp": "ws://127.0.0.1:9", "names": ["bench.lan"]}
    async with csms_benches(section, 1), visitor() as http:
        url = capsys.readouterr().out.split()[-1]
        called = [(await http.get(url, headers={"Host": name})).status_code for name in ("bench.lan", "other.lan")]
        assert called == [200, 403]


async def test_a_csms_without_keys_answers_to_its_public_name() -> None:
    """Stations fetch and bring files by it."""
    named = settings(no_auth=True, public_url="http://csms.lan:8080")
    async with Csms(named, SystemClock(), http=create_api) as csms, visitor() as http:
        url = f"http://127.0.0.1:{csms.http_port}/api/v1/stations"
        assert (await http.get(url, headers={"Host": "csms.lan:8080"})).status_code == 200
        assert (await http.get(url, headers={"Host": "evil.example"})).status_code == 403


async def test_what_stations_fetch_and_bring_is_had_by_any_name() -> None:
    """Its links have secrets of their own: one that is wrong is not found, rather than not to be had by that name."""
    async with Csms(settings(no_auth=True), SystemClock(), http=create_api) as csms, visitor() as http:
        there = f"http://127.0.0.1:{csms.http_port}"
        for method, path in (("PUT", "/uploads/wrong/log"), ("GET", "/firmware/wrong/image.bin")):
            answer = await http.request(method, there + path, headers={"Host": "csms.alias"}, content=b"log")
            assert answer.status_code == 404, answer.text
        crooked = await http.get(f"{there}/uploads/%2e%2e/api/v1/stations", headers={"Host": "evil.example"})
        assert crooked.status_code in (404, 405)


async def test_a_console_elsewhere_that_the_settings_name_may_do_what_it_does() -> None:
    """`cors_origins` of a CSMS without keys; another page still may not."""
    console = "http://localhost:5173"
    named = settings(no_auth=True, cors_origins=(console,))
    async with Csms(named, SystemClock(), http=create_api) as csms, visitor() as http:
        url = f"http://127.0.0.1:{csms.http_port}/api/v1/stations/CS-1"
        for origin, allowed in ((console, True), ("http://localhost:5174", False)):
            answer = await http.put(url, json={"registration": "Accepted"}, headers={"Origin": origin})
            assert answer.is_success is allowed, answer.text


async def test_a_csms_with_keys_may_be_called_by_any_name() -> None:
    """Whoever has none gets no further, and no browser sends a key by itself."""
    async with Csms(settings(no_auth=False), SystemClock(), http=create_api) as csms, visitor() as http:
        url = f"http://127.0.0.1:{csms.http_port}/api/v1/stations"
        assert (await http.get(url, headers={"Host": "csms.example"})).status_code == 401
