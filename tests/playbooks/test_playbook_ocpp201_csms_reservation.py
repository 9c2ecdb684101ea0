"""CSMS under test, 2.0.1: reservations (H), from the operator's order to what is on record of them in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.csms_stage import FAMILY, Stage, at, stage
from tests.support.csms_stage201 import ACCEPTED, REJECTED, status, token

GROUP = {"idToken": FAMILY, "type": "Central"}


async def _reserve(on: Stage, answer: Any = ACCEPTED, **more: Any) -> int:
    """The operator reserves until an hour from now; the station hears that and nothing else. The id of the reservation."""
    until = (on.csms.clock.now().replace(microsecond=0) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    ordered = await on.order("reserve-now", answer, idToken=token(), expiryDateTime=until, **more)
    number: int = ordered.told["reservationId"]
    assert ordered.action == "ReserveNow"
    assert ordered.sent == {"id": number, "expiryDateTime": ordered.sent["expiryDateTime"], "idToken": token()} | more
    assert ordered.sent["expiryDateTime"].startswith(until[:19])
    assert ordered.told["status"] == answer["status"]
    return number


async def _shows(on: Stage, state: str, evse: int = 1) -> None:
    """The station tells a connector's state, by a StatusNotification and as an event."""
    await status(on, state, evse)
    seconds = on.ticks()
    event = {
        "eventId": seconds,
        "timestamp": at(seconds),
        "trigger": "Delta",
        "actualValue": state,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": evse, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    assert await on.cs.ask("NotifyEvent", {"generatedAt": at(seconds), "seqNo": 0, "eventData": [event]}) == {}
    assert await on.shown(evse) == state


async def _reserved(on: Stage, evse: int = 1) -> int:
    """Reusable state Reserved."""
    number = await _reserve(on, evseId=evse)
    await _shows(on, "Reserved", evse)
    assert await _states(on) == {number: "Active"}
    return number


async def _states(on: Stage) -> dict[int, str]:
    """What is on record of reservations."""
    return {each["reservationId"]: each["state"] for each in (await on.read("reservations"))["items"]}


async def _told(on: Stage, number: int, update: str) -> None:
    said = {"reservationId": number, "reservationUpdateStatus": update}
    assert await on.cs.ask("ReservationStatusUpdate", said) == {}
    assert await _states(on) == {number: update}


async def test_tc_h_01_csms() -> None:
    """An EVSE."""
    async with stage() as on:
        await _reserved(on)


async def test_tc_h_07_csms() -> None:
    """An EVSE, and nobody comes: the station tells that it expired."""
    async with stage() as on:
        number = await _reserved(on)
        await _shows(on, "Available")
        await _told(on, number, "Expired")


async def test_tc_h_08_csms() -> None:
    """Any EVSE."""
    async with stage() as on:
        number = await _reserve(on)
        await _shows(on, "Reserved")
        assert await _states(on) == {number: "Active"}


async def test_tc_h_14_csms() -> None:
    """Any EVSE, as often as there are EVSEs: each is another reservation, and all EVSEs are reserved."""
    async with stage() as on:
        first, second = await _reserve(on), await _reserve(on)
        for evse in (1, 2):
            await _shows(on, "Reserved", evse)
        assert first != second
        assert await _states(on) == {first: "Active", second: "Active"}


async def test_tc_h_15_csms() -> None:
    """A connector of a type."""
    async with stage() as on:
        number = await _reserve(on, connectorType="cCCS2")
        await _shows(on, "Reserved")
        assert await _states(on) == {number: "Active"}


async def test_tc_h_17_csms() -> None:
    """A reservation is cancelled by the id it was made with."""
    async with stage() as on:
        number = await _reserved(on)
        ordered = await on.order("cancel-reservation", ACCEPTED, reservationId=number)
        assert (ordered.action, ordered.sent) == ("CancelReservation", {"reservationId": number})
        assert ordered.told == {"status": "Accepted"}
        await _shows(on, "Available")
        assert await _states(on) == {number: "Canceled"}


async def test_tc_h_19_csms() -> None:
    """An EVSE for a whole family."""
    async with stage() as on:
        await _reserve(on, evseId=1, groupIdToken=GROUP)
        await _shows(on, "Reserved")
        (kept,) = (await on.read("reservations"))["items"]
        assert (kept["state"], kept["groupIdToken"], kept["evseId"]) == ("Active", GROUP, 1)


async def test_tc_h_20_csms() -> None:
    """The EVSE gets a fault: the station gives the reservation up."""
    async with stage() as on:
        number = await _reserved(on)
        await _shows(on, "Faulted")
        await _told(on, number, "Removed")


@pytest.mark.parametrize("place", [{"evseId": 1}, {}])
async def test_tc_h_22_csms(place: dict[str, int]) -> None:
    """The station rejects it: the operator is told, and nothing is on record."""
    async with stage() as on:
        await _reserve(on, REJECTED, **place)
        assert await _states(on) == {}
