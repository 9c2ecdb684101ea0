"""Alerts: what somebody should look at, from every version and every way a station has to tell of it, in one vocabulary.

A *sign* is what one message says of one place: something is wrong there, or it is well again. Severities are those of monitors
(N04, N05): 0 danger, 1 hardware failure, 2 system failure, 3 critical, 4 error, 5 alert, 6 warning, 7 notice, 8 informational, 9 debug.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.domain.availability import Availability, ConnectorStatus
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.monitoring import USUAL_SEVERITY, DeviceEvent, EventTrigger
from pilotwire.domain.security import CRITICAL_SECURITY_EVENTS, SecurityEvent

ALERT_SEVERITY: Final = USUAL_SEVERITY
"""The least severe that raises an alert unless an operator says otherwise: 0 to 4 need action and 5 is an alert by name; from 6 on
nobody has to do anything at once."""


class AlertSource(StrEnum):
    """What told of it."""

    EVENT = "event"
    STATUS = "status"
    SECURITY = "security"


class AlertState(StrEnum):
    """Open until somebody has taken note of it, cleared once it is well again."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


class Sign(Value):
    """What a message says of a place: `raised`, or well again.

    `lasting`: it is a state that will be told to be over; else it has happened, and is over when somebody has taken note.
    """

    source: AlertSource
    name: VariableName
    at: datetime
    raised: bool
    severity: int
    value: str
    monitor_id: int | None = None
    lasting: bool = True
    event_id: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    transaction_id: str | None = None

    @property
    def place(self) -> str:
        """What signs of the same alert have in common: component, variable and monitor; names without regard to case."""
        name = self.name
        parts = (
            name.component,
            name.component_instance,
            name.evse,
            name.connector,
            name.variable,
            name.variable_instance,
            self.monitor_id,
        )
        return "|".join("" if part is None else str(part).casefold() for part in parts)


class Alert(Value):
    """An alert of a station. `occurrences` counts how often it was raised; what was noted counts for the last time only."""

    alert_id: str
    station: str
    sign: Sign
    raised_at: datetime
    told_at: datetime
    occurrences: int = 1
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None

    @property
    def state(self) -> AlertState:
        """Where it stands."""
        if self.cleared_at is not None:
            return AlertState.CLEARED
        return AlertState.OPEN if self.acknowledged_at is None else AlertState.ACKNOWLEDGED


# --- what is a sign -------------------------------------------------------------------------------------------------

_TELLING: Final[Mapping[str, tuple[str, int]]] = {
    "availabilitystate": ("faulted", 2),
    "problem": ("true", USUAL_SEVERITY),
    "tripped": ("true", USUAL_SEVERITY),
    "overload": ("true", USUAL_SEVERITY),
}
"""Variables whose value alone tells that something is wrong, that value, and how severe it is unless a monitor says otherwise."""


def sign_of_event(event: DeviceEvent, monitor_severity: int | None) -> Sign | None:
    """What an event says; None: nothing is wrong, or well again.

    Its severity is its own, else that of its monitor, else the usual one. A threshold that is passed lasts until it is cleared (N07.FR.02);
    a change that is told because somebody wanted to know of it (Delta) has just happened. A periodic value says nothing.
    """
    if event.trigger is EventTrigger.PERIODIC:
        return None
    told = event.severity if event.severity is not None else monitor_severity
    wrong, usual = _TELLING.get(event.name.variable.casefold(), (None, USUAL_SEVERITY))
    severity = usual if told is None else told
    if event.cleared:
        return _event_sign(event, severity, raised=False)
    if wrong is not None:
        return _event_sign(event, severity, raised=event.value.casefold() == wrong)
    if event.trigger is EventTrigger.ALERTING:
        return _event_sign(event, severity, raised=True)
    return None if told is None else _event_sign(event, severity, raised=True, lasting=False)


def _event_sign(event: DeviceEvent, severity: int, *, raised: bool, lasting: bool = True) -> Sign:
    return Sign(
        source=AlertSource.EVENT,
        name=event.name,
        at=event.at,
        raised=raised,
        severity=severity,
        value=event.value,
        monitor_id=event.monitor_id,
        lasting=lasting,
        event_id=event.event_id,
        tech_code=event.tech_code,
        tech_info=event.tech_info,
        transaction_id=event.transaction_id,
    )


