"""TCP connections put together from segments: in order, each byte once, with the holes told; who opened, who ended it, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from pilotwire.doctor.readers.packets import ACK, FIN, RST, SYN, Endpoint, Segment

Side = Literal["client", "server"]
SIDES: Final[tuple[Side, Side]] = ("client", "server")
_WAITING: Final = 500
"""Segments that may wait for one before them, until that one is held for lost."""
_WINDOW: Final = 1 << 28
"""A segment further away than this belongs to another connection, or is broken."""


class Chunk(NamedTuple):
    """Bytes as they came: when, in which packet, and how many before them are missing in the capture."""

    at: datetime
    data: bytes
    number: int
    lost: int = 0


@dataclass(slots=True)
class Flow:
    """What one side has sent."""

    chunks: list[Chunk] = field(default_factory=list)
    retransmitted: int = 0
    lost: int = 0
    """Bytes that are not in the capture."""
    unanswered: int = 0
    """How often the last segment was sent again without being acknowledged."""
    last: datetime | None = None
    """When new data was last sent."""
    _next: int | None = None
    _acknowledged: int | None = None
    _waiting: dict[int, Segment] = field(default_factory=dict)

    def begin(self, sequence: int) -> None:
        """The number of the first byte, from a SYN."""
        if self._next is None:
            self._next = sequence + 1 & 0xFFFF_FFFF

    def take(self, segment: Segment) -> None:
        """A segment with data."""
        if self._next is None:
            self._next = segment.sequence
        ahead = _distance(segment.sequence, self._next)
        if abs(ahead) > _WINDOW:
            return
        if ahead + len(segment.payload) + segment.cut <= 0 or segment.sequence in self._waiting:
            self._again(segment)
            return
        self._waiting[segment.sequence] = segment
        self._deliver()
        while len(self._waiting) > _WAITING:
            self._skip()

    def acknowledge(self, number: int) -> None:
        """The other side has everything before this number."""
        if self._acknowledged is None or 0 < _distance(number, self._acknowledged) <= _WINDOW:
            self._acknowledged, self.unanswered = number, 0

    def finish(self) -> None:
        """No more will come: what is still missing is not in the capture."""
        while self._waiting:
            self._skip()

    def _again(self, segment: Segment) -> None:
        if len(segment.payload) <= 1:  # a keep-alive repeats the last byte
            return
        self.retransmitted += 1
        if self._acknowledged is None or _distance(segment.sequence, self._acknowledged) >= 0:
            self.unanswered += 1

    def _deliver(self, lost: int = 0) -> None:
        while True:
            ready = self._ready()
            if ready is None or self._next is None:
                return
            segment = self._waiting.pop(ready)
            data = segment.payload[max(0, -_distance(ready, self._next)) :]
            if data:
                at = max(segment.at, self.last or segment.at)  # what waited for a lost one could only be read then
                self.chunks.append(Chunk(at, data, segment.number, lost))
                self.last, lost = at, 0
            self._next = self._next + len(data) & 0xFFFF_FFFF
            if segment.cut:
                # the packet was not captured whole: the next one shows how much is missing
                return

    def _ready(self) -> int | None:
        if self._next is None or not self._waiting:
            return None
        if self._next in self._waiting:
            return self._next
        for each in [one for one in self._waiting if _distance(one, self._next) < 0]:
            if _distance(each + len(self._waiting[each].payload), self._next) > 0:
                return each
            del self._waiting[each]
        return None

    def _skip(self) -> None:
        """Go on behind a hole."""
        if self._next is None:
            return
        start = self._next
        first = min(self._waiting, key=lambda each: _distance(each, start))
        missing = max(0, _distance(first, start))
        self.lost += missing
        self._next = first if missing else self._next
        self._deliver(missing)
        if first in self._waiting:  # nothing new in it
            del self._waiting[first]


def _distance(one: int, other: int) -> int:
    """How far `one` is after `other`, on the circle of sequence numbers (RFC 9293, 3.4)."""
    return (one - other + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000


@dataclass(slots=True)
class Connection:
    """A TCP connection. `client` opened it, as far as that was seen (`joined`: it was not); `number` counts from 1.

    `reset_by` and `ended_by` ("": nobody) are who reset it, and who said first that it has nothing more to say.
    """

    number: int
    client: Endpoint
    server: Endpoint
    began: datetime
    last: datetime
    first: int
    """Number of its first packet."""
    sequence: int = 0
    """That of its first packet."""
    joined: bool = False
    tries: int = 0
    """SYNs that were sent."""
    answered: bool = False
    up: Flow = field(default_factory=Flow)
    down: Flow = field(default_factory=Flow)
    reset_by: Side | Literal[""] = ""
    reset_at: datetime | None = None
    ended_by: Side | Literal[""] = ""
    ended_at: datetime | None = None

    def flow(self, side: Side) -> Flow:
        """What a side has sent."""
        return self.up if side == "client" else self.down

    def take(self, segment: Segment) -> None:
        """A segment of this connection."""
        side: Side = "client" if segment.source == self.client else "server"
        mine, other = (self.up, self.down) if side == "client" else (self.down, self.up)
        self.last = max(self.last, segment.at)
        if segment.flags & SYN:
            self._opening(segment, side, mine)
        if segment.flags & ACK and not segment.flags & RST:
            other.acknowledge(segment.acknowledged)
        if (segment.payload or segment.cut) and not segment.flags & SYN:
            mine.take(segment)
        if segment.flags & RST and not self.reset_by:
            self.reset_by, self.reset_at = side, segment.at
        if segment.flags & FIN and not self.ended_by:
            self.ended_by, self.ended_at = side, segment.at

    def _opening(self, segment: Segment, side: Side, mine: Flow) -> None:
        mine.begin(segment.sequence)
        if side == "client" and segment.opens:
            self.tries += 1
        elif segment.flags & ACK:
            self.answered = True

    def swap(self) -> None:
        """It was the other one who opened it."""
        other: dict[str, Side | Literal[""]] = {"client": "server", "server": "client", "": ""}
        self.client, self.server = self.server, self.client
        self.up, self.down = self.down, self.up
        self.reset_by, self.ended_by = other[self.reset_by], other[self.ended_by]


def connections(segments: Iterable[Segment]) -> Iterator[Connection]:
    """The connections in a capture, in the order in which they began."""
    running: dict[tuple[Endpoint, Endpoint], Connection] = {}
    found: list[Connection] = []
    for segment in segments:
        ends = (min(segment.source, segment.target), max(segment.source, segment.target))
        current = running.get(ends)
        if current is None or (segment.opens and _is_new(current, segment)):
            if current is None and segment.flags & (RST | FIN) and not segment.payload:
                continue  # the end of one that was over before the capture began
            current = running[ends] = _begun(segment, len(found) + 1)
            found.append(current)
        current.take(segment)
    for each in found:
        each.up.finish()
        each.down.finish()
    yield from found


def _is_new(current: Connection, segment: Segment) -> bool:
    """A SYN opens a new connection, unless it repeats the one before."""
    over = bool(current.reset_by or current.ended_by)
    if segment.sequence == current.sequence and not over:
        return False
    return over or current.answered or current.joined or current.client != segment.source


def _begun(segment: Segment, number: int) -> Connection:
    syn = bool(segment.flags & SYN)
    from_client = segment.opens if syn else segment.source.port > segment.target.port
    client, server = (segment.source, segment.target) if from_client else (segment.target, segment.source)
    return Connection(number, client, server, segment.at, segment.at, segment.number, segment.sequence, joined=not syn)
