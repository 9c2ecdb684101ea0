"""What state connectors are in (functional block G)."""

from __future__ import annotations

from pilotwire.csms.handlers.alerts import alert_operations
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.uptime import of_status, uptime_operations
from pilotwire.csms.store.ports import PutStatus
from pilotwire.domain.alerts import sign_of_status
from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.kinds import Noted


async def status(desk: Desk, station: str, fact: ConnectorStatus, message_id: str) -> Noted:
    """Keep a connector's state (G01); one that tells of a fault raises an alert, one that begins or ends an outage is kept for good."""
    now = desk.clock.now()
    put = PutStatus(station=station, status=fact, received_at=now)
    operations, newest = uptime_operations(desk, station, [of_status(fact, now)])
    await desk.journal.append(put, *alert_operations(desk, station, sign_of_status(fact, now)), *operations)
    desk.ports.update(newest)
    return Noted()
