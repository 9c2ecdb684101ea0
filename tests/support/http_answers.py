"""An HTTP server on a real socket that answers every request as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class HttpAnswers:
    """What it answers: a status and JSON (or bytes as they are); None: nothing at all, for as long as one waits."""

    status: int = 200
    body: Any = None
    silent: bool = False
    url: str = ""
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Request line, headers and body of each request."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest if each)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.heard.append((line, headers, body))
            if self.silent:
                await reader.read()
                return
            said = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
            writer.write(
                f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n".encode() + said
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def http_answers(body: Any = None, status: int = 200) -> AsyncIterator[HttpAnswers]:
    """Such a server on a free port."""
    answers = HttpAnswers(status, body)
    server = await asyncio.start_server(answers.serve, "127.0.0.1", 0)
    answers.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/decide"
    try:
        yield answers
    finally:
        server.close()
