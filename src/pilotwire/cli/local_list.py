"""`pilotwire local-list`: the tokens stations know by themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json

verb = typer.Typer(
    help="Local lists: which tokens a station knows without asking, and keeping that in step.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Station = Annotated[str, typer.Argument(metavar="STATION", help="The identity of the station.")]


@verb.command()
def show(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show what is believed of a station's list."""
    with Api(url, key) as api:
        found = api.get(f"/stations/{segment(station)}/local-list")
    if as_json:
        show_json(found)
        return
    step = {True: "in step", False: "not in step", None: "not kept"}[found["inStep"]]
    version = "unknown" if found["versionNumber"] is None else found["versionNumber"]
    entries = "unknown" if found["entries"] is None else found["entries"]
    typer.echo(f"{station}: version {version}, tokens {entries}, {step}")
    if found["error"]:
        typer.echo(f"last error: {found['error']}")


@verb.command()
def keep(
    station: Annotated[
        str | None, typer.Argument(metavar="[STATION]", help="Without one: all that have no policy of their own.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Do not keep it: it is left as it is.")] = False,
    group: Annotated[list[str] | None, typer.Option(help="Only tokens of this group; again for more.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="Only tokens of this type; again for more.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Say what a station's list, or all lists, are kept to hold: the tokens on record."""
    body = {"source": "none" if none else "tokens", "groups": group or [], "types": type_ or []}
    path = "/local-list-policy" if station is None else f"/stations/{segment(station)}/local-list-policy"
    with Api(url, key) as api:
        api.send("PUT", path, body=body)
    whose = "Local lists are" if station is None else f"The local list of {station} is"
    typer.echo(f"{whose} {'left as they are' if none else 'kept in step with the tokens on record'}.")


@verb.command()
def sync(station: Station, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Bring a station's list in step now."""
    with Api(url, key) as api:
        done = api.send("POST", f"/stations/{segment(station)}/commands/sync-local-list").json()
    said = "it is in step" if done["updateType"] is None else f"{done['updateType']} list sent, {done['status']}"
    typer.echo(f"{station}: {said}, version {done['versionNumber']}")
