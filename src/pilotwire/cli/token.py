"""`pilotwire token`: who may charge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Say who may charge: put, list and remove id tokens.", no_args_is_help=True, pretty_exceptions_enable=False
)
_COLUMNS = ("token", "type", "status", "expires", "group", "at one time")
Value = Annotated[str, typer.Argument(help="The value of the token, for example the UID of a card.", metavar="TOKEN")]
Type = Annotated[
    str | None, typer.Option("--type", help="ISO14443, eMAID, Central, ...; without one it counts for any.")
]
_UNLIMITED = "unlimited"


@verb.command()
def put(
    value: Value,
    type_: Type = None,
    status: Annotated[str, typer.Option(help="Accepted, Blocked, Expired, ...")] = "Accepted",
    expires: Annotated[str | None, typer.Option(help="Until when, for example 2027-01-31T12:00:00Z.")] = None,
    group: Annotated[str | None, typer.Option(help="The value of its group's token.")] = None,
    priority: Annotated[int | None, typer.Option(help="Charging priority, -9 to 9.")] = None,
    language: Annotated[str | None, typer.Option(help="The driver's language, for example en.")] = None,
    message: Annotated[str | None, typer.Option(help="What the driver is shown (2.x).")] = None,
    max_transactions: Annotated[
        str, typer.Option(help="How many transactions may be open with it at one time, or `unlimited`.")
    ] = "1",
    valid_from: Annotated[str | None, typer.Option(help="From when, for example 2027-01-01T00:00:00Z.")] = None,
    station: Annotated[
        list[str] | None, typer.Option(help="A station where it is good, with * for any text; again for more.")
    ] = None,
    evse: Annotated[list[int] | None, typer.Option(help="An EVSE where it is good; again for more.")] = None,
    connector_type: Annotated[
        list[str] | None, typer.Option(help="A connector type it is good for, for example sType2; again for more.")
    ] = None,
    hours: Annotated[
        list[str] | None,
        typer.Option(help="When it is good, for example 07:00-19:30, or 1,2,3,4,5@07:00-19:30 (1: Monday)."),
    ] = None,
    time_zone: Annotated[str, typer.Option(help="The time zone of these hours.")] = "UTC",
    master_pass: Annotated[bool, typer.Option(help="It ends transactions of others and starts none.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a token on record, or change it: what is not said gets its default."""
    record: dict[str, object] = {"status": status, "maxTransactions": _number(max_transactions)}
    said = {
        "cacheExpiryDateTime": expires,
        "groupIdToken": None if group is None else {"idToken": group},
        "chargingPriority": priority,
        "language1": language,
        "personalMessage": message,
        "validFrom": valid_from,
        "stations": station,
        "evseId": evse,
        "connectorTypes": connector_type,
        "windows": [_window(each, time_zone) for each in hours] if hours else None,
        "masterPass": master_pass or None,
    }
    record |= {name: each for name, each in said.items() if each is not None}
    with Api(url, key) as api:
        api.send("PUT", f"/tokens/{segment(value)}", params=_of(type_), body=record)
    typer.echo(f"Token {value} is on record as {status}.")


def _number(text: str) -> int | None:
    if text == _UNLIMITED:
        return None
    try:
        return int(text)
    except ValueError:
        what = f"--max-transactions is {text!r}"
        raise ConfigError(f"{what}: that is no number.", f"Give a number, or `{_UNLIMITED}`.") from None


def _window(text: str, time_zone: str) -> dict[str, object]:
    """`07:00-19:30` or `1,2@07:00-19:30` as the API takes it."""
    days, at, hours = text.rpartition("@")
    begin, dash, end = hours.partition("-")
    numbers = days.split(",") if at else []
    if not dash or not all(each.strip().isdecimal() for each in numbers):
        what = f"--hours is {text!r}: that is no time of the week."
        raise ConfigError(what, "Say it as 07:00-19:30, or 1,2,3,4,5@07:00-19:30 (1: Monday).")
    return {"days": [int(each) for each in numbers], "from": begin.strip(), "to": end.strip(), "timeZone": time_zone}


def _of(type_: str | None) -> dict[str, str]:
    return {} if type_ is None else {"type": type_}


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the tokens on record."""
    with Api(url, key) as api:
        tokens = list(api.pages("/tokens", limit=1000))
    if as_json:
        show_json(tokens)
        return
    show_table(_COLUMNS, map(_row, tokens), nothing="There are no tokens yet: nobody may charge.")


def _row(token: Mapping[str, Any]) -> tuple[object, ...]:
    group, most = token["groupIdToken"], token["maxTransactions"]
    return (
        token["idToken"],
        token["type"] or "any",
        token["status"],
        token["cacheExpiryDateTime"],
        None if group is None else group["idToken"],
        _UNLIMITED if most is None else most,
    )


@verb.command()
def remove(value: Value, type_: Type = None, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a token off record: from now on it is unknown."""
    with Api(url, key) as api:
        api.send("DELETE", f"/tokens/{segment(value)}", params=_of(type_))
    typer.echo(f"Token {value} is off record.")


@verb.command()
def balance(
    value: Value,
    type_: Type = None,
    set_: Annotated[
        str | None, typer.Option("--set", help="What is left from now on, for example `25.50 EUR`.", metavar="BALANCE")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="It is not prepaid any more.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Show or set what is left on a prepaid token. With nothing left it gets NoCredit."""
    path = f"/token-balances/{segment(value)}"
    with Api(url, key) as api:
        if forget:
            api.send("DELETE", path, params=_of(type_))
            typer.echo(f"Token {value} is not prepaid.")
            return
        if set_ is not None:
            api.send("PUT", path, params=_of(type_), body=_amount(set_))
        left = api.get(path, **_of(type_))
    typer.echo(f"Token {value} has {left['amount']:.2f} {left['currency']} left.")


def _amount(text: str) -> dict[str, object]:
    amount, _, currency = text.strip().partition(" ")
    try:
        return {"amount": float(amount), "currency": currency.strip()}
    except ValueError:
        what = f"--set is {text!r}: that is no amount with a currency."
        raise ConfigError(what, "Say it as `25.50 EUR`.") from None
