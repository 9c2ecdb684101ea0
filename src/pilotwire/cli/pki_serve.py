"""`pilotwire pki serve` and `enroll`: the authority over HTTP, and a client of such a one."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.ca import Office
from pilotwire.ca.renewing import Renewals
from pilotwire.ca.server import create_app
from pilotwire.ca.server.peer import PeerProtocol, Tls
from pilotwire.ca.settings import ServeSettings, check_pairs
from pilotwire.cli.pki_options import DEFAULT_FOLDER, Folder, PasswordFile, PinFile, opened
from pilotwire.cli.settings_options import with_options
from pilotwire.errors import PilotwireError
from pilotwire.logs import configure_logging
from pilotwire.serving import WebServer
from pilotwire.settings import load

_HOUR = 3600.0


@with_options(ServeSettings)
def serve(
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.", envvar="PILOTWIRE_CONFIG")] = None,
    **said: Any,
) -> None:
    """Answer over HTTP until interrupted: OCSP, CRLs, certificates of CAs; EST and signing for a CSMS if they are set up.

    Every option is also an environment variable (PILOTWIRE_PORT for --port) and a line in the section pki of a TOML file.
    """
    given = {name: value or None if isinstance(value, list) else value for name, value in said.items()}
    settings, _ = load(ServeSettings, "pki", given, config=config)
    check_pairs(settings)
    configure_logging(settings.log_level)
    with opened(folder, password_file, pin_file) as office:
        for record in office.book.authorities():
            office.safe.open(record.key)  # a wrong password or PIN shows now
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(office, settings))


async def _serve(office: Office, settings: ServeSettings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # not on every platform
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    tls = Tls(office, settings) if settings.tls else None
    server = WebServer(
        create_app(office, settings),
        settings.host,
        settings.port,
        name="server of the authority",
        ssl_context=tls.context if tls else None,
        protocol=PeerProtocol,
    )
    async with server:
        _tell(office, settings, server.url)
        work = [asyncio.create_task(_renew(office, settings, stopped))] if settings.renew_days else []
        if tls is not None:
            work.append(asyncio.create_task(_refresh(tls, stopped)))
        await stopped.wait()
        await asyncio.gather(*work)


async def _renew(office: Office, settings: ServeSettings, stopped: asyncio.Event) -> None:
    deliver = Path(settings.deliver) if settings.deliver else None
    await Renewals(office, settings.renew_days, deliver, typer.echo).run(stopped)


async def _refresh(tls: Tls, stopped: asyncio.Event) -> None:
    """Each hour see to the server's own certificate."""
    while not stopped.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _HOUR)
        try:
            await asyncio.to_thread(tls.refresh)
        except PilotwireError as error:
            typer.echo(f"The server's own certificate stays as it is: {error}")


def _tell(office: Office, settings: ServeSettings, url: str) -> None:
    typer.echo(f"OCSP        {url}/ocsp")
    typer.echo(f"CRLs        {url}/crl/NAME.crl ({', '.join(each.name for each in office.book.authorities())})")
    if settings.est_user:
        where = f"{url}/.well-known/est" if settings.tls or settings.est_without_tls else "only with --tls"
        typer.echo(f"EST         {where} ({', '.join(settings.est_profiles)})")
    if settings.signer_token:
        typer.echo(f"signer_url  {url}/sign")
    if office.url and office.url != url:
        typer.echo(f"The certificates name {office.url}: who follows them does not come here.")
    typer.echo("Ctrl-C stops it.")
    sys.stdout.flush()
