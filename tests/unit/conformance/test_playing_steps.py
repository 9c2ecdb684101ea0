"""How steps are played: what a `Receives` sees, how messages are answered, what ends a case."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.conditions import configured_is, kept_is
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Configures,
    ForEach,
    InAnyOrder,
    Judges,
    Keeps,
    NotReceives,
    OnlyIf,
    Receives,
    Reconnects,
    Repeats,
    Sends,
    State,
    TellsStatus,
)
from pilotwire.conformance.states.station201 import transaction_event
from pilotwire.conformance.values import Kept
from pilotwire.conformance.wire.transcript import Transcript
from tests.support.bench_scene import BenchScene

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
AT = "2026-01-01T00:00:00Z"


def status(evse: int, state: str) -> tuple[str, dict[str, Any]]:
    return "StatusNotification", {"timestamp": AT, "connectorStatus": state, "evseId": evse, "connectorId": 1}


def event(trigger: str, seq_no: int = 0, kind: str = "Started") -> tuple[str, dict[str, Any]]:
    info = {"transactionId": "T1"}
    return "TransactionEvent", {
        "eventType": kind,
        "timestamp": AT,
        "triggerReason": trigger,
        "seqNo": seq_no,
        "transactionInfo": info,
    }


# --- requests of the tester --------------------------------------------------------------------------------------------------------


async def test_a_response_is_judged_and_kept() -> None:
    scene = BenchScene(lambda *_: {"versionNumber": 7})
    sends = Sends(action="GetLocalListVersion", checks=(equals("versionNumber", 7),), keep={"version": "versionNumber"})
    assert await scene.play(sends)
    (check,) = scene.last.checks
    assert check.passed
    assert scene.scene.kept["version"] == 7
    assert scene.scene.counterpart.transcript.entries[check.entry].text.startswith("[3")


async def test_a_wrong_response_fails_and_the_case_goes_on() -> None:
    scene = BenchScene(lambda *_: {"versionNumber": 8})
    assert await scene.play(Sends(action="GetLocalListVersion", checks=(equals("versionNumber", 7),)))
    assert scene.last.failed
    assert scene.last.checks[0].found == "8"


async def test_no_answer_ends_the_case() -> None:
    scene = BenchScene(lambda *_: None)
    assert not await scene.play(Sends(action="ClearCache"), Sends(action="ClearCache"))
    assert len(scene.playing.results) == 1
    assert "no answer" in scene.last.fault


async def test_a_response_against_its_schema_fails() -> None:
    scene = BenchScene(lambda *_: {"status": "Fine"})
    assert await scene.play(Sends(action="ClearCache"))
    assert scene.last.failed


async def test_a_refusal_is_what_a_refused_step_wants() -> None:
    scene = BenchScene(lambda *_: {"status": "Accepted"})
    await scene.play(Sends(action="ClearCache", refused=("NotSupported",)))
    assert scene.last.failed


# --- what comes ----------------------------------------------------------------------------------------------------------------


async def test_a_message_that_came_before_the_stimulus_does_not_count() -> None:
    scene = BenchScene(acts={"drive_in": []})
    await scene.play(Keeps(values={}))
    scene.says("BootNotification", BOOT)
    assert not await scene.play(Acts(act="drive_in"), Receives(action="BootNotification"))
    assert await scene.play(Receives(action="BootNotification", early=True))


@pytest.mark.parametrize(("marks", "found"), [(False, True), (True, False)])
async def test_what_came_before_the_response_counts_unless_the_request_marks(marks: bool, found: bool) -> None:
    def answering(*_: Any) -> dict[str, Any]:
        scene.says("Heartbeat", {})
        return {"status": "Accepted"}

    scene = BenchScene(answering)
    asks = Sends(action="TriggerMessage", payload={"requestedMessage": "Heartbeat"}, marks=marks)
    assert await scene.play(asks, Receives(action="Heartbeat", within=0.05)) is found


async def test_each_message_is_taken_once() -> None:
    scene = BenchScene(acts={"drive_in": [("BootNotification", BOOT)]})
    assert not await scene.play(
        Acts(act="drive_in"), Receives(action="BootNotification"), Receives(action="BootNotification")
    )
    assert not scene.playing.results[1].failed


async def test_where_says_which_message_is_meant() -> None:
    scene = BenchScene(acts={"plug_in": [event("MeterValuePeriodic"), event("CablePluggedIn", 1)]})
    assert await scene.play(Acts(act="plug_in"), transaction_event(trigger="CablePluggedIn"))
    assert scene.scene.kept["transaction_id"] == "T1"


async def test_what_did_not_come_is_explained_by_what_came_instead() -> None:
    scene = BenchScene(acts={"plug_in": [event("Authorized")]})
    assert not await scene.play(Acts(act="plug_in"), transaction_event(trigger="CablePluggedIn"))
    assert "no such TransactionEventRequest" in scene.last.fault
    assert [one.found for one in scene.last.checks if not one.passed] == ["Authorized"]


async def test_an_optional_message_may_stay_away() -> None:
    scene = BenchScene()
    assert await scene.play(Receives(action="BootNotification", optional=True, within=0.01))
    assert scene.last.skipped
    assert not scene.last.failed


async def test_messages_in_any_order_are_each_found() -> None:
    scene = BenchScene(acts={"plug_in": [event("CablePluggedIn"), status(1, "Occupied")]})
    order = InAnyOrder(steps=(TellsStatus(status="Occupied"), transaction_event(trigger="CablePluggedIn")))
    assert await scene.play(Acts(act="plug_in"), order)


async def test_silence_is_broken_by_the_unwanted_message() -> None:
    scene = BenchScene(acts={"drive_in": [event("EVDetected")], "drive_out": []})
    assert await scene.play(Acts(act="drive_in"), NotReceives(action="TransactionEvent"))
    assert scene.last.failed
    assert await scene.play(Acts(act="drive_out"), NotReceives(action="TransactionEvent"))
    assert not scene.last.failed


async def test_every_connector_must_be_told() -> None:
    scene = BenchScene(acts={"power_cycle": [status(1, "Available")]})
    await scene.play(Acts(act="power_cycle"), TellsStatus(status="Available", every="station"))
    assert [one.passed for one in scene.last.checks] == [True, False]


async def test_a_state_may_be_told_as_an_event() -> None:
    told = {
        "generatedAt": AT,
        "seqNo": 0,
        "eventData": [
            {
                "eventId": 1,
                "timestamp": AT,
                "trigger": "Delta",
                "actualValue": "Occupied",
                "eventNotificationType": "HardWiredNotification",
                "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
                "variable": {"name": "AvailabilityState"},
            }
        ],
    }
    scene = BenchScene(acts={"plug_in": [("NotifyEvent", told)]})
    assert await scene.play(Acts(act="plug_in"), TellsStatus(status="Occupied"))
    assert not scene.last.failed


# --- how messages are answered ---------------------------------------------------------------------------------------------------


async def test_the_next_step_that_means_a_message_answers_it_at_once() -> None:
    scene = BenchScene(acts={"power_cycle": [("BootNotification", BOOT)]})
    pending = Receives(action="BootNotification", answer={"status": "Pending", "interval": 3})
    assert await scene.play(Acts(act="power_cycle"), pending)
    assert scene.answers[0]["status"] == "Pending"
    assert scene.answers[0]["interval"] == 3
    assert "currentTime" in scene.answers[0]


async def test_two_messages_of_a_kind_get_the_answers_of_two_steps_in_turn() -> None:
    scene = BenchScene(acts={"power_cycle": [("BootNotification", BOOT), ("BootNotification", BOOT)]})
    first, second = (Receives(action="BootNotification", answer={"status": one}) for one in ("Rejected", "Accepted"))
    assert await scene.play(Acts(act="power_cycle"), first, second)
    assert [one["status"] for one in scene.answers] == ["Rejected", "Accepted"]


async def test_the_answer_of_a_step_behind_another_stimulus_is_not_given_yet() -> None:
    scene = BenchScene(acts={"power_cycle": [("BootNotification", BOOT)], "drive_in": []})
    later = Receives(action="BootNotification", answer={"status": "Rejected"}, optional=True, within=0.01)
    assert await scene.play(Acts(act="power_cycle"), Acts(act="drive_in"), later)
    assert scene.answers[0]["status"] == "Accepted"


async def test_answers_hold_until_said_otherwise() -> None:
    scene = BenchScene(acts={"power_cycle": [("BootNotification", BOOT)]})
    await scene.play(Answers(action="BootNotification", payload={"status": "Rejected"}), Acts(act="power_cycle"))
    await scene.play(Answers(action="BootNotification"), Acts(act="power_cycle"))
    assert [one["status"] for one in scene.answers] == ["Rejected", "Accepted"]


async def test_a_message_against_its_schema_gets_an_error_and_is_remembered() -> None:
    scene = BenchScene(acts={"power_cycle": [("BootNotification", {"reason": "Whim"})]})
    await scene.play(Acts(act="power_cycle"))
    assert [frame[0] for frame in scene.socket.written] == [4]
    assert [entry.action for entry in scene.counterpart.transcript.breaches()] == ["BootNotification"]


async def test_what_is_no_frame_is_a_breach() -> None:
    scene = BenchScene()
    await scene.play(Keeps(values={}))
    scene.socket.says("[2, 17")
    assert [entry.kind for entry in scene.counterpart.transcript.breaches()] == ["broken"]


# --- steps made of steps -------------------------------------------------------------------------------------------------------


async def test_only_the_branch_whose_condition_holds_is_played() -> None:
    scene = BenchScene()
    branch = OnlyIf(
        condition=configured_is("authorization", "remote"),
        steps=(Keeps(values={"way": "remote"}),),
        otherwise=(Keeps(values={"way": "local"}),),
    )
    await scene.play(branch)
    assert scene.scene.kept["way"] == "local"


async def test_steps_are_played_for_each_value() -> None:
    asked: list[Any] = []
    scene = BenchScene(lambda _, payload: asked.append(payload["type"]) or {"status": "Accepted"})
    await scene.play(
        ForEach(
            name="kind", values=["Immediate", "OnIdle"], steps=(Sends(action="Reset", payload={"type": Kept("kind")}),)
        )
    )
    assert asked == ["Immediate", "OnIdle"]


async def test_steps_are_repeated_until_the_condition_holds() -> None:
    versions = iter(range(10))
    scene = BenchScene(lambda *_: {"versionNumber": next(versions)})
    ask = Sends(action="GetLocalListVersion", keep={"version": "versionNumber"})
    assert await scene.play(Repeats(steps=(ask,), until=kept_is("version", 3)))
    assert next(versions) == 4


async def test_steps_that_never_get_there_end_the_case() -> None:
    scene = BenchScene(lambda *_: {"versionNumber": 1})
    ask = Sends(action="GetLocalListVersion", keep={"version": "versionNumber"})
    assert not await scene.play(Repeats(steps=(ask,), until=kept_is("version", 3), most=4))


async def test_results_know_the_states_they_are_inside_of() -> None:
    scene = BenchScene()
    inner = State(name="Inner", steps=(Keeps(values={"a": 1}),))
    await scene.play(State(name="Outer", steps=(inner, Keeps(values={"b": 1}))), Keeps(values={"c": 1}))
    assert [one.states for one in scene.playing.results] == [(), ("Outer",), ("Outer", "Inner"), ("Outer",), ()]


# --- variables, the line, everything -----------------------------------------------------------------------------------------------


def variables(found: str, status_: str, asked: list[str]) -> Any:
    place = {"component": {"name": "A"}, "variable": {"name": "B"}}

    def answer(action: str, payload: Any) -> Any:
        asked.append(action)
        if action == "GetVariables":
            return {"getVariableResult": [place | {"attributeStatus": found, "attributeValue": "1"}]}
        return {"setVariableResult": [place | {"attributeStatus": status_}]}

    return answer


@pytest.mark.parametrize(
    ("found", "answer", "step", "goes_on"),
    [
        ("Accepted", "Accepted", Configures(variable="A.B", value=2), True),
        ("Accepted", "Rejected", Configures(variable="A.B", value=2), False),
        ("Accepted", "Rejected", Configures(variable="A.B", value=2, if_writable=True), True),
        ("UnknownVariable", "Accepted", Configures(variable="A.B", value=2), False),
        ("UnknownVariable", "Accepted", Configures(variable="A.B", value=2, if_implemented=True), True),
    ],
)
async def test_a_variable_is_set_or_the_case_cannot_begin(
    found: str, answer: str, step: Configures, goes_on: bool
) -> None:
    scene = BenchScene(variables(found, answer, []))
    assert await scene.play(step) is goes_on


async def test_a_variable_that_is_so_already_is_left_alone() -> None:
    asked: list[str] = []
    await BenchScene(variables("Accepted", "Accepted", asked)).play(Configures(variable="A.B", value=1))
    assert asked == ["GetVariables"]


async def test_a_handshake_is_judged() -> None:
    scene = BenchScene()
    await scene.play(Reconnects(checks=(equals("username", "CS001"),)))
    assert not scene.last.failed


async def test_all_that_was_heard_can_be_judged() -> None:
    scene = BenchScene(acts={"power_cycle": [("BootNotification", BOOT)]})
    heard = Judges(checks=(one_of("messages[0].action", "BootNotification"), equals("connectors[1].evse", 2)))
    await scene.play(Acts(act="power_cycle"), heard)
    assert not scene.last.failed


def test_an_empty_transcript_has_no_breaches() -> None:
    assert list(Transcript().breaches()) == []
