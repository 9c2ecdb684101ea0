"""The vehicle's conversation in the protocols whose messages have header and body: DIN SPEC 70121 and ISO 15118-2.

Here: session ids, which response is waited for, deadlines, the end. What is asked next, the packages of the protocols know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from pilotwire.iso15118.charging import Ending, Identification, Paused, SessionEnd, Speaks, Transfer
from pilotwire.iso15118.evcc.ports import Credential, Ev, KeptPause, RandomBytes, Wallet
from pilotwire.iso15118.evcc.session import Ask
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.timing import Timing
from pilotwire.iso15118.v2gtp import PayloadType

NO_SESSION: Final = b"\0"


@dataclass(frozen=True, slots=True)
class Next:
    """The body of the next request. `pause`: how many seconds to wait before it. `signer`: whose signature it needs."""

    body: Element
    pause: float = 0.0
    signer: Credential | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The vehicle is not ready for the next request; the same response is looked at again, until its own time is over
    (V2G_EVCC_Sequence_Performance_Time): a station would give the session up soon after."""


@dataclass(frozen=True, slots=True)
class Over:
    """The session is over."""

    end: SessionEnd


Step = Next | Hold | Over
Handler = Callable[[Any, Any, datetime], Step]


@dataclass(slots=True)
class Chosen:
    """What the vehicle has chosen and learnt so far."""

    identification: Identification = Identification.EIM
    transfer: Transfer = Transfer.AC
    contract: Credential | None = None
    schedule_id: int = 0
    joined: Paused | None = None
    stopping: str = ""
    """How the session is to end once power is off: "Terminate" or "Pause"; "": it is not."""
    facts: dict[str, Any] = field(default_factory=dict)


