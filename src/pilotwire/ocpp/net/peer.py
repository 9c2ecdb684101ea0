"""A session over a socket: one side of an OCPP-J connection, ready to use.

Messages are taken as they arrive, also while a handler runs, so a handler may call the peer back. The peer's CALLs and SENDs are
handled one after the other, in order, by the one task that is in `Peer.run`; nothing else is started per connection or per message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import structlog

from pilotwire.clock import Clock
from pilotwire.errors import MisuseError, NotReachable, PilotwireError
from pilotwire.ocpp.events import (
    Breach,
    CallFailed,
    CallReceived,
    CallTimedOut,
    ErrorReceived,
    Event,
    Outcome,
    ResultInvalid,
    ResultReceived,
    ResultRefused,
    SendReceived,
)
from pilotwire.ocpp.net.socket import Socket, SocketClosed
from pilotwire.ocpp.outbound import RawCall
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.types import Message

_log = structlog.get_logger("pilotwire.ocpp.net.peer")
_FAILED: Final = "The handler of this call failed; the log of the receiver tells more."
GRACE: Final = 5.0
"""Seconds a handler may go on after the connection has ended: what it is storing is worth finishing, waiting for ever is not."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A handler's answer that becomes a CALLERROR; `code` may be spelled as in any version."""

    code: str
    description: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Closed:
    """How a connection ended: code and reason of the side that closed first; 1006 if the line broke."""

    code: int
    reason: str


class CallRefused(PilotwireError):
    """The peer answered our call with a CALLERROR; `details` is the JSON of an object."""

    def __init__(self, action: str, code: str, description: str, details: bytes) -> None:
        super().__init__(f"{action} was refused with {code}{': ' + description if description else ''}.")
        self.action = action
        self.code = code
        self.description = description
        self.details = details


class AnswerInvalid(PilotwireError):
    """The peer answered our call with something that cannot be used; `raw` is its beginning.

    `processed`: unusable as it is, it says that the peer has processed the call.
    """

    def __init__(self, action: str, reason: str, raw: bytes, *, processed: bool = True) -> None:
        super().__init__(f"The answer to {action} cannot be used: {reason}.")
        self.action = action
        self.reason = reason
        self.raw = raw
        self.processed = processed


class CallTimeout(NotReachable):
    """The peer did not answer our call in time."""

    def __init__(self, action: str, elapsed: float) -> None:
        super().__init__(f"{action} was not answered within {elapsed:.3g} s.")
        self.action = action


