"""Words that cases about transactions need: answers held back, answers of a later part, variables that hold more, what waited offline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.conformance.cases.ocpp201.station.e_transactions.e13_retries import intervals
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Answers, Configures, Judges, Keeps, Receives, Sends
from pilotwire.conformance.states.offline201 import queued
from pilotwire.conformance.states.station201 import transaction_event
from pilotwire.conformance.values import text_of
from pilotwire.conformance.wire.answers import token_info
from pilotwire.conformance.wire.counterpart import Counterpart
from tests.support.bench_scene import BenchScene

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(trigger: str, seq_no: int = 0, *, after: float = 0.0, offline: bool = False) -> dict[str, Any]:
    return {
        "eventType": "Started" if seq_no == 0 else "Updated",
        "timestamp": (START + timedelta(seconds=after)).isoformat().replace("+00:00", "Z"),
        "triggerReason": trigger,
        "seqNo": seq_no,
        "offline": offline,
        "transactionInfo": {"transactionId": "T1"},
    }


# --- answers -----------------------------------------------------------------------------------------------------------------------


async def test_held_answers_are_given_when_the_case_says_so() -> None:
    scene = BenchScene()
    await scene.play(Answers(action="TransactionEvent", held=True))
    scene.says("TransactionEvent", event("Authorized"))
    scene.says("Heartbeat", {})
    assert len(scene.answers) == 1
    assert await scene.play(Sends(action="ClearCache"), Answers(action="TransactionEvent"))
    assert len(scene.answers) == 2
    scene.says("TransactionEvent", event("CablePluggedIn", 1))
    assert len(scene.answers) == 3


async def test_a_held_message_is_answered_as_the_step_that_means_it_says() -> None:
    scene = BenchScene()
    await scene.play(Answers(action="TransactionEvent", held=True))
    scene.says("TransactionEvent", event("Authorized"))
    means = transaction_event(trigger="Authorized", answer={"idTokenInfo": {"status": "Invalid"}}, early=True)
    assert await scene.play(Answers(action="TransactionEvent"), means)
    assert scene.answers == [{"idTokenInfo": {"status": "Invalid"}}]


async def test_a_message_of_the_next_part_is_answered_though_it_comes_in_this_one() -> None:
    scene = BenchScene(acts={})
    means = transaction_event(trigger="Authorized", answer={"idTokenInfo": {"status": "Blocked"}})
    scene.counterpart.attach(scene.socket, "connected")  # type: ignore[arg-type]
    await scene.playing.play((Keeps(values={"part": 1}),), "before", (means,))
    scene.says("TransactionEvent", event("Authorized"))
    assert scene.answers == [{"idTokenInfo": {"status": "Blocked"}}]


async def test_the_tester_tells_the_group_once_the_case_says_so() -> None:
    scene = BenchScene().scene
    token = {"idToken": scene.setting("valid_token2"), "type": "ISO14443"}
    assert token_info(token, scene) == {"status": "Accepted"}
    scene.happened({"grouped": True})
    assert token_info(token, scene)["groupIdToken"]["idToken"] == scene.setting("group_id")


# --- variables ---------------------------------------------------------------------------------------------------------------------


def read_only(value: str) -> Any:
    def answer(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        one = payload["getVariableData" if action == "GetVariables" else "setVariableData"][0]
        named = {"component": one["component"], "variable": one["variable"]}
        if action == "SetVariables":
            return {"setVariableResult": [named | {"attributeStatus": "Rejected"}]}
        return {"getVariableResult": [named | {"attributeStatus": "Accepted", "attributeValue": value}]}

    return answer


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("Authorized", True),
        ("Authorized,EVConnected", True),
        ("EVConnected", False),
        ("Authorized,EnergyTransfer", False),
    ],
)
async def test_a_list_that_cannot_be_written_may_hold_more(value: str, right: bool) -> None:
    scene = BenchScene(read_only(value))
    step = Configures(variable="TxCtrlr.TxStartPoint", value=["Authorized"], besides=("EVConnected",))
    assert await scene.play(step) is right
    if right:
        assert scene.scene.setting("tx_start_points") == value.split(",")


def test_whole_numbers_are_written_without_a_fraction() -> None:
    assert text_of([65.0, 2.5, 3]) == "65,2.5,3"


# --- what waited while the line was down -------------------------------------------------------------------------------------------


async def judged(judge: Judges, *events: dict[str, Any], kept: Mapping[str, Any]) -> list[bool]:
    scene = BenchScene()
    await scene.play(Keeps(values=kept))
    for one in events:
        scene.says("TransactionEvent", one)
    await scene.play(judge)
    return [check.passed for check in scene.last.checks]


def downtime(counterpart: Counterpart | None = None) -> dict[str, str]:
    return {"line_down": "2020-01-01T00:00:00+00:00", "line_back": (START + timedelta(seconds=60)).isoformat()}


OFFLINE = equals("offline", True)
STARTED = equals("eventType", "Started")


async def test_what_happened_offline_is_all_judged() -> None:
    early, late = event("Authorized", 0, offline=True), event("CablePluggedIn", 1, after=90)
    assert await judged(queued("1", OFFLINE, some=(STARTED,)), early, late, kept=downtime()) == [True, True]
    unmarked = event("CablePluggedIn", 1, after=30)
    assert await judged(queued("1", OFFLINE), early, unmarked, late, kept=downtime()) == [False]


async def test_nothing_that_waited_is_a_fault() -> None:
    assert await judged(queued("1", OFFLINE), event("Authorized", after=90), kept=downtime()) == [False]


# --- retries -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gaps", "right"),
    [
        ((31.0, 32.0), [True, True]),
        ((31.0, 31.0), [True, False]),
        ((31.0, 40.0), [True, False]),
        ((31.0,), [False, True]),
    ],
)
async def test_intervals_grow_with_each_transmission(gaps: tuple[float, ...], right: list[bool]) -> None:
    scene = BenchScene()
    await scene.play(Keeps(values={"transaction_id": "T1", "retried_no": 0, "station_timeout": "30"}))
    scene.says("TransactionEvent", event("Authorized"))
    for gap in gaps:
        scene.counterpart._clock.advance(gap)  # type: ignore[attr-defined]
        scene.says("TransactionEvent", event("Authorized"))
    await scene.play(intervals(3, "silence"))
    assert [check.passed for check in scene.last.checks] == right


async def test_a_step_that_leaves_a_message_unanswered_does_so_before_it_is_played() -> None:
    scene = BenchScene()
    scene.counterpart.attach(scene.socket, "connected")  # type: ignore[arg-type]
    await scene.playing.play((), "before", (Receives(action="Heartbeat", unanswered=True),))
    scene.says("Heartbeat", {})
    assert scene.answers == []
