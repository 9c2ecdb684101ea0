from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest
import structlog

from pilotwire.csms.app import Csms
from pilotwire.errors import ConfigError, MisuseError
from pilotwire.logs import configure_logging
from tests.support.raw_station import settings

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def count_of_connected(csms: Csms) -> Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]:
    """A small API: how many stations are connected."""

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("no lifespan here")
        body = str(len(csms.gateway.connected())).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


async def test_the_api_is_served_beside_the_stations() -> None:
    """In the same loop, on its own port, made from the running CSMS."""
    async with Csms(settings(), http=count_of_connected) as csms:
        assert csms.urls.http == f"http://127.0.0.1:{csms.http_port}"
        assert csms.urls.ocpp == f"ws://127.0.0.1:{csms.ocpp_port}"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(csms.urls.http)).text == "0"


async def test_without_an_api_there_is_no_http() -> None:
    """Stations only."""
    async with Csms(settings()) as csms:
        assert csms.http_port is None
        assert csms.urls.http is None


async def test_a_taken_http_port_is_told_and_nothing_stays_behind() -> None:
    """The port for stations is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        http_port, ocpp_port = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        with pytest.raises(ConfigError, match=f"Port {http_port} on 127.0.0.1 is taken"):
            async with Csms(settings(http_port=http_port, ocpp_port=ocpp_port), http=count_of_connected):
                pass
        async with Csms(settings(ocpp_port=ocpp_port)) as csms:
            assert csms.ocpp_port == ocpp_port


async def test_an_api_that_does_not_start_is_told() -> None:
    """An application whose own start fails stops the CSMS from starting."""

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no templates"})

    with pytest.raises(ConfigError, match="HTTP API did not start"):
        async with Csms(settings(), http=lambda csms: app):
            pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_asked_to_stop(number: signal.Signals) -> None:
    """A signal ends the waiting, and SIGTERM is then again what it was."""
    before = signal.getsignal(number)
    async with Csms(settings()) as csms:
        serving = asyncio.create_task(csms.serve_forever())
        await asyncio.sleep(0)
        os.kill(os.getpid(), number)
        await asyncio.wait_for(serving, 10)
    if number is signal.SIGTERM:
        assert signal.getsignal(number) is before


def test_a_csms_that_is_not_running_has_no_parts() -> None:
    """Asking for them is a mistake of ours."""
    with pytest.raises(MisuseError, match="not running"):
        _ = Csms(settings()).store


def test_the_console_shows_events_of_the_level_and_above() -> None:
    """One line for people, with what it is about."""
    written = io.StringIO()
    try:
        configure_logging("warning", stream=written)
        log = structlog.get_logger("pilotwire.test")
        log.info("not worth it")
        log.warning("station gone", station="CS001")
    finally:
        structlog.reset_defaults()
    assert "station gone" in written.getvalue()
    assert "CS001" in written.getvalue()
    assert "not worth it" not in written.getvalue()
