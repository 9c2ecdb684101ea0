"""Starts `pilotwire station --host-many` as a program of its own, for benches to make stations in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator

from pilotwire.conformance.benches.pilotwire_station import PilotwireStation
from pilotwire.errors import NotReachable

_STARTS_WITHIN = 30.0
_START = "from pilotwire.cli import main; main()"


@contextlib.asynccontextmanager
async def own_stations() -> AsyncIterator[str]:
    """A process of stations; gives its control port's URL. Raises NotReachable."""
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _START,
        "station",
        "--host-many",
        "--control-port",
        str(port),
        stdout=DEVNULL,
        stderr=PIPE,
    )
    reading = asyncio.create_task(_drained(process))
    try:
        yield await _ready(f"http://127.0.0.1:{port}", process, reading)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        reading.cancel()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _drained(process: Process) -> bytes:
    """What the program says, so that it never waits for a reader; the end of it is kept."""
    assert process.stderr is not None
    kept = b""
    while chunk := await process.stderr.read(4096):
        kept = (kept + chunk)[-4000:]
    return kept


async def _ready(url: str, process: Process, reading: asyncio.Task[bytes]) -> str:
    bench = PilotwireStation(url)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _STARTS_WITHIN
    try:
        while not await bench.reachable():
            if process.returncode is not None:
                raise NotReachable(f"The stations could not be started: {(await reading).decode('utf-8', 'replace')}")
            if loop.time() > deadline:
                raise NotReachable(f"The stations were not up within {_STARTS_WITHIN:g} s.")
            await asyncio.sleep(0.1)
    finally:
        await bench.close()
    return url
