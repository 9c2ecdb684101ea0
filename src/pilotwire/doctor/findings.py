"""What the doctor finds: rules, findings with their evidence, and the chart they are kept in, causes before consequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from pilotwire.errors import MisuseError


class Severity(StrEnum):
    """How bad it is: FATAL keeps a station from docking, BREACH is against a standard or the platform's demands, NOTE is worth knowing."""

    FATAL = "fatal"
    BREACH = "breach"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS: Final = {Severity.FATAL: 0, Severity.BREACH: 1, Severity.NOTE: 2}


class Step(StrEnum):
    """The three steps of a diagnosis."""

    CERTIFICATES = "certificates"
    PROTOCOL = "protocol"
    NETWORK = "network"


class Layer(IntEnum):
    """How far a docking has come, in the order in which it happens: what fails on one layer makes all above it fail."""

    ASKED = 0
    """What the doctor was given: URL, files."""
    NAME = 1
    ADDRESS = 2
    PORT = 3
    PROXY = 4
    TLS = 5
    CHAIN = 6
    """Certificates, once TLS has exchanged them."""
    UPGRADE = 7
    """HTTP, credentials, WebSocket, subprotocol."""
    BOOT = 8
    CONVERSATION = 9
    LINE = 10
    """How long an idle line lasts, how long a call takes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is held against whoever is examined. `id` is stable (`tls.version-not-shared`), `what` says the rule in a sentence,
    `remedy` how it is usually mended, `source` where it comes from: a requirement, a section, a platform's demands.
    """

    id: str
    step: Step
    layer: Layer
    severity: Severity
    what: str
    remedy: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that was broken. `what` says in a sentence what is the case, `evidence` what was seen, as it was seen.

    `severity`, `remedy` and `source` are the rule's unless the case has its own (a platform may ask for more). `station` is "" where
    only one is examined; `at` is a place such as a line of a log, the number of a frame, a time; `count` how often it was seen.
    """

    rule: Rule
    what: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    severity: Severity | None = None
    source: str = ""
    station: str = ""
    at: str = ""
    count: int = 1

    @property
    def weight(self) -> Severity:
        """How bad it is in this case."""
        return self.severity or self.rule.severity

    @property
    def mend(self) -> str:
        """How to mend it."""
        return self.remedy or self.rule.remedy

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """The worst first; of equally bad ones the cause before what follows from it."""
        return (self.weight.rank, int(self.rule.layer), self.rule.id)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something measured or seen that is no fault: for the reader of the report (`TLS version`, `TLSv1.3`)."""

    layer: Layer
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A question that was not asked, and why."""

    question: str
    why: str


@dataclass(slots=True)
class Chart:
    """What an examination has brought up so far."""

    findings: list[Finding] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def find(self, rule: Rule, what: str, *evidence: str, **more: object) -> Finding:
        """Note a finding; `more` are further fields of it."""
        finding = Finding(rule, what, tuple(evidence), **more)  # type: ignore[arg-type]  # named as they are in Finding
        self.findings.append(finding)
        return finding

    def note(self, layer: Layer, name: str, value: object) -> None:
        """Note a fact."""
        self.facts.append(Fact(layer, name, str(value)))

    def skip(self, question: str, why: str) -> None:
        """Note a question that is not asked."""
        self.skipped.append(Skipped(question, why))

    def blocked_at(self) -> Layer | None:
        """The lowest layer on which something keeps the station from docking; None: nothing does."""
        return min((each.rule.layer for each in self.findings if each.weight is Severity.FATAL), default=None)

    def in_order(self) -> list[Finding]:
        """The findings: the worst first, causes before consequences; in the order they were found where that does not tell."""
        return sorted(self.findings, key=lambda each: each.sort_key)

    def has(self, rule: Rule) -> bool:
        """Whether a rule was found broken."""
        return any(each.rule is rule for each in self.findings)


def catalogue(*tables: Iterable[Rule]) -> dict[str, Rule]:
    """Rules by id. Raises MisuseError if two have the same."""
    found: dict[str, Rule] = {}
    for rule in _flat(tables):
        if found.setdefault(rule.id, rule) is not rule:
            raise MisuseError(f"Two rules are called {rule.id}.")
    return found


def _flat(tables: Iterable[Iterable[Rule]]) -> Iterator[Rule]:
    for table in tables:
        yield from table
