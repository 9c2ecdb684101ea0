"""How much one client may ask: the size of a request, and how many in a minute."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from pilotwire.clock import Clock

MOST_BYTES: Final = 64 * 1024
"""Of a request; a certificate request with an RSA key of 4096 bits has some two thousand."""
_MINUTE: Final = 60.0
_MOST_CLIENTS: Final = 10_000


class Refused(Exception):
    """A request that is not served: the status and a sentence for whoever asked."""

    def __init__(self, status: HTTPStatus, what: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.headers = headers or {}


async def body_of(request: Request) -> bytes:
    """The body of a request. Raises Refused (413) as soon as it is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request has {MOST_BYTES} bytes at most.")
    return body


class Rate:
    """So many requests a minute from one address; what is not used is saved up to one minute's worth."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def check(self, request: Request) -> None:
        """Count a request. Raises Refused (429, with Retry-After) if there were too many."""
        address = request.client.host if request.client else ""
        now = self._clock.monotonic()
        left, at = self._left.get(address, (self._most, now))
        left = min(self._most, left + (now - at) * self._most / _MINUTE)
        if left < 1:
            wait = max(1, round((1 - left) * _MINUTE / self._most))
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS, "Too many requests from this address.", {"Retry-After": str(wait)}
            )
        if len(self._left) >= _MOST_CLIENTS:  # whoever has his full share again need not be remembered
            self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < _MINUTE}
        self._left[address] = (left - 1, now)
