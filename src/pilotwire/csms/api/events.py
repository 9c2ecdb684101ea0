"""Live events: what the journal commits, as server-sent events.

A listener that falls too far behind, or whose connection takes nothing for `PATIENCE` seconds, is cut off: it connects again and reads
what it missed from the resources. Nobody slow holds up the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.types import Receive, Scope, Send

from pilotwire.csms.api.access import READ, WhileKnown
from pilotwire.csms.api.alerts import AlertResource, DeviceEventResource
from pilotwire.csms.api.bill_values import bill_event
from pilotwire.csms.api.certificates import request_event
from pilotwire.csms.api.charging_events import limit_event, needs_event
from pilotwire.csms.api.event_streams import EventStreamTold
from pilotwire.csms.api.firmware_events import campaign_event, member_event, status_event
from pilotwire.csms.api.load_management_events import limits_event, state_event
from pilotwire.csms.api.logs import LogResource
from pilotwire.csms.api.meter_values import MeterValueResource
from pilotwire.csms.api.payment_events import battery_swap_event, der_alarm_event, settlement_event
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.records import FindingResource, MessageResource, SecurityEventResource
from pilotwire.csms.api.reservations import reservation_event
from pilotwire.csms.api.resource import Resource, StationFilter, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.stations import ConnectorResource, IdentityResource
from pilotwire.csms.api.transactions import EventResource, TransactionResource
from pilotwire.csms.happenings import Happened
from pilotwire.csms.registers.battery_swap import BATTERY_SWAPS
from pilotwire.csms.registers.billing import BILLS
from pilotwire.csms.registers.certificates import REQUESTS
from pilotwire.csms.registers.der_control import DER_ALARMS
from pilotwire.csms.registers.firmware import STATUSES
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS, MEMBERS
from pilotwire.csms.registers.load_management import SITE_ALARMS, STATES
from pilotwire.csms.registers.logs import LOGS, LogRequest
from pilotwire.csms.registers.monitoring import ALERTS, EVENTS, STREAMS
from pilotwire.csms.registers.reservations import RESERVATIONS
from pilotwire.csms.registers.smart_charging import LIMITS, NEEDS
from pilotwire.csms.registers.tariff import SETTLEMENTS
from pilotwire.csms.store.ports import (
    Amend,
    Amended,
    Booked,
    BookEvent,
    Closed,
    CloseTransaction,
    ConnectorRecord,
    KeepEntry,
    KeepFinding,
    KeepReadings,
    KeepSecurityEvent,
    LogFrame,
    LoggedFrame,
    Operation,
    PutStatus,
    RecordBoot,
    RecordConnection,
    StoredReading,
    StoredSecurityEvent,
)
from pilotwire.domain.billing import BillKind

router = APIRouter(prefix="/events", tags=["live events"], dependencies=[READ])
KEEP_ALIVE: Final = 15.0
PATIENCE: Final = 30.0
Committed = tuple[Operation, Any]


class EventType(StrEnum):
    """What an event tells of."""

    STATUS = "status"
    TRANSACTION = "transaction"
    CONNECTION = "connection"
    FINDING = "finding"
    BOOT = "boot"
    SECURITY = "security"
    METER_VALUES = "meter-values"
    CHARGING_LIMIT = "charging-limit"
    EV_CHARGING_NEEDS = "ev-charging-needs"
    MESSAGE = "message"
    RECORD = "record"
    FIRMWARE_STATUS = "firmware-status"
    CAMPAIGN = "campaign"
    LOG_STATUS = "log-status"
    DEVICE_EVENT = "device-event"
    ALERT = "alert"
    EVENT_STREAM = "event-stream"
    DER_ALARM = "der-alarm"
    BATTERY_SWAP = "battery-swap"
    SETTLEMENT = "settlement"
    RESERVATION = "reservation"
    CERTIFICATE_REQUEST = "certificate-request"
    BILL_MADE = "bill-made"
    BILL_CORRECTED = "bill-corrected"
    SITE_STATE = "site-state"
    SITE_LIMITS = "site-limits"


QUIET: Final = frozenset(EventType) - {EventType.MESSAGE}
"""What is told unless something else is asked for: everything but the raw messages."""
LIVE_ONLY: Final = frozenset({EventType.SITE_STATE})
"""What webhooks are not told: it is of the moment."""


class StatusEvent(Resource):
    """`status`: a connector has a new state."""

    station: str
    connector: ConnectorResource


class TransactionChanged(Resource):
    """`transaction`: an event was booked, or (`event` null) it was closed here by rule; the transaction as it is now."""

    station: str
    event: EventResource | None
    transaction: TransactionResource


class ConnectionEvent(Resource):
    """`connection`: a station connected or went."""

    station: str
    connected: bool
    version: str | None
    timestamp: Time


class BootEvent(Resource):
    """`boot`: a station booted."""

    station: str
    identity: IdentityResource | None
    reason: str | None
    timestamp: Time


class MeterValuesEvent(Resource):
    """`meter-values`: a station sent readings outside of any transaction."""

    station: str
    meter_value: list[MeterValueResource]


class LogEvent(Resource):
    """`log-status`: a log was asked for, answered, told of by its station, or has arrived; its record as it is now."""

    station: str
    log: LogResource


Told = tuple[EventType, str, Resource]
"""The type of an event, its station, its data."""


def _status(put: PutStatus, kept: Any) -> Told | None:
    if kept is False:
        return None
    status = put.status
    record = ConnectorRecord(
        station=put.station, address=status.address, state=status.state, at=status.at or put.received_at
    )
    return EventType.STATUS, put.station, StatusEvent(station=put.station, connector=ConnectorResource.of(record))


def _booked(book: BookEvent, booked: Any) -> Told | None:
    if not isinstance(booked, Booked) or booked.repeated:
        return None
    data = TransactionChanged.model_construct(
        station=book.station,
        event=EventResource.of(book.event),
        transaction=TransactionResource.of(booked.transaction),
    )
    return EventType.TRANSACTION, book.station, data


def _closed(close: CloseTransaction, closed: Any) -> Told | None:
    if not isinstance(closed, Closed) or not closed.closed or closed.transaction is None:
        return None
    data = TransactionChanged.model_construct(
        station=close.station, event=None, transaction=TransactionResource.of(closed.transaction)
    )
    return EventType.TRANSACTION, close.station, data


def _connection(seen: RecordConnection, _: Any) -> Told:
    data = ConnectionEvent(station=seen.station, connected=seen.connected, version=seen.version, timestamp=seen.at)
    return EventType.CONNECTION, seen.station, data


def _boot(boot: RecordBoot, _: Any) -> Told:
    identity = IdentityResource.of(boot.identity)
    data = BootEvent(station=boot.station, identity=identity, reason=boot.reason, timestamp=boot.at)
    return EventType.BOOT, boot.station, data


def _finding(keep: KeepFinding, _: Any) -> Told:
    return EventType.FINDING, keep.finding.station, FindingResource.of(keep.finding)


def _security(keep: KeepSecurityEvent, _: Any) -> Told:
    stored = StoredSecurityEvent(station=keep.station, event=keep.event, received_at=keep.received_at)
    return EventType.SECURITY, keep.station, SecurityEventResource.of(stored)


def _readings(keep: KeepReadings, _: Any) -> Told:
    readings = [
        StoredReading(station=keep.station, transaction_id=None, address=keep.address, reading=reading)
        for reading in keep.readings
    ]
    values = [MeterValueResource.of(each) for each in readings]
    return (
        EventType.METER_VALUES,
        keep.station,
        MeterValuesEvent.model_construct(station=keep.station, meter_value=values),
    )


def _message(log: LogFrame, number: Any) -> Told:
    frame = LoggedFrame(
        number=number if isinstance(number, int) else 0,
        station=log.station,
        at=log.at,
        direction=log.direction,
        message_id=log.message_id,
        action=log.action,
        frame=log.frame,
    )
    resource = MessageResource.of(frame)
    return EventType.MESSAGE, log.station, resource if frame.number else resource.model_copy(update={"number": None})


def _log(amend: Amend, amended: Any) -> Told | None:
    if not isinstance(amended, Amended) or not isinstance(amended.after, LogRequest) or amended.after == amended.before:
        return None
    data = LogEvent.model_construct(station=amend.station, log=LogResource.of(amended.after))
    return EventType.LOG_STATUS, amend.station, data


def _device_event(keep: KeepEntry, number: Any) -> Told:
    kept = number if isinstance(number, int) else 0
    return EventType.DEVICE_EVENT, keep.station, DeviceEventResource.told(keep.station, kept, keep.entry)


def _alert(amend: Amend, amended: Any) -> Told | None:
    """Raised, cleared or acknowledged; not that a station only says again that it lasts."""
    news = AlertResource.between(amended.before, amended.after) if isinstance(amended, Amended) else None
    return None if news is None else (EventType.ALERT, amend.station, news)


def _event_stream(amend: Amend, amended: Any) -> Told | None:
    news = EventStreamTold.between(amended.before, amended.after) if isinstance(amended, Amended) else None
    return None if news is None else (EventType.EVENT_STREAM, amend.station, news)


_TELLERS: dict[type[Operation], tuple[EventType, Callable[[Any, Any], Told | None]]] = {
    PutStatus: (EventType.STATUS, _status),
    BookEvent: (EventType.TRANSACTION, _booked),
    CloseTransaction: (EventType.TRANSACTION, _closed),
    RecordConnection: (EventType.CONNECTION, _connection),
    RecordBoot: (EventType.BOOT, _boot),
    KeepFinding: (EventType.FINDING, _finding),
    KeepSecurityEvent: (EventType.SECURITY, _security),
    KeepReadings: (EventType.METER_VALUES, _readings),
    LogFrame: (EventType.MESSAGE, _message),
}


def _as(type_: EventType, tell: Callable[[Any, Any], tuple[str, Resource] | None]) -> Callable[[Any, Any], Told | None]:
    """A teller of an event of this type, from one that gives the station and the data."""

    def told(operation: Any, result: Any) -> Told | None:
        found = tell(operation, result)
        return None if found is None else (type_, *found)

    return told


_REGISTER_TELLERS: dict[str, tuple[EventType, Callable[[Any, Any], Told | None]]] = {
    LOGS.name: (EventType.LOG_STATUS, _log),
    EVENTS.name: (EventType.DEVICE_EVENT, _device_event),
    ALERTS.name: (EventType.ALERT, _alert),
    RESERVATIONS.name: (EventType.RESERVATION, _as(EventType.RESERVATION, reservation_event)),
    LIMITS.name: (EventType.CHARGING_LIMIT, _as(EventType.CHARGING_LIMIT, limit_event)),
    NEEDS.name: (EventType.EV_CHARGING_NEEDS, _as(EventType.EV_CHARGING_NEEDS, needs_event)),
    STREAMS.name: (EventType.EVENT_STREAM, _event_stream),
    STATUSES.name: (EventType.FIRMWARE_STATUS, _as(EventType.FIRMWARE_STATUS, status_event)),
    CAMPAIGNS.name: (EventType.CAMPAIGN, _as(EventType.CAMPAIGN, campaign_event)),
    MEMBERS.name: (EventType.CAMPAIGN, _as(EventType.CAMPAIGN, member_event)),
    DER_ALARMS.name: (EventType.DER_ALARM, _as(EventType.DER_ALARM, der_alarm_event)),
    BATTERY_SWAPS.name: (EventType.BATTERY_SWAP, _as(EventType.BATTERY_SWAP, battery_swap_event)),
    REQUESTS.name: (EventType.CERTIFICATE_REQUEST, _as(EventType.CERTIFICATE_REQUEST, request_event)),
    SETTLEMENTS.name: (EventType.SETTLEMENT, _as(EventType.SETTLEMENT, settlement_event)),
    STATES.name: (EventType.SITE_STATE, _as(EventType.SITE_STATE, state_event)),
    SITE_ALARMS.name: (EventType.SITE_LIMITS, _as(EventType.SITE_LIMITS, limits_event)),
}
"""For operations on registers and diaries, by the name of the register or diary."""


_RECORDS: Final = frozenset(
    {
        *("boot-policies", "charging-profiles", "der-controls", "display-messages", "ev-charging-schedules"),
        *("installed-certificates", "local-lists", "network-profiles", "priority-charging", "published-firmware"),
        *("security-upgrades", "station-conditions", "station-tariffs"),
    }
)
"""Registers whose changes are told as such: what changed is read from their resource."""


class RecordEvent(Resource):
    """`record`: what is kept of a station has changed: `record` names what, `key` which, `removed` that it is there no more."""

    station: str
    record: str
    key: str
    removed: bool


def _record(amend: Amend, amended: Any) -> Told | None:
    if not isinstance(amended, Amended) or amended.before == amended.after:
        return None
    data = RecordEvent.model_construct(
        station=amend.station, record=amend.register.name, key=amend.key, removed=amended.after is None
    )
    return EventType.RECORD, amend.station, data


def _teller(operation: Operation) -> tuple[EventType | None, Callable[[Any, Any], Told | None] | None]:
    if isinstance(operation, Amend):
        name = operation.register.name
        return _REGISTER_TELLERS.get(name) or ((EventType.RECORD, _record) if name in _RECORDS else (None, None))
    if isinstance(operation, KeepEntry):
        if operation.diary.name == BILLS.name:
            type_ = EventType.BILL_MADE if operation.entry.kind is BillKind.BILL else EventType.BILL_CORRECTED
            return type_, _as(type_, bill_event)
        return _REGISTER_TELLERS.get(operation.diary.name, (None, None))
    return _TELLERS.get(type(operation), (None, None))


def told_of(operation: Operation, result: Any) -> Happened | None:
    """What a stored operation is to the world outside, as webhooks are told it; None: nothing."""
    type_, tell = _teller(operation)
    told = None if tell is None or type_ in LIVE_ONLY else tell(operation, result)
    return None if told is None else Happened(told[0].value, told[1], told[2].model_dump_json(by_alias=True))


class Selection:
    """Which committed operations become events for one listener, and as what.

    A heartbeat, too, is recorded as "connected": it is told only if that is news, starting from `connected`, who has a connection now.
    """

    def __init__(self, types: Collection[EventType], station: str | None, connected: Collection[str]) -> None:
        self._types = types
        self._station = station
        self._connected = set(connected)

    def told(self, committed: Committed) -> bytes | None:
        """The event in the format of server-sent events, or None if it is not wanted."""
        operation, result = committed
        type_, tell = _teller(operation)
        if tell is None or type_ not in self._types or not self._is_news(operation):
            return None
        told = tell(operation, result)
        if told is None or self._station not in (None, told[1]):
            return None
        return f"event: {told[0].value}\ndata: {told[2].model_dump_json(by_alias=True)}\n\n".encode()

    def _is_news(self, operation: Operation) -> bool:
        if not isinstance(operation, RecordConnection):
            return True
        if operation.connected is (operation.station in self._connected):
            return False
        (self._connected.add if operation.connected else self._connected.discard)(operation.station)
        return True


class EventStream(Response):
    """A response that goes on until the listener goes, is too slow, the journal ends or the API is told to end its streams."""

    media_type = "text/event-stream"

    def __init__(
        self,
        committed: AsyncIterator[Committed],
        selection: Selection,
        closing: asyncio.Event,
        *,
        keep_alive: float = KEEP_ALIVE,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._committed = committed
        self._selection = selection
        self._closing = closing
        self._keep_alive = keep_alive
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it is over. A listener that takes nothing for too long is left: its connection is closed."""
        ends: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._closing.wait()),
            asyncio.ensure_future(_gone(receive)),
        ]
        try:
            with suppress(TimeoutError, OSError):
                await self._send(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._send(send, _body(b"retry: 2000\n: pilotwire live events\n\n"))
                await self._follow(send, ends)
                await self._send(send, _body(b"", more=False))
        finally:
            for end in ends:
                end.cancel()

    async def _follow(self, send: Send, ends: list[asyncio.Future[Any]]) -> None:
        following = _next(self._committed)
        try:
            while not any(end.done() for end in ends):
                await asyncio.wait([following, *ends], timeout=self._keep_alive, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    chunk: bytes | None = None if any(end.done() for end in ends) else b": still here\n\n"
                elif (committed := following.result()) is None:
                    return
                else:
                    chunk, following = self._selection.told(committed), _next(self._committed)
                if chunk is not None:
                    await self._send(send, _body(chunk))
        finally:
            following.cancel()

    async def _send(self, send: Send, message: dict[str, Any]) -> None:
        async with asyncio.timeout(self._patience):
            await send(message)


def _next(committed: AsyncIterator[Committed]) -> asyncio.Future[Committed | None]:
    async def following() -> Committed | None:
        return await anext(committed, None)

    return asyncio.ensure_future(following())


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(chunk: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `event` is the type, `data` the JSON of a resource.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: connection\ndata: {"station": "CS-0001", "connected": true, "version": "2.0.1", '
                '"timestamp": "2026-01-31T12:00:00Z"}\n\n',
            }
        },
    }
}


@router.get("", status_code=200, response_class=EventStream, responses=_STREAM | READS, summary="Follow live events")
async def follow(
    request: Request,
    desk: TheDesk,
    station: StationFilter = None,
    types: Annotated[
        list[EventType] | None, Query(alias="type", description="Only these types; without any: all but `message`.")
    ] = None,
) -> Response:
    """What happens from now on, as it is stored: an endless `text/event-stream`.

    Comments keep the connection alive. A client that cannot follow is cut off; it connects again and reads what it missed from the
    resources.
    """
    connected = desk.connections()
    wanted = frozenset(types) if types else QUIET
    committed = WhileKnown(request, desk.rooms.journal.committed())
    return EventStream(committed, Selection(wanted, station, connected), request.app.state.closing)
