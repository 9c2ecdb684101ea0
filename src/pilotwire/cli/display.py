"""`pilotwire display`: what stations show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import Failed, moment, show_table

verb = typer.Typer(
    help="Show messages on stations' displays: set, list, clear.", no_args_is_help=True, pretty_exceptions_enable=False
)
_COLUMNS = ("id", "priority", "state", "text", "from", "until", "transaction")
Station = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Id = Annotated[int, typer.Argument(help="The id of the message.", metavar="ID", min=0)]


@verb.command("set")
def set_(
    station: Station,
    message_id: Id,
    text: Annotated[str, typer.Argument(help="What is shown.", metavar="TEXT")],
    priority: Annotated[str, typer.Option(help="NormalCycle, InFront or AlwaysFront.")] = "NormalCycle",
    format_: Annotated[str, typer.Option("--format", help="UTF8, ASCII, HTML, URI; QRCODE in 2.1.")] = "UTF8",
    language: Annotated[str | None, typer.Option(help="Its language, for example en.")] = None,
    state: Annotated[str | None, typer.Option(help="Only while the station is Idle, Charging, ...")] = None,
    start: Annotated[str | None, typer.Option("--from", help="From when, for example 2030-01-31T12:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--until", help="Until when.")] = None,
    transaction: Annotated[str | None, typer.Option(help="Only as long as this transaction lasts.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Show a message, or replace the one with its id."""
    content = {"content": text, "format": format_} | ({} if language is None else {"language": language})
    said = {"state": state, "startDateTime": start, "endDateTime": end, "transactionId": transaction}
    body: dict[str, object] = {"id": message_id, "priority": priority, "message": content}
    body |= {name: each for name, each in said.items() if each is not None}
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/set-display-message", body=body).json()
    _taken(answer["status"], f"Station {station} shows message {message_id}.", station)


@verb.command("list")
def list_(
    station: Station,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the station instead of the record.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List the messages a station has, as far as is known or as it says now."""
    path = f"/stations/{segment(station)}"
    with Api(url, key) as api:
        if ask:
            answer = api.send("POST", f"{path}/commands/get-display-messages", body={}).json()
            messages = answer["messageInfo"]
        else:
            messages = list(api.pages(f"{path}/display-messages", limit=1000))
    if as_json:
        show_json(messages)
        return
    show_table(_COLUMNS, map(_row, messages), nothing="There are no messages.")


def _row(message: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        message["id"],
        message["priority"],
        message["state"] or "any",
        message["message"]["content"],
        moment(message["startDateTime"]),
        moment(message["endDateTime"]),
        message["transactionId"],
    )


@verb.command()
def clear(station: Station, message_id: Id, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a message off."""
    with Api(url, key) as api:
        path = f"/stations/{segment(station)}/commands/clear-display-message"
        answer = api.send("POST", path, body={"id": message_id}).json()
    _taken(answer["status"], f"Station {station} has cleared message {message_id}.", station)


def _taken(status: str, done: str, station: str) -> None:
    if status != "Accepted":
        raise Failed(f"station {station} answered {status}.")
    typer.echo(done)
