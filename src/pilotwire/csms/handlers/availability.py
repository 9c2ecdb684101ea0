"""What state connectors are in (functional block G)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.csms.handlers.alerts import alert_operations
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.uptime import STATUSES
from pilotwire.csms.store.ports import Operation, PutStatus
from pilotwire.domain.alerts import sign_of_status
from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.kinds import Noted, changed
from pilotwire.domain.uptime import PortStatus, told_at


async def status(desk: Desk, station: str, fact: ConnectorStatus, message_id: str) -> Noted:
    """Keep a connector's state (G01); one that tells of a fault raises an alert, one that may be an outage is kept for the uptime."""
    now = desk.clock.now()
    put = PutStatus(station=station, status=fact, received_at=now)
    told = _port_status(fact, now)
    await desk.journal.append(
        put, *alert_operations(desk, station, sign_of_status(fact, now)), *_uptime_operations(desk, station, told)
    )
    before = desk.ports.get((station, fact.address))
    if before is None or told.at >= before.at:
        desk.ports[station, fact.address] = told
    return Noted()


def _port_status(fact: ConnectorStatus, now: datetime) -> PortStatus:
    state = fact.state
    return PortStatus(
        at=told_at(fact.at, now),
        address=fact.address,
        availability=state.availability,
        code=state.problem.code if state.problem else None,
    )


def _uptime_operations(desk: Desk, station: str, told: PortStatus) -> list[Operation]:
    """What the diary is told: nothing while a port just goes on as it was. After a status that comes late (of a time before the newest
    one) the newest one is told again, as that may have been left out."""
    before = desk.ports.get((station, told.address))
    if before is None:
        return [STATUSES.keep(station, told.at, told)]
    if told.at < before.at:
        return [STATUSES.keep(station, told.at, told), STATUSES.keep(station, before.at, before)]
    if (told.is_up and before.is_up) or told == changed(before, at=told.at):
        return []
    return [STATUSES.keep(station, told.at, told)]
