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
_REVOKED = ("id", "serial number", "issuer", "revoked at", "reason")
_HELD = ("station", "for", "days left", "ends", "subject", "issuer", "renewal")
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


@verb.command()
def inventory(
    station: Annotated[str, typer.Option(help="Of one station only.")] = "",
    due_within: Annotated[int | None, typer.Option(help="Only those with at most so many days left.")] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List the certificates stations use, with the days that are left of each; the one that ends first comes first."""
    asked = {"station": station or None, "dueWithin": due_within}
    with Api(url, key) as api:
        found = list(api.pages("/certificates", limit=1000, **{k: v for k, v in asked.items() if v is not None}))
    found.sort(key=lambda each: (each["notAfter"], each["station"]))
    if as_json:
        show_json(found)
        return
    rows = [
        (
            each["station"],
            each["certificateType"].removesuffix("Certificate"),
            each["daysLeft"],
            moment(each["notAfter"]),
            each["subject"],
            each["issuer"],
            each["problem"] or "",
        )
        for each in found
    ]
    show_table(_HELD, rows, nothing="No certificate is known here that a station uses.")


@verb.command()
def revoke(
    station: Station,
    request: Annotated[str, typer.Option(help="The id of the request whose certificate it is.")] = "",
    file: Annotated[Path | None, typer.Option(help="The certificate, a PEM file.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record; no station is told.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Revoke a certificate a station connects with: it opens no connection any more, and an open one is closed."""
    if bool(request) == (file is not None):
        raise ConfigError("Which certificate is not clear.", "Give either --request or --file.")
    body = {"reason": reason} | ({"request": request} if file is None else {"certificate": _read(file)})
    with Api(url, key) as api:
        made = api.send("POST", f"/stations/{segment(station)}/revoked-certificates", body=body).json()
    typer.echo(f"The certificate {made['serialNumber']} of {station} is revoked ({made['id'][:16]}).")


@verb.command()
def revoked(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the certificates of a station that were revoked here."""
    with Api(url, key) as api:
        found = list(api.pages(f"/stations/{segment(station)}/revoked-certificates", limit=1000))
    if as_json:
        show_json(found)
        return
    rows = [
        (each["id"][:16], each["serialNumber"], each["issuer"], moment(each["revokedAt"]), each["reason"])
        for each in found
    ]
    show_table(_REVOKED, rows, nothing="No certificate of the station was revoked here.")


@verb.command()
def reinstate(
    station: Station,
    certificate: Annotated[str, typer.Argument(help="The id, or how it begins.", metavar="ID")],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Take back a revocation that was a mistake."""
    path = f"/stations/{segment(station)}/revoked-certificates"
    with Api(url, key) as api:
        found = [each["id"] for each in api.pages(path, limit=1000) if each["id"].startswith(certificate)]
        if len(found) != 1:
            raise ConfigError(
                f"{len(found)} revoked certificates of {station} begin with {certificate!r}.",
                "`pilotwire certificates revoked` lists them.",
            )
        api.send("DELETE", f"{path}/{found[0]}")
    typer.echo(f"The certificate {found[0][:16]} of {station} counts again.")


def _taken(station: str, status: str, done: str, wanted: str = "Accepted") -> None:
    if status != wanted:
        raise Failed(f"station {station} answered {status}.")
    typer.echo(done)
