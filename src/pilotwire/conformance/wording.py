"""Steps in words: what a report, a prompt or `pilotwire test show` says of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Asks,
    AtEvse,
    Case,
    Complains,
    Configures,
    Disconnects,
    ForEach,
    Happened,
    InAnyOrder,
    Judges,
    Keeps,
    Learns,
    NotReceives,
    Offers,
    OnlyIf,
    Reached,
    Receives,
    Reconnects,
    Refuses,
    Repeats,
    Role,
    Sends,
    State,
    Step,
    Tells,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.values import shown
from pilotwire.conformance.words16 import in_words_of_16
from pilotwire.ocpp.version import OcppVersion


def sentence(step: Step, role: Role) -> str:
    """What happens in this step, in a sentence without a full stop."""
    return _SENTENCES[type(step)](step, "The station" if role == "station" else "The CSMS")


def outline(case: Case) -> str:
    """A case as text: what it is about, and all its steps with their checks."""
    lines = [f"{case.id}  {case.title}", case.purpose, f"Follows {case.follows}."]
    if case.remark:
        lines.append(f"Remark: {case.remark}")
    for part, steps in (("Before", case.before), ("Main", case.main), ("After", case.after)):
        if steps:
            outlined = _outlined(steps, case.role, 1)
            lines += ["", part, *(map(in_words_of_16, outlined) if case.version is OcppVersion.V16 else outlined)]
    return "\n".join(lines)


def _outlined(steps: Iterable[Step], role: Role, depth: int) -> Iterator[str]:
    for step in steps:
        indent = "  " * depth
        number = f"{step.number}. " if step.number else ""
        yield f"{indent}{number}{sentence(step, role)}"
        for check in getattr(step, "checks", ()):
            yield f"{indent}    - {check.what}{f' ({check.requirement})' if check.requirement else ''}"
        yield from _outlined(getattr(step, "steps", ()), role, depth + 1)
        if getattr(step, "otherwise", ()):
            yield f"{indent}Otherwise"
            yield from _outlined(getattr(step, "otherwise", ()), role, depth + 1)


def _sends(step: Any, sut: str) -> str:
    return f"The tester sends {step.action}Request{_fields(step.payload)}; {sut[0].lower() + sut[1:]} answers"


def _receives(step: Any, sut: str) -> str:
    ask = f"{sut} sends {step.action}Request"
    if step.where:
        ask += " of which " + " and ".join(check.what for check in step.where)
    if step.optional:
        ask += " (optional)"
    if step.unanswered:
        return f"{ask}; the tester does not answer"
    if step.error:
        return f"{ask}; the tester answers with CALLERROR {step.error}"
    return f"{ask}; the tester answers{_fields(step.answer)}" if step.answer else ask


def _complains(step: Any, sut: str) -> str:
    how = f" {' or '.join(step.codes)}" if step.codes else ""
    return f"{sut} answers the tester's {step.action}Response with CALLRESULTERROR{how}"


def _status(step: Any, sut: str) -> str:
    which = _which(step)
    return f"{sut} tells that {which} is {shown(step.status)}" + (" (optional)" if step.optional else "")


def _which(step: TellsStatus | Tells) -> str:
    if step.every == "station":
        return "every connector"
    if step.every == "others":
        return f"every connector of EVSEs other than {shown(step.evse)}"
    return f"{'every connector' if step.every else f'connector {shown(step.connector)}'} of EVSE {shown(step.evse)}"


def _tells(step: Any, _: str) -> str:
    which = _which(step)
    return f"The tester tells that {which} is {shown(step.status)}"


def _not_receives(step: Any, sut: str) -> str:
    what = f"{step.action}Request" if step.action else "request"
    which = f" of which {' and '.join(check.what for check in step.where)}" if step.where else ""
    return f"{sut} sends no {what}{which} for {shown(step.seconds)} s"


def _acts(step: Any, _: str) -> str:
    details = {name: shown(value) for name, value in step.details.items()}
    return act_named(step.act, details).instruction(details).rstrip(".")


def _asks(step: Any, _: str) -> str:
    may = " (it may refuse to)" if step.refusable else ""
    return f"The operator has the CSMS send {step.action}Request{_fields(step.payload)}{may}"


def _configures(step: Any, _: str) -> str:
    unless = " (if implemented)" if step.if_implemented else " (if it can be written)" if step.if_writable else ""
    return f"{step.variable} is {shown(step.value)}{unless}"


def _answers(step: Any, _: str) -> str:
    if step.held:
        return f"From now on the tester keeps its answers to {step.action}Request back"
    if step.unanswered:
        return f"From now on the tester does not answer {step.action}Request"
    if step.error:
        return f"From now on the tester answers {step.action}Request with CALLERROR {step.error}"
    if step.payload is None:
        return f"From now on the tester answers {step.action}Request as usual"
    return f"From now on the tester answers {step.action}Request{_fields(step.payload)}"


def _disconnects(step: Any, _: str) -> str:
    how = "cuts" if step.abruptly else "closes"
    return f"The tester {how} the connection" + (" and accepts no other" if step.stay_away else "")


def _refuses(step: Any, sut: str) -> str:
    where = " at its other endpoint" if step.endpoint == "other" else ""
    return f"The tester turns {sut[0].lower() + sut[1:]} away{where}: {shown(step.attempts)} times at least"


def _reconnects(step: Any, sut: str) -> str:
    if step.endpoint == "other":
        return f"{sut} connects to the other endpoint of the tester"
    return "The connection is refused" if step.refused else f"{sut} and the tester are connected again"


_SENTENCES: Final[dict[type[Step], Callable[[Any, str], str]]] = {
    Sends: _sends,
    Receives: _receives,
    Complains: _complains,
    TellsStatus: _status,
    Tells: _tells,
    NotReceives: _not_receives,
    Acts: _acts,
    Asks: _asks,
    Configures: _configures,
    Learns: lambda step, _: f"{step.variable} of the station is taken for {step.setting}",
    Answers: _answers,
    Disconnects: _disconnects,
    Reconnects: _reconnects,
    Refuses: _refuses,
    Waits: lambda step, _: f"The tester waits {shown(step.seconds)} s: {step.why}",
    Offers: lambda step, _: f"The tester's side of the line has {shown(step.how)}",
    Happened: lambda step, _: f"Now {shown(step.facts)}",
    Reached: lambda step, _: f"The state is {step.state}",
    Keeps: lambda step, _: f"Kept for later: {shown(step.values)}",
    Judges: lambda step, _: "What was heard is judged",
    InAnyOrder: lambda step, _: "In any order",
    OnlyIf: lambda step, _: f"If {step.condition.what}",
    ForEach: lambda step, _: f"For each {step.name} of {shown(step.values)}",
    Repeats: lambda step, _: f"Until {step.until.what}" if step.until else f"{shown(step.most)} times",
    AtEvse: lambda step, _: f"At EVSE {shown(step.evse)}",
    State: lambda step, _: f"Reusable state {step.name}",
}


def _fields(payload: Any) -> str:
    if not payload:
        return ""
    text = ", ".join(f"{name} {shown(value)}" for name, value in payload.items())
    return " with " + (text if len(text) <= 300 else text[:297] + "...")
