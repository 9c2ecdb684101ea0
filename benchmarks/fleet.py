"""What one station of a fleet costs: memory and CPU at rest and while charging, and how many boot in a second.

Beside it, in the same run, the least a station costs with the PyPI package `ocpp`: a client without device model, outbox or hardware.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.processes import Process

FIRST, MORE, CHARGING, SECONDS = 200, 1_800, 400, 20.0


def main() -> None:
    """Print the figures of both."""
    print(
        f"fleet: whole stations of 2.0.1 in one process, our CSMS in another, on loopback ({datetime.now(UTC):%Y-%m-%d})"
    )
    ours, peer = (_measured(kind) for kind in ("pilotwire", "ocpp"))
    for name, told in (("pilotwire", ours), ("PyPI ocpp client", peer)):
        print(
            f"  {name}: {told['kib']:.0f} KiB a station; {told['boots']:.0f} booted a second, {told['boot_ms']:.2f} ms CPU each;"
            f" at rest {told['rest_us']:.0f} us CPU a second; charging, a sample every 10 s: {told['charge_us']:.0f} us CPU a second"
        )
    print(
        f"  ratio to the client: memory {ours['kib'] / peer['kib']:.1f}x, boot CPU {ours['boot_ms'] / peer['boot_ms']:.1f}x,"
        f" charging CPU {ours['charge_us'] / max(peer['charge_us'], 1):.1f}x"
    )


def _measured(kind: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'bench.db'}"
        with Process("benchmarks.servers", "csms", database) as serving, Process("benchmarks.fleets", kind) as stations:
            port = serving.hear()["port"]
            few = stations.ask(do="boot", port=port, count=FIRST)
            many = stations.ask(do="boot", port=port, count=MORE)
            rest = stations.ask(do="rest", seconds=SECONDS)
            stations.ask(do="charge", count=CHARGING)
            charge = stations.ask(do="rest", seconds=SECONDS)
    quiet = rest["spent"] / rest["seconds"]
    return {
        "kib": (many["rss"] - few["rss"]) / MORE / 1024,
        "boots": MORE / many["seconds"],
        "boot_ms": many["spent"] / MORE * 1e3,
        "rest_us": quiet / (FIRST + MORE) * 1e6,
        "charge_us": max(charge["spent"] / charge["seconds"] - quiet, 0.0) / CHARGING * 1e6,
    }


if __name__ == "__main__":
    main()
