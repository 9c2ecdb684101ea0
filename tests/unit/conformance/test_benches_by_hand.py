"""Benches with a person, hooks or a mapping: what is asked, what counts as done, and what is said when it is not."""

from __future__ import annotations

import asyncio
import json
import queue
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from pilotwire.conformance.benches.choose import csms_benches, station_benches
from pilotwire.conformance.benches.desk import Desk, desk_page
from pilotwire.conformance.benches.mapping import CsmsByMapping, filled
from pilotwire.conformance.benches.person import CsmsByHand, StationByHand
from pilotwire.conformance.benches.ports import ActFailed, Endpoint
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.settings import read_settings
from pilotwire.errors import ConfigError
from tests.support.http_peer import Reply, http_peer

CASE = all_cases()["TC_B_01_CS"]
SETTINGS = read_settings({})


async def waiting(desk: Desk) -> int:
    while desk.now is None:
        await asyncio.sleep(0)
    return desk.now.number


def page(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(desk_page(desk)), base_url="http://bench")


# --- the desk ------------------------------------------------------------------------------------------------------------------


async def test_the_page_asks_and_takes_the_answer() -> None:
    desk = Desk(timeout=5)
    asked = asyncio.create_task(desk.ask("Connect the EV."))
    number = await waiting(desk)
    async with page(desk) as client:
        assert "Connect the EV." in (await client.get("/")).text
        assert (await client.get("/now")).json()["choices"] == ["done", "could not"]
        assert (await client.post("/answer", data={"number": number, "answer": "done"})).status_code == 303
        assert await asked == "done"
        assert "Nothing to do" in (await client.get("/")).text


async def test_what_could_not_be_done_is_said() -> None:
    desk = Desk(timeout=5)
    asked = asyncio.create_task(desk.ask("Connect the EV."))
    desk.answered(await waiting(desk), "could not")
    with pytest.raises(ActFailed, match="could not do it: Connect the EV"):
        await asked


async def test_nobody_there_is_said() -> None:
    with pytest.raises(ActFailed, match="nobody answered"):
        await Desk(timeout=0.01).ask("Connect the EV.")


async def test_an_answer_to_another_instruction_is_refused() -> None:
    desk = Desk(timeout=5)
    asked = asyncio.create_task(desk.ask("Connect the EV."))
    number = await waiting(desk)
    async with page(desk) as client:
        for data in ({"number": number + 1, "answer": "done"}, {"number": number, "answer": "perhaps"}):
            assert (await client.post("/answer", data=data)).status_code == 409
    desk.answered(number, "done")
    await asked


async def test_the_terminal_answers_as_well() -> None:
    said: list[str] = []
    lines = queue.SimpleQueue[str]()
    lines.put("what?")
    lines.put("")
    desk = Desk(timeout=5, say=said.append, hear=lines.get)
    desk.case = "TC_B_01_CS"
    assert await desk.ask("Connect the EV.") == "done"
    assert said[0].startswith("TC_B_01_CS: Connect the EV.")
    assert "no answer" in said[1]


# --- a station -------------------------------------------------------------------------------------------------------------------


async def test_a_person_is_told_once_where_the_station_connects() -> None:
    desk = Desk(timeout=5)
    bench = StationByHand(desk)
    endpoint = Endpoint("ws://bench:9000", "CS001", "secret", 1)
    began = asyncio.create_task(bench.begin(CASE, endpoint, SETTINGS))
    number = await waiting(desk)
    assert desk.now is not None
    assert "ws://bench:9000 as CS001, password secret" in desk.now.text
    desk.answered(number, "done")
    await began
    await bench.begin(CASE, endpoint, SETTINGS)
    await bench.close()


async def test_a_person_is_told_anew_where_a_case_wants_tls() -> None:
    desk = Desk(timeout=5)
    bench = StationByHand(desk)
    plain = Endpoint("ws://bench:9000", "CS001", "secret", 1)
    by_certificate = Endpoint("wss://bench:9000", "CS001", None, 3, ("PEM",), "PEM", "PEM")
    for endpoint, told in (
        (plain, "security profile 1, no EV"),
        (by_certificate, "csms-root.pem of lab as its CSMS root and a certificate"),
    ):
        began = asyncio.create_task(bench.begin(CASE, endpoint, dict(SETTINGS) | {"certificates": "lab"}))
        number = await waiting(desk)
        assert desk.now is not None
        assert told in desk.now.text
        desk.answered(number, "done")
        await began
    await bench.close()


