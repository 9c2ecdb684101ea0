"""`python -m benchmarks.price_oracle [--sessions 10000] [--first 0] [--cells 400] [--processes N]`: prices of sessions against an oracle.

Each session is made up, with a tariff of its own; what it costs is compared, to the last unit of the currency, with what walking
through it second by second gives (`tests.support.price_by_seconds`). Prints the count, the disagreements and the seconds; exit code 1
if there is any.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from multiprocessing import Pool

from tests.support.price_by_seconds import Case, disagreement

_BATCH = 100


def _batch(which: tuple[int, int, int]) -> tuple[int, list[tuple[int, str]]]:
    """Cells walked through, and the disagreement of each session that has one."""
    first, count, most = which
    cells, found = 0, []
    for seed in range(first, first + count):
        case = Case.random(seed, most)
        cells += case.cells
        if difference := disagreement(case):
            found.append((seed, difference))
    return cells, found


def main(arguments: Sequence[str] = ()) -> int:
    """Compare; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.price_oracle")
    parser.add_argument("--sessions", type=int, default=10_000, help="how many sessions")
    parser.add_argument("--first", type=int, default=0, help="the number of the first session")
    parser.add_argument("--cells", type=int, default=400, help="at most so many seconds or minutes each")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    last = options.first + options.sessions
    batches = [(first, min(_BATCH, last - first), options.cells) for first in range(options.first, last, _BATCH)]
    began, cells, found, done = time.monotonic(), 0, list[tuple[int, str]](), 0
    with Pool(options.processes) as pool:
        for number, (walked, wrong) in enumerate(pool.imap_unordered(_batch, batches), 1):
            cells += walked
            found += wrong
            done = min(number * _BATCH, options.sessions)
            if sys.stderr.isatty():
                print(f"\r{done} of {options.sessions} sessions, {len(found)} disagree", end="", file=sys.stderr)
    took = time.monotonic() - began
    for seed, difference in sorted(found)[:10]:
        print(f"session {seed}: {difference}")
    print(f"{options.sessions} sessions, {cells} cells walked through: {len(found)} disagreements, {took:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
