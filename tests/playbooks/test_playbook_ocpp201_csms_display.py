"""CSMS under test, 2.0.1: display messages (O). What the operator reads of them is what the station took, or reported."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import Stage, stage
from tests.support.csms_stage201 import Charge

START, END = "2029-01-01T08:00:00Z", "2030-01-01T20:00:00Z"


def _message(**more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "priority": "InFront",
        "message": {"content": "Welcome", "format": "UTF8", "language": "en"},
    } | more


async def _show(on: Stage, message: dict[str, Any], answer: str = "Accepted") -> None:
    """The operator shows a message: the station hears it exactly, the operator the answer."""
    ordered = await on.order("set-display-message", {"status": answer}, **message)
    assert (ordered.action, ordered.sent) == ("SetDisplayMessage", {"message": message})
    assert ordered.told == {"status": answer}


async def _shown(on: Stage) -> list[dict[str, Any]]:
    """The messages on record, without what they do not have."""
    known = (await on.read("display-messages"))["items"]
    return [{name: value for name, value in each.items() if value is not None} for each in known]


async def _kept(on: Stage) -> list[tuple[int, str]]:
    return [(each["id"], each["message"]["content"]) for each in await _shown(on)]


# --- set ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("O01.FR.04", versions=("2.0.1",))
@pytest.mark.parametrize("priority", ["AlwaysFront", "InFront", "NormalCycle"])
async def test_tc_o_01_csms(priority: str) -> None:
    """A message with a priority and a state."""
    async with stage() as on:
        await _show(on, _message(priority=priority, state="Idle"))
        (known,) = await _shown(on)
        assert (known["priority"], known["state"]) == (priority, "Idle")


@pytest.mark.req("O01.FR.05", versions=("2.0.1",))
@pytest.mark.parametrize(
    "when",
    [pytest.param({"startDateTime": START}, id="tc_o_13_csms"), pytest.param({"endDateTime": END}, id="tc_o_14_csms")],
)
async def test_tc_o_13_14_csms(when: dict[str, str]) -> None:
    """From a time on, or until then. One that ends before it begins is not sent."""
    async with stage() as on:
        await on.refused("set-display-message", **_message(startDateTime=END, endDateTime=START))
        await _show(on, _message(**when))
        (known,) = await _shown(on)
        assert when.items() <= known.items()


@pytest.mark.parametrize(
    "when",
    [
        pytest.param({}, id="tc_o_06_csms"),
        pytest.param({"startDateTime": START}, id="tc_o_27_csms"),
        pytest.param({"endDateTime": END}, id="tc_o_28_csms"),
    ],
)
async def test_tc_o_06_27_28_csms(when: dict[str, str]) -> None:
    """For a transaction, from a time on, until then. Once the transaction is over, the CSMS sends it no more."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        message = _message(transactionId=charge.name, **when)
        await _show(on, message)
        (known,) = await _shown(on)
        assert known["transactionId"] == charge.name
        await charge.disconnected()
        await on.refused("set-display-message", **message)


async def test_tc_o_10_csms() -> None:
    """For a transaction that the station does not know: the operator is told, and nothing is kept."""
    async with stage() as on:
        await Charge(on).started()
        await _show(on, _message(transactionId="tx-0"), "UnknownTransaction")
        assert await _shown(on) == []


async def test_tc_o_12_csms() -> None:
    """A message with the id of one that is there takes its place."""
    async with stage() as on:
        await _show(on, _message())
        await _show(on, _message(message={"content": "Goodbye", "format": "UTF8"}))
        assert await _kept(on) == [(7, "Goodbye")]


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        pytest.param(_message(), "NotSupportedPriority", id="tc_o_17_csms"),
        pytest.param(_message(state="Unavailable"), "NotSupportedState", id="tc_o_18_csms"),
        pytest.param(
            _message(message={"content": "<b>Hello</b>", "format": "HTML"}),
            "NotSupportedMessageFormat",
            id="tc_o_19_csms",
        ),
        pytest.param(_message(priority="NormalCycle"), "Rejected", id="tc_o_26_csms"),
    ],
)
async def test_tc_o_17_18_19_26_csms(message: dict[str, Any], answer: str) -> None:
    """What the station does not take: the operator is told why, and nothing is kept."""
    async with stage() as on:
        await _show(on, message, answer)
        assert await _shown(on) == []


