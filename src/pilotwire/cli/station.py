"""`pilotwire station`: one charging station, with simulated hardware, and a control port for what a person does at it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pilotwire.clock import SystemClock
from pilotwire.logs import configure_logging
from pilotwire.serving import WebServer
from pilotwire.simulator.building import build_station, make_vehicle
from pilotwire.station.app import Station
from pilotwire.station.control import control_api
from pilotwire.station.settings import StationProgramSettings, load_settings

_EPILOG = (
    "Every option is also an environment variable (PILOTWIRE_CONTROL_PORT for --control-port) and a line in the section station of a "
    "TOML file, where `variables` is a table of first values of device model variables. The command line goes before the environment, "
    "the environment before the file."
)


def verb(
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.", envvar="PILOTWIRE_CONFIG")] = None,
    id: Annotated[str | None, typer.Option(help="The station's identity.")] = None,
    ocpp: Annotated[str | None, typer.Option(help="The version spoken: 1.6, 2.0.1 or 2.1. Default: 2.0.1")] = None,
    csms: Annotated[
        str | None, typer.Option(help="The endpoint of the CSMS, without the identity. Default: ws://127.0.0.1:9000")
    ] = None,
    password: Annotated[str | None, typer.Option(help="The password of security profile 1.")] = None,
    control_host: Annotated[str | None, typer.Option(help="Where the control port listens. Default: 127.0.0.1")] = None,
    control_port: Annotated[
        int | None, typer.Option(help="The control port (HTTP): what a person does at a station. Default: any free one")
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(help="EVSEs and connectors, by name (wallbox-11, dc-150-ccs, ...). Default: ac-22-single"),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="The file that keeps what must survive. Default: <id>.station.db")
    ] = None,
    vendor: Annotated[str | None, typer.Option(help="The vendor in the boot message. Default: Pilotwire")] = None,
    model: Annotated[str | None, typer.Option(help="The model in the boot message. Default: the layout's name")] = None,
    serial_number: Annotated[str | None, typer.Option(help="The serial number in the boot message.")] = None,
    speed: Annotated[
        float | None, typer.Option(help="How much faster than life hardware and vehicles run. Default: 1")
    ] = None,
    compression: Annotated[bool | None, typer.Option(help="Whether to offer compression of messages.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error. Default: info")] = None,
) -> None:
    """Run one charging station with simulated hardware; its control port does what a person does there.

    What the station keeps survives kill -9 and power failures: start it again on the same storage and it goes on.
    """
    given = {name: value for name, value in ctx.params.items() if name in StationProgramSettings.model_fields}
    settings = load_settings(given, config=config)
    configure_logging(settings.log_level)
    asyncio.run(_serve(settings, Console()))


verb.__doc__ = f"{verb.__doc__}\n\n    {_EPILOG}\n"


async def _serve(settings: StationProgramSettings, console: Console) -> None:
    station = build_station(settings, SystemClock())
    control = WebServer(
        control_api(station, make_vehicle), settings.control_host, settings.control_port, name="control port"
    )
    interrupted = _interrupts()  # before anything is told: whoever reads it may interrupt at once
    async with station, control:
        _tell(console, settings, control)
        await _until_interrupted(station, interrupted)
    console.print(f"Station {settings.id} stopped; what it kept is kept.")


def _tell(console: Console, settings: StationProgramSettings, control: WebServer) -> None:
    console.print(f"Station [bold]{settings.id}[/] speaks OCPP {settings.ocpp} to {settings.csms}")
    console.print(
        f"Control port: {control.url} (GET /status; POST /plug, /tap, /unplug, /line/cut, ...)", highlight=False
    )


def _interrupts() -> asyncio.Event:
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on every platform
            loop.add_signal_handler(number, interrupted.set)
    return interrupted


async def _until_interrupted(station: Station, interrupted: asyncio.Event) -> None:
    waiting = asyncio.get_running_loop().create_task(interrupted.wait())
    assert station.failed is not None
    await asyncio.wait((waiting, station.failed), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if station.failed.done():
        station.failed.result()
