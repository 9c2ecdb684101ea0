"""What holds in every case of OCPP 1.6: the generic conventions (test document, section 1.2), and what transactions are (1.6:4.8, 4.10)."""

from __future__ import annotations

from pilotwire.conformance.runner.general import schema_validations
from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.transcript import Entry, Transcript


def general_validations16(transcript: Transcript, role: str) -> StepResult:
    """The validations over the whole case, as a step of their own."""
    result = StepResult("", "In every case", "after")
    result.checks += schema_validations(transcript)
    if role == "station":
        given = _given(transcript)
        known = {number for number, _ in given}
        for entry in transcript.requests():
            if not entry.breach and "transactionId" in entry.payload:
                result.checks.append(_of_known_transaction(entry, known))
        result.checks += _each_stopped_once(transcript)
    return result


def _given(transcript: Transcript) -> list[tuple[int, Entry]]:
    """The transactionIds the tester has given, and where."""
    answers = (one for one in transcript if one.direction == "sent" and one.kind == "result")
    return [(one.payload["transactionId"], one) for one in answers if one.action == "StartTransaction"]


def _of_known_transaction(entry: Entry, known: set[int]) -> CheckResult:
    """-1: a transaction that was started offline and has no transactionId yet (1.6 errata 3.0, 3.37)."""
    number = entry.payload["transactionId"]
    right = number in known or number == -1
    what = "the transactionId is one the Central System gave"
    return CheckResult(what, right, str(number), "1.6:4.10", entry=entry.index, path="transactionId")


def _each_stopped_once(transcript: Transcript) -> list[CheckResult]:
    """A StopTransaction that is told again after no answer came is the same message; one with other content is another."""
    told: dict[int, Entry] = {}
    checks = []
    for entry in transcript.requests():
        if entry.action != "StopTransaction" or entry.breach:
            continue
        first = told.setdefault(entry.payload["transactionId"], entry)
        if first is not entry:
            same = first.payload == entry.payload
            found = "told again" if same else "told otherwise"
            checks.append(CheckResult("a transaction is stopped once", same, found, "1.6:4.10", entry=entry.index))
    return checks
