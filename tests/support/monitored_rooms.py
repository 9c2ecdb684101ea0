"""Alerts and monitors on record, for tests of the API and the command line."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pilotwire.csms.registers.monitoring import (
    ALERT_PLACES,
    ALERTS,
    EVENTS,
    MONITORS,
    AlertPlace,
    DeviceEventRecord,
    alert_id_of,
    as_set,
    monitor_key,
)
from pilotwire.csms.store.ports import Operation
from pilotwire.domain.alerts import after_sign, sign_of_event
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.monitoring import DeviceEvent, EventNotification, EventTrigger, MonitorSetting, MonitorType

HEAT = VariableName(component="Controller", variable="Temperature", evse=1)


def told(at: datetime, *, severity: int = 3, monitor: int = 7, transaction: str | None = None) -> DeviceEvent:
    """A threshold is passed."""
    return DeviceEvent(
        event_id=12,
        at=at,
        trigger=EventTrigger.ALERTING,
        value="71.5",
        name=HEAT,
        notification=EventNotification.CUSTOM_MONITOR,
        severity=severity,
        monitor_id=monitor,
        transaction_id=transaction,
    )


def kept(station: str, event: DeviceEvent) -> list[Operation]:
    """The event and its alert."""
    sign = sign_of_event(event, None)
    assert sign is not None
    number = alert_id_of(station, sign)
    return [
        EVENTS.keep(station, event.at, DeviceEventRecord(event=event, severity=3), key=event.transaction_id or ""),
        ALERTS.amend(station, number, lambda known: after_sign(known, sign, number, station, 9)),
        ALERT_PLACES.put("", number, AlertPlace(station=station)),
    ]


def monitored(station: str, number: int, at: datetime) -> Operation:
    """A monitor that was set."""
    setting = MonitorSetting(name=HEAT, type=MonitorType.UPPER_THRESHOLD, value=Decimal("60.5"), severity=3)
    return MONITORS.put(station, monitor_key(number), as_set(None, station, setting, number, at))
