"""A limit from outside reaches every station of a site: seconds from the limit to the last answer: `python -m benchmarks.site`.

One site of 500 EVSEs in a tree of three levels, a transaction going on at each; stations of 1.6, 2.0.1 and 2.1 by turns, on loopback in
a process of their own, the CSMS with its database on disk in another. Four times something changes:

- *halved*: a limit for the grid connection that halves what everybody has: all are lowered at once;
- *raised*: it is taken back: all rise;
- *shifted*: a limit for one of ten panels: its stations are lowered, and when they have confirmed it, all others rise (two waves);
- *priced*: new prices come to the plan, and a limit for the grid connection right behind them.

Then what `share` alone takes, by strategy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.processes import Process
from benchmarks.site_sides import AMPERES_EACH, layout
from benchmarks.storm_sides import share as quantile
from pilotwire.domain.load_management import Demand, PricePeriod, Situation, Strategy, share

STATIONS = 500
PURE = (500, 5_000)
_PANELS = 10


def measure(count: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What the CSMS and the stations tell of each change. Raises RuntimeError if a station was not told."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'bench.db'}"
        with (
            Process("benchmarks.site_sides", "csms", database, str(count)) as csms,
            Process("benchmarks.site_sides", "stations") as stations,
        ):
            stations.ask(do="connect", port=csms.hear()["port"], count=count)
            csms.ask(do="settle")
            stations.ask(do="heard")
            found = {}
            for name, feeder, amperes in (
                ("halved", "grid", AMPERES_EACH * count // 2),
                ("raised", "grid", None),
                ("shifted", "panel-0", AMPERES_EACH * count // _PANELS // 2),
                ("priced", "grid", 7 * count),
            ):
                ours = csms.ask(do="limit", feeder=feeder, amperes=amperes, priced=name == "priced")
                theirs = stations.ask(do="heard")
                told = len({station for _, station in ours["confirmed"]})
                if told != count:
                    raise RuntimeError(f"{name}: {told} of {count} stations were told")
                found[name] = (ours, theirs)
    return found


def _row(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    heard = sorted(at - ours["began"] for at, _ in theirs["heard"])
    answered = max(at for at, _ in ours["confirmed"]) - ours["began"]
    print(
        f"    {name:8} told p50 {quantile(heard, 0.5):6.3f} s   p99 {quantile(heard, 0.99):6.3f} s   last {heard[-1]:6.3f} s"
        f"   all answers on disk {answered:6.3f} s   messages {len(heard):5}   decisions {len(ours['deciding'])},"
        f" the longest {max(ours['deciding']) * 1e3:5.1f} ms   CPU {ours['cpu']:5.2f} s"
    )


def situation(count: int, strategy: Strategy) -> Situation:
    """All of so many vehicles charge, with needs and hours as the strategies want them, at half of what they can take."""
    now, site = datetime(2026, 3, 2, 8, tzinfo=UTC), layout(count)
    demands = tuple(
        Demand(
            key=outlet.key,
            arrived=now - timedelta(seconds=number),
            energy=Decimal(5_000 + number % 40 * 1_000),
            departure=now + timedelta(minutes=60 + number % 480),
            priority=number % 5,
            charging_since=now - timedelta(minutes=number % 60),
        )
        for number, outlet in enumerate(site.outlets)
    )
    prices = tuple(
        PricePeriod(
            start=now + timedelta(hours=hour), end=now + timedelta(hours=hour + 1), price=Decimal(hour * 7 % 24) / 100
        )
        for hour in range(24)
    )
    return Situation(layout=site, now=now, demands=demands, strategy=strategy, prices=prices)


def pure(count: int, strategy: Strategy) -> float:
    """Seconds of the quickest of three calls of `share`."""
    at = situation(count, strategy)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        share(at)
        took.append(time.perf_counter() - began)
    return min(took)


def main(arguments: Sequence[str] = ()) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site", description="A limit reaches all stations.")
    parser.add_argument("--stations", type=int, default=STATIONS, metavar="N", help=f"how many (default {STATIONS})")
    count: int = parser.parse_args(arguments).stations
    if count < 2 * _PANELS:
        parser.error(f"{count} stations are too few for the tree: {2 * _PANELS} or more are wanted")
    print(f"site: a limit from outside for {count} EVSEs ({datetime.now(UTC):%Y-%m-%d})")
    slowest = 0.0
    for name, (ours, theirs) in measure(count).items():
        _row(name, ours, theirs)
        slowest = max(slowest, *(at - ours["began"] for at, _ in theirs["heard"]))
    print(f"    every affected station told within {slowest:.3f} s (aim <= 1 s for {STATIONS})")
    for strategy in Strategy:
        took = "   ".join(f"{each:5} EVSEs {pure(each, strategy) * 1e3:8.1f} ms" for each in PURE)
        print(f"    share() alone, {strategy.value:15} {took}")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
