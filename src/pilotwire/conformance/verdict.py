"""What came of a case: checks, steps, and the verdict over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pilotwire.conformance.wire.transcript import Entry


class Outcome(StrEnum):
    """The five results. Only `passed` is a pass."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One validation as it was judged: `entry` is the frame it looked at, by its index in the transcript, `path` the place in it.

    `unwanted` is the action of which none was to come ("*": any), where that was judged.
    """

    what: str
    passed: bool
    found: str = ""
    requirement: str = ""
    soft: bool = False
    applies: bool = True
    entry: int | None = None
    path: str = ""
    unwanted: str = ""


@dataclass(slots=True)
class StepResult:
    """One step as it was played. `states` are the reusable states it is inside of, `fault` says why it could not be done.

    An `inner` step only arranges others (a condition, a fact that is recorded): nobody outside sees it. `limit`: how long what was waited
    for may take, in s; 0 where that is an interval, or nothing was waited for. `kind`: the step is a `stimulus` of the tester, `optional`,
    `early` (it may have happened before the stimulus), or a `landmark` (what came before it is not meant by the steps after it); "" if
    none. `asked`: `action` and `payload` of what the operator of the CSMS under test was asked for.
    """

    number: str
    text: str
    part: str
    states: tuple[str, ...] = ()
    note: str = ""
    checks: list[CheckResult] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    fault: str = ""
    skipped: bool = False
    inner: bool = False
    seconds: float = 0.0
    limit: float = 0.0
    kind: str = ""
    asked: dict[str, Any] = field(default_factory=dict)

    def in_other_words(self, worded: Callable[[str], str]) -> None:
        """What the bench says, put otherwise; what was found is left as it was said."""
        self.text = worded(self.text)
        self.checks = [replace(one, what=worded(one.what)) for one in self.checks]

    @property
    def failed(self) -> bool:
        """Whether it could not be done, or a check that is not soft failed."""
        return bool(self.fault) or any(not one.passed and not one.soft for one in self.checks)

    @property
    def warned(self) -> bool:
        """Whether a soft check failed."""
        return any(not one.passed and one.soft for one in self.checks)


@dataclass(slots=True)
class CaseResult:
    """One case as it was played. `reason` is the verdict in a sentence."""

    id: str
    title: str
    outcome: Outcome
    reason: str
    started: datetime | None = None
    seconds: float = 0.0
    steps: list[StepResult] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    sabotage: str = ""


def judged(steps: list[StepResult]) -> tuple[Outcome, str]:
    """The verdict over the steps of a case, and its sentence.

    What fails before the main steps makes the case inconclusive: what it is about was never tried.
    """
    failed = [one for one in steps if one.failed]
    if failed:
        first = failed[0]
        outcome = Outcome.INCONCLUSIVE if first.part == "before" else Outcome.FAILED
        return outcome, _why(first)
    warned = [one for one in steps if one.warned]
    if warned:
        return Outcome.WARNING, _why(warned[0])
    checks = sum(one.applies for step in steps if step.part != "before" for one in step.checks)
    return Outcome.PASSED, f"All {checks} validations passed."


def _why(step: StepResult) -> str:
    place = f"step {step.number}" if step.number else "a step"
    inside = f" of {' in '.join(reversed(step.states))}" if step.states else ""
    where = f"{'while preparing, ' if step.part == 'before' else ''}{place}{inside}"
    where = where[0].upper() + where[1:]
    fault, failing = step.fault.rstrip("."), [one for one in step.checks if not one.passed]
    if fault and not failing:
        return f"{where}: {fault}."
    first = failing[0]
    more = f" ({fault})" if fault else ""
    return f"{where}: {first.what}, but found {first.found or 'something else'}{more}."
