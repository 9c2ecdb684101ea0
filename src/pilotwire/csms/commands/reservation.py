"""Keeping an EVSE for somebody (functional block H)."""

from __future__ import annotations

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    Reservation,
    ReserveNow,
    ReserveNowOutcome,
)


async def reserve_now(commander: Commander, station: str, reservation: Reservation) -> ReserveNowOutcome:
    """Reserve an EVSE, any, or one with a type of connector (H01); replaces the reservation with the same id (H01.FR.02)."""
    return await commander.ask(station, ReserveNow(reservation=reservation), ReserveNowOutcome)


async def cancel(commander: Commander, station: str, reservation_id: int) -> CancelReservationOutcome:
    """Withdraw a reservation (H02)."""
    command = CancelReservation(reservation_id=reservation_id)
    return await commander.ask(station, command, CancelReservationOutcome)
