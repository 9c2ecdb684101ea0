"""`pilotwire template`: configuration templates."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import Failed, show_table
from pilotwire.cli.variables import label, named
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Keep configuration templates and bring them to stations.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Name = Annotated[str, typer.Argument(help="The template's name.", metavar="NAME")]
_LOOK = 0.2


@verb.command()
def put(
    name: Name,
    file: Annotated[Path, typer.Argument(help="A TOML or JSON file as the HTTP API takes it.", metavar="FILE")],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a template on record, or change it.

    In TOML a table `[settings]` may hold the settings as people write them: "OCPPCommCtrlr.HeartbeatInterval" = "300".
    """
    record = _read(file)
    with Api(url, key) as api:
        found = api.send("PUT", f"/templates/{segment(name)}", body=record).json()
    typer.echo(f"Template {name} is on record with {len(found['settings'])} settings (revision {found['revision']}).")


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file {file} cannot be read: {error}.") from None
    try:
        record = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the file {file} is not what its name says: {error}.", "Mend it.") from None
    if not isinstance(record, dict):
        raise ConfigError(f"the file {file} holds no table.", "Mend it.")
    settings = record.pop("settings", {})
    if not isinstance(settings, dict):
        raise ConfigError(f"the `settings` of {file} are no table.", 'Write "OCPPCommCtrlr.HeartbeatInterval" = "300".')
    variables = [named(each) | {"attributeValue": _text(value)} for each, value in settings.items()]
    if variables:
        record["variables"] = [*record.get("variables", []), *variables]
    return record


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the templates on record."""
    with Api(url, key) as api:
        templates = list(api.pages("/templates", limit=1000))
    if as_json:
        show_json(templates)
        return
    rows = [(each["name"], each["revision"], len(each["settings"]), each["beforeAccepted"]) for each in templates]
    show_table(("template", "revision", "settings", "before accepted"), rows, nothing="There are no templates yet.")


@verb.command()
def apply(
    name: Name,
    station: Annotated[list[str] | None, typer.Option(help="Only to this station; may be repeated.")] = None,
    concurrency: Annotated[int, typer.Option(help="How many stations at one time.", min=1, max=1000)] = 10,
    wait: Annotated[int, typer.Option(help="Seconds to wait for stations that are not connected.", min=0)] = 0,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Bring a template to the stations it covers, and wait until that is over. Exit code 1 if a station did not take all of it."""
    body: dict[str, Any] = {"concurrency": concurrency, "waitSeconds": wait}
    if station:
        body["stations"] = station
    with Api(url, key) as api:
        run = api.send("POST", f"/templates/{segment(name)}/apply", body=body).json()
        while run["finishedAt"] is None:
            time.sleep(_LOOK)
            run = api.get(f"/template-runs/{segment(run['id'])}")
        told = list(api.pages(f"/template-runs/{segment(run['id'])}/stations", limit=1000))
    rows = [(each["station"], each["state"], each["what"] or None) for each in told]
    show_table(("station", "state", "what"), rows, nothing="The template covers no station on record.")
    if run["states"].get("Failed"):
        raise Failed(f"{run['states']['Failed']} of {run['stations']} stations did not take all of {name}.")


@verb.command()
def drift(name: Name, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show which stations are not known to have what a template says."""
    with Api(url, key) as api:
        found = list(api.pages(f"/templates/{segment(name)}/drift", limit=1000))
    if as_json:
        show_json(found)
        return
    rows = [
        (each["station"], label(one), one["kind"], one["value"], one["other"])
        for each in found
        for one in each["differences"]
    ]
    columns = ("station", "variable", "how", "has", "should have")
    show_table(columns, rows, nothing="No station is known to differ.")
