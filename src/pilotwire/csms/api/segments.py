"""Names with a slash in the paths of the API: `/stations/A%2F1` is the station `A/1`, not something below the station `A`.

Servers hand over the path with all escapes undone, so that an escaped slash looks like any other. Here it is put in as a character that
no text has, routes are chosen, and the parameters of the path get their slash back.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from starlette.convertors import PathConvertor, StringConvertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

_SLASH: Final = "\ufdd0"
"""A noncharacter of Unicode, set aside for use inside a program."""


class _Segment(StringConvertor):
    """One segment of a path, as it was meant."""

    def convert(self, value: str) -> str:
        """The text of a segment."""
        return value.replace(_SLASH, "/")


class _Rest(PathConvertor):
    """The rest of a path, as it was meant."""

    def convert(self, value: str) -> str:
        """The text of the rest of a path."""
        return value.replace(_SLASH, "/")


register_url_convertor("str", _Segment())
register_url_convertor("path", _Rest())


class EncodedSlashes:
    """Keeps escaped slashes apart from those between segments."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        raw: bytes = scope.get("raw_path") or b""
        if b"%2f" in raw.lower():
            segments = raw.partition(b"?")[0].decode("ascii", "replace").split("/")
            scope = dict(scope) | {"path": "/".join(unquote(each).replace("/", _SLASH) for each in segments)}
        await self._app(scope, receive, send)
