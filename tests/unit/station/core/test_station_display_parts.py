"""Messages that were asked for by a criterion and are too many for one NotifyDisplayMessages (O04)."""

from __future__ import annotations

import pytest

from pilotwire.domain.display import (
    DisplayMessage,
    DisplayMessagesPart,
    DisplayText,
    GetDisplayMessages,
    MessagePriority,
    SetDisplayMessage,
)
from pilotwire.station.core.display import MESSAGES_IN_PART
from tests.support.station_world import StationWorld


def put(world: StationWorld, number: int, priority: MessagePriority = MessagePriority.NORMAL_CYCLE) -> None:
    """Set a message."""
    message = DisplayMessage(message_id=number, priority=priority, text=DisplayText(content=f"Message {number}"))
    world.command(SetDisplayMessage(message=message))


@pytest.mark.req("O04.FR.04", "O04.FR.05")
def test_what_fits_a_criterion_is_told_in_parts_too() -> None:
    """All but the last say that more come; what does not fit is in none of them."""
    world = StationWorld()
    many = 2 * MESSAGES_IN_PART + 1
    for number in range(many):
        put(world, number)
    put(world, many, priority=MessagePriority.IN_FRONT)
    world.command(GetDisplayMessages(request_id=7, priority=MessagePriority.NORMAL_CYCLE))
    parts = [part for part in world.csms.heard if isinstance(part, DisplayMessagesPart)]
    assert [part.more for part in parts] == [True, True, False]
    assert [message.message_id for part in parts for message in part.messages] == list(range(many))
    assert {part.request_id for part in parts} == {7}
