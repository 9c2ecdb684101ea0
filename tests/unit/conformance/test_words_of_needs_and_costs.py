"""What the cases on costs, meter values and charging needs want of the bench."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from pilotwire.conformance.benches.pilotwire_station import PilotwireStation
from pilotwire.conformance.checks import Check, Judgement
from pilotwire.conformance.language import Answers, Judges, Receives
from pilotwire.conformance.values import OMITTED, Computed
from tests.support.bench_scene import BenchScene


def event(kind: str, seq_no: int) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": "2026-01-01T00:00:00Z",
        "triggerReason": "Trigger",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "T1"},
    }


async def test_a_field_of_an_answer_may_depend_on_the_message_it_answers() -> None:
    def total(known: Any) -> Any:
        return 5 if known.heard()[-1]["payload"]["eventType"] == "Ended" else OMITTED

    scene = BenchScene()
    await scene.play(Answers(action="TransactionEvent", payload={"totalCost": Computed("the total", total)}))
    scene.says("TransactionEvent", event("Started", 0))
    scene.says("TransactionEvent", event("Ended", 1))
    assert await scene.play(Receives(action="TransactionEvent"))
    assert scene.answers == [{}, {"totalCost": 5}]


async def test_a_validation_of_all_that_was_heard_shows_the_message_it_chose() -> None:
    def second(everything: Any, _: Any) -> Judgement:
        return Judgement(True, entry=everything["messages"][1]["index"])

    scene = BenchScene()
    await scene.play()
    for seq_no in (0, 1):
        scene.says("TransactionEvent", event("Updated", seq_no))
    await scene.play(Judges(checks=(Check("the second is right", second),)))
    (check,) = scene.last.checks
    assert scene.counterpart.transcript.entries[check.entry].payload["seqNo"] == 1


async def test_what_breaks_its_schema_is_not_among_what_was_heard() -> None:
    scene = BenchScene()
    await scene.play()
    scene.says("TransactionEvent", {"eventType": "Nonsense"})
    scene.says("TransactionEvent", event("Started", 0))
    assert [one["payload"]["eventType"] for one in scene.scene.heard()] == ["Started"]


@pytest.mark.parametrize(
    ("act", "details", "path", "body"),
    [
        ("tell_needs", {}, "vehicle/needs", {"evse": 1}),
        ("take_up_schedule", {"limit": 9, "unit": "A"}, "vehicle/schedule", {"evse": 1, "limit": 9, "unit": "A"}),
        ("present_at_station", {"token": "T", "type": "ISO14443"}, "tap", {"idToken": "T", "type": "ISO14443"}),
        ("choose", {"option": "stop all transactions"}, "master-pass", {}),
        ("choose", {"option": "stop the transaction of this EVSE"}, "master-pass", {"evse": 1}),
    ],
)
async def test_acts_at_our_own_station(act: str, details: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    asked: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json={})

    bench = PilotwireStation("http://station")
    await bench._client.aclose()
    bench._client = httpx.AsyncClient(base_url="http://station", transport=httpx.MockTransport(answer))
    bench._identity = "CS1"
    await bench.act(act, {"evse": 1, "connector": 1} | details)
    await bench.act("speaks_15118", {"evse": 1, "connector": 1})
    await bench.act("plug_in", {"evse": 1, "connector": 1})
    await bench.close()
    assert asked[0] == (f"/stations/CS1/{path}", body)
    assert asked[1][1] == {"evse": 1, "connector": 1, "ready": False, "name": "car 1"}
