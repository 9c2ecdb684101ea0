"""Closing transactions by rule, the same in memory and SQLite: once, never over an event that came between, undone by what comes after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.store.open import OpenStore, open_store
from pilotwire.csms.store.ports import Booked, Closed, CloseTransaction, TransactionFilter
from pilotwire.domain.closing import Closing, ClosingReason
from pilotwire.domain.transactions import EventKind, Transaction
from tests.support.csms_store import CARD, at, book, charge_2x, event

CLOSING = Closing(reason=ClosingReason.NOT_HEARD_OF, at=at(1000), as_of=at(60))


@pytest.fixture(params=["memory", "sqlite"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """An empty store of each kind."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/store.db"
    async with open_store(url, clock=ManualClock()) as opened:
        yield opened


def _close(events: int, transaction_id: str = "tx-1") -> CloseTransaction:
    return CloseTransaction(station="CS001", transaction_id=transaction_id, events=events, closing=CLOSING)


async def _known(opened: OpenStore) -> Transaction:
    known = await opened.store.transaction("CS001", "tx-1")
    assert known is not None
    return known


async def _open(opened: OpenStore, *, is_open: bool) -> list[str]:
    found = await opened.store.transactions(TransactionFilter(is_open=is_open))
    return [each.transaction_id for each in found]


async def test_it_is_closed_once(opened: OpenStore) -> None:
    """It is listed among those that are over, its token is free again, and closing it again changes nothing."""
    start, authorized, values, _ = charge_2x()
    await opened.journal.append(*map(book, (start, authorized, values)))
    (closed,) = await opened.journal.append(_close(3))
    assert closed == Closed(transaction=await _known(opened), closed=True)
    assert (await _known(opened)).closing == CLOSING
    assert (await _open(opened, is_open=True), await _open(opened, is_open=False)) == ([], ["tx-1"])
    assert await opened.store.open_with(CARD) == 0
    (again,) = await opened.journal.append(_close(3))
    assert again == Closed(transaction=await _known(opened), closed=False)


async def test_an_event_that_came_between_keeps_it_open(opened: OpenStore) -> None:
    """Whoever decided did not know of it; nor is one closed that has ended, or that nobody knows."""
    start, authorized, values, end = charge_2x()
    await opened.journal.append(*map(book, (start, authorized, values)))
    late, unknown = await opened.journal.append(_close(2), _close(1, "tx-9"))
    assert (late.closed, unknown) == (False, Closed(transaction=None, closed=False))
    await opened.journal.append(book(end))
    (ended,) = await opened.journal.append(_close(4))
    assert (ended.closed, (await _known(opened)).closing) == (False, None)
    assert await opened.store.transaction("CS001", "tx-9") is None


async def test_the_real_end_counts(opened: OpenStore) -> None:
    """In one append with the closing, or later; repeated it changes nothing more. What was undone is told."""
    start, authorized, values, end = charge_2x()
    *_, closed, booked = await opened.journal.append(*map(book, (start, authorized, values)), _close(3), book(end))
    assert closed.closed
    assert booked == Booked(transaction=await _known(opened), undone=CLOSING)
    assert ((await _known(opened)).closing, (await _known(opened)).ended_at) == (None, end.at)
    (again,) = await opened.journal.append(book(end))
    assert (again.repeated, again.undone) == (True, None)


async def test_only_what_is_from_after_the_closing_opens_it_again(opened: OpenStore) -> None:
    """A message that was late is booked, and it stays closed; a repeated one does nothing."""
    start, authorized, values, _ = charge_2x()
    await opened.journal.append(book(start), book(values), _close(2))
    late, repeated = await opened.journal.append(book(authorized), book(values))
    assert (late.undone, repeated.repeated) == (None, True)
    assert await _open(opened, is_open=True) == []
    (later,) = await opened.journal.append(book(event(EventKind.UPDATED, 61, seq_no=3)))
    assert later.undone == CLOSING
    assert await _open(opened, is_open=True) == ["tx-1"]


async def test_it_outlives_the_process(tmp_path: Path) -> None:
    """The closing is in the file, and so is what it makes of the lists."""
    url = f"sqlite:///{tmp_path}/store.db"
    start, *_ = charge_2x()
    async with open_store(url, clock=ManualClock()) as opened:
        await opened.journal.append(book(start), _close(1))
    async with open_store(url, clock=ManualClock()) as opened:
        assert (await _known(opened)).closing == CLOSING
        assert await _open(opened, is_open=True) == []


async def test_transactions_are_found_by_their_id(opened: OpenStore) -> None:
    """Whichever station they are of."""
    start, *_ = charge_2x()
    for operation in (book(start), book(start, "CS002"), book(charge_2x("tx-2")[0])):
        await opened.journal.append(operation)
    found = await opened.store.transactions(TransactionFilter(transaction_id="tx-1"))
    assert [(each.station, each.transaction_id) for each in found] == [("CS002", "tx-1"), ("CS001", "tx-1")]
