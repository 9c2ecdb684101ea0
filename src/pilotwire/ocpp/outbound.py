"""The calls of one side of a session: a queue, at most one CALL outstanding, timeouts, and what became of past ones.

J16:4.1.1 and J2:4.1.1: no further CALL before the last one was answered or timed out.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import msgspec

Fate = Literal["answered", "timed out"]

_REMEMBERED = 32


class RawCall(msgspec.Struct, frozen=True):
    """A CALL, or in 2.1 a SEND, given as the JSON of its payload instead of a typed message.

    It must be an action of the version that this side may send, and fit its schema, unless `force` is set; then only the payload
    must be a JSON object.
    """

    action: str
    payload: bytes
    force: bool = False


class Pending(msgspec.Struct):
    """A call of ours without an outcome yet; times in seconds on the owner's clock, `timeout` counts from `sent_at`."""

    message_id: str
    action: str
    frame: bytes
    timeout: float
    tag: object
    sent_at: float = 0.0

    @property
    def deadline(self) -> float:
        """When it times out, once it is sent."""
        return self.sent_at + self.timeout


class Outbound:
    """Calls in the order they were asked for, one on the line."""

    def __init__(self) -> None:
        self.outstanding: Pending | None = None
        self._queue: deque[Pending] = deque()
        self._waiting: set[str] = set()
        self._past: dict[str, Fate] = {}

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, pending: Pending) -> None:
        """Put a call at the end of the queue."""
        self._queue.append(pending)
        self._waiting.add(pending.message_id)

    def advance(self, now: float) -> bytes | None:
        """The frame to send now, if the line is free and a call is waiting."""
        if self.outstanding is not None or not self._queue:
            return None
        pending = self._queue.popleft()
        self._waiting.discard(pending.message_id)
        pending.sent_at = now
        self.outstanding = pending
        return pending.frame

    def take(self, message_id: str) -> Pending | None:
        """The outstanding call if it has this id; it is over then."""
        return self._finish("answered") if self._is_outstanding(message_id) else None

    def expire(self, now: float) -> Pending | None:
        """The outstanding call if its time is up; it is over then."""
        if self.outstanding is None or now < self.outstanding.deadline:
            return None
        return self._finish("timed out")

    def fate(self, message_id: str) -> Fate | None:
        """How a recent call ended; None for an id not used lately."""
        return self._past.get(message_id)

    def knows(self, message_id: str) -> bool:
        """Whether the id belongs to a waiting, outstanding or recent call."""
        return message_id in self._past or message_id in self._waiting or self._is_outstanding(message_id)

    def drain(self) -> tuple[Pending | None, list[Pending]]:
        """Give up everything: the outstanding call and those still waiting."""
        outstanding, waiting = self.outstanding, list(self._queue)
        self.outstanding = None
        self._queue.clear()
        self._waiting.clear()
        return outstanding, waiting

    def _is_outstanding(self, message_id: str) -> bool:
        return self.outstanding is not None and self.outstanding.message_id == message_id

    def _finish(self, fate: Fate) -> Pending | None:
        pending = self.outstanding
        if pending is not None:
            self._past[pending.message_id] = fate
            if len(self._past) > _REMEMBERED:
                del self._past[next(iter(self._past))]
        self.outstanding = None
        return pending
