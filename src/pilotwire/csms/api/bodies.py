"""Bodies of requests: none longer than allowed is read."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilotwire.csms.api.images import is_upload
from pilotwire.csms.api.problems import SEND_LESS, problem_response
from pilotwire.csms.uploads.receiver import PATH


class _TooLarge(HTTPException):
    """More came than is allowed. An HTTPException, because FastAPI takes any other error while it reads a body for broken JSON."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, _detail(limit))


def _detail(limit: int) -> str:
    return f"The body is longer than the {limit} bytes that are taken."


class BodyLimit:
    """Refuses requests with a body of more than `limit` bytes, as soon as that is known."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer 413."""
        if scope["type"] != "http" or scope["path"].startswith(PATH) or is_upload(scope["method"], scope["path"]):
            # uploads and firmware images have limits of their own
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._limit:
            await self._refuse(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        had = 0

        async def counted() -> Message:
            nonlocal had
            message = await receive()
            had += len(message.get("body", b""))
            if had > self._limit:
                raise _TooLarge(self._limit)
            return message

        return counted

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem_response(413, "too-large", _detail(self._limit), SEND_LESS)
        await response(scope, receive, send)


def _announced(scope: Scope) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0
