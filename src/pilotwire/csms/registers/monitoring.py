"""What is kept of monitoring: the monitors of stations, what they told, who should look at it, and streams of values."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final

from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.alerts import Alert, Sign
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import Value
from pilotwire.domain.monitoring import (
    DeviceEvent,
    EventNotification,
    EventStream,
    InstalledMonitor,
    MonitoringBase,
    MonitorSetting,
    MonitorType,
    StreamParams,
)


class MonitorRecord(Value):
    """A monitor of a station, as it was set here (`set_at`) and as the station reported it (`reported_at`).

    `notification` is its kind: told in reports of 2.1, and CustomMonitor for one that was set here.
    """

    station: str
    monitor_id: int
    name: VariableName
    type: MonitorType
    value: Decimal
    severity: int
    transaction: bool = False
    notification: EventNotification | None = None
    stream: StreamParams | None = None
    set_at: datetime | None = None
    reported_at: datetime | None = None


class MonitoringRecord(Value):
    """What a station was told of its monitoring as a whole and accepted; None: nothing from here."""

    base: MonitoringBase | None = None
    base_at: datetime | None = None
    level: int | None = None
    level_at: datetime | None = None


class DeviceEventRecord(Value):
    """An event as it was told. `severity` is the one that counts: the event's, its monitor's, or the usual one (None: it has none).

    `causes` are the ids of the events that led to it, the nearest first.
    """

    event: DeviceEvent
    severity: int | None = None
    causes: tuple[int, ...] = ()


class LatestValue(Value):
    """A value of a stream."""

    at: datetime
    value: str


class StreamRecord(Value):
    """A stream of a station with the newest of its values, oldest first; `pending`: how many more wait at the station."""

    station: str
    stream: EventStream
    opened_at: datetime
    closed_at: datetime | None = None
    told_at: datetime | None = None
    pending: int = 0
    count: int = 0
    latest: tuple[LatestValue, ...] = ()


class AlertPlace(Value):
    """Which station an alert is of."""

    station: str


MONITORS: Final = Register("monitors", MonitorRecord)
"""By station and `monitor_key`."""
MONITORING: Final = Register("monitoring", MonitoringRecord)
"""By station; the key is always empty."""
EVENTS: Final = Diary("device-events", DeviceEventRecord)
"""By station; the key is the transaction id, empty for none."""
ALERTS: Final = Register("alerts", Alert)
"""By station and the id of the alert."""
ALERT_PLACES: Final = Register("alert-places", AlertPlace)
"""By no station and the id of the alert."""
STREAMS: Final = Register("event-streams", StreamRecord)
"""By station and `monitor_key` of the stream's id."""
MOST_VALUES: Final = 100
"""How many values of a stream are kept."""
MOST_STREAMS: Final = 100
"""How many streams a station may have open."""


def monitor_key(number: int) -> str:
    """The key of a monitor or stream: keys are in the order of the ids."""
    return f"{number:011d}"


def alert_id_of(station: str, sign: Sign) -> str:
    """The id of the alert of a place."""
    return sha256(f"{station}\0{sign.place}".encode("utf-8", "surrogateescape")).hexdigest()[:24]


def as_set(
    known: MonitorRecord | None, station: str, setting: MonitorSetting, number: int, at: datetime
) -> MonitorRecord:
    """The record of a monitor that was set."""
    return MonitorRecord(
        station=station,
        monitor_id=number,
        name=setting.name,
        type=setting.type,
        value=setting.value,
        severity=setting.severity,
        transaction=setting.transaction,
        notification=EventNotification.CUSTOM_MONITOR,  # N04.FR.15: also one that took the place of a preconfigured one
        stream=setting.stream,
        set_at=at,
        reported_at=known.reported_at if known is not None and known.name == setting.name else None,
    )


def as_reported(
    known: MonitorRecord | None, station: str, name: VariableName, told: InstalledMonitor, at: datetime
) -> MonitorRecord:
    """The record of a monitor that was reported; what only this end knows of the same one stays."""
    same = known if known is not None and known.name == name and known.type is told.type else None
    return MonitorRecord(
        station=station,
        monitor_id=told.monitor_id,
        name=name,
        type=told.type,
        value=told.value,
        severity=told.severity,
        transaction=told.transaction,
        notification=told.notification or (same.notification if same is not None else None),
        stream=same.stream if same is not None else None,
        set_at=same.set_at if same is not None else None,
        reported_at=at,
    )
