"""How reservations ended (functional block H)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.kinds import Noted
from pilotwire.domain.reservation import ReservationEnded


async def ended(desk: Desk, station: str, fact: ReservationEnded, message_id: str) -> Noted:
    """Confirm it once its frame in the message log is durable (H04): a note is committed with or before what is appended next."""
    await desk.journal.append(RecordConnection(station=station, connected=True, at=desk.clock.now()))
    return Noted()
