"""The mock session: what it counts as an anomaly, when it does not begin, and what its report says."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pilotwire.conformance.certify.anomalies import Anomaly, Kind, anomalies
from pilotwire.conformance.certify.dossier import read_declared
from pilotwire.conformance.certify.freeze import read_freeze
from pilotwire.conformance.certify.mock import Session, prepared, read_session, write_session
from pilotwire.conformance.plan import own_plan
from pilotwire.conformance.verdict import CaseResult, CheckResult, Outcome, StepResult
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion
from tests.support.dossiers import CASES, FROZEN, PLAYED, build_dossier, declare, result

TIMEOUT = 20.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_dossier(tmp_path / "dossier")


# --- anomalies ---------------------------------------------------------------------------------------------------------------------


def at(seconds: float) -> datetime:
    return PLAYED + timedelta(seconds=seconds)


def conversation(*said: tuple[float, str, str, str, int | None], taken: tuple[int, ...] = ()) -> CaseResult:
    """A case that passed: when (s), direction, kind, action, and the entry an answer is to."""
    entries = [
        Entry(index, at(when), direction, kind, "", action=action, request=request, taken=index in taken)  # type: ignore[arg-type]
        for index, (when, direction, kind, action, request) in enumerate(said)
    ]
    return CaseResult("TC_B_13_CS", "A case", Outcome.PASSED, "All passed.", PLAYED, 1.0, [], entries)


def found(case: CaseResult) -> list[tuple[Kind, str]]:
    return [(one.kind, one.what) for one in anomalies(case, "station", TIMEOUT)]


def test_a_case_as_it_has_to_be_has_none() -> None:
    case = conversation(
        (0, "line", "connected", "", None),
        (1, "received", "call", "StatusNotification", None),
        (2, "sent", "call", "GetBaseReport", None),
        (3, "received", "result", "GetBaseReport", 2),
        (4, "received", "call", "NotifyReport", None),
        (5, "received", "call", "SecurityEventNotification", None),
    )
    assert found(case) == []


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.FAILED, Kind.FAILED),
        (Outcome.INCONCLUSIVE, Kind.INCONCLUSIVE),
        (Outcome.WARNING, Kind.WARNING),
        (Outcome.NOT_APPLICABLE, Kind.LEFT_OUT),
    ],
)
def test_each_verdict_but_passed_is_one(outcome: Outcome, kind: Kind) -> None:
    assert [one for one, _ in found(result(CASES[0], outcome))] == [kind]


def test_what_took_more_than_half_of_its_time_is_near_its_limit() -> None:
    case = conversation((0, "sent", "call", "GetVariables", None), (10.5, "received", "result", "GetVariables", 0))
    assert found(case) == [(Kind.NEAR_LIMIT, "GetVariablesResponse: it took 10.5 s of the 20 s it may")]
    step = StepResult("1", "The station sends BootNotificationRequest", "main", entries=[1], seconds=31.0, limit=60.0)
    case.steps = [step]  # an answer that a step waited for has the limit of that step
    told = "The station sends BootNotificationRequest: it took 31 s of the 60 s it may"
    assert found(case) == [(Kind.NEAR_LIMIT, told)]
    step.seconds = 29.0
    assert found(case) == []
    step.limit = 0.0  # what is to come after an interval has no limit
    assert [kind for kind, _ in found(case)] == [Kind.NEAR_LIMIT]


def test_what_is_tolerated_is_listed() -> None:
    case = conversation()
    soft = CheckResult("the order is as in the document", False, "another", soft=True, entry=3)
    case.steps = [StepResult("1", "", "main", checks=[soft, CheckResult("it is there", True)])]
    assert list(anomalies(case, "station", TIMEOUT)) == [
        Anomaly(case.id, Kind.TOLERATED, "the order is as in the document, but found another", 3)
    ]


def test_a_request_without_an_answer_is_listed_unless_the_line_ended() -> None:
    asked = (0.0, "sent", "call", "Reset", None)
    assert found(conversation(asked, (12, "received", "call", "Heartbeat", None))) == [
        (Kind.UNANSWERED, "ResetRequest got no answer in 12.0 s")
    ]
    assert found(conversation(asked, (1, "line", "closed", "", None), (30, "line", "connected", "", None))) == []
    assert found(conversation(asked, (2, "received", "call", "Heartbeat", None))) == []  # the case was over


def test_what_nobody_asked_for_is_listed() -> None:
    report = (1.0, "received", "call", "NotifyReport", None)
    unasked = [(Kind.UNASKED, "NotifyReportRequest came, and nobody had asked for it")]
    assert found(conversation(report)) == unasked
    assert found(conversation((0, "sent", "call", "GetReport", None), report)) == []
    assert found(conversation((2, "sent", "call", "GetReport", None))) == []
    assert found(conversation(report, taken=(0,))) == []
    stray = conversation((0, "received", "result", "", None))
    assert [kind for kind, _ in found(stray)] == [Kind.UNASKED]


# --- when it begins ----------------------------------------------------------------------------------------------------------------


def test_it_plays_what_is_declared_within_the_scope(folder: Path) -> None:
    mock = prepared(folder)
    assert tuple(one.id for one in mock.cases) == CASES
    (folder / "scope.toml").unlink()
    declared = read_declared(folder)
    assert declared is not None
    assert {one.id for one in prepared(folder).cases} == set(declared.cases)


BENCH = '[bench]\nkind = "person"\n'
PLANS = {
    BENCH: "The bench of the plan needs a person",
    BENCH + "hands = true\n": "The bench of the plan needs a person",
    BENCH + "hands = false\n": "has no hook for drive_in, plug_in, power_cycle, present",
    'ocpp = "1.6"\n': "The plan is for OCPP 1.6, and the PICS for 2.0.1.",
    '[features]\nall = true\nexcept = ["C-49"]\n': "do not declare the same: AQ-2, AQ-8, C-07, C-49.",
    "[features\n": "is not TOML",
}


@pytest.mark.parametrize("text", PLANS)
def test_a_plan_that_cannot_be_played_unattended_is_refused(folder: Path, text: str) -> None:
    plan = folder / "plan.toml"
    plan.write_text(text)
    with pytest.raises(ConfigError, match=PLANS[text].replace(".", r"\.")):
        prepared(folder, plan)


def test_hooks_for_each_act_need_no_person(folder: Path) -> None:
    plan = folder / "plan.toml"
    plan.write_text(BENCH + 'hands = false\nhooks = {default = "http://127.0.0.1:9/act"}\n')
    assert prepared(folder, plan).plan.bench["kind"] == "person"


def test_a_plan_of_settings_only_is_about_our_own_station_as_it_is_declared(folder: Path) -> None:
    plan = folder / "plan.toml"
    plan.write_text("[settings]\nmessage_timeout = 5\n")
    mock = prepared(folder, plan)
    assert (mock.plan.settings["message_timeout"], mock.plan.bench) == (5.0, own_plan("station").bench)


def test_it_does_not_begin_without_a_pics_that_holds(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"The PICS is for OCPP 2\.0\.1, not 1\.6"):
        prepared(folder, None, OcppVersion.V16)
    declare(folder, less=frozenset({"C-41"}))
    with pytest.raises(ConfigError, match="The PICS contradicts itself: C-41"):
        prepared(folder)
    shutil.rmtree(folder / "pics")
    with pytest.raises(ConfigError, match="There is no PICS in"):
        prepared(folder)
    with pytest.raises(ConfigError, match="There is no dossier"):
        prepared(tmp_path / "nowhere")


# --- its report --------------------------------------------------------------------------------------------------------------------


def test_the_report_lists_each_anomaly(folder: Path) -> None:
    declared, freeze = read_declared(folder), read_freeze(folder)
    assert declared is not None
    assert freeze is not None
    name = "mock-20260301T110000Z"
    (folder / "runs" / name).mkdir()
    case = result(CASES[0], Outcome.WARNING)
    session = Session(
        name,
        declared,
        freeze.frozen,
        PLAYED,
        at(60),
        (case,),
        tuple(anomalies(case, "station", TIMEOUT)),
        ("it is older <than> that",),
        "agreed",
    )
    assert not session.clean
    write_session(folder, session)
    text = (folder / "runs" / name / "mock.md").read_text()
    assert "Not clean: 1 warning. 0 of 1 cases passed." in text
    assert "| TC_B_01_CS | Step 2: idToken is present, but found nothing. |" in text
    assert "it is older &lt;than&gt; that" in (folder / "runs" / name / "mock.html").read_text()
    data = read_session(folder / "runs" / name)
    assert data is not None
    assert (data["clean"], data["scope"], data["firmware"]["version"]) == (False, "agreed", "2.3")
    (folder / "runs" / name / "mock.json").write_text(json.dumps({"clean": "yes"}))
    with pytest.raises(ConfigError, match="is not the report of a mock session"):
        read_session(folder / "runs" / name)
    assert freeze.frozen.at == FROZEN
