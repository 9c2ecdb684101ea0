"""Kill -9 a CSMS while sessions end: each end that was answered has exactly one bill, and numbers have no gap."""

from __future__ import annotations

import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from pilotwire.clock import SystemClock
from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.registers.billing import BILLS
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import Page, TransactionFilter
from tests.support.billing_crash import LANES, prepare, session

ROOT = Path(__file__).parents[3]


def answered_until_killed(path: Path, first: int, lines: int, *, stored: bool) -> list[int]:
    """Run the process until it is killed, and give the numbers of the sessions whose end was answered.

    It is killed after about so many answers, or, `stored`, by itself when so many ends have been stored.
    """
    command = [sys.executable, "-m", "tests.support.billing_crash", str(path), str(first)]
    command += [str(lines)] if stored else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(0 if stored else lines)]
        if not stored:
            process.kill()
        said += process.stdout.readlines()
    return [int(line) for line in said if line.endswith(b"\n")]


async def test_an_answered_end_has_exactly_one_bill_whenever_the_csms_is_killed(tmp_path: Path) -> None:
    """Stations send again what was not answered; that makes the bills that are missing and no second ones."""
    path, chance, answered, first = tmp_path / "store.db", random.Random(9), list[int](), 1
    async with open_store(str(path), clock=SystemClock()) as opened:
        await prepare(opened)
    for stored in (True, False):
        said = answered_until_killed(path, first, chance.randrange(5, 60), stored=stored)
        answered += said
        async with open_store(str(path), clock=SystemClock()) as opened:
            handlers = Handlers(opened.journal, opened.store, SystemClock(), Policy(accept_unknown_tokens=True))
            ended = await opened.store.transactions(TransactionFilter(is_open=False), Page(limit=1000))
            billed = [each.entry for each in await opened.store.entries(BILLS, after=0, limit=1000)]
            names = [each.transaction_id for each in billed]
            assert sorted(names) == sorted(each.transaction_id for each in ended), "a bill for each end, no other"
            assert {f"tx-{number}" for number in answered} <= set(names)
            assert [each.number for each in billed] == list(range(1, len(billed) + 1))
            highest = max(answered) + LANES
            for number in range(first, highest + 1):
                assert await session(handlers, number) == Decimal(number) / 2
            billed = [each.entry for each in await opened.store.entries(BILLS, after=0, limit=1000)]
            assert sorted(each.transaction_id for each in billed) == sorted(
                f"tx-{each}" for each in range(1, highest + 1)
            )
            assert [each.number for each in billed] == list(range(1, len(billed) + 1))
            first = highest + 1
