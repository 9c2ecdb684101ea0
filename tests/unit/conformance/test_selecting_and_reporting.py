"""Which cases a run takes, what it keeps, and what it tells: pages, JUnit, JSON, changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.plan import plan_of
from pilotwire.conformance.records import Records, existing
from pilotwire.conformance.report.changes import changes
from pilotwire.conformance.report.diagram import diagram
from pilotwire.conformance.report.junit import junit_xml
from pilotwire.conformance.report.pages import case_page, index_page, write_report
from pilotwire.conformance.report.summary import as_json, by_block, by_profile
from pilotwire.conformance.runner.run import second_try, why_not
from pilotwire.conformance.selection import Selection, select
from pilotwire.conformance.verdict import CaseResult, CheckResult, Outcome, StepResult, judged
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.errors import ConfigError

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def step(part: str = "main", *checks: CheckResult, fault: str = "") -> StepResult:
    return StepResult("1", "The station sends ResetRequest", part, checks=list(checks), fault=fault)


GOOD, BAD = (
    CheckResult("status is Accepted", True),
    CheckResult("status is <b>Accepted</b>", False, "Rejected", entry=1),
)
SOFT = CheckResult("status is Accepted", False, "Rejected", soft=True)


def result(case: str = "TC_B_01_CS", outcome: Outcome = Outcome.PASSED, *steps: StepResult) -> CaseResult:
    entries = [
        Entry(0, AT, "sent", "call", "[2,...]", action="Reset", message_id="a", payload={"type": "OnIdle"}),
        Entry(1, AT, "received", "result", "[3,...]", action="Reset", message_id="a", payload={"status": "Rejected"}),
        Entry(2, AT, "line", "closed", "The connection ended."),
    ]
    return CaseResult(case, "Cold boot", outcome, "because of <script>", AT, 1.5, list(steps), entries)


# --- verdicts ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([step("main", GOOD)], Outcome.PASSED),
        ([step("main", GOOD, BAD)], Outcome.FAILED),
        ([step("before", BAD), step("main", BAD)], Outcome.INCONCLUSIVE),
        ([step("main", fault="nothing came")], Outcome.FAILED),
        ([step("main", SOFT)], Outcome.WARNING),
        ([step("main", SOFT, BAD)], Outcome.FAILED),
        ([step("after", BAD)], Outcome.FAILED),
    ],
)
def test_the_verdict_over_the_steps(steps: list[StepResult], outcome: Outcome) -> None:
    assert judged(steps)[0] is outcome


def test_the_verdict_says_why() -> None:
    assert judged([step("main", BAD)])[1] == "Step 1: status is <b>Accepted</b>, but found Rejected."


# --- which cases ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(ids=["TC_B_01_CS"]), {"TC_B_01_CS"}),
        (Selection(ids=["TC_B_0*_CS"], use_cases=["B01"]), {"TC_B_01_CS"}),
        (Selection(ids=["TC_C_08_CS", "TC_B_01_CS"], blocks=["C"]), {"TC_C_08_CS"}),
        (Selection(ids=["TC_C_08_CS", "TC_B_01_CS"], every=2), {"TC_B_01_CS"}),
    ],
)
def test_cases_are_selected(selection: Selection, wanted: set[str]) -> None:
    assert {case.id for case in select(all_cases(), "station", selection)} == wanted


def test_a_beginning_takes_a_block_of_one_role() -> None:
    chosen = select(all_cases(), "station", Selection(ids=["TC_B"], profiles=["Core"]))
    assert len(chosen) > 3
    assert all(case.id.startswith("TC_B_") and case.role == "station" for case in chosen)


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        (Selection(ids=["TC_Z"]), "is called TC_Z"),
        (Selection(ids=["TC_B_01_CSMS"]), "not for a charging station"),
        (Selection(ids=["TC_B_01_CS"], blocks=["C"]), "No case is all"),
    ],
)
def test_what_selects_nothing_is_refused(selection: Selection, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        select(all_cases(), "station", selection)


def test_what_is_not_declared_is_left_out_with_its_reason() -> None:
    cache = all_cases()["TC_C_08_CS"]
    assert why_not(cache, plan_of({})) == ""
    assert "C-49" in why_not(cache, plan_of({"features": {"except": ["C-49"]}}))
    assert "Core not declared" in why_not(cache, plan_of({"features": {"declared": ["C-49"]}}))


@pytest.mark.parametrize(
    "content",
    [
        {"setting": {}},
        {"settings": {"evse": 1}},
        {"settings": {"evse_id": "1"}},
        {"settings": {"connectors": []}},
        {"features": {"none": True}},
    ],
)
def test_a_plan_that_cannot_be_used_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        plan_of(content)


# --- what is kept ----------------------------------------------------------------------------------------------------------------


def test_results_are_kept_and_found_again(tmp_path: Path) -> None:
    kept = result("TC_B_01_CS", Outcome.FAILED, step("main", GOOD, BAD))
    Records(tmp_path).keep(kept)
    assert existing(tmp_path) == {"TC_B_01_CS": kept}


def test_a_folder_without_results_or_with_a_broken_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no results"):
        existing(tmp_path)
    Records(tmp_path)
    (tmp_path / "cases" / "TC_X.json").write_text("{")
    with pytest.raises(ConfigError, match="is not a result"):
        existing(tmp_path)


# --- what is told ----------------------------------------------------------------------------------------------------------------


def test_the_pages_show_everything_and_escape_what_peers_said(tmp_path: Path) -> None:
    failed = result("TC_B_01_CS", Outcome.FAILED, step("main", GOOD, BAD))
    index = write_report(tmp_path, [failed], about="a station").read_text()
    page = (tmp_path / "TC_B_01_CS.html").read_text()
    assert "TC_B_01_CS" in index
    for text in (index, page):
        assert "because of &lt;script&gt;" in text
        assert "<b>Accepted</b>" not in text
    assert 'id="frame-1"' in page
    assert 'href="#frame-1"' in page
    assert "ResetResponse (Rejected)" in page


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_report(tmp_path / "report", [result()], about="a station")


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (Outcome.FAILED, Outcome.PASSED, Outcome.WARNING),
        (Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.FAILED),
    ],
)
def test_what_passes_only_the_second_time_is_a_warning(first: Outcome, second: Outcome, counts: Outcome) -> None:
    before = CaseResult("TC_B_01_CS", "Cold boot", first, "Step 1: nothing came.")
    seen = second_try(before, CaseResult("TC_B_01_CS", "Cold boot", second, "as it was"))
    assert seen.outcome is counts
    assert ("Step 1: nothing came." in seen.reason) == (counts is Outcome.WARNING)


def test_junit_has_a_suite_a_block() -> None:
    outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.WARNING]
    cases = [result(f"TC_B_{number:02}_CS", outcome) for number, outcome in enumerate(outcomes)]
    root = ElementTree.fromstring(junit_xml([*cases, result("TC_C_08_CS")], "a\x00station"[2:]))
    first, second = root.findall("testsuite")
    assert (first.get("tests"), first.get("failures"), first.get("errors"), first.get("skipped")) == (
        "5",
        "1",
        "1",
        "1",
    )
    assert second.get("name") == "C Authorization"
    assert root.find(".//failure").get("message") == "because of <script>"  # type: ignore[union-attr]


def test_summaries_count_by_block_and_profile() -> None:
    results = [result("TC_B_01_CS"), result("TC_B_02_CS", Outcome.FAILED), result("TC_K_01_CS")]
    assert [(line.name, line.number) for line in by_block(results)] == [("B Provisioning", 2), ("K Smart Charging", 1)]
    names = {line.name: line.counts[Outcome.PASSED] for line in by_profile(results)}
    assert names == {"Core": 1, "Smart Charging": 1, "ISO 15118 Support": 1}
    assert as_json(results)["summary"]["failed"] == 1


def test_what_broke_comes_first_in_the_changes() -> None:
    passed, failed = result("TC_B_01_CS"), result("TC_B_02_CS", Outcome.FAILED)
    before = {"TC_B_01_CS": passed, "TC_B_02_CS": failed, "TC_B_03_CS": passed}
    now = {
        "TC_B_01_CS": replace(passed, outcome=Outcome.INCONCLUSIVE),
        "TC_B_02_CS": replace(failed, outcome=Outcome.PASSED),
        "TC_B_03_CS": passed,
        "TC_B_06_CS": passed,
    }
    found = changes(before, now)
    assert [(one.case, one.broke, one.mended) for one in found] == [
        ("TC_B_01_CS", True, False),
        ("TC_B_02_CS", False, True),
        ("TC_B_06_CS", False, False),
    ]
    assert "broke" in index_page(list(now.values()), "a station", found)


def test_a_diagram_marks_the_frames_that_were_wrong() -> None:
    drawn = diagram(result().entries, "station", frozenset({1}))
    assert drawn.count('class="frame bad answer"') == 1
    assert "Bench (CSMS)" in drawn
    assert "CSMS under test" in diagram(result().entries, "csms")


def test_a_case_without_frames_has_a_page() -> None:
    assert "Left out" in case_page(CaseResult("TC_B_01_CS", "x", Outcome.NOT_APPLICABLE, "Left out: no."))
