"""What state connectors are in (functional block G)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import PutStatus
from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.kinds import Noted


async def status(desk: Desk, station: str, fact: ConnectorStatus, message_id: str) -> Noted:
    """Keep a connector's state (G01)."""
    await desk.journal.append(PutStatus(station=station, status=fact, received_at=desk.clock.now()))
    return Noted()
