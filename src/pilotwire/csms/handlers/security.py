"""Security events (functional block A)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import KeepSecurityEvent
from pilotwire.domain.kinds import Noted
from pilotwire.domain.security import SecurityEvent


async def happened(desk: Desk, station: str, fact: SecurityEvent, message_id: str) -> Noted:
    """Keep the event and confirm it (A04.FR.03)."""
    await desk.journal.append(KeepSecurityEvent(station=station, event=fact, received_at=desk.clock.now()))
    return Noted()
