"""The queue of our own calls."""

from __future__ import annotations

import pytest

from pilotwire.ocpp.outbound import Outbound, Pending


def pending(message_id: str, timeout: float = 30.0) -> Pending:
    """A call waiting to be sent."""
    return Pending(message_id, "Heartbeat", message_id.encode(), timeout, None)


@pytest.mark.req("J16:4.1.1", "J2:4.1.1")
def test_one_call_is_on_the_line_and_the_others_wait_in_order() -> None:
    """The next one goes when the last one is over."""
    outbound = Outbound()
    for message_id in ("a", "b", "c"):
        outbound.add(pending(message_id))
    assert outbound.advance(0.0) == b"a"
    assert outbound.advance(1.0) is None
    assert outbound.take("b") is None
    assert outbound.take("a") is not None
    assert outbound.advance(2.0) == b"b"
    assert len(outbound) == 1


def test_the_timeout_counts_from_sending_not_from_asking() -> None:
    """A call that waited long in the queue has its full time."""
    outbound = Outbound()
    outbound.add(pending("a", timeout=10.0))
    outbound.advance(100.0)
    assert outbound.expire(109.9) is None
    expired = outbound.expire(110.0)
    assert expired is not None
    assert expired.deadline == 110.0
    assert outbound.fate("a") == "timed out"


def test_past_calls_are_remembered_for_a_while() -> None:
    """So a late answer is told from one that answers nothing; the memory is bounded."""
    outbound = Outbound()
    for number in range(40):
        outbound.add(pending(str(number)))
        outbound.advance(0.0)
        outbound.take(str(number))
    assert outbound.fate("39") == "answered"
    assert outbound.knows("39")
    assert outbound.fate("0") is None


def test_draining_gives_everything_up() -> None:
    """The outstanding call first, then the waiting ones."""
    outbound = Outbound()
    for message_id in ("a", "b"):
        outbound.add(pending(message_id))
    outbound.advance(0.0)
    outstanding, waiting = outbound.drain()
    assert outstanding is not None
    assert (outstanding.message_id, [call.message_id for call in waiting]) == ("a", ["b"])
    assert outbound.advance(1.0) is None
    assert not outbound.knows("b")
