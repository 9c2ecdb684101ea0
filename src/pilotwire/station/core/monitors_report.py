"""Reports of monitors (N02): first the answer, then the parts, each when the one before it was answered."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import msgspec

from pilotwire.domain.device_model import ComponentVariable, ReportStatus
from pilotwire.domain.device_model.batches import wanted_bytes
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import (
    GetMonitoringReport,
    InstalledMonitor,
    MonitoringCriterion,
    MonitoringReportOutcome,
    MonitoringReportPart,
    MonitorType,
    VariableMonitors,
)
from pilotwire.station.core import monitors_values, monitors_watch, outbox_policy
from pilotwire.station.core.actions import Answer, RefuseCommand
from pilotwire.station.core.monitoring_memory import Monitor
from pilotwire.station.core.station import Station
from pilotwire.station.core.variables import key_of

_REPORT_ITEMS = "DeviceDataCtrlr.ItemsPerMessage[GetReport]"
_REPORT_BYTES = "DeviceDataCtrlr.BytesPerMessage[GetReport]"
_FRAME_BYTES = 500
"""More than all of a NotifyMonitoringReport but its monitors takes."""
_NAMES_BYTES = 300
"""More than the names of the fields of one variable and a monitor add, on the wire, to how it is written here."""

_CRITERIA = {
    MonitoringCriterion.THRESHOLD: monitors_values.THRESHOLDS,
    MonitoringCriterion.DELTA: frozenset({MonitorType.DELTA}) | monitors_values.TARGETS,
    MonitoringCriterion.PERIODIC: monitors_values.PERIODIC,
}
"""N02.FR.12 to N02.FR.14; monitors around a target are of the deltas (2.1 errata 2025-09, 2.42)."""


@dataclass(slots=True)
class _Reporting:
    """Whether a report of monitors is under way."""

    underway: bool = False


def report(station: Station, ref: Hashable, command: GetMonitoringReport) -> None:
    """N02: first the answer, then the parts; one report at a time."""
    most, size = station.variables.number(_REPORT_ITEMS), station.variables.number(_REPORT_BYTES)
    if len(command.variables) > most:  # N02.FR.07
        text = f"A GetMonitoringReport to this station names at most {most} variables."
        station.do(RefuseCommand(ref, "OccurrenceConstraintViolation", text))
        return
    if sum(map(wanted_bytes, command.variables)) > size:
        text = f"A GetMonitoringReport to this station has at most {size} bytes."
        station.do(RefuseCommand(ref, "FormatViolation", text))
        return
    reporting = station.moment(_Reporting)
    chosen = list(_chosen(station, command))
    status = ReportStatus.ACCEPTED if chosen else ReportStatus.EMPTY_RESULT_SET  # N02.FR.10
    if chosen and reporting.underway:
        status = ReportStatus.REJECTED
    station.do(Answer(ref, MonitoringReportOutcome(status=status)))
    parts = _parts(station, command.request_id, chosen)
    if status is ReportStatus.ACCEPTED and not outbox_policy.keep_parts(station, parts):
        reporting.underway = True
        _tell(station, parts)


def _chosen(station: Station, command: GetMonitoringReport) -> Iterator[VariableMonitors]:
    """The monitors that meet a criterion and are of a variable asked for, by variable (N02.FR.05 to N02.FR.11)."""
    types = {kind for criterion in command.criteria for kind in _CRITERIA[criterion]}
    found: dict[str, list[Monitor]] = {}
    for monitor in monitors_watch.installed(station).values():
        if command.criteria and monitor.setting.type not in types:
            continue
        if not command.variables or _covers(command.variables, monitor):
            found.setdefault(key_of(monitor.setting.name), []).append(monitor)
    for monitors in found.values():
        yield VariableMonitors(name=monitors[0].setting.name, monitors=tuple(map(_told, monitors)))


def _covers(wanted: tuple[ComponentVariable, ...], monitor: Monitor) -> bool:
    return any(one.covers(monitor.setting.name) for one in wanted)


def _told(monitor: Monitor) -> InstalledMonitor:
    setting = monitor.setting
    return InstalledMonitor(
        monitor_id=monitor.monitor_id,
        type=setting.type,
        value=setting.value,
        severity=setting.severity,
        transaction=setting.transaction,
        notification=monitor.kind,  # N02.FR.22
    )


def _parts(station: Station, request_id: int, chosen: list[VariableMonitors]) -> Iterator[MonitoringReportPart]:
    generated_at = station.stamp()
    shares = list(_shares(station, chosen))
    for place, share in enumerate(shares):
        yield MonitoringReportPart(
            request_id=request_id,
            seq_no=place,
            generated_at=generated_at,
            variables=tuple(share),
            more=place < len(shares) - 1,
        )


def _shares(station: Station, chosen: list[VariableMonitors]) -> Iterator[list[VariableMonitors]]:
    """What fits into one message each; the monitors of one variable may be parted too."""
    items, size = station.variables.number(_REPORT_ITEMS), station.variables.number(_REPORT_BYTES)
    single = [changed(one, monitors=(monitor,)) for one in chosen for monitor in one.monitors]
    share: list[VariableMonitors] = []
    used = _FRAME_BYTES
    for one in single:
        needed = len(msgspec.json.encode(one)) + _NAMES_BYTES
        if share and (len(share) >= items or used + needed > size):
            yield share
            share, used = [], _FRAME_BYTES
        if share and share[-1].name == one.name:
            share[-1] = changed(one, monitors=(*share[-1].monitors, *one.monitors))
        else:
            share.append(one)
        used += needed
    yield share


def _tell(station: Station, parts: Iterator[MonitoringReportPart]) -> None:
    part = next(parts, None)
    if part is None:
        station.moment(_Reporting).underway = False
        return
    station.say(part, answered=lambda _: _tell(station, parts), failed=lambda _: _give_up(station, part))


def _give_up(station: Station, part: MonitoringReportPart) -> None:
    """A report with a hole is of no use: the rest is not sent, and the CSMS may ask again."""
    station.moment(_Reporting).underway = False
    station.note(f"Report {part.request_id} of monitors was given up at part {part.seq_no}: the CSMS did not take it.")
