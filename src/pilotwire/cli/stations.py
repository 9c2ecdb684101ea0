"""`pilotwire stations`: list the stations of a CSMS, put them on record, change and remove them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="List the stations of a CSMS; add, change, show and remove them.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)
_COLUMNS = ("station", "connected", "registration", "version", "vendor, model", "last seen (UTC)")
Identity = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Registration = Annotated[
    str | None, typer.Option(help="What it is told when it boots: Accepted, Pending, Rejected, or `policy`.")
]
Password = Annotated[str | None, typer.Option(help="Its password for basic authentication, 16 to 40 characters.")]
Generate = Annotated[bool, typer.Option("--generate-password", help="Make a password and show it once.")]
Profile = Annotated[
    str | None, typer.Option(help="The lowest security profile it may use: 0 to 3, or `any`.", metavar="PROFILE")
]
Boot = Annotated[
    list[str] | None,
    typer.Option(help="What its next boot is answered, once: Accepted, Pending or Rejected; again for the one after."),
]
Evse = Annotated[
    list[str] | None, typer.Option(help="An EVSE and its connector types, for example 1:cCCS2,sType2.", metavar="EVSE")
]
Quiet = Annotated[bool | None, typer.Option("--quiet/--not-quiet", help="Send it nothing that nobody asked for.")]
Tolerate = Annotated[
    list[str] | None,
    typer.Option(
        help="A departure from the standards it is allowed, for example enum-case; `none`: none. May be repeated."
    ),
]
Note = Annotated[str | None, typer.Option(help="A note for people.")]


@verb.callback()
def list_(ctx: typer.Context, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the stations of a CSMS: who is on record, who is connected."""
    if ctx.invoked_subcommand is not None:
        return
    with Api(url, key) as api:
        stations = list(api.pages("/stations", limit=1000))
    if as_json:
        show_json(stations)
        return
    show_table(_COLUMNS, map(_row, stations), nothing="There are no stations yet.")


def _row(station: Mapping[str, Any]) -> tuple[object, ...]:
    identity = station["identity"]
    return (
        station["station"],
        station["connected"],
        station["registration"] or "by policy",
        station["version"],
        None if identity is None else f"{identity['vendorName']}, {identity['model']}",
        moment(station["lastSeenAt"]),
    )


@verb.command()
def add(
    station: Identity,
    registration: Registration = "Accepted",
    password: Password = None,
    generate_password: Generate = False,
    security_profile: Profile = None,
    boot_answer: Boot = None,
    evse: Evse = None,
    quiet: Quiet = None,
    tolerate: Tolerate = None,
    note: Note = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a station on record, accepted unless said otherwise."""
    body = _body(registration, password, generate_password, security_profile, boot_answer, evse, quiet, tolerate, note)
    _put(url, key, station, body)


@verb.command("set")
def set_(
    station: Identity,
    registration: Registration = None,
    password: Password = None,
    generate_password: Generate = False,
    security_profile: Profile = None,
    boot_answer: Boot = None,
    evse: Evse = None,
    quiet: Quiet = None,
    tolerate: Tolerate = None,
    note: Note = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Change what is on record of a station; what is not said stays."""
    body = _body(registration, password, generate_password, security_profile, boot_answer, evse, quiet, tolerate, note)
    _put(url, key, station, body)


def _put(url: str, key: str, station: str, body: Mapping[str, object]) -> None:
    with Api(url, key) as api:
        made = api.send("PUT", f"/stations/{segment(station)}", body=dict(body)).json()
    told = made["registration"] or "told what the policy for unknown stations says"
    typer.echo(f"Station {station} is on record ({told}).")
    if made["password"] is not None:
        typer.echo(f"Its password is {made['password']}\n(it is not kept and cannot be shown again)")


def _body(
    registration: str | None,
    password: str | None,
    generate: bool,
    profile: str | None,
    boots: Sequence[str] | None,
    evses: Sequence[str] | None,
    quiet: bool | None,
    tolerated: Sequence[str] | None,
    note: str | None,
) -> dict[str, object]:
    body: dict[str, object] = {"generatePassword": True} if generate else {}
    if registration is not None:
        body["registration"] = None if registration == "policy" else registration
    if profile is not None:
        body["securityProfile"] = None if profile == "any" else _number(profile, "--security-profile")
    if tolerated:
        body["tolerances"] = [each for each in tolerated if each != "none"]
    if evses:
        body["evses"] = [_evse(each) for each in evses]
    said = {"password": password, "bootAnswers": list(boots) if boots else None, "quiet": quiet, "note": note}
    return body | {name: value for name, value in said.items() if value is not None}


def _evse(text: str) -> dict[str, object]:
    number, _, types = text.partition(":")
    return {"id": _number(number, "--evse"), "connectorTypes": [each for each in types.split(",") if each]}


def _number(text: str, option: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{option} has {text!r} where a number is wanted.", "See --help.") from None


@verb.command()
def show(station: Identity, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show everything on record of a station."""
    with Api(url, key) as api:
        found = api.get(f"/stations/{segment(station)}")
    show_table(("what", "value"), ((name, _text(value)) for name, value in found.items()), nothing="")


def _text(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


@verb.command()
def remove(station: Identity, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a station off record and close its connection."""
    with Api(url, key) as api:
        api.send("DELETE", f"/stations/{segment(station)}")
    typer.echo(f"Station {station} is off record.")
