"""The four weeks before the lab as a dossier stands, and what a later change costs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from pilotwire.conformance.certify.dossier import Dossier, read_declared
from pilotwire.conformance.certify.roadmap import TASKS, State, roadmap_of, summary_of, write_roadmap
from pilotwire.conformance.certify.rules import RULES, cost_of
from pilotwire.conformance.verdict import Outcome
from pilotwire.errors import ConfigError
from tests.support.dossiers import CASES, NOW, build_dossier, declare, edit, keep, result

LAB = NOW.date() + timedelta(days=24)
"""In week 4 as the days go."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_dossier(tmp_path / "dossier")


def mocked(folder: Path, *, clean: bool = True) -> None:
    said = {"clean": clean, "cases": list(CASES), "anomalies": [] if clean else [{}], "began": NOW.isoformat()}
    (folder / "runs" / "internal" / "mock.json").write_text(json.dumps(said))


def states(folder: Path, lab: date = LAB) -> dict[str, State]:
    return {one.task.name: one.state for one in roadmap_of(Dossier(folder), lab, NOW).steps}


def test_an_empty_dossier_begins_with_the_pics(tmp_path: Path) -> None:
    roadmap = roadmap_of(Dossier(tmp_path), LAB, NOW)
    assert roadmap.next is not None
    assert roadmap.next.task.name == "pics"
    found = states(tmp_path)
    assert (found["pics"], found["pki"], found["internal"], found["mock"]) == ("next", "open", "blocked", "blocked")
    assert (roadmap.steps[0].since, roadmap.steps[0].due) == (LAB - timedelta(28), LAB - timedelta(21))


def test_a_dossier_that_lacks_a_mock_session_is_told_so(folder: Path) -> None:
    roadmap = roadmap_of(Dossier(folder), LAB, NOW)
    assert roadmap.next is not None
    assert (roadmap.next.task.name, roadmap.done) == ("mock", len(TASKS) - 1)
    mocked(folder, clean=False)
    assert states(folder)["mock"] is State.NEXT
    mocked(folder)
    assert set(states(folder).values()) == {State.DONE}
    assert "Nothing is left to do" in summary_of(roadmap_of(Dossier(folder), LAB, NOW))


def test_a_step_whose_week_is_over_is_late_and_what_waits_for_it_is_blocked(folder: Path) -> None:
    declare(folder, less=frozenset({"C-41"}))
    found = states(folder, NOW.date() + timedelta(days=10))
    assert (found["pics"], found["internal"], found["pki"]) == (State.LATE, State.DONE, State.DONE)
    keep(folder, result(CASES[0], Outcome.FAILED))
    found = states(folder, NOW.date() + timedelta(days=10))
    assert (found["faults"], found["profiles"], found["snapshot"]) == (State.BLOCKED, State.LATE, State.DONE)


def test_material_that_expires_before_the_lab_is_told(folder: Path) -> None:
    step = next(
        one for one in roadmap_of(Dossier(folder), NOW.date() + timedelta(400), NOW).steps if one.task.name == "pki"
    )
    assert (step.state, step.why) == (State.NEXT, "it expires on 2027-02-20, before the lab")


def test_the_documents_say_what_blocks(folder: Path) -> None:
    edit(folder / "pki" / "kit.json", lambda kit: kit.update(stations=["SN-1"]))
    paths = write_roadmap(folder, roadmap_of(Dossier(folder), LAB, NOW), "Volta <One>")
    text = {one.name: one.read_text() for one in paths}
    assert "## Week 3: Security and fault stress" in text["plan.md"]
    assert "Make it with --station SERIAL" in text["plan.md"]
    assert "Volta &lt;One&gt;: four weeks to the lab" in text["plan.html"]
    assert json.loads(text["plan.json"])["next"] == "pki"


def test_a_lab_that_is_over_is_a_sentence(folder: Path) -> None:
    with pytest.raises(ConfigError, match="The lab on 2026-03-03 is over"):
        roadmap_of(Dossier(folder), NOW.date() - timedelta(days=1), NOW)


# --- rules -------------------------------------------------------------------------------------------------------------------------


def test_the_rules_are_those_of_labs() -> None:
    told = {one.change: f"{one.certificate} {one.again}" for one in RULES}
    assert "void" in told["Any change of the firmware, be it one line"]
    assert "whole profile" in told["ISO 15118 added later"]
    assert "security profile 2" in told["OCPP 1.6, certified before October 2025"]


def test_a_new_profile_costs_its_cases(folder: Path) -> None:
    declare(folder, less=frozenset({"Reservation", "R-2", "R-3"}))
    declared = read_declared(folder)
    assert declared is not None
    cost = cost_of(declared, "reservation", frozenset({"R-2"}))
    assert "TC_H_01_CS" in cost.comes
    assert (cost.profile, len(cost.comes) - len(cost.goes)) == ("Reservation", cost.all - len(declared.cases))
    for profile, also, told in (
        ("Teleport", (), "There is no profile 'Teleport'"),
        ("Core", (), "is declared already"),
        ("Reservation", ("R-99",), "R-99 cannot be declared here"),
    ):
        with pytest.raises(ConfigError, match=told):
            cost_of(declared, profile, frozenset(also))
