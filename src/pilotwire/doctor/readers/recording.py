"""What was recorded, whoever recorded it: frames for the judge of conversations, and what the record shows by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pilotwire.doctor.conversation.heard import Heard
from pilotwire.doctor.findings import Chart, Finding, Rule, Severity
from pilotwire.doctor.readers.dockings import Docking
from pilotwire.doctor.readers.tls import Handshake


@dataclass(slots=True)
class Recording:
    """A capture or a log that was read. `format` says what it is, for people.

    `heard` can be gone through more than once: frames of a log are read from the file again, so that it may be of any size.
    `chart` holds findings and facts; `handshakes` those of TLS, with the certificates that were shown; `stations` the identities.
    """

    format: str
    heard: Iterable[Heard]
    chart: Chart = field(default_factory=Chart)
    dockings: tuple[Docking, ...] = ()
    stations: tuple[str, ...] = ()
    frames: int = 0
    """How many there are."""
    unreadable: int = 0
    """Lines of a log that seem to hold a message and cannot be read."""

    @property
    def handshakes(self) -> tuple[Handshake, ...]:
        """The TLS handshakes, in the order in which they began."""
        return tuple(each.handshake for each in self.dockings if each.handshake is not None)


class Teller:
    """Keeps findings so that what is seen a thousand times is told once, with the first time and how often."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[Rule, list[str], str, list[Severity]]] = {}
        self._counts: dict[tuple[str, str, str], int] = {}

    def tell(
        self, rule: Rule, what: str, *evidence: str, station: str = "", at: str = "", severity: Severity | None = None
    ) -> None:
        """A finding; the same `what` of the same station counts as the same."""
        key = (rule.id, station, what)
        self._counts[key] = self._counts.get(key, 0) + 1
        kept = self._found.setdefault(key, (rule, list(evidence), at, []))
        kept[3].append(severity or rule.severity)

    def into(self, chart: Chart) -> None:
        """Put them into a chart; of several weights the worst counts."""
        for (_, station, what), (rule, evidence, at, weights) in self._found.items():
            worst = min(weights, key=lambda each: each.rank)
            count = self._counts[rule.id, station, what]
            chart.findings.append(
                Finding(rule, what, tuple(evidence), severity=worst, station=station, at=at, count=count)
            )


def clock_time(at: datetime) -> str:
    """A time for evidence: to the millisecond, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC"
