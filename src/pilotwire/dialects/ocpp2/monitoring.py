"""Monitors and their events in 2.x (N02 to N08). 2.1 tells more: the kind of a monitor, the severity of an event, streams."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.reports import read_wanted, write_wanted
from pilotwire.dialects.ocpp2.variables import (
    VALUE_MAX,
    read_name,
    read_why,
    write_component,
    write_variable,
    write_why,
)
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.device_model import ReportStatus
from pilotwire.domain.monitoring import (
    ClearMonitorResult,
    ClearMonitors,
    ClearMonitorsOutcome,
    ClearMonitorStatus,
    DeviceEvent,
    EventNotification,
    EventsTold,
    EventTrigger,
    GetMonitoringReport,
    InstalledMonitor,
    MonitoringAnswer,
    MonitoringBase,
    MonitoringBaseOutcome,
    MonitoringCriterion,
    MonitoringLevelOutcome,
    MonitoringReportOutcome,
    MonitoringReportPart,
    MonitorSetting,
    MonitorType,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitorResult,
    SetMonitors,
    SetMonitorsOutcome,
    SetMonitorStatus,
    StreamParams,
    VariableMonitors,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v21, v201
from pilotwire.ocpp.types import Datatype, Message

TECH_CODE_MAX = 50
TECH_INFO_MAX = 500


def _has(kind: type[Datatype], field: str) -> bool:
    """Whether a version's type has a field."""
    return field in kind.__struct_fields__


# --- set and clear --------------------------------------------------------------------------------------------------


def write_set(wire: Wire, command: SetMonitors) -> tuple[Message, ...]:
    """SetVariableMonitoring (N04, N11)."""
    data = [_write_setting(wire, setting) for setting in command.settings]
    return (wire.SetVariableMonitoringRequest(set_monitoring_data=data),)


def _write_setting(wire: Wire, setting: MonitorSetting) -> v201.SetMonitoringData:
    more: dict[str, Any] = {}
    if setting.stream is not None:
        if not _has(wire.SetMonitoringData, "periodic_event_stream"):
            raise NotSayable("OCPP 2.0.1 has no streams of values.", "Leave out the stream: values come as events.")
        params = setting.stream
        more["periodic_event_stream"] = v21.PeriodicEventStreamParams(interval=params.interval, values=params.values)
    return wire.SetMonitoringData(
        value=setting.value,
        type=same_name(setting.type),
        severity=setting.severity,
        component=write_component(wire, setting.name),
        variable=write_variable(wire, setting.name),
        id=setting.monitor_id,
        transaction=setting.transaction or None,
        **more,
    )


def read_set(request: v201.SetVariableMonitoringRequest) -> SetMonitors:
    """The monitors wanted."""
    return SetMonitors(settings=tuple(_read_setting(data) for data in request.set_monitoring_data))


def _read_setting(data: v201.SetMonitoringData) -> MonitorSetting:
    stream: v21.PeriodicEventStreamParams | None = getattr(data, "periodic_event_stream", None)
    return MonitorSetting(
        name=read_name(data.component, data.variable),
        type=MonitorType(data.type),
        value=data.value,
        severity=data.severity,
        monitor_id=data.id,
        transaction=bool(data.transaction),
        stream=None if stream is None else StreamParams(interval=stream.interval, values=stream.values),
    )


def write_set_outcome(wire: Wire, outcome: SetMonitorsOutcome) -> Message:
    """One result a monitor (N04.FR.01)."""
    results = [
        wire.SetMonitoringResult(
            status=same_name(result.status),
            type=same_name(result.type),
            component=write_component(wire, result.name),
            variable=write_variable(wire, result.name),
            severity=result.severity,
            id=result.monitor_id,
            status_info=write_why(wire, result.reason),
        )
        for result in outcome.results
    ]
    return wire.SetVariableMonitoringResponse(set_monitoring_result=results)


def read_set_outcome(_command: object, responses: tuple[v201.SetVariableMonitoringResponse, ...]) -> SetMonitorsOutcome:
    """What became of each."""
    return SetMonitorsOutcome(
        results=tuple(
            SetMonitorResult(
                name=read_name(result.component, result.variable),
                type=MonitorType(result.type),
                severity=result.severity,
                status=SetMonitorStatus(result.status),
                monitor_id=result.id,
                reason=read_why(result.status_info),
            )
            for result in responses[0].set_monitoring_result
        )
    )


