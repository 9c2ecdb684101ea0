"""How reservations ended (functional block H)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers import reservations
from pilotwire.csms.registers.reservations import ReservationState
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.kinds import Noted
from pilotwire.domain.reservation import ReservationEnded
from pilotwire.domain.transactions import Transaction


async def ended(desk: Desk, station: str, fact: ReservationEnded, message_id: str) -> Noted:
    """Keep how it ended (H04); one nobody here has made is only in the message log."""
    now = desk.clock.now()
    state = reservations.told_state(fact.status)
    await desk.journal.append(
        RecordConnection(station=station, connected=True, at=now),
        reservations.ended(station, fact.reservation_id, state, now),
    )
    return Noted()


async def note_use(desk: Desk, station: str, reservation_id: int, transaction: Transaction) -> None:
    """A transaction names the reservation it uses: that ends it (H01.FR.15; 1.6:4.8)."""
    name = transaction.transaction_id
    operation = reservations.ended(station, reservation_id, ReservationState.USED, desk.clock.now(), name)
    await desk.journal.append(operation)
