"""`pilotwire transactions`: list the transactions of a CSMS, and verify their signed meter values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import Failed, moment, show_table
from pilotwire.errors import ConfigError

_COLUMNS = ("station", "transaction", "EVSE", "token", "started (UTC)", "ended (UTC)", "energy (Wh)", "stopped", "late")

_ENDS: Final = ("reading", "time (UTC)", "clock", "register (Wh)", "OBIS", "state", "meter", "pagination")
verb = typer.Typer(
    help="List the transactions of a CSMS; verify what meters signed.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)


@verb.callback()
def transactions(
    context: typer.Context,
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    is_open: Annotated[
        bool | None, typer.Option("--open/--ended", help="Only those that are open, or have ended.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List transactions, newest first. Energy is from meter register to meter register."""
    if context.invoked_subcommand is not None:
        return
    with Api(url, key) as api:
        found = api.pages("/transactions", station=station, isOpen=is_open, limit=min(limit, 1000))
        listed = list(islice(found, limit))
    if as_json:
        show_json(listed)
        return
    show_table(_COLUMNS, map(_row, listed), nothing="There are no such transactions.")


def _row(tx: Mapping[str, Any]) -> tuple[object, ...]:
    token, evse, closing = tx["idToken"], tx["evse"], tx["closing"]
    return (
        tx["station"],
        tx["transactionId"],
        None if evse is None else evse["id"],
        None if token is None else token["idToken"],
        moment(tx["startedAt"]),
        moment(tx["endedAt"]),
        None if tx["energyWh"] is None else f"{tx['energyWh']:.15g}",
        tx["stoppedReason"] if closing is None else f"closed here: {closing['reason']}",
        tx["late"],
    )


@verb.command()
def signed(
    transaction: Annotated[str, typer.Argument(help="The id of the transaction.", metavar="ID")],
    station: Annotated[str | None, typer.Option(help="Its station. Default: the only one with this id.")] = None,
    save: Annotated[
        Path | None, typer.Option(help="Save the records there, for software that verifies them.", metavar="FILE")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="What to save: xml, ocmf or chargy.")] = "xml",
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Verify what the meter signed of a transaction, at both ends. The exit code is 1 if it does not prove what is billed."""
    with Api(url, key) as api:
        path = f"/stations/{segment(station or _station_of(api, transaction))}/transactions/{segment(transaction)}"
        if save is not None:
            _save(save, b"".join(api.download(f"{path}/signed-metering/export", {"format": format_})))
        found = api.get(f"{path}/signed-metering")
    if as_json:
        show_json(found)
    else:
        _show(found)
    if found["outcome"] == "Failed":
        raise Failed(f"the signed meter values of transaction {transaction!r} do not prove it.", "Look at the station.")


def _station_of(api: Api, transaction: str) -> str:
    known = [each["station"] for each in api.get("/transactions", transactionId=transaction)["items"]]
    if not known:
        raise ConfigError(f"there is no transaction {transaction!r}.", "`pilotwire transactions` lists them.")
    if len(known) > 1:
        stations = ", ".join(map(str, known[:5]))
        raise ConfigError(f"several stations have a transaction {transaction!r}: {stations}.", "Say which: --station.")
    return str(known[0])


def _save(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from None
    typer.echo(f"The records are in {file}.", err=True)


def _show(found: Mapping[str, Any]) -> None:
    typer.echo(found["outcome"])
    for sentence in found["why"]:
        typer.echo(f"- {sentence}")
    for remark in found["remarks"]:
        typer.echo(f"  ({remark})")
    rows = [(name, found[name]) for name in ("begin", "end") if found[name] is not None]
    if rows:
        show_table(_ENDS, [_end_row(name, end) for name, end in rows], nothing="")
    if found["energyWh"] is not None:
        typer.echo(f"From reading to reading: {found['energyWh']:.15g} Wh.")
    if found["publicKey"]:
        typer.echo(f"The public key is from: {found['keySource']}.")


def _end_row(name: str, end: Mapping[str, Any]) -> tuple[object, ...]:
    register = None if end["registerWh"] is None else f"{end['registerWh']:.15g}"
    return (
        name,
        moment(end["at"]),
        end["timeStatus"],
        register,
        end["identification"],
        end["status"],
        end["meter"],
        end["pagination"],
    )
