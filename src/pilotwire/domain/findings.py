"""Findings: every departure from the standards, by whom, where, and how bad. Never silent, never only in a log file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Value


class Severity(StrEnum):
    """How bad it is: NOTE is worth knowing, BREACH is against the standard, FATAL kept something from working."""

    NOTE = "note"
    BREACH = "breach"
    FATAL = "fatal"


class Finding(Value):
    """One departure. `rule` is the requirement or a stable short name, `what` a sentence for a person, `path` the place in the message.

    `vendor`, `model` and `firmware` are what the station said of itself when it booted before; "" if it had not.
    """

    station: str
    at: datetime
    rule: str
    severity: Severity
    what: str
    path: str = ""
    action: str = ""
    message_id: str = ""
    vendor: str = ""
    model: str = ""
    firmware: str = ""


_NUMBERED: Final = re.compile(r"\[[0-9]+\]")


@dataclass(slots=True)
class Fault:
    """What the same kind of station got wrong in the same way, how often, when, by which stations, and the newest such finding."""

    vendor: str
    model: str
    firmware: str
    rule: str
    action: str
    path: str
    severity: Severity
    example: Finding
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    stations: set[str] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """Count one more."""
        self.count += 1
        self.stations.add(finding.station)
        self.first_at = finding.at if self.first_at is None else min(self.first_at, finding.at)
        if self.last_at is None or finding.at >= self.last_at:
            self.last_at, self.example = finding.at, finding


_RANKS: Final = {Severity.FATAL: 0, Severity.BREACH: 1, Severity.NOTE: 2}


def faults_of(findings: Iterable[Finding]) -> list[Fault]:
    """Findings by kind of station and kind of fault: the worst first, then the most frequent. Places in lists count as one place."""
    groups: dict[tuple[str, ...], Fault] = {}
    for finding in findings:
        path = _NUMBERED.sub("[]", finding.path)
        kind = (finding.vendor, finding.model, finding.firmware, finding.rule, finding.action, path)
        fault = groups.get((*kind, finding.severity))
        if fault is None:
            fault = groups[(*kind, finding.severity)] = Fault(*kind, finding.severity, finding)
        fault.add(finding)
    return sorted(groups.values(), key=lambda fault: (_RANKS[fault.severity], -fault.count, fault.rule, fault.path))
