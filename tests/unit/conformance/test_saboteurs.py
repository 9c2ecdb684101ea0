"""Saboteurs: what they do to what passes, and which sabotages follow from an honest run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Acts, NotReceives, Receives, Sends
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
    assert found[-2:] == [Sabotage(kind, Target("call", "BootNotification")) for kind in ("drop", "double")]


def test_where_a_list_was_looked_at_its_members_become_others() -> None:
    told = {"clearMonitoringResult": [{"status": "Accepted", "id": 7}]}
    answer = Entry(0, AT, "received", "result", "", action="ClearVariableMonitoring", payload=told)
    honest = result(CheckResult("", True, entry=0, path="clearMonitoringResult"), entries=[answer])
    found = list(sabotages_of(honest, OcppVersion.V201, {}))
    assert [(one.kind, one.path, one.value) for one in found] == [
        ("alter", "clearMonitoringResult[0].status", "NotFound"),
        ("alter", "clearMonitoringResult[0].id", 8),
        ("error", "", None),
        ("double", "", None),
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


def test_silence_is_broken_by_what_the_operator_ordered_and_the_csms_has_to_refuse() -> None:
    ordered = {"evse": {"id": 1}}
    asks = StepResult("", "", "main", kind="stimulus", asked={"action": "ChangeAvailability", "payload": ordered})
    quiet = StepResult("1", "", "main", checks=[CheckResult("", True, unwanted="ChangeAvailability")])
    honest = CaseResult("TC_B_01_CSMS", "", Outcome.PASSED, "", AT, 1.0, [asks, quiet], [])
    (sabotage,) = sabotages_of(honest, OcppVersion.V201, {"ChangeAvailability": {"operationalStatus": "Operative"}})
    assert (sabotage.target.kind, sabotage.value) == ("silence", ordered)


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


# --- which comes first, and of what kind it is ---------------------------------------------------------------------------------------


AUTHORIZE = {"idTag": "VALID-TOKEN-01"}


def test_what_the_main_steps_look_at_comes_before_the_preparations() -> None:
    before = Entry(0, AT, "received", "call", "", action="Authorize", payload=AUTHORIZE)
    answer = Entry(1, AT, "received", "result", "", action="Reset", payload={"status": "Accepted"}, part="main")
    state = StepResult("", "", "main", ("Charging",), checks=[CheckResult("", True, entry=2, path="status")])
    told = Entry(2, AT, "received", "result", "", action="ClearCache", payload={"status": "Accepted"}, part="main")
    over_all = StepResult("", "", "after", checks=[CheckResult("", True, entry=0, path="idTag")])
    own = StepResult("1", "", "main", checks=[CheckResult("", True, entry=1, path="status")])
    honest = CaseResult("TC_013_CS", "", Outcome.PASSED, "", AT, 1.0, [state, own, over_all], [before, answer, told])
    found = [one.target.action for one in sabotages_of(honest, OcppVersion.V16, {})]
    assert list(dict.fromkeys(found)) == ["Reset", "ClearCache", "Authorize"]


@pytest.mark.parametrize(
    ("version", "action", "payload", "path", "wanted"),
    [
        (OcppVersion.V16, "Authorize", AUTHORIZE, "idTag", ["SABOTAGE", "1"]),
        (
            OcppVersion.V16,
            "StopTransaction",
            {"transactionId": 7, "meterStop": 1, "timestamp": "2026-01-01T12:00:00Z"},
            "timestamp",
            ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"],
        ),
        (
            OcppVersion.V201,
            "Authorize",
            {"idToken": {"idToken": "A", "type": "Local"}},
            "idToken.type",
            ["Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "MacAddress", "NoAuthorization"],
        ),
        (
            OcppVersion.V21,
            "NotifySettlement",
            {"pspRef": "R", "status": "Settled", "settlementAmount": 2, "settlementTime": "2026-01-01T12:00:00Z"},
            "settlementAmount",
            [3, 1],
        ),
    ],
)
def test_other_values_are_of_the_type_the_schema_has_there(
    version: OcppVersion, action: str, payload: Any, path: str, wanted: list[Any]
) -> None:
    said = Entry(0, AT, "received", "call", "", action=action, payload=payload, part="main")
    found = sabotages_of(result(CheckResult("", True, entry=0, path=path), entries=[said]), version, {})
    values = [one.value for one in found if one.kind == "alter" and one.value is not None]
    assert sorted(values, key=str) == sorted(wanted, key=str)


# --- too late, and out of order --------------------------------------------------------------------------------------------------


STATUS = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


def sabotaged(scene: BenchScene, sabotage: Sabotage) -> Saboteur:
    """The saboteur stands between the scene's tester and its system under test."""
    saboteur = Saboteur(sabotage)
    counterpart = scene.counterpart
    counterpart.tap, counterpart.told_of_request = saboteur, saboteur.asked
    counterpart.overdue, counterpart.late_tap = saboteur.overdue, saboteur.late
    saboteur.acknowledge = counterpart.acknowledge
    return saboteur


