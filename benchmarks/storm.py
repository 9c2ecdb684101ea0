"""A connection storm: all stations of security profile 1 come back at once to one CSMS: `python -m benchmarks.storm [--stations 500]`.

Sockets on loopback; the CSMS, the stations, and one station that is connected all the time are a process each. Three storms in one run,
after a small one that warms up:

- *no password*: the limit, what the connections themselves cost;
- *first time*: each password is checked against its hash (scrypt, about 10 ms, two threads);
- *again*: after an outage, the CSMS still running: right passwords are remembered as digests.

A station that is turned away, or not let in within the CSMS's 10 s, tries again after a second; its handshake counts from its first
attempt on. The heartbeats are those of the station that was connected before.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.loops import raise_file_limit
from benchmarks.processes import Process

STATIONS = 10_000
_WARM_UP = 20
_SPARE_FILES = 200
_PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True)
class Figures:
    """One storm: seconds until all are in, of a handshake, of a heartbeat's answer; attempts besides the first; CPU seconds of the CSMS."""

    seconds: float
    p50: float
    p99: float
    again: int
    beats: int
    beat_p99: float
    cpu: float


class Scene:
    """The three processes."""

    def __init__(self, csms: Process, stations: Process, watch: Process) -> None:
        self._csms, self._stations, self._watch = csms, stations, watch
        self._port = csms.hear()["port"]
        watch.ask(port=self._port)

    def storm(self, kind: str, count: int) -> Figures:
        """All stations of a kind at once, and then all of them are gone again."""
        before = self._csms.ask()["cpu"]
        self._watch.ask(do="begin")
        told = self._stations.ask(do="storm", port=self._port, kind=kind, count=count, patience=_PATIENCE_SECONDS)
        beats = self._watch.ask(do="end")
        after = self._csms.ask()
        if not told["up"] == after["connected"] - 1 == count:
            raise RuntimeError(f"{count} stations were to be in; {told['up']} are, the CSMS has {after['connected']}")
        self._stations.ask(do="end")
        self._wait_until_gone()
        return Figures(
            seconds=told["seconds"],
            p50=told["p50"],
            p99=told["p99"],
            again=int(told["again"]),
            beats=int(beats["beats"]),
            beat_p99=beats["p99"],
            cpu=after["cpu"] - before,
        )

    def _wait_until_gone(self) -> None:
        ends = time.monotonic() + _PATIENCE_SECONDS
        while self._csms.ask()["connected"] > 1:
            if time.monotonic() > ends:
                raise RuntimeError("the CSMS does not notice that its stations are gone")
            time.sleep(0.1)


def measure(count: int) -> dict[str, Figures]:
    """The three storms of so many stations."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Process("benchmarks.storm_sides", "csms", str(Path(folder) / "bench.db"), str(count)) as csms,
        Process("benchmarks.storm_sides", "stations") as stations,
        Process("benchmarks.storm_sides", "watch") as watch,
    ):
        scene = Scene(csms, stations, watch)
        scene.storm("open", min(_WARM_UP, count))
        return {
            "no password": scene.storm("open", count),
            "password, first time": scene.storm("locked", count),
            "password, again": scene.storm("locked", count),
        }


def _row(name: str, figures: Figures) -> None:
    print(
        f"    {name:22} all in after {figures.seconds:7.2f} s   handshake p50 {figures.p50 * 1e3:8.1f} ms"
        f"   p99 {figures.p99 * 1e3:8.1f} ms   heartbeat p99 {figures.beat_p99 * 1e3:7.1f} ms of {figures.beats}"
        f"   CPU {figures.cpu:6.2f} s   tried again {figures.again}"
    )


def _stations(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm", description="All stations come back at once.")
    parser.add_argument("--stations", type=int, default=STATIONS, metavar="N", help=f"how many (default {STATIONS})")
    count: int = parser.parse_args(arguments).stations
    if count < 1:
        parser.error(f"{count} stations are no storm: 1 or more are wanted")
    if (files := raise_file_limit()) < count + _SPARE_FILES:
        parser.error(
            f"{count} connections need {count + _SPARE_FILES} open files, and this user may have {files}:"
            f" raise the limit (ulimit -n {count + _SPARE_FILES}), or take fewer stations"
        )
    return count


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table and its ratios."""
    count = _stations(arguments)
    print(f"storm: {count} stations connect at once ({datetime.now(UTC):%Y-%m-%d})")
    figures = measure(count)
    for name, each in figures.items():
        _row(name, each)
    limit, first, again = figures.values()
    print(
        f"    until all are in, against no password: first time {first.seconds / limit.seconds:.1f}x, again"
        f" {again.seconds / limit.seconds:.1f}x; first time against again {first.seconds / again.seconds:.1f}x"
    )
    print(
        f"    p99 of a heartbeat meanwhile, against no password: first time {first.beat_p99 / limit.beat_p99:.1f}x,"
        f" again {again.beat_p99 / limit.beat_p99:.1f}x"
    )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
