"""What a message costs the CSMS from the socket to the disk and back, against a peer that stores nothing and a bare echo.

Stations on loopback, in another process, each with one message on its way. CPU seconds are those of all threads of the server's
process; of several rounds the one that cost least counts, for each server: what the work costs when nothing else interferes.
Afterwards the database is asked whether every message answered in any round is booked in it.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import Process

STATIONS = 100
WARM_UP_SECONDS = 1.0
SECONDS = 1.5
ROUNDS = 3
ACTIONS = {"1.6": "MeterValues", "2.0.1": "TransactionEvent"}


@dataclass(frozen=True)
class Figures:
    """One round: messages answered, CPU and wall seconds, waits for an answer in seconds."""

    messages: int
    cpu: float
    wall: float
    p50: float
    p99: float

    @property
    def cpu_micros(self) -> float:
        """CPU microseconds a message."""
        return self.cpu / self.messages * 1e6


def measure(version: str, kind: str, *server: str) -> tuple[Figures, int]:
    """The best round of a server under the load of one version, and how many messages it answered in all rounds."""
    with Process("benchmarks.servers", *server) as serving, Process("benchmarks.stations") as stations:
        port = serving.hear()["port"]
        stations.ask(do="connect", port=port, version=version, kind=kind, count=STATIONS)
        rounds = [stations.ask(do="run", seconds=WARM_UP_SECONDS)]
        best: Figures | None = None
        for _ in range(ROUNDS):
            before = serving.ask()
            run = stations.ask(do="run", seconds=SECONDS)
            after = serving.ask()
            rounds.append(run)
            figures = Figures(
                messages=int(run["answered"]),
                cpu=after["cpu"] - before["cpu"],
                wall=run["seconds"],
                p50=run["p50"],
                p99=run["p99"],
            )
            best = figures if best is None else min(best, figures, key=lambda each: each.cpu_micros)
    if refused := sum(run["refused"] for run in rounds):
        raise RuntimeError(f"{refused} messages were not answered with a result by {server}")
    assert best is not None
    return best, sum(int(run["answered"]) for run in rounds)


def booked(database: Path) -> tuple[int, int]:
    """Transaction events and meter readings in a database, the start of each transaction not counted."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (events,) = connection.execute("SELECT count(*) FROM transaction_events").fetchone()
        (readings,) = connection.execute(
            "SELECT sum(json_array_length(content, '$.readings')) FROM transaction_events"
            " WHERE key NOT IN ('Started', 'seq:0')"
        ).fetchone()
    return events - STATIONS, readings


def _row(name: str, figures: Figures) -> None:
    print(
        f"    {name:44} {figures.cpu_micros:7.1f} us CPU a message {1e6 / figures.cpu_micros:9,.0f} a CPU-second"
        f" {figures.messages / figures.wall:8,.0f} a second   p50 {figures.p50 * 1e3:5.1f} ms   p99 {figures.p99 * 1e3:5.1f} ms"
    )


def main() -> None:
    """Print the table for 1.6 MeterValues and 2.0.1 TransactionEvent."""
    print(f"csms: {STATIONS} stations on loopback, message to durable answer ({datetime.now(UTC):%Y-%m-%d})")
    for version, action in ACTIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "bench.db"
            ours, answered = measure(version, "charging", "csms", f"sqlite:///{database}")
            events, readings = booked(database)
        theirs, _ = measure(version, "charging", "ocpp", version)
        echo, _ = measure(version, "echo", "echo")
        print(f"  {version} {action}")
        _row("pilotwire, stored durably (SQLite, synced)", ours)
        _row("PyPI ocpp + websockets, nothing stored", theirs)
        _row("websockets echo", echo)
        print(
            f"    messages a CPU-second against PyPI ocpp {theirs.cpu / theirs.messages * ours.messages / ours.cpu:.1f}x (aim >= 5x),"
            f" CPU a message against the echo {ours.cpu_micros / echo.cpu_micros:.1f}x (aim <= 3x)"
        )
        verdict = "all of them" if events == readings == answered else "NOT THE SAME"
        print(f"    answered {answered:,}, booked {events:,} with {readings:,} readings: {verdict}")


if __name__ == "__main__":
    main()
