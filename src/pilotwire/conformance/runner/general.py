"""What holds in every case: the general tool validations of the documents (sections 2.1 and 3.1 of Part 6)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.transcript import Entry, Transcript

GAPLESS: Final = "E01.FR.07"
"""The requirement that seqNo follow each other, which a case with `gaps` does not ask for."""


def general_validations(transcript: Transcript, role: str) -> StepResult:
    """The validations over the whole case, as a step of their own."""
    result = StepResult("", "In every case", "after")
    result.checks += schema_validations(transcript)
    if role == "station":
        events: dict[str, list[Entry]] = defaultdict(list)
        for entry in transcript.requests():
            if entry.action == "TransactionEvent" and not entry.breach:
                events[entry.payload["transactionInfo"]["transactionId"]].append(entry)
        for transaction_id, of_it in events.items():
            result.checks += _transaction(transaction_id, of_it)
    return result


def schema_validations(transcript: Transcript) -> list[CheckResult]:
    """Every message complies with the schemas and the RPC framework."""
    what = "every message complies with the schemas and the RPC framework"
    breaches = [CheckResult(what, False, f"{one.name}: {one.breach}", entry=one.index) for one in transcript.breaches()]
    return breaches or [CheckResult(what, True, f"{sum(one.direction == 'received' for one in transcript)} messages")]


def _transaction(transaction_id: str, events: list[Entry]) -> list[CheckResult]:
    """Events of a transaction: numbered without gaps, the first is Started, nothing after Ended (E01.FR.07, E02, E06)."""
    ordered = sorted(events, key=lambda one: one.payload["seqNo"])
    about = f"transaction {transaction_id}"
    numbers = [one.payload["seqNo"] for one in ordered]
    distinct = sorted(set(numbers))
    gapless = distinct == list(range(distinct[0], distinct[0] + len(distinct)))
    checks = [
        CheckResult(f"the seqNo of {about} follow each other", gapless, str(numbers), GAPLESS, entry=events[-1].index)
    ]
    first, types = ordered[0], [one.payload["eventType"] for one in ordered]
    if first.payload["seqNo"] == 0 or "Started" in types:
        right = types[0] == "Started"
        checks.append(CheckResult(f"the first event of {about} is Started", right, types[0], entry=first.index))
    ended = [place for place, kind in enumerate(types) if kind == "Ended"]
    # an Ended that was not answered is sent again (E13), also after a reset (B12.FR.05)
    nothing_after = not ended or {(one.payload["eventType"], one.payload["seqNo"]) for one in ordered[ended[0] :]} == {
        ("Ended", numbers[ended[0]])
    }
    checks.append(CheckResult(f"nothing follows the Ended of {about}", nothing_after, ", ".join(types)))
    return checks + _token(about, ordered)


def _token(about: str, ordered: list[Entry]) -> list[CheckResult]:
    """The first event after the idToken was presented tells it; the first after the cable was plugged in tells the EVSE."""
    checks = []
    wanted: tuple[tuple[str, tuple[str, ...], Any], ...] = (
        ("idToken", ("Authorized", "RemoteStart"), lambda payload: "idToken" in payload),
        ("evse", ("CablePluggedIn",), lambda payload: {"id", "connectorId"} <= payload.get("evse", {}).keys()),
    )
    for name, reasons, told in wanted:
        first = next((one for one in ordered if one.payload["triggerReason"] in reasons), None)
        if first is None or any(told(one.payload) for one in ordered[: ordered.index(first)]):
            continue
        what = f"the first event of {about} after {reasons[0]} tells {name}"
        right = told(first.payload)
        checks.append(CheckResult(what, right, "told" if right else "not told", entry=first.index))
    return checks
