"""Does the backend converse as it must? A status, a heartbeat, an unknown token; and what it says to what is wrong on purpose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from pilotwire.doctor.conversation.refusals import is_malformed
from pilotwire.doctor.conversation.said import text_at
from pilotwire.doctor.findings import Layer, Severity
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.boot import Line
from pilotwire.doctor.probes.docked import Docked, Reply
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.frame import read_error_code

UNKNOWN_TOKEN: Final = "PILOTWIREDOCTOR"
UNKNOWN_ACTION: Final = "PilotwireDoctorAsks"
UNKNOWN_VENDOR: Final = "org.example.pilotwire-doctor"
_Step = Callable[[Docked], Awaitable[Reply]]


class Conversation:
    """Goes on where the boot was accepted, and closes the connection."""

    question = "Does the backend converse as the standard wants?"
    layer = Layer.CONVERSATION

    def __init__(self, line: Line, *, authorize: bool = True) -> None:
        self._line = line
        self._authorize = authorize

    async def look(self, patient: Patient) -> None:
        """Ask."""
        docked = self._line.docked
        if docked is None:
            patient.chart.skip(self.question, "There is no connection on which the station was accepted.")
            return
        try:
            await self._converse(docked)
            docked.judge.finish(patient.clock.now())
        finally:
            await self._line.leave()

    async def _converse(self, docked: Docked) -> None:
        steps: list[tuple[str, _Step]] = [("StatusNotification", _status), ("Heartbeat", _heartbeat)]
        if self._authorize:
            steps.append(("Authorize with an unknown token", _unknown_token))
        steps += [
            ("DataTransfer of an unknown vendor", _unknown_vendor),
            ("an unknown action", _unknown_action),
            ("a broken payload", _broken_payload),
        ]
        for place, (name, step) in enumerate(steps):
            reply = await step(docked)
            if reply.kind != "closed":
                continue
            what = f"The backend closes the connection ({reply.why}) instead of answering {name}."
            docked.patient.chart.find(rules.CLOSED, what)
            for left, _ in steps[place + 1 :]:
                docked.patient.chart.skip(f"What does the backend answer to {left}?", "It has closed the connection.")
            return
        if docked.patient.patience > 0:
            await docked.stay(docked.patient.patience)


async def _status(docked: Docked) -> Reply:
    return await _usual(docked, "StatusNotification", docked.usual("StatusNotification"))


async def _heartbeat(docked: Docked) -> Reply:
    return await _usual(docked, "Heartbeat", {})


async def _unknown_token(docked: Docked) -> Reply:
    payload: Mapping[str, Any] = {"idToken": {"idToken": UNKNOWN_TOKEN, "type": "ISO14443"}}
    reply = await _usual(docked, "Authorize", {"idTag": UNKNOWN_TOKEN} if docked.is_16 else payload)
    verdict = text_at(reply.payload, "idTagInfo" if docked.is_16 else "idTokenInfo", "status")
    if verdict:
        docked.patient.chart.note(Layer.CONVERSATION, "unknown token", verdict)
    if verdict == "Accepted":
        what = f"The backend accepts the token {UNKNOWN_TOKEN}, which nobody has given out."
        docked.patient.chart.find(rules.TOKEN_TAKEN, what, reply.text)
    return reply


async def _unknown_vendor(docked: Docked) -> Reply:
    reply = await _usual(docked, "DataTransfer", {"vendorId": UNKNOWN_VENDOR, "messageId": "hello"})
    if text_at(reply.payload, "status") == "Accepted":
        what = f"The backend takes DataTransfer of the vendor {UNKNOWN_VENDOR}, whom nobody knows."
        docked.patient.chart.find(rules.VENDOR_TAKEN, what, reply.text)
    return reply


async def _usual(docked: Docked, action: str, payload: Mapping[str, Any]) -> Reply:
    """A call as a station sends it: the judge says what is wrong with the answer."""
    reply = await docked.call(action, payload)
    if reply.kind in ("result", "error"):
        docked.patient.chart.note(Layer.CONVERSATION, f"round trip of {action}", reply.milliseconds)
    return reply


# --- wrong on purpose --------------------------------------------------------------------------------------------------------


async def _unknown_action(docked: Docked) -> Reply:
    reply = await docked.call(UNKNOWN_ACTION, {}, on_purpose=True)
    chart = docked.patient.chart
    if reply.kind == "result":
        what = f"The backend answers the unknown action {UNKNOWN_ACTION} as if it knew it."
        chart.find(rules.BROKEN_TAKEN, what, reply.text)
    elif reply.kind == "silence":
        _silent(docked, f"an unknown action ({UNKNOWN_ACTION})", "NotImplemented")
    elif reply.kind == "error":
        code = _code(docked, reply)
        chart.note(Layer.CONVERSATION, "unknown action", code)
        if code not in ("NotImplemented", "NotSupported"):
            what = f"The backend answers an unknown action with {code}; NotImplemented says what is wrong."
            chart.find(rules.CODE_WRONG, what, reply.text)
    return reply


async def _broken_payload(docked: Docked) -> Reply:
    """A number where a text (1.6) or an object (2.x) must be, in Authorize: it changes nothing at the backend."""
    payload: Mapping[str, Any] = {"idTag": 4711} if docked.is_16 else {"idToken": 4711}
    reply = await docked.call("Authorize", payload, on_purpose=True)
    chart = docked.patient.chart
    if reply.kind == "result":
        what = f"The backend takes Authorize although its payload breaks the schema: {dict(payload)}."
        chart.find(rules.BROKEN_PAYLOAD_TAKEN, what, reply.text)
    elif reply.kind == "silence":
        _silent(docked, "a payload that breaks its schema", "TypeConstraintViolation")
    elif reply.kind == "error":
        code = _code(docked, reply)
        chart.note(Layer.CONVERSATION, "broken payload", code)
        if code != "TypeConstraintViolation":
            what = f"The backend answers a number in the place of a token with {code}; TypeConstraintViolation says what is wrong."
            weight = Severity.NOTE if is_malformed(code) else None
            chart.find(rules.CODE_WRONG, what, reply.text, severity=weight)
    return reply


def _silent(docked: Docked, name: str, right: str) -> None:
    what = f"The backend does not answer {name} within {docked.patient.timeout:g} s; CALLERROR {right} is due."
    docked.patient.chart.find(rules.NO_ERROR_BUT_SILENCE, what)


def _code(docked: Docked, reply: Reply) -> str:
    """The error code in the version's spelling; a wrong one is told."""
    code, fault = read_error_code(reply.code, docked.version)
    if fault:
        rule = rules.CODE_SPELLING if code != reply.code else rules.CODE_UNKNOWN
        docked.patient.chart.find(rule, f"The backend refuses a call of ours: {fault}.", reply.text)
    return code
