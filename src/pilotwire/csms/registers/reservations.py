"""What is kept of reservations: those a station has accepted, and how they ended (functional block H)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.csms.store.ports import Amend
from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.reservation import Reservation, ReservationUpdateStatus


class ReservationState(StrEnum):
    """What became of a reservation: the last three as the station tells them (2.x ReservationUpdateStatusEnumType)."""

    ACTIVE = "Active"
    USED = "Used"
    CANCELED = "Canceled"
    EXPIRED = "Expired"
    REMOVED = "Removed"
    NO_TRANSACTION = "NoTransaction"


class ReservationRecord(Value):
    """A reservation a station has accepted, since `made_at`; how it ended and when, and the transaction that used it."""

    station: str
    reservation: Reservation
    made_at: datetime
    state: ReservationState = ReservationState.ACTIVE
    ended_at: datetime | None = None
    transaction_id: str | None = None


RESERVATIONS: Final = Register("reservations", ReservationRecord)
"""By station and `reservation_key`."""


def reservation_key(reservation_id: int) -> str:
    """The key of a reservation: keys are in the order of the ids."""
    return f"{reservation_id:011d}"


def made(station: str, reservation: Reservation, now: datetime) -> Amend:
    """The operation for one that the station has just accepted; it replaces the one with its id (H01.FR.02)."""
    record = ReservationRecord(station=station, reservation=reservation, made_at=now)
    return RESERVATIONS.put(station, reservation_key(reservation.reservation_id), record)


def ended(
    station: str, reservation_id: int, state: ReservationState, now: datetime, transaction_id: str | None = None
) -> Amend:
    """The operation for one that is over. What ended it first holds, but a transaction that uses it tells best."""

    def change(before: ReservationRecord | None) -> ReservationRecord | None:
        if before is None or before.state is ReservationState.USED:
            return before
        if before.state is not ReservationState.ACTIVE and state is not ReservationState.USED:
            return before
        return changed(before, state=state, ended_at=now, transaction_id=transaction_id)

    return RESERVATIONS.amend(station, reservation_key(reservation_id), change)


def told_state(status: ReservationUpdateStatus) -> ReservationState:
    """The state that a station tells."""
    return ReservationState(status.value)
