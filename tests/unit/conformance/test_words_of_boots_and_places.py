"""Words of the language: landmarks, other EVSEs, answers that may be refused, repeated messages, connections that were quicker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import CONNECTED, TRANSACTION_RUNS, kept_is
from pilotwire.conformance.language import (
    Acts,
    AtEvse,
    Happened,
    Keeps,
    OnlyIf,
    Receives,
    Reconnects,
    Refuses,
    Repeats,
    Sends,
    TellsStatus,
)
from pilotwire.conformance.values import Computed, Kept, configured, look
from tests.support.bench_scene import BenchScene

BOOT = ("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}})
AT = "2026-01-01T00:00:00Z"


def status(evse: int, state: str) -> tuple[str, dict[str, Any]]:
    return "StatusNotification", {"timestamp": AT, "connectorStatus": state, "evseId": evse, "connectorId": 1}


def part(seq_no: int, more: bool) -> tuple[str, dict[str, Any]]:
    return "NotifyReport", {"requestId": 1, "generatedAt": AT, "seqNo": seq_no, "tbc": more}


async def test_what_came_before_a_landmark_is_not_meant_by_what_follows() -> None:
    scene = BenchScene(acts={"power_cycle": [status(1, "Available"), BOOT]})
    boots = Receives(action="BootNotification", marks=True)
    told = TellsStatus(status="Available", within=0.01)
    await scene.play(Acts(act="power_cycle"), boots, told)
    assert scene.last.failed
    await scene.play(Acts(act="power_cycle"), Receives(action="BootNotification"), told)
    assert not scene.last.failed


async def test_connectors_of_the_other_evses_are_told() -> None:
    scene = BenchScene(acts={"plug_in": [status(1, "Occupied"), status(2, "Available")]})
    others = TellsStatus(status="Available", every="others", within=0.01)
    assert await scene.play(Acts(act="plug_in"), TellsStatus(status="Occupied"), others)
    assert [check.what for check in scene.last.checks] == ["connector 1 of EVSE 2 is told to be Available"]
    assert not scene.last.failed


@pytest.mark.parametrize(
    ("answer", "fails"), [({"status": "Accepted"}, False), ({"status": "Rejected"}, True), (None, True)]
)
async def test_a_response_is_as_good_as_a_refusal_where_checks_say_so(answer: Any, fails: bool) -> None:
    scene = BenchScene(lambda *_: answer)
    step = Sends(action="ClearCache", checks=(equals("status", "Accepted"),), refused=("FormatViolation",))
    await scene.play(step)
    assert scene.last.failed is fails


@pytest.mark.parametrize(("code", "fails"), [("FormatViolation", False), ("InternalError", True)])
async def test_only_the_refusals_that_are_named_are_as_good(code: str, fails: bool) -> None:
    scene = BenchScene(lambda *_: None)
    await scene.play(Keeps(values={}))
    write = scene.socket.write

    def refuses(data: bytes) -> None:
        write(data)
        answer = [4, scene.socket.written[-1][1], code, "", {}]
        asyncio.get_running_loop().call_soon(scene.socket.says, answer)

    scene.socket.write = refuses  # type: ignore[method-assign]
    await scene.play(Sends(action="ClearCache", checks=(equals("status", "Accepted"),), refused=("FormatViolation",)))
    assert scene.last.failed is fails


async def test_a_message_is_met_once_where_its_step_is_repeated() -> None:
    scene = BenchScene(acts={"drive_in": [part(0, True), part(1, True), part(2, False)]})
    receives = Receives(action="NotifyReport", keep={"more": "tbc", "number": "seqNo"}, within=0.05)
    rounds = Repeats(steps=(Keeps(values={"more": False}), receives), until=kept_is("more", False))
    assert await scene.play(Acts(act="drive_in"), rounds)
    assert scene.scene.kept["number"] == 2


async def test_another_evse_has_its_own_facts_session_and_place() -> None:
    scene = BenchScene()
    place = Computed("here", lambda known: known.setting("evse_id"))
    there = AtEvse(
        evse=configured.evse2_id,
        connector=configured.connector2_id,
        steps=(
            Keeps(values={"inside": place}),
            OnlyIf(condition=TRANSACTION_RUNS, steps=(Keeps(values={"wrong": True}),)),
            Happened(facts={"ev_connected": True, "authorized": True}),
            Keeps(values={"transaction_id": "T2"}),
        ),
    )
    first = (Happened(facts={"ev_connected": True, "cached": True}), Keeps(values={"transaction_id": "T1"}))
    assert await scene.play(*first, there, Keeps(values={"outside": place, "mine": Kept("transaction_id")}))
    kept = scene.scene.kept
    assert (kept["inside"], kept["outside"], kept["mine"]) == (2, 1, "T1")
    assert "wrong" not in kept
    again = AtEvse(evse=2, connector=1, steps=(Keeps(values={"theirs": Kept("transaction_id")}),))
    assert await scene.play(again)
    assert kept["theirs"] == "T2"
    assert scene.scene.facts.get("authorized") is None


async def test_facts_of_the_station_hold_at_every_evse() -> None:
    scene = BenchScene()
    seen = Computed("cached", lambda known: known.facts.get("cached", False))
    await scene.play(Happened(facts={"cached": True}), AtEvse(evse=2, connector=1, steps=(Keeps(values={"c": seen}),)))
    assert scene.scene.kept["c"] is True


async def test_whether_there_is_a_connection_can_be_asked() -> None:
    scene = BenchScene()
    await scene.play(Keeps(values={}))
    assert CONNECTED.holds(scene.scene)
    scene.socket.is_open = False
    assert not CONNECTED.holds(scene.scene)


async def test_what_was_heard_can_be_asked_for() -> None:
    scene = BenchScene(acts={"power_cycle": [BOOT]})
    await scene.play(Acts(act="power_cycle"))
    assert look(scene.scene.heard(), "[0].payload.reason") == "PowerUp"
    assert scene.scene.heard()[0]["part"] == "main"


async def test_a_connection_that_was_quicker_than_its_step_keeps_its_messages() -> None:
    scene = BenchScene(acts={"power_cycle": [BOOT]})
    await scene.play(Keeps(values={}))
    again = scene.counterpart.note("connected", "again")

    async def stands(timeout: float) -> Any:
        return again

    scene.reconnect = stands  # type: ignore[method-assign]
    assert await scene.play(Acts(act="power_cycle"), Reconnects(), Receives(action="BootNotification", within=0.01))


async def test_attempts_that_were_turned_away_are_judged_and_kept() -> None:
    scene = BenchScene()
    refuses = Refuses(attempts=2, checks=(equals("attempts", 2), equals("waited", 3)), keep={"wait": "waited"})
    await scene.play(refuses)
    assert [check.passed for check in scene.last.checks] == [True, False]
    assert scene.scene.kept["wait"] == 2.0
