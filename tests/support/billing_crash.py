"""A CSMS whose sessions end without end, made to be killed: `python -m ... FILE FIRST [ENDS]`.

Each session begins and ends at a station; once its end is answered its number is written to standard output. With ENDS it kills itself at
the most delicate moment: when so many ends of sessions have been stored, and this one is not answered yet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pilotwire.clock import SystemClock
from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.registers.billing import TARIFF_RULES
from pilotwire.csms.registers.tariff import TARIFFS, TariffRecord
from pilotwire.csms.store.open import OpenStore, open_store
from pilotwire.csms.store.ports import BookEvent, Journal, Operation
from pilotwire.domain.billing import TariffRule
from pilotwire.domain.tariff import EnergyPrice, EnergyPrices, Tariff
from pilotwire.domain.transactions import EventKind
from tests.support.csms_facts import CARD, event, later

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LANES = 4


class DeadlyJournal:
    """A journal whose process dies once it has stored the end of a session for the `ends`th time."""

    def __init__(self, journal: Journal, ends: int) -> None:
        self._journal = journal
        self._ends = ends

    async def append(self, *operations: Operation) -> Sequence[Any]:
        """Store the operations; then perhaps die."""
        results = await self._journal.append(*operations)
        self._ends -= any(isinstance(each, BookEvent) and each.event.kind is EventKind.ENDED for each in operations)
        if not self._ends:
            os.kill(os.getpid(), signal.SIGKILL)
        return results

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


async def prepare(opened: OpenStore) -> None:
    """Put the tariff of everybody on record: 0.50 a kWh."""
    price = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal("0.50")),))
    tariff = Tariff(tariff_id="flat", currency="EUR", energy=price)
    await opened.journal.append(
        TARIFFS.put("", "flat", TariffRecord(tariff=tariff, changed_at=NOON)),
        TARIFF_RULES.put("", "all", TariffRule(name="all", tariff_id="flat")),
    )


async def session(handlers: Handlers, number: int) -> Decimal | None:
    """One session of `number` kWh at a station of its own lane; what its end was answered."""
    station, name = f"CS{number % LANES}", f"tx-{number}"
    start = event(EventKind.STARTED, NOON, transaction_id=name, seq_no=0, token=CARD, register=0)
    await handlers.handle(station, start, message_id="m")
    end = event(EventKind.ENDED, later(NOON, 600), transaction_id=name, seq_no=1, register=1000 * number)
    verdict = await handlers.handle(station, end, message_id="m")
    told: Decimal | None = verdict.total_cost  # type: ignore[attr-defined]
    return told


async def lane(handlers: Handlers, number: int) -> None:
    """Sessions for ever."""
    while True:
        await session(handlers, number)
        os.write(1, f"{number}\n".encode())
        number += LANES


async def main(path: str, first: int, ends: int = -1) -> None:
    """All lanes at once."""
    async with open_store(path, clock=SystemClock()) as opened:
        journal: Any = DeadlyJournal(opened.journal, ends)
        handlers = Handlers(journal, opened.store, SystemClock(), Policy(accept_unknown_tokens=True))
        await asyncio.gather(*(lane(handlers, first + number) for number in range(LANES)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
