"""A run in numbers: by outcome, block and certification profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.records import counted
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.ocpp.version import OcppVersion

BLOCKS: Final = {
    "A": "Security",
    "B": "Provisioning",
    "C": "Authorization",
    "D": "Local Authorization List Management",
    "E": "Transactions",
    "F": "Remote Control",
    "G": "Availability",
    "H": "Reservation",
    "I": "Tariff and Cost",
    "J": "Meter Values",
    "K": "Smart Charging",
    "L": "Firmware Management",
    "M": "ISO 15118 Certificate Management",
    "N": "Diagnostics",
    "O": "Display Message",
    "P": "Data Transfer",
}
"""The functional blocks of Part 6."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary: how many cases came out how."""

    name: str
    counts: dict[Outcome, int]

    @property
    def number(self) -> int:
        """How many cases there are."""
        return sum(self.counts.values())


def block_of(case_id: str) -> str:
    """The letter of a case's block; in 1.6 the chapter."""
    listed = catalogue().get(case_id)
    return listed.block if listed else case_id.split("_")[1][:1]


def version_of(case_id: str) -> str:
    """The version of OCPP a case is played in; of one that is gone, the index's, else 2.0.1."""
    case = all_cases().get(case_id)
    listed = catalogue().get(case_id)
    return str(case.version if case else listed.version if listed else OcppVersion.V201)


def profiles_of(case_id: str) -> Sequence[str]:
    """The certification profiles a case belongs to."""
    listed = catalogue().get(case_id)
    return list(listed.profiles) if listed and listed.profiles else ["in no profile"]


def by_block(results: Iterable[CaseResult]) -> list[Line]:
    """A line a block, in the order of the document."""
    return _lines(results, lambda one: [f"{block_of(one.id)} {BLOCKS.get(block_of(one.id), '')}".strip()])


def by_profile(results: Iterable[CaseResult]) -> list[Line]:
    """A line a certification profile; a case of two profiles counts in both."""
    return _lines(results, lambda one: profiles_of(one.id))


def _lines(results: Iterable[CaseResult], names: Callable[[CaseResult], Sequence[str]]) -> list[Line]:
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        for name in names(result):
            groups.setdefault(name, []).append(result)
    return [Line(name, counted(group)) for name, group in sorted(groups.items())]


def as_json(results: Sequence[CaseResult]) -> dict[str, Any]:
    """The run for programs: verdicts, steps and validations, without the frames (those are in each case's own file)."""
    return {
        "summary": {str(outcome): number for outcome, number in counted(results).items()},
        "cases": [_case(result) for result in results],
    }


def _case(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "title": result.title,
        "outcome": str(result.outcome),
        "reason": result.reason,
        "started": result.started,
        "seconds": round(result.seconds, 3),
        "block": block_of(result.id),
        "profiles": list(profiles_of(result.id)),
        "validations": [
            {
                "step": step.number,
                "part": step.part,
                "states": list(step.states),
                "what": check.what,
                "passed": check.passed,
                "found": check.found,
                "requirement": check.requirement,
                "frame": check.entry,
            }
            for step in result.steps
            for check in step.checks
            if check.applies
        ],
    }
