"""`python -m benchmarks.station_crashes --times 1000`: kill -9 stations while they charge; no Wh unbooked, none booked twice.

Real station processes with their storage on disk, a CSMS of ours, SIGKILL at random moments while energy flows (and some before it does),
a new process on the same storage each time. The meter stands outside of what is killed. At the end every charge's booked energy must
be what its meter counted, each sequence number booked once, each transaction with one start and one end. Any difference ends it with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.crash_lanes import LANES, Booked, Charge, OneCsms, check_all

KILLS_A_CHARGE = 20


def charges_for(times: int, url: str, folder: Path, seed: int) -> list[tuple[Charge, int]]:
    """Charges over all lanes in turn, with the number of kills of each."""
    counts = [KILLS_A_CHARGE] * (times // KILLS_A_CHARGE)
    if rest := times % KILLS_A_CHARGE:
        counts.append(rest)
    return [
        (
            Charge(LANES[n % len(LANES)], f"KILLED-{n}", url, folder / f"killed-{n}", random.Random(f"{seed} {n}")),
            count,
        )
        for n, count in enumerate(counts)
    ]


def run(times: int, at_once: int, seed: int, folder: Path) -> list[Booked]:
    """Kill so many times, so many stations at once; raises AssertionError for any difference."""
    began, done = time.monotonic(), 0
    with OneCsms(folder) as csms:
        plan = charges_for(times, csms.url, folder, seed)
        with ThreadPoolExecutor(at_once) as pool:
            for charge, _ in zip((charge for charge, _ in plan), pool.map(_go, plan), strict=True):
                done += charge.kills
                print(f"  {done:5} kills after {time.monotonic() - began:5.0f} s: {charge.lane.name}", flush=True)
    return asyncio.run(check_all([charge for charge, _ in plan], folder / "csms.db"))


def _go(planned: tuple[Charge, int]) -> None:
    charge, count = planned
    charge.go(count)


def report(results: Sequence[Booked], seconds: float) -> None:
    """A line a lane and one for all."""
    print(
        f"{'lane':16} {'kills':>6} {'early':>6} {'charges':>8} {'transactions':>13} {'messages':>9} {'again':>6} {'Wh':>10}"
    )
    for lane in LANES:
        _line(lane.name, [each for each in results if each.charge.lane is lane])
    _line("all", results)
    print(f"{seconds:.0f} s; every Wh delivered is booked exactly once, every message too")


def _line(name: str, results: Sequence[Booked]) -> None:
    if results:
        print(
            f"{name:16} {sum(each.charge.kills for each in results):6} {sum(each.charge.early for each in results):6} "
            f"{len(results):8} {sum(each.transactions for each in results):13} {sum(each.messages for each in results):9} "
            f"{sum(each.repeated for each in results):6} {sum(each.energy for each in results):10}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.station_crashes", description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="kills while energy flows")
    parser.add_argument("--at-once", type=int, default=2 * (os.cpu_count() or 1), help="stations at the same time")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="station-crashes-"))
    began = time.monotonic()
    try:
        results = run(given.times, given.at_once, given.seed, folder)
    except AssertionError as difference:
        print(f"NOT BOOKED AS DELIVERED: {difference}\nThe files are in {folder}.", file=sys.stderr)
        return 1
    report(results, time.monotonic() - began)
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
