"""Kill -9 the writer at any moment: what was acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from pilotwire.clock import ManualClock
from pilotwire.csms.store.open import OpenStore, open_store
from tests.support.csms_store_crash import operations

ROOT = Path(__file__).parents[4]
STATIONS = [f"CS{number}" for number in range(8)]


def acknowledged_until_killed(path: Path, begin: dict[str, int], lines: int) -> list[tuple[str, int, str | None]]:
    """Run the booking process, kill it after about so many acknowledgements, and give all it acknowledged."""
    command = [sys.executable, "-m", "tests.support.csms_store_crash", str(path), json.dumps(begin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    return [tuple(json.loads(line)) for line in said if line.endswith(b"\n")]


async def check(opened: OpenStore, acknowledged: dict[str, list[str | None]]) -> None:
    """Everything acknowledged is kept, and kept once."""
    for station, names in acknowledged.items():
        kept = await opened.store.events(station, "tx-1")
        transaction = await opened.store.transaction(station, "tx-1")
        numbers = [each.event.seq_no for each in kept]
        assert transaction is not None
        assert numbers == list(range(len(numbers))), "an event is missing or doubled"
        assert transaction.events == len(numbers) >= len(names)
        assert len(await opened.store.readings(station, "tx-1", limit=100_000)) == 2 * len(numbers)
        for number, name in enumerate(names):
            if name is not None:
                (start,) = await opened.store.events(station, name)
                assert start.event.at == operations(station, number)[1].event.at


async def test_nothing_acknowledged_is_lost_and_nothing_is_booked_twice(tmp_path: Path) -> None:
    """Several times over, each process begins with the retry of what it was not told was stored; retries are recognised."""
    path = tmp_path / "store.db"
    chance = random.Random(20_26)
    acknowledged: dict[str, list[str | None]] = {station: [] for station in STATIONS}
    for _ in range(5):
        begin = {station: len(names) for station, names in acknowledged.items()}
        for station, number, name in acknowledged_until_killed(path, begin, chance.randrange(1, 400)):
            assert number == len(acknowledged[station])
            acknowledged[station].append(name)
        async with open_store(str(path), clock=ManualClock()) as opened:
            await check(opened, acknowledged)
    async with open_store(str(path), clock=ManualClock()) as opened:
        for station, names in acknowledged.items():
            results = [
                each
                for number in range(len(names))
                for each in await opened.journal.append(*operations(station, number))
            ]
            assert all(each.repeated and not each.conflict for each in results)
            given = [each.transaction.transaction_id for each in results if each.transaction.transaction_id != "tx-1"]
            assert given == [name for name in names if name is not None]
        numbers = [int(name) for names in acknowledged.values() for name in names if name is not None]
        assert len(set(numbers)) == len(numbers) > 0
