"""An HTTP endpoint of OCPP-S: what is posted is read as an envelope, what cannot be read is answered with its fault (S16:2 to S16:6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pilotwire.ocpp.soap import Call, Fault, Side, Unreadable, read_call, write_fault
from pilotwire.ocpp.soap.http import CONTENT_TYPE, STATUS, WORTH_PACKING, unpacked
from pilotwire.serving import WebServer

_SHUTDOWN: Final = 1.0
MAX_BYTES: Final = 1_000_000
"""Longer envelopes are refused."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What answers a request: an envelope, with the HTTP status that goes with it."""

    data: bytes
    status: int = 200


OnRequest = Callable[[Call, bytes], Awaitable[Reply | None]]
"""Gets a request and its bytes; gives the answer, None for none at all. Must not raise."""


class SoapServer:
    """Listens from the moment it is made, answers once started. `side` is whose service this is. Raises ConfigError."""

    def __init__(
        self, side: Side, host: str, port: int, on_request: OnRequest, *, ssl_context: SSLContext | None = None
    ) -> None:
        self._side = side
        self._on_request = on_request
        app = Starlette(
            routes=[Route("/{path:path}", self._endpoint, methods=["GET", "POST"])],
            middleware=[Middleware(GZipMiddleware, minimum_size=WORTH_PACKING)],
        )
        name = "OCPP-S endpoint of the station" if side == "charge-point" else "OCPP-S endpoint"
        self._web = WebServer(app, host, port, name=name, shutdown_timeout=_SHUTDOWN, ssl_context=ssl_context)

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return self._web.port

    async def start(self) -> None:
        """Answer from now on."""
        await self._web.start()

    async def close(self) -> None:
        """Finish the requests in hand, for a second at most, and stop."""
        await self._web.close()

    async def _endpoint(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("This is an endpoint of OCPP-S: SOAP 1.2 envelopes are posted here.\n")
        try:
            data = await body_of(request, MAX_BYTES)
            call = read_call(data)
            if call.side != self._side:
                raise Unreadable(f"this is a {self._side.replace('-', ' ')}", "Receiver", "NotSupported")
        except Unreadable as error:
            fault = write_fault(Fault(error.code, error.subcode, error.what))
            return Response(fault, STATUS[error.code], media_type=CONTENT_TYPE)
        reply = await self._on_request(call, data)
        if reply is None:
            await _until_gone(request)
            return Response(status_code=503)  # nobody is there to read it
        return Response(reply.data, reply.status, media_type=CONTENT_TYPE)


async def _until_gone(request: Request) -> None:
    """Say nothing until the other side gives up, as a line that has failed would."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def body_of(request: Request, limit: int) -> bytes:
    """The body, unpacked if it came packed (S16:6.1). Raises `Unreadable` if it is too long or cannot be unpacked."""
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise Unreadable(f"the message is longer than {limit} bytes")
            chunks.append(chunk)
    except ClientDisconnect:
        raise Unreadable("the message did not come to its end") from None
    return unpacked(b"".join(chunks), request.headers.get("content-encoding", ""), limit)


__all__ = ["MAX_BYTES", "OnRequest", "Reply", "SoapServer", "body_of"]
