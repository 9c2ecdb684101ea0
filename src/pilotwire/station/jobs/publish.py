"""Published firmware, offered by HTTP to the stations behind a local controller (L03.FR.03): GET and HEAD, whole or in parts."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter

from pilotwire.errors import PilotwireError
from pilotwire.station.core.jobs import Result
from pilotwire.station.core.publish_firmware import FOLDER, OfferFiles, Offering, Taken
from pilotwire.station.files import Files
from pilotwire.station.jobs.running import Tell, Tools

PATIENCE = 30.0
"""Seconds in which a station must ask, and take each piece."""
_PATH = re.compile(r"/firmware/([0-9a-f]{32})\Z")
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})\Z")
_LONGEST = 16 * 1024
_PIECE = 64 * 1024


async def offer(job: OfferFiles, tools: Tools, tell: Tell) -> Result:
    """Serve until cancelled."""
    shop = _Shop(tools.files, tell)
    try:
        server = await asyncio.start_server(shop.customer, job.host, job.port, limit=_LONGEST)
    except OSError as error:
        raise PilotwireError(f"Nothing can be offered at {job.host}:{job.port}: {error.strerror or error}.") from None
    async with server:
        port = server.sockets[0].getsockname()[1]
        host = f"[{job.host}]" if ":" in job.host else job.host
        tell(Offering(f"http://{host}:{port}/firmware/"))
        await server.serve_forever()
    return Result()


class _Shop:
    def __init__(self, files: Files, tell: Tell) -> None:
        self._files = files
        self._tell = tell
        self._taken: Counter[str] = Counter()

    async def customer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            await self._answer(head, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asks badly, or goes, gets no answer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        request, *lines = head.split("\r\n")
        method, _, rest = request.partition(" ")
        found = _PATH.match(rest.partition(" ")[0])
        if method not in ("GET", "HEAD"):
            await _say(writer, "405 Method Not Allowed", {"Allow": "GET, HEAD"})
            return
        content = self._files.read(f"{FOLDER}/{found[1]}") if found else None
        if content is None or found is None:
            await _say(writer, "404 Not Found", {})
            return
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        tag = f'"{found[1]}"'
        wanted = headers.get("range", "") if headers.get("if-range", tag) == tag else ""
        self._count(found[1], 1)
        try:
            await _serve(writer, content, _RANGE.match(wanted), tag, body=method == "GET")
        finally:
            self._count(found[1], -1)

    def _count(self, checksum: str, by: int) -> None:
        self._taken[checksum] += by
        self._tell(Taken(checksum, self._taken[checksum]))


async def _serve(
    writer: asyncio.StreamWriter, content: bytes, part: re.Match[str] | None, tag: str, *, body: bool
) -> None:
    size = len(content)
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": tag}
    first, last, status = 0, size - 1, "200 OK"
    if part is not None:
        first, last = int(part[1]), min(int(part[2] or size), size - 1)
        if first > last:
            await _say(writer, "416 Range Not Satisfiable", {"Content-Range": f"bytes */{size}"})
            return
        status = "206 Partial Content"
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    await _say(writer, status, headers, length=last + 1 - first)
    for place in range(first, last + 1, _PIECE) if body else ():
        writer.write(content[place : min(place + _PIECE, last + 1)])
        async with asyncio.timeout(PATIENCE):
            await writer.drain()


async def _say(writer: asyncio.StreamWriter, status: str, headers: dict[str, str], *, length: int = 0) -> None:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, f"Content-Length: {length}", "Connection: close", "", ""]).encode("latin-1"))
    async with asyncio.timeout(PATIENCE):
        await writer.drain()
