"""A session of ISO 15118-20 at the station: what may come when, on which stream, until when, and the end.

What a message means, the other modules know (`table` says which).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import Ending, SessionEnd, Speaks
from pilotwire.iso15118.codecs import ISO20_AC, ISO20_COMMON, ISO20_DC
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20.common_types import V2GRequest
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.table import (
    AC_TABLE,
    DC_TABLE,
    RESPONSES,
    SIDE_STREAMS,
    SIDE_TABLE,
    Handler,
    main_stream,
)
from pilotwire.iso15118.secc.iso20.talk import Answer, Options, Refusal, Talk, Wait
from pilotwire.iso15118.secc.ports import Evse, PausedSessions, RandomBytes, Vehicle
from pilotwire.iso15118.secc.session import Reply
from pilotwire.iso15118.timing import ISO20
from pilotwire.iso15118.v2gtp import PayloadType

_COMMON: Final = frozenset(
    {PayloadType.EXI, PayloadType.MAIN, PayloadType.SCHEDULE_RENEGOTIATION, PayloadType.METERING_CONFIRMATION}
)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A request whose answer is not known yet; `side`: the multiplexed payload type it came with."""

    request: V2GRequest
    handler: Handler
    side: PayloadType | None
    until: datetime
    late: Wait


class Iso20Session:
    """A `SeccSession` of ISO 15118-20, AC or DC.

    `vehicle` tells what is known before the first message: the protocol that was agreed on, those that were offered, and the certificates
    of TLS (DER, the vehicle's own first; () where the connection has none). `secured`: the connection is TLS; without it (test benches
    alone) there are no contracts. `now`: when the connection was made; SessionSetupRes is due 18 s after it.
    Raises MisuseError for a vehicle that speaks another protocol.
    """

    def __init__(
        self,
        evse: Evse,
        paused: PausedSessions,
        vehicle: Vehicle,
        fresh: RandomBytes,
        now: datetime,
        *,
        options: Options | None = None,
        secured: bool = True,
    ) -> None:
        if not vehicle.speaks.is_of_20:
            raise MisuseError(f"A session of ISO 15118-20 cannot speak {vehicle.speaks.name}.")
        self._talk = Talk(
            evse=evse, paused=paused, fresh=fresh, vehicle=vehicle, options=options or Options(), secured=secured
        )
        self._table = DC_TABLE if vehicle.speaks is Speaks.ISO20_DC else AC_TABLE
        self._over: SessionEnd | None = None
        self._pending: _Pending | None = None
        self._payload_type: PayloadType | None = None
        self._deadline = now + timedelta(seconds=ISO20.secc_communication_setup)

    # --- SeccSession -------------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """The state, as in `states`."""
        return self._talk.state

    @property
    def findings(self) -> list[str]:
        """What the vehicle did wrong."""
        return self._talk.findings

    @property
    def remarks(self) -> list[str]:
        """What went wrong on our own side: a backend's answer that cannot be used, an offer that offers nothing."""
        return self._talk.remarks

    @property
    def over(self) -> SessionEnd | None:
        """How the session ended."""
        return self._over

    def schemas_of(self, payload_type: PayloadType) -> SchemaSet | None:
        """The schemas of a payload. The payload type is remembered: it belongs to the message that is fed next.

        0x8001 instead of 0x8002 is taken, as some vehicles send it; it is a finding.
        """
        own = PayloadType.DC if self._talk.dc else PayloadType.AC
        if payload_type is not own and payload_type not in _COMMON:
            self._talk.find(f"A message of payload type 0x{payload_type:04X} came, which this session does not have.")
            return None
        self._payload_type = payload_type
        if payload_type is own:
            return ISO20_DC if self._talk.dc else ISO20_AC
        return ISO20_COMMON

    def feed(self, message: Element, now: datetime) -> Reply | None:
        """Take a request. None: it waits for its answer, is no request, or the session is over."""
        payload_type, self._payload_type = self._payload_type, None
        if self._over is not None:
            return None
        if not isinstance(message, V2GRequest) or type(message) not in RESPONSES:
            self._talk.find(f"{_name(message)} is no request of this protocol.")
            return None
        if self._pending is not None:
            self._talk.find(f"{_name(message)} came before the response to {_name(self._pending.request)}.")
            self._pending = None
        side = self._side_stream(message, payload_type)
        self._talk.side_stream = side is not None
        handler = self._handler(message, side)
        if isinstance(handler, Refusal):
            return self._refuse(message, handler, side, now)
        until = self._talk.due(_name(message), now)
        self._pending = _Pending(message, handler, side, until, Wait())
        return self.again(now)

    def again(self, now: datetime) -> Reply | None:
        """The answer, if it can be given now."""
        pending = self._pending
        if pending is None or self._over is not None:
            return None
        outcome = pending.handler(self._talk, pending.request, now)
        if isinstance(outcome, Wait):
            self._pending = _Pending(pending.request, pending.handler, pending.side, pending.until, outcome)
            return None
        self._pending = None
        if isinstance(outcome, Answer) and not outcome.message.response_code.startswith("FAILED"):
            return self._answer(pending, outcome, now)
        if isinstance(outcome, Answer):  # a response that was relayed
            code = outcome.message.response_code
            end = SessionEnd(Ending.FAILED, f"{code}: the backend refused {_name(pending.request)}.")
            return self._answer(pending, Answer(outcome.message, outcome.state, end), now)
        return self._refuse(pending.request, outcome, pending.side, now)

    def next_deadline(self) -> datetime | None:
        """Of the answer that is due, else of the next request."""
        if self._over is not None:
            return None
        return self._pending.until if self._pending else self._deadline

    def expired(self, now: datetime) -> Reply | None:
        """An answer that took too long, or a vehicle that says nothing (V2G_SECC_Sequence_Timeout; 0.5 s in the charge loop)."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        if self._pending is not None:
            pending, self._pending = self._pending, None
            why = f"there was no answer to {_name(pending.request)} in time"
            return self._refuse(pending.request, Refusal(pending.late.late, why), pending.side, now)
        self._end(SessionEnd(Ending.TIMEOUT, f"The vehicle said nothing in the state {self.state} in time."))
        return None

    def dropped(self, now: datetime, reason: str = "") -> None:
        """The line is gone; without SessionStopReq that is no pause."""
        self._pending = None
        if self._over is None:
            self._end(SessionEnd(Ending.DROPPED, reason or f"The line went away in the state {self.state}."))

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _side_stream(self, message: V2GRequest, payload_type: PayloadType | None) -> PayloadType | None:
        """The multiplexed payload type that a request came with, None for the main stream. Another one than its own is a finding."""
        own = main_stream(type(message))[1]
        if payload_type is None or payload_type is own:
            return None
        if type(message) in SIDE_STREAMS.get(payload_type, ()):
            return payload_type
        self._talk.find(f"{_name(message)} came with payload type 0x{payload_type:04X}, and belongs into 0x{own:04X}.")
        return None

    def _handler(self, message: V2GRequest, side: PayloadType | None) -> Handler | Refusal:
        talk, name = self._talk, _name(message)
        told = message.header.session_id
        if talk.state != states.SESSION_SETUP and told != talk.session_id:
            talk.find(f"{name} has the session id {told.hex().upper()}, not {talk.session_id.hex().upper()}.")
            return Refusal("FAILED_UnknownSession", "the session id is unknown")
        table = self._table if side is None else SIDE_TABLE
        handler = table.get(talk.state, {}).get(type(message))
        if handler is None:
            talk.find(f"{name} came in the state {talk.state}.")
            return Refusal("FAILED_SequenceError", f"{name} was out of sequence")
        return handler

    def _answer(self, pending: _Pending, answer: Answer, now: datetime) -> Reply:
        self._talk.state = answer.state
        if pending.side is None:
            self._deadline = now + timedelta(seconds=ISO20.sequence_timeout(_name(pending.request)))
        if answer.ends is not None:
            self._end(answer.ends)
        schemas, own = main_stream(type(answer.message))
        return Reply(answer.message, schemas, pending.side or own, answer.ends)

    def _refuse(self, request: V2GRequest, refusal: Refusal, side: PayloadType | None, now: datetime) -> Reply:
        response = self._talk.least(RESPONSES[type(request)], refusal.code, now)
        end = SessionEnd(Ending.FAILED, f"{refusal.code}: {refusal.why}.")
        self._end(end)
        schemas, own = main_stream(type(response))
        return Reply(response, schemas, side or own, end)

    def _end(self, end: SessionEnd) -> None:
        self._over = end
        self._pending = None
        self._talk.evse.ended(end)


def _name(message: Element) -> str:
    return message.xsd.element or type(message).__name__
