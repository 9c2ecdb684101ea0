"""`pilotwire station`: one charging station, with simulated hardware, and a control port for what a person does at it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

from rich.console import Console

from pilotwire.clock import SystemClock
from pilotwire.serving import WebServer
from pilotwire.simulator.building import build_station, make_vehicle
from pilotwire.station.app import Station
from pilotwire.station.control import control_api
from pilotwire.station.settings import StationProgramSettings, load_settings


def run(given: dict[str, Any], config: str | None, console: Console) -> None:
    """Run until interrupted. Raises ConfigError or StoreError before anything is said to a CSMS."""
    settings = load_settings(given, config=config)
    asyncio.run(_serve(settings, console))


async def _serve(settings: StationProgramSettings, console: Console) -> None:
    station = build_station(settings, SystemClock())
    control = WebServer(
        control_api(station, make_vehicle), settings.control_host, settings.control_port, name="control port"
    )
    async with control, station:
        _tell(console, settings, control)
        await _until_interrupted(station)
    console.print(f"Station {settings.id} stopped; what it kept is kept.")


def _tell(console: Console, settings: StationProgramSettings, control: WebServer) -> None:
    console.print(f"Station [bold]{settings.id}[/] speaks OCPP {settings.ocpp} to {settings.csms}")
    console.print(
        f"Control port: {control.url} (GET /status; POST /plug, /tap, /unplug, /line/cut, ...)", highlight=False
    )


async def _until_interrupted(station: Station) -> None:
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on every platform
            loop.add_signal_handler(number, interrupted.set)
    waiting = loop.create_task(interrupted.wait())
    assert station.failed is not None
    await asyncio.wait((waiting, station.failed), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if station.failed.done():
        station.failed.result()
