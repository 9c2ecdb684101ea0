"""Payloads: of the right version, known actions, the schema; a message of another version is told once instead of by its fields."""

from __future__ import annotations

from pilotwire.doctor.conversation.context import Context
from pilotwire.doctor.conversation.said import OTHER, WHO, Answered, Flaw, Said, flaw_case
from pilotwire.doctor.conversation.schema import flaws_of
from pilotwire.doctor.conversation.versions import belongs_to, same_family
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.frame import section
from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion


class Payloads:
    """The judge of the payloads of one station's conversation."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._notes = context.notes
        self.mixed = False
        """Whether a side speaks another version than was agreed on: nothing it says can be judged by this one."""

    def call(self, said: Said) -> None:
        """Judge a call: action, direction, version, schema. Sets its `flaws` and whether it is `known`."""
        flaws = flaws_of(said.version, said.action, said.payload, response=False)
        other = belongs_to(said.version, said.action, said.payload, response=False, flawed=bool(flaws))
        if other is not None:
            self._of_another(said, other)
            return
        action = ACTIONS[said.version].get(said.action)
        if action is None:
            self._unknown(said)
        elif action.sender not in (said.sender, "both"):
            said.known = False
            what = f"{WHO[said.sender]} sends {said.action}, which only {WHO[OTHER[said.sender]].lower()} sends."
            self._notes.found(rules.WRONG_DIRECTION, what, said.text, at=said, case=said.action)
        else:
            said.flaws = flaws
            self._tell(said, said, "call", flaws)

    def answer(self, answer: Answered) -> None:
        """Judge an answer's payload."""
        call = answer.call
        if not call.known or not call.action:
            return
        flaws = flaws_of(call.version, call.action, answer.payload, response=True)
        other = belongs_to(call.version, call.action, answer.payload, response=True, flawed=bool(flaws))
        if other is not None:
            what = f"{WHO[OTHER[call.sender]]} answers {call.action} as in OCPP {other}"
            self._mixed(answer, call.version, other, what)
            return
        answer.flaws = flaws
        self._tell(answer, call, "answer", flaws)

    def _unknown(self, said: Said) -> None:
        said.known = False
        near = next((each for each in ACTIONS[said.version] if each.lower() == said.action.lower()), "")
        hint = f"; it differs only in case from {near}" if near else ""
        what = f"{WHO[said.sender]} sends {said.action!r}, which is no action of OCPP {said.version}{hint}."
        remedy = f"Write {near}." if near else ""
        self._notes.found(rules.UNKNOWN_ACTION, what, said.text, at=said, case=said.action, remedy=remedy)

    def _of_another(self, said: Said, other: OcppVersion) -> None:
        said.known = False
        self._mixed(said, said.version, other, f"{WHO[said.sender]} sends {said.action} as in OCPP {other}")

    def _mixed(self, place: Said | Answered, spoken: OcppVersion, other: OcppVersion, what: str) -> None:
        if same_family(spoken, other):
            newer = f"{what}, on a line of OCPP {spoken}."
            self._notes.found(rules.VERSION_NEWER, newer, place.text, at=place, case=what)
            return
        self.mixed = True
        sentence = (
            f"{what}, on a line on which OCPP {spoken} was agreed. What follows from that is not told one by one."
        )
        self._notes.found(rules.VERSION_MIXED, sentence, place.text, at=place)

    def _tell(self, place: Said | Answered, call: Said, part: str, flaws: tuple[Flaw, ...]) -> None:
        sender = call.sender if part == "call" else OTHER[call.sender]
        name = call.action if part == "call" else f"the answer to {call.action}"
        for flaw in flaws:
            what = f"{WHO[sender]} breaks the schema of OCPP {call.version} in {name}: {flaw.what}."
            case = flaw_case(call, part, flaw.path)
            weight = _weight(call, part)
            source = section(call.version, "4.2.1" if part == "call" else "4.2.2", "4.1.2")
            self._notes.found(
                flaw.rule, what, place.text, at=place, case=case, remedy=flaw.remedy, severity=weight, source=source
            )


def _weight(call: Said, part: str) -> Severity | None:
    return Severity.FATAL if call.action == "BootNotification" and part == "answer" else None
