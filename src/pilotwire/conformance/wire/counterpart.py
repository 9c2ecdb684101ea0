"""The tester's RPC peer: sends requests one at a time, answers what comes, and writes down every frame.

It is lenient on purpose: whatever the system under test sends is recorded and, where it can be, understood; what is wrong with it is a
breach in the transcript, to be judged, and not the end of the conversation.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pilotwire.clock import Clock
from pilotwire.conformance.wire.transcript import Entry, Transcript, compact
from pilotwire.ocpp.frame import BrokenFrame, Call, CallError, CallResult, CallResultError, Send, read_frame
from pilotwire.ocpp.net.socket import Socket, SocketClosed
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

_KINDS: Final = {Call: "call", CallResult: "result", CallError: "error", CallResultError: "resulterror", Send: "send"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the tester answers a request with: a payload, an RPC error code, or (neither) nothing at all."""

    payload: Mapping[str, Any] | None = None
    error: str = ""


Answering = Callable[[Entry], Reply]
"""Decides the answer to a request of the system under test."""
Tap = Callable[[str], Sequence[str]]
"""What stands between: gets a text the system under test sent, gives those that arrive (for saboteurs)."""


class LineDown(Exception):
    """There is no connection to send on, or it ended before the answer came."""


class NoAnswer(Exception):
    """The system under test did not answer in time."""


