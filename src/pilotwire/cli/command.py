"""`pilotwire command`: any typed command of the HTTP API, the same for every version of OCPP."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from pilotwire.cli.api import DEFAULT_URL, Api, Key, Url, segment
from pilotwire.cli.call import read_json


def verb(
    station: Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")],
    command: Annotated[
        str, typer.Argument(help="A command as in the HTTP API, for example set-display-message.", metavar="COMMAND")
    ],
    body: Annotated[
        str, typer.Argument(help="Its body as JSON; - reads it from standard input, @FILE from a file.", metavar="JSON")
    ] = "{}",
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Give a station a command of the HTTP API (`/docs` of the CSMS lists them) and print its answer.

    Exit code 1 if the station answered with an error or not at all, is not connected, or may not be sent this now.
    """
    content = read_json(body)
    with Api(url, key) as api:
        response = api.send("POST", f"/stations/{segment(station)}/commands/{segment(command)}", content=content)
    typer.echo(msgspec.json.format(response.content, indent=2).decode())
