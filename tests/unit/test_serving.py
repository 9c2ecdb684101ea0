"""The HTTP server inside our loop: addresses, requests in hand, applications that do not start."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from pilotwire.errors import ConfigError
from pilotwire.serving import WebServer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def hello(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """A small application without a lifespan."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    await _say(send, b"hello")


async def _say(send: Send, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def _get(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(url)).text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
async def test_it_serves_where_it_says(host: str) -> None:
    """Port 0 is any free one; the URL can be used on this machine."""
    async with WebServer(hello, host, 0, name="kettle") as web:
        assert web.port > 0
        assert str(web.port) in web.url
        assert await _get(web.url) == "hello"


@pytest.mark.parametrize("host", ["::1", "::"])
async def test_it_serves_ipv6(host: str) -> None:
    """With brackets in the URL, and reachable also where it listens everywhere."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with WebServer(hello, host, 0, name="kettle") as web:
        assert web.url == f"http://[::1]:{web.port}"
        assert await _get(web.url) == "hello"


def test_a_taken_port_is_told() -> None:
    """Who, where, what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            WebServer(hello, "127.0.0.1", port, name="control port")
    assert caught.value.what == f"Port {port} on 127.0.0.1 is taken by another program."
    assert "another port for the control port" in caught.value.remedy


@pytest.mark.parametrize(
    ("host", "port"), [("no-such-host.invalid", 0), ("192.0.2.1", 0), ("127.0.0.1", 70000), ("a..b", 0), ("x" * 70, 0)]
)
def test_an_address_that_cannot_be_had_is_told(host: str, port: int) -> None:
    """A name nobody knows, an address of another machine, a port that is none."""
    with pytest.raises(ConfigError, match="cannot listen on"):
        WebServer(hello, host, port, name="kettle")


async def test_the_port_is_free_again_afterwards() -> None:
    """Closing twice is fine; so is closing what never started."""
    web = WebServer(hello, "127.0.0.1", 0, name="kettle")
    port = web.port
    await web.start()
    await web.close()
    await web.close()
    again = WebServer(hello, "127.0.0.1", port, name="kettle")
    await again.close()
    WebServer(hello, "127.0.0.1", port, name="kettle")._listener.close()


async def test_an_application_that_does_not_start_is_told() -> None:
    """And its port is free again."""

    async def sick(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no water"})

    web = WebServer(sick, "127.0.0.1", 0, name="kettle")
    port = web.port
    with pytest.raises(ConfigError, match="The kettle did not start"):
        await web.start()
    WebServer(hello, "127.0.0.1", port, name="kettle")._listener.close()


async def test_requests_in_hand_are_finished() -> None:
    """Closing waits for them."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked.set()
            await go.wait()
            await _say(send, b"at last")

    web = WebServer(slow, "127.0.0.1", 0, name="kettle")
    await web.start()
    asking = asyncio.create_task(_get(web.url))
    await asked.wait()
    closing = asyncio.create_task(web.close())
    await asyncio.sleep(0)
    go.set()
    assert await asking == "at last"
    await asyncio.wait_for(closing, 10)


async def test_requests_that_do_not_end_are_given_up() -> None:
    """After the shutdown timeout."""
    asked = asyncio.Event()

    async def never(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked.set()
            await asyncio.Event().wait()

    web = WebServer(never, "127.0.0.1", 0, name="kettle", shutdown_timeout=0.5)
    await web.start()
    asking = asyncio.create_task(_get(web.url))
    await asked.wait()
    await asyncio.wait_for(web.close(), 10)
    assert await asyncio.wait_for(asking, 10) == "Internal Server Error"
