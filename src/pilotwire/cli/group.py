"""`pilotwire group`: groups of id tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table

verb = typer.Typer(
    help="Groups of tokens: one status and one limit for all members, master passes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_COLUMNS = ("group", "status", "at one time", "master pass", "note")
Group = Annotated[str, typer.Argument(help="The value of the group's token.", metavar="GROUP")]


@verb.command()
def put(
    group: Group,
    status: Annotated[
        str, typer.Option(help="Accepted, Blocked, ...: another than Accepted is every member's.")
    ] = "Accepted",
    max_transactions: Annotated[
        int | None, typer.Option(help="How many may be open with all members together; without it as many as wanted.")
    ] = None,
    master_pass: Annotated[bool, typer.Option(help="Members end transactions of others and start none.")] = False,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a group on record, or change it: what is not said gets its default."""
    body = {"status": status, "maxTransactions": max_transactions, "masterPass": master_pass, "note": note}
    with Api(url, key) as api:
        api.send("PUT", f"/token-groups/{segment(group)}", body=body)
    typer.echo(f"Group {group} is on record as {status}.")


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the groups on record."""
    with Api(url, key) as api:
        groups = list(api.pages("/token-groups", limit=1000))
    if as_json:
        show_json(groups)
        return
    rows = (
        (each["group"], each["status"], each["maxTransactions"], "yes" if each["masterPass"] else "", each["note"])
        for each in groups
    )
    show_table(_COLUMNS, rows, nothing="There are no groups on record.")


@verb.command()
def show(group: Group, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show the members of a group."""
    with Api(url, key) as api:
        found = api.get(f"/token-groups/{segment(group)}")
    if as_json:
        show_json(found)
        return
    rows = ((each["idToken"], each["type"] or "any") for each in found["members"])
    show_table(("member", "type"), rows, nothing=f"Group {group} ({found['status']}) has no members.")


@verb.command()
def remove(group: Group, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a group off record that has no members."""
    with Api(url, key) as api:
        api.send("DELETE", f"/token-groups/{segment(group)}")
    typer.echo(f"Group {group} is off record.")


@verb.command("master-pass")
def master_pass_(
    station: Annotated[str, typer.Argument(metavar="STATION", help="The identity of a station.")],
    group: Group,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Tell a station which group's tokens are master passes (2.x)."""
    with Api(url, key) as api:
        path = f"/stations/{segment(station)}/commands/set-master-pass-group"
        answer = api.send("POST", path, body={"group": group}).json()
    typer.echo(f"{station}: {answer['status']}")