async def test_tc_o_25_csms() -> None:
    """A message for while somebody charges."""
    async with stage() as on:
        await _show(on, _message(state="Charging"))
        assert [each["state"] for each in await _shown(on)] == ["Charging"]


# --- get ----------------------------------------------------------------------------------------------------------------------------


async def _get(on: Stage, *reported: dict[str, Any], **body: Any) -> None:
    """Ask for messages; the station tells each in a part of its own, and the operator reads them all."""
    parts = [
        {"messageInfo": [each]} | ({"tbc": True} if number + 1 < len(reported) else {})
        for number, each in enumerate(reported)
    ]
    ordered = await on.reported("get-display-messages", "NotifyDisplayMessages", *parts, **body)
    assert ordered.action == "GetDisplayMessages"
    assert ordered.sent == {"requestId": ordered.sent["requestId"]} | body
    assert [each["id"] for each in ordered.told["messageInfo"]] == [each["id"] for each in reported]


async def test_tc_o_02_csms() -> None:
    """All: what the station does not report is forgotten, what it reports is known."""
    async with stage() as on:
        await _show(on, _message())
        await _get(on, _message(id=8), _message(id=9))
        assert await _kept(on) == [(8, "Welcome"), (9, "Welcome")]


async def _none(on: Stage, **body: Any) -> None:
    ordered = await on.order("get-display-messages", {"status": "Unknown"}, **body)
    assert ordered.sent == {"requestId": ordered.sent["requestId"]} | body
    assert (ordered.told["status"], ordered.told["messageInfo"]) == ("Unknown", [])


async def test_tc_o_03_csms() -> None:
    """All, and there are none: those on record are gone."""
    async with stage() as on:
        await _show(on, _message())
        await _none(on)
        assert await _kept(on) == []


@pytest.mark.parametrize(
    "criterion",
    [
        pytest.param({"id": [7]}, id="tc_o_07_csms"),
        pytest.param({"priority": "InFront"}, id="tc_o_08_csms"),
        pytest.param({"state": "Idle"}, id="tc_o_09_csms"),
    ],
)
async def test_tc_o_07_08_09_csms(criterion: dict[str, Any]) -> None:
    """By id, priority, state; other messages stay on record."""
    other = _message(id=8, priority="NormalCycle", state="Charging")
    async with stage() as on:
        await _show(on, _message(state="Idle"))
        await _show(on, other)
        await _get(on, _message(state="Idle"), **criterion)
        assert await _kept(on) == [(7, "Welcome"), (8, "Welcome")]


async def test_tc_o_11_csms() -> None:
    """By an id that the station does not have; the message with another stays on record."""
    async with stage() as on:
        await _show(on, _message())
        await _none(on, id=[99])
        assert await _kept(on) == [(7, "Welcome")]


# --- clear --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "answer", "left"),
    [
        pytest.param(7, "Accepted", [], id="tc_o_04_csms"),
        pytest.param(99, "Unknown", [(7, "Welcome")], id="tc_o_05_csms"),
    ],
)
async def test_tc_o_04_05_csms(number: int, answer: str, left: list[tuple[int, str]]) -> None:
    """A message is cleared; an id that is not there clears nothing."""
    async with stage() as on:
        await _show(on, _message())
        ordered = await on.order("clear-display-message", {"status": answer}, id=number)
        assert (ordered.action, ordered.sent) == ("ClearDisplayMessage", {"id": number})
        assert ordered.told == {"status": answer}
        assert await _kept(on) == left
