"""How a fleet fares, for people: a table that is always current on a terminal, a line now and then where there is none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pilotwire.clock import Clock
from pilotwire.simulator.fleet.running import Fleet, Standing

_EVERY = 1.0
_LINE_EVERY = 10.0


@dataclass
class _Rates:
    """Frames a second since the last look."""

    at: float
    sent: int = 0
    heard: int = 0

    def since(self, fleet: Fleet, now: float) -> tuple[float, float]:
        passed = max(now - self.at, 1e-6)
        out, heard = fleet.counts.frames_out - self.sent, fleet.counts.frames_in - self.heard
        self.at, self.sent, self.heard = now, fleet.counts.frames_out, fleet.counts.frames_in
        return out / passed, heard / passed


async def watch(fleet: Fleet, console: Console, clock: Clock, stop: asyncio.Event) -> None:
    """Show the fleet until `stop`."""
    rates = _Rates(clock.monotonic())
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            while not stop.is_set():
                live.update(_table(fleet, fleet.standing(), rates.since(fleet, clock.monotonic())), refresh=True)
                await _pause(stop, _EVERY)
        return
    while not stop.is_set():
        await _pause(stop, _LINE_EVERY)
        console.print(line_of(fleet, fleet.standing(), rates.since(fleet, clock.monotonic())), highlight=False)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def line_of(fleet: Fleet, now: Standing, rates: tuple[float, float]) -> str:
    """The fleet in one line."""
    done, undone = sum(fleet.counts.done.values()), sum(fleet.counts.undone.values())
    return (
        f"{clock_of(now.seconds)}  {now.on:,}/{now.stations:,} on, {now.accepted:,} accepted, {now.transactions:,} transactions,"
        f" {now.power_w / 1000:,.0f} kW, {now.waiting:,} facts wait, {rates[0]:,.0f}/s sent, {rates[1]:,.0f}/s heard,"
        f" {done:,} done, {undone:,} could not be" + (f", {now.failed:,} stopped by themselves" if now.failed else "")
    )


def clock_of(seconds: float) -> str:
    """`1d 02:03:04` of scenario time."""
    days, rest = divmod(int(seconds), 86_400)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days}d {text}" if days else text


def _table(fleet: Fleet, now: Standing, rates: tuple[float, float]) -> Group:
    table = Table(title=f"{now.stations:,} stations, scenario time {clock_of(now.seconds)}", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    rows = (
        ("switched on", f"{now.on:,}"),
        ("connected", f"{now.connected:,}"),
        ("accepted", f"{now.accepted:,}"),
        ("vehicles charging", f"{now.charging:,}"),
        ("transactions", f"{now.transactions:,}"),
        ("power", f"{now.power_w / 1000:,.0f} kW"),
        ("facts that wait", f"{now.waiting:,}"),
        ("frames sent, heard", f"{rates[0]:,.0f}/s, {rates[1]:,.0f}/s"),
        ("deeds done", f"{sum(fleet.counts.done.values()):,}"),
        ("deeds that could not be", f"{sum(fleet.counts.undone.values()):,}"),
        ("stopped by themselves", f"{now.failed:,}"),
    )
    for row in rows:
        table.add_row(*row)
    troubles = [Text(f"{count:,} x {what}", style="yellow") for what, count in now.troubles]
    reasons = [Text(f"{count:,} x {what}", style="dim") for what, count in fleet.counts.undone.most_common(3)]
    return Group(table, *troubles, *reasons)
