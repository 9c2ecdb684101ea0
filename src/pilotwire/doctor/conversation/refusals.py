"""CALLERRORs: spelled rightly, the right one for what was wrong, on what a platform needs, and the same one again and again."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.pnc import is_pnc
from pilotwire.doctor.conversation.said import OTHER, WHO, Answered
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.frame import read_error_code
from pilotwire.ocpp.registry import ACTIONS

_NOT_DONE: Final = frozenset({"NotImplemented", "NotSupported"})
_MALFORMED: Final = frozenset(
    {
        "FormatViolation",
        "FormationViolation",
        "OccurrenceConstraintViolation",
        "OccurenceConstraintViolation",
        "PropertyConstraintViolation",
        "TypeConstraintViolation",
        "ProtocolError",
        "RpcFrameworkError",
    }
)
_OF_CONTENT: Final = frozenset(
    {"PropertyConstraintViolation", "OccurrenceConstraintViolation", "OccurenceConstraintViolation"}
)
"""Codes that may also tell of a rule between fields, which no schema holds."""
_AGAIN: Final = 3
_CORE: Final = frozenset(
    {
        "Authorize",
        "BootNotification",
        "ChangeAvailability",
        "ChangeConfiguration",
        "GetConfiguration",
        "Heartbeat",
        "MeterValues",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "RequestStartTransaction",
        "RequestStopTransaction",
        "Reset",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
        "TransactionEvent",
        "UnlockConnector",
        "GetBaseReport",
        "GetVariables",
        "SetVariables",
        "NotifyReport",
        "NotifyEvent",
        "SecurityEventNotification",
        "TriggerMessage",
    }
)
_OPTIONAL_16: Final = frozenset({"TriggerMessage", "SecurityEventNotification"})


def is_malformed(code: str) -> bool:
    """Whether an error code says that a payload breaks its schema."""
    return code in _MALFORMED


class Refusals(Group):
    """The errors in one station's conversation."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def answered(self, answer: Answered) -> None:
        """An error, or an answer where an error was due."""
        if answer.code:
            self._error(answer)
        elif not answer.call.known and answer.call.action and answer.call.action not in ACTIONS[answer.call.version]:
            what = f"{self._who(answer)} answers the unknown action {answer.call.action!r} as if it knew it."
            self.notes.found(
                rules.BROKEN_TAKEN, what, answer.call.text, answer.text, at=answer, case=answer.call.action
            )
        elif answer.call.flaws and answer.call.action != "BootNotification":
            what = f"{self._who(answer)} takes {answer.call.action} although its payload breaks the schema."
            case = f"{answer.call.sender}:{answer.call.action}"
            self.notes.found(rules.BROKEN_PAYLOAD_TAKEN, what, answer.call.text, answer.text, at=answer, case=case)

    def _who(self, answer: Answered) -> str:
        return WHO[OTHER[answer.call.sender]]

    def _error(self, answer: Answered) -> None:
        code, fault = read_error_code(answer.code, answer.call.version)
        if fault:
            rule = rules.CODE_SPELLING if code != answer.code else rules.CODE_UNKNOWN
            what = f"{self._who(answer)} refuses {answer.call.action}: {fault}."
            self.notes.found(rule, what, answer.text, at=answer, case=answer.code)
        call = answer.call
        if not call.known or call.flaws or not call.readable:
            self._for_something_wrong(answer, code)
        elif call.action == "BootNotification":
            return  # told as the boot's
        elif code in _MALFORMED:
            self._for_something_right(answer, code)
        elif code in _NOT_DONE:
            self._not_done(answer, code)
        elif code == "SecurityError" and not self.context.may_talk:
            return  # what the standard wants where a station is not accepted (B02.FR.09, B03.FR.07)
        else:
            self._seen_error(answer, code)
        self._again(answer, code)

    def _seen_error(self, answer: Answered, code: str) -> None:
        said = f": {answer.description}" if answer.description else ""
        what = f"{self._who(answer)} answers {answer.call.action} with the error {code}{said}."
        case = f"{answer.call.sender}:{answer.call.action}:{code}"
        self.notes.found(rules.ERROR_SEEN, what, answer.call.text, answer.text, at=answer, case=case)

    def _for_something_wrong(self, answer: Answered, code: str) -> None:
        call = answer.call
        if not call.known:
            nobody_knows = call.action not in ACTIONS[call.version]
            right = {"NotImplemented"} if nobody_knows else set(_NOT_DONE)
            usual = "NotImplemented" if nobody_knows else "NotSupported"
            wrong, weight = f"{call.action!r} is not known" if nobody_knows else f"{call.action} is not its own", None
            if code == "NotSupported":
                weight = Severity.NOTE
        elif call.flaws:
            right, usual = {flaw.code for flaw in call.flaws}, call.flaws[0].code
            wrong, weight = call.flaws[0].what, Severity.NOTE if code in _MALFORMED else None
        else:
            return
        if code in right:
            return
        what = f"{self._who(answer)} refuses {call.action} with {code}; {usual} says what is wrong: {wrong}."
        case = f"{call.sender}:{code}:{usual}"
        self.notes.found(rules.CODE_WRONG, what, call.text, answer.text, at=answer, case=case, severity=weight)

    def _for_something_right(self, answer: Answered, code: str) -> None:
        call = answer.call
        said = f" ({answer.description})" if answer.description else ""
        what = f"{self._who(answer)} refuses {call.action} with {code}{said}, but the payload fits the schema of OCPP {call.version}."
        weight = Severity.NOTE if code in _OF_CONTENT else None
        case = f"{call.sender}:{call.action}:{code}"
        self.notes.found(rules.REFUSED_VALID, what, call.text, answer.text, at=answer, case=case, severity=weight)

    def _not_done(self, answer: Answered, code: str) -> None:
        call = answer.call
        if is_pnc(call):
            return
        demanded = call.action in self.profile.protocol.actions
        core = call.action in _CORE and not (call.is_16 and call.action in _OPTIONAL_16)
        weight = Severity.BREACH if demanded or core else None
        why = (
            f", which the profile {self.profile.name} demands"
            if demanded
            else ", which every one must have"
            if core
            else ""
        )
        what = f"{self._who(answer)} answers {call.action} with {code}{why}."
        source = self.profile.source if demanded else ""
        case = f"{call.sender}:{call.action}"
        self.notes.found(
            rules.NOT_IMPLEMENTED, what, call.text, answer.text, at=answer, case=case, severity=weight, source=source
        )

    def _again(self, answer: Answered, code: str) -> None:
        call = answer.call
        key = (call.sender, call.action, code)
        if len(self._seen) > 500 and key not in self._seen:
            return
        self._seen[key] += 1
        if self._seen[key] >= _AGAIN:
            what = f"{WHO[call.sender]} sends {call.action} again and again, and always gets {code}."
            self.notes.found(rules.ERROR_REPEATED, what, call.text, answer.text, at=answer, case=":".join(key))
