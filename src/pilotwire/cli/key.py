"""`pilotwire key`: API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table

verb = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True, pretty_exceptions_enable=False)
Name = Annotated[str, typer.Argument(help="Who or what the key is for.", metavar="NAME")]


@verb.command()
def create(
    name: Name,
    scope: Annotated[
        list[str], typer.Option(help="read, command, write or admin; each includes those before it. May be repeated.")
    ] = ["read"],  # noqa: B006 - typer wants a list and never changes it
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Create an API key and print its secret, this once."""
    with Api(url, key) as api:
        made = api.send("POST", "/keys", body={"name": name, "scopes": scope}).json()
    typer.echo(made["secret"])
    typer.echo(f"This is the key {name!r} ({', '.join(made['scopes'])}). It cannot be shown again.", err=True)


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the API keys on record."""
    with Api(url, key) as api:
        keys = api.get("/keys")
    if as_json:
        show_json(keys)
        return
    rows = [(each["name"], ", ".join(each["scopes"]), each["createdAt"]) for each in keys]
    show_table(("name", "scopes", "created"), rows, nothing="There are no API keys.")


@verb.command()
def revoke(name: Name, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Revoke an API key at once."""
    with Api(url, key) as api:
        api.send("DELETE", f"/keys/{segment(name)}")
    typer.echo(f"The key {name!r} is revoked.")
