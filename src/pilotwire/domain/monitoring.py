"""Monitoring (functional block N): monitors on variables, the events they tell, and streams of values (2.1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from pilotwire.domain.device_model import ComponentVariable, ReportStatus, VariableName
from pilotwire.domain.device_model.batches import named
from pilotwire.domain.kinds import Command, Fact, Outcome, Reason, Value, Verdict

_T = TypeVar("_T")

MOST_SEVERE: Final = 0
LEAST_SEVERE: Final = 9
"""Severities run from 0 (danger) to 9 (for those who look for faults in a program)."""
USUAL_SEVERITY: Final = 5
"""Of a monitoring event nobody has given another severity."""

# --- monitors -------------------------------------------------------------------------------------------------------


class MonitorType(StrEnum):
    """As in 2.1 MonitorEnumType; the two that compare with a target are not in 2.0.1."""

    UPPER_THRESHOLD = "UpperThreshold"
    LOWER_THRESHOLD = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    PERIODIC_CLOCK_ALIGNED = "PeriodicClockAligned"
    TARGET_DELTA = "TargetDelta"
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative"


class EventNotification(StrEnum):
    """What kind of monitor tells (EventNotificationEnumType)."""

    HARD_WIRED_NOTIFICATION = "HardWiredNotification"
    HARD_WIRED_MONITOR = "HardWiredMonitor"
    PRECONFIGURED_MONITOR = "PreconfiguredMonitor"
    CUSTOM_MONITOR = "CustomMonitor"


class StreamParams(Value):
    """How a stream is sent (2.1 PeriodicEventStreamParamsType): every `interval` seconds, so many `values` at most in a message."""

    interval: int | None = None
    values: int | None = None


class MonitorSetting(Value):
    """A monitor to be installed (N04). With `monitor_id` it takes the place of that one (N04.FR.12).

    `value` is a limit, a difference or seconds, by type. `transaction`: only while a transaction runs. `stream`: its values are
    to come as a stream (N11; 2.1).
    """

    name: VariableName
    type: MonitorType
    value: Decimal
    severity: int = USUAL_SEVERITY
    monitor_id: int | None = None
    transaction: bool = False
    stream: StreamParams | None = None


class InstalledMonitor(Value):
    """A monitor as a station tells it. `notification`: its kind, told by 2.1 only."""

    monitor_id: int
    type: MonitorType
    value: Decimal
    severity: int
    transaction: bool
    notification: EventNotification | None = None


class VariableMonitors(Value):
    """The monitors of one variable."""

    name: VariableName
    monitors: tuple[InstalledMonitor, ...]


class SetMonitors(Command):
    """Install or replace monitors (N04)."""

    settings: tuple[MonitorSetting, ...]


class SetMonitorStatus(StrEnum):
    """As in SetMonitoringStatusEnumType."""

    ACCEPTED = "Accepted"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    UNSUPPORTED_MONITOR_TYPE = "UnsupportedMonitorType"
    REJECTED = "Rejected"
    DUPLICATE = "Duplicate"


class SetMonitorResult(Value):
    """What became of one monitor; `monitor_id` is given by the station if it accepted (N04.FR.11), `reason` if it did not."""

    name: VariableName
    type: MonitorType
    severity: int
    status: SetMonitorStatus
    monitor_id: int | None = None
    reason: Reason | None = None


class SetMonitorsOutcome(Outcome):
    """One result a monitor (N04.FR.01)."""

    results: tuple[SetMonitorResult, ...]


class ClearMonitors(Command):
    """Remove monitors (N06)."""

    monitor_ids: tuple[int, ...]


class ClearMonitorStatus(StrEnum):
    """As in ClearMonitoringStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_FOUND = "NotFound"


class ClearMonitorResult(Value):
    """What became of one removal."""

    monitor_id: int
    status: ClearMonitorStatus
    reason: Reason | None = None


class ClearMonitorsOutcome(Outcome):
    """One result an id (N06.FR.05)."""

    results: tuple[ClearMonitorResult, ...]


class MonitoringBase(StrEnum):
    """Which set of monitors is to be active (MonitoringBaseEnumType)."""

    ALL = "All"
    FACTORY_DEFAULT = "FactoryDefault"
    HARD_WIRED_ONLY = "HardWiredOnly"


class SetMonitoringBase(Command):
    """Switch to a set of monitors (N03)."""

    base: MonitoringBase


class MonitoringBaseOutcome(Outcome):
    """The station's answer."""

    status: ReportStatus


class SetMonitoringLevel(Command):
    """Say down to which severity events are reported (N05)."""

    severity: int


class MonitoringAnswer(StrEnum):
    """As in GenericStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class MonitoringLevelOutcome(Outcome):
    """The station's answer."""

    status: MonitoringAnswer


class MonitoringCriterion(StrEnum):
    """Which types of monitors are reported (MonitoringCriterionEnumType)."""

    THRESHOLD = "ThresholdMonitoring"
    DELTA = "DeltaMonitoring"
    PERIODIC = "PeriodicMonitoring"


class GetMonitoringReport(Command):
    """Ask for a report of monitors; its parts carry `request_id` (N02). No criteria and no variables: all of them (N02.FR.11)."""

    request_id: int
    criteria: tuple[MonitoringCriterion, ...] = ()
    variables: tuple[ComponentVariable, ...] = ()


