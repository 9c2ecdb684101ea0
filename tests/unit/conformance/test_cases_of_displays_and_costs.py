"""What the cases about displays and costs look at: messages told as they were set, what is to be read, costs in answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from pilotwire.conformance.benches.pilotwire_csms import _BODIES
from pilotwire.conformance.benches.pilotwire_station import PilotwireStation
from pilotwire.conformance.cases.ocpp201.csms.i_tariff.i02_i03_costs import TC_I_01_CSMS
from pilotwire.conformance.cases.ocpp201.csms.o_display_message.displaying import message_shown, shows
from pilotwire.conformance.cases.ocpp201.station.o_display_message import o03_o04_get as getting
from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import FIRST, asks_for, sets, told_are
from pilotwire.conformance.language import Asks, Case, Receives, Sends, State
from tests.support.bench_scene import BenchScene

TEXT = {"format": "UTF8", "content": "Welcome to the bench"}
SET = {"priority": "NormalCycle", "message": TEXT}


def _failures(scene: BenchScene) -> list[str]:
    return [one.what for result in scene.playing.results for one in result.checks if not one.passed]


def _station(*parts: Sequence[Mapping[str, Any]]) -> BenchScene:
    """A station that tells these parts when it is asked for messages; the ids in them are those it was given, by their order."""
    given: list[int] = []

    def answering(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        if action == "SetDisplayMessage":
            given.append(payload["message"]["id"])
        if action == "GetDisplayMessages":
            for number, part in enumerate(parts, start=1):
                told = [{**one, "id": given[one["id"]]} for one in part]
                more = {"tbc": True} if number < len(parts) else {}
                scene.says("NotifyDisplayMessages", {"requestId": payload["requestId"], "messageInfo": told} | more)
        return {"status": "Accepted"}

    scene = BenchScene(answering)
    return scene


async def test_a_message_told_as_it_was_set_in_the_last_of_two_parts_is_right() -> None:
    case = getting.TC_O_02_CS
    scene = _station([SET | {"id": 0}], [SET | {"id": 1}])
    assert await scene.play(*case.before, *case.main, *case.after)
    assert not _failures(scene)


@pytest.mark.parametrize(
    ("told", "failing"),
    [
        ({"priority": "InFront"}, "priority"),
        ({"message": TEXT | {"content": "Goodbye"}}, "content"),
        ({"message": TEXT | {"format": "ASCII"}}, "format"),
    ],
)
async def test_a_message_told_otherwise_than_it_was_set_is_not(told: dict[str, Any], failing: str) -> None:
    scene = _station([SET | {"id": 0} | told])
    await scene.play(sets("1"), *asks_for(("3", "5")))
    assert [failing in one for one in _failures(scene)] == [True]


@pytest.mark.parametrize("case", [getting.TC_O_07_CS, getting.TC_O_08_CS, getting.TC_O_09_CS], ids=lambda case: case.id)
async def test_a_station_that_tells_all_messages_where_some_were_asked_for_fails(case: Case) -> None:
    told = SET | {"state": "Idle"}
    scene = _station([told | {"id": 0}, told | {"id": 1}])
    await scene.play(*case.before, *case.main, *case.after)
    assert "all messages asked for were told, and no others" in _failures(scene)


async def test_a_message_that_was_told_twice_or_not_at_all_is_noticed() -> None:
    for parts in ([SET | {"id": 0}, SET | {"id": 0}], [SET]):
        scene = BenchScene()
        scene.scene.kept.update({"request": 1, "first message": 4})
        told = [{**one, "id": 4} if "id" in one else one for one in parts]
        scene.scene.counterpart.attach(scene.socket, "connected")  # type: ignore[arg-type]
        scene.says("NotifyDisplayMessages", {"requestId": 1, "messageInfo": told})
        await scene.play(told_are("request", FIRST))
        assert _failures(scene)


# --- what is to be read ------------------------------------------------------------------------------------------------------------


def _bench(*shown: str) -> PilotwireStation:
    """A station whose display has these texts, one at each look, the last for good."""
    texts = list(shown)

    def answer(_: httpx.Request) -> httpx.Response:
        text = texts.pop(0) if len(texts) > 1 else texts[0]
        return httpx.Response(200, json={"evses": [{"evseId": 2, "display": "B"}, {"evseId": 1, "display": text}]})

    bench = PilotwireStation("http://station")
    bench._client = httpx.AsyncClient(base_url="http://station", transport=httpx.MockTransport(answer))
    return bench


@pytest.mark.parametrize(
    ("shown", "within", "seen"),
    [(("A",), 0, "yes"), (("", "A"), 5, "yes"), (("", "A"), 0, "no"), (("B",), 0, "no")],
    ids=["at once", "in its turn", "too late", "at another EVSE"],
)
async def test_a_text_is_looked_for_on_the_display(shown: tuple[str, ...], within: float, seen: str) -> None:
    bench = _bench(*shown)
    looked = await bench.act("look", {"question": "?", "display": "A", "evse": 1, "within": within})
    assert looked == {"seen": seen}
    await bench.close()


# --- a CSMS under test -------------------------------------------------------------------------------------------------------------


def test_a_message_of_no_transaction_must_name_none() -> None:
    (_, heard) = shows("1", state="Idle")
    assert isinstance(heard, Receives)
    assert "message.transactionId is omitted" in [one.what for one in heard.checks]
    (_, heard) = shows("1", transactionId="T")
    assert isinstance(heard, Receives)
    assert "message.transactionId is omitted" not in [one.what for one in heard.checks]


def test_the_body_of_our_command_is_the_message_itself() -> None:
    (state,) = message_shown()
    assert isinstance(state, State)
    asked = state.steps[0]
    assert isinstance(asked, Asks)
    body = _BODIES["SetDisplayMessage"]({"message": {"priority": "InFront"}})
    assert body == {"id": 1, "priority": "InFront"}
    assert _BODIES["SetDisplayMessage"]({"message": {"id": 9}}) == {"id": 9}


@pytest.mark.parametrize(("answer", "comes"), [({"totalCost": 0.4}, False), ({}, True)], ids=["in the answer", "apart"])
async def test_a_running_cost_comes_in_the_answer_or_by_a_request(answer: dict[str, Any], comes: bool) -> None:
    scene = BenchScene(lambda *_: answer, role="csms")
    scene.scene.kept.update({"transaction_id": "T", "seq_no": 0})
    places = [number for number, step in enumerate(TC_I_01_CSMS.main) if isinstance(step, Sends) and step.number == "7"]
    steps = TC_I_01_CSMS.main[places[0] - 1 : places[0] + 2]
    assert await scene.play(*steps) is not comes
    assert ("CostUpdated" in scene.last.text) is comes
