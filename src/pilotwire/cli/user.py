"""`pilotwire user`: people who log in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Say who may log in: put, list and remove users.", no_args_is_help=True, pretty_exceptions_enable=False
)
_COLUMNS = ("name", "display name", "role", "sites", "active", "last login (UTC)", "failed logins")
Name = Annotated[str, typer.Argument(help="The name to log in with.", metavar="NAME")]


def _new_password() -> str:
    """A password from the terminal, asked for twice, or the first line of what is piped in: never from the command line."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ConfigError("there is no password on standard input.", "Pipe it in, or run this in a terminal.")
    return password


@verb.command()
def put(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, operator, manager or admin.")] = "viewer",
    display_name: Annotated[str, typer.Option(help="How they are called.")] = "",
    site: Annotated[
        list[str] | None, typer.Option(help="Only the stations of this site. May be repeated. Default: all sites")
    ] = None,
    active: Annotated[bool, typer.Option(help="Whether they may log in.")] = True,
    keep_password: Annotated[bool, typer.Option("--keep-password", help="Leave the password as it is.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a user on record, or change what is; the password is asked for, or read from standard input."""
    body: dict[str, object] = {"displayName": display_name, "role": role, "sites": site or [], "active": active}
    if not keep_password:
        body["password"] = _new_password()
    with Api(url, key) as api:
        made = api.send("PUT", f"/users/{segment(name)}", body=body).json()
    sites = f" of {', '.join(made['sites'])}" if made["sites"] else ""
    typer.echo(f"The user {name!r} is {made['role']}{sites}.")


@verb.command()
def password(name: Name, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Set a user's password; it is asked for, or read from standard input. Their sessions end."""
    chosen = _new_password()
    with Api(url, key) as api:
        api.send("POST", f"/users/{segment(name)}/password", body={"password": chosen})
    typer.echo(f"The user {name!r} has a new password.")


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the users."""
    with Api(url, key) as api:
        users = list(api.pages("/users"))
    if as_json:
        show_json(users)
        return
    rows = [
        (
            each["name"],
            each["displayName"],
            each["role"],
            ", ".join(each["sites"]) or "all",
            each["active"],
            moment(each["lastLoginAt"]),
            each["failedLogins"],
        )
        for each in users
    ]
    show_table(_COLUMNS, rows, nothing="There are no users.")


@verb.command()
def remove(name: Name, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a user off record; their sessions end."""
    with Api(url, key) as api:
        api.send("DELETE", f"/users/{segment(name)}")
    typer.echo(f"The user {name!r} is off record.")