class Conversation(ABC):
    """An `EvccSession` of DIN SPEC 70121 or ISO 15118-2; a subclass names its messages and its table."""

    speaks: ClassVar[Speaks]
    table: ClassVar[Mapping[type[Element], Handler]]
    """By the response that is waited for: what is done with it."""
    before_power: ClassVar[frozenset[type[Element]]]
    """The responses after which the vehicle may leave at once: no power has been asked for."""
    schemas: ClassVar[SchemaSet]
    timing: ClassVar[Timing]

    def __init__(
        self,
        ev: Ev,
        wallet: Wallet,
        kept: KeptPause,
        fresh: RandomBytes,
        now: datetime,
        *,
        secured: bool = False,
        interval: float = 0.5,
    ) -> None:
        self.ev = ev
        self.wallet = wallet
        self.kept = kept
        self.fresh = fresh
        self.secured = secured
        self.interval = interval
        self.chosen = Chosen()
        self.session_id = NO_SESSION
        self._waits_for: type[Element] | None = None
        self._asked: Element | None = None
        self._held: Element | None = None
        self._findings: list[str] = []
        self._over: SessionEnd | None = None
        self._deadline: datetime | None = None
        self._ready_until: datetime | None = None
        self._setup_until = now + timedelta(seconds=self.timing.ev_communication_setup)
        self._since: dict[str, datetime] = {}
        self._set_up = False
        """Until the station has answered SessionSetupReq, what was paused stays paused."""
        self.message: Element | None = None
        """The message whose response is being looked at: its signature is in the header."""

    # --- what a subclass says ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def first(self) -> Next:
        """The first request."""

    @abstractmethod
    def last(self) -> Element:
        """The body of the last request (SessionStopReq)."""

    @abstractmethod
    def opened(self, message: Element) -> tuple[bytes, Element | None]:
        """Session id and body of a message."""

    @abstractmethod
    def wrapped(self, step: Next) -> Element:
        """A message of this session, signed if it must be."""

    @abstractmethod
    def response_to(self, request: type[Element]) -> type[Element]:
        """Which response answers a request."""

    # --- EvccSession -------------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """The response that is waited for."""
        if self._over is not None:
            return "over"
        return self._waits_for.__name__ if self._waits_for is not None else "beginning"

    @property
    def findings(self) -> list[str]:
        """What the station did wrong."""
        return self._findings

    @property
    def over(self) -> SessionEnd | None:
        """How the session ended."""
        return self._over

    def schemas_of(self, payload_type: PayloadType) -> SchemaSet | None:
        """All its messages have one payload type."""
        return self.schemas if payload_type is PayloadType.EXI else None

    def start(self, now: datetime) -> Ask:
        """The first request."""
        paused = self._paused()
        if paused is not None:
            self.session_id = paused.session_id
        return self._ask(self.first(), now)

    def feed(self, message: Element, now: datetime) -> Ask | None:
        """Take a response."""
        if self._over is not None or self._waits_for is None:
            return None
        if self._held is not None:
            return self._fail("The station sent a response that nobody had asked for.")
        session_id, body = self.opened(message)
        if body is None or type(body) is not self._waits_for:
            what = type(body).__name__ if body is not None else "a message without content"
            return self._fail(f"The station sent {what}; {self._waits_for.__name__} was due.")
        code: str = getattr(body, "response_code", "OK")
        if code.startswith("FAILED"):  # whatever the session id: one that is refused may have none
            return self._fail(f"The station refused {type(self._asked).__name__}: {code}.")
        if not self._joins(session_id):
            return self._fail(f"The station changed the session id to {session_id.hex().upper()}.")
        if self._ready_until is None and self.timing.ready_to_charge is not None:
            self._ready_until = now + timedelta(seconds=self.timing.ready_to_charge)
        self.message = message
        self._held = body
        self._deadline = now + timedelta(seconds=self.timing.ev_sequence_performance)
        if self._ready_until is not None and not self.chosen.facts.get("charged"):
            self._deadline = min(self._deadline, self._ready_until)
        return self.again(now)

    def _joins(self, session_id: bytes) -> bool:
        """The station's first response names the session; all others keep to it."""
        if self._asked is None or self._waits_for is not self.response_to(type(self.first().body)):
            return session_id == self.session_id
        if self.session_id != NO_SESSION and session_id == self.session_id:
            self.chosen.joined = self._paused()
        self.session_id = session_id
        self._set_up = any(session_id)
        return self._set_up

    def _paused(self) -> Paused | None:
        """The session that was paused, if it was one of this protocol."""
        kept = self.kept.recall()
        return kept if kept is not None and kept.speaks is self.speaks else None

    def again(self, now: datetime) -> Ask | None:
        """The next request, if the vehicle is ready."""
        if self._held is None or self._over is not None:
            return None
        step = self._leaving() or self.table[type(self._held)](self, self._held, now)
        if isinstance(step, Hold):
            return None
        self._held = None
        if isinstance(step, Over):
            self._end(step.end)
            return None
        return self._ask(step, now)

    def _leaving(self) -> Step | None:
        """A vehicle that has enough, or is not well, does not begin to charge."""
        if type(self._held) not in self.before_power or self.chosen.facts.get("charging"):
            return None
        state = self.ev.state()
        if state.error:
            return self.stop(f"The vehicle is not well: {state.error}.")
        return self.stop() if state.enough else None

    def next_deadline(self) -> datetime | None:
        """Of the response that is waited for, or of the vehicle's own next request."""
        return self._deadline if self._over is None else None

    def expired(self, now: datetime) -> Ask | None:
        """The station did not answer in time (V2G_EVCC_Msg_Timeout), or the vehicle did not get ready."""
        if self._over is None and self._deadline is not None and now >= self._deadline:
            waited = self._waits_for.__name__ if self._waits_for else "the first response"
            why = f"The station did not send {waited} in time."
            if self._held is not None:
                why = f"The vehicle was not ready for its next request after {waited} in time."
            if self._not_ready(now):
                why = f"Charging did not begin within {self.timing.ready_to_charge:g} s."
            self._end(SessionEnd(Ending.TIMEOUT, why))
        return None

    def dropped(self, now: datetime, reason: str = "") -> None:
        """The line is gone."""
        if self._over is None:
            self._end(SessionEnd(Ending.DROPPED, reason or f"The line went away while {self.state} was waited for."))

    # --- for handlers ------------------------------------------------------------------------------------------------------------

    def find(self, what: str) -> None:
        """Keep what the station did wrong."""
        self._findings.append(what)

    def waited(self, what: str, now: datetime) -> float:
        """For how many seconds the station has said that something is ongoing."""
        return (now - self._since.setdefault(what, now)).total_seconds()

    def done(self, what: str) -> None:
        """It is not ongoing any more."""
        self._since.pop(what, None)

    def repeat(self, what: str, body: Element, most: float, now: datetime) -> Step:
        """Ask the same again in a while; beyond `most` seconds the session has failed."""
        if self.waited(what, now) > most:
            return Over(SessionEnd(Ending.TIMEOUT, f"The station was not done with {what} within {most:g} s."))
        return Next(body, self.interval)

    def stop(self, why: str = "") -> Next:
        """End the session, as the standard has it; `why`: what went wrong."""
        self.chosen.stopping = self.chosen.stopping or "Terminate"
        if why:
            self.chosen.stopping = "Terminate"
            self.chosen.facts["why"] = why
        return Next(self.last())

    def stopped(self) -> Over:
        """The station has taken the end: it was one, a pause, or because of something that went wrong."""
        why = self.chosen.facts.get("why", "")
        if why:
            return Over(SessionEnd(Ending.FAILED, why))
        if self.chosen.stopping != "Pause":
            return Over(SessionEnd(Ending.TERMINATED))
        chosen = self.chosen
        self.kept.keep(
            Paused(
                self.session_id,
                self.speaks,
                self.ev.evcc_id,
                chosen.identification,
                chosen.transfer,
                schedule_id=chosen.schedule_id,
            )
        )
        return Over(SessionEnd(Ending.PAUSED))

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _ask(self, step: Next, now: datetime) -> Ask:
        request = type(step.body)
        self._asked = step.body
        self._waits_for = self.response_to(request)
        timeout = self.timing.message_timeout(request.__name__)
        at = now + timedelta(seconds=step.pause)
        self._deadline = at + timedelta(seconds=timeout)
        if self._waits_for is self.response_to(type(self.first().body)):
            self._deadline = min(self._deadline, self._setup_until)
        if self._ready_until is not None and not self.chosen.facts.get("charged"):
            self._deadline = min(self._deadline, self._ready_until)
        return Ask(self.wrapped(step), self.schemas, PayloadType.EXI, timeout, at if step.pause else None)

    def _not_ready(self, now: datetime) -> bool:
        """Whether the time until charging begins is over (V2G_EVCC_ReadyToCharge_Timeout, DIN SPEC 70121)."""
        return self._ready_until is not None and now >= self._ready_until and not self.chosen.facts.get("charged")

    def _fail(self, why: str) -> Ask | None:
        self.find(why)
        self._end(SessionEnd(Ending.FAILED, why))
        return None

    def _end(self, end: SessionEnd) -> None:
        self._over = end
        if end.ending is not Ending.PAUSED and self._set_up:
            self.kept.keep(None)
        self.ev.ended(end)
