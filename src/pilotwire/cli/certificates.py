"""`pilotwire certificates`: what stations trust, and the certificates they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import Failed, moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="See to stations' certificates and what they ask for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Station = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Pem = Annotated[Path, typer.Argument(help="A PEM file.", metavar="FILE")]
_INSTALLED = ("kind", "hash", "issuer key", "serial number")
_REQUESTS = ("id", "state", "for", "subject", "asked at")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file {path} cannot be read: {error}.", "Give a PEM file.") from None


@verb.command("list")
def list_(
    station: Station,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the station instead of the record.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List the certificates a station has, as far as it told or as it says now."""
    path = f"/stations/{segment(station)}"
    with Api(url, key) as api:
        if ask:
            answer = api.send("POST", f"{path}/commands/get-installed-certificate-ids", body={})
            certificates = answer.json()["certificates"]
        else:
            certificates = list(api.pages(f"{path}/certificates", limit=1000))
    if as_json:
        show_json(certificates)
        return
    show_table(_INSTALLED, map(_installed, certificates), nothing="There are no certificates.")


def _installed(each: Any) -> tuple[object, ...]:
    named = each["certificateHashData"]
    return each["certificateType"], named["hashAlgorithm"], named["issuerKeyHash"], named["serialNumber"]


@verb.command()
def install(
    station: Station,
    file: Pem,
    kind: Annotated[str, typer.Option(help="CSMSRootCertificate, V2GRootCertificate, ...")] = "CSMSRootCertificate",
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Install a root certificate."""
    body = {"certificateType": kind, "certificate": _read(file)}
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/install-certificate", body=body).json()
    _taken(station, answer["status"], f"Station {station} has installed the {kind}.")


@verb.command()
def requests(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the certificates a station has asked for."""
    with Api(url, key) as api:
        found = list(api.pages(f"/stations/{segment(station)}/certificate-requests", limit=1000))
    if as_json:
        show_json(found)
        return
    rows = [
        (each["id"], each["state"], each["certificateType"], each["subject"], moment(each["askedAt"])) for each in found
    ]
    show_table(_REQUESTS, rows, nothing="The station has asked for no certificates.")


@verb.command()
def sign(
    station: Station,
    request: Annotated[str, typer.Argument(help="The id of the request.", metavar="REQUEST")],
    file: Pem,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Send a station the chain that was made from its request."""
    path = f"/stations/{segment(station)}/certificate-requests/{segment(request)}/chain"
    with Api(url, key) as api:
        answer = api.send("POST", path, body={"certificateChain": _read(file)}).json()
    _taken(station, answer["state"], f"Station {station} uses the certificate.", wanted="accepted")


def _taken(station: str, status: str, done: str, wanted: str = "Accepted") -> None:
    if status != wanted:
        raise Failed(f"station {station} answered {status}.")
    typer.echo(done)
