"""`pilotwire pki serve`: the authority over HTTP, and the contracts beside it."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.ca import Office
from pilotwire.ca.renewing import Renewals
from pilotwire.ca.server import create_app
from pilotwire.ca.server.peer import PeerProtocol, Tls
from pilotwire.ca.settings import check_pairs
from pilotwire.cli.pki_options import DEFAULT_FOLDER, Folder, PasswordFile, PinFile, opened
from pilotwire.cli.settings_options import with_options
from pilotwire.errors import PilotwireError
from pilotwire.logs import configure_logging
from pilotwire.mobility.pool import Pool, can_serve
from pilotwire.mobility.routes import add_contracts
from pilotwire.mobility.settings import PkiSettings, check_clients
from pilotwire.serving import WebServer
from pilotwire.settings import load

_HOUR = 3600.0


@with_options(PkiSettings)
def serve(
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.", envvar="PILOTWIRE_CONFIG")] = None,
    **said: Any,
) -> None:
    """Answer over HTTP until interrupted: OCSP, CRLs, certificates of CAs; EST, signing and contracts for a CSMS if they are set up.

    Every option is also an environment variable (PILOTWIRE_PORT for --port) and a line in the section pki of a TOML file.
    """
    given = {name: value or None if isinstance(value, list) else value for name, value in said.items()}
    settings, _ = load(PkiSettings, "pki", given, config=config)
    check_pairs(settings)
    check_clients(settings)
    configure_logging(settings.log_level)
    with opened(folder, password_file, pin_file) as office:
        for record in office.book.authorities():
            office.safe.open(record.key)  # a wrong password or PIN shows now
        with ExitStack() as stack, suppress(KeyboardInterrupt):
            pool = stack.enter_context(Pool(office)) if _gives_contracts(office, settings) else None
            asyncio.run(_serve(office, settings, pool))


def _gives_contracts(office: Office, settings: PkiSettings) -> bool:
    """Whether contracts are served. Raises ConfigError if they are to be, and the authority has no CAs for them (Pool says which)."""
    return can_serve(office) or _has_clients(settings)


def _has_clients(settings: PkiSettings) -> bool:
    return bool(settings.contracts_token or settings.opcp_client_id or settings.opcp_clients)


async def _serve(office: Office, settings: PkiSettings, pool: Pool | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # not on every platform
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    tls = Tls(office, settings) if settings.tls else None
    app = create_app(office, settings)
    notifier = add_contracts(app, pool, settings) if pool is not None else None
    server = WebServer(
        app,
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
        telling = asyncio.create_task(notifier.run()) if notifier is not None else None
        await stopped.wait()
        await asyncio.gather(*work)
        if telling is not None:
            telling.cancel()
            await asyncio.wait({telling})


async def _renew(office: Office, settings: PkiSettings, stopped: asyncio.Event) -> None:
    deliver = Path(settings.deliver) if settings.deliver else None
    await Renewals(office, settings.renew_days, deliver, typer.echo).run(stopped)


async def _refresh(tls: Tls, stopped: asyncio.Event) -> None:
    """Each hour see to the server's own certificate."""
    while not stopped.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(_HOUR):
                await stopped.wait()
        try:
            await asyncio.to_thread(tls.refresh)
        except PilotwireError as error:
            typer.echo(f"The server's own certificate stays as it is: {error}")


def _tell(office: Office, settings: PkiSettings, url: str) -> None:
    typer.echo(f"OCSP        {url}/ocsp")
    typer.echo(f"CRLs        {url}/crl/NAME.crl ({', '.join(each.name for each in office.book.authorities())})")
    if settings.est_user:
        where = f"{url}/.well-known/est" if settings.tls or settings.est_without_tls else "only with --tls"
        typer.echo(f"EST         {where} ({', '.join(settings.est_profiles)})")
    if settings.signer_token:
        typer.echo(f"signer_url  {url}/sign")
    if _has_clients(settings):
        typer.echo(f"contracts   {url}/contracts, and by OPCP at {url}")
    if office.url and office.url != url:
        typer.echo(f"The certificates name {office.url}: who follows them does not come here.")
    typer.echo("Ctrl-C stops it.")
    sys.stdout.flush()
