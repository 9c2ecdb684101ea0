"""Published firmware as stations behind a local controller fetch it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import PilotwireError
from pilotwire.station.core.jobs import News
from pilotwire.station.core.publish_firmware import OfferFiles, Offering, Taken
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs import WORKERS, Tools
from pilotwire.station.jobs.transfers import fetch
from tests.support.eventually import eventually

MD5 = "b026324c6904b2a9cb4b88d6d61c81d1"
CONTENT = bytes(range(256)) * 2000


@asynccontextmanager
async def _shop() -> AsyncIterator[tuple[str, list[News]]]:
    files, news = MemoryFiles(), list[News]()
    files.write(f"published/{MD5}", CONTENT)
    tools = Tools("LC001", SystemClock(), files, lambda _: "")
    task = asyncio.create_task(WORKERS[OfferFiles](OfferFiles("127.0.0.1", 0), tools, news.append))  # type: ignore[arg-type]
    try:
        offering = await eventually(lambda: next((one for one in news if isinstance(one, Offering)), None))
        assert offering is not None
        yield offering.base, news
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.req("L03.FR.03")
async def test_a_station_fetches_it_whole_or_the_rest_of_it() -> None:
    async with _shop() as (base, news):
        whole, rest = MemoryFiles(), MemoryFiles()
        rest.write("firmware/a", CONTENT[:1000])
        assert await fetch(base + MD5, whole, "firmware/a", most=10**7) == len(CONTENT)
        assert await fetch(base + MD5, rest, "firmware/a", most=10**7) == len(CONTENT)
        assert whole.read("firmware/a") == rest.read("firmware/a") == CONTENT
        await eventually(lambda: [one.stations for one in news if isinstance(one, Taken)] == [1, 0, 1, 0])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "length"),
    [
        pytest.param("HEAD", MD5, {}, 200, len(CONTENT), id="head"),
        pytest.param("GET", MD5, {"Range": "bytes=5-9"}, 206, 5, id="part"),
        pytest.param("GET", MD5, {"Range": f"bytes={len(CONTENT)}-"}, 416, 0, id="nothing-left"),
        pytest.param("GET", MD5, {"Range": "bytes=5-9", "If-Range": '"other"'}, 200, len(CONTENT), id="other-version"),
        pytest.param("GET", "0" * 32, {}, 404, 0, id="unknown"),
        pytest.param("GET", "../tls/key.pem", {}, 404, 0, id="another-file"),
        pytest.param("PUT", MD5, {}, 405, 0, id="put"),
    ],
)
async def test_what_is_answered(method: str, path: str, headers: dict[str, str], status: int, length: int) -> None:
    async with _shop() as (base, _), httpx.AsyncClient(trust_env=False) as client:
        response = await client.request(method, base + path, headers=headers)
    assert (response.status_code, int(response.headers["content-length"])) == (status, length)


async def test_a_port_that_is_taken_is_told() -> None:
    async with _shop() as (base, _):
        port = httpx.URL(base).port or 0
        tools = Tools("LC001", SystemClock(), MemoryFiles(), lambda _: "")
        with pytest.raises(PilotwireError):
            await WORKERS[OfferFiles](OfferFiles("127.0.0.1", port), tools, lambda _: None)
