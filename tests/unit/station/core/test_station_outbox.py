"""The queue on its own: order, attempts, thinning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.identity import IdToken
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.station.core import Entry, Forget, Keep, Note
from pilotwire.station.core.outbox import Outbox, Patience

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience(attempts=3, interval=10)


def _event(seq_no: int, kind: EventKind = EventKind.UPDATED, token: str | None = None) -> TransactionEvent:
    return TransactionEvent(
        kind=kind,
        transaction_id="tx",
        at=NOW,
        trigger=TriggerReason.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        offline=False,
        id_token=IdToken(value=token) if token else None,
    )


def _outbox(*facts: TransactionEvent | SecurityEvent, limit: int = 100) -> Outbox:
    outbox = Outbox((), next_number=1, limit=limit)
    for fact in facts:
        outbox.put(fact)
    return outbox


def _number(outbox: Outbox, now: datetime = NOW) -> int | None:
    entry = outbox.due(now)
    return entry.number if entry is not None else None


def test_one_at_a_time_in_order() -> None:
    """Nothing is due while one is on its way; answered, it is forgotten."""
    outbox = _outbox(_event(0), _event(1))
    assert _number(outbox) == 1
    outbox.in_flight = 7
    assert _number(outbox) is None
    entry, actions = outbox.delivered()
    assert (entry.number, actions) == (1, [Forget((1,))])
    assert _number(outbox) == 2


def test_it_goes_on_where_it_was() -> None:
    """Entries from disk come first, numbers go on behind them."""
    outbox = Outbox([Entry(number=4, fact=_event(0)), Entry(number=5, fact=_event(1))], next_number=3, limit=10)
    (keep,) = outbox.put(_event(2))
    assert isinstance(keep, Keep)
    assert keep.entry.number == 6
    assert _number(outbox) == 4


def test_numbers_are_never_used_again() -> None:
    """Also when everything was delivered before the restart."""
    outbox = Outbox([], next_number=9, limit=10)
    outbox.put(_event(0))
    assert _number(outbox) == 9


@pytest.mark.req("E13.FR.03", "E13.FR.04")
def test_waits_grow_and_then_it_is_given_up() -> None:
    """10 s after the first attempt, 20 s after the second, nothing after the third."""
    outbox = _outbox(_event(0), _event(1))
    for wait in (10, 20):
        outbox.in_flight = 1
        assert outbox.failed(NOW, PATIENCE, "no answer") == []
        assert outbox.deadline == NOW + timedelta(seconds=wait)
        assert _number(outbox, NOW + timedelta(seconds=wait - 1)) is None
        assert _number(outbox, NOW + timedelta(seconds=wait)) == 1
    outbox.in_flight = 1
    forget, note = outbox.failed(NOW, PATIENCE, "no answer")
    assert forget == Forget((1,))
    assert isinstance(note, Note)
    assert _number(outbox) == 2


def test_a_lost_line_is_no_attempt_and_marks_what_waits() -> None:
    """All transaction events count as offline and are kept so; the first is due at once."""
    outbox = _outbox(_event(0), SecurityEvent(type="ResetOrReboot", at=NOW), _event(1))
    outbox.in_flight = 3
    kept = outbox.line_lost()
    assert [keep.entry.number for keep in kept if isinstance(keep, Keep)] == [1, 3]
    first = outbox.due(NOW)
    assert first is not None
    assert isinstance(first.fact, TransactionEvent)
    assert first.fact.offline
    assert outbox.line_lost() == []


@pytest.mark.req("E04.FR.08", "E11.FR.05", "E12.FR.05")
def test_the_first_the_third_the_fifth_go() -> None:
    """Only events that are nothing but samples, and not the one on its way."""
    facts = [_event(0, EventKind.STARTED), _event(1, token="ANNA"), *(_event(n) for n in range(2, 8))]
    outbox = _outbox(*facts, limit=8)
    forget, note, keep = outbox.put(_event(8, EventKind.ENDED))
    assert forget == Forget((3, 5, 7))
    assert isinstance(note, Note)
    assert isinstance(keep, Keep)
    assert len(outbox) == 6


def test_what_must_be_kept_is_kept_beyond_the_limit() -> None:
    """Nothing to drop: the queue grows."""
    outbox = _outbox(*(_event(0, EventKind.STARTED) for _ in range(5)), limit=2)
    assert len(outbox) == 5


@given(st.lists(st.sampled_from(("put", "send", "answer", "fail", "lose")), max_size=60))
def test_whatever_happens_the_order_stays(steps: list[str]) -> None:
    """What is sent is always the oldest that was not delivered or given up; disk and memory agree."""
    outbox, disk, ref = _outbox(limit=1000), {}, 0
    gone: list[int] = []
    for number, step in enumerate(steps):
        actions = []
        if step == "put":
            actions = outbox.put(_event(number))
        elif step == "send" and (entry := outbox.due(NOW + timedelta(days=1))) is not None:
            assert entry.number == min(disk)
            outbox.in_flight = ref = ref + 1
        elif step == "answer" and outbox.in_flight is not None:
            _, actions = outbox.delivered()
        elif step == "fail" and outbox.in_flight is not None:
            actions = outbox.failed(NOW, PATIENCE, "x")
        elif step == "lose":
            actions = outbox.line_lost()
        for action in actions:
            if isinstance(action, Keep):
                disk[action.entry.number] = action.entry
            if isinstance(action, Forget):
                gone.extend(action.numbers)
                for one in action.numbers:
                    del disk[one]
    assert gone == sorted(gone)
    assert len(outbox) == len(disk)
