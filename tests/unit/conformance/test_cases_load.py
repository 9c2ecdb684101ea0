"""All cases load, belong to the index, and say nothing the schemas forbid unless they mean to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue, requirements, unseen
from pilotwire.conformance.coverage import cases_per_requirement
from pilotwire.conformance.language import Acts, Case, Configures, Sends, inside
from pilotwire.conformance.settings import read_settings
from pilotwire.conformance.values import Unresolved, resolve
from pilotwire.conformance.variables import component_variable
from pilotwire.conformance.wording import sentence
from pilotwire.ocpp.registry import decode_request
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

CASES = {version: [case for case in all_cases().values() if case.version is version] for version in OcppVersion}
GONE = {"E03.FR.04", "E06.FR.17", "E07.FR.03", "E07.FR.13", "F03.FR.10", "H01.FR.13", "N07.FR.20", "N08.FR.01"}
"""Requirements of 2.0.1 the test document names and errata have taken away."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Rehearsed:
    """What a case may ask before it is played; what earlier steps would keep is not known."""

    def __init__(self, case: Case) -> None:
        self.settings = case.settings_over(read_settings({}))
        self.kept: dict[str, Any] = {}
        self.facts: Mapping[str, Any] = {}
        self._last = 0

    def setting(self, name: str) -> Any:
        return self.settings[name]

    def claims(self, feature: str) -> bool:
        return True

    def implemented(self, variable: str) -> bool:
        return True

    @property
    def connected(self) -> bool:
        return True

    def heard(self) -> list[dict[str, Any]]:
        return []

    def now(self) -> datetime:
        return NOW

    def fresh(self, name: str) -> int:
        self._last += 1
        self.kept[name] = self._last
        return self._last

    def made(self, what: str, **details: Any) -> Any:
        raise Unresolved(what)


SECTION = re.compile(r"(1\.6|SEC16):\d+(\.\d+)*")
"""Requirements of OCPP 1.6 and of its security whitepaper have no numbers: sections are named."""


NUMBERED = re.compile(r"[A-S]\d\d\.FR\.\d+|J2:\d+(\.\d+)*")
"""Requirements of OCPP 2.1, and sections of its Part 4."""


def _requirement_exists(case: Case, named: str) -> bool:
    if case.version is OcppVersion.V16:
        return SECTION.fullmatch(named) is not None
    if case.version is OcppVersion.V21:
        return NUMBERED.fullmatch(named) is not None
    return named in GONE or named in requirements()


@pytest.mark.parametrize("version", OcppVersion)
def test_a_case_is_of_the_index_or_says_that_it_is_ours(version: OcppVersion) -> None:
    for case in CASES[version]:
        assert case.ours == case.id.startswith("PW"), case.id
        assert case.ours or catalogue()[case.id].version is version, case.id
        assert case.title, case.id
        assert case.purpose.endswith("."), case.id


@pytest.mark.parametrize("version", OcppVersion)
def test_every_step_has_words_a_variable_and_an_act_that_exist(version: OcppVersion) -> None:
    for case in CASES[version]:
        for step in inside((*case.before, *case.main, *case.after)):
            assert sentence(step, case.role), case.id
            if isinstance(step, Acts):
                act_named(step.act, step.details)
            if isinstance(step, Configures) and version is not OcppVersion.V16:
                component_variable(step.variable)


@pytest.mark.parametrize("version", OcppVersion)
def test_what_a_case_sends_fits_the_schemas(version: OcppVersion) -> None:
    for case in CASES[version]:
        known = Rehearsed(case)
        for step in inside((*case.before, *case.main, *case.after)):
            if not isinstance(step, Sends) or step.raw:
                continue
            try:
                payload = resolve(step.payload, known)
            except Unresolved:
                continue
            try:
                decode_request(version, step.action, json.dumps(payload).encode())
            except SchemaViolation as error:
                pytest.fail(f"{case.id}, step {step.number}: {error}")


@pytest.mark.parametrize("version", OcppVersion)
def test_requirements_named_by_cases_exist(version: OcppVersion) -> None:
    for case in CASES[version]:
        assert [one for one in case.requirements if not _requirement_exists(case, one)] == [], case.id


def test_what_cannot_be_seen_is_a_requirement_with_a_reason_and_no_case() -> None:
    for requirement, why in unseen().items():
        assert requirement in requirements()
        assert len(why) > 10, requirement
        assert not cases_per_requirement()[requirement], requirement
