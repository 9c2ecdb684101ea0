"""How fast a station answered: every request of a session and its response, held against the times of the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.net.hosting import Direction
from pilotwire.iso15118.timing import DIN, ISO2, ISO20, Timing

RECEIPTS: Final = frozenset({"MeteringReceiptReq", "MeteringConfirmationReq"})
"""Requests by which a vehicle confirms what was metered."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to one kind of request: how many, how fast (seconds), and the time the standard gives a station for them.

    `late`: how many took longer. A vehicle waits longer than that before it gives up, so late answers end no session.
    """

    pair: str
    count: int
    p50: float
    p99: float
    limit: float
    late: int


class Exchanges:
    """Listens to the messages of a vehicle's sessions. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.messages = 0
        self.receipts = 0
        self._waiting: dict[str, float] = {}
        self._took: dict[tuple[str, float], list[float]] = {}

    def heard(self, direction: Direction, name: str, at: float, speaks: Speaks | None) -> None:
        """A message went over the line; `name` is that of its body. Without a protocol yet, those of ISO 15118-2 count."""
        self.messages += 1
        pair = name.removesuffix("Req").removesuffix("Res")
        if direction is Direction.SENT:
            self.receipts += name in RECEIPTS
            self._waiting[pair] = at
        elif pair in self._waiting:
            limit = timing_of(speaks).performance(pair)
            self._took.setdefault((pair, limit), []).append(at - self._waiting.pop(pair))

    def answered(self) -> list[Answered]:
        """By kind, in the order in which they came first."""
        return [
            Answered(
                pair,
                len(took),
                share(took, 0.5),
                share(took, 0.99),
                limit,
                sum(one > limit for one in took),
            )
            for (pair, limit), took in self._took.items()
        ]


def timing_of(speaks: Speaks | None) -> Timing:
    """The times of a protocol."""
    if speaks is None or speaks is Speaks.ISO2:
        return ISO2
    return DIN if speaks is Speaks.DIN else ISO20


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(part * 100) * len(ordered) // 100) - 1)]


def name_of(message: Element | None) -> str:
    """What a message is called: that of its body where it has one; "" for what could not be read."""
    if message is None:
        return ""
    body = getattr(getattr(message, "body", None), "body_element", None)
    return type(body if body is not None else message).__name__
