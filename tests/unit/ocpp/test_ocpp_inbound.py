"""The memory of answers given to the peer's calls."""

from __future__ import annotations

from pilotwire.ocpp.inbound import REMEMBERED_ANSWERS, Answered, Inbound


def test_the_oldest_answer_is_forgotten_first() -> None:
    """Sixteen answers are kept; giving one again makes it young."""
    inbound = Inbound()
    for number in range(REMEMBERED_ANSWERS):
        inbound.remember(str(number), Answered("Heartbeat", number, b"", True))
    inbound.remember("0", Answered("Heartbeat", 0, b"again", True))
    inbound.remember("new", Answered("Heartbeat", 99, b"", True))
    assert len(inbound.answered) == REMEMBERED_ANSWERS == 16
    assert inbound.answered["0"].frame == b"again"
    assert "1" not in inbound.answered