def write_clear_outcome(wire: Wire, outcome: ClearMonitorsOutcome) -> Message:
    """One result an id (N06.FR.05)."""
    results = [
        wire.ClearMonitoringResult(
            status=same_name(result.status), id=result.monitor_id, status_info=write_why(wire, result.reason)
        )
        for result in outcome.results
    ]
    return wire.ClearVariableMonitoringResponse(clear_monitoring_result=results)


def read_clear_outcome(
    _command: object, responses: tuple[v201.ClearVariableMonitoringResponse, ...]
) -> ClearMonitorsOutcome:
    """What became of each."""
    return ClearMonitorsOutcome(
        results=tuple(
            ClearMonitorResult(
                monitor_id=result.id, status=ClearMonitorStatus(result.status), reason=read_why(result.status_info)
            )
            for result in responses[0].clear_monitoring_result
        )
    )


# --- reports --------------------------------------------------------------------------------------------------------


def write_report(wire: Wire, command: GetMonitoringReport) -> tuple[Message, ...]:
    """GetMonitoringReport (N02)."""
    return (
        wire.GetMonitoringReportRequest(
            request_id=command.request_id,
            component_variable=[write_wanted(wire, wanted) for wanted in command.variables] or None,
            monitoring_criteria=[same_name(criterion) for criterion in command.criteria] or None,
        ),
    )


def read_report(request: v201.GetMonitoringReportRequest) -> GetMonitoringReport:
    """The monitors wanted."""
    return GetMonitoringReport(
        request_id=request.request_id,
        criteria=tuple(MonitoringCriterion(criterion) for criterion in request.monitoring_criteria or ()),
        variables=tuple(read_wanted(wanted) for wanted in request.component_variable or ()),
    )


def write_part(wire: Wire, part: MonitoringReportPart) -> Message:
    """NotifyMonitoringReport."""
    return wire.NotifyMonitoringReportRequest(
        request_id=part.request_id,
        seq_no=part.seq_no,
        generated_at=part.generated_at,
        monitor=[_write_monitors(wire, monitors) for monitors in part.variables] or None,
        tbc=part.more or None,
    )


def read_part(request: v201.NotifyMonitoringReportRequest) -> MonitoringReportPart:
    """A part of a report; `tbc` left out means that it is the last."""
    return MonitoringReportPart(
        request_id=request.request_id,
        seq_no=request.seq_no,
        generated_at=read_time(request.generated_at),
        variables=tuple(
            VariableMonitors(
                name=read_name(data.component, data.variable),
                monitors=tuple(_read_monitor(monitor) for monitor in data.variable_monitoring),
            )
            for data in request.monitor or ()
        ),
        more=bool(request.tbc),
    )


def _write_monitors(wire: Wire, monitors: VariableMonitors) -> v201.MonitoringData:
    return wire.MonitoringData(
        component=write_component(wire, monitors.name),
        variable=write_variable(wire, monitors.name),
        variable_monitoring=[_write_monitor(wire, monitor) for monitor in monitors.monitors],
    )


def _write_monitor(wire: Wire, monitor: InstalledMonitor) -> v201.VariableMonitoring:
    """A monitor; its kind must be told in 2.1 (N02.FR.22), and one nobody knows the kind of was set by somebody."""
    more: dict[str, Any] = {}
    if _has(wire.VariableMonitoring, "event_notification_type"):
        more["event_notification_type"] = same_name(monitor.notification or EventNotification.CUSTOM_MONITOR)
    return wire.VariableMonitoring(
        id=monitor.monitor_id,
        transaction=monitor.transaction,
        value=monitor.value,
        type=same_name(monitor.type),
        severity=monitor.severity,
        **more,
    )


def _read_monitor(monitor: v201.VariableMonitoring) -> InstalledMonitor:
    kind: str | None = getattr(monitor, "event_notification_type", None)
    return InstalledMonitor(
        monitor_id=monitor.id,
        type=MonitorType(monitor.type),
        value=monitor.value,
        severity=monitor.severity,
        transaction=monitor.transaction,
        notification=None if kind is None else EventNotification(kind),
    )


# --- events ---------------------------------------------------------------------------------------------------------


def write_events(wire: Wire, fact: EventsTold) -> Message:
    """NotifyEvent (N07, N08)."""
    return wire.NotifyEventRequest(
        generated_at=fact.generated_at,
        seq_no=fact.seq_no,
        event_data=[_write_event(wire, event) for event in fact.events],
        tbc=fact.more or None,
    )


