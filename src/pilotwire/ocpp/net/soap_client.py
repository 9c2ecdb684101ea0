"""Where requests of OCPP-S go: one central system, by HTTP or HTTPS, with connections kept for the next request (S16:2, S16:6)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from pilotwire.ocpp.net.client import ConnectError, explain_network
from pilotwire.ocpp.soap import Unreadable
from pilotwire.ocpp.soap.http import CONTENT_TYPE, WORTH_PACKING, packed

_KEPT: Final = 3.0
"""Seconds an idle connection is used again: less than any server waits before it closes one."""
_MAX_BYTES: Final = 1_000_000
_NOT_THERE: Final = frozenset({401, 403, 404, 407, 502, 503, 504})
"""Statuses that come from a door before the central system, whatever is in the body."""
_REMEDIES: Final = {
    401: "Check the station's password.",
    403: "Ask the operator of the CSMS why this station is not allowed.",
    404: "Check the path of the URL and whether the CSMS knows this station.",
    503: "Try again later.",
}


@dataclass(frozen=True, slots=True)
class Carriage:
    """How requests travel. `authorization` is the header of that name, `proxy` an http:// URL, `packs`: long requests go as gzip.

    `open_timeout` in seconds is for making a connection.
    """

    authorization: str | None = None
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = None
    packs: bool = False
    open_timeout: float = 10.0


PLAIN: Final = Carriage()


def check_url(url: str) -> None:
    """Whether this can be the URL of a central system; raises ConnectError of kind `invalid_url`."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        what = f"{url!r} is no endpoint of OCPP-S."
        raise ConnectError("invalid_url", what, "Write http://host:port/path or https://...")


class SoapClient:
    """Posts envelopes to one URL. Raises ConnectError if the URL is none."""

    def __init__(self, url: str, carriage: Carriage = PLAIN) -> None:
        check_url(url)
        self.url = url.strip()
        self._carriage = carriage
        self._context = carriage.ssl_context
        if self._context is None and self.url.casefold().startswith("https:"):
            self._context = ssl.create_default_context()
        self._client = httpx.AsyncClient(
            verify=self._context or False,  # without TLS there is nothing to verify, and no roots to be loaded
            proxy=carriage.proxy,
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(None, connect=carriage.open_timeout),
            limits=httpx.Limits(max_connections=2, keepalive_expiry=_KEPT),
        )

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def reach(self) -> str:
        """See whether connections are taken there, with TLS where it is to be; gives our own address on the way. Raises ConnectError."""
        goes = self._carriage
        parts = urlsplit(goes.proxy or self.url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        context = self._context if secure else None
        try:
            async with asyncio.timeout(goes.open_timeout):
                _, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
        except Exception as error:
            raise explain_network(error, parts.netloc.rpartition("@")[2], goes.open_timeout) from error
        own = str(writer.get_extra_info("sockname")[0])
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return own

    async def post(self, action: str, data: bytes, timeout: float) -> bytes:
        """Post a request and give back the envelope that answers it.

        Raises ConnectError where no central system answers, TimeoutError where none answers in time, Unreadable for what is too long or
        not packed as it says.
        """
        headers = {"Content-Type": f'{CONTENT_TYPE}; action="/{action}"', "Accept": "application/soap+xml"}
        if self._carriage.authorization is not None:
            headers["Authorization"] = self._carriage.authorization
        if self._carriage.packs and len(data) > WORTH_PACKING:
            data, headers["Content-Encoding"] = packed(data), "gzip"
        try:
            async with (
                asyncio.timeout(timeout),
                self._client.stream("POST", self.url, content=data, headers=headers) as response,
            ):
                content = await _content(response)
        except TimeoutError:
            raise
        except httpx.DecodingError as error:
            raise Unreadable(f"the answer is not packed as its header says: {error}") from None
        except (httpx.HTTPError, OSError) as error:
            raise self._explained(error) from (_origin(error) or error)
        if response.status_code in _NOT_THERE or not content.strip():
            raise _http_error(response.status_code, response.reason_phrase)
        return content

    def _explained(self, error: Exception) -> ConnectError:
        place = urlsplit(self.url).netloc.rpartition("@")[2]
        origin = _origin(error)
        if isinstance(error, httpx.ProxyError):
            what = f"The proxy does not let us through: {error}."
            return ConnectError("proxy", what, "Check host and port of the proxy.")
        if isinstance(error, httpx.ConnectTimeout):
            return explain_network(TimeoutError(), place, self._carriage.open_timeout)
        if origin is not None and isinstance(error, httpx.ConnectError):
            return explain_network(origin, place, self._carriage.open_timeout)
        said = str(error).rstrip(".") or type(error).__name__
        return ConnectError("closed", f"{place} ended the connection without an answer: {said}.")


async def _content(response: httpx.Response) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > _MAX_BYTES:
            raise Unreadable(f"the answer is longer than {_MAX_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _origin(error: BaseException) -> Exception | None:
    """What the network said, below the library's own errors."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _http_error(status: int, phrase: str) -> ConnectError:
    what = f"The CSMS answered HTTP {status} {phrase}".rstrip() + ("." if status in _NOT_THERE else " and no envelope.")
    return ConnectError("http", what, _REMEDIES.get(status, "Check the URL of the CSMS."), status=status)


__all__ = ["PLAIN", "Carriage", "SoapClient", "check_url"]
