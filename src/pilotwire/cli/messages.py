"""`pilotwire messages`: search the message log of a CSMS, and export it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.errors import ConfigError

_COLUMNS = ("time (UTC)", "station", "", "action", "frame")
_ARROWS = {"in": ">", "out": "<"}


def verb(
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    action: Annotated[str | None, typer.Option(help="Only of this action.")] = None,
    transaction: Annotated[str | None, typer.Option(help="Only what names this transaction.")] = None,
    message_id: Annotated[str | None, typer.Option(help="Only of this message id.")] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Only errors: CALLERROR, CALLRESULTERROR, SOAP faults.")
    ] = False,
    since: Annotated[str | None, typer.Option(help="From this time on, for example 2027-01-31T12:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    text: Annotated[str | None, typer.Option(help="Only with this text in the frame.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most (not of an export).")] = 50,
    export: Annotated[
        Path | None,
        typer.Option(help="Write all of them, oldest first, as JSON lines to this file; `-`: standard output."),
    ] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Search the message log, newest first. `>` came from the station, `<` went to it."""
    wanted: dict[str, object] = {
        "station": station,
        "action": action,
        "transactionId": transaction,
        "messageId": message_id,
        "errors": errors or None,
        "since": since,
        "until": until,
        "text": text,
    }
    with Api(url, key) as api:
        if export is not None:
            _export(api, export, {name: value for name, value in wanted.items() if value is not None})
            return
        found = list(islice(api.pages("/messages", limit=min(limit, 1000), **wanted), limit))
    if as_json:
        show_json(found)
        return
    show_table(_COLUMNS, map(_row, found), nothing="There are no such messages.")


def _row(message: Mapping[str, Any]) -> tuple[object, ...]:
    arrow = _ARROWS[message["direction"]]
    return moment(message["timestamp"]), message["station"], arrow, message["action"], message["frame"]


def _export(api: Api, target: Path, wanted: Mapping[str, object]) -> None:
    if str(target) == "-":
        for chunk in api.download("/messages/export", wanted):
            sys.stdout.buffer.write(chunk)
        return
    count = 0
    try:
        with target.open("wb") as file:
            for chunk in api.download("/messages/export", wanted):
                file.write(chunk)
                count += chunk.count(b"\n")
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}.", "Name another file.") from None
    typer.echo(f"{count} messages are in {target}.")
