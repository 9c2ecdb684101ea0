"""What is not as it should be in the results of a run, beside what failed: a lab takes no report with an anomaly in it.

Near a limit: an answer, message or reconnection that took more than half of what it may. Tolerated: a soft check that failed.
Unanswered: a request of the tester that had that half of its time on a standing line, and got no answer. Unasked: an answer to nothing, or
a message that comes only where it was asked for, and was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pilotwire.conformance.language import Role
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.conformance.wire.transcript import Entry

SHARE: Final = 0.5
"""What took more than this of its limit is near it."""


class Kind(StrEnum):
    """What is wrong."""

    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    LEFT_OUT = "left out"
    WARNING = "warning"
    TOLERATED = "tolerated"
    NEAR_LIMIT = "near a limit"
    UNANSWERED = "unanswered"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly: in which case, of which kind, what it is, and the frame of it by its index, if it is one."""

    case: str
    kind: Kind
    what: str
    frame: int | None = None


def anomalies(result: CaseResult, role: Role, message_timeout: float) -> Iterator[Anomaly]:
    """What is not as it should be in one case; `message_timeout` is how long an answer may take, in s (the setting of the plan)."""
    kinds = {
        Outcome.FAILED: Kind.FAILED,
        Outcome.INCONCLUSIVE: Kind.INCONCLUSIVE,
        Outcome.NOT_APPLICABLE: Kind.LEFT_OUT,
        Outcome.WARNING: Kind.WARNING,
    }
    if result.outcome in kinds:
        yield Anomaly(result.id, kinds[result.outcome], result.reason)
    yield from _tolerated(result)
    yield from _slow(result, message_timeout)
    yield from _unanswered(result, message_timeout)
    yield from _unasked(result, role)


def counted(found: Iterable[Anomaly]) -> dict[Kind, int]:
    """How many of each kind."""
    kinds = [one.kind for one in found]
    return {kind: kinds.count(kind) for kind in Kind}


def _tolerated(result: CaseResult) -> Iterator[Anomaly]:
    for step in result.steps:
        for check in step.checks:
            if check.soft and not check.passed:
                found = check.found or "something else"
                yield Anomaly(result.id, Kind.TOLERATED, f"{check.what}, but found {found}", check.entry)


def _slow(result: CaseResult, message_timeout: float) -> Iterator[Anomaly]:
    """Steps that waited long, and answers that took long; an answer a step has waited for has the limit of that step."""
    judged: set[int] = set()
    for step in result.steps:
        if not step.limit:
            continue
        judged.update(step.entries)
        if step.seconds > step.limit * SHARE:
            about = step.text.rstrip(".") or "A step"
            yield Anomaly(
                result.id, Kind.NEAR_LIMIT, f"{about}: {_took(step.seconds, step.limit)}", _last(step.entries)
            )
    for entry in result.entries:
        if not _is_answer(entry) or entry.request is None or entry.index in judged or entry.request in judged:
            continue
        seconds = (entry.at - result.entries[entry.request].at).total_seconds()
        if seconds > message_timeout * SHARE:
            yield Anomaly(result.id, Kind.NEAR_LIMIT, f"{entry.name}: {_took(seconds, message_timeout)}", entry.index)


def _last(entries: list[int]) -> int | None:
    return entries[-1] if entries else None


def _took(seconds: float, limit: float) -> str:
    return f"it took {seconds:.3g} s of the {limit:g} s it may"


def _is_answer(entry: Entry) -> bool:
    return entry.direction == "received" and entry.kind in ("result", "error")


_LINE_ENDS: Final = ("closed", "replaced")


def _unanswered(result: CaseResult, message_timeout: float) -> Iterator[Anomaly]:
    answered = {entry.request for entry in result.entries if _is_answer(entry)}
    for entry in result.entries:
        if entry.direction != "sent" or entry.kind != "call" or entry.index in answered:
            continue
        after = result.entries[entry.index + 1 :]
        until = next((one.at for one in after if one.kind in _LINE_ENDS), result.entries[-1].at)
        seconds = (until - entry.at).total_seconds()
        if seconds > message_timeout * SHARE:
            what = f"{entry.name} got no answer in {seconds:.1f} s"
            yield Anomaly(result.id, Kind.UNANSWERED, what, entry.index)


# --- what nobody asked for ---------------------------------------------------------------------------------------------------------

_ASKED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    # 2.0.1
    "NotifyReport": ("GetBaseReport", "GetReport"),
    "NotifyMonitoringReport": ("GetMonitoringReport",),
    "NotifyCustomerInformation": ("CustomerInformation",),
    "NotifyDisplayMessages": ("GetDisplayMessages",),
    "ReportChargingProfiles": ("GetChargingProfiles",),
    "LogStatusNotification": ("GetLog", "TriggerMessage", "ExtendedTriggerMessage"),
    "PublishFirmwareStatusNotification": ("PublishFirmware", "TriggerMessage"),
    "FirmwareStatusNotification": ("UpdateFirmware", "TriggerMessage"),
    # 1.6
    "DiagnosticsStatusNotification": ("GetDiagnostics", "TriggerMessage"),
    "SignedFirmwareStatusNotification": ("SignedUpdateFirmware", "ExtendedTriggerMessage"),
    # a vendor's own: nothing in the standard has a station send it
    "DataTransfer": ("DataTransfer",),
}
"""Messages of a station that the CSMS has to have asked for, and by what (Part 2; 1.6 chapter 4 and 5, Security Whitepaper)."""


def _unasked(result: CaseResult, role: Role) -> Iterator[Anomaly]:
    asked: set[str] = set()
    for entry in result.entries:
        if entry.direction == "sent" and entry.kind == "call":
            asked.add(entry.action)
        if entry.direction != "received":
            continue
        if _is_answer(entry) and entry.request is None:
            yield Anomaly(
                result.id, Kind.UNASKED, f"{entry.name or 'an answer'} answers nothing that was asked", entry.index
            )
        elif role == "station" and entry.kind in ("call", "send") and not entry.taken and _came_unasked(entry, asked):
            yield Anomaly(result.id, Kind.UNASKED, f"{entry.name} came, and nobody had asked for it", entry.index)


def _came_unasked(entry: Entry, asked: set[str]) -> bool:
    wanted = _ASKED_BY.get(entry.action)
    return wanted is not None and not asked & set(wanted)
