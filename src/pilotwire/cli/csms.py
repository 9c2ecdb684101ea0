"""`pilotwire csms`: run a CSMS until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from fastapi import FastAPI

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


def verb(
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.", envvar="PILOTWIRE_CONFIG")] = None,
    host: Annotated[
        str | None, typer.Option(help="Where to listen: a host name or address. Default: 127.0.0.1")
    ] = None,
    ocpp_port: Annotated[int | None, typer.Option(help="The port for stations; 0: any free one. Default: 9000")] = None,
    plain: Annotated[
        bool | None, typer.Option(help="Whether stations may connect without TLS, on --ocpp-port. Default: yes")
    ] = None,
    tls_port: Annotated[
        int | None, typer.Option(help="The port for stations by TLS; 0: any free one. Default: none, no TLS")
    ] = None,
    tls_certificate: Annotated[
        list[str] | None,
        typer.Option(help="A PEM file with a certificate and its chain; an ECDSA and an RSA one may go together."),
    ] = None,
    tls_key: Annotated[
        list[str] | None, typer.Option(help="The PEM file of the key to a --tls-certificate, in the same order.")
    ] = None,
    tls_client_ca: Annotated[
        str | None, typer.Option(help="A PEM bundle of the CAs that sign stations' certificates (profile 3).")
    ] = None,
    quiet: Annotated[bool | None, typer.Option(help="Send no station anything that nobody asked for.")] = None,
    http_port: Annotated[
        int | None, typer.Option(help="The port of the HTTP API; 0: any free one. Default: 8080")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="A database URL, or `memory:`. Default: sqlite:///pilotwire.db")
    ] = None,
    unknown_stations: Annotated[
        str | None,
        typer.Option(help="accept, pending or reject: what happens with a station nobody registered. Default: pending"),
    ] = None,
    no_auth: Annotated[
        bool | None,
        typer.Option("--no-auth/--auth", help="For a lab: no API key, no station password; only on a loopback host."),
    ] = None,
    alert_severity: Annotated[
        int | None, typer.Option(help="The least severe event that raises an alert, 0 (danger) to 9 (debug). Default: 5")
    ] = None,
    accept_unknown_tokens: Annotated[
        bool | None, typer.Option(help="For a lab: tokens nobody has recorded may charge.")
    ] = None,
    plugins_must_load: Annotated[
        bool | None, typer.Option(help="Do not start if an installed data transfer plug-in cannot be used.")
    ] = None,
    charging_needs: Annotated[
        str | None, typer.Option(help="none, accepted, processing or rejected: the answer to charging needs. Default: none")
    ] = None,
    heartbeat_interval: Annotated[
        int | None, typer.Option(help="Seconds between heartbeats of accepted stations. Default: 300")
    ] = None,
    retry_interval: Annotated[
        int | None, typer.Option(help="Seconds before a station not accepted may boot again. Default: 60")
    ] = None,
    ping_interval: Annotated[float | None, typer.Option(help="Seconds between pings; 0: none. Default: 60")] = None,
    compression: Annotated[bool | None, typer.Option(help="Whether stations may compress messages.")] = None,
    max_message_bytes: Annotated[int | None, typer.Option(help="The longest message taken. Default: 1000000")] = None,
    call_timeout: Annotated[
        float | None, typer.Option(help="Seconds a station may take to answer. Default: 30")
    ] = None,
    shutdown_timeout: Annotated[
        float | None, typer.Option(help="Seconds that work in hand may take when stopping. Default: 10")
    ] = None,
    soap_port: Annotated[
        int | None, typer.Option(help="The port for stations of OCPP-S (SOAP, 1.5 and 1.6). Default: none")
    ] = None,
    soap_tls: Annotated[bool | None, typer.Option(help="Whether OCPP-S is spoken by TLS.")] = None,
    keep_messages_days: Annotated[
        int | None, typer.Option(help="Days frames stay in the message log; 0: for ever. Default: 0")
    ] = None,
    keep_messages_mb: Annotated[
        int | None, typer.Option(help="Megabytes the message log may have; 0: no limit. Default: 0")
    ] = None,
    keep_findings_days: Annotated[
        int | None, typer.Option(help="Days findings and security events are kept; 0: for ever. Default: 0")
    ] = None,
    uploads_dir: Annotated[
        str | None, typer.Option(help="Where uploaded log files are kept. Default: beside the database")
    ] = None,
    max_upload_bytes: Annotated[int | None, typer.Option(help="The longest log file taken. Default: 200000000")] = None,
    upload_lifetime: Annotated[
        int | None, typer.Option(help="Seconds a station may take to upload a log file. Default: 86400")
    ] = None,
    ftp_port: Annotated[
        int | None, typer.Option(help="The port for log files by FTP; 0: any free one. Default: no FTP")
    ] = None,
    ftp_passive_ports: Annotated[
        str | None, typer.Option(help="The ports for the data of FTP, like 50000-50100. Default: any")
    ] = None,
    ftp_certificate: Annotated[
        str | None, typer.Option(help="A PEM file with certificate chain and key: FTP becomes FTPS.")
    ] = None,
    sftp_port: Annotated[
        int | None, typer.Option(help="The port for log files by SFTP; 0: any free one. Default: no SFTP")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="How stations reach the HTTP server here, like https://csms.example.org.")
    ] = None,
    firmware_dir: Annotated[
        str | None, typer.Option(help="Where firmware images are kept. Default: firmware, beside the database")
    ] = None,
    firmware_max_bytes: Annotated[
        int | None, typer.Option(help="The largest firmware image taken. Default: 2000000000")
    ] = None,
    firmware_signing_key: Annotated[
        str | None, typer.Option(help="A PEM file with the key that signs uploaded firmware. Default: none")
    ] = None,
    firmware_signing_certificate: Annotated[
        str | None, typer.Option(help="A PEM file with the certificate of that key.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error. Default: info")] = None,
) -> None:
    """Run a CSMS: stations connect to it by WebSocket, people and programs use its HTTP API.

    At the first start an API key with the scope admin is created and printed, this once.
    """
    given = {name: value or None if isinstance(value, list) else value for name, value in ctx.params.items()}
    given = {name: value for name, value in given.items() if name in CsmsSettings.model_fields}
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
