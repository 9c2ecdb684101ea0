"""`pilotwire site`: places with stations."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotwire.cli import site_load, site_simulation
from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table

verb = typer.Typer(
    help="Say which stations belong together: put, list and remove sites; manage their load, simulate it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Name = Annotated[str, typer.Argument(help="What the site is called.", metavar="NAME")]


@verb.command()
def put(
    name: Name,
    station: Annotated[list[str] | None, typer.Option(help="A station of the site. May be repeated.")] = None,
    prefix: Annotated[
        list[str] | None, typer.Option(help="All stations whose identity begins so. May be repeated.")
    ] = None,
    display_name: Annotated[str, typer.Option(help="What people call it.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a site on record, or put another list of stations in the place of the one there."""
    body = {"displayName": display_name, "stations": station or [], "prefixes": prefix or []}
    with Api(url, key) as api:
        api.send("PUT", f"/sites/{segment(name)}", body=body)
    typer.echo(f"The site {name!r} is on record.")


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the sites."""
    with Api(url, key) as api:
        sites = list(api.pages("/sites"))
    if as_json:
        show_json(sites)
        return
    rows = [
        (each["name"], each["displayName"], ", ".join([*each["stations"], *(f"{one}*" for one in each["prefixes"])]))
        for each in sites
    ]
    show_table(("name", "display name", "stations"), rows, nothing="There are no sites.")


@verb.command()
def remove(name: Name, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a site off record. Its stations stay; who is limited to it sees nothing of it any more."""
    with Api(url, key) as api:
        api.send("DELETE", f"/sites/{segment(name)}")
    typer.echo(f"The site {name!r} is off record.")


site_load.add_to(verb)
site_simulation.add_to(verb)
