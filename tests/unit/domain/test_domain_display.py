"""Which display messages are pointless, and which a station gives up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.display import (
    DisplayMessage,
    DisplayPlace,
    DisplayText,
    GetDisplayMessages,
    MessagePriority,
    MessageState,
    fits,
    flaw_of,
    is_replaced_by,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def message(number: int = 1, **more: Any) -> DisplayMessage:
    """A message in its simplest form."""
    parts = {"priority": MessagePriority.NORMAL_CYCLE, "text": DisplayText(content="Hello", language="en")} | more
    return DisplayMessage(message_id=number, **parts)


GERMAN, PLAIN = DisplayText(content="Hallo", language="de"), DisplayText(content="Hello")
FLAWS: list[tuple[DisplayMessage, bool, str]] = [
    (message(start_at=NOON + HOUR, end_at=NOON + HOUR), False, "endDateTime"),
    (message(start_at=NOON + 2 * HOUR, end_at=NOON + HOUR), False, "endDateTime"),
    (message(end_at=NOON), False, "endDateTime"),
    (message(transaction_id="tx"), True, "transactionId"),
    (message(text=DisplayText(content="")), False, "message.content"),
    (message(extra=(PLAIN,)), False, "messageExtra"),
    (message(text=PLAIN, extra=(GERMAN,)), False, "messageExtra"),
    (message(extra=(DisplayText(content="Hi", language="EN"),)), False, "messageExtra"),
]


@pytest.mark.parametrize(("pointless", "over", "field"), FLAWS)
def test_what_is_pointless(pointless: DisplayMessage, over: bool, field: str) -> None:
    """The field is named."""
    flaw = flaw_of(pointless, NOON, transaction_is_over=over)
    assert flaw is not None
    assert flaw.field == field


@pytest.mark.parametrize(
    "good",
    [
        message(),
        message(start_at=NOON - HOUR, end_at=NOON + HOUR),
        message(start_at=NOON - HOUR),
        message(transaction_id="tx"),
        message(extra=(GERMAN,)),
    ],
)
def test_what_is_not(good: DisplayMessage) -> None:
    """It may be sent."""
    assert flaw_of(good, NOON) is None


@pytest.mark.req("O06.FR.01", "O01.FR.16")
def test_what_a_station_gives_up() -> None:
    """The one with the same id, and of two that are always in front on a display the older."""
    front, door = MessagePriority.ALWAYS_FRONT, DisplayPlace(component="Display", instance="door")
    assert is_replaced_by(message(1), message(1, priority=front))
    assert is_replaced_by(message(1, priority=front), message(2, priority=front))
    assert not is_replaced_by(message(1, priority=front), message(2, priority=front, display=door))
    assert not is_replaced_by(message(1), message(2, priority=front))
    assert not is_replaced_by(message(1), message(2))


def test_which_are_asked_for() -> None:
    """All criteria count."""
    idle = message(1, state=MessageState.IDLE)
    assert fits(idle, GetDisplayMessages(request_id=1))
    assert fits(idle, GetDisplayMessages(request_id=1, ids=(2, 1), state=MessageState.IDLE))
    assert not fits(idle, GetDisplayMessages(request_id=1, ids=(2,)))
    assert not fits(idle, GetDisplayMessages(request_id=1, priority=MessagePriority.IN_FRONT))
    assert not fits(message(), GetDisplayMessages(request_id=1, state=MessageState.IDLE))
