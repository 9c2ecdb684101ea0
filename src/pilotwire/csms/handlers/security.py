"""Security events (functional block A)."""

from __future__ import annotations

from pilotwire.csms.handlers.alerts import alert_operations
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import KeepSecurityEvent
from pilotwire.domain.alerts import sign_of_security
from pilotwire.domain.kinds import Noted
from pilotwire.domain.security import SecurityEvent


async def happened(desk: Desk, station: str, fact: SecurityEvent, message_id: str) -> Noted:
    """Keep the event and confirm it (A04.FR.03); one that nobody wants to happen raises an alert."""
    keep = KeepSecurityEvent(station=station, event=fact, received_at=desk.clock.now())
    await desk.journal.append(keep, *alert_operations(desk, station, sign_of_security(fact)))
    return Noted()