async def test_hooks_do_what_they_have_a_url_for() -> None:
    with http_peer(lambda _: Reply()) as robot:
        hooks = {
            "plug_in": {"url": f"{robot.url}/plug", "body": {"place": "{evse}", "soc": "{soc}"}},
            "default": f"{robot.url}/do",
        }
        bench = StationByHand(None, hooks)
        await bench.act("plug_in", {"evse": 2, "connector": 1})
        await bench.act("press_stop", {"evse": 1, "connector": 1})
        await bench.close()
        first, second = ((one.path, json.loads(one.body)) for one in robot.asked)
    assert first == ("/plug", {"place": 2})
    assert second[0] == "/do"
    assert second[1]["act"] == "press_stop"


async def test_a_hook_that_fails_and_an_act_without_one_are_said() -> None:
    bench = StationByHand(None, {"plug_in": "http://127.0.0.1:1/plug"})
    with pytest.raises(ActFailed, match="cannot be reached"):
        await bench.act("plug_in", {"evse": 1, "connector": 1})
    with pytest.raises(ActFailed, match="no hook does drive_in"):
        await bench.act("drive_in", {"evse": 1, "connector": 1})
    await bench.close()


# --- a CSMS ----------------------------------------------------------------------------------------------------------------------


async def test_an_operator_is_asked_to_send() -> None:
    desk = Desk(timeout=5)
    asked = asyncio.create_task(CsmsByHand(desk, "ws://csms").ask("Reset", {"type": "OnIdle"}))
    number = await waiting(desk)
    assert desk.now is not None
    assert "ResetRequest with {type: OnIdle}" in desk.now.text
    assert "refuses" not in desk.now.text
    desk.answered(number, "done")
    await asked


async def test_an_operator_does_not_insist_on_what_a_csms_may_refuse() -> None:
    desk = Desk(timeout=5)
    asked = asyncio.create_task(CsmsByHand(desk, "ws://csms").ask("Reset", {}, insists=False))
    number = await waiting(desk)
    assert desk.now is not None
    assert "If it refuses to" in desk.now.text
    desk.answered(number, "done")
    await asked


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{evseId}", 1),
        ("EVSE {evseId} of {identity}", "EVSE 1 of CS"),
        ("{idToken.idToken}", "A"),
        ({"a": "{evseId}", "b": "{nothing}", "c": 3}, {"a": 1, "c": 3}),
        (["{evseId}", "{nothing}"], [1]),
    ],
)
def test_templates(template: Any, wanted: Any) -> None:
    fields: Mapping[str, Any] = {"evseId": 1, "identity": "CS", "idToken": {"idToken": "A"}}
    assert filled(template, fields) == wanted


async def test_a_mapping_turns_a_command_into_the_requests_of_a_foreign_api() -> None:
    with http_peer(lambda _: Reply()) as backend:
        section = {
            "api": backend.url,
            "register": {"method": "PUT", "path": "/chargers/{identity}", "body": {"secret": "{password}"}},
            "commands": {"ReserveNow": {"path": "/chargers/{identity}/book", "body": {"tag": "{idToken.idToken}"}}},
        }
        bench = CsmsByMapping(section, "ws://csms")
        await bench.begin(CASE, SETTINGS)
        await bench.ask("ReserveNow", {"idToken": {"idToken": "A"}})
        with pytest.raises(ActFailed, match="has no Reset"):
            await bench.ask("Reset", {})
        await bench.close()
        asked = [(one.method, one.path, json.loads(one.body)) for one in backend.asked]
    assert asked == [
        ("PUT", "/chargers/CS001", {"secret": SETTINGS["password"]}),
        ("POST", "/chargers/CS001/book", {"tag": "A"}),
    ]


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"kind": "robot"}, "There is no bench 'robot'"),
        ({"kind": "mapping"}, "not said where stations connect"),
        ({"kind": "mapping", "ocpp": "ws://x", "commands": {"Reset": {}}}, "Reset has no path"),
        (
            {"kind": "mapping", "ocpp": "ws://x", "commands": {"Reset": {"path": "/", "method": "SEND"}}},
            "method 'SEND'",
        ),
        ({"kind": "mapping", "ocpp": "ws://x", "headers": {"A": "${NOT_SET_ANYWHERE}"}}, "NOT_SET_ANYWHERE"),
        ({"kind": "mapping", "ocpp": "ws://x", "plugin": "nowhere:what"}, "cannot be loaded"),
    ],
)
async def test_a_section_that_cannot_be_used_is_refused_with_a_sentence(section: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        async with csms_benches(section, 1):
            pass


async def test_one_person_plays_one_case_at_a_time() -> None:
    with pytest.raises(ConfigError, match="at a time"):
        async with station_benches({"kind": "person"}, 2):
            pass
