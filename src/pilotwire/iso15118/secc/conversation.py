"""One vehicle's conversation in the protocols whose messages have header and body: DIN SPEC 70121 and ISO 15118-2.

Here: session ids, what may come when, answers that take longer, deadlines, the end. What a message means, the packages of the protocols
know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from pilotwire.iso15118.charging import Control, Ending, Identification, Paused, SessionEnd, Transfer
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.secc.ports import Evse, PausedSessions, RandomBytes
from pilotwire.iso15118.secc.session import Reply
from pilotwire.iso15118.timing import Timing
from pilotwire.iso15118.v2gtp import PayloadType

SESSION_ID_BYTES: Final = 8
NO_SESSION: Final = bytes(SESSION_ID_BYTES)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a response, the state after it, and whether the session is over with it."""

    body: Element
    state: str
    ends: SessionEnd | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The request is refused with a response code; the response has the least content, and the session is over."""

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer needs somebody else first. `late`: the response code if nobody answers in time."""

    late: str = "FAILED"


Outcome = Answer | Refusal | Wait
Handler = Callable[[Any, Any, datetime], Outcome]


@dataclass(slots=True)
class Agreed:
    """What vehicle and station have agreed on so far."""

    identification: Identification = Identification.EIM
    transfer: Transfer = Transfer.AC
    control: Control = Control.SCHEDULED
    services: tuple[int, ...] = ()
    vehicle: bytes = b""
    schedule_id: int = 0
    joined: Paused | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Conversation(ABC):
    """A `SeccSession` of DIN SPEC 70121 or ISO 15118-2; a subclass names its messages and its table.

    `secured`: it runs over TLS, without which there are no contracts. `offered`: the protocols that the vehicle named, the most wanted
    first.
    """

    table: ClassVar[Mapping[str, Mapping[type[Element], Handler]]]
    """By state: which requests are taken, and by whom."""
    first: ClassVar[str]
    schemas: ClassVar[SchemaSet]
    timing: ClassVar[Timing]

    def __init__(
        self,
        evse: Evse,
        paused: PausedSessions,
        fresh: RandomBytes,
        now: datetime,
        *,
        secured: bool = False,
        offered: tuple[str, ...] = (),
    ) -> None:
        self.evse = evse
        self.paused = paused
        self.fresh = fresh
        self.secured = secured
        self.offered = offered
        self.signature: Element | None = None
        """A signature that somebody else made, for the header of the next response."""
        self.agreed = Agreed()
        self.session_id = NO_SESSION
        self._state = self.first
        self._request_session_id = b""
        self._message: Element | None = None
        self._findings: list[str] = []
        self._over: SessionEnd | None = None
        self._pending: tuple[Element, datetime, str] | None = None
        self._deadline: datetime | None = now + timedelta(seconds=self.timing.secc_communication_setup)
        self._since: dict[str, datetime] = {}

    # --- what a subclass says ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def opened(self, message: Element) -> tuple[bytes, Element | None]:
        """Session id and body of a message."""

    @abstractmethod
    def wrapped(self, body: Element) -> Element:
        """A message of this session."""

    @abstractmethod
    def refused(self, request: type[Element], code: str) -> Element | None:
        """The least response to a request; None: there is no such request."""

    # --- SeccSession -------------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """The state, as in `table`."""
        return self._state

    @property
    def findings(self) -> list[str]:
        """What the vehicle did wrong."""
        return self._findings

    @property
    def over(self) -> SessionEnd | None:
        """How the session ended."""
        return self._over

    def schemas_of(self, payload_type: PayloadType) -> SchemaSet | None:
        """All its messages have one payload type."""
        return self.schemas if payload_type is PayloadType.EXI else None

    def feed(self, message: Element, now: datetime) -> Reply | None:
        """Take a request."""
        if self._over is not None:
            return None
        session_id, request = self.opened(message)
        if self._pending is not None:
            self.find(f"{_name(request)} came before the response to {_name(self._pending[0])}.")
            self._pending = None
        if request is None or self.refused(type(request), "FAILED") is None:
            self.find(f"{_name(request)} is no request.")
            return None
        if self._state != self.first and session_id != self.session_id:
            self.find(
                f"{_name(request)} has the session id {session_id.hex().upper()}, not {self.session_id.hex().upper()}."
            )
            return self._refuse(request, Refusal("FAILED_UnknownSession", "the session id is unknown"), now)
        if type(request) not in self.table[self._state]:
            self.find(f"{_name(request)} came in the state {self._state}.")
            return self._refuse(request, Refusal("FAILED_SequenceError", f"{_name(request)} was out of sequence"), now)
        self._request_session_id = session_id
        self._message = message
        self._pending = (request, now + timedelta(seconds=self.timing.performance(_name(request))), "FAILED")
        return self.again(now)

    def again(self, now: datetime) -> Reply | None:
        """The answer, if it can be given now."""
        if self._pending is None or self._over is not None:
            return None
        request, until, _ = self._pending
        outcome = self.table[self._state][type(request)](self, request, now)
        if isinstance(outcome, Wait):
            self._pending = (request, until, outcome.late)
            return None
        self._pending = None
        if isinstance(outcome, Refusal):
            return self._refuse(request, outcome, now)
        self._state = outcome.state
        self._deadline = now + timedelta(seconds=self.timing.sequence_timeout(_name(request)))
        if outcome.ends is not None:
            self._end(outcome.ends)
        return Reply(self.wrapped(outcome.body), self.schemas, PayloadType.EXI, outcome.ends)

    def next_deadline(self) -> datetime | None:
        """Of the answer that is due, else of the next request."""
        if self._over is not None:
            return None
        return self._pending[1] if self._pending else self._deadline

    def expired(self, now: datetime) -> Reply | None:
        """An answer that took too long, or a vehicle that says nothing (V2G_SECC_Sequence_Timeout)."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        if self._pending is not None:
            request, _, late = self._pending
            self._pending = None
            return self._refuse(request, Refusal(late, f"there was no answer to {_name(request)} in time"), now)
        self._end(SessionEnd(Ending.TIMEOUT, f"The vehicle said nothing in the state {self._state} in time."))
        return None

    def dropped(self, now: datetime, reason: str = "") -> None:
        """The line is gone; without SessionStopReq that is no pause."""
        self._pending = None
        if self._over is None:
            self._end(SessionEnd(Ending.DROPPED, reason or f"The line went away in the state {self._state}."))

    # --- for handlers ------------------------------------------------------------------------------------------------------------

    @property
    def request_session_id(self) -> bytes:
        """The session id of the request that is being answered."""
        return self._request_session_id

    @property
    def message(self) -> Element:
        """The whole message that is being answered: its signature is in the header."""
        assert self._message is not None
        return self._message

    def find(self, what: str) -> None:
        """Keep what the vehicle did wrong."""
        self._findings.append(what)

    def waited(self, what: str, now: datetime) -> float:
        """For how many seconds something has been said to be ongoing."""
        return (now - self._since.setdefault(what, now)).total_seconds()

    def done(self, what: str) -> None:
        """It is not ongoing any more."""
        self._since.pop(what, None)

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _refuse(self, request: Element, refusal: Refusal, now: datetime) -> Reply | None:
        body = self.refused(type(request), refusal.code)
        end = SessionEnd(Ending.FAILED, f"{refusal.code}: {refusal.why}.")
        self._end(end)
        return Reply(self.wrapped(body), self.schemas, PayloadType.EXI, end) if body is not None else None

    def _end(self, end: SessionEnd) -> None:
        self._over = end
        self.evse.ended(end)


def _name(request: Element | None) -> str:
    if request is None:
        return "A message without content"
    return request.xsd.element or type(request).__name__
