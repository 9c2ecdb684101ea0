"""`python -m benchmarks.composite_oracle [--stacks 100000] [--first 0] [--processes N]`: composite schedules against an oracle.

Each stack is a made-up station with up to ten profiles; every second of its composite schedule is compared with what the rules say by
themselves (`tests.support.composite_oracle`). Prints the count, the disagreements and the seconds; exit code 1 if there is any.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from multiprocessing import Pool

from tests.support.composite_oracle import Stack, disagreements

_BATCH = 500


def _batch(first_and_count: tuple[int, int]) -> tuple[int, list[tuple[int, str]]]:
    """Seconds compared, and the first disagreement of each stack that has one."""
    first, count = first_and_count
    seconds, found = 0, []
    for seed in range(first, first + count):
        stack = Stack.random(seed)
        seconds += stack.seconds
        if differences := disagreements(stack):
            found.append((seed, differences[0]))
    return seconds, found


def main(arguments: list[str] | None = None) -> int:
    """Compare; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.composite_oracle")
    parser.add_argument("--stacks", type=int, default=100_000, help="how many stacks of profiles")
    parser.add_argument("--first", type=int, default=0, help="the number of the first stack")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    last = options.first + options.stacks
    batches = [(first, min(_BATCH, last - first)) for first in range(options.first, last, _BATCH)]
    began, seconds, found, done = time.monotonic(), 0, list[tuple[int, str]](), 0
    with Pool(options.processes) as pool:
        for number, (compared, wrong) in enumerate(pool.imap_unordered(_batch, batches), 1):
            seconds += compared
            found += wrong
            done = min(number * _BATCH, options.stacks)
            if sys.stderr.isatty():
                print(f"\r{done} of {options.stacks} stacks, {len(found)} disagree", end="", file=sys.stderr)
    took = time.monotonic() - began
    for seed, difference in sorted(found)[:10]:
        print(f"stack {seed}: {difference}")
    print(f"{options.stacks} stacks, {seconds} seconds of schedule: {len(found)} disagreements, {took:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
