"""`pilotwire csms-certificates`: a CA and certificates for a lab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import make_lab


def verb(
    folder: Annotated[
        Path, typer.Argument(help="Where to put them; a CA that is there already is used.", metavar="DIR")
    ],
    host: Annotated[
        list[str] | None, typer.Option(help="A name or address stations use for the CSMS; give it again for more.")
    ] = None,
    station: Annotated[
        list[str] | None, typer.Option(help="A station that gets a client certificate (security profile 3).")
    ] = None,
) -> None:
    """Make a CA and certificates for a lab: server certificates with an ECDSA and an RSA key, client certificates for stations."""
    hosts = host or ["localhost", "127.0.0.1"]
    for path in make_lab(folder, hosts, station or [], SystemClock().now()):
        typer.echo(str(path))
    typer.echo("\nStart the CSMS with them:\n")
    typer.echo(f"  pilotwire csms --tls-port 9443 --tls-client-ca {folder / 'ca.pem'} \\")
    for last, kind in enumerate(("ecdsa", "rsa")):
        pair = f"--tls-certificate {folder / f'server-{kind}.pem'} --tls-key {folder / f'server-{kind}-key.pem'}"
        typer.echo(f"    {pair}{'' if last else ' ' + chr(92)}")
    typer.echo(f"\nStations must trust {folder / 'ca.pem'}.")
