"""A session of ISO 15118-20 at the vehicle: which response is waited for, on which stream, until when, and the end.

What a response means, the other modules know (`table` says which).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import Ending, SessionEnd, Speaks
from pilotwire.iso15118.codecs import ISO20_AC, ISO20_COMMON, ISO20_DC
from pilotwire.iso15118.evcc.conversation import Hold, Over
from pilotwire.iso15118.evcc.iso20 import setup
from pilotwire.iso15118.evcc.iso20.table import TABLE, main_stream, response_to
from pilotwire.iso15118.evcc.iso20.talk import Next, Options, Talk
from pilotwire.iso15118.evcc.ports import Ev, KeptPause, RandomBytes, Wallet
from pilotwire.iso15118.evcc.session import Ask
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20.common_messages import SessionSetupRes
from pilotwire.iso15118.iso20.common_types import V2GResponse
from pilotwire.iso15118.signature import sign
from pilotwire.iso15118.timing import ISO20
from pilotwire.iso15118.v2gtp import PayloadType

_COMMON: Final = frozenset(
    {PayloadType.EXI, PayloadType.MAIN, PayloadType.SCHEDULE_RENEGOTIATION, PayloadType.METERING_CONFIRMATION}
)


class Iso20Session:
    """An `EvccSession` of ISO 15118-20, AC or DC.

    `speaks`: what SupportedAppProtocol agreed on. `secured`: the connection is TLS; without it (test benches alone) the vehicle shows no
    contract and asks for none. `random`: as all sessions have it; at the vehicle -20 draws nothing. `now`: when the connection was made;
    SessionSetupRes is due 20 s after it. Raises MisuseError for another protocol, and where the vehicle contradicts itself (limits of the
    wrong current, a schedule that was not offered).
    """

    def __init__(
        self,
        ev: Ev,
        wallet: Wallet,
        kept: KeptPause,
        random: RandomBytes,
        now: datetime,
        *,
        speaks: Speaks,
        options: Options | None = None,
        secured: bool = True,
    ) -> None:
        if not speaks.is_of_20:
            raise MisuseError(f"A session of ISO 15118-20 cannot speak {speaks.name}.")
        self._talk = Talk(ev=ev, wallet=wallet, kept=kept, speaks=speaks, options=options or Options(), secured=secured)
        self._waits_for: type[V2GResponse] | None = None
        self._stream: PayloadType | None = None
        self._payload_type: PayloadType | None = None
        self._held: V2GResponse | None = None
        self._over: SessionEnd | None = None
        self._deadline: datetime | None = None
        self._setup_until = now + timedelta(seconds=ISO20.ev_communication_setup)
        self._set_up = False

    # --- EvccSession -------------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """The response that is waited for, or looked at until the vehicle is ready."""
        if self._over is not None:
            return "over"
        return self._waits_for.__name__ if self._waits_for is not None else "beginning"

    @property
    def findings(self) -> list[str]:
        """What the station did wrong."""
        return self._talk.findings

    @property
    def remarks(self) -> list[str]:
        """What did not go as wished, and is no breach of the standard: warnings, contracts that cannot be used."""
        return self._talk.remarks

    @property
    def over(self) -> SessionEnd | None:
        """How the session ended."""
        return self._over

    def schemas_of(self, payload_type: PayloadType) -> SchemaSet | None:
        """The schemas of a payload. The payload type is remembered: it belongs to the message that is fed next."""
        own = PayloadType.DC if self._talk.dc else PayloadType.AC
        if payload_type is not own and payload_type not in _COMMON:
            self._talk.find(f"A message of payload type 0x{payload_type:04X} came, which this session does not have.")
            return None
        self._payload_type = payload_type
        if payload_type is own:
            return ISO20_DC if self._talk.dc else ISO20_AC
        return ISO20_COMMON

    def start(self, now: datetime) -> Ask:
        """SessionSetupReq."""
        return self._ask(setup.begin(self._talk, now), now)

    def feed(self, message: Element, now: datetime) -> Ask | None:
        """Take a response."""
        payload_type, self._payload_type = self._payload_type, None
        if self._over is not None or self._waits_for is None or self._held is not None:
            return self._unexpected(message)
        if not isinstance(message, V2GResponse) or type(message) is not self._waits_for:
            return self._fail(f"The station sent {_name(message)}; {self._waits_for.__name__} was due.")
        if payload_type not in (None, self._stream):
            self._talk.find(
                f"{_name(message)} came with payload type 0x{payload_type:04X}, and belongs into 0x{self._stream:04X}."
            )
        code = message.response_code
        if code.startswith("FAILED"):
            return self._fail(f"The station refused {_name(self._talk.message)}: {code}.", breach=False)
        told = message.header.session_id
        if not isinstance(message, SessionSetupRes) and told != self._talk.session_id:
            return self._fail(f"The station changed the session id to {told.hex().upper()}.")
        self._deadline = now + timedelta(seconds=ISO20.ev_sequence_performance)
        self._held = message
        return self.again(now)

    def _unexpected(self, message: Element) -> Ask | None:
        if self._over is None:
            self._talk.find(f"The station sent {_name(message)} without being asked.")
        return None

    def again(self, now: datetime) -> Ask | None:
        """The next request, if the vehicle is ready."""
        held = self._held
        if held is None or self._over is not None:
            return None
        step = TABLE[type(held)](self._talk, held, now)
        if isinstance(step, Hold):
            return None
        self._held = None
        if isinstance(step, Over):
            self._end(step.end)
            return None
        self._set_up = True
        return self._ask(step, now)

    def next_deadline(self) -> datetime | None:
        """Of the response that is waited for, or of the vehicle's own next request."""
        return self._deadline if self._over is None else None

    def expired(self, now: datetime) -> Ask | None:
        """The station did not answer in time (V2G_EVCC_Msg_Timeout), or the vehicle did not get ready."""
        if self._over is not None or self._deadline is None or now < self._deadline:
            return None
        due = self._waits_for.__name__ if self._waits_for else "the first response"
        why = f"The station did not send {due} in time."
        if self._held is not None:
            why = f"The vehicle was not ready for its next request after {due} in time."
        self._end(SessionEnd(Ending.TIMEOUT, why))
        return None

    def dropped(self, now: datetime, reason: str = "") -> None:
        """The line is gone; without SessionStopReq that is no pause."""
        if self._over is None:
            self._end(SessionEnd(Ending.DROPPED, reason or f"The line went away while {self.state} was waited for."))

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _ask(self, step: Next, now: datetime) -> Ask:
        """Stamped with the time at which it is sent, then signed: the header is not part of what is signed."""
        at = now + timedelta(seconds=step.pause)
        message = msgspec.structs.replace(step.message, header=self._talk.header(at))
        if step.signer is not None:
            message = sign(message, step.signer.key, self._talk.options.suites)  # type: ignore[arg-type, assignment]
        schemas, stream = main_stream(type(message))
        self._talk.message = message
        self._waits_for = response_to(type(message))
        self._stream = step.side or stream
        timeout = ISO20.message_timeout(_name(message))
        self._deadline = at + timedelta(seconds=timeout)
        if not self._set_up:
            self._deadline = min(self._deadline, self._setup_until)
        return Ask(message, schemas, self._stream, timeout, at if step.pause else None)

    def _fail(self, why: str, *, breach: bool = True) -> Ask | None:
        """A refusal is no breach of the station's, but worth to be known."""
        (self._talk.find if breach else self._talk.remark)(why)
        self._end(SessionEnd(Ending.FAILED, why))
        return None

    def _end(self, end: SessionEnd) -> None:
        """A paused session is kept until the station has answered the attempt to join it."""
        self._over = end
        self._held = None
        if end.ending is not Ending.PAUSED and self._set_up:
            self._talk.kept.keep(None)
        self._talk.ev.ended(end)


def _name(message: Element | None) -> str:
    return type(message).__name__
