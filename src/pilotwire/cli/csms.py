"""`pilotwire csms`: run a CSMS until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from fastapi import FastAPI

from pilotwire.cli.settings_options import with_options
from pilotwire.csms.api import create_api, end_streams, ensure_admin_key
from pilotwire.csms.app import Csms
from pilotwire.csms.collector import settle
from pilotwire.csms.plugins import load_plugins
from pilotwire.csms.settings import CsmsSettings, load_settings
from pilotwire.logs import configure_logging

_EPILOG = (
    "Every option is also an environment variable (PILOTWIRE_OCPP_PORT for --ocpp-port) and a line in the section csms of a TOML "
    "file (ocpp_port = 9000). The command line goes before the environment, the environment before the file."
)


@with_options(CsmsSettings)
def verb(
    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.", envvar="PILOTWIRE_CONFIG")] = None,
    **said: Any,
) -> None:
    """Run a CSMS: stations connect to it by WebSocket, people and programs use its HTTP API.

    At the first start an API key with the scope admin is created and printed, this once.
    """
    given = {name: value or None if isinstance(value, list) else value for name, value in said.items()}
    settings = load_settings(given, config=config)
    configure_logging(settings.log_level)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings))


verb.__doc__ = f"{verb.__doc__}\n\n    {_EPILOG}\n"


async def _serve(settings: CsmsSettings) -> None:
    apis: list[FastAPI] = []

    def http(csms: Csms) -> Any:
        apis.append(create_api(csms))
        return apis[-1]

    plugins = load_plugins(must_load=settings.plugins_must_load)
    async with Csms(settings, http=http, plugins=plugins) as csms:
        try:
            secret = None if settings.no_auth else await ensure_admin_key(csms.journal, csms.store, csms.clock)
            settle()
            asked_to_stop = asyncio.ensure_future(csms.serve_forever())
            await asyncio.sleep(0)  # from here on signals are taken: what is announced can also be stopped
            _announce(csms, secret)
            await asked_to_stop
        finally:
            for api in apis:
                end_streams(api)


def _announce(csms: Csms, secret: str | None) -> None:
    typer.echo(f"Stations connect to  {csms.urls.ocpp}/<identity>")
    if csms.urls.ocpp_tls not in (None, csms.urls.ocpp):
        typer.echo(f"and by TLS to        {csms.urls.ocpp_tls}/<identity>")
    if csms.gateway.soap_url is not None:
        typer.echo(f"OCPP-S is spoken at  {csms.gateway.soap_url}")
    typer.echo(f"The HTTP API is at   {csms.urls.http}/docs")
    typer.echo(f"Everything is in     {csms.settings.database}")
    if csms.settings.no_auth:
        typer.echo("No API keys and no station passwords: for a lab only.")
    if secret is not None:
        typer.echo(f"The first API key    {secret}\n(scope admin; it is not kept and cannot be shown again)")
    typer.echo("Ctrl-C stops it.")
    sys.stdout.flush()


def _loop_factory() -> Any:
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop
