"""`pilotwire station`: one charging station, with simulated hardware, and a control port for what a person does at it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pilotwire.cli.settings_options import with_options
from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.logs import configure_logging
from pilotwire.serving import WebServer
from pilotwire.simulator.building import build_station, make_vehicle
from pilotwire.simulator.fleet import Fleet, Scenario, read_scenario
from pilotwire.simulator.fleet.limits import fast_loop, files_of, raise_file_limit
from pilotwire.simulator.fleet.progress import line_of, watch
from pilotwire.simulator.fleet.settings import FleetSettings, load_fleet_settings
from pilotwire.simulator.planned import build_planned
from pilotwire.station.app import Station
from pilotwire.station.control import Host, control_api, host_api, token_for
from pilotwire.station.control.settings import HostSettings, load_host_settings
from pilotwire.station.hardware.drivers import find_driver
from pilotwire.station.secc import SeccHost, Slac, secc_settings
from pilotwire.station.settings import StationProgramSettings, load_settings
from pilotwire.station.setup import NAMES

_EPILOG = (
    "Every option is also an environment variable (PILOTWIRE_CONTROL_PORT for --control-port) and a line in the section station of a "
    "TOML file, where `variables` is a table of first values of device model variables. The command line goes before the environment, "
    "the environment before the file."
)


@with_options(StationProgramSettings)
def verb(
    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.", envvar="PILOTWIRE_CONFIG")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A first value of a device model variable; may be repeated."),
    ] = None,
    habit: Annotated[
        list[str] | None,
        typer.Option(
            "--habits",
            metavar="NAME=VALUE",
            help="How the station is built (docs/station.md, Habits); may be repeated.",
        ),
    ] = None,
    host_many: Annotated[
        bool,
        typer.Option(
            "--host-many", help="Begin without a station: they are made and removed through the control port."
        ),
    ] = False,
    count: Annotated[
        int | None, typer.Option(help="Run so many stations at once: --id is what their identities begin with.")
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="What happens at the stations of --count: a YAML file (docs/station/fleets.md).")
    ] = None,
    **said: Any,
) -> None:
    """Run one charging station with simulated hardware; its control port does what a person does there.

    What the station keeps survives kill -9 and power failures: start it again on the same storage and it goes on. With --host-many the
    stations of a process are made and driven through the control port; with --count they follow a scenario.
    """
    said = {name: value or None if isinstance(value, list) else value for name, value in said.items()}
    if host_many:
        _host({**said, "count": count, "scenario": scenario, "set": set_, "habits": habit}, config)
        return
    if count is not None or scenario is not None:
        _fleet({**said, "count": count, "scenario": scenario, "set": set_, "habits": habit}, config)
        return
    given = dict(said)
    if set_:
        given["variables"] = dict(_assignment(one) for one in set_)
    if habit:
        given["habits"] = dict(_assignment(one, "--habits") for one in habit)
    settings = load_settings(given, config=config)
    configure_logging(settings.log_level)
    asyncio.run(_serve(settings, Console()))


verb.__doc__ = f"{verb.__doc__}\n\n    {_EPILOG}\n"


def _assignment(text: str, option: str = "--set") -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(
            f"{option} {text} is no assignment.", "Write NAME=VALUE, as in TxCtrlr.TxStartPoint=EVConnected."
        )
    return name.strip(), value


# --- many -----------------------------------------------------------------------------------------------------------


def _host(said: dict[str, Any], config: Path | None) -> None:
    beside = [name for name, value in said.items() if value is not None and name not in HostSettings.model_fields]
    if beside:
        option = f"--{beside[0].replace('_', '-')}"
        raise ConfigError(
            f"{option} is about one station.", "With --host-many, say it when you make a station: POST /stations."
        )
    settings = load_host_settings({name: said[name] for name in HostSettings.model_fields}, config=config)
    find_driver(settings.driver)  # a name that nobody answers to is told before anything begins
    configure_logging(settings.log_level)
    asyncio.run(_serve_many(settings, Console()))


async def _serve_many(settings: HostSettings, console: Console) -> None:
    host = Host(partial(build_planned, clock=SystemClock(), driver=settings.driver), make_vehicle)
    made = token_for(settings.control_host, settings.control_token)
    api = host_api(
        host, token=settings.control_token or made, address=settings.control_host, names=settings.control_names
    )
    control = WebServer(api, settings.control_host, settings.control_port, name="control port")
    interrupted = _interrupts()
    async with host, control:
        console.print(
            f"Control port: {control.url} (GET, POST /stations; POST /stations/ID/plug, ...)", highlight=False
        )
        _tell_token(console, made, f"{control.url}/stations")
        await interrupted.wait()
    console.print("All stations stopped.")


# --- a fleet --------------------------------------------------------------------------------------------------------


def _fleet(said: dict[str, Any], config: Path | None) -> None:
    beside = [name for name, value in said.items() if value is not None and name not in FleetSettings.model_fields]
    if beside:
        option = f"--{beside[0].replace('_', '-')}"
        raise ConfigError(f"{option} is about one station.", "Say it in the scenario, for a kind of station (`fleet`).")
    settings = load_fleet_settings({name: said[name] for name in FleetSettings.model_fields}, config=config)
    configure_logging(settings.log_level)
    plan = read_scenario(settings.scenario) if settings.scenario is not None else Scenario()
    if settings.speed is not None:
        plan = plan.model_copy(update={"speed": settings.speed})
    raise_file_limit((settings.count or 1) * files_of(plan))
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        runner.run(_serve_fleet(settings, plan, Console()))


async def _serve_fleet(settings: FleetSettings, plan: Scenario, console: Console) -> None:
    clock = SystemClock()
    fleet = Fleet(
        plan,
        count=settings.count,
        prefix=settings.id,
        url=settings.csms,
        clock=clock,
        password=settings.password,
        storage=settings.storage,
    )
    stop = _interrupts()
    watching = asyncio.ensure_future(watch(fleet, console, clock, stop))
    await fleet.run(stop)
    await watching
    console.print(line_of(fleet, fleet.standing(), (0.0, 0.0)), highlight=False)


# --- one ------------------------------------------------------------------------------------------------------------


async def _serve(settings: StationProgramSettings, console: Console) -> None:
    station = build_station(settings, SystemClock())
    made = token_for(settings.control_host, settings.control_token, settings.control_password)
    api = control_api(
        station,
        make_vehicle,
        password=settings.control_password,
        token=settings.control_token or made,
        host=settings.control_host,
        names=settings.control_names,
    )
    control = WebServer(api, settings.control_host, settings.control_port, name="control port")
    interrupted = _interrupts()  # before anything is told: whoever reads it may interrupt at once
    places = secc_settings(settings)
    hosts = [SeccHost(station, one) for one in places]
    async with station, control, contextlib.AsyncExitStack() as vehicles:
        for host in hosts:
            await vehicles.enter_async_context(host)
        for one in (one for one in places if one.slac):
            await vehicles.enter_async_context(Slac(station, one.interface, one.evse_id))
            console.print(f"SLAC: interface {one.interface}, EVSE {one.evse_id}", highlight=False)
        _tell(console, station, control)
        for host in hosts:
            console.print(f"Vehicles: {host.where()}", highlight=False, soft_wrap=True)
        _tell_token(console, made, f"{control.url}/")
        await _until_interrupted(station, interrupted)
    console.print(f"Station {station.identity} stopped; what it kept is kept.")


def _tell(console: Console, station: Station, control: WebServer) -> None:
    setup, start = station.setup, station.start_setup
    by = " by SOAP" if setup.transport == "soap" else ""
    console.print(f"Station [bold]{setup.identity}[/] speaks OCPP {setup.ocpp}{by} to {setup.url}")
    if kept := [name for name in NAMES if getattr(setup, name) != getattr(start, name)]:
        told = ", ".join(kept)
        console.print(f"Set on its page, and so before the options of this start: {told}.", highlight=False)
    console.print(
        f"Control port: {control.url} (GET /status; POST /plug, /tap, /unplug, /line/cut, ...)", highlight=False
    )


def _tell_token(console: Console, made: str | None, url: str) -> None:
    """The token that was made because others than this machine reach the control port: shown this once."""
    if made is not None:
        console.print(f"Its token (until the next start): {made}", highlight=False, soft_wrap=True)
        console.print(f"In a browser: {url}?token={made}", highlight=False, soft_wrap=True)


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
