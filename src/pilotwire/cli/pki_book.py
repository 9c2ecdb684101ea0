"""`pilotwire pki list`, `renew`, `revoke`, `crl`: what an authority has given out, and what becomes of it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca import Issued, Office, Status
from pilotwire.ca.files import check_place, file_name, read_bytes, write_whole
from pilotwire.ca.handing import write_authorities
from pilotwire.ca.reading import read_any
from pilotwire.ca.renewing import Renewals, ending, newest
from pilotwire.ca.renewing import renew as renew_one
from pilotwire.ca.revoking import CRL_DAYS, new_crl, reason_of
from pilotwire.ca.revoking import release as release_one
from pilotwire.ca.revoking import revoke as revoke_one
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


def list_all(
    profile: Annotated[str, typer.Option(help="Only of this kind.")] = "",
    status: Annotated[Status | None, typer.Option(help="Only of this status.")] = None,
    due: Annotated[int | None, typer.Option(min=0, help="Only what ends within so many days.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: AsJson = False,
) -> None:
    """List the certificates of an authority, the oldest first."""
    with opened(folder) as office:
        now = office.clock.now()
        among = office.book.all() if due is None else ending(office, due)
        found = [
            each
            for each in among
            if (not profile or each.profile == profile) and (status is None or each.status(now) is status)
        ]
        if as_json:
            tell_json([data_of(each, now) for each in found])
            return
        rows = [(each.name, each.profile, each.serial, day(each.until), each.status(now)) for each in found]
        columns = ("Name", "Kind", "Serial number", "Valid until", "Status")
        show_table(columns, rows, nothing="There is no such certificate.")


def renew(
    name: Annotated[str, typer.Argument(help="A name, or a serial number; a CA by its name.")] = "",
    due: Annotated[int | None, typer.Option(min=0, help="All that ends within so many days.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on: each hour renew what is due (30 days) and has its key kept.")
    ] = False,
    deliver: Annotated[
        Path | None, typer.Option(help="Put chains and keys of what is kept here, for servers.", metavar="FOLDER")
    ] = None,
    days: Annotated[int, typer.Option(min=0, help="How long it lives; as long as before if not said.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the new chains are put.", metavar="FOLDER")] = Path(),
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Renew one certificate, or all that are due: the same key, subject and names, for as long again."""
    if bool(name) + (due is not None) + (watch and due is None) != 1:
        raise ConfigError("It is not clear what is to be renewed.", "Name one, or give --due DAYS, or --watch.")
    check_place(out)
    with opened(folder, password_file, pin_file) as office:
        if watch:
            asyncio.run(_watch(office, 30 if due is None else due, deliver))
            return
        wanted = [newest(office, name)] if name else _due(office, due or 0)
        done, problems = _renewed(office, wanted, days, stop=bool(name))
        for each in done:
            write_whole(_chain_file(out, each), office.handed_out(each).encode(), mode=0o644)
        write_authorities(office)
        if deliver is not None:
            Renewals(office, 0, deliver, typer.echo).deliver_now()
        _tell_renewed(office, done, out, as_json=as_json)
    if problems:
        raise Failed(" ".join(problems))


def revoke(
    what: Annotated[
        str, typer.Argument(help="A serial number, or a file with the certificate.", metavar="SERIAL|FILE")
    ],
    reason: Annotated[
        str, typer.Option(help="keyCompromise, superseded, cessationOfOperation, certificateHold ... (RFC 5280, 5.3.1)")
    ] = "unspecified",
    release: Annotated[bool, typer.Option("--release", help="It was only on hold: it is good again.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: AsJson = False,
) -> None:
    """Take a certificate back; CRLs and OCSP tell it from now on."""
    why = reason_of(reason)
    with opened(folder) as office:
        serial = _serial(what)
        issued = release_one(office, serial) if release else revoke_one(office, serial, why)
        if as_json:
            tell_json(data_of(issued, office.clock.now()))
            return
    done = "is good again" if release else f"is revoked ({issued.reason})"
    typer.echo(f"{issued.name} ({issued.profile}, {issued.serial}) {done}.")
    typer.echo("`pki serve` tells it at once; a CRL that lies somewhere else is made anew with pilotwire pki crl.")


def crl(
    name: Annotated[str, typer.Argument(help="The CA; all if not said.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = CRL_DAYS,
    out: Annotated[Path, typer.Option(help="Where the files are put.", metavar="FOLDER")] = Path(),
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
) -> None:
    """Make the next CRL of a CA, or of all: NAME.crl (DER) and NAME.crl.pem."""
    with opened(folder, password_file, pin_file) as office:
        names = [office.record(name).name] if name else [each.name for each in office.book.authorities()]
        check_place(out)
        for each in names:
            made = new_crl(office, each, days)
            write_whole(out / f"{each}.crl", made.public_bytes(Encoding.DER), mode=0o644)
            write_whole(out / f"{each}.crl.pem", made.public_bytes(Encoding.PEM), mode=0o644)
            typer.echo(
                f"{out / f'{each}.crl'}: {len(made)} revoked, next until {day(made.next_update_utc or office.clock.now())} UTC"
            )


def _due(office: Office, days: int) -> list[Issued]:
    """What is due, CAs first and from the root down: what they sign may then live longer."""
    place = {each.serial: number for number, each in enumerate(office.book.authorities())}
    return sorted(ending(office, days), key=lambda each: place.get(each.serial, len(place)))


def _renewed(office: Office, wanted: list[Issued], days: int, *, stop: bool) -> tuple[list[Issued], list[str]]:
    done: list[Issued] = []
    problems: list[str] = []
    for old in wanted:
        try:
            done.append(renew_one(office, old, me(), days))
        except PilotwireError as error:
            if stop:
                raise
            problems.append(f"{old.name}: {error}")
    return done, problems


def _tell_renewed(office: Office, done: list[Issued], out: Path, *, as_json: bool) -> None:
    if as_json:
        now = office.clock.now()
        tell_json([data_of(each, now) | {"file": str(_chain_file(out, each))} for each in done])
        return
    for each in done:
        typer.echo(
            f"{each.name} ({each.profile}): {each.serial}, until {day(each.until)} UTC: {_chain_file(out, each)}"
        )
    if not done:
        typer.echo("Nothing was renewed.")


def _chain_file(out: Path, issued: Issued) -> Path:
    return out / f"{file_name(issued.name)}.pem"


async def _watch(office: Office, days: int, deliver: Path | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # not on every platform
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    typer.echo(f"Renewing what ends within {days} days and has its key kept. Ctrl-C stops it.")
    await Renewals(office, days, deliver, typer.echo).run(stopped)


def _serial(what: str) -> str:
    if not Path(what).is_file():
        return what
    found = read_any(read_bytes(Path(what)), what, lambda: "").certificates
    if not found:
        raise ConfigError(f"{what} holds no certificate.", "Name the file of a certificate, or its serial number.")
    return f"{found[0].serial_number:x}"
