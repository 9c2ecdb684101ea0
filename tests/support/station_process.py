"""`pilotwire station` as a process of its own: started, talked to over its control port, ended by a signal or killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.eventually import eventually

_PORT = re.compile(rb"Control port: http://127\.0\.0\.1:(\d+)")


class StationProcess:
    """The running program. `said` is all it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = b""
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self.http = httpx.AsyncClient(trust_env=False, timeout=10)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while chunk := await self.process.stdout.read(4096):
            self.said += chunk

    async def until_ready(self) -> None:
        """Wait until it has told where its control port is."""
        await eventually(lambda: _PORT.search(self.said) or self.process.returncode is not None, timeout=60)
        found = _PORT.search(self.said)
        assert found is not None, self.said
        self.http.base_url = httpx.URL(f"http://127.0.0.1:{int(found[1])}")

    async def does(self, path: str, **body: Any) -> Any:
        """Do something at the station."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def status(self) -> Any:
        """How things stand."""
        return (await self.http.get("/status")).json()

    async def vehicles(self) -> Any:
        """The vehicles that were here."""
        return (await self.http.get("/vehicles")).json()

    async def ends(self, number: signal.Signals | None = None) -> int:
        """Send a signal, if one is given, and wait for the end; the exit code."""
        if number is not None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), 30)
        await asyncio.wait_for(self._reading, 10)
        return code

    async def close(self) -> None:
        """Leave nothing behind."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self._reading
        await self.http.aclose()


@asynccontextmanager
async def station_process(folder: Path, *options: str, **environment: str) -> AsyncIterator[StationProcess]:
    """The program, started in `folder`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from pilotwire.cli import main; main()",
        "station",
        *options,
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    station = StationProcess(process)
    try:
        yield station
    finally:
        await station.close()
