"""What of the states of connectors is kept for the uptime of ports, whichever message tells it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.uptime import STATUSES
from pilotwire.csms.store.ports import Operation
from pilotwire.domain.availability import Availability, ConnectorStatus
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import DeviceEvent
from pilotwire.domain.uptime import PortStatus, told_at

_STATE: Final = "availabilitystate"
_STATES: Final = {each.value.lower(): each for each in Availability}
Newest = dict[tuple[str, EvseAddress], PortStatus]


def of_status(fact: ConnectorStatus, now: datetime) -> PortStatus:
    """What a StatusNotification tells (G01)."""
    return PortStatus(
        at=told_at(fact.at, now),
        address=fact.address,
        availability=fact.state.availability,
        code=fact.state.problem.code if fact.state.problem else None,
    )


def of_event(event: DeviceEvent, now: datetime) -> PortStatus | None:
    """What an event tells, if it is of the AvailabilityState of a connector, an EVSE or the station: 2.x may tell it so (G01.FR.03)."""
    name = event.name
    availability = _STATES.get(event.value.lower())
    if name.variable.lower() != _STATE or availability is None:
        return None
    component = name.component.lower()
    if component == "chargingstation":
        address = STATION
    elif component in ("evse", "connector") and name.evse:
        address = EvseAddress(evse=name.evse, connector=name.connector if component == "connector" else None)
    else:
        return None
    return PortStatus(at=told_at(event.at, now), address=address, availability=availability, code=event.tech_code)


def uptime_operations(desk: Desk, station: str, told: Iterable[PortStatus]) -> tuple[list[Operation], Newest]:
    """What the diary is told, and the newest states then, for `desk.ports` once that is stored.

    Nothing is told while a port just goes on as it was. After a status that comes late (of a time before the newest one) the newest one is
    told again, as that may have been left out.
    """
    operations: list[Operation] = []
    newest: Newest = {}
    for status in told:
        place = (station, status.address)
        before = newest.get(place) or desk.ports.get(place)
        if before is not None and status.at < before.at:
            operations += [STATUSES.keep(station, each.at, each) for each in (status, before)]
            continue
        newest[place] = status
        if before is None or not ((status.is_up and before.is_up) or status == changed(before, at=status.at)):
            operations.append(STATUSES.keep(station, status.at, status))
    return operations, newest
