"""Ends reservations whose time has passed: 1.6 does not tell that, and not every 2.x station does (H04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.csms.registers.reservations import (
    RESERVATIONS,
    ReservationRecord,
    ReservationState,
    ended,
    reservation_key,
)
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.reservation import is_over

LOOK: Final = 30.0
KEPT: Final = timedelta(days=90)
"""How long it is kept how a reservation ended."""
_PAGE: Final = 500


class ReservationsEnd:
    """The service."""

    name = "reservations"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK)

    async def look(self) -> None:
        """Go through all reservations once."""
        after: str | None = None
        while found := await self._parts.store.records(RESERVATIONS, None, Page(limit=_PAGE, after=after)):
            for record in found:
                await self._look_at(record)
            last = found[-1]
            after = cursor_of(last.station, reservation_key(last.reservation.reservation_id))

    async def _look_at(self, record: ReservationRecord) -> None:
        now, station, made = self._parts.clock.now(), record.station, record.reservation
        if record.state is ReservationState.ACTIVE and is_over(made, now):
            operation = ended(station, made.reservation_id, ReservationState.EXPIRED, made.expires_at)
        elif record.ended_at is not None and now - record.ended_at > KEPT:
            operation = RESERVATIONS.remove(station, reservation_key(made.reservation_id))
        else:
            return
        await self._parts.journal.append(operation)
