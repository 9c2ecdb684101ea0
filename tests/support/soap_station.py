"""A station of OCPP-S made of bare envelopes: it posts what a test wants said, and answers what it is asked as a test wants."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pilotwire.serving import WebServer

CS = {"1.6": "urn://Ocpp/Cs/2015/10/", "1.5": "urn://Ocpp/Cs/2012/06/"}
CP = {"1.6": "urn://Ocpp/Cp/2015/10/", "1.5": "urn://Ocpp/Cp/2012/06/"}
SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"


@dataclass
class Answer:
    """What came back: HTTP status, the element in the body, and its texts by name."""

    status: int
    body: Element
    header: dict[str, str]

    @property
    def name(self) -> str:
        """What the element is called."""
        return local(self.body)

    @property
    def texts(self) -> dict[str, str]:
        """The texts of all elements below, by name."""
        return {local(each): (each.text or "").strip() for each in self.body.iter() if not len(each)}


class SoapStation:
    """`say` posts a request; `asked` has what came in, `replies` what is answered, by action ("" stays silent)."""

    def __init__(self, central_system: str, identity: str, version: str) -> None:
        self.central_system = central_system
        self.identity = identity
        self.version = version
        self.address = ""
        self.asked: list[Answer] = []
        self.replies: dict[str, str] = {}
        self.auth: tuple[str, str] | None = None
        self._count = 0
        self._client = httpx.AsyncClient(trust_env=False, timeout=20)

    async def say(self, action: str, content: str = "", *, packed: bool = False) -> Answer:
        """Post the request of an action; `content` are its elements with the prefix `c`."""
        self._count += 1
        name = f"{action[0].lower()}{action[1:]}Request"
        data = self.envelope(CS[self.version], f"<c:{name}>{content}</c:{name}>", action, f"m-{self._count}").encode()
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        if packed:
            data, headers["Content-Encoding"] = gzip.compress(data), "gzip"
        return await self.post(data, headers)

    async def post(self, data: bytes, headers: dict[str, str] | None = None) -> Answer:
        """Post bytes."""
        response = await self._client.post(self.central_system, content=data, headers=headers, auth=self.auth)
        return read(response.content, response.status_code)

    async def boot(self) -> Answer:
        """Boot."""
        return await self.say(
            "BootNotification",
            "<c:chargePointVendor>Volta</c:chargePointVendor><c:chargePointModel>Soap</c:chargePointModel>",
        )

    def envelope(self, namespace: str, body: str, action: str, message_id: str, relates_to: str = "") -> str:
        """An envelope with the headers OCPP-S wants."""
        relates = f"<a:RelatesTo>{relates_to}</a:RelatesTo>" if relates_to else ""
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:c="{namespace}"><s:Header>'
            f'<c:chargeBoxIdentity s:mustUnderstand="true">{self.identity}</c:chargeBoxIdentity>'
            f"<a:Action>/{action}</a:Action><a:MessageID>{message_id}</a:MessageID>{relates}"
            f"<a:From><a:Address>{self.address}</a:Address></a:From><a:To>{self.central_system}</a:To>"
            f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )

    async def endpoint(self, request: Request) -> Response:
        """What the central system calls."""
        asked = read(await request.body(), 200)
        self.asked.append(asked)
        action = asked.header["Action"].removeprefix("/")
        content = self.replies.get(action)
        if content is None:
            await asyncio.sleep(60)
        if content is not None and content.startswith("<s:Fault"):
            body, status = content, 500
        else:
            name = f"{action[0].lower()}{action[1:]}Response"
            body, status = f"<c:{name}>{content}</c:{name}>", 200
        reply = self.envelope(CP[self.version], body, f"{action}Response", "r-1", asked.header["MessageID"])
        return Response(reply, status, media_type="application/soap+xml")

    async def close(self) -> None:
        """Stop posting."""
        await self._client.aclose()


def read(data: bytes, status: int) -> Answer:
    """An envelope as it came."""
    root = fromstring(data)
    header = root.find(f"{{{SOAP}}}Header")
    body = root.find(f"{{{SOAP}}}Body")
    assert body is not None
    assert len(body) == 1, data
    said = {local(each): "".join(each.itertext()).strip() for each in (() if header is None else header)}
    return Answer(status, body[0], said)


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def fault(subcode: str, reason: str) -> str:
    """The content of a fault."""
    return (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>c:{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>'
    )


@asynccontextmanager
async def soap_station(central_system: str, identity: str = "CP-1", version: str = "1.6") -> AsyncIterator[SoapStation]:
    """A station that listens on a port of its own."""
    one = SoapStation(central_system, identity, version)
    app = Starlette(routes=[Route("/{path:path}", one.endpoint, methods=["POST"])])
    async with WebServer(app, "127.0.0.1", 0, name="charge point", shutdown_timeout=0.1) as web:
        one.address = f"{web.url}/ocpp"
        try:
            yield one
        finally:
            await one.close()
