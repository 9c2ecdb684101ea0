"""`pilotwire pki contract`: contracts for vehicles (Plug & Charge), their certificates, and whose vehicles are trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.ca.files import read_bytes
from pilotwire.ca.reading import read_any
from pilotwire.ca.revoking import reason_of
from pilotwire.cli.pki_options import (
    DEFAULT_FOLDER,
    AsJson,
    Folder,
    PasswordFile,
    PinFile,
    data_of,
    day,
    me,
    opened,
    tell_json,
)
from pilotwire.cli.terminal import Failed, show_table
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.mobility.pool import Current, Pool
from pilotwire.pki import Certificate
from pilotwire.pki.naming import short_name

verb = typer.Typer(
    help="Contracts for vehicles: make, list, renew and end them; `pki serve` gives them to vehicles.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Emaid = Annotated[str, typer.Argument(help="The eMAID, with hyphens or without.", metavar="EMAID")]


@verb.command()
def add(
    emaid: Emaid,
    vehicle: Annotated[
        list[Path] | None,
        typer.Option(
            help="A vehicle's OEM provisioning certificate with its sub-CAs; may be repeated.", metavar="FILE"
        ),
    ] = None,
    pcid: Annotated[
        list[str] | None, typer.Option(help="A vehicle by its PCID; may be repeated.", metavar="PCID")
    ] = None,
    days: Annotated[int, typer.Option(min=0, help="How long its certificate lives; a year if not said.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a contract for vehicles, and its certificate; one that is there gets more vehicles."""
    files = [(_certificates(each), each) for each in vehicle or ()]
    with _pool(folder, password_file, pin_file) as pool:
        known = [_known(pool, certificates, file) for certificates, file in files]
        current = pool.add(emaid, [*known, *(pcid or ())], me(), days)
        _tell(pool, [current], as_json=as_json)


@verb.command("list")
def list_(
    due: Annotated[int | None, typer.Option(min=0, help="Only those that end within so many days.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: AsJson = False,
) -> None:
    """List the contracts, with their newest certificates."""
    with _pool(folder) as pool:
        found = pool.register.contracts() if due is None else pool.due(due)
        current = [pool.newest(each) for each in found]
        now = pool.office.clock.now()
        if as_json:
            tell_json([_data(each, now) for each in current])
            return
        rows = [
            (
                each.contract.emaid,
                ", ".join(each.contract.vehicles),
                each.issued.serial,
                day(each.issued.until),
                _standing(each, now),
            )
            for each in current
        ]
        columns = ("Contract", "Vehicles", "Serial number", "Valid until", "Status")
        show_table(columns, rows, nothing="There is no such contract.")


@verb.command()
def renew(
    emaid: Annotated[str, typer.Argument(help="The eMAID.", metavar="EMAID")] = "",
    due: Annotated[int | None, typer.Option(min=0, help="All that end within so many days.")] = None,
    days: Annotated[int, typer.Option(min=0, help="How long it lives; as long as before if not said.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the next certificate of a contract, with a new key: vehicles get it when they ask next."""
    if bool(emaid) == (due is not None):
        raise ConfigError("It is not clear what is to be renewed.", "Name a contract, or give --due DAYS.")
    problems: list[str] = []
    done: list[Current] = []
    with _pool(folder, password_file, pin_file) as pool:
        wanted = [pool.contract(emaid)] if emaid else pool.due(due or 0)
        for each in wanted:
            try:
                done.append(pool.renew(each, me(), days))
            except PilotwireError as error:
                if emaid:
                    raise
                problems.append(f"{each.emaid}: {error}")
        _tell(pool, done, as_json=as_json)
    if problems:
        raise Failed(" ".join(problems))


@verb.command()
def revoke(
    emaid: Emaid,
    reason: Annotated[
        str, typer.Option(help="cessationOfOperation, keyCompromise ... (RFC 5280, 5.3.1)")
    ] = "cessationOfOperation",
    folder: Folder = DEFAULT_FOLDER,
    as_json: AsJson = False,
) -> None:
    """End a contract: its certificates are revoked, and no vehicle gets one any more."""
    why = reason_of(reason)
    with _pool(folder) as pool:
        contract = pool.end(emaid, why)
        if as_json:
            tell_json(_data(pool.newest(contract), pool.office.clock.now()))
            return
    typer.echo(f"The contract {contract.emaid} has ended; its certificates are revoked ({why}).")


@verb.command()
def trust(
    file: Annotated[Path, typer.Argument(help="Roots and sub-CAs of a vehicle maker.", metavar="FILE")],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Trust another maker's vehicles: those his root vouches for may ask for their contracts."""
    certificates = _certificates(file)
    with _pool(folder) as pool:
        new = pool.trust(certificates)
    for each in certificates:
        typer.echo(f"{short_name(each)} {'is trusted' if each in new else 'was trusted already'}.")


@contextmanager
def _pool(folder: Path, password_file: Path | None = None, pin_file: Path | None = None) -> Iterator[Pool]:
    with opened(folder, password_file, pin_file) as office, Pool(office) as pool:
        yield pool


def _certificates(file: Path) -> list[Certificate]:
    found = read_any(read_bytes(file), str(file), lambda: "").certificates
    if not found:
        raise ConfigError(f"{file} holds no certificate.", "Give PEM, DER or PKCS #12.")
    return found


def _known(pool: Pool, certificates: list[Certificate], file: Path) -> str:
    try:
        return pool.know(certificates)
    except PilotwireError as error:
        raise ConfigError(f"{file}: {error.what}", error.remedy) from None


def _standing(current: Current, now: datetime) -> str:
    return "ended" if current.contract.ended_at is not None else current.issued.status(now).value


def _data(current: Current, now: datetime) -> dict[str, Any]:
    contract = current.contract
    return {
        "emaid": contract.emaid,
        "vehicles": list(contract.vehicles),
        "addedAt": contract.added_at.isoformat(),
        "endedAt": contract.ended_at.isoformat() if contract.ended_at else None,
        "status": _standing(current, now),
        "certificate": data_of(current.issued, now),
    }


def _tell(pool: Pool, found: list[Current], *, as_json: bool) -> None:
    if as_json:
        tell_json([_data(each, pool.office.clock.now()) for each in found])
        return
    for each in found:
        cars = ", ".join(each.contract.vehicles)
        typer.echo(f"{each.contract.emaid} for {cars}: {each.issued.serial}, until {day(each.issued.until)} UTC.")
    if not found:
        typer.echo("Nothing was renewed.")
