"""`pilotwire logs`: log files of stations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import Failed, moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Get log files from stations: ask, list, download.", no_args_is_help=True, pretty_exceptions_enable=False
)
_COLUMNS = ("request", "log", "asked", "by", "answer", "status", "file", "bytes")
Station = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Request = Annotated[int, typer.Argument(help="The number of the request.", metavar="REQUEST")]


@verb.command()
def get(
    station: Station,
    type_: Annotated[
        str, typer.Option("--type", help="DiagnosticsLog, SecurityLog or (2.1) DataCollectorLog.")
    ] = "DiagnosticsLog",
    oldest: Annotated[str | None, typer.Option(help="Nothing older, for example 2026-01-31T12:00:00Z.")] = None,
    latest: Annotated[str | None, typer.Option(help="Nothing newer.")] = None,
    retries: Annotated[int | None, typer.Option(help="How often the station tries again.")] = None,
    retry_interval: Annotated[int | None, typer.Option(help="Seconds between tries.")] = None,
    protocol: Annotated[str, typer.Option(help="http, ftp or sftp: how it comes to the CSMS.")] = "http",
    to: Annotated[str | None, typer.Option(help="A URL of somebody else's to upload to instead.")] = None,
    security_extension: Annotated[
        bool | None,
        typer.Option("--security-extension/--no-security-extension", help="OCPP 1.6: by GetLog or by GetDiagnostics."),
    ] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Ask a station to upload a log file."""
    said = {
        "oldestTimestamp": oldest,
        "latestTimestamp": latest,
        "retries": retries,
        "retryInterval": retry_interval,
        "remoteLocation": to,
        "withSecurityExtension": security_extension,
    }
    body = {"logType": type_, "protocol": protocol} | {name: each for name, each in said.items() if each is not None}
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/get-log", body=body).json()
    if as_json:
        show_json(answer)
    else:
        typer.echo(f"Request {answer['requestId']}: {answer['status']}, file {answer['filename'] or 'without a name'}.")
    if answer["status"] == "Rejected":
        raise Failed(f"station {station!r} uploads nothing.", "Ask for another time or another log.")


@verb.command("list")
def list_(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the logs asked of a station, the newest first."""
    with Api(url, key) as api:
        logs = list(api.pages(f"/stations/{segment(station)}/logs", limit=1000))
    if as_json:
        show_json(logs)
        return
    show_table(_COLUMNS, map(_row, logs), nothing="No log was asked for yet.")


def _row(log: Mapping[str, Any]) -> tuple[object, ...]:
    file = log["files"][-1] if log["files"] else {"name": None, "size": None}
    last = log["statuses"][-1]["status"] if log["statuses"] else None
    return (
        log["requestId"],
        log["logType"],
        moment(log["askedAt"]),
        log["askedBy"] or None,
        log["answer"],
        "canceled" if log["canceled"] else last,
        file["name"],
        file["size"],
    )


@verb.command()
def download(
    station: Station,
    request: Request,
    name: Annotated[str | None, typer.Argument(help="Which file, if there are several.", metavar="FILE")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write it; by default its name.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Download a log file that has arrived."""
    with Api(url, key) as api:
        path = f"/stations/{segment(station)}/logs/{request}"
        files = [each["name"] for each in api.get(path)["files"]]
        if not files:
            raise Failed(f"nothing has arrived for request {request} yet.", f"See `pilotwire logs list {station}`.")
        wanted = name or files[-1]
        target = output or Path(wanted)
        size = _save(api, f"{path}/files/{segment(wanted)}", target)
    typer.echo(f"{target}: {size} bytes.")


def _save(api: Api, path: str, target: Path) -> int:
    pieces = api.download(path)
    first = next(pieces, b"")  # an error of the CSMS comes before there is a file
    size = len(first)
    try:
        with target.open("wb") as file:
            file.write(first)
            for piece in pieces:
                size += file.write(piece)
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written: {error.strerror or error}.", "Choose another --output."
        ) from None
    return size
