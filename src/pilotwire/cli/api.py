"""The HTTP API of a CSMS, as the verbs use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import typer

from pilotwire.cli.terminal import Failed
from pilotwire.errors import ConfigError, PilotwireError

DEFAULT_URL: Final = "http://127.0.0.1:8080"
Url = Annotated[str, typer.Option(envvar="PILOTWIRE_URL", help="Where the HTTP API of the CSMS is.")]
Key = Annotated[str, typer.Option(envvar="PILOTWIRE_API_KEY", help="An API key.", show_default=False, show_envvar=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_SAID_NO: Final = frozenset({409, 502, 504})
_TIMEOUT: Final = httpx.Timeout(10.0, read=620.0)


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def show_json(value: object) -> None:
    """Print JSON for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


class Api:
    """A CSMS behind its HTTP API; a context manager. Every method raises `Failed` if the CSMS or a station said no, ConfigError if
    the CSMS cannot be reached, and PilotwireError for anything else it complains about."""

    def __init__(self, url: str, key: str = "", *, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        if not key.isascii() or not key.strip().isprintable():
            raise ConfigError("the API key has characters that no API key has.", "Copy it again.")
        headers = {"Authorization": f"Bearer {key.strip()}"} if key.strip() else {}
        self._client = httpx.Client(timeout=_TIMEOUT, headers=headers, transport=transport)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **query: object) -> Any:
        """A resource. A query parameter that is None is left out."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self.send("GET", path, params=asked).json()

    def pages(self, path: str, **query: object) -> Iterator[Any]:
        """All entries of a list, page by page."""
        page = self.get(path, **query)
        yield from page["items"]
        while page["nextCursor"] is not None:
            page = self.get(path, after=page["nextCursor"], **query)
            yield from page["items"]

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        content: bytes | Iterator[bytes] | None = None,
    ) -> httpx.Response:
        """Send a request and give its response if it is a good one; `body` is sent as JSON, `content` as it is."""
        try:
            response = self._client.request(
                method,
                f"{self._url}/api/v1{path}",
                params=params,
                content=content if content is not None or body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            what = f"the CSMS at {self._url} cannot be reached: {error}."
            raise ConfigError(what, "Start it with `pilotwire csms`, or say where it is with --url.") from None
        if response.is_success:
            return response
        raise _complaint(response)

    def download(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """What a resource holds, piece by piece, however long it is."""
        try:
            with self._client.stream("GET", f"{self._url}/api/v1{path}", params=params) as response:
                if not response.is_success:
                    response.read()
                    raise _complaint(response)
                yield from response.iter_bytes()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = f"the CSMS at {self._url} cannot be reached: {error}."
            raise ConfigError(what, "Start it with `pilotwire csms`, or say where it is with --url.") from None


def _complaint(response: httpx.Response) -> PilotwireError:
    problem = _problem(response)
    kind = Failed if response.status_code in _SAID_NO else PilotwireError
    what = str(problem.get("detail") or f"the CSMS answered {response.status_code} {response.reason_phrase}")
    details = problem.get("details")
    if details:
        what = f"{what.rstrip('.')}, with the details {json.dumps(details, ensure_ascii=False)}."
    return kind(what, str(problem.get("remedy", "")))


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {}
