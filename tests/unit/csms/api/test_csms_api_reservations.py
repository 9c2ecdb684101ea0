"""Reservations over the API: domain terms in, the station's answer out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    CancelReservationStatus,
    Reservation,
    ReserveNow,
    ReserveNowOutcome,
    ReserveNowStatus,
)
from tests.support.api_rooms import ApiRooms, api_of, client_of

SIX = datetime(2030, 1, 31, 18, tzinfo=UTC)
TOKEN = {"idToken": "A", "type": "Central"}

SAID: list[tuple[str, dict[str, Any], Command, Outcome, dict[str, Any]]] = [
    (
        "reserve-now",
        {
            "reservationId": 7,
            "idToken": TOKEN,
            "groupIdToken": {"idToken": "FLEET"},
            "expiryDateTime": "2030-01-31T19:00:00+01:00",
            "evseId": 2,
        },
        ReserveNow(
            reservation=Reservation(
                reservation_id=7,
                expires_at=SIX,
                id_token=IdToken(value="A", type="Central"),
                group=IdToken(value="FLEET"),
                evse=2,
            )
        ),
        ReserveNowOutcome(status=ReserveNowStatus.ACCEPTED),
        {"status": "Accepted", "reservationId": 7},
    ),
    (
        "reserve-now",
        {"reservationId": 8, "idToken": TOKEN, "expiryDateTime": "2030-01-31T18:00:00Z", "connectorType": "cCCS2"},
        ReserveNow(
            reservation=Reservation(
                reservation_id=8,
                expires_at=SIX,
                id_token=IdToken(value="A", type="Central"),
                connector_type="cCCS2",
            )
        ),
        ReserveNowOutcome(status=ReserveNowStatus.UNAVAILABLE),
        {"status": "Unavailable", "reservationId": 8},
    ),
    (
        "cancel-reservation",
        {"reservationId": 7},
        CancelReservation(reservation_id=7),
        CancelReservationOutcome(status=CancelReservationStatus.REJECTED),
        {"status": "Rejected"},
    ),
]


@pytest.mark.parametrize(("verb", "body", "command", "outcome", "answer"), SAID)
async def test_a_command_and_its_answer(
    verb: str, body: dict[str, Any], command: Command, outcome: Outcome, answer: dict[str, Any]
) -> None:
    """What is asked in JSON is given to the station as a command, and its outcome comes back as JSON."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[type(command)] = outcome
    async with client_of(api_of(rooms)) as client:
        response = await client.post(f"/stations/CS-1/commands/{verb}", json=body)
    assert (response.status_code, response.json()) == (200, answer)
    assert rooms.bus.commands == [("CS-1", command)]


async def test_an_id_is_chosen_if_none_is_given() -> None:
    """Each time another, and it is told."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[ReserveNow] = ReserveNowOutcome(status=ReserveNowStatus.ACCEPTED)
    body = {"idToken": TOKEN, "expiryDateTime": "2030-01-31T18:00:00Z"}
    async with client_of(api_of(rooms)) as client:
        ids = [
            (await client.post("/stations/CS-1/commands/reserve-now", json=body)).json()["reservationId"]
            for _ in range(2)
        ]
    given = [command.reservation.reservation_id for _, command in rooms.bus.commands]
    assert ids == given
    assert 0 < ids[0] < ids[1] < 2**31


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("reserve-now", {"idToken": TOKEN}),
    ("reserve-now", {"idToken": TOKEN, "expiryDateTime": "tomorrow"}),
    ("reserve-now", {"idToken": TOKEN, "expiryDateTime": "2030-01-31T18:00:00Z", "evseId": 0}),
    ("reserve-now", {"idToken": TOKEN, "expiryDateTime": "2030-01-31T18:00:00Z", "reservationId": -1}),
    ("reserve-now", {"expiryDateTime": "2030-01-31T18:00:00Z"}),
    ("cancel-reservation", {}),
    ("cancel-reservation", {"reservationId": "7"}),
]


@pytest.mark.parametrize(("verb", "body"), WRONG)
async def test_what_is_not_understood(verb: str, body: dict[str, Any]) -> None:
    """A problem document, and nothing is sent."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms)) as client:
        response = await client.post(f"/stations/CS-1/commands/{verb}", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert rooms.bus.commands == []
