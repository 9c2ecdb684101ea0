"""Posting to a central system: what comes back, and what is told when nothing does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.soap_client import Carriage, SoapClient
from pilotwire.ocpp.soap import Unreadable
from pilotwire.serving import WebServer

Answering = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def _posting_to(answer: Answering) -> AsyncIterator[SoapClient]:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    async with WebServer(app, "127.0.0.1", 0, name="central system", shutdown_timeout=0.1) as web:
        client = SoapClient(f"{web.url}/ocpp")
        try:
            yield client
        finally:
            await client.close()


def _always(content: bytes, status: int = 200, **headers: str) -> Answering:
    async def answer(_: Request) -> Response:
        return Response(content, status, headers)

    return answer


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_an_envelope_is_given_back_whatever_its_status(status: int) -> None:
    """Faults come with 400 and 500."""
    async with _posting_to(_always(b"<a/>", status)) as client:
        assert await client.post("Heartbeat", b"<b/>", 5) == b"<a/>"


async def test_connections_are_used_again() -> None:
    """Two requests, one connection."""
    seen = []

    async def answer(request: Request) -> Response:
        seen.append(request.client)
        return Response(b"<a/>")

    async with _posting_to(answer) as client:
        await client.post("Heartbeat", b"<b/>", 5)
        await client.post("Heartbeat", b"<b/>", 5)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"<a/>", 401), (b"<a/>", 503), (b"", 200), (b" ", 302)],
    ids=["401", "503", "empty", "moved"],
)
async def test_a_door_is_no_central_system(content: bytes, status: int) -> None:
    """Also where the body looks like an answer; nobody is followed to another place."""
    async with _posting_to(_always(content, status, location="http://127.0.0.1:9/")) as client:
        with pytest.raises(ConnectError, match=f"HTTP {status}") as caught:
            await client.post("Heartbeat", b"<b/>", 5)
    assert (caught.value.kind, caught.value.status) == ("http", status)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(_always(b"x" * 1_000_001), "longer than", id="too-long"),
        pytest.param(_always(b"no gzip at all", **{"Content-Encoding": "gzip"}), "not packed", id="not-packed"),
    ],
)
async def test_an_answer_that_cannot_be_read_is_told(answer: Answering, says: str) -> None:
    """It is no word of the network."""
    async with _posting_to(answer) as client:
        with pytest.raises(Unreadable, match=says):
            await client.post("Heartbeat", b"<b/>", 5)


async def test_no_answer_in_time() -> None:
    """The caller knows what it waited for."""

    async def answer(request: Request) -> Response:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()

    async with _posting_to(answer) as client:
        with pytest.raises(TimeoutError):
            await client.post("Heartbeat", b"<b/>", 0.1)


async def test_nobody_there() -> None:
    """Looking and posting tell the same."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = int(one.getsockname()[1])
    client = SoapClient(f"http://127.0.0.1:{port}/")
    for attempt in (client.reach(), client.post("Heartbeat", b"<b/>", 5)):
        with pytest.raises(ConnectError, match="Nothing takes connections") as caught:
            await attempt
        assert caught.value.kind == "refused"
    await client.close()


async def test_a_connection_that_ends_without_an_answer() -> None:
    """As a server that is restarted does."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        client = SoapClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        with pytest.raises(ConnectError) as caught:
            await client.post("Heartbeat", b"<b/>", 5)
        assert caught.value.kind == "closed"
        await client.close()


async def test_a_host_that_accepts_and_shakes_no_hands() -> None:
    """TLS wants an answer; the wait for it ends."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = SoapClient(f"https://127.0.0.1:{silent.getsockname()[1]}/", Carriage(open_timeout=0.1))
        with pytest.raises(ConnectError) as caught:
            await client.reach()
        assert caught.value.kind == "timeout"
        await client.close()


async def test_looking_gives_our_own_address() -> None:
    """What a station tells where it listens on every address."""
    async with _posting_to(_always(b"<a/>")) as client:
        assert await client.reach() == "127.0.0.1"


@pytest.mark.parametrize("url", ["ws://x/", "http://", "http://x:0/", "http://x:99999/", "ftp://x", "x", ""])
def test_what_is_no_url_of_a_central_system(url: str) -> None:
    """Told before anything is opened."""
    with pytest.raises(ConnectError) as caught:
        SoapClient(url)
    assert caught.value.kind == "invalid_url"