async def test_a_request_that_is_too_late_is_missed_without_waiting_for_its_limit_and_arrives_then() -> None:
    scene = BenchScene(settings={"message_timeout": 3600.0}, acts={"power_cycle": [("BootNotification", BOOT)]})
    saboteur = sabotaged(scene, Sabotage("delay", Target("call", "BootNotification")))
    assert not await scene.play(Acts(act="power_cycle"), Receives(action="BootNotification"))
    assert "within 3600 s" in scene.last.fault
    assert saboteur.done
    assert [one.action for one in scene.counterpart.transcript.requests()] == ["BootNotification"]


async def test_an_answer_that_is_too_late_is_missed() -> None:
    scene = BenchScene(lambda *_: {"status": "Accepted"}, settings={"message_timeout": 3600.0})
    sabotaged(scene, Sabotage("delay", Target("result", "ClearCache", 1)))
    assert not await scene.play(*(Sends(action="ClearCache", checks=(equals("status", "Accepted"),)) for _ in "12"))
    assert scene.last.fault == "no answer to ClearCacheRequest within 3600 s"
    late = scene.counterpart.transcript.entries[-1]
    assert (late.kind, late.breach) == ("result", "it answers nothing that was asked")


async def test_what_comes_before_its_landmark_is_missed() -> None:
    told = [("FirmwareStatusNotification", {"status": "Installing", "requestId": 1}), ("StatusNotification", STATUS)]
    steps = (
        Acts(act="power_cycle"),
        Receives(action="FirmwareStatusNotification", marks=True),
        Receives(action="StatusNotification"),
    )
    honestly = BenchScene(acts={"power_cycle": told})
    assert await honestly.play(*steps)
    transcript = honestly.counterpart.transcript.entries
    honest = CaseResult("TC_L_01_CS", "", Outcome.PASSED, "", AT, 1.0, honestly.playing.results, transcript)
    (sabotage,) = (one for one in sabotages_of(honest, OcppVersion.V201, {}) if one.kind == "reorder")
    assert sabotage.name == "FirmwareStatusNotificationRequest changes places with StatusNotificationRequest"
    scene = BenchScene(acts={"power_cycle": told})
    saboteur = sabotaged(scene, sabotage)
    assert not await scene.play(*steps)
    assert "no such StatusNotificationRequest" in scene.last.fault
    assert saboteur.done
    heard = [one.action for one in scene.counterpart.transcript.requests()]
    assert heard == ["StatusNotification", "FirmwareStatusNotification"]
    answered = [frame[1] for frame in scene.socket.written if frame[0] == 3]
    assert sorted(answered) == ["sut-1", "sut-2"], "each request is answered once"


def test_only_what_must_come_in_time_or_in_order_is_late_or_out_of_order() -> None:
    honest = result(CheckResult("", True, entry=0, path="reason"), entries=[BOOTS])
    (step,) = honest.steps
    assert not any(one.kind in ("delay", "reorder") for one in sabotages_of(honest, OcppVersion.V201, {}))
    step.limit = 20.0
    assert Sabotage("delay", Target("call", "BootNotification")) in list(sabotages_of(honest, OcppVersion.V201, {}))
    step.kind = "optional"
    assert not any(one.kind == "delay" for one in sabotages_of(honest, OcppVersion.V201, {}))


# --- trials ----------------------------------------------------------------------------------------------------------------------


async def tried(outcomes: list[Outcome], *kinds: str) -> Trial:
    honest = result(CheckResult("", True, entry=0, path="reason"), entries=[BOOTS])
    played = iter([honest.outcome, *outcomes])

    async def play(_: Any, setting: Setting) -> CaseResult:
        if setting.saboteur is not None:
            setting.saboteur(call("BootNotification", BOOT))
        return CaseResult("TC_B_01_CS", "", next(played), "why", AT, 1.0, honest.steps, honest.entries)

    plan = plan_of({})
    return await try_case(all_cases()["TC_B_01_CS"], Setting(plan.settings, plan.claims), play, {}, kinds=kinds)


async def test_a_trial_ends_with_the_sabotage_that_was_noticed() -> None:
    trial = await tried([Outcome.PASSED, Outcome.FAILED])
    assert [outcome for _, outcome, _ in trial.tried] == [Outcome.PASSED, Outcome.FAILED]
    assert trial.noticed == trial.tried[1][0]


async def test_a_case_that_notices_nothing_is_named() -> None:
    trial = await tried([Outcome.PASSED] * 10)
    assert trial.noticed == ""
    assert len(trial.tried) > 2
    table = trial_table([trial]).splitlines()
    assert len(table) == 2, "a row a case"
    assert table[1].startswith("TC_B_01_CS,passed,,,BootNotificationRequest: reason becomes ")


async def test_only_sabotages_of_the_kinds_that_are_asked_for_are_tried() -> None:
    trial = await tried([Outcome.PASSED] * 10, "drop", "double")
    assert [name for name, *_ in trial.tried] == [
        "BootNotificationRequest never arrives",
        "BootNotificationRequest arrives twice",
    ]


async def test_inconclusive_is_not_noticed() -> None:
    assert (await tried([Outcome.INCONCLUSIVE] * 10)).noticed == ""