class Counterpart:
    """One conversation over however many connections a case needs."""

    def __init__(self, version: OcppVersion, clock: Clock, answering: Answering, *, ids: str = "pw") -> None:
        self.version = version
        self.transcript = Transcript(version)
        self.news = asyncio.Event()
        self.tap: Tap = lambda text: (text,)
        self.handshake_tap: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda _, facts: facts
        self.silence_tap: Callable[[], Iterable[str]] = tuple
        self.told_of_request: Callable[[str, str], None] = lambda message_id, action: None
        self.overdue: Callable[[str], bool] = lambda _: False
        self.late_tap: Callable[[], Iterable[str]] = tuple
        self._acknowledged: set[str] = set()
        self._answering = answering
        self._clock = clock
        self._socket: Socket | None = None
        self._open: dict[str, tuple[Entry, asyncio.Future[Entry]]] = {}
        self._theirs: dict[str, Entry] = {}
        self._ids = (f"{ids}-{number}" for number in itertools.count(1))
        self.disconnected = asyncio.Event()
        self.disconnected.set()

    # --- the line --------------------------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether messages can be sent."""
        return self._socket is not None and self._socket.is_open

    def attach(self, socket: Socket, what: str, **facts: Any) -> Entry:
        """A connection stands: frames go over it from now on."""
        facts["replaces"] = self.connected
        if self._socket is not None and self._socket.is_open:
            self.note("replaced", "A second connection of the same station takes the place of the first.")
            self._socket.abort()
        self._socket = socket
        self.disconnected.clear()
        entry = self.note("connected", what, facts)
        socket.listen(self._heard)
        socket.on_closed(lambda: self._lost(socket))
        return entry

    def note(self, kind: str, what: str, facts: dict[str, Any] | None = None) -> Entry:
        """Something happened to the line."""
        known = self.handshake_tap(kind, facts) if facts else {}
        entry = self.transcript.add(self._clock.now(), "line", kind, what, facts=known)
        self._tell()
        return entry

    def seconds_since(self, entry: Entry | None) -> float | None:
        """How long ago that was, in s; None without an entry."""
        return None if entry is None else (self._clock.now() - entry.at).total_seconds()

    def _lost(self, socket: Socket) -> None:
        if socket is not self._socket:
            return
        reason = f" ({socket.close_reason})" if socket.close_reason else ""
        self.note("closed", f"The connection ended with code {socket.close_code}{reason}.")
        self._socket = None
        for _, answer in self._open.values():
            if not answer.done():
                answer.set_exception(LineDown("the connection ended before the answer came"))
        self._open.clear()
        self.disconnected.set()

    async def close(self, *, abruptly: bool = False) -> None:
        """End the connection, and wait until it is over."""
        socket = self._socket
        if socket is None:
            return
        if abruptly:
            socket.abort()
        else:
            socket.begin_close(1000, "")
        await socket.wait_closed()
        self._lost(socket)

    def _tell(self) -> None:
        self.news.set()

    # --- out -------------------------------------------------------------------------------------------------------------------

    def send(self, action: str, payload: Mapping[str, Any]) -> tuple[Entry, asyncio.Future[Entry]]:
        """Send a request; the future is its answer. Raises LineDown."""
        message_id = next(self._ids)
        unconfirmed = action in ACTIONS[self.version] and ACTIONS[self.version][action].response is None
        kind = "send" if unconfirmed else "call"
        text = json.dumps([6 if unconfirmed else 2, message_id, action, payload], ensure_ascii=False)
        entry = self._write(text, kind, action=action, message_id=message_id, payload=payload)
        answer: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        self.told_of_request(message_id, action)
        if not unconfirmed:
            self._open[message_id] = (entry, answer)
        return entry, answer

    async def call(self, action: str, payload: Mapping[str, Any], timeout: float) -> Entry:
        """Send a request and wait for its answer. Raises LineDown and NoAnswer."""
        entry, answer = self.send(action, payload)
        try:
            async with asyncio.timeout(timeout):
                return await answer
        except TimeoutError:
            self._open.pop(entry.message_id, None)
            raise NoAnswer(f"no answer to {entry.name} within {timeout:g} s") from None

    def _write(self, text: str, kind: str, **more: Any) -> Entry:
        socket = self._socket
        if socket is None or not socket.is_open:
            raise LineDown("there is no connection")
        entry = self.transcript.add(self._clock.now(), "sent", kind, text, **more)
        if kind in ("result", "error") and more["message_id"] in self._acknowledged:
            return entry
        try:
            socket.write(text.encode())
        except SocketClosed as error:
            raise LineDown(str(error)) from None
        self._tell()
        return entry

    # --- in --------------------------------------------------------------------------------------------------------------------

    def _heard(self, data: bytes) -> None:
        for text in self.tap(data.decode("utf-8", "replace")):
            self.take(text)
        for message_id, (_, answer) in self._open.items():
            if self.overdue(message_id) and not answer.done():
                answer.set_exception(TimeoutError())
        self._tell()  # what waits looks whether its limit is over

    def limit_is_over(self) -> None:
        """What was waited for did not come in time: what a saboteur has kept back arrives now, too late."""
        for text in self.late_tap():
            self.take(text)

    def acknowledge(self, message_id: str) -> None:
        """Answer a request that a saboteur keeps back, with nothing in it; it is not answered again when it arrives."""
        self._acknowledged.add(message_id)
        if self._socket is not None and self._socket.is_open:
            self._socket.write(f'[3,"{message_id}",{{}}]'.encode())

    def silence_begins(self) -> None:
        """The case waits from now on, and wants to hear nothing."""
        for text in self.silence_tap():
            self.take(text)

    def take(self, text: str) -> None:
        """A text of the system under test arrives."""
        frame = read_frame(text, self.version)
        if isinstance(frame, BrokenFrame):
            self.transcript.add(
                self._clock.now(), "received", "broken", text, breach=frame.what, message_id=frame.message_id or ""
            )
            reply = frame.reply()
            if isinstance(reply, CallError):
                self._answer_error(reply.message_id, frame.action or "", reply.code, reply.description)
        elif isinstance(frame, (Call, Send)):
            self._request(text, frame)
        else:
            self._answered(text, frame)
        self._tell()

    def _request(self, text: str, frame: Call | Send) -> None:
        breach = "" if isinstance(frame, Send) else self._repeated(frame)
        code = ""
        try:
            decode_request(self.version, frame.action, frame.payload)
        except SchemaViolation as error:
            breach = breach or str(error)
            code = "NotImplemented" if frame.action not in ACTIONS[self.version] else "FormatViolation"
        entry = self.transcript.add(
            self._clock.now(),
            "received",
            _KINDS[type(frame)],
            text,
            action=frame.action,
            message_id=frame.message_id,
            payload=_loads(frame.payload),
            breach=breach,
        )
        if isinstance(frame, Send):
            return
        self._theirs[frame.message_id] = entry
        if code:
            self._answer_error(frame.message_id, frame.action, code, breach[:255])
            return
        self.answer(entry, self._answering(entry))

    def _repeated(self, frame: Call) -> str:
        return "the message id was used before (J2:4.1.4)" if frame.message_id in self._theirs else ""

    def answer(self, entry: Entry, reply: Reply) -> None:
        """Answer a request of the system under test; a line that is gone meanwhile is noted, not raised."""
        try:
            if reply.error:
                self._answer_error(entry.message_id, entry.action, reply.error, "")
            elif reply.payload is not None:
                text = f'[3,"{entry.message_id}",{compact(reply.payload)}]'
                self._write(
                    text,
                    "result",
                    action=entry.action,
                    message_id=entry.message_id,
                    payload=reply.payload,
                    request=entry.index,
                )
        except LineDown:
            return

    def _answer_error(self, message_id: str, action: str, code: str, why: str) -> None:
        payload = {"errorCode": code, "errorDescription": why, "errorDetails": {}}
        text = json.dumps([4, message_id, code, why, {}], ensure_ascii=False)
        try:
            self._write(text, "error", action=action, message_id=message_id, payload=payload)
        except LineDown:
            return

    def _answered(self, text: str, frame: CallResult | CallError | CallResultError) -> None:
        if isinstance(frame, CallResultError):  # about what the tester answered: the request was theirs
            request, answer = self._theirs.get(frame.message_id), None
        else:
            request, answer = self._open.pop(frame.message_id, (None, None))
        action = request.action if request is not None else ""
        breach = "" if request is not None else "it answers nothing that was asked"
        if isinstance(frame, CallResult):
            payload = _loads(frame.payload)
            breach = breach or self._response_breach(action, frame)
        else:
            payload = {
                "errorCode": frame.code,
                "errorDescription": frame.description,
                "errorDetails": _loads(frame.details),
            }
        entry = self.transcript.add(
            self._clock.now(),
            "received",
            _KINDS[type(frame)],
            text,
            action=action,
            message_id=frame.message_id,
            payload=payload,
            breach=breach,
            request=None if request is None else request.index,
        )
        if answer is not None and not answer.done():
            answer.set_result(entry)

    def _response_breach(self, action: str, frame: CallResult) -> str:
        try:
            decode_response(self.version, action, frame.payload)
        except SchemaViolation as error:
            return str(error)
        return ""


def _loads(raw: Any) -> Any:
    try:
        return json.loads(bytes(raw))
    except ValueError:
        return None


def _seen(answer: asyncio.Future[Entry]) -> None:
    if not answer.cancelled():
        answer.exception()
