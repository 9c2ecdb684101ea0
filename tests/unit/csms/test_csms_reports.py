"""The shelf on which the parts of a report wait until it is whole."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.clock import ManualClock
from pilotwire.csms.reports import MOST_ENTRIES, Collection, Incomplete, ReportShelf, TooLong
from pilotwire.domain.device_model import ReportedVariable, ReportPart, VariableAttribute, VariableName
from pilotwire.errors import MisuseError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG, SHORT = 10.0, 0.01
ONE = ReportedVariable(name=VariableName(component="A", variable="B"), attributes=(VariableAttribute(),))


def put(collection: Collection, part: ReportPart) -> None:
    """Put a part under its number."""
    collection.put(part, part.seq_no, len(part.variables))


def _part(seq_no: int, *, more: bool = False, request_id: int = 7, size: int = 0) -> ReportPart:
    return ReportPart(request_id=request_id, seq_no=seq_no, generated_at=NOON, more=more, variables=(ONE,) * size)


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=4))
def test_parts_are_put_in_order_however_they_come(order: list[int], again: list[int]) -> None:
    """And those that were said twice count once."""
    collection = Collection(7)
    for number in (*order, *again):
        put(collection, _part(number, more=number < 4))
    parts = asyncio.run(collection.whole(LONG))
    assert [part.seq_no for part in parts] == [0, 1, 2, 3, 4]


async def test_whoever_waits_goes_on_as_soon_as_the_last_part_is_there() -> None:
    """A part before it is no reason yet."""
    shelf = ReportShelf(ManualClock())
    with shelf.collecting("CS001", 7) as collection:
        waiting = asyncio.create_task(collection.whole(LONG))
        assert shelf.put("CS001", _part(0, more=True), number=0)
        await asyncio.sleep(0)
        assert not waiting.done()
        assert shelf.put("CS001", _part(1), number=1)
        assert [part.seq_no for part in await waiting] == [0, 1]


@pytest.mark.parametrize(("come", "missing"), [([], 0), ([0], 1), ([1, 2], 0), ([0, 2], 1)])
async def test_a_part_that_does_not_come_is_named(come: list[int], missing: int) -> None:
    """The first that is not there."""
    collection = Collection(7)
    for number in come:
        put(collection, _part(number, more=number < 2))
    with pytest.raises(Incomplete) as told:
        await collection.whole(SHORT)
    assert told.value.missing == missing


async def test_a_report_without_an_end_is_given_up() -> None:
    """However its variables are spread over its parts; what comes after that takes no room."""
    many, empty = Collection(7), Collection(7)
    put(many, _part(0, more=True, size=MOST_ENTRIES + 1))
    for number in range(MOST_ENTRIES + 100):
        put(empty, _part(number, more=True))
    for collection in (many, empty):
        with pytest.raises(TooLong):
            await collection.whole(LONG)
    assert len(empty._parts) == MOST_ENTRIES + 1


async def test_parts_without_a_number_count_in_the_order_of_arrival() -> None:
    """As in NotifyDisplayMessages, which has no sequence number."""
    shelf = ReportShelf(ManualClock())
    with shelf.collecting("CS001", 7) as collection:
        for seq_no in (5, 3, 4):
            assert shelf.put("CS001", _part(seq_no, more=seq_no != 4))
        assert [part.seq_no for part in await collection.whole(LONG)] == [5, 3, 4]


def test_what_nobody_waits_for_is_left() -> None:
    """Another station's, another report's, and one that comes too late."""
    shelf = ReportShelf(ManualClock())
    with shelf.collecting("CS001", 7):
        assert not shelf.put("CS002", _part(0))
        assert not shelf.put("CS001", _part(0, request_id=8))
    assert not shelf.put("CS001", _part(0))


def test_one_request_id_is_one_report() -> None:
    """At one station; at another it may be used again."""
    shelf = ReportShelf(ManualClock())
    with shelf.collecting("CS001", 7), shelf.collecting("CS002", 7), pytest.raises(MisuseError):  # noqa: SIM117
        with shelf.collecting("CS001", 7):
            pass


def test_request_ids_rise_also_over_a_restart() -> None:
    """So that a late part is never taken for one of a newer report."""
    clock = ManualClock()
    before = ReportShelf(clock)
    ids = [before.next_request_id() for _ in range(3)]
    clock.advance(timedelta(minutes=1).total_seconds())
    ids.append(ReportShelf(clock).next_request_id())
    assert ids == sorted(set(ids))
    assert all(0 < each < 2**31 for each in ids)
