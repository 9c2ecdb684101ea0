"""Events (N07, N08): what of them is told, in which messages, and what waits while the CSMS cannot be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pilotwire.domain.availability import ConnectorState
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import DeviceEvent, EventNotification, EventsTold, EventTrigger
from pilotwire.station.core import outbox_policy
from pilotwire.station.core.monitoring_memory import MonitoringMemory
from pilotwire.station.core.station import Station

ENABLED: Final = "MonitoringCtrlr.Enabled"
OFFLINE_SEVERITY: Final = "MonitoringCtrlr.OfflineQueuingSeverity"
MOST_IN_MESSAGE: Final = 20
"""Events in one NotifyEvent; the standard leaves it open."""
STATE_SEVERITY: Final = 8
"""Of a connector's state: informational, and part of regular operation."""
_BLOCK: Final = 1000
"""Event ids are reserved in blocks, so that not every event is written to disk; what is left of a block at a restart is not used."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has an id and a time."""

    name: VariableName
    value: str
    trigger: EventTrigger
    notification: EventNotification
    severity: int
    monitor_id: int | None = None
    cleared: bool = False
    transaction_id: str | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    cause: int | None = None


@dataclass(slots=True)
class _Ids:
    """The ids that may be given without another look at the memory."""

    next: int = 0
    until: int = 0


def enabled(station: Station) -> bool:
    """Whether there is monitoring at all (2.x Part 2, MonitoringEnabled)."""
    return station.variables.on(ENABLED)


def would_tell(station: Station, severity: int) -> bool:
    """Whether an event of a severity would be told or queued now (N05.FR.03, N07.FR.04, N07.FR.15)."""
    if severity > station.kept(MonitoringMemory).level:
        return False
    queues = station.online or outbox_policy.queues_all(station)
    return queues or severity <= station.variables.number(OFFLINE_SEVERITY)


def tells_states(station: Station) -> bool:
    """Whether the states of connectors are told as events (G01.FR.03 to G01.FR.07 leave the choice)."""
    return station.settings.states_as_events and enabled(station)


def state_changed(station: Station, address: EvseAddress, state: ConnectorState) -> EventsTold:
    """The state of a connector as an event, in place of StatusNotification; so it is told whatever the monitoring level."""
    place = VariableName(
        component="Connector", variable="AvailabilityState", evse=address.evse, connector=address.connector
    )
    draft = Draft(
        name=place,
        value=state.availability.value,
        trigger=EventTrigger.DELTA,
        notification=EventNotification.HARD_WIRED_NOTIFICATION,
        severity=STATE_SEVERITY,
    )
    return EventsTold(generated_at=station.stamp(), seq_no=0, events=(_event(station, draft),))


def tell(station: Station, drafts: Iterable[Draft]) -> list[int]:
    """Tell events that came together; those that are not to be told are left out. Returns the ids of those told or queued."""
    events = [_event(station, draft) for draft in drafts if would_tell(station, draft.severity)]
    for fact in _messages(station, events):
        waits = not station.online or outbox_policy.queues_all(station)
        if waits or station.outbox.holds(EventsTold):  # what waits goes first
            station.keep(fact)
        else:
            _say(station, fact)
    return [event.event_id for event in events]


def _event(station: Station, draft: Draft) -> DeviceEvent:
    return DeviceEvent(
        event_id=_next_id(station),
        at=station.stamp(),
        trigger=draft.trigger,
        value=draft.value,
        name=draft.name,
        notification=draft.notification,
        cause=draft.cause,
        tech_code=draft.tech_code,
        tech_info=draft.tech_info,
        cleared=draft.cleared,
        transaction_id=draft.transaction_id,
        monitor_id=draft.monitor_id,
        severity=draft.severity,
    )


def _next_id(station: Station) -> int:
    ids = station.moment(_Ids)
    if ids.next >= ids.until:
        memory = station.kept(MonitoringMemory)
        ids.next, ids.until = memory.next_event, memory.next_event + _BLOCK
        station.remember(changed(memory, next_event=ids.until))
    given, ids.next = ids.next, ids.next + 1
    return given


def _messages(station: Station, events: list[DeviceEvent]) -> Iterator[EventsTold]:
    """N07.FR.07, N08.FR.04: numbered from 0."""
    for at in range(0, len(events), MOST_IN_MESSAGE):
        yield EventsTold(
            generated_at=station.stamp(),
            seq_no=at // MOST_IN_MESSAGE,
            events=tuple(events[at : at + MOST_IN_MESSAGE]),
            more=at + MOST_IN_MESSAGE < len(events),
        )


def _say(station: Station, fact: EventsTold) -> None:
    def failed(refused: bool) -> None:
        if refused:
            return  # saying it again would be refused again
        limit = station.variables.number(OFFLINE_SEVERITY)
        left = tuple(event for event in fact.events if event.severity is None or event.severity <= limit)
        if left:
            station.keep(changed(fact, events=left, seq_no=0, more=False))

    station.say(fact, failed=failed)
