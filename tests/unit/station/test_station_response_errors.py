"""Responses that a station of 2.1 cannot use: it says so to the CSMS, and goes on (FR.06; Part 4, 4.2.3). Over a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.scripted_csms import NOW, Raw, ScriptedCsms, accepting, scripted_csms
from tests.support.station_lab import lab

WRONG = [
    pytest.param({"currentTime": 7}, "TypeConstraintViolation", id="a type of the schema"),
    pytest.param({}, "OccurrenceConstraintViolation", id="a field that is missing"),
    pytest.param({"currentTime": NOW, "extra": 1}, "FormatViolation", id="a field too much"),
    pytest.param(Raw('[3,"{id}","now"]'), None, id="no payload"),
    pytest.param(Raw('[3,"{id}",{"currentTime":"2026-01-01T00:00:00Z"},5]'), None, id="the RPC framework"),
]
_KNOWN = ("FormatViolation", "TypeConstraintViolation", "OccurrenceConstraintViolation", "RpcFrameworkError")


def _errors(csms: ScriptedCsms) -> list[Any]:
    return [frame for frame in csms.frames if frame[0] == 5]


@pytest.mark.req("FR.06", versions=("2.1",))
@pytest.mark.parametrize(("answer", "code"), WRONG)
async def test_a_response_that_cannot_be_used_is_answered_with_callresulterror(answer: Any, code: str | None) -> None:
    """With the id of the response; the next message is understood as ever."""
    heartbeats: list[Any] = []

    def reply(action: str, payload: Any) -> Any:
        if action == "Heartbeat":
            heartbeats.append(payload)
            return answer if len(heartbeats) == 1 else {"currentTime": NOW}
        return accepting(action, payload)

    async with scripted_csms("2.1", reply) as csms, lab(csms.url, "2.1") as one:
        await one.until_accepted()
        for _ in range(2):
            asked = await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            assert asked == {"status": "Accepted"}
        await eventually(lambda: len(heartbeats) == 2 and _errors(csms) != [], what="two heartbeats and an error")
        (told,) = _errors(csms)
        first = next(frame for frame in csms.frames if frame[0] == 2 and frame[2] == "Heartbeat")
        assert told[1] == first[1]
        assert told[2] == code if code is not None else told[2] in _KNOWN
        assert (len(told), told[4]) == (5, {})


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_versions_without_that_message_send_none(version: str) -> None:
    def reply(action: str, payload: Any) -> Any:
        return {"currentTime": 7} if action == "Heartbeat" else accepting(action, payload)

    async with scripted_csms(version, reply) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        for _ in range(2):
            asked = await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            assert asked == {"status": "Accepted"}
        await csms.until_heard("Heartbeat", 2)
        assert _errors(csms) == []
