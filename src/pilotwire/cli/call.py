"""`pilotwire call`: send any action to a station."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from pilotwire.cli.api import DEFAULT_URL, Api, Key, Url, segment
from pilotwire.errors import ConfigError


def verb(
    station: Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")],
    action: Annotated[str, typer.Argument(help="An action of its version, for example Reset.", metavar="ACTION")],
    payload: Annotated[
        str,
        typer.Argument(help="The payload as JSON; - reads it from standard input, @FILE from a file.", metavar="JSON"),
    ] = "{}",
    force: Annotated[bool, typer.Option("--force", help="Send it even if it does not fit the schema.")] = False,
    timeout: Annotated[float | None, typer.Option(help="Seconds to wait for the answer.", min=0.001, max=600)] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Send any action of its protocol version to a station and print the payload of its response.

    Exit code 1 if the station answered with an error or not at all, is not connected, or may not be sent this now.
    """
    content = read_json(payload)
    query = {"force": "true"} if force else {}
    if timeout is not None:
        query["timeout"] = str(timeout)
    with Api(url, key) as api:
        path = f"/stations/{segment(station)}/calls/{segment(action)}"
        response = api.send("POST", path, params=query, content=content)
    typer.echo(msgspec.json.format(response.content, indent=2).decode())


def read_json(payload: str) -> bytes:
    """The payload, checked to be JSON, with its numbers as they were written."""
    where, text = _source(payload)
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is not JSON: {error}.", 'Write it like {"type": "Immediate"}.') from None
    return text


def _source(payload: str) -> tuple[str, bytes]:
    if payload == "-":
        return "standard input", sys.stdin.buffer.read()
    if not payload.startswith("@"):
        return "the payload", payload.encode("utf-8", "surrogateescape")
    try:
        return f"the file {payload[1:]}", Path(payload[1:]).read_bytes()
    except OSError as error:
        raise ConfigError(f"the file {payload[1:]} cannot be read: {error.strerror or error}.") from None
