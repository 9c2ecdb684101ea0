"""What the cases cover: of the index, and of the numbered requirements."""

from __future__ import annotations

from collections.abc import Mapping

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue, requirements, unseen
from pilotwire.ocpp.version import OcppVersion


def missing_cases() -> list[str]:
    """Ids of the index without a case."""
    return [case_id for case_id in catalogue() if case_id not in all_cases()]


def cases_per_requirement() -> Mapping[str, list[str]]:
    """The cases that check each requirement of OCPP 2.0.1, by the requirement's id."""
    covered: dict[str, list[str]] = {one: [] for one in requirements()}
    for case in (one for one in all_cases().values() if one.version is OcppVersion.V201):
        for one in case.requirements:
            covered.setdefault(one, []).append(case.id)
    return covered


def without_case() -> list[str]:
    """Binding requirements (SHALL) that no case checks, though it could be seen whether they are met."""
    covered = cases_per_requirement()
    return [one.id for one in requirements().values() if one.binding and not covered[one.id] and one.id not in unseen()]


def how_checked(requirement: str, cases: list[str]) -> str:
    """The cases that check a requirement; or why none can; "" where one is lacking."""
    if cases:
        return ", ".join(cases)
    why = unseen().get(requirement, "")
    return f"cannot be seen from outside: {why}" if why else ""