_ERROR_CODES: Final[Mapping[str, int]] = {
    "GroundFailure": 0,
    "OverCurrentFailure": 1,
    "PowerMeterFailure": 1,
    "PowerSwitchFailure": 1,
    "ConnectorLockFailure": 1,
    "InternalError": 2,
    "ResetFailure": 2,
    "HighTemperature": 3,
    "OverVoltage": 3,
    "UnderVoltage": 4,
    "ReaderFailure": 4,
    "OtherError": 4,
    "LocalListConflict": 6,
    "EVCommunicationError": 6,
    "WeakSignal": 7,
    "NoError": 8,
}
"""How severe the error codes of 1.6 are (ChargePointErrorCode), by the meaning of the severities."""
_FAULTED: Final = 2
"""A connector that is Faulted cannot be used, whatever the code says."""


def severity_of_fault(code: str, *, faulted: bool) -> int:
    """How severe a fault is, by its code as 1.6 names it (ChargePointErrorCode); `faulted`: nothing can be charged with it."""
    severity = _ERROR_CODES.get(code, _ERROR_CODES["OtherError"])
    return min(severity, _FAULTED) if faulted else severity


def sign_of_status(status: ConnectorStatus, received_at: datetime) -> Sign:
    """What the state of a connector says (1.6: errorCode and Faulted; 2.x: Faulted)."""
    problem, faulted = status.state.problem, status.state.availability is Availability.FAULTED
    code = None if problem is None or problem.code == "NoError" else problem.code
    severity = _ERROR_CODES["NoError"] if code is None else _ERROR_CODES.get(code, _ERROR_CODES["OtherError"])
    address = status.address
    return Sign(
        source=AlertSource.STATUS,
        name=VariableName(
            component="ChargingStation" if address.is_station else "Connector",
            variable="AvailabilityState",
            evse=None if address.is_station else address.evse,
            connector=None if address.is_station else address.connector,
        ),
        at=status.at or received_at,
        raised=code is not None or faulted,
        severity=min(severity, _FAULTED) if faulted else severity,
        value=code or status.state.availability.value,
        tech_code=None if problem is None else problem.vendor_error_code,
        tech_info=None if problem is None else problem.info,
    )


_SECURITY: Final[Mapping[str, int]] = {
    "MemoryExhaustion": 2,
    "FirmwareUpdated": 8,
    "SettingSystemTime": 8,
    "StartupOfTheDevice": 8,
    "ResetOrReboot": 8,
    "MaintenanceLoginAccepted": 7,
}
_ATTACK: Final = 3
"""Of a critical security event that is not part of regular operation."""


def sign_of_security(event: SecurityEvent) -> Sign | None:
    """What a security event says: the critical ones have happened, and most of them nobody wants to happen (A04)."""
    if event.type not in CRITICAL_SECURITY_EVENTS:
        return None
    return Sign(
        source=AlertSource.SECURITY,
        name=VariableName(component="SecurityCtrlr", variable=event.type),
        at=event.at,
        raised=True,
        severity=_SECURITY.get(event.type, _ATTACK),
        value=event.type,
        lasting=False,
        tech_info=event.tech_info,
    )


# --- what follows ---------------------------------------------------------------------------------------------------


def after_sign(known: Alert | None, sign: Sign, alert_id: str, station: str, least_severe: int) -> Alert | None:
    """The alert of a place after a sign; None: there is none. What was told before counts no more, the same again changes nothing but
    its time."""
    if known is not None and sign.at < known.told_at:
        return known
    if not sign.raised:
        if known is None or known.cleared_at is not None:
            return known
        return changed(known, told_at=sign.at, cleared_at=sign.at)
    if sign.severity > least_severe:
        return known
    if known is None:
        return Alert(alert_id=alert_id, station=station, sign=sign, raised_at=sign.at, told_at=sign.at)
    if known.cleared_at is None:
        if known.sign.lasting:
            return changed(known, sign=sign, told_at=sign.at)
        if known.sign == sign:  # said again because its answer was lost
            return known
        return changed(known, sign=sign, told_at=sign.at, occurrences=known.occurrences + 1)
    if not known.sign.lasting and known.sign == sign:
        return known
    return Alert(
        alert_id=alert_id,
        station=station,
        sign=sign,
        raised_at=sign.at,
        told_at=sign.at,
        occurrences=known.occurrences + 1,
    )


def acknowledged(alert: Alert, at: datetime, by: str, note: str | None) -> Alert:
    """An alert of which somebody has taken note; what has only happened is over with that."""
    over = alert.cleared_at is None and not alert.sign.lasting
    return changed(
        alert,
        acknowledged_at=at,
        acknowledged_by=by,
        note=note,
        cleared_at=at if over else alert.cleared_at,
    )


def without_monitor(alert: Alert, at: datetime) -> Alert:
    """An alert whose monitor is no more: nobody will say that it is well again (N07.FR.12)."""
    return alert if alert.cleared_at is not None else changed(alert, cleared_at=at)
