"""The findings of a judge: what repeats is counted at its first place, and their number is bounded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Final

from pilotwire.doctor.conversation.said import Answered, Said, place_of
from pilotwire.doctor.findings import Chart, Finding, Rule, Severity

MOST_KINDS: Final = 20
"""Of one rule at one station, so many different cases are kept apart; all further ones are counted together."""
_REST: Final = "\0rest"
_Key = tuple[str, str, str]


class Ledger:
    """Findings by station, rule and case. Others may add to the chart meanwhile; what is here stays where it was first put."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._kept: dict[_Key, Finding] = {}
        self._places: dict[_Key, int] = {}
        self._kinds: Counter[tuple[str, str]] = Counter()

    def add(self, finding: Finding, case: str) -> None:
        """Note a finding, or count it to the one of the same case; the worse severity wins."""
        key = self._key(finding, case)
        known = self._kept.get(key)
        if known is None:
            self._kinds[finding.station, finding.rule.id] += 1
            self._kept[key] = finding
            self._places[key] = len(self._chart.findings)
            self._chart.findings.append(finding)
            return
        worse = finding if finding.weight.rank < known.weight.rank else known
        self._put(key, known, replace(known, count=known.count + finding.count, severity=worse.severity))

    def weigh(self, station: str, rule: Rule, case: str, severity: Severity, what: str = "") -> None:
        """Change how bad a case is, if it was noted."""
        key = (station, rule.id, case)
        known = self._kept.get(key)
        if known is not None:
            self._put(key, known, replace(known, severity=severity, what=what or known.what))

    def withdraw(self, station: str, rule: Rule, case: str) -> None:
        """One case was none after all."""
        key = (station, rule.id, case)
        known = self._kept.get(key)
        if known is None:
            return
        if known.count > 1:
            self._put(key, known, replace(known, count=known.count - 1))
            return
        place = self._place(key, known)
        del self._chart.findings[place], self._kept[key], self._places[key]
        self._kinds[station, rule.id] -= 1
        for other, at in self._places.items():
            if at > place:
                self._places[other] = at - 1

    def _key(self, finding: Finding, case: str) -> _Key:
        key = (finding.station, finding.rule.id, case)
        if key not in self._kept and self._kinds[finding.station, finding.rule.id] >= MOST_KINDS:
            return (finding.station, finding.rule.id, _REST)
        return key

    def _put(self, key: _Key, known: Finding, new: Finding) -> None:
        self._chart.findings[self._place(key, known)] = new
        self._kept[key] = new

    def _place(self, key: _Key, known: Finding) -> int:
        findings, place = self._chart.findings, self._places[key]
        if place >= len(findings) or findings[place] is not known:
            place = next(at for at, each in enumerate(findings) if each is known)
            self._places[key] = place
        return place


class Notes:
    """A ledger's page for one station."""

    def __init__(self, ledger: Ledger, station: str) -> None:
        self._ledger = ledger
        self.station = station

    def found(
        self,
        rule: Rule,
        what: str,
        *evidence: str,
        at: Said | Answered | tuple[datetime, str],
        case: str = "",
        severity: Severity | None = None,
        remedy: str = "",
        source: str = "",
    ) -> None:
        """Note what is the case, where; findings of the same `case` are counted together."""
        when = at if isinstance(at, tuple) else (at.at, at.where)
        finding = Finding(
            rule,
            what,
            evidence,
            remedy,
            severity,
            source,
            self.station,
            place_of(*when),
        )
        self._ledger.add(finding, case)

    def weigh(self, rule: Rule, case: str, severity: Severity, what: str = "") -> None:
        """Change how bad a case is, if it was noted."""
        self._ledger.weigh(self.station, rule, case, severity, what)

    def withdraw(self, rule: Rule, case: str) -> None:
        """One case was none after all."""
        self._ledger.withdraw(self.station, rule, case)
