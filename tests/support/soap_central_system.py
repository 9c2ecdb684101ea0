"""A central system of OCPP-S made of bare envelopes: it keeps what it hears, answers as a test wants, and asks what a test wants asked."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pilotwire.serving import WebServer
from tests.support.soap_services import misfit
from tests.support.soap_station import CP, CS, SOAP, WSA, Answer, local, read

NOW = "2026-01-01T00:00:00Z"
SILENCE = "silence"
GOOD = {
    "Authorize": "<c:idTagInfo><c:status>Accepted</c:status></c:idTagInfo>",
    "DataTransfer": "<c:status>Accepted</c:status>",
    "Heartbeat": f"<c:currentTime>{NOW}</c:currentTime>",
    "StartTransaction": "<c:transactionId>7</c:transactionId><c:idTagInfo><c:status>Accepted</c:status></c:idTagInfo>",
}
BOOT = {
    "1.6": f"<c:status>{{}}</c:status><c:currentTime>{NOW}</c:currentTime><c:interval>300</c:interval>",
    "1.5": f"<c:status>{{}}</c:status><c:currentTime>{NOW}</c:currentTime><c:heartbeatInterval>300</c:heartbeatInterval>",
}


@dataclass
class Heard:
    """A request of the station: its action, what it said, and the HTTP headers it came with."""

    action: str
    said: Answer
    headers: dict[str, str]


class CentralSystem:
    """`heard` in order; `replies` by action go before `GOOD`; `refuse` is an HTTP status for everybody. Misfits are what no WSDL has.

    `slow` is how many seconds each answer takes, `most_at_once` how many requests were ever in hand together.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.url = ""
        self.heard: list[Heard] = []
        self.misfits: list[str] = []
        self.replies: dict[str, str] = {}
        self.refuse: int | None = None
        self.turned_away = 0
        self.slow = 0.0
        self.most_at_once = 0
        self._in_hand = 0
        self._client = httpx.AsyncClient(trust_env=False, timeout=20)

    def of(self, action: str) -> list[Answer]:
        """What was said with an action."""
        return [each.said for each in self.heard if each.action == action]

    @property
    def address(self) -> str:
        """Where the station said last that it listens."""
        return self.heard[-1].said.header["From"]

    # --- hearing -----------------------------------------------------------------------------------------------------

    async def endpoint(self, request: Request) -> Response:
        """What the station calls."""
        data = await request.body()
        if self.refuse is not None:
            self.turned_away += 1
            return Response(status_code=self.refuse)
        packed = request.headers.get("content-encoding") == "gzip"
        said = read(gzip.decompress(data) if packed else data, 200)
        if wrong := misfit(self.version, "central-system", said.body):
            self.misfits.append(wrong)
        action = said.header["Action"].removeprefix("/")
        self.heard.append(Heard(action, said, dict(request.headers)))
        self._in_hand += 1
        self.most_at_once = max(self.most_at_once, self._in_hand)
        try:
            await asyncio.sleep(self.slow)
            return await self._answer(action, said.header["MessageID"])
        finally:
            self._in_hand -= 1

    async def _answer(self, action: str, relates_to: str) -> Response:
        content = self.replies.get(action, GOOD.get(action, ""))
        if action == "BootNotification":
            content = BOOT[self.version].format(self.replies.get(action, "Accepted"))
        if content == SILENCE:
            await asyncio.sleep(60)
        if content.startswith("<s:Fault"):
            body, status = content, 500
        elif content.startswith("<?"):
            return Response(content, media_type="application/soap+xml")
        else:
            name = f"{action[0].lower()}{action[1:]}Response"
            body, status = f"<c:{name}>{content}</c:{name}>", 200
        header = f"<a:Action>/{action}Response</a:Action><a:RelatesTo>{relates_to}</a:RelatesTo>"
        reply = _envelope(CS[self.version], header, body)
        return Response(reply, status, media_type="application/soap+xml")

    # --- asking ------------------------------------------------------------------------------------------------------

    async def ask(
        self,
        action: str,
        content: str = "",
        *,
        identity: str = "CS001",
        namespace: str | None = None,
        address: str = "",
    ) -> Answer:
        """Post a request to the station, at `address` or where the last one spoke from; `content` are its elements with the prefix `c`."""
        name = f"{action[0].lower()}{action[1:]}Request"
        header = (
            f'<c:chargeBoxIdentity s:mustUnderstand="true">{identity}</c:chargeBoxIdentity><a:Action>/{action}</a:Action>'
            f"<a:MessageID>q-1</a:MessageID><a:From><a:Address>{self.url}</a:Address></a:From>"
        )
        data = _envelope(namespace or CP[self.version], header, f"<c:{name}>{content}</c:{name}>")
        answer = await self.post(data.encode(), address=address)
        if local(answer.body) != "Fault" and (wrong := misfit(self.version, "charge-point", answer.body)):
            self.misfits.append(wrong)
        return answer

    async def post(self, data: bytes, headers: dict[str, str] | None = None, *, address: str = "") -> Answer:
        """Post bytes to the station."""
        response = await self._client.post(address or self.address, content=data, headers=headers)
        return read(response.content, response.status_code)

    async def close(self) -> None:
        """Stop asking."""
        await self._client.aclose()


def _envelope(namespace: str, header: str, body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:c="{namespace}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def subcode(answer: Answer) -> str:
    """What a fault is called in OCPP."""
    assert local(answer.body) == "Fault", answer.texts
    values = [each.text or "" for each in answer.body.iter(f"{{{SOAP}}}Value")]
    return values[-1].rpartition(":")[2]


def basic(name: str, password: str) -> str:
    """The header of HTTP Basic authentication."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@asynccontextmanager
async def central_system(
    version: str = "1.6", *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[CentralSystem]:
    """One that listens on a port of its own."""
    one = CentralSystem(version)
    app = Starlette(routes=[Route("/{path:path}", one.endpoint, methods=["POST"])])
    async with WebServer(app, "127.0.0.1", port, name="central system", shutdown_timeout=0.1, ssl_context=tls) as web:
        one.url = f"{web.url.replace('127.0.0.1', 'localhost') if tls else web.url}/services/ocpp"
        try:
            yield one
        finally:
            await one.close()