class MonitoringReportOutcome(Outcome):
    """Whether the report will come. Only after Accepted are there parts."""

    status: ReportStatus


class MonitoringReportPart(Fact):
    """A part of a report of monitors, numbered from 0 (N02.FR.09); `more`: another one follows."""

    request_id: int
    seq_no: int
    generated_at: datetime
    variables: tuple[VariableMonitors, ...] = ()
    more: bool = False


# --- events ---------------------------------------------------------------------------------------------------------


class EventTrigger(StrEnum):
    """What made a station tell an event (EventTriggerEnumType)."""

    ALERTING = "Alerting"
    DELTA = "Delta"
    PERIODIC = "Periodic"


class DeviceEvent(Value):
    """An event of the device model (N07, N08). `cause` is the id of the event that caused it.

    `cleared`: the value is within its limits again. `severity` is told by 2.1 only; before, it is that of the monitor.
    """

    event_id: int
    at: datetime
    trigger: EventTrigger
    value: str
    name: VariableName
    notification: EventNotification
    cause: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    cleared: bool = False
    transaction_id: str | None = None
    monitor_id: int | None = None
    severity: int | None = None


class EventsTold(Fact):
    """Events, in one of several messages; `more`: another one follows."""

    generated_at: datetime
    seq_no: int
    events: tuple[DeviceEvent, ...]
    more: bool = False


def cause_chain(cause: int | None, causes: Callable[[int], int | None]) -> tuple[int, ...]:
    """The ids of the events that led to one, the nearest first; `causes` gives the cause of an event, None if it is not known."""
    chain: list[int] = []
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = causes(cause)
    return tuple(chain)


# --- streams (2.1) --------------------------------------------------------------------------------------------------


class EventStream(Value):
    """An open stream of values of one monitor (ConstantStreamDataType)."""

    stream_id: int
    monitor_id: int
    params: StreamParams


class StreamOpened(Fact):
    """A station wants to open a stream (N11)."""

    stream: EventStream


class StreamVerdict(Verdict):
    """Whether the CSMS takes part; if not, the station tells by single events instead (N11.FR.07)."""

    accepted: bool


class StreamClosed(Fact):
    """A stream is over (N13)."""

    stream_id: int


class StreamValue(Value):
    """A value, `offset` seconds after the base time of its message."""

    offset: Decimal
    value: str


class StreamValuesTold(Fact):
    """Values of a stream (N15): nobody answers. `pending`: how many more wait at the station."""

    stream_id: int
    base_time: datetime
    pending: int
    values: tuple[StreamValue, ...]


class GetEventStreams(Command):
    """Ask which streams are open (N12)."""


class EventStreamsOutcome(Outcome):
    """All open streams."""

    streams: tuple[EventStream, ...] = ()


class AdjustEventStream(Command):
    """Change the pace of a stream (N14)."""

    stream_id: int
    params: StreamParams


class AdjustEventStreamOutcome(Outcome):
    """The station's answer."""

    status: MonitoringAnswer


# --- several messages -----------------------------------------------------------------------------------------------

_FRAME = 120
"""Bytes of a CALL around the items: message type, an id of 36 characters, the action, the member's name."""
_ITEM = 200
"""Bytes of a monitor to set beside its names, numbers and stream: all member names, and the longest type."""
_STREAM = 100
_ID = 12


def size_of_setting(setting: MonitorSetting) -> int:
    """How many bytes a monitor to set takes at most in a message."""
    name = setting.name
    texts = (name.component, name.variable, name.component_instance or "", name.variable_instance or "")
    written = sum(len(json.dumps(text)) for text in texts) + len(str(setting.value))
    return _ITEM + written + (_STREAM if setting.stream is not None else 0)


def size_of_id(_monitor_id: int) -> int:
    """How many bytes the id of a monitor takes at most in a message."""
    return _ID


def least_bytes_of_setting(setting: MonitorSetting) -> int:
    """How many bytes a monitor to set takes at least in a message, as compact JSON."""
    more: dict[str, object] = {} if setting.monitor_id is None else {"id": setting.monitor_id}
    if setting.transaction:
        more["transaction"] = True
    if setting.stream is not None:
        told = {"interval": setting.stream.interval, "values": setting.stream.values}
        more["periodicEventStream"] = {name: value for name, value in told.items() if value is not None}
    entry = {"value": 0, "type": setting.type.value, "severity": setting.severity} | named(setting.name) | more
    return len(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def least_bytes_of_id(monitor_id: int) -> int:
    """How many bytes the id of a monitor takes at least in a message."""
    return len(str(monitor_id))


def in_batches(
    items: Sequence[_T], size_of: Callable[[_T], int], *, most: int | None, most_bytes: int | None
) -> tuple[tuple[_T, ...], ...]:
    """Items parted so that a message with them stays within what the station takes (N04.FR.09, N06.FR.04); None: no limit.

    An item that is too long even alone goes alone: the station says what it thinks of it.
    """
    batches: list[list[_T]] = []
    size = 0
    for item in items:
        more = size_of(item)
        full = most is not None and bool(batches) and len(batches[-1]) >= most
        if not batches or full or (most_bytes is not None and size + more > most_bytes):
            batches.append([])
            size = _FRAME
        batches[-1].append(item)
        size += more
    return tuple(tuple(batch) for batch in batches)
