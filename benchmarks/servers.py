# mypy: disable-error-code="untyped-decorator, import-untyped"
"""The servers measured, each in a process of its own: `python -m benchmarks.servers csms DATABASE | ocpp VERSION | echo`.

Prints its port as JSON on a line, then one line of what it has used so far for each line it reads; ends at the end of its input.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from benchmarks.loops import new_loop, raise_file_limit


def used() -> dict[str, float]:
    """CPU seconds of all threads of this process, and its resident memory in bytes."""
    times = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {
        "cpu": times.ru_utime + times.ru_stime,
        "user": times.ru_utime,
        "system": times.ru_stime,
        "rss": pages * os.sysconf("SC_PAGE_SIZE"),
    }


@asynccontextmanager
async def csms(database: str) -> AsyncIterator[int]:
    """Ours, as it is: every message validated, normalised, stored durably, then answered."""
    from pilotwire.csms.app import Csms
    from pilotwire.csms.collector import settle
    from pilotwire.csms.settings import CsmsSettings
    from pilotwire.domain.provisioning import UnknownStations
    from pilotwire.logs import configure_logging

    configure_logging("warning")
    settings = CsmsSettings(
        ocpp_port=0, database=database, unknown_stations=UnknownStations.ACCEPT, accept_unknown_tokens=True
    )
    async with Csms(settings) as running:
        settle()  # as `pilotwire csms` does
        yield running.ocpp_port


@asynccontextmanager
async def central_system(version: str) -> AsyncIterator[int]:
    """A central system of the PyPI package `ocpp` on `websockets` that validates and answers, and keeps nothing.

    Its validation runs in the loop's thread: the package's default hands each message to another thread, which costs more.
    """
    import ocpp.messages
    from websockets.exceptions import ConnectionClosed

    ocpp.messages.ASYNC_VALIDATION = False
    kind = _central_system_16() if version == "1.6" else _central_system_201()

    async def serve_station(line: Any) -> None:
        with suppress(ConnectionClosed):
            await kind("station", line).start()

    async with _websocket_server(serve_station, f"ocpp{version}") as port:
        yield port


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """What the WebSocket library alone costs: each frame comes back as it is."""

    async def serve_station(line: Any) -> None:
        async for message in line:
            await line.send(message)

    async with _websocket_server(serve_station, "ocpp1.6", "ocpp2.0.1") as port:
        yield port


@asynccontextmanager
async def _websocket_server(handler: Callable[[Any], Awaitable[None]], *subprotocols: Any) -> AsyncIterator[int]:
    from websockets.asyncio.server import serve

    options: dict[str, Any] = {"subprotocols": subprotocols, "compression": None, "ping_interval": None}
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield next(iter(server.sockets)).getsockname()[1]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _central_system_16() -> Any:
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint, call_result

    class CentralSystem(ChargePoint):  # type: ignore[misc]
        @on("BootNotification")
        def on_boot(self, **_: Any) -> Any:
            return call_result.BootNotification(current_time=_now(), interval=300, status="Accepted")

        @on("StatusNotification")
        def on_status(self, **_: Any) -> Any:
            return call_result.StatusNotification()

        @on("StartTransaction")
        def on_start(self, **_: Any) -> Any:
            return call_result.StartTransaction(transaction_id=1, id_tag_info={"status": "Accepted"})

        @on("MeterValues")
        def on_meter_values(self, **_: Any) -> Any:
            return call_result.MeterValues()

    return CentralSystem


def _central_system_201() -> Any:
    from ocpp.routing import on
    from ocpp.v201 import ChargePoint, call_result

    class CentralSystem(ChargePoint):  # type: ignore[misc]
        @on("BootNotification")
        def on_boot(self, **_: Any) -> Any:
            return call_result.BootNotification(current_time=_now(), interval=300, status="Accepted")

        @on("StatusNotification")
        def on_status(self, **_: Any) -> Any:
            return call_result.StatusNotification()

        @on("TransactionEvent")
        def on_transaction_event(self, **_: Any) -> Any:
            return call_result.TransactionEvent()

    return CentralSystem


async def _run(server: AbstractAsyncContextManager[int]) -> None:
    async with server as port:
        print(json.dumps({"port": port}), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(used()), flush=True)


def main(arguments: list[str]) -> None:
    """Run the server named by the arguments."""
    logging.disable(logging.CRITICAL)
    raise_file_limit()
    servers: dict[str, Callable[..., AbstractAsyncContextManager[int]]] = {
        "csms": csms,
        "ocpp": central_system,
        "echo": echo,
    }
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_run(servers[arguments[0]](*arguments[1:])))


if __name__ == "__main__":
    main(sys.argv[1:])
