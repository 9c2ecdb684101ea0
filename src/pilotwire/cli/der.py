"""`pilotwire der`: DER controls of stations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="DER controls of stations: list, set and clear them.", no_args_is_help=True, pretty_exceptions_enable=False
)
_COLUMNS = ("control", "type", "kind", "superseded", "started", "set", "reported")
Station = Annotated[str, typer.Argument(help="The identity of the station.")]
JsonFile = Annotated[Path, typer.Argument(help="A JSON file with the control.", metavar="FILE")]


@verb.command("list")
def list_(
    station: Station,
    ask: Annotated[bool, typer.Option("--ask", help="Let the station report its controls first.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List the controls of a station."""
    with Api(url, key) as api:
        if ask:
            api.send("POST", f"/stations/{segment(station)}/commands/get-der-control", body={})
        controls = list(api.pages(f"/stations/{segment(station)}/der-controls", limit=1000))
    if as_json:
        show_json(controls)
        return
    show_table(_COLUMNS, map(_row, controls), nothing=f"No DER controls of {station} are known; try --ask.")


def _row(record: Mapping[str, Any]) -> tuple[object, ...]:
    control = record["control"] or {}
    kind = {True: "default", False: "scheduled"}.get(control.get("isDefault", ""), "")
    return (
        record["controlId"],
        control.get("controlType", ""),
        kind,
        "yes" if record["isSuperseded"] else "no",
        {True: "yes", False: "no"}.get(record["started"], ""),
        record["setAt"],
        record["reportedAt"],
    )


@verb.command("set")
def set_(station: Station, file: JsonFile, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Install the control of a JSON file."""
    control = read_json(file)
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/set-der-control", body=control).json()
    behind = ", ".join(answer["supersededIds"])
    typer.echo(f"{station} answered {answer['status']}{f'; superseded: {behind}' if behind else ''}.")


@verb.command()
def clear(
    station: Station,
    default: Annotated[bool, typer.Option("--default/--scheduled", help="Which of them.")],
    control_type: Annotated[str | None, typer.Option("--type", help="Only of this type, for example VoltVar.")] = None,
    control: Annotated[str | None, typer.Option(help="Only the control of this id.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Remove the default or the scheduled controls of a station."""
    body: dict[str, object] = {"isDefault": default}
    body |= {
        name: value for name, value in (("controlType", control_type), ("controlId", control)) if value is not None
    }
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/clear-der-control", body=body).json()
    typer.echo(f"{station} answered {answer['status']}.")


def read_json(file: Path) -> Any:
    """What a JSON file holds. Raises ConfigError if it cannot be read."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be used: {error}.", "Give a file with one JSON object.") from None
