"""`pilotwire ev`: be an electric vehicle at the digital line of any station (DIN SPEC 70121, ISO 15118-2, ISO 15118-20)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pilotwire.cli.ev_report import Printer, summarize
from pilotwire.cli.ev_wishes import Wanted, prepare
from pilotwire.cli.terminal import Failed, show_table
from pilotwire.clock import SystemClock
from pilotwire.errors import NotReachable
from pilotwire.ev.catalogue import VEHICLES

verb = typer.Typer(
    help="Be an electric vehicle: charge at any station over ISO 15118 or DIN SPEC 70121.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_ORDER: Final = "pilotwire.ev.order"


def _in_order(ctx: typer.Context, param: typer.CallbackParam, value: bool) -> bool:
    """Options that are several wishes count in the order in which they stand on the command line."""
    if value and param.name is not None:
        ctx.meta.setdefault(_ORDER, []).append(param.name)
    return value


def _flag(name: str, what: str) -> Any:
    return typer.Option(name, help=what, callback=_in_order)


@verb.command()
def charge(
    ctx: typer.Context,
    interface: Annotated[
        str, typer.Argument(help="The network interface to look for a station on (SDP).", metavar="[INTERFACE]")
    ] = "",
    to: Annotated[str, typer.Option(help="Where the station is, \\[address]:port, instead of looking for one.")] = "",
    din: Annotated[bool, _flag("--din", "DIN SPEC 70121. Of several protocols the first is the most wanted.")] = False,
    iso2: Annotated[bool, _flag("--iso2", "ISO 15118-2.")] = False,
    iso20: Annotated[bool, _flag("--iso20", "ISO 15118-20.")] = False,
    pnc: Annotated[bool, _flag("--pnc", "Plug & Charge, by a contract of the wallet.")] = False,
    eim: Annotated[bool, _flag("--eim", "Authorization by external means: a card, an app.")] = False,
    ac: Annotated[bool, _flag("--ac", "Alternating current.")] = False,
    dc: Annotated[bool, _flag("--dc", "Direct current.")] = False,
    bpt: Annotated[bool, typer.Option("--bpt", help="Give energy back, too (ISO 15118-20).")] = False,
    dynamic: Annotated[
        bool, typer.Option("--dynamic", help="The station says what is taken at each moment (ISO 15118-20).")
    ] = False,
    vehicle: Annotated[str, typer.Option(help="A model of `pilotwire ev vehicles`.")] = "family-77",
    soc: Annotated[float, typer.Option(help="State of charge at the beginning, %.", min=0, max=100)] = 20.0,
    target: Annotated[float, typer.Option(help="State of charge that is enough, %.", min=0, max=100)] = 80.0,
    energy: Annotated[float | None, typer.Option(help="Energy that is enough, kWh at the inlet.", min=0)] = None,
    departure: Annotated[float | None, typer.Option(help="Minutes until the driver leaves.", min=0)] = None,
    evccid: Annotated[str, typer.Option(help="The vehicle's MAC address, twelve hexadecimal digits.")] = "",
    speed: Annotated[float, typer.Option(help="How much faster than life the battery charges.", min=0.001)] = 1.0,
    wallet: Annotated[
        Path | None, typer.Option(help="The folder with contracts, certificates and trusted roots.")
    ] = None,
    wallet_password: Annotated[
        str,
        typer.Option(
            help="Opens the wallet's keys, and encrypts new ones. Better in the environment.",
            envvar="PILOTWIRE_WALLET_PASSWORD",
            show_default=False,
        ),
    ] = "",
    contract: Annotated[
        str, typer.Option(help="The eMAID of the contract to be used first; with --install also to be had first.")
    ] = "",
    install: Annotated[bool, typer.Option("--install", help="Have a contract certificate installed.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Have the contract certificate renewed (ISO 15118-2).")
    ] = False,
    tls: Annotated[
        bool | None,
        typer.Option("--tls/--no-tls", help="By TLS alone, or never. Without it: as roots and station allow."),
    ] = None,
    lab: Annotated[
        bool,
        typer.Option(
            "--lab", help="For test benches: take any curve and domain, no OCSP, show no vehicle certificate."
        ),
    ] = False,
    stop_after: Annotated[float | None, typer.Option(help="Seconds of power that are enough.", min=0)] = None,
    pause_after: Annotated[float | None, typer.Option(help="Pause after so many seconds of power.", min=0)] = None,
    wake_after: Annotated[float | None, typer.Option(help="Come back so many seconds after the pause.", min=0)] = None,
    pause_file: Annotated[
        Path | None, typer.Option(help="The file that keeps a paused session and its battery.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Join the session of --pause-file again.")] = False,
    renegotiate_after: Annotated[
        float | None, typer.Option(help="Negotiate schedules anew after so many seconds of power.", min=0)
    ] = None,
    drop_after: Annotated[
        float | None, typer.Option(help="Cut the line after so many seconds of power, once, and come back.", min=0)
    ] = None,
    return_after: Annotated[float, typer.Option(help="Seconds until it comes back after a dropped line.", min=0)] = 1.0,
    returns: Annotated[int, typer.Option(help="How often it comes back after dropped lines.", min=0)] = 3,
    interval: Annotated[
        float | None, typer.Option(help="Seconds between two messages of the charge loop.", min=0)
    ] = None,
    keylog: Annotated[
        Path | None, typer.Option(help="A file for the secrets of TLS, so that a capture can be read.")
    ] = None,
    sdp_port: Annotated[int, typer.Option(help="Another UDP port of SDP, for labs.", min=1, max=65535)] = 15118,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show each message as a line.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write messages and the summary as JSON, one object a line, nothing else.")
    ] = False,
) -> None:
    """Charge at a station. Exit code 0 only if energy flowed and nothing failed.

    Ctrl-C ends the session in order; a second one at once.
    """
    order: list[str] = ctx.meta.get(_ORDER, [])
    wanted = Wanted(
        interface=interface,
        to=to,
        protocols=tuple(one for one in order if one in ("din", "iso2", "iso20")),
        identification=tuple(one for one in order if one in ("pnc", "eim")),
        transfers=tuple(one for one in order if one in ("ac", "dc")),
        bpt=bpt,
        dynamic=dynamic,
        vehicle=vehicle,
        soc=soc,
        target=target,
        energy=energy,
        departure=departure,
        evccid=evccid,
        speed=speed,
        wallet=wallet,
        password=wallet_password,
        contract=contract,
        install=install,
        update=update,
        tls=tls,
        lab=lab,
        stop_after=stop_after,
        pause_after=pause_after,
        wake_after=wake_after,
        pause_file=pause_file,
        resume=resume,
        renegotiate_after=renegotiate_after,
        drop_after=drop_after,
        return_after=return_after,
        returns=returns,
        interval=interval,
        keylog=keylog,
        sdp_port=sdp_port,
        said=_said_of_the_vehicle(ctx),
    )
    clock = SystemClock()
    ready = prepare(wanted, clock)
    printer = Printer(ready.ev, verbose=verbose, as_json=as_json)
    for remark in ready.remarks:
        printer.remark(remark)
    try:
        report = asyncio.run(ready.run(printer.heard))
    except NotReachable as error:
        raise Failed(error.what, error.remedy) from None
    except asyncio.CancelledError:
        raise Failed("The session was broken off.") from None
    finally:
        printer.close()
    summarize(report, as_json=as_json)
    raise typer.Exit(0 if report.good else 1)


def _said_of_the_vehicle(ctx: typer.Context) -> tuple[str, ...]:
    """Which options about the vehicle stand on the command line: a resumed session has its own."""
    names = ("vehicle", "soc", "target", "energy", "departure")
    return tuple(f"--{one}" for one in names if getattr(ctx.get_parameter_source(one), "name", "") == "COMMANDLINE")


@verb.command()
def vehicles() -> None:
    """List the vehicle models."""
    rows = []
    for name, spec in VEHICLES.items():
        ac = f"{spec.ac.phases} x {spec.ac.max_current_a:g} A" if spec.ac is not None else None
        dc = f"{spec.dc.max_power_w / 1000:g} kW, {spec.dc.max_current_a:g} A" if spec.dc is not None else None
        back = [kind for kind, one in (("AC", spec.ac_feedback), ("DC", spec.feedback)) if one is not None]
        battery = spec.battery
        volts = f"{battery.volts_empty:g} to {battery.volts_full:g} V"
        rows.append((name, f"{battery.capacity_wh / 1000:g} kWh", volts, ac, dc, ", ".join(back) or None))
    show_table(("name", "battery", "voltage", "AC", "DC", "gives back"), rows, nothing="None.")
