"""Reservations that end because their time has passed, and how endings go together."""

from __future__ import annotations

import json
from datetime import timedelta

from pilotwire.csms.api.events import told_of
from pilotwire.csms.registers import reservations
from pilotwire.csms.registers.reservations import RESERVATIONS, ReservationRecord, ReservationState, reservation_key
from pilotwire.csms.services import Parts
from pilotwire.csms.services.reservations import KEPT, ReservationsEnd
from pilotwire.domain.identity import IdToken
from pilotwire.domain.reservation import Reservation
from tests.support.api_rooms import ApiRooms


async def _made(rooms: ApiRooms, number: int, minutes: float) -> None:
    now = rooms.clock.now()
    kept = Reservation(reservation_id=number, expires_at=now + timedelta(minutes=minutes), id_token=IdToken(value="A"))
    await rooms.keep(reservations.made("CS1", kept, now))


async def _record(rooms: ApiRooms, number: int) -> ReservationRecord | None:
    return await rooms.store.record(RESERVATIONS, "CS1", reservation_key(number))


async def test_one_whose_time_has_passed_is_expired_and_later_forgotten() -> None:
    """With the time at which it expired."""
    rooms = ApiRooms()
    service = ReservationsEnd(Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings))
    await _made(rooms, 1, 10)
    await _made(rooms, 2, 200_000)
    rooms.clock.advance(660)
    await service.look()
    first, second = await _record(rooms, 1), await _record(rooms, 2)
    assert first is not None
    assert second is not None
    assert (first.state, first.ended_at) == (ReservationState.EXPIRED, first.reservation.expires_at)
    assert second.state is ReservationState.ACTIVE
    rooms.clock.advance(KEPT.total_seconds())
    await service.look()
    assert await _record(rooms, 1) is None
    assert await _record(rooms, 2) is not None


async def test_the_first_ending_holds_but_a_transaction_tells_best() -> None:
    """It may come late, from a queue."""
    rooms = ApiRooms()
    now = rooms.clock.now()
    await _made(rooms, 1, 10)
    await rooms.keep(reservations.ended("CS1", 1, ReservationState.CANCELED, now))
    await rooms.keep(reservations.ended("CS1", 1, ReservationState.EXPIRED, now))
    record = await _record(rooms, 1)
    assert record is not None
    assert record.state is ReservationState.CANCELED
    await rooms.keep(reservations.ended("CS1", 1, ReservationState.USED, now, "TX-1"))
    await rooms.keep(reservations.ended("CS1", 1, ReservationState.REMOVED, now))
    record = await _record(rooms, 1)
    assert record is not None
    assert (record.state, record.transaction_id) == (ReservationState.USED, "TX-1")


async def test_the_end_of_one_nobody_made_makes_none() -> None:
    """There is nothing to say about it."""
    rooms = ApiRooms()
    await rooms.keep(reservations.ended("CS1", 9, ReservationState.EXPIRED, rooms.clock.now()))
    assert await _record(rooms, 9) is None


async def test_what_becomes_of_a_reservation_is_told_live() -> None:
    """When it is made and when it is over; not what changes nothing."""
    rooms = ApiRooms()
    now = rooms.clock.now()
    kept = Reservation(reservation_id=1, expires_at=now + timedelta(minutes=1), id_token=IdToken(value="A"), evse=2)
    cancel = reservations.ended("CS1", 1, ReservationState.CANCELED, now)
    told = []
    for operation in (reservations.made("CS1", kept, now), cancel, cancel):
        (result,) = await rooms.keep(operation)
        told.append(told_of(operation, result))
    made, over, nothing = told
    assert nothing is None
    assert made is not None
    assert over is not None
    assert (made.type, made.station) == ("reservation", "CS1")
    assert [json.loads(each.data)["reservation"]["state"] for each in (made, over)] == ["Active", "Canceled"]
