"""A central system of bare frames that answers as a test tells it to: rightly, late, with errors, with rubbish, or not at all."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from tests.support.eventually import eventually

NOW = "2026-01-01T00:00:00Z"
SILENCE = object()
Reply = Callable[[str, Any], Any]
"""Given action and payload: the payload of the CALLRESULT, `Error`, `Raw` text, or `SILENCE`."""


@dataclass(frozen=True)
class Error:
    """Answer with a CALLERROR."""

    code: str = "InternalError"
    description: str = "not today"


@dataclass(frozen=True)
class Raw:
    """Answer with this text; `{id}` stands for the message id."""

    text: str


@dataclass
class Heard:
    """A CALL of the station."""

    action: str
    payload: Any
    connection: int


def accepting(action: str, payload: Any) -> Any:
    """What a friendly central system answers, in any version."""
    if action == "BootNotification":
        return {"status": "Accepted", "currentTime": NOW, "interval": 3600}
    if action == "Heartbeat":
        return {"currentTime": NOW}
    if action == "Authorize":
        told = {"status": "Accepted"}
        return {"idTokenInfo": told} if "idToken" in payload else {"idTagInfo": told}
    if action == "StartTransaction":
        return {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
    return {}


@dataclass
class ScriptedCsms:
    """`reply` may be replaced at any time; `refuse` is an HTTP status to answer the handshake with."""

    port: int = 0
    reply: Reply = accepting
    refuse: int | None = None
    heard: list[Heard] = field(default_factory=list)
    passwords: list[str | None] = field(default_factory=list)
    lines: list[ServerConnection] = field(default_factory=list)
    frames: list[Any] = field(default_factory=list)
    attempts: int = 0
    version: str = "2.0.1"
    tls: ssl.SSLContext | None = None
    _next: int = 0
    _answers: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"ws://127.0.0.1:{self.port}" if self.tls is None else f"wss://localhost:{self.port}"

    def of(self, action: str) -> list[Any]:
        """Payloads of the station's CALLs of an action, in order."""
        return [one.payload for one in self.heard if one.action == action]

    async def until_heard(self, action: str, count: int = 1) -> list[Any]:
        """Wait for the n-th CALL of an action."""
        await eventually(lambda: len(self.of(action)) >= count, what=f"{count} {action}, heard {self._actions()}")
        return self.of(action)

    def _actions(self) -> list[str]:
        return [one.action for one in self.heard]

    async def call(self, action: str, payload: Any) -> Any:
        """Call the station: payload of its CALLRESULT, or the whole CALLERROR frame."""
        self._next += 1
        message_id = f"csms-{self._next}"
        answer = self._answers[message_id] = asyncio.get_running_loop().create_future()
        await self.lines[-1].send(json.dumps([2, message_id, action, payload]))
        frame = await asyncio.wait_for(answer, 10)
        return frame[2] if frame[0] == 3 else frame

    def drop(self) -> None:
        """Break the present connection without a word."""
        self.lines[-1].transport.abort()

    # --- the server --------------------------------------------------------------------------------------------------

    def admit(self, _: ServerConnection, request: Request) -> Response | None:
        """Refuse, or let in."""
        self.attempts += 1
        self.passwords.append(_password(request.headers))
        if self.refuse is None:
            return None
        return Response(self.refuse, "No", Headers({"Content-Length": "0", "Connection": "close"}))

    def choose(self, _: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """Our version, or none (J16:3.2, J2:3.2)."""
        mine = Subprotocol(f"ocpp{self.version}")
        return mine if mine in offered else None

    async def attend(self, line: ServerConnection) -> None:
        """Take what comes."""
        if line.subprotocol is None:
            return
        self.lines.append(line)
        number = len(self.lines)
        try:
            async for text in line:
                await self._take(line, json.loads(text), number)
        except ConnectionClosed:
            pass

    async def _take(self, line: ServerConnection, frame: Any, number: int) -> None:
        self.frames.append(frame)
        if frame[0] != 2:
            if (waiting := self._answers.pop(frame[1], None)) is not None:
                waiting.set_result(frame)
            return
        self.heard.append(Heard(frame[2], frame[3], number))
        reply = self.reply(frame[2], frame[3])
        if isinstance(reply, Error):
            await line.send(json.dumps([4, frame[1], reply.code, reply.description, {}]))
        elif isinstance(reply, Raw):
            await line.send(reply.text.replace("{id}", frame[1]))
        elif reply is not SILENCE:
            await line.send(json.dumps([3, frame[1], reply]))


def _password(headers: Headers) -> str | None:
    kind, _, pair = headers.get("Authorization", "").partition(" ")
    return base64.b64decode(pair).decode().partition(":")[2] if kind == "Basic" else None


@asynccontextmanager
async def scripted_csms(version: str = "2.0.1", reply: Reply = accepting, **fields: Any) -> AsyncIterator[ScriptedCsms]:
    """A running one that speaks a version, on a free port (or on `port`)."""
    csms = ScriptedCsms(reply=reply, version=version, **fields)
    async with serve(
        csms.attend,
        "127.0.0.1",
        csms.port,
        ssl=csms.tls,
        select_subprotocol=csms.choose,
        process_request=csms.admit,
        ping_interval=None,
        compression=None,
        close_timeout=1,
    ) as server:
        csms.port = next(iter(server.sockets)).getsockname()[1]
        yield csms
