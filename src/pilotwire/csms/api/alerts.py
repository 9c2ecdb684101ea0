"""Alerts, and the events of the device model some of them come from."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.monitoring import After
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, StationFilter, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.variables import named
from pilotwire.csms.registers.monitoring import ALERT_PLACES, ALERTS, EVENTS, DeviceEventRecord
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import Entry, cursor_of
from pilotwire.domain.alerts import Alert, AlertSource, AlertState, acknowledged
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import EventNotification, EventTrigger

router = APIRouter(tags=["alerts"])
_AT_ONCE = 500


class AlertResource(Resource):
    """Something at a station that somebody should look at. `severity`: 0 (danger) to 9 (debug)."""

    id: str
    station: str
    state: AlertState
    severity: int
    source: AlertSource = Field(description="What told of it: an event, the state of a connector, or a security event.")
    component: dict[str, Any]
    variable: dict[str, Any]
    value: str = Field(description="The value of the variable, a 1.6 error code, or the type of a security event.")
    variable_monitoring_id: int | None
    event_id: int | None
    transaction_id: str | None
    tech_code: str | None
    tech_info: str | None
    raised_at: Time
    told_at: Time = Field(description="When the station last told of it.")
    occurrences: int = Field(description="How often it was raised.")
    cleared_at: Time | None
    acknowledged_at: Time | None
    acknowledged_by: str | None
    note: str | None

    @classmethod
    def of(cls, alert: Alert) -> AlertResource:
        """The resource of an alert."""
        sign = alert.sign
        return cls(
            **named(sign.name),
            id=alert.alert_id,
            station=alert.station,
            state=alert.state,
            severity=sign.severity,
            source=sign.source,
            value=sign.value,
            variable_monitoring_id=sign.monitor_id,
            event_id=sign.event_id,
            transaction_id=sign.transaction_id,
            tech_code=sign.tech_code,
            tech_info=sign.tech_info,
            raised_at=alert.raised_at,
            told_at=alert.told_at,
            occurrences=alert.occurrences,
            cleared_at=alert.cleared_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by,
            note=alert.note,
        )

    @classmethod
    def between(cls, before: Alert | None, after: Alert | None) -> AlertResource | None:
        """The alert as it is now, if more is new than when it was last told."""
        if after is None or (before is not None and changed(before, told_at=after.told_at) == after):
            return None
        return cls.of(after)


States = Annotated[
    list[AlertState] | None, Query(alias="state", max_length=3, description="Only in these states; without any: all.")
]
Severity = Annotated[int | None, Query(ge=0, le=9, description="Only this severe or more (0 is the most severe).")]


@router.get("/alerts", dependencies=[READ], responses=READS, summary="List alerts")
async def list_alerts(
    desk: TheDesk,
    station: StationFilter = None,
    state: States = None,
    severity: Severity = None,
    limit: Limit = 100,
    after: After = None,
) -> PageOf[AlertResource]:
    """Alerts by station: the last time each was raised."""
    return await _alerts(desk, station, state, severity, limit, after)


@router.get("/stations/{station}/alerts", dependencies=[READ], responses=READS, summary="List alerts of a station")
async def list_station_alerts(
    desk: TheDesk,
    station: StationIdentity,
    state: States = None,
    severity: Severity = None,
    limit: Limit = 100,
    after: After = None,
) -> PageOf[AlertResource]:
    """Alerts of one station."""
    return await _alerts(desk, station, state, severity, limit, after)


async def _alerts(
    desk: Desk,
    station: str | None,
    states: list[AlertState] | None,
    severity: int | None,
    limit: int,
    after: str | None,
) -> PageOf[AlertResource]:
    items: list[AlertResource] = []
    cursor = after
    while len(items) < limit and (
        found := await desk.store.records(ALERTS, station, Page(limit=_AT_ONCE, after=cursor))
    ):
        for alert in found:
            cursor = cursor_of(alert.station, alert.alert_id)
            wanted = (not states or alert.state in states) and (severity is None or alert.sign.severity <= severity)
            if wanted:
                items.append(AlertResource.of(alert))
            if len(items) == limit:
                break
    return PageOf[AlertResource](**page_of(items, limit, cursor or ""))


AlertId = Annotated[
    str, Path(min_length=1, max_length=64, pattern=TEXT, description="The id of the alert.", examples=["0" * 24])
]


@router.get("/alerts/{alert}", dependencies=[READ], responses=READS | problems(404), summary="Read an alert")
async def read_alert(desk: TheDesk, alert: AlertId) -> AlertResource:
    """One alert."""
    found = await desk.store.record(ALERTS, await _station(desk, alert), alert)
    if found is None:
        raise _unknown(alert)
    return AlertResource.of(found)


class Acknowledgement(Resource):
    """Who has taken note, and what they have to say."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"acknowledgedBy": "Anna", "note": "Fan ordered, comes on Monday."}]}
    )

    acknowledged_by: str = Field(min_length=1, max_length=100, pattern=TEXT)
    note: str | None = Field(default=None, max_length=1000)


