"""When a transaction without an end is closed by rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pilotwire.domain.closing import Closing, ClosingReason, is_undone_by
from pilotwire.domain.open_transactions import (
    Circumstances,
    ClosingPolicy,
    after_asking,
    is_to_be_asked_about,
    orphaned,
    superseded,
    without_asking,
)
from pilotwire.domain.transactions import Transaction, TransactionStatusOutcome

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = ClosingPolicy(orphan_after=24 * HOUR, orphan_after_offline=168 * HOUR, resume_within=HOUR / 6, ask_after=HOUR)
NEVER = ClosingPolicy(
    orphan_after=timedelta(), orphan_after_offline=timedelta(), resume_within=timedelta(), ask_after=timedelta()
)
OPEN = Transaction(station="CS1", transaction_id="TX", started_at=NOON, last_event_at=NOON)


def circumstances(after: timedelta, **more: object) -> Circumstances:
    """So long after noon, when it was last heard of."""
    return Circumstances(now=NOON + after, heard_at=NOON, **more)  # type: ignore[arg-type]


def test_a_newer_one_counts_only_from_after_its_last_event() -> None:
    """Else the clocks are wrong, or it went on meanwhile."""
    later = circumstances(HOUR, newer=("TX2", NOON + timedelta(seconds=1)))
    assert superseded(OPEN, later) == Closing(
        reason=ClosingReason.SUPERSEDED, at=NOON + HOUR, as_of=NOON + timedelta(seconds=1), newer="TX2"
    )
    assert superseded(OPEN, circumstances(HOUR, newer=("TX2", NOON))) is None
    assert superseded(OPEN, circumstances(HOUR)) is None


@pytest.mark.parametrize(
    ("hours", "connected", "closed"),
    [(23, True, False), (24, True, True), (167, False, False), (168, False, True)],
)
def test_an_orphan(hours: int, connected: bool, closed: bool) -> None:
    """Sooner while its station is connected."""
    known = circumstances(hours * HOUR, connected_since=NOON if connected else None)
    closing = orphaned(OPEN, known, POLICY)
    assert (closing is not None) is closed
    assert closing is None or closing.as_of == NOON


def test_a_time_of_zero_switches_a_rule_off() -> None:
    """All of them."""
    known = circumstances(10_000 * HOUR, connected_since=NOON, booted_at=NOON + HOUR)
    assert orphaned(OPEN, known, NEVER) is None
    assert without_asking(OPEN, known, NEVER) is None
    assert not is_to_be_asked_about(OPEN, known, NEVER)


def test_a_boot_gives_time_to_resume_from_the_boot_or_the_connection_whichever_is_later() -> None:
    """A station that booted before it was heard of has resumed."""
    ten = HOUR / 6
    booted = circumstances(ten * 2, connected_since=NOON + ten, booted_at=NOON + timedelta(minutes=1))
    early = circumstances(ten * 1.9, connected_since=NOON + ten, booted_at=NOON + timedelta(minutes=1))
    before = circumstances(ten * 2, connected_since=NOON, booted_at=NOON - HOUR)
    found = [without_asking(OPEN, known, POLICY) for known in (booted, early, before)]
    assert [closing and closing.reason for closing in found] == [ClosingReason.NOT_RESUMED, None, None]
    assert [is_to_be_asked_about(OPEN, known, POLICY) for known in (booted, early, before)] == [True, False, False]


@pytest.mark.req("E14.FR.01", "E14.FR.03", "E14.FR.05")
def test_only_one_that_is_over_with_nothing_waiting_is_closed() -> None:
    """A station that does not say whether it goes on says nothing."""
    known = circumstances(HOUR)
    over = TransactionStatusOutcome(ongoing=False, messages_in_queue=False)
    assert after_asking(over, known) == Closing(reason=ClosingReason.NOT_ONGOING, at=NOON + HOUR, as_of=NOON + HOUR)
    for ongoing, queue in ((True, False), (False, True), (None, False)):
        assert after_asking(TransactionStatusOutcome(ongoing=ongoing, messages_in_queue=queue), known) is None


def test_what_undoes_a_closing() -> None:
    """An end always, anything else if it is later."""
    closing = Closing(reason=ClosingReason.NOT_HEARD_OF, at=NOON + HOUR, as_of=NOON)
    assert is_undone_by(closing, NOON - HOUR, ends=True)
    assert not is_undone_by(closing, NOON, ends=False)
    assert is_undone_by(closing, NOON + timedelta(seconds=1), ends=False)
