"""The cases of blocks F, G and H find what is wrong: states that are not told, reservations that are not named or end at a wrong time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.cases.ocpp201.station.g_availability.changing import states_told, stays, told_again
from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import RESERVATION_NAMED, reserved_everywhere
from pilotwire.conformance.language import Acts, Keeps, Reached
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE, ONE_EVSE, OTHER_EVSES
from pilotwire.conformance.values import Moment, resolve
from tests.support.bench_scene import BenchScene

AT = "2026-01-01T00:00:00Z"
Said = tuple[str, dict[str, Any]]


def status(evse: int, state: str) -> Said:
    return "StatusNotification", {"timestamp": AT, "connectorStatus": state, "evseId": evse, "connectorId": 1}


def event(**more: Any) -> Said:
    return "TransactionEvent", {
        "eventType": "Started",
        "timestamp": AT,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T1"},
    } | more


def heard(*said: Said) -> BenchScene:
    return BenchScene(lambda *_: {"status": "Accepted"}, acts={"power_cycle": said})


@pytest.mark.parametrize(
    ("where", "said", "right"),
    [
        ("station", (status(1, "Available"), status(2, "Available")), True),
        ("station", (status(1, "Available"),), False),
        ("evse", (status(1, "Available"),), True),
        ("evse", (status(2, "Available"),), False),
        ("connector", (status(2, "Available"),), False),
    ],
)
async def test_each_connector_of_the_place_must_be_told(where: Any, said: tuple[Said, ...], right: bool) -> None:
    scene = heard(*said)
    await scene.play(Acts(act="power_cycle"), Reached(state="Idle"), *states_told(where))
    assert scene.last.failed is not right
    await scene.play(*told_again(where))
    assert scene.last.warned is not right
    assert not scene.last.failed


async def test_nothing_else_may_go_out_of_use() -> None:
    for other, right in (("Available", True), ("Unavailable", False)):
        scene = heard(status(1, "Unavailable"), status(2, other))
        await scene.play(Acts(act="power_cycle"), Reached(state="Idle"), *states_told("evse"))
        assert scene.last.failed is not right


async def test_what_is_in_use_already_may_not_become_anything_else() -> None:
    for state, right in (("Available", True), ("Unavailable", False)):
        scene = heard(status(1, state))
        await scene.play(Acts(act="power_cycle"), *stays("1", "Operative", "Available", "evse"))
        assert scene.last.failed is not right


async def test_a_transaction_that_does_not_name_its_reservation_is_a_warning() -> None:
    for more, right in (({"reservationId": 7}, True), ({"reservationId": 8}, False), ({}, False)):
        scene = heard(event(**more))
        await scene.play(Keeps(values={"reservation_id": 7}), Acts(act="power_cycle"), *RESERVATION_NAMED)
        assert scene.last.warned is not right


async def test_a_reservation_must_end_at_its_time() -> None:
    update = "ReservationStatusUpdate", {"reservationId": 1, "reservationUpdateStatus": "Expired"}
    judges = all_cases()["TC_H_07_CS"].after
    for seconds, right in ((1, True), (60, False), (-60, False)):
        scene = heard(update)
        await scene.play(Keeps(values={"expiry": Moment(seconds)}), Acts(act="power_cycle"), *judges)
        assert scene.last.failed is not right
    scene = heard()
    await scene.play(Keeps(values={"expiry": Moment()}), *judges)
    assert scene.last.failed


async def test_every_evse_is_reserved_by_a_number_and_for_a_token_of_its_own() -> None:
    asked: list[Mapping[str, Any]] = []

    def answering(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(payload)
        return {"status": "Accepted"}

    scene = BenchScene(answering, settings={"connectors": [1, 2, 1]})
    assert await scene.play(*reserved_everywhere("Accepted", which=False))
    assert len({one["id"] for one in asked}) == len({one["idToken"]["idToken"] for one in asked}) == 3
    assert all("evseId" not in one for one in asked)
    assert scene.scene.kept["reservation_id"] not in {one["id"] for one in asked}


def test_the_evses_of_a_station_are_known_by_the_plan() -> None:
    two = BenchScene(settings={"connectors": [1, 1, 2], "evse_id": 2}).scene
    assert resolve(EVERY_EVSE, two) == [1, 2, 3]
    assert resolve(OTHER_EVSES, two) == [1, 3]
    assert not ONE_EVSE.holds(two)
    assert ONE_EVSE.holds(BenchScene(settings={"connectors": [2]}).scene)
