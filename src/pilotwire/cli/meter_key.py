"""`pilotwire meter-key`: the public keys with which signed meter values are verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Public keys of meters: put, list and remove them.", no_args_is_help=True, pretty_exceptions_enable=False
)
Station = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Evse = Annotated[int, typer.Argument(min=0, help="The EVSE whose meter it is; 0: the main meter.", metavar="EVSE")]


@verb.command()
def put(
    station: Station,
    evse: Evse,
    public_key: Annotated[
        str, typer.Argument(help="The key as printed on the meter, or @ and the name of a file with it.", metavar="KEY")
    ],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put the public key of a meter on record."""
    body = {"publicKey": _read(public_key)}
    with Api(url, key) as api:
        api.send("PUT", _at(station, evse), body=body)
    typer.echo(f"The key of the meter of EVSE {evse} of {station} is on record.")


@verb.command("list")
def list_(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the meter keys of a station that are on record."""
    with Api(url, key) as api:
        keys = api.get(f"/stations/{segment(station)}/meter-keys")
    if as_json:
        show_json(keys)
        return
    rows = [
        (each["evseId"], each["source"], moment(each["recordedAt"]), each["recordedBy"], each["publicKey"])
        for each in keys
    ]
    show_table(("EVSE", "from", "since (UTC)", "by", "key"), rows, nothing="There are no meter keys on record.")


@verb.command()
def remove(station: Station, evse: Evse, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Forget the public key of a meter."""
    with Api(url, key) as api:
        api.send("DELETE", _at(station, evse))
    typer.echo(f"The key of the meter of EVSE {evse} of {station} is forgotten.")


def _at(station: str, evse: int) -> str:
    return f"/stations/{segment(station)}/meter-keys/{evse}"


def _read(public_key: str) -> str:
    if not public_key.startswith("@"):
        return public_key
    file = Path(public_key[1:])
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{file} cannot be read as a public key.", "Name a file with hex, Base64 or PEM.") from None
