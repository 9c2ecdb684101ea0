"""What an idle station costs in memory, and how long it takes until many are booted.

The stations are light clients in another process: opening handshake, BootNotification, StatusNotification, then silence.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.loops import raise_file_limit
from benchmarks.processes import Process

SOME = 1_000
ALL = 5_000
_SPARE_FILES = 200


def main() -> None:
    """Print bytes a station and seconds until all are booted and accepted."""
    limit = raise_file_limit()
    everyone = min(ALL, limit - _SPARE_FILES)
    print(f"memory: idle stations of 2.0.1, booted, on loopback ({datetime.now(UTC):%Y-%m-%d})")
    if everyone < ALL:
        print(f"  only {limit} open files are allowed (ulimit -n): {everyone} stations instead of {ALL}")
    some = min(SOME, everyone // 2)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        with (
            Process("benchmarks.servers", "csms", f"sqlite:///{database}") as serving,
            Process("benchmarks.stations") as stations,
        ):
            order = {"do": "connect", "port": serving.hear()["port"], "version": "2.0.1", "kind": "idle"}
            stations.ask(**order, count=10)  # what the first ones cost is no one station's
            empty = serving.ask()
            first = stations.ask(**order, count=some)
            few = serving.ask()
            rest = stations.ask(**order, count=everyone - some)
            full = serving.ask()
            lost = rest["lost"]
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            (known,) = connection.execute("SELECT count(*) FROM stations").fetchone()
    seconds, cpu = first["seconds"] + rest["seconds"], full["cpu"] - empty["cpu"]
    print(
        f"  {some:,} stations: {(few['rss'] - empty['rss']) / some / 1024:.1f} KiB each (server with 10: {empty['rss'] / 2**20:.0f} MiB)"
    )
    print(
        f"  {everyone:,} stations: {(full['rss'] - empty['rss']) / everyone / 1024:.1f} KiB each (server: {full['rss'] / 2**20:.0f} MiB)"
    )
    print(
        f"  booted and accepted, {everyone:,} stations: {seconds:.1f} s, {everyone / seconds:,.0f} a second,"
        f" {cpu / everyone * 1e3:.2f} ms CPU each; {lost:.0f} lost, {known - 10:,} on record"
    )


if __name__ == "__main__":
    main()
