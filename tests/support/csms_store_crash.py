"""A process that books events without end and says which are acknowledged, made to be killed: `python -m ... FILE {"CS1": 0, ...}`.

Each station books its events one after another from the number given, and with every third a 1.6 start; an acknowledged one is written
to standard output as a line `[station, number, name given to the start or null]`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from pilotwire.clock import SystemClock
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import BookEvent, Journal
from tests.support.csms_store import book, event, register, start_16


def operations(station: str, number: int) -> list[BookEvent]:
    """What a station books under a number."""
    meter = event(
        seconds=number, seq_no=number, readings=(register(number, str(number)), register(number, f"{number}.5"))
    )
    start = start_16(number, str(number))
    return [book(meter, station), *([book(start, station)] if number % 3 == 0 else [])]


async def station(journal: Journal, name: str, number: int) -> None:
    """Book for ever."""
    while True:
        booked = await journal.append(*operations(name, number))
        named = booked[1].transaction.transaction_id if len(booked) > 1 else None
        os.write(1, (json.dumps([name, number, named]) + "\n").encode())
        number += 1


async def main(path: str, begin: dict[str, int]) -> None:
    """All stations at once."""
    async with open_store(path, clock=SystemClock()) as opened:
        await asyncio.gather(*(station(opened.journal, name, number) for name, number in begin.items()))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
