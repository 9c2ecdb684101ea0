"""Parts of reports, as the CSMS takes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotwire.domain.device_model import ReportPart
from pilotwire.domain.kinds import Noted
from pilotwire.errors import StoreError
from tests.support.csms_facts import Bench

PART = ReportPart(request_id=7, seq_no=0, generated_at=datetime(2026, 3, 1, tzinfo=UTC))


async def test_a_part_goes_to_whoever_waits_for_it() -> None:
    """And is answered."""
    bench = Bench()
    with bench.handlers._desk.reports.collecting("CS001", 7) as collection:
        assert await bench.say(PART) == Noted()
        assert await collection.whole(1) == (PART,)


async def test_a_part_nobody_waits_for_is_answered_all_the_same() -> None:
    """It is in the message log, and nothing is held against the station."""
    bench = Bench()
    assert await bench.say(PART) == Noted()
    assert await bench.rules() == []


async def test_a_part_that_cannot_be_logged_is_not_answered() -> None:
    """Answered means stored; nobody is told of what the log does not have."""
    bench = Bench()
    bench.journal.is_full = True
    with bench.handlers._desk.reports.collecting("CS001", 7) as collection, pytest.raises(StoreError):
        await bench.say(PART)
    assert collection._parts == {}
