"""`pilotwire webhook`: who is told of what happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table

verb = typer.Typer(
    help="Say who is told of what happens: put, list and remove webhooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_COLUMNS = ("name", "URL", "types", "delivered", "last (UTC)", "state")
Name = Annotated[str, typer.Argument(help="What the webhook is called.", metavar="NAME")]


@verb.command()
def put(
    name: Name,
    target: Annotated[str, typer.Argument(help="Where events are posted.", metavar="TARGET")],
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="transaction, status, alert, ... May be repeated. Default: all.")
    ] = None,
    station: Annotated[list[str] | None, typer.Option(help="Only of this station. May be repeated.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a webhook on record, or change it; a secret that was made is printed, this once."""
    body = {"url": target, "types": type_ or [], "stations": station or []}
    with Api(url, key) as api:
        made = api.send("PUT", f"/webhooks/{segment(name)}", body=body).json()
    if made["secret"] is not None:
        typer.echo(made["secret"])
        typer.echo("With this secret its messages are signed (Standard Webhooks). It cannot be shown again.", err=True)
    typer.echo(f"Webhook {name} is told of {', '.join(made['types']) or 'everything'} at {made['url']}.", err=True)


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the webhooks, and how far each is."""
    with Api(url, key) as api:
        webhooks = api.get("/webhooks")
    if as_json:
        show_json(webhooks)
        return
    show_table(_COLUMNS, map(_row, webhooks), nothing="There are no webhooks.")


def _row(webhook: Mapping[str, Any]) -> tuple[object, ...]:
    state = "takes them" if webhook["active"] else "switched off"
    if webhook["active"] and webhook["failingSince"]:
        state = f"fails since {moment(webhook['failingSince'])}: {webhook['error']}"
    types = ", ".join(webhook["types"]) or "all"
    return webhook["name"], webhook["url"], types, webhook["delivered"], moment(webhook["lastAt"]), state


@verb.command()
def remove(name: Name, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a webhook off record: it is told nothing any more."""
    with Api(url, key) as api:
        api.send("DELETE", f"/webhooks/{segment(name)}")
    typer.echo(f"Webhook {name} is off record.")