@router.post(
    "/alerts/{alert}/acknowledge",
    dependencies=[WRITE],
    responses=WRITES | problems(404),
    summary="Acknowledge an alert",
)
async def acknowledge(desk: TheDesk, alert: AlertId, said: Acknowledgement) -> AlertResource:
    """Take note of an alert. One that only happened (a security event, a change) is over with that; others when they are cleared."""
    station, now = await _station(desk, alert), desk.rooms.clock.now()
    amended = await desk.write(
        ALERTS.amend(
            station,
            alert,
            lambda known: None if known is None else acknowledged(known, now, said.acknowledged_by, said.note),
        )
    )
    if amended.after is None:
        raise _unknown(alert)
    return AlertResource.of(amended.after)


async def _station(desk: Desk, alert: str) -> str:
    place = await desk.store.record(ALERT_PLACES, "", alert)
    if place is None:
        raise _unknown(alert)
    return place.station


def _unknown(alert: str) -> Exception:
    return not_found(f"There is no alert {alert!r}.", "GET /alerts lists them.")


class DeviceEventResource(Resource):
    """An event of the device model. `severity` is its own, its monitor's, or 5 for an alert; `causeChain` leads to where it began."""

    number: int
    station: str
    event_id: int
    timestamp: Time
    trigger: EventTrigger
    actual_value: str
    component: dict[str, Any]
    variable: dict[str, Any]
    event_notification_type: EventNotification
    severity: int | None
    cleared: bool
    cause: int | None
    cause_chain: list[int] = Field(description="The ids of the events that led to it, the nearest first.")
    tech_code: str | None
    tech_info: str | None
    transaction_id: str | None
    variable_monitoring_id: int | None

    @classmethod
    def of(cls, entry: Entry[DeviceEventRecord]) -> DeviceEventResource:
        """The resource of an entry of the diary."""
        return cls.told(entry.station, entry.number, entry.entry)

    @classmethod
    def told(cls, station: str, number: int, record: DeviceEventRecord) -> DeviceEventResource:
        """The resource of a record."""
        event = record.event
        return cls(
            **named(event.name),
            number=number,
            station=station,
            event_id=event.event_id,
            timestamp=event.at,
            trigger=event.trigger,
            actual_value=event.value,
            event_notification_type=event.notification,
            severity=record.severity,
            cleared=event.cleared,
            cause=event.cause,
            cause_chain=list(record.causes),
            tech_code=event.tech_code,
            tech_info=event.tech_info,
            transaction_id=event.transaction_id,
            variable_monitoring_id=event.monitor_id,
        )


@router.get(
    "/stations/{station}/device-events",
    dependencies=[READ],
    responses=READS,
    summary="List events of the device model",
)
async def list_device_events(
    desk: TheDesk,
    station: StationIdentity,
    transaction_id: Annotated[
        str | None,
        Query(
            alias="transactionId", min_length=1, max_length=36, pattern=TEXT, description="Only of this transaction."
        ),
    ] = None,
    limit: Limit = 100,
    after: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="A cursor: the number of the last one had.")
    ] = None,
) -> PageOf[DeviceEventResource]:
    """What a station told by NotifyEvent (2.x), newest first."""
    entries = await desk.store.entries(EVENTS, station, key=transaction_id, before=after, limit=limit)
    items = [DeviceEventResource.of(each) for each in entries]
    return PageOf[DeviceEventResource](**page_of(items, limit, str(entries[-1].number) if entries else ""))
