"""`pilotwire certify pki`: certificates for a certification lab, and what answers for them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from typer.core import TyperGroup

from pilotwire.clock import SystemClock
from pilotwire.conformance.certify.pki_kit import Kit, make_kit, read_kit
from pilotwire.conformance.certify.pki_kit_serve import Responding
from pilotwire.conformance.certify.pki_kit_words import Asked
from pilotwire.conformance.settings import SETTINGS
from pilotwire.errors import ConfigError
from pilotwire.serving import WebServer

_MAKE = "make"
_HELP = ("--help", "-h")


class _MakesUnlessTold(TyperGroup):
    """`pki FOLDER` is `pki make FOLDER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command there that need not be said."""
        said = args and args[0] not in (*self.commands, *_HELP)
        return super().parse_args(ctx, [_MAKE, *args] if said else args)


verb = typer.Typer(
    cls=_MakesUnlessTold,
    help="`pki FOLDER` makes certificates for a lab, good and broken; `pki serve FOLDER` answers for them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(help="The folder of the kit.", metavar="FOLDER")]


@verb.command(_MAKE)
def make(
    folder: Folder,
    host: Annotated[
        list[str] | None, typer.Option(help="A name or address stations use for the CSMS; the first is the commonName.")
    ] = None,
    station: Annotated[list[str] | None, typer.Option(help="The serial number of a station; may be repeated.")] = None,
    day: Annotated[str, typer.Option(help="The day the kit is of, as 2026-01-31; today if it is not said.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long what is valid is so from that day.")] = 365,
    url: Annotated[
        str, typer.Option(help="Where `pki serve` will answer; the certificates name it.")
    ] = "http://localhost:8088",
    owner: Annotated[str, typer.Option(help="The charging station operator (A00.FR.404).")] = "Pilotwire lab CSO",
    maker: Annotated[str, typer.Option(help="The manufacturer.")] = "Pilotwire lab manufacturer",
    emaid: Annotated[str, typer.Option(help="The eMAID of the contract.")] = SETTINGS["emaid"].default,
    secc: Annotated[str, typer.Option(help="The SECC's identifier.")] = SETTINGS["secc_id"].default,
    plug_and_charge: Annotated[
        bool, typer.Option("--plug-and-charge/--no-plug-and-charge", help="With the chains of ISO 15118.")
    ] = True,
    rsa_bits: Annotated[int, typer.Option(min=2048, max=8192, help="The size of RSA keys (A00.FR.502).")] = 2048,
    pkcs1: Annotated[
        bool, typer.Option("--pkcs1", help="RSA CAs sign by PKCS #1 v1.5, not by RSA-PSS (A00.FR.505).")
    ] = False,
) -> None:
    """Make a kit in a new or empty folder: chains, servers, stations, firmware, Plug & Charge, and the broken ones."""
    asked = Asked(
        _day(day),
        tuple(host or ("localhost", "127.0.0.1")),
        tuple(station or (SETTINGS["serial_number"].default,)),
        url,
        owner=owner,
        maker=maker,
        emaid=emaid,
        secc=secc,
        plug_and_charge=plug_and_charge,
        days=days,
        rsa_bits=rsa_bits,
        pss=not pkcs1,
    )
    kit = make_kit(folder, asked)
    broken = sum(1 for one in kit.made.values() if one.entry.fault)
    typer.echo(f"{len(kit.made)} certificates are in {folder}, {broken} of them broken on purpose.")
    typer.echo(f"What each is for: {folder / 'README.md'}")
    typer.echo(f"Passwords: {folder / 'passwords.txt'}")
    typer.echo(f"OCSP and CRLs: pilotwire certify pki serve {folder}")


@verb.command()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 for other machines.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port; that of the kit's URL if it is not said.")
    ] = None,
) -> None:
    """Answer for the certificates of a kit until interrupted: OCSP, and the CRLs of its CAs."""
    kit = read_kit(folder)
    named = urlsplit(kit.url).port or 80
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(kit, host, named if port is None else port))


async def _serve(kit: Kit, host: str, port: int) -> None:
    responding = Responding(kit, SystemClock(), typer.echo)
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on every platform
            asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    async with WebServer(responding, host, port, name="responder") as server:
        typer.echo(f"OCSP: {server.url}/ocsp, CRLs: {server.url}/crl/NAME.crl. Interrupt to stop.")
        if server.port != (urlsplit(kit.url).port or 80):
            typer.echo(f"The certificates name {kit.url}: who follows them does not come here.")
        await interrupted.wait()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else SystemClock().now().date()
    except ValueError:
        raise ConfigError(f"{text!r} is no day.", "Write year, month and day, as 2026-01-31.") from None
