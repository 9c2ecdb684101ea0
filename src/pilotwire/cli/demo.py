"""`pilotwire demo`: a CSMS, stations and vehicles over real sockets, one of them by Plug & Charge, and whether every Wh was booked."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pilotwire.clock import SystemClock
from pilotwire.csms.api.app import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.logs import configure_logging
from pilotwire.simulator.backend import Backend
from pilotwire.simulator.plug_and_charge import EMAID, MobilitySide, Visit, charge_by_plug
from pilotwire.simulator.showcase import Progress, Result, Showcase

LATE = 2.0
"""Seconds from which on an event counts as delivered late in the table."""


def verb(
    once: Annotated[
        bool, typer.Option("--once", help="End by itself; exit code 0 only if every Wh was booked.")
    ] = False,
    ocpp_port: Annotated[int, typer.Option(help="The port for stations; 0: any free one.", min=0, max=65535)] = 0,
    http_port: Annotated[int, typer.Option(help="The port of the HTTP API; 0: any free one.", min=0, max=65535)] = 0,
    speed: Annotated[float, typer.Option(help="How much faster than life the vehicles charge.", min=1, max=3600)] = 300,
) -> None:
    """Start a CSMS, three stations (OCPP 1.6, 2.0.1, 2.1) and three vehicles over real sockets, and let them charge.

    One station loses its line in the middle and delivers late. In the end, what was booked is held against what each vehicle received.
    Then a vehicle that has never seen its station charges by Plug & Charge: its contract is installed on the way.
    """
    configure_logging("error")
    with tempfile.TemporaryDirectory(prefix="pilotwire-demo-") as folder:
        right = asyncio.run(_show(Path(folder), once, Console(), ocpp_port, http_port, speed))
    raise typer.Exit(0 if right else 1)


async def _show(folder: Path, once: bool, console: Console, ocpp_port: int, http_port: int, speed: float) -> bool:
    async with MobilitySide(folder, SystemClock()) as side:
        return await _show_with(side, folder, once, console, ocpp_port, http_port, speed)


async def _show_with(
    side: MobilitySide, folder: Path, once: bool, console: Console, ocpp_port: int, http_port: int, speed: float
) -> bool:
    settings = CsmsSettings(
        ocpp_port=ocpp_port,
        http_port=http_port,
        database=f"sqlite:///{folder / 'csms.db'}",
        unknown_stations=UnknownStations.ACCEPT,
        no_auth=True,
        log_level="error",
        contracts_url=side.contracts_url,
        contracts_token=side.token,
    )
    async with Csms(settings, SystemClock(), http=create_api) as csms:
        ocpp, api = f"ws://127.0.0.1:{csms.ocpp_port}", f"http://127.0.0.1:{csms.http_port}"
        console.print(
            f"CSMS: stations connect at {ocpp}/<identity>, REST API at {api}", highlight=False, soft_wrap=True
        )
        console.print(f"Three stations, three vehicles, {speed:.0f} times faster than life.\n", highlight=False)
        backend = Backend(api)
        try:
            showcase = Showcase(csms_url=ocpp, backend=backend, folder=folder, clock=SystemClock(), speed=speed)
            results = await _watched(showcase, console)
            _report(results, console)
            visit = await _plugged(side, ocpp, backend, folder, console, speed)
        finally:
            await backend.close()
        console.print(f"Look further: {api}/docs, {api}/api/v1/transactions", highlight=False, soft_wrap=True)
        if not once:
            console.print("Still running: press Ctrl-C to end.")
            await _interrupt()
    return all(result.right for result in results) and visit.right


async def _plugged(
    side: MobilitySide, ocpp: str, backend: Backend, folder: Path, console: Console, speed: float
) -> Visit:
    """A fourth vehicle, that has a contract nowhere but in a pool."""
    console.print(
        "\n[bold]Plug & Charge[/]: a vehicle that has never seen its station, by ISO 15118-2 over TLS.", soft_wrap=True
    )
    visit = await charge_by_plug(
        side, ocpp, backend, folder, lambda what: console.print(f"  {what}", highlight=False, soft_wrap=True), speed
    )
    if visit.right and visit.report is not None:
        told = f"{visit.booked_wh:.0f} Wh are booked for {EMAID}, with {visit.receipts} receipts signed by the vehicle."
        console.print(f"[bold green]{told}[/]\n", highlight=False, soft_wrap=True)
    else:
        why = visit.report.end.reason if visit.report is not None else ""
        booked = f"booked are {visit.booked_wh} Wh for {visit.booked_for or 'nobody'}"
        console.print(
            f"[bold red]Not right:[/] {why or 'the session ended as it should'}; {booked}.\n", highlight=False
        )
    return visit


async def _watched(showcase: Showcase, console: Console) -> list[Result]:
    running = asyncio.get_running_loop().create_task(showcase.run())
    try:
        with Live(_progress(showcase.progress), console=console, refresh_per_second=8, transient=True) as live:
            while not running.done():
                await asyncio.wait((running,), timeout=0.125)
                live.update(_progress(showcase.progress))
    finally:
        if not running.done():
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return running.result()


def _progress(stories: list[Progress]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("Station", "OCPP", "Battery", "Received", "Line", "Queued", "Messages", "Now"):
        right = heading in ("Received", "Queued", "Messages")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for at in stories:
        table.add_row(
            at.story.station,
            at.story.version.value,
            _bar(at.soc),
            f"{at.delivered_wh / 1000:.2f} kWh",
            Text("up", style="green") if at.line_up else Text("down", style="red"),
            str(at.waiting),
            str(at.messages),
            at.step,
        )
    return table


def _bar(percent: float, width: int = 8) -> Text:
    filled = round(percent / 100 * width)
    return Text("█" * filled, style="green") + Text("░" * (width - filled), style="dim") + Text(f" {percent:3.0f} %")


def _report(results: list[Result], console: Console) -> None:
    table = Table(title="Transactions as booked", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, right in _COLUMNS:
        reasons = heading == _REASONS
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(heading, justify=justify, no_wrap=not reasons, min_width=14 if reasons else None)
    for result in results:
        table.add_row(*_row(result))
    console.print(table)
    wrong = [result.story.station for result in results if not result.right]
    if wrong:
        console.print(f"[bold red]Not right:[/] {', '.join(wrong)}: what was booked is not what the vehicle received.")
    else:
        console.print("[bold green]Every Wh the vehicles received is booked, once.[/]")


_REASONS = "Started by → stopped by"
_COLUMNS = (
    ("", False),
    ("Station", False),
    ("OCPP", False),
    ("Tx", False),
    ("Received\nWh", True),
    ("Booked\nWh", True),
    (_REASONS, False),
    ("Msgs", True),
    ("Late", True),
)


def _row(result: Result) -> list[str]:
    booked = "nothing" if result.booked_wh is None else f"{result.booked_wh:.0f}"
    return [
        "[green]✓[/]" if result.right else "[red]✗[/]",
        result.story.station,
        result.story.version.value,
        result.transaction_id[:4] + ("…" if len(result.transaction_id) > 5 else ""),
        str(result.delivered_wh),
        booked,
        f"{result.start_trigger} → {result.stopped_reason}",
        str(result.messages),
        f"{result.late_by:.0f}s" if result.late_by >= LATE else "no",
    ]


async def _interrupt() -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    await interrupted.wait()
