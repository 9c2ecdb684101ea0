"""An endpoint of OCPP-S: what reaches its owner, and what is answered before it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from pilotwire.ocpp import v16
from pilotwire.ocpp.net.soap_server import MAX_BYTES, OnRequest, Reply, SoapServer
from pilotwire.ocpp.soap import Call, Header, SoapVersion, read_answer, write_answer, write_call

RESET = write_call(
    SoapVersion.V16,
    "charge-point",
    v16.ResetRequest(type="Hard"),
    Header("CS001", "/Reset", "m-1", "", "http://x", "", ""),
)


async def _accept(call: Call, _: bytes) -> Reply:
    return Reply(write_answer(call, v16.ResetResponse(status="Accepted")))


@asynccontextmanager
async def _serving(on_request: OnRequest) -> AsyncIterator[httpx.AsyncClient]:
    server = SoapServer("charge-point", "127.0.0.1", 0, on_request)
    await server.start()
    base = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=10) as client:
        yield client
    await server.close()


@pytest.mark.parametrize("path", ["/", "/ocpp/cp?x=1"])
async def test_a_request_reaches_its_owner_and_the_answer_its_asker(path: str) -> None:
    """At whatever path was told."""
    async with _serving(_accept) as client:
        reply = await client.post(path, content=RESET)
        assert reply.headers["content-type"].startswith("application/soap+xml")
        answer, _ = read_answer(reply.content, SoapVersion.V16, "charge-point", "Reset")
        assert answer == v16.ResetResponse(status="Accepted")


async def test_a_browser_is_told_what_this_is() -> None:
    """GET is no request of OCPP-S."""
    async with _serving(_accept) as client:
        assert "OCPP-S" in (await client.get("/")).text


async def test_too_much_is_refused_before_it_is_read() -> None:
    """With a fault that says so."""
    async with _serving(_accept) as client:
        reply = await client.post("/", content=b"x" * (MAX_BYTES + 1))
        assert reply.status_code == 400
        assert "longer than" in reply.text


async def test_silence_lasts_until_the_asker_gives_up() -> None:
    """And the endpoint goes on."""
    asked = 0

    async def first_silent(call: Call, data: bytes) -> Reply | None:
        nonlocal asked
        asked += 1
        return None if asked == 1 else await _accept(call, data)

    async with _serving(first_silent) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.post("/", content=RESET)
        assert (await client.post("/", content=RESET)).status_code == 200
