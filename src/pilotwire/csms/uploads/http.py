"""The HTTP receiver: PUT and POST of a raw body or a form (N01.FR.18, N01.FR.19) to /uploads/<token>/, with or without a file name behind.

Nothing is read of a body before the token and the announced length are good, so a station that waits for `100 Continue` sends nothing in
vain (2.1 N01.FR.22). There are no redirections (2.1 N01.FR.26).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from pilotwire.csms.registers.logs import Protocol, ReceivedFile
from pilotwire.csms.uploads.multipart import FilePart, NotMultipart, boundary_of, filename_of
from pilotwire.csms.uploads.receiver import PATH, Receiver
from pilotwire.csms.uploads.upload import Upload, UploadBroken, UploadNotStored, UploadRefused, UploadTooLarge
from pilotwire.errors import PilotwireError, StoreError

IDLE: Final = 60.0
"""Seconds without a byte after which a station is taken for gone."""
_LONGEST_TYPE: Final = 200
_STATUS: Final[dict[type[PilotwireError], int]] = {
    UploadRefused: 404,
    UploadTooLarge: 413,
    UploadBroken: 400,
    UploadNotStored: 503,
    StoreError: 503,
}


class HttpReceiver:
    """An ASGI application for everything below `/uploads/`."""

    def __init__(self, receiver: Receiver, *, idle: float = IDLE) -> None:
        self._receiver = receiver
        self._idle = idle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take an upload and answer."""
        if scope["type"] != "http":
            return
        if scope["method"] not in ("PUT", "POST"):
            await _answer(send, 405, {"detail": "A file is uploaded with PUT or POST."}, allow="PUT, POST")
            return
        try:
            stored = await self._take(scope, receive)
        except tuple(_STATUS) as error:
            status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
            await _answer(send, status, {"detail": error.what, "remedy": error.remedy})
        else:
            await _answer(send, 201, {"name": stored.name, "size": stored.size, "sha256": stored.sha256})

    async def _take(self, scope: Scope, receive: Receive) -> ReceivedFile:
        token, _, tail = scope["path"].partition(PATH)[2].partition("/")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        remote = client[0] if client else ""
        async with self._receiver.receiving(token, Protocol.HTTP, remote=remote) as upload:
            announced = headers.get("content-length", "")
            if announced.isascii() and announced.isdigit():
                upload.refuse_announced(int(announced[:20]))
            if "content-range" in headers:
                raise upload.broken("a part of a file is not taken, only a whole one.")
            body = self._body(receive, upload)
            kind = headers.get("content-type", "")
            boundary = boundary_of(kind)
            if boundary is not None:
                return await _form(upload, body, boundary, tail)
            async for chunk in body:
                await upload.write(chunk)
            name = filename_of(headers.get("content-disposition"))
            return await upload.store(tail, name, content_type=_type(kind))

    async def _body(self, receive: Callable[[], Awaitable[Message]], upload: Upload) -> AsyncIterator[bytes]:
        more = True
        while more:
            try:
                async with asyncio.timeout(self._idle):
                    message = await receive()
            except TimeoutError:
                raise upload.broken(f"nothing came for {self._idle:g} seconds.") from None
            if message["type"] == "http.disconnect":
                raise upload.broken("the connection ended before it was whole.")
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]


async def _form(upload: Upload, body: AsyncIterator[bytes], boundary: bytes, tail: str) -> ReceivedFile:
    try:
        part = FilePart(boundary)
        async for chunk in body:
            if data := part.feed(chunk):
                await upload.write(data)
    except NotMultipart as error:
        raise upload.broken(f"the form cannot be read: {error}") from None
    if not part.found or not part.complete:
        raise upload.broken("the form has no file." if part.complete else "the form has no end.")
    return await upload.store(part.name, tail, content_type=_type(part.content_type))


def _type(text: str | None) -> str | None:
    """A content type as it was said, if it is one."""
    said = (text or "").strip()
    return said[:_LONGEST_TYPE] if said and said.isascii() and said.isprintable() else None


async def _answer(send: Send, status: int, body: dict[str, Any], *, allow: str = "") -> None:
    content = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    if allow:
        headers.append((b"allow", allow.encode()))
    if status >= 400:
        headers.append((b"connection", b"close"))  # what is left of the body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
