"""Monitoring (functional block N): monitors are set, cleared and reported, and at every input and tick they are followed.

A monitor is hard-wired, preconfigured (both by `StationSettings`) or custom. What monitors find is in `monitors_watch`, what breaks by
itself in `monitors_faults`, how it is told in `events`, and what goes as a stream in `event_streams`.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime

from pilotwire.domain.device_model import DataType, ReportStatus
from pilotwire.domain.kinds import Reason, changed
from pilotwire.domain.monitoring import (
    LEAST_SEVERE,
    MOST_SEVERE,
    USUAL_SEVERITY,
    AdjustEventStream,
    ClearMonitorResult,
    ClearMonitors,
    ClearMonitorsOutcome,
    ClearMonitorStatus,
    EventNotification,
    GetEventStreams,
    GetMonitoringReport,
    MonitoringAnswer,
    MonitoringBase,
    MonitoringBaseOutcome,
    MonitoringLevelOutcome,
    MonitorSetting,
    MonitorType,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitorResult,
    SetMonitors,
    SetMonitorsOutcome,
    SetMonitorStatus,
    least_bytes_of_id,
    least_bytes_of_setting,
)
from pilotwire.errors import ConfigError
from pilotwire.station.core import (
    event_streams,
    events,
    monitors_faults,
    monitors_report,
    monitors_values,
    monitors_watch,
)
from pilotwire.station.core.actions import RefuseCommand
from pilotwire.station.core.monitoring_memory import FIRST_CUSTOM, Monitor, MonitoringMemory, Standing
from pilotwire.station.core.monitors_watch import Watch
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, number, switch
from pilotwire.station.core.variables import key_of
from pilotwire.station.hardware.ports import StationLayout

MOST_MONITORS = 500
"""Custom monitors a station holds."""
_ITEMS, _BYTES = "MonitoringCtrlr.ItemsPerMessage", "MonitoringCtrlr.BytesPerMessage"
_SET, _CLEAR = "[SetVariableMonitoring]", "[ClearVariableMonitoring]"
_STREAMED = monitors_values.PERIODIC | {MonitorType.DELTA}
"""What can come as a stream (2.1 SetMonitoringDataType)."""


_NO_PLACE = Reason(
    code="NotFound", info="There is no monitor of this variable with that id, or none that may be changed."
)
_OUTSIDE = Reason(code="ValueOutOfRange", info="The severity, the value or the pace of the stream cannot be.")
_NO_ROOM = Reason(code="OutOfStorage", info="There is no room for another monitor, or stream.")
_WHY_NOT_CLEARED = {
    ClearMonitorStatus.NOT_FOUND: Reason(code="NotFound"),
    ClearMonitorStatus.REJECTED: Reason(code="Unspecified", info="A monitor from the factory is not cleared."),
}


# --- set ------------------------------------------------------------------------------------------------------------


def set_monitors(station: Station, ref: Hashable, command: SetMonitors) -> None:
    """N04: each by itself, in their order (N04.FR.01)."""
    if _is_too_much(station, ref, _SET, [least_bytes_of_setting(setting) for setting in command.settings]):
        return
    answered(lambda station, command: _set_all(station, command))(station, ref, command)


def _set_all(station: Station, command: SetMonitors) -> SetMonitorsOutcome:
    results = tuple(_set_one(station, setting) for setting in command.settings)
    monitors_watch.load(station)
    return SetMonitorsOutcome(results=results)


def _set_one(station: Station, setting: MonitorSetting) -> SetMonitorResult:
    there = monitors_watch.installed(station)
    replaced = None if setting.monitor_id is None else there.get(setting.monitor_id)
    status, reason = _judged(station, setting, there, replaced)
    number = _install(station, setting, replaced) if status is SetMonitorStatus.ACCEPTED else None
    return SetMonitorResult(
        name=setting.name,
        type=setting.type,
        severity=setting.severity,
        status=status,
        monitor_id=number,
        reason=reason,
    )


def _judged(
    station: Station, setting: MonitorSetting, there: dict[int, Monitor], replaced: Monitor | None
) -> tuple[SetMonitorStatus, Reason | None]:
    """Whether a monitor can be, whatever its value; and why not, where its status does not say it all."""
    if setting.monitor_id is not None and not _may_replace(setting, replaced):
        return SetMonitorStatus.REJECTED, _NO_PLACE
    status = _can_be(station, setting)
    if status is not SetMonitorStatus.ACCEPTED:
        return status, _OUTSIDE if status is SetMonitorStatus.REJECTED else None
    others = [one for one in there.values() if one is not replaced]
    if any(_is_same(one.setting, setting) for one in others):
        return SetMonitorStatus.DUPLICATE, None  # N04.FR.10
    if not _has_room(station, setting, others):
        return SetMonitorStatus.REJECTED, _NO_ROOM
    return SetMonitorStatus.ACCEPTED, None


def _can_be(station: Station, setting: MonitorSetting) -> SetMonitorStatus:
    """Whether there can be such a monitor at all."""
    spec = station.variables.spec(setting.name)
    if spec is None:
        known = station.variables.knows_component(setting.name)
        return (
            SetMonitorStatus.UNKNOWN_VARIABLE if known else SetMonitorStatus.UNKNOWN_COMPONENT
        )  # N04.FR.03, N04.FR.04
    if not _is_supported(spec, setting.type):
        return SetMonitorStatus.UNSUPPORTED_MONITOR_TYPE  # N04.FR.05
    fits = MOST_SEVERE <= setting.severity <= LEAST_SEVERE and _may_be(spec, setting)
    return SetMonitorStatus.ACCEPTED if fits else SetMonitorStatus.REJECTED


def _may_replace(setting: MonitorSetting, replaced: Monitor | None) -> bool:
    """N04.FR.13, N04.FR.16, N04.FR.18."""
    if replaced is None or replaced.kind is EventNotification.HARD_WIRED_MONITOR:
        return False
    return key_of(replaced.setting.name) == key_of(setting.name)


def _is_supported(spec: Declared, kind: MonitorType) -> bool:
    """Limits are for numbers, those around a target for what has one; the clock itself changes at every look."""
    if kind in monitors_values.TARGETS:
        return spec.type in monitors_values.NUMERIC and monitors_values.has_target(spec)
    if kind in monitors_values.THRESHOLDS:
        return spec.type in monitors_values.NUMERIC
    return kind is not MonitorType.DELTA or spec.type is not DataType.DATE_TIME


def _may_be(spec: Declared, setting: MonitorSetting) -> bool:
    """N04.FR.06, N04.FR.14; a period is a second at least; a stream has a pace, and is not for limits."""
    value = setting.value
    if setting.stream is not None and not (setting.type in _STREAMED and event_streams.fits(setting.stream)):
        return False
    if setting.type in monitors_values.THRESHOLDS:
        return (spec.low is None or value >= spec.low) and (spec.high is None or value <= spec.high)
    return value >= 1 if setting.type in monitors_values.PERIODIC else value >= 0


def _is_same(one: MonitorSetting, other: MonitorSetting) -> bool:
    return (key_of(one.name), one.type, one.severity) == (key_of(other.name), other.type, other.severity)


def _has_room(station: Station, setting: MonitorSetting, others: list[Monitor]) -> bool:
    custom = sum(one.kind is EventNotification.CUSTOM_MONITOR for one in others)
    streams = sum(one.setting.stream is not None for one in others)
    most = station.variables.number(event_streams.MOST_STREAMS)
    return custom < MOST_MONITORS and (setting.stream is None or streams < most)


def _install(station: Station, setting: MonitorSetting, replaced: Monitor | None) -> int:
    """Keep a monitor; one in the place of a preconfigured one is custom from now on (N04.FR.11, N04.FR.12, N04.FR.15)."""
    memory = station.kept(MonitoringMemory)
    monitor_id = memory.next_monitor if replaced is None else replaced.monitor_id
    kept = changed(setting, monitor_id=monitor_id)
    monitor = Monitor(monitor_id=monitor_id, kind=EventNotification.CUSTOM_MONITOR, setting=kept)
    others = tuple(one for one in memory.custom if one.monitor_id != monitor_id)
    standing = _first_standing(station, setting, memory.standings.get(monitor_id) if replaced is not None else None)
    station.remember(
        changed(
            memory,
            custom=(*others, monitor),
            standings={**memory.standings, monitor_id: standing},
            next_monitor=max(memory.next_monitor, monitor_id + 1) if replaced is None else memory.next_monitor,
        )
    )
    station.moment(Watch).monitors.pop(monitor_id, None)  # it begins anew, its period too
    event_streams.associate(station, monitor_id, None)
    return monitor_id


def _first_standing(station: Station, setting: MonitorSetting, before: Standing | None) -> Standing:
    """A change counts from now (N07.FR.18). A limit that was passed and is no more will be told as cleared, one that is passed as passed
    again (N07.FR.11)."""
    spec = station.variables.spec(setting.name)
    assert spec is not None, "only monitors of known variables are installed"
    value = monitors_values.actual(station, spec)
    if setting.type is MonitorType.DELTA:
        return Standing(base=monitors_values.base_of(spec, value))
    if before is None or not before.raised or setting.type not in monitors_values.LIMITS:
        return Standing()
    aim = monitors_values.target(station, spec)
    past = monitors_values.is_past(setting.type, setting.value, monitors_values.number(value), aim)
    return Standing() if past else before


# --- from the factory ----------------------------------------------------------------------------------------------


def check_factory(station: Station) -> None:
    """Raises `ConfigError` for monitors of the settings that cannot be (N03): a station does not begin with what it would not follow."""
    if station.settings.family is Family.OCPP16:
        return
    seen: dict[int, MonitorSetting] = {}
    for one in monitors_watch.from_factory(station):
        name, status = one.setting.name, _can_be(station, one.setting)
        if one.monitor_id in seen or not 0 < one.monitor_id < FIRST_CUSTOM:
            what = f"Two monitors from the factory have the id {one.monitor_id}, or it is none from 1 to {FIRST_CUSTOM - 1}."
            raise ConfigError(what, "Give each an id of its own, or none an id.")
        if status is not SetMonitorStatus.ACCEPTED:
            what = f"The monitor {one.setting.type} from the factory on {name} cannot be: {status}."
            raise ConfigError(what, "See docs/station/monitoring.md for what can be monitored, at which place and how.")
        seen[one.monitor_id] = one.setting


# --- clear ----------------------------------------------------------------------------------------------------------


def clear_monitors(station: Station, ref: Hashable, command: ClearMonitors) -> None:
    """N06: custom ones go; those from the factory stay (N06.FR.03), and what was passed is not told as cleared (N07.FR.12)."""
    if not _is_too_much(station, ref, _CLEAR, [least_bytes_of_id(number) for number in command.monitor_ids]):
        answered(lambda station, command: _clear_all(station, command))(station, ref, command)


def _clear_all(station: Station, command: ClearMonitors) -> ClearMonitorsOutcome:
    results = tuple(
        ClearMonitorResult(monitor_id=number, status=status, reason=_WHY_NOT_CLEARED.get(status))
        for number in command.monitor_ids
        for status in (_clear_one(station, number),)
    )
    monitors_watch.load(station)
    return ClearMonitorsOutcome(results=results)


def _clear_one(station: Station, monitor_id: int) -> ClearMonitorStatus:
    monitor = monitors_watch.installed(station).get(monitor_id)
    if monitor is None:
        return ClearMonitorStatus.NOT_FOUND
    if monitor.kind is not EventNotification.CUSTOM_MONITOR:
        return ClearMonitorStatus.REJECTED
    memory = station.kept(MonitoringMemory)
    station.remember(
        changed(
            memory,
            custom=tuple(one for one in memory.custom if one.monitor_id != monitor_id),
            standings={number: one for number, one in memory.standings.items() if number != monitor_id},
        )
    )
    return ClearMonitorStatus.ACCEPTED


def _is_too_much(station: Station, ref: Hashable, message: str, sizes: list[int]) -> bool:
    """Refuse a message with more than one may hold (N04.FR.09, N06.FR.06, N06.FR.07).

    Counted is what the entries take at least; what the frame adds is forgiven.
    """
    items, most = station.variables.number(_ITEMS + message), station.variables.number(_BYTES + message)
    if len(sizes) > items:
        text = f"One message to this station has at most {items} of them."
        station.do(RefuseCommand(ref, "OccurrenceConstraintViolation", text))
    elif sum(sizes) > most:
        station.do(RefuseCommand(ref, "FormatViolation", f"Such a message to this station has at most {most} bytes."))
    else:
        return False
    return True


# --- base and level -------------------------------------------------------------------------------------------------


def set_base(station: Station, command: SetMonitoringBase) -> MonitoringBaseOutcome:
    """N03: any base but All removes what the CSMS has set."""
    memory = station.kept(MonitoringMemory)
    custom = memory.custom if command.base is MonitoringBase.ALL else ()
    gone = {one.monitor_id for one in memory.custom} - {one.monitor_id for one in custom}
    standings = {number: one for number, one in memory.standings.items() if number not in gone}
    station.remember(changed(memory, base=command.base, custom=custom, standings=standings))
    monitors_watch.load(station)
    return MonitoringBaseOutcome(status=ReportStatus.ACCEPTED)


def set_level(station: Station, command: SetMonitoringLevel) -> MonitoringLevelOutcome:
    """N05."""
    if not MOST_SEVERE <= command.severity <= LEAST_SEVERE:
        return MonitoringLevelOutcome(status=MonitoringAnswer.REJECTED)  # N05.FR.02
    station.remember(changed(station.kept(MonitoringMemory), level=command.severity))
    return MonitoringLevelOutcome(status=MonitoringAnswer.ACCEPTED)


# --- the street -----------------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    """Faults go first: they may be the cause of what a monitor finds."""
    if events.enabled(station):
        monitors_faults.follow(station)
        monitors_watch.follow(station)
        event_streams.go_on(station)


def _deadline(station: Station) -> datetime | None:
    times = (monitors_watch.deadline(station), event_streams.deadline(station))
    return min((time for time in times if time is not None), default=None)


_BASES = tuple(base.value for base in MonitoringBase)
_VARIABLES = (
    switch(events.ENABLED, True),
    fixed("MonitoringCtrlr.Available", "true", DataType.BOOLEAN),
    number(events.OFFLINE_SEVERITY, USUAL_SEVERITY, low=MOST_SEVERE, high=LEAST_SEVERE),
    fixed(_ITEMS + _SET, "100"),
    fixed(_ITEMS + _CLEAR, "100"),
    fixed(_BYTES + _SET, "500000"),
    fixed(_BYTES + _CLEAR, "500000"),
    fixed("MonitoringCtrlr.ActiveMonitoringBase", MonitoringBase.ALL, DataType.OPTION_LIST, _BASES),
    fixed("MonitoringCtrlr.MonitoringBase", MonitoringBase.ALL, DataType.OPTION_LIST, _BASES),
    fixed("MonitoringCtrlr.ActiveMonitoringLevel", str(LEAST_SEVERE), high=LEAST_SEVERE),
    fixed("MonitoringCtrlr.MonitoringLevel", str(LEAST_SEVERE), high=LEAST_SEVERE),
    fixed(event_streams.MOST_STREAMS, "10"),
)


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    """1.6 knows no monitors, and has no key for that."""
    return (fixed(events.ENABLED, "false", DataType.BOOLEAN),) if family is Family.OCPP16 else _VARIABLES


def _base_now(station: Station, _: object) -> str:
    return station.kept(MonitoringMemory).base.value


def _level_now(station: Station, _: object) -> str:
    return str(station.kept(MonitoringMemory).level)


STREET = Street(
    "monitoring",
    commands={
        SetMonitors: set_monitors,
        ClearMonitors: clear_monitors,
        GetMonitoringReport: monitors_report.report,
        SetMonitoringBase: answered(set_base),
        SetMonitoringLevel: answered(set_level),
        GetEventStreams: answered(event_streams.list_open),
        AdjustEventStream: answered(event_streams.adjust),
    },
    variables=_variables,
    live={
        ("monitoringctrlr", "activemonitoringbase"): _base_now,
        ("monitoringctrlr", "monitoringbase"): _base_now,
        ("monitoringctrlr", "activemonitoringlevel"): _level_now,
        ("monitoringctrlr", "monitoringlevel"): _level_now,
    },
    started=monitors_watch.load,
    deadline=_deadline,
    follow=_follow,
)
