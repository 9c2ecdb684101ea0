"""The peer's calls: those being worked on, and the last answers, so that a repeated CALL is answered again and not done again."""

from __future__ import annotations

from typing import Final

import msgspec

from pilotwire.ocpp.registry import Action

REMEMBERED_ANSWERS: Final = 16
MAX_OPEN_CALLS: Final = 64
"""A peer that breaks the one-outstanding rule may have this many calls unanswered; further ones are refused."""


class OpenCall(msgspec.Struct, frozen=True):
    """A CALL of the peer that has no answer yet. `mark` stands for the bytes of its frame."""

    action: Action
    mark: int


class Answered(msgspec.Struct, frozen=True):
    """A CALL of the peer and the frame it was answered with; `is_result` tells a CALLRESULT from a CALLERROR."""

    action: str
    mark: int
    frame: bytes
    is_result: bool


class Inbound:
    """Calls of the peer by message id."""

    def __init__(self) -> None:
        self.open: dict[str, OpenCall] = {}
        self.answered: dict[str, Answered] = {}

    def remember(self, message_id: str, answered: Answered) -> None:
        """Keep an answer, forgetting the oldest beyond the limit."""
        memory = self.answered
        memory.pop(message_id, None)
        memory[message_id] = answered
        if len(memory) > REMEMBERED_ANSWERS:
            del memory[next(iter(memory))]
