"""A station that is asked for its log and uploads it: over HTTP, FTP or SFTP, to the URL it was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aioftp
import asyncssh
import httpx

from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from tests.support.raw_station import PATIENCE, RawStation, settings, station

LOG = bytes(range(256)) * 1000
NAME = "log 2026/01.zip"
"""What the station calls its file: in two steps and with a space, as stations do."""


@dataclass
class Asked:
    """A log that was asked for: its request id, the URL the station was given, and the response to who asked."""

    request_id: int
    url: str
    response: httpx.Response

    @property
    def parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)


class Yard:
    """A CSMS on real sockets, its API, and stations."""

    def __init__(self, csms: Csms, api: httpx.AsyncClient) -> None:
        self.csms = csms
        self.api = api

    async def ask(self, line: RawStation, identity: str = "CS001", *, answer: Any = None, **body: Any) -> Asked:
        """Ask for a log and let the station accept."""
        sent = asyncio.create_task(self.api.post(f"/stations/{identity}/commands/get-log", json=body))
        call = await line.hear()
        payload = call[3]
        accepted = {"fileName": NAME} if call[2] == "GetDiagnostics" else {"status": "Accepted", "filename": NAME}
        await line.say([3, call[1], accepted if answer is None else answer])
        response = await asyncio.wait_for(sent, PATIENCE)
        assert response.status_code == 200, response.text
        url = payload["location"] if call[2] == "GetDiagnostics" else payload["log"]["remoteLocation"]
        return Asked(response.json()["requestId"], url, response)

    async def record(self, asked: Asked, identity: str = "CS001") -> Any:
        """The record of a log."""
        response = await self.api.get(f"/stations/{identity}/logs/{asked.request_id}")
        assert response.status_code == 200, response.text
        return response.json()

    async def file(self, asked: Asked, name: str, identity: str = "CS001", **headers: str) -> httpx.Response:
        """A download."""
        path = f"/stations/{identity}/logs/{asked.request_id}/files/{name}"
        return await self.api.get(path, headers=headers)

    async def findings(self, identity: str = "CS001") -> list[str]:
        """The rules of what was found against a station."""
        response = await self.api.get("/findings", params={"station": identity} if identity else {})
        return [each["rule"] for each in response.json() if identity or not each["station"]]

    async def upload(self, asked: Asked, content: bytes = LOG, name: str = "log.zip") -> None:
        """Upload to the URL by its own protocol; raises what the client of that protocol raises."""
        await {"http": http_put, "ftp": ftp_put, "sftp": sftp_put}[asked.parts.scheme](asked.url, content, name)


@asynccontextmanager
async def yard(**more: Any) -> AsyncIterator[Yard]:
    """A CSMS whose API and upload receivers listen on free ports."""
    wanted = {"no_auth": True, "ftp_port": 0, "sftp_port": 0} | more
    async with Csms(settings(**wanted), http=create_api) as csms, api_client(csms) as api:
        yield Yard(csms, api)


def api_client(csms: Csms) -> httpx.AsyncClient:
    """A client of its API over a socket."""
    return httpx.AsyncClient(base_url=f"{csms.urls.http}/api/v1", timeout=PATIENCE)


@asynccontextmanager
async def booted(csms: Csms, version: str = "ocpp2.0.1", identity: str = "CS001") -> AsyncIterator[RawStation]:
    """A station that is accepted."""
    async with station(csms, identity, version) as line:
        assert (await line.boot())["status"] == "Accepted"
        yield line


async def http_put(url: str, content: bytes, name: str) -> None:
    """PUT below the URL."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        response = await client.put(url + name, content=content)
        response.raise_for_status()


async def ftp_put(url: str, content: bytes, name: str) -> None:
    """STOR."""
    parts = urlsplit(url)
    async with (
        aioftp.Client.context(
            parts.hostname or "", parts.port or 21, parts.username or "", parts.password or "", socket_timeout=PATIENCE
        ) as client,
        client.upload_stream(name) as stream,
    ):
        await stream.write(content)


@asynccontextmanager
async def sftp(url: str) -> AsyncIterator[asyncssh.SFTPClient]:
    """A session with the user and password in the URL."""
    parts = urlsplit(url)
    async with (
        asyncssh.connect(
            parts.hostname or "",
            parts.port or 22,
            username=parts.username or "",
            password=parts.password or "",
            known_hosts=None,
            client_keys=None,
            agent_path=None,
            config=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        yield client


async def sftp_put(url: str, content: bytes, name: str) -> None:
    """Write a file."""
    async with sftp(url) as client, client.open(name, "wb") as file:
        await file.write(content)
