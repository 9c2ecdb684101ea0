"""An examination as it is kept and shown: who was examined, from where, by which demands, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pilotwire.doctor.findings import Chart, Finding, Severity, Step

STEPS: Final = (Step.CERTIFICATES, Step.PROTOCOL, Step.NETWORK)


@dataclass(frozen=True, slots=True)
class Report:
    """`subject` is what was examined (a URL, a file, a station), `seen_from` from where (`station`, `backend`, `capture`, `log`)."""

    subject: str
    seen_from: str
    profile: str
    at: datetime
    chart: Chart = field(default_factory=Chart)

    @property
    def worst(self) -> Severity | None:
        """How bad the worst finding is, None if there is none."""
        found = self.chart.in_order()
        return found[0].weight if found else None

    @property
    def verdict(self) -> str:
        """What is the case, in a sentence: the cause first."""
        found = self.chart.in_order()
        if found and found[0].weight is Severity.FATAL:
            return f"It cannot dock: {found[0].what}"
        if found and found[0].weight is Severity.BREACH:
            return f"It docks, but not as it should: {found[0].what}"
        return "Nothing stands in its way." if self.chart.facts or found else "Nothing was heard that could be judged."

    def exit_code(self, fail_on: Severity) -> int:
        """1 if something was found that is at least as bad as `fail_on`, else 0."""
        return int(self.worst is not None and self.worst.rank <= fail_on.rank)

    def of(self, step: Step) -> list[Finding]:
        """The findings of one step, in order."""
        return [each for each in self.chart.in_order() if each.rule.step is step]

    def counted(self) -> dict[Severity, int]:
        """How many findings of each severity there are."""
        return {each: sum(1 for found in self.chart.findings if found.weight is each) for each in Severity}


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs: stable names, plain values."""
    return {
        "subject": report.subject,
        "seenFrom": report.seen_from,
        "profile": report.profile,
        "timestamp": report.at.isoformat(),
        "verdict": report.verdict,
        "worst": report.worst,
        "findings": [_finding(each) for each in report.chart.in_order()],
        "facts": [
            {"layer": each.layer.name.lower(), "name": each.name, "value": each.value} for each in report.chart.facts
        ],
        "skipped": [{"question": each.question, "why": each.why} for each in report.chart.skipped],
    }


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "rule": each.rule.id,
        "step": each.rule.step,
        "layer": each.rule.layer.name.lower(),
        "severity": each.weight,
        "what": each.what,
        "remedy": each.mend,
        "source": each.source or each.rule.source,
        "evidence": list(each.evidence),
        **_unless_empty(("station", each.station), ("at", each.at)),
        "count": each.count,
    }


def _unless_empty(*pairs: tuple[str, str]) -> dict[str, str]:
    return {name: value for name, value in pairs if value}
