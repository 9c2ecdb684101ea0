"""What changed since an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pilotwire.conformance.verdict import CaseResult, Outcome

_GOOD: Final = (Outcome.PASSED, Outcome.WARNING)


@dataclass(frozen=True, slots=True)
class Change:
    """One case that came out otherwise: "" for the outcome of a run it was not in."""

    case: str
    before: str
    now: str
    reason: str

    @property
    def broke(self) -> bool:
        """Whether it was good before and is not now."""
        return self.before in _GOOD and self.now not in (*_GOOD, "", Outcome.NOT_APPLICABLE)

    @property
    def mended(self) -> bool:
        """Whether it is good now and was not before."""
        return self.now in _GOOD and self.before not in (*_GOOD, "", Outcome.NOT_APPLICABLE)


def changes(before: Mapping[str, CaseResult], now: Mapping[str, CaseResult]) -> list[Change]:
    """The cases that came out otherwise, those that broke first, then those that were mended, then the others."""
    found = []
    for case in sorted({*before, *now}):
        was, is_ = before.get(case), now.get(case)
        old, new = str(was.outcome) if was else "", str(is_.outcome) if is_ else ""
        if old != new:
            told = is_ or was
            found.append(Change(case, old, new, told.reason if told else ""))
    return sorted(found, key=lambda one: (not one.broke, not one.mended, one.case))