def _write_event(wire: Wire, event: DeviceEvent) -> v201.EventData:
    more: dict[str, Any] = {"severity": event.severity} if _has(wire.EventData, "severity") else {}
    return wire.EventData(
        event_id=event.event_id,
        timestamp=event.at,
        trigger=same_name(event.trigger),
        actual_value=event.value[:VALUE_MAX],
        component=write_component(wire, event.name),
        event_notification_type=same_name(event.notification),
        variable=write_variable(wire, event.name),
        cause=event.cause,
        tech_code=None if event.tech_code is None else event.tech_code[:TECH_CODE_MAX],
        tech_info=None if event.tech_info is None else event.tech_info[:TECH_INFO_MAX],
        cleared=event.cleared or None,
        transaction_id=event.transaction_id,
        variable_monitoring_id=event.monitor_id,
        **more,
    )


def read_events(request: v201.NotifyEventRequest) -> EventsTold:
    """The events told."""
    return EventsTold(
        generated_at=read_time(request.generated_at),
        seq_no=request.seq_no,
        events=tuple(_read_event(event) for event in request.event_data),
        more=bool(request.tbc),
    )


def _read_event(event: v201.EventData) -> DeviceEvent:
    return DeviceEvent(
        event_id=event.event_id,
        at=read_time(event.timestamp),
        trigger=EventTrigger(event.trigger),
        value=event.actual_value,
        name=read_name(event.component, event.variable),
        notification=EventNotification(event.event_notification_type),
        cause=event.cause,
        tech_code=event.tech_code,
        tech_info=event.tech_info,
        cleared=bool(event.cleared),
        transaction_id=event.transaction_id,
        monitor_id=event.variable_monitoring_id,
        severity=getattr(event, "severity", None),
    )


# --- the words ------------------------------------------------------------------------------------------------------


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=MonitoringReportPart,
            read={wire.NotifyMonitoringReportRequest: read_part},
            write=lambda fact, _named: write_part(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.NotifyMonitoringReportResponse(),
        ),
        FactWord(
            fact=EventsTold,
            read={wire.NotifyEventRequest: read_events},
            write=lambda fact, _named: write_events(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.NotifyEventResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=SetMonitors,
            read={wire.SetVariableMonitoringRequest: read_set},
            write=lambda command: write_set(wire, command),
            write_outcome=lambda _command, outcome, _request: write_set_outcome(wire, outcome),
            read_outcome=read_set_outcome,
        ),
        CommandWord(
            command=ClearMonitors,
            read={
                wire.ClearVariableMonitoringRequest: lambda request: ClearMonitors(monitor_ids=tuple(request.id)),
            },
            write=lambda command: (wire.ClearVariableMonitoringRequest(id=list(command.monitor_ids)),),
            write_outcome=lambda _command, outcome, _request: write_clear_outcome(wire, outcome),
            read_outcome=read_clear_outcome,
        ),
        CommandWord(
            command=GetMonitoringReport,
            read={wire.GetMonitoringReportRequest: read_report},
            write=lambda command: write_report(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.GetMonitoringReportResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: MonitoringReportOutcome(status=ReportStatus(responses[0].status)),
        ),
        *_switches(wire),
    )


def _switches(wire: Wire) -> tuple[CommandWord, ...]:
    """SetMonitoringBase (N03) and SetMonitoringLevel (N05)."""
    return (
        CommandWord(
            command=SetMonitoringBase,
            read={
                wire.SetMonitoringBaseRequest: lambda request: SetMonitoringBase(
                    base=MonitoringBase(request.monitoring_base)
                )
            },
            write=lambda command: (wire.SetMonitoringBaseRequest(monitoring_base=same_name(command.base)),),
            write_outcome=lambda _command, outcome, _request: wire.SetMonitoringBaseResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: MonitoringBaseOutcome(status=ReportStatus(responses[0].status)),
        ),
        CommandWord(
            command=SetMonitoringLevel,
            read={wire.SetMonitoringLevelRequest: lambda request: SetMonitoringLevel(severity=request.severity)},
            write=lambda command: (wire.SetMonitoringLevelRequest(severity=command.severity),),
            write_outcome=lambda _command, outcome, _request: wire.SetMonitoringLevelResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: MonitoringLevelOutcome(
                status=MonitoringAnswer(responses[0].status)
            ),
        ),
    )
