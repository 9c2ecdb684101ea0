"""A vehicle's session and a station's, face to face in virtual time: every message goes through EXI in both directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pilotwire.iso15118.evcc.session import Ask, EvccSession
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.secc.session import Reply, SeccSession
from tests.support.iso15118_evse_fake import START

LOOK = timedelta(seconds=0.05)
MOST_STEPS = 5_000


def body_of(message: Any) -> Any:
    """What a message is about: its body, or the message itself (-20)."""
    return message.body.body_element if hasattr(message, "body") else message


@dataclass
class Pair:
    """Two sessions that speak with each other. `changes`: what happens to a message on its way (None: it is lost).

    `said` holds the bodies in order; `now` goes on by what both wait for, and by `between` for each message.
    """

    ev: EvccSession
    secc: SeccSession
    now: datetime = START
    between: timedelta = timedelta(milliseconds=1)
    changes: Callable[[Element], Element | None] = field(default=lambda message: message)
    heard: Callable[[Any], None] = field(default=lambda _: None)
    said: list[Any] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Each request as a whole, with the station's state before it."""
    answered: list[tuple[str, Any]] = field(default_factory=list)
    """Each response as a whole, with the vehicle's state before it."""

    def run(self) -> Pair:
        """Until both are over, or one waits for nothing any more."""
        ask: Ask | None = self.ev.start(self.now)
        for _ in range(MOST_STEPS):
            reply = self._asked(ask) if ask is not None else None
            ask = self._idle(asking=ask is not None) if reply is None else self._answered(reply)
            if self.ev.over is not None:
                if self.secc.over is None:
                    self.secc.dropped(self.now)
                return self
        raise AssertionError("they never end")

    @property
    def names(self) -> list[str]:
        """The requests, by name and in order; repeated ones once."""
        found: list[str] = []
        for one in self.said:
            name = type(one).__name__
            if not name.endswith("Res") and found[-1:] != [name]:
                found.append(name)
        return found

    def of(self, kind: type[Any]) -> list[Any]:
        """All messages of a kind."""
        return [one for one in self.said if isinstance(one, kind)]

    def _over_the_line(self, sent: Ask | Reply, receiver: EvccSession | SeccSession) -> Any:
        self.now += self.between
        message = self.changes(sent.message)
        if message is None:
            return None
        schemas = receiver.schemas_of(sent.payload_type)
        assert schemas is not None
        read = schemas.decode(sent.schemas.encode(message))
        assert read == message
        (self.asked if isinstance(sent, Ask) else self.answered).append((receiver.state, read))
        self.said.append(body_of(read))
        self.heard(body_of(read))
        return read

    def _asked(self, ask: Ask) -> Reply | None:
        if ask.not_before is not None:
            self.now = max(self.now, ask.not_before)
        message = self._over_the_line(ask, self.secc)
        reply = self.secc.feed(message, self.now) if message is not None else None
        until = self.now + timedelta(seconds=ask.timeout)
        while reply is None and message is not None and self.secc.over is None and self.now < until:
            self.now += LOOK
            deadline = self.secc.next_deadline()
            late = deadline is not None and self.now >= deadline
            reply = self.secc.expired(self.now) if late else self.secc.again(self.now)
        return reply

    def _answered(self, reply: Reply) -> Ask | None:
        message = self._over_the_line(reply, self.ev)
        return self.ev.feed(message, self.now) if message is not None else self._idle(asking=True)

    def _idle(self, *, asking: bool) -> Ask | None:
        deadline = self.ev.next_deadline()
        if asking and deadline is not None:
            self.now = max(self.now, deadline)
            return self.ev.expired(self.now)
        self.now += LOOK
        return self.ev.again(self.now)
