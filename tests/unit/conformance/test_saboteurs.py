"""Saboteurs: what they do to what passes, and which sabotages follow from an honest run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.language import NotReceives
from pilotwire.conformance.plan import plan_of
from pilotwire.conformance.runner.one import Setting
from pilotwire.conformance.saboteurs.derive import sabotages_of
from pilotwire.conformance.saboteurs.taps import Sabotage, Saboteur, Target, altered
from pilotwire.conformance.saboteurs.trial import MADE_UP, Trial, samples_in, trial_table, try_case
from pilotwire.conformance.verdict import CaseResult, CheckResult, Outcome, StepResult
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.registry import decode_request
from pilotwire.ocpp.version import OcppVersion
from tests.support.bench_scene import BenchScene

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


def call(action: str, payload: Any, number: str = "1") -> str:
    return json.dumps([2, number, action, payload])


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("a", 2, {"a": 2, "b": [{"c": 1}]}),
        ("b[0].c", 2, {"a": 1, "b": [{"c": 2}]}),
        ("b[0].c", None, {"a": 1, "b": [{}]}),
        ("b[0]", None, {"a": 1, "b": []}),
        ("d.e", 3, {"a": 1, "b": [{"c": 1}], "d": {"e": 3}}),
        ("d.e", None, {"a": 1, "b": [{"c": 1}]}),
        ("b[4].c", 3, {"a": 1, "b": [{"c": 1}]}),
    ],
)
def test_a_payload_is_altered_in_one_place(path: str, value: Any, wanted: Any) -> None:
    payload = {"a": 1, "b": [{"c": 1}]}
    assert altered(payload, path, value) == wanted
    assert payload == {"a": 1, "b": [{"c": 1}]}


@pytest.mark.parametrize(
    ("sabotage", "arrives"),
    [
        (Sabotage("drop", Target("call", "Reset", 1)), [1, 3]),
        (Sabotage("double", Target("call", "Reset")), [1, 1, 2, 3]),
        (Sabotage("drop", Target("call", "Heartbeat")), [1, 2, 3]),
        (Sabotage("drop", Target("call", "Reset", 5)), [1, 2, 3]),
    ],
)
def test_one_message_is_hit_and_no_other(sabotage: Sabotage, arrives: list[int]) -> None:
    saboteur = Saboteur(sabotage)
    sent = [call("Reset", {}, str(number)) for number in (1, 2, 3)]
    assert [int(json.loads(text)[1]) for one in sent for text in saboteur(one)] == arrives
    assert saboteur.done is (len(arrives) != 3)


def test_an_answer_is_known_by_what_was_asked() -> None:
    saboteur = Saboteur(Sabotage("error", Target("result", "Reset")))
    saboteur.asked("7", "Reset")
    assert json.loads(saboteur('[3,"6",{}]')[0])[0] == 3
    assert json.loads(saboteur('[3,"7",{}]')[0])[:3] == [4, "7", "InternalError"]


def test_what_is_no_frame_passes() -> None:
    assert Saboteur(Sabotage("drop", Target("call", "Reset")))("hello") == ("hello",)


def result(*checks: CheckResult, entries: list[Entry]) -> CaseResult:
    step = StepResult("1", "", "main", checks=list(checks), entries=[one.index for one in entries])
    return CaseResult("TC_B_01_CS", "", Outcome.PASSED, "", AT, 1.0, [step], entries)


BOOTS = Entry(0, AT, "received", "call", "", action="BootNotification", payload=BOOT, part="main")


def test_a_check_becomes_other_values_the_schema_allows() -> None:
    honest = result(CheckResult("", True, entry=0, path="reason"), entries=[BOOTS])
    found = list(sabotages_of(honest, OcppVersion.V201, {}))
    assert {one.value for one in found if one.path == "reason"} >= {"ApplicationReset", "Watchdog"}
    assert all(one.value not in ("PowerUp", "SABOTAGE", None) for one in found if one.path == "reason")
    assert found[-1] == Sabotage("drop", Target("call", "BootNotification"))


def test_where_a_list_was_looked_at_its_members_become_others() -> None:
    told = {"clearMonitoringResult": [{"status": "Accepted", "id": 7}]}
    answer = Entry(0, AT, "received", "result", "", action="ClearVariableMonitoring", payload=told)
    honest = result(CheckResult("", True, entry=0, path="clearMonitoringResult"), entries=[answer])
    found = list(sabotages_of(honest, OcppVersion.V201, {}))
    assert [(one.kind, one.path, one.value) for one in found] == [
        ("alter", "clearMonitoringResult[0].status", "NotFound"),
        ("alter", "clearMonitoringResult[0].id", 8),
        ("error", "", None),
    ]


def test_silence_is_broken_by_something_that_was_heard() -> None:
    honest = result(CheckResult("", True, unwanted="BootNotification"), entries=[BOOTS])
    quiet = StepResult("2", "", "main", checks=[CheckResult("", True, unwanted="BootNotification")])
    honest.steps.append(quiet)
    found = list(sabotages_of(honest, OcppVersion.V201, samples_in([honest])))
    assert Sabotage("invent", Target("call", "BootNotification"), "BootNotification", BOOT) in found


def test_silence_is_broken_though_nothing_came_before() -> None:
    heard = StepResult("", "", "before", checks=[CheckResult("", True, unwanted="Heartbeat")])
    quiet = StepResult("2", "", "main", checks=[CheckResult("", True, unwanted="BootNotification")])
    honest = CaseResult("TC_B_01_CS", "", Outcome.PASSED, "", AT, 1.0, [heard, quiet], [])
    (sabotage,) = sabotages_of(honest, OcppVersion.V201, {"BootNotification": BOOT})
    assert sabotage.name == "silence about BootNotification no. 2 is broken"
    saboteur = Saboteur(sabotage)
    assert (tuple(saboteur.silence()), saboteur.done) == ((), False)
    (said,) = saboteur.silence()
    assert (json.loads(said)[2:], saboteur.done) == (["BootNotification", BOOT], True)
    assert saboteur(call("BootNotification", BOOT)) == (call("BootNotification", BOOT),)


async def test_a_silence_that_is_broken_is_noticed() -> None:
    scene = BenchScene()
    saboteur = Saboteur(Sabotage("invent", Target("silence", "BootNotification"), "BootNotification", BOOT))
    scene.counterpart.silence_tap = saboteur.silence
    assert await scene.play(NotReceives(action="BootNotification"), NotReceives(action="Heartbeat"))
    assert [one.failed for one in scene.playing.results] == [True, False]


def test_what_is_made_up_complies_with_its_schema() -> None:
    for version, made_up in MADE_UP.items():
        assert all(decode_request(version, action, json.dumps(one).encode()) for action, one in made_up.items())


async def test_a_case_of_silence_alone_is_tried_with_what_is_made_up() -> None:
    case = all_cases()["TC_C_57_CS"]
    quiet = StepResult("1", "", "main", checks=[CheckResult("", True, unwanted="Authorize")])
    honest = CaseResult(case.id, "", Outcome.PASSED, "", AT, 1.0, [quiet], [])

    async def play(_: Any, setting: Setting) -> CaseResult:
        assert setting.saboteur is not None
        (said,) = setting.saboteur.silence()
        assert json.loads(said)[2] == "Authorize"
        return CaseResult(case.id, "", Outcome.FAILED, "", AT, 1.0, [quiet], [])

    trial = await try_case(case, Setting({}, plan_of({}).claims), play, {}, honest=honest)
    assert trial.noticed == "silence about Authorize is broken"


def test_a_handshake_is_altered() -> None:
    line = Entry(0, AT, "line", "connected", "", facts={"waited": 2.0})
    honest = result(CheckResult("", True, entry=0, path="waited"), entries=[line])
    (sabotage, *_) = sabotages_of(honest, OcppVersion.V201, {})
    saboteur = Saboteur(sabotage)
    assert saboteur.handshake("refused", {"waited": 2.0}) == {"waited": 2.0}
    assert saboteur.handshake("connected", {"waited": 2.0}) != {"waited": 2.0}


# --- trials ----------------------------------------------------------------------------------------------------------------------


async def tried(outcomes: list[Outcome]) -> Trial:
    honest = result(CheckResult("", True, entry=0, path="reason"), entries=[BOOTS])
    played = iter([honest.outcome, *outcomes])

    async def play(_: Any, setting: Setting) -> CaseResult:
        if setting.saboteur is not None:
            setting.saboteur(call("BootNotification", BOOT))
        return CaseResult("TC_B_01_CS", "", next(played), "why", AT, 1.0, honest.steps, honest.entries)

    plan = plan_of({})
    return await try_case(all_cases()["TC_B_01_CS"], Setting(plan.settings, plan.claims), play, {})


async def test_a_trial_ends_with_the_sabotage_that_was_noticed() -> None:
    trial = await tried([Outcome.PASSED, Outcome.FAILED])
    assert [outcome for _, outcome, _ in trial.tried] == [Outcome.PASSED, Outcome.FAILED]
    assert trial.noticed == trial.tried[1][0]


async def test_a_case_that_notices_nothing_is_named() -> None:
    trial = await tried([Outcome.PASSED] * 10)
    assert trial.noticed == ""
    assert len(trial.tried) > 2
    assert trial_table([trial]).splitlines()[1].startswith("TC_B_01_CS,passed,")


async def test_inconclusive_is_not_noticed() -> None:
    assert (await tried([Outcome.INCONCLUSIVE] * 10)).noticed == ""
