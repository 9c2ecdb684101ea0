"""One RPC peer of OCPP-J, without I/O: bytes and the time go in, events and bytes come out.

`Session` keeps the rules of the RPC framework for both directions (J16:4.1, J16:4.2, J2:4.1 to J2:4.4):

- our calls: one outstanding, the others wait in order; each ends with exactly one outcome event;
- the peer's calls: each `CallReceived` is answered once, with `answer` or `refuse`; what cannot be read is refused here;
- nothing the peer sends raises: each departure is a `Breach` event, with the RPC error the version has for it queued to be sent.

An answer that breaks its schema ends the call with `ResultInvalid` (and in 2.1 is reported back as CALLRESULTERROR). A CALLERROR with
the id "-1" says that the peer could not read something; it is noted, and the call it may concern runs into its timeout, because a
guess could give an error to the wrong call.

Misuse by our own side raises: `MisuseError` for what is a bug, `NotSayable` for what this version has no word for, `NotReachable` after
`close`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Raw

from pilotwire.errors import MisuseError, NotReachable, NotSayable
from pilotwire.ocpp import registry
from pilotwire.ocpp.directions import Role, directions_of
from pilotwire.ocpp.events import (
    EVIDENCE,
    SHOWN_NAME,
    Breach,
    CallFailed,
    CallReceived,
    CallTimedOut,
    ErrorReceived,
    Event,
    ResultInvalid,
    ResultReceived,
    ResultRefused,
    SendReceived,
    Severity,
)
from pilotwire.ocpp.frame import (
    MAX_DESCRIPTION,
    MAX_MESSAGE_ID,
    UNREADABLE_ID,
    BrokenFrame,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    MessageType,
    Send,
    error_code_for,
    oversized_frame,
    read_error_code,
    read_frame,
    section,
    write_frame,
)
from pilotwire.ocpp.inbound import MAX_OPEN_CALLS, Answered, Inbound, OpenCall
from pilotwire.ocpp.outbound import Outbound, Pending, RawCall
from pilotwire.ocpp.payloads import Mend, Payloads, json_object, some
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion

_STRAY: Final[Mapping[str | None, tuple[Severity, str]]] = {
    "timed out": ("note", "came after the call had timed out"),
    "answered": ("warning", "is a second answer to a call already answered"),
    None: ("error", "answers no call of ours"),
}


class Session:
    """One side of an OCPP-J connection.

    `role` is ours. `new_id` makes message ids: unique for this station over all its connections (J2:4.1.4), at most 36 characters.
    `call_timeout` is in seconds. Times (`now`) are seconds on any clock that does not go back. `mend` may repair payloads.
    """

    def __init__(
        self,
        version: OcppVersion,
        *,
        role: Role,
        new_id: Callable[[], str],
        call_timeout: float = 30.0,
        max_message_bytes: int = 1_000_000,
        mend: Mend | None = None,
    ) -> None:
        self.version = version
        self.role: Final = role
        self._new_id = new_id
        self._call_timeout = _positive(call_timeout)
        self._max = max_message_bytes
        self._payloads = Payloads(version, mend)
        self._directions = directions_of(version, role)
        self._may_receive = self._directions.may_receive
        self._inbound = Inbound()
        self._outbound = Outbound()
        self._out: list[bytes] = []
        self._closed = False

    # --- what the owner asks for ---------------------------------------------------------------------------------------------

    def call(self, message: Message | RawCall, now: float, *, timeout: float | None = None, tag: object = None) -> str:
        """Queue a CALL and return its message id; it is sent when all earlier ones have their outcome.

        Raises NotSayable if the version has no such action or the raw payload does not fit it, MisuseError if this side may not
        call it, NotReachable after `close`.
        """
        action, payload = self._say(message, confirmed=True)
        limit = self._call_timeout if timeout is None else _positive(timeout)
        message_id = self._fresh_id()
        frame = write_frame(Call(message_id, action, Raw(payload)))
        self._outbound.add(Pending(message_id, action, frame, limit, tag))
        self._advance(now)
        return message_id

    def send(self, message: Message | RawCall, now: float) -> str:
        """Send an unconfirmed message at once (2.1, J2:4.2.4) and return its message id.

        Raises like `call`; NotSayable in a version without SEND.
        """
        if self.version is not OcppVersion.V21:
            raise NotSayable(f"OCPP {self.version} has no SEND frame.", "Unconfirmed messages need OCPP 2.1.")
        action, payload = self._say(message, confirmed=False)
        message_id = self._fresh_id()
        self._out.append(write_frame(Send(message_id, action, Raw(payload))))
        return message_id

    def answer(self, message_id: str, message: Message | bytes) -> None:
        """Send the CALLRESULT of a call received: its typed response, or the JSON of one.

        Raises MisuseError for a call that is not open or a response of another action, NotReachable after `close`.
        """
        call = self._open_call(message_id)
        if isinstance(message, bytes):
            payload = json_object(message)
        elif type(message) is call.action.response:
            payload = registry.encode(message)
        else:
            raise MisuseError(f"{type(message).__name__} does not answer {call.action.name} of OCPP {self.version}")
        frame = write_frame(CallResult(message_id, Raw(payload)))
        self._finish(message_id, call, frame, is_result=True)

    def refuse(
        self, message_id: str, code: str, description: str = "", details: Mapping[str, object] | None = None
    ) -> None:
        """Send a CALLERROR for a call received; `code` may be spelled as in any version.

        Raises MisuseError for a call that is not open, a code no version has or details that are no JSON, NotReachable after `close`.
        """
        call = self._open_call(message_id)
        try:
            body = Raw(msgspec.json.encode(details or {}))
        except (TypeError, ValueError) as error:
            raise MisuseError(f"the error details cannot be written as JSON: {error}") from error
        frame = write_frame(CallError(message_id, error_code_for(code, self.version), description, body))
        self._finish(message_id, call, frame, is_result=False)

    def ignore(self, message_id: str) -> None:
        """Leave a call that was received without any answer, for ever (1.6:4.2, a station that was rejected).

        Raises MisuseError for a call that is not open, NotReachable after `close`.
        """
        self._open_call(message_id)
        del self._inbound.open[message_id]

    def data_to_send(self) -> list[bytes]:
        """Every frame queued since the last time, in order; each is one WebSocket text message."""
        out, self._out = self._out, []
        return out

    def next_deadline(self) -> float | None:
        """When `tick` has something to do, if nothing arrives before."""
        pending = self._outbound.outstanding
        return None if pending is None else pending.deadline

    def tick(self, now: float) -> list[Event]:
        """Let time pass: the outstanding call may time out, and the next one is sent then (J16:4.1.1, J2:4.1.1)."""
        pending = self._outbound.expire(now)
        if pending is None:
            return []
        self._advance(now)
        return [CallTimedOut(pending.message_id, pending.action, pending.tag, now - pending.sent_at)]

    def close(self, now: float, reason: str = "the connection was closed") -> list[Event]:
        """The connection is gone: all our calls fail, calls of the peer can no longer be answered. A second time does nothing."""
        self._closed = True
        self._inbound.open.clear()
        self._out.clear()
        outstanding, waiting = self._outbound.drain()
        failed: list[Event] = []
        if outstanding is not None:
            failed.append(_failed(outstanding, reason, sent=True))
        return failed + [_failed(pending, reason, sent=False) for pending in waiting]

    @property
    def waiting_calls(self) -> int:
        """How many of our calls wait behind the outstanding one."""
        return len(self._outbound)

    # --- what the peer says --------------------------------------------------------------------------------------------------

    def receive(self, data: str | bytes, now: float) -> list[Event]:
        """Take one WebSocket message. Never raises, whatever it holds; after `close` it is ignored."""
        if self._closed:
            return []
        if isinstance(data, str):
            if len(data) > self._max:  # no need to encode it all to know
                return self._on_oversized(_encoded(data[:EVIDENCE]), len(data), now)
            data = _encoded(data)
        if len(data) > self._max:
            return self._on_oversized(data[:EVIDENCE], len(data), now)
        frame = read_frame(data, self.version)
        if type(frame) is Call:
            return self._on_call(frame, data)
        if type(frame) is CallResult:
            return self._on_result(frame, data, now)
        if type(frame) is BrokenFrame:
            return self._on_broken(frame, data, now)
        return self._on_other(frame, data, now)

    def _on_other(self, frame: Frame | BrokenFrame, data: bytes, now: float) -> list[Event]:
        if type(frame) is CallError:
            return self._on_error(frame, data, now)
        if type(frame) is CallResultError:
            return self._on_result_error(frame, data)
        return self._on_send(frame, data) if type(frame) is Send else []

    def _on_call(self, call: Call, data: bytes) -> list[Event]:
        message_id = call.message_id
        inbound = self._inbound
        events: list[Event] = []
        if (inbound.open or message_id in inbound.answered) and not self._admit(call, data, events):
            return events
        action = self._may_receive.get(call.action)
        if action is None or action.response is None:
            return [*events, self._refuse_unwanted(call, data)]
        payload = bytes(call.payload)
        mended = False
        try:
            message = registry.decode_request(self.version, call.action, some(payload))
        except Exception as error:
            repaired = self._payloads.repair(registry.decode_request, call.action, payload, error)
            if repaired is None:
                return [*events, self._refuse_violation(call, error, data)]
            events.append(self._payloads.breach(error, call.message_id, call.action, data, "warning"))
            message, mended = repaired, True
        inbound.open[message_id] = OpenCall(action, hash(data))
        events.append(CallReceived(message_id, call.action, message, payload, mended))
        return events

    def _admit(self, call: Call, data: bytes, events: list[Event]) -> bool:
        """Judge a CALL that repeats an id or comes before earlier ones are answered; says whether it is a call to work on."""
        inbound, mark = self._inbound, hash(data)
        current, past = inbound.open.get(call.message_id), inbound.answered.get(call.message_id)
        if current is not None and current.mark == mark:
            events.append(
                self._breach("4.1.4", self._retry(), "the same CALL again while it is worked on: ignored", call, data)
            )
            return False
        if current is not None:
            what = "another CALL with the message id of a call still being handled"
            events.append(self._breach("4.1.4", "error", what, call, data))
            # J16:4.2.3 and J2:4.2.3 name this case; the earlier call keeps its own answer, so this one is not remembered.
            self._out.append(write_frame(CallError(call.message_id, self._framework_code(), what)))
            return False
        if past is not None and past.mark == mark:
            what = "the same CALL again: answered again from memory"
            events.append(self._breach("4.1.4", self._retry(), what, call, data))
            self._out.append(past.frame)
            return False
        if past is not None:
            what = "another CALL with a message id used before: taken as a new call"
            events.append(self._breach("4.1.4", "error", what, call, data))
        return not inbound.open or self._admit_early(call, data, events)

    def _admit_early(self, call: Call, data: bytes, events: list[Event]) -> bool:
        """A CALL while earlier ones have no answer: J16:4.1.1 recommends against it, J2:4.1.1 forbids it."""
        count = len(self._inbound.open)
        severity: Severity = "warning" if self.version is OcppVersion.V16 else "error"
        what = f"a CALL while {count} of the peer's CALLs had no answer yet (unless they timed out there)"
        events.append(self._breach("4.1.1", severity, what, call, data))
        if count < MAX_OPEN_CALLS:
            return True
        self._refuse_call(call, "GenericError", f"{count} earlier calls are still being handled", data)
        return False

    def _refuse_unwanted(self, call: Call, data: bytes) -> Breach:
        """J16:4.2.3, J2:4.3: NotImplemented for a name nobody knows, NotSupported for one that is not ours to receive like this."""
        code, what = self._directions.unwanted(call.action, "CALL")
        self._refuse_call(call, code, what, data)
        return self._breach("4.2.1", "error", what, call, data, "4.1.7")

    def _refuse_violation(self, call: Call, error: Exception, data: bytes) -> Breach:
        code, description = self._payloads.code_of(error)
        self._refuse_call(call, code, description, data)
        return self._payloads.breach(error, call.message_id, call.action, data, "error")

    def _on_send(self, frame: Send, data: bytes) -> list[Event]:
        """J2:4.2.4: a SEND is never answered, not even a bad one."""
        action = self._may_receive.get(frame.action)
        if action is None or action.response is not None:
            return [self._breach("4.2.4", "error", self._directions.unwanted(frame.action, "SEND")[1], frame, data)]
        payload = bytes(frame.payload)
        try:
            message = registry.decode_request(self.version, frame.action, some(payload))
        except Exception as error:
            repaired = self._payloads.repair(registry.decode_request, frame.action, payload, error)
            breach = self._payloads.breach(
                error, frame.message_id, frame.action, data, "error" if repaired is None else "warning"
            )
            if repaired is None:
                return [breach]
            return [breach, SendReceived(frame.message_id, frame.action, repaired, payload, True)]
        return [SendReceived(frame.message_id, frame.action, message, payload)]

    def _on_result(self, frame: CallResult, data: bytes, now: float) -> list[Event]:
        pending = self._outbound.take(frame.message_id)
        if pending is None:
            return [self._stray(frame.message_id, "CALLRESULT", data)]
        events = self._result_events(pending, bytes(frame.payload), data, now)
        self._advance(now)
        return events

    def _result_events(self, pending: Pending, payload: bytes, data: bytes, now: float) -> list[Event]:
        elapsed = now - pending.sent_at
        known = registry.ACTIONS[self.version].get(pending.action)
        if known is None or known.response is None:  # a forced call: nobody knows its shape
            return [ResultReceived(pending.message_id, pending.action, None, payload, pending.tag, elapsed)]
        try:
            message = registry.decode_response(self.version, pending.action, some(payload))
        except Exception as error:
            return self._bad_result(pending, payload, error, data, elapsed)
        return [ResultReceived(pending.message_id, pending.action, message, payload, pending.tag, elapsed)]

    def _bad_result(
        self, pending: Pending, payload: bytes, error: Exception, data: bytes, elapsed: float
    ) -> list[Event]:
        message_id, action = pending.message_id, pending.action
        message = self._payloads.repair(registry.decode_response, action, payload, error)
        if message is not None:
            breach = self._payloads.breach(error, message_id, action, data, "warning")
            return [breach, ResultReceived(message_id, action, message, payload, pending.tag, elapsed, True)]
        code, description = self._payloads.code_of(error)
        if self.version is OcppVersion.V21:
            self._out.append(write_frame(CallResultError(message_id, code, description)))
        return [
            self._payloads.breach(error, message_id, action, data, "error"),
            ResultInvalid(message_id, action, description, payload, pending.tag, elapsed),
        ]

    def _on_error(self, frame: CallError, data: bytes, now: float) -> list[Event]:
        events, code = self._judge_error(frame, data)
        if frame.message_id == UNREADABLE_ID and self.version is not OcppVersion.V16:
            what = f"the peer could not read a message of ours: {code} {frame.description}".rstrip()
            return [*events, self._breach("4.2.3", "warning", what, frame, data)]
        pending = self._outbound.take(frame.message_id)
        if pending is None:
            return [*events, self._stray(frame.message_id, "CALLERROR", data)]
        self._advance(now)
        elapsed = now - pending.sent_at
        details = bytes(frame.details)
        event = ErrorReceived(
            pending.message_id, pending.action, code, frame.description, details, pending.tag, elapsed
        )
        return [*events, event]

    def _on_result_error(self, frame: CallResultError, data: bytes) -> list[Event]:
        events, code = self._judge_error(frame, data)
        answered = self._inbound.answered.get(frame.message_id)
        if answered is None or not answered.is_result:
            what = "a CALLRESULTERROR that belongs to no recent CALLRESULT of ours"
            return [*events, self._breach("4.1.4", "error", what, frame, data)]
        details = bytes(frame.details)
        return [*events, ResultRefused(frame.message_id, answered.action, code, frame.description, details)]

    def _judge_error(self, frame: CallError | CallResultError, data: bytes) -> tuple[list[Event], str]:
        """The error code in our spelling, and breaches of its form (J16:4.2.3, J2:4.2.3)."""
        code, wrong = read_error_code(frame.code, self.version)
        events: list[Event] = []
        if wrong:
            events.append(self._breach("4.2.3", "warning", wrong, frame, data, "4.3"))
        if len(frame.description) > MAX_DESCRIPTION and self.version is not OcppVersion.V16:
            what = f"the errorDescription has {len(frame.description)} characters, {MAX_DESCRIPTION} are allowed"
            events.append(self._breach("4.2.3", "warning", what, frame, data))
        return events, code

    def _on_oversized(self, start: bytes, size: int, now: float) -> list[Event]:
        """Only the beginning is looked at; an answer to a call of ours that is too large still ends that call."""
        return self._on_broken(oversized_frame(start, size, self._max, self.version), start, now)

    def _on_broken(self, broken: BrokenFrame, data: bytes, now: float) -> list[Event]:
        message_id, action = broken.message_id or "", (broken.action or "")[:SHOWN_NAME]
        severity: Severity = "error" if broken.salvage is None else "warning"
        breach = Breach(broken.rule, severity, broken.what, "", message_id, action, data[:EVIDENCE])
        if broken.salvage is not None:
            return [breach, *self._on_other(broken.salvage, data, now)]
        if broken.message_type in (MessageType.CALLRESULT, MessageType.CALLERROR):
            return [breach, *self._end_unreadable(broken, data, now)]
        reply = broken.reply()
        if reply is not None and message_id not in self._inbound.open:  # an open call keeps its own answer
            self._out.append(write_frame(reply))
        return [breach]

    def _end_unreadable(self, broken: BrokenFrame, data: bytes, now: float) -> list[Event]:
        pending = self._outbound.take(broken.message_id or "")
        if pending is None:
            return []
        reply = broken.reply()
        if reply is not None:
            self._out.append(write_frame(reply))
        self._advance(now)
        elapsed = now - pending.sent_at
        processed = broken.message_type == MessageType.CALLRESULT
        evidence = data[:EVIDENCE]
        return [
            ResultInvalid(pending.message_id, pending.action, broken.what, evidence, pending.tag, elapsed, processed)
        ]

    # --- inner workings ------------------------------------------------------------------------------------------------------

    def _advance(self, now: float) -> None:
        frame = self._outbound.advance(now)
        if frame is not None:
            self._out.append(frame)

    def _refuse_call(self, call: Call, code: str, description: str, data: bytes) -> None:
        frame = write_frame(CallError(call.message_id, code, description))
        self._out.append(frame)
        self._inbound.remember(call.message_id, Answered(call.action[:SHOWN_NAME], hash(data), frame, False))

    def _finish(self, message_id: str, call: OpenCall, frame: bytes, *, is_result: bool) -> None:
        del self._inbound.open[message_id]
        self._inbound.remember(message_id, Answered(call.action.name, call.mark, frame, is_result))
        self._out.append(frame)

    def _open_call(self, message_id: str) -> OpenCall:
        call = self._inbound.open.get(message_id)
        if call is not None:
            return call
        if self._closed:
            raise NotReachable(f"the call {message_id!r} cannot be answered: the connection was closed")
        state = "was answered already" if message_id in self._inbound.answered else "is not open"
        raise MisuseError(f"the call {message_id!r} {state}", "Answer each CallReceived exactly once.")

    def _stray(self, message_id: str, kind: str, data: bytes) -> Breach:
        severity, what = _STRAY[self._outbound.fate(message_id)]
        rule = section(self.version, "4.1.4")
        return Breach(rule, severity, f"a {kind} that {what}", "", message_id, "", data[:EVIDENCE])

    def _breach(
        self, place: str, severity: Severity, what: str, frame: Frame, data: bytes, place2: str | None = None
    ) -> Breach:
        action = frame.action[:SHOWN_NAME] if isinstance(frame, Call | Send) else ""
        rule = section(self.version, place, place2)
        return Breach(rule, severity, what, "", frame.message_id, action, data[:EVIDENCE])

    def _retry(self) -> Severity:
        """1.6 wants a new id for every CALL (J16:4.1.4); the errata of 2.0.1 and 2.1 allow a retry to keep its id (J2:4.1.4)."""
        return "warning" if self.version is OcppVersion.V16 else "note"

    def _framework_code(self) -> str:
        return error_code_for("RpcFrameworkError", self.version)

    def _say(self, message: Message | RawCall, *, confirmed: bool) -> tuple[str, bytes]:
        if self._closed:
            raise NotReachable("nothing can be sent: the connection was closed")
        return self._directions.request(message, confirmed=confirmed)

    def _fresh_id(self) -> str:
        message_id = self._new_id()
        if not 0 < len(message_id) <= MAX_MESSAGE_ID or message_id == UNREADABLE_ID:
            raise MisuseError(f"new_id() gave {message_id!r}: a message id has 1 to {MAX_MESSAGE_ID} characters")
        if self._outbound.knows(message_id):
            raise MisuseError(f"new_id() gave {message_id!r} twice", "Message ids must be unique.")
        return message_id


def _encoded(text: str) -> bytes:
    """UTF-8, with lone surrogates as bytes that are none, for `read_frame` to find."""
    return text.encode("utf-8", "surrogatepass")


def _positive(seconds: float) -> float:
    if not seconds > 0:
        raise MisuseError(f"a timeout of {seconds} s makes no sense: it must be more than 0")
    return seconds


def _failed(pending: Pending, reason: str, *, sent: bool) -> CallFailed:
    return CallFailed(pending.message_id, pending.action, reason, pending.tag, sent)
