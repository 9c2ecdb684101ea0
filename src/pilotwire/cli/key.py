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
    site: Annotated[
        list[str] | None, typer.Option(help="Only the stations of this site. May be repeated. Default: all sites")
    ] = None,
    expires_at: Annotated[
        str | None, typer.Option(help="When it ends, like 2027-01-31T12:00:00Z. Default: never")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Create an API key and print its secret, this once."""
    body = {"name": name, "scopes": scope, "sites": site or [], "expiresAt": expires_at}
    with Api(url, key) as api:
        made = api.send("POST", "/keys", body=body).json()
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
    rows = [
        (
            each["name"],
            ", ".join(each["scopes"]),
            ", ".join(each["sites"]) or "all",
            each["createdAt"],
            each["expiresAt"],
            each["lastUsedAt"],
        )
        for each in keys
    ]
    show_table(("name", "scopes", "sites", "created", "expires", "last used"), rows, nothing="There are no API keys.")


@verb.command()
def revoke(name: Name, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Revoke an API key at once."""
    with Api(url, key) as api:
        api.send("DELETE", f"/keys/{segment(name)}")
    typer.echo(f"The key {name!r} is revoked.")