class ConnectionLost(NotReachable):
    """The connection ended before our call was answered; `sent` tells whether the peer may have seen it."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(f"No answer: {reason}.")
        self.sent = sent


class Silence:
    """No answer at all, where the standard wants none (1.6:4.2)."""


SILENCE = Silence()
Answer = Message | bytes | Refusal | Silence
OnCall = Callable[[CallReceived], Awaitable[Answer]]
OnSend = Callable[[SendReceived], Awaitable[None]]
Direction = Literal["in", "out"]
OnFrame = Callable[[Direction, bytes, datetime], None]


class Peer:
    """One RPC peer. `on_breach` and `on_frame` are called at once and must be quick; `on_refused` hears of CALLRESULTERRORs (2.1).

    `grace` is how many seconds a handler may go on after the connection has ended; then it is cancelled.
    """

    def __init__(
        self,
        socket: Socket,
        session: Session,
        clock: Clock,
        *,
        on_call: OnCall,
        on_send: OnSend | None = None,
        on_breach: Callable[[Breach], None] | None = None,
        on_refused: Callable[[ResultRefused], None] | None = None,
        on_frame: OnFrame | None = None,
        grace: float = GRACE,
    ) -> None:
        self.socket = socket
        self.session = session
        self._clock = clock
        self._on_call = on_call
        self._on_send = on_send
        self._on_breach = on_breach
        self._on_refused = on_refused
        self._on_frame = on_frame
        self._grace = grace
        self._patience: asyncio.Timeout | None = None
        self._todo: deque[CallReceived | SendReceived] = deque()
        self._idle: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False
        self._running = False

    # --- what the owner asks for ---------------------------------------------------------------------------------------------

    async def run(self) -> Closed:
        """Serve the connection until it ends. Never raises for what the peer does; once only.

        Cancelled, it closes the connection; a call handled at that moment stays unanswered.
        """
        if self._running:
            raise MisuseError("Peer.run() is for one time only")
        self._running = True
        try:
            self.socket.listen(self._on_message)
            self.socket.on_closed(self._on_end)
            await self._work_while_it_matters()
        finally:
            self._finish()
        return Closed(self.socket.close_code or 1006, self.socket.close_reason or "")

    async def call(self, message: Message | RawCall, *, timeout: float | None = None) -> ResultReceived:
        """Call the peer and wait for the result; the session sends one call after the other.

        Raises CallRefused, AnswerInvalid, CallTimeout, ConnectionLost, or NotSayable and MisuseError as `Session.call` does. A caller
        that is cancelled gives up waiting; the call itself keeps its place until it is answered or times out.
        """
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            self.session.call(message, self._clock.monotonic(), timeout=timeout, tag=outcome)
        except NotReachable as error:
            raise ConnectionLost("the connection was closed", sent=False) from error
        self._flush()
        self._arm()
        return _result_of(await outcome)

    async def send(self, message: Message | RawCall) -> None:
        """Send an unconfirmed message (2.1) and wait while the peer does not keep up.

        Raises ConnectionLost, or NotSayable and MisuseError as `Session.send` does.
        """
        try:
            self.session.send(message, self._clock.monotonic())
            self._flush()
            await self.socket.drain()
        except NotReachable as error:
            raise ConnectionLost("the connection was closed", sent=False) from error

    def end(self, code: int, reason: str) -> None:
        """Close without waiting for the other side: calls without an answer fail now, nothing more is handled or answered."""
        self.socket.begin_close(code, reason)
        self._on_end()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection in order and wait for its end; `run` returns then."""
        await self.socket.close(code, reason)

    # --- the worker ------------------------------------------------------------------------------------------------------------

    async def _work_while_it_matters(self) -> None:
        try:
            async with asyncio.timeout(None) as self._patience:
                if self._ended:
                    self._hurry()
                await self._work()
        except TimeoutError:
            _log.error("a handler did not end with its connection and was given up", station=self.socket.identity)
        finally:
            self._patience = None

    def _hurry(self) -> None:
        if self._patience is not None and self._patience.when() is None:
            self._patience.reschedule(asyncio.get_running_loop().time() + self._grace)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._todo:
                await self._handle(self._todo.popleft())
            if self._ended:
                return
            self._idle = loop.create_future()
            await self._idle

    async def _handle(self, event: CallReceived | SendReceived) -> None:
        if type(event) is SendReceived:
            await self._handle_send(event)
        elif type(event) is CallReceived and not self._ended:
            await self._handle_call(event)

    async def _handle_send(self, event: SendReceived) -> None:
        if self._on_send is None:
            return
        try:
            await self._on_send(event)
        except Exception:
            self._log_failure(event)

    async def _handle_call(self, event: CallReceived) -> None:
        try:
            answer = await self._on_call(event)
            self._answer(event.message_id, answer)
        except Exception as error:
            if self._ended and isinstance(error, NotReachable):
                return
            self._log_failure(event)
            self._answer(event.message_id, Refusal("InternalError", _FAILED))
        self._flush()
        if self.socket.congested:
            await self._drain()

    def _answer(self, message_id: str, answer: Answer) -> None:
        if self._ended:
            return
        if isinstance(answer, Refusal):
            self.session.refuse(message_id, answer.code, answer.description, answer.details)
        elif isinstance(answer, Silence):
            self.session.ignore(message_id)
        else:
            self.session.answer(message_id, answer)

    def _log_failure(self, event: CallReceived | SendReceived) -> None:
        _log.exception(
            "a handler failed",
            station=self.socket.identity,
            action=event.action,
            message_id=event.message_id,
        )

    async def _drain(self) -> None:
        try:
            await self.socket.drain()
        except SocketClosed:
            return

    # --- bytes and events --------------------------------------------------------------------------------------------------------

    def _on_message(self, data: bytes) -> None:
        try:
            if self._on_frame is not None:
                self._on_frame("in", data, self._clock.now())
            for event in self.session.receive(data, self._clock.monotonic()):
                self._take(event)
            self._flush()
            self._arm()
        except Exception:
            _log.exception("a message could not be taken", station=self.socket.identity)
            self.socket.begin_close(1011, "internal error")

    def _take(self, event: Event) -> None:
        if type(event) is CallReceived or type(event) is SendReceived:
            self._todo.append(event)
            self._wake()
        elif type(event) is Breach:
            if self._on_breach is not None:
                self._on_breach(event)
        elif type(event) is ResultRefused:
            if self._on_refused is not None:
                self._on_refused(event)
        elif not isinstance(event, CallReceived | SendReceived | Breach | ResultRefused):
            _settle(event)

    def _wake(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _flush(self) -> None:
        """Put what the session wants to say on the line; once the line is gone, `_on_end` settles the rest."""
        for frame in self.session.data_to_send():
            try:
                self.socket.write(frame)
            except SocketClosed:
                return
            if self._on_frame is not None:
                self._on_frame("out", frame, self._clock.now())

    # --- time and the end --------------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        deadline = self.session.next_deadline()
        if deadline is None:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, deadline - self._clock.monotonic())
        if self._timer is not None and not self._timer.cancelled() and self._timer.when() <= when:
            return  # it fires early enough and is set anew then: cheaper than a timer a call
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(when, self._tick)

    def _tick(self) -> None:
        self._timer = None
        for event in self.session.tick(self._clock.monotonic()):
            self._take(event)
        self._flush()
        self._arm()

    def _on_end(self) -> None:
        self._finish()
        self._wake()
        self._hurry()

    def _finish(self) -> None:
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        for event in self.session.close(self._clock.monotonic(), "the connection was closed"):
            self._take(event)
        self._todo = deque(event for event in self._todo if type(event) is SendReceived)
        self.socket.begin_close(1001, "going away")


def _settle(outcome: Outcome) -> None:
    waiter = outcome.tag
    if isinstance(waiter, asyncio.Future) and not waiter.done():
        waiter.set_result(outcome)


def _result_of(outcome: Outcome) -> ResultReceived:
    if isinstance(outcome, ResultReceived):
        return outcome
    if isinstance(outcome, ErrorReceived):
        raise CallRefused(outcome.action, outcome.code, outcome.description, outcome.details)
    if isinstance(outcome, ResultInvalid):
        raise AnswerInvalid(outcome.action, outcome.reason, outcome.raw, processed=outcome.processed)
    if isinstance(outcome, CallTimedOut):
        raise CallTimeout(outcome.action, outcome.elapsed)
    assert isinstance(outcome, CallFailed)
    raise ConnectionLost(outcome.reason, sent=outcome.sent)
