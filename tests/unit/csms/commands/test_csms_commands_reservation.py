"""Reservations as commands, and how their ids are chosen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pilotwire.clock import ManualClock
from pilotwire.csms.commands import Commander, reservation
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

WANTED = Reservation(
    reservation_id=7, expires_at=datetime(2030, 1, 31, tzinfo=UTC), id_token=IdToken(value="A"), evse=1
)
RESERVED = ReserveNowOutcome(status=ReserveNowStatus.ACCEPTED)
CANCELLED = CancelReservationOutcome(status=CancelReservationStatus.ACCEPTED)


class OneAnswer:
    """A bus that answers every command with one outcome and remembers the commands."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.given: list[tuple[str, Command]] = []

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        self.given.append((station, command))
        return self.outcome

    async def call_raw(self, *_: Any, **__: Any) -> bytes:
        raise AssertionError("nothing is sent raw here")

    def connected(self) -> list[Any]:
        return []


async def test_each_wish_becomes_its_command() -> None:
    """And the station's answer comes back."""
    bus = OneAnswer(RESERVED)
    assert await reservation.reserve_now(Commander(bus, ManualClock()), "CS", WANTED) == RESERVED
    assert bus.given == [("CS", ReserveNow(reservation=WANTED))]
    bus = OneAnswer(CANCELLED)
    assert await reservation.cancel(Commander(bus, ManualClock()), "CS", 7) == CANCELLED
    assert bus.given == [("CS", CancelReservation(reservation_id=7))]


def test_every_reservation_has_its_own_id() -> None:
    """Else it would replace another; ids rise, also over a restart of the CSMS, and fit into 32 bits."""
    clock = ManualClock()
    commander = Commander(OneAnswer(RESERVED), clock)
    ids = [commander.next_reservation_id() for _ in range(3)]
    clock.advance(60)
    ids.append(Commander(OneAnswer(RESERVED), clock).next_reservation_id())
    assert ids == sorted(set(ids))
    assert ids[-1] < 2**31
