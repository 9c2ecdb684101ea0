"""Monitors of a station: set, cleared, reported; and its streams of values (functional block N)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import CommandRefused
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.csms.registers.monitoring import (
    ALERTS,
    MONITORING,
    MONITORS,
    STREAMS,
    MonitoringRecord,
    MonitorRecord,
    StreamRecord,
    as_set,
    monitor_key,
)
from pilotwire.csms.store.ports import Amend, Journal, Operation, Page, Store
from pilotwire.csms.store.registers import Register, cursor_of
from pilotwire.domain.alerts import without_monitor
from pilotwire.domain.device_model import (
    ComponentVariable,
    GetVariables,
    GetVariablesOutcome,
    ReportStatus,
    VariableName,
    VariableQuery,
)
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.monitoring import (
    AdjustEventStream,
    AdjustEventStreamOutcome,
    ClearMonitorResult,
    ClearMonitors,
    ClearMonitorsOutcome,
    ClearMonitorStatus,
    EventNotification,
    EventStream,
    EventStreamsOutcome,
    GetEventStreams,
    GetMonitoringReport,
    MonitoringAnswer,
    MonitoringBase,
    MonitoringBaseOutcome,
    MonitoringCriterion,
    MonitoringLevelOutcome,
    MonitoringReportOutcome,
    MonitorSetting,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitorResult,
    SetMonitors,
    SetMonitorsOutcome,
    SetMonitorStatus,
    StreamParams,
    VariableMonitors,
    in_batches,
    size_of_id,
    size_of_setting,
)

_R = TypeVar("_R", bound=Value)
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Books:
    """Where what a station answered is kept."""

    journal: Journal
    store: Store
    clock: Clock


# --- set and clear --------------------------------------------------------------------------------------------------


async def set_monitors(
    commander: Commander, books: Books, station: str, settings: Sequence[MonitorSetting]
) -> tuple[SetMonitorResult, ...]:
    """Install monitors (N04), in as many messages as the station's limits ask for (N04.FR.09), and keep those it accepted.

    If a later message fails, what was accepted before is kept all the same. Raises what `Commander.ask` raises.
    """
    most, most_bytes = await _limits(commander, station, "SetVariableMonitoring", len(settings))
    results: list[SetMonitorResult] = []
    for batch in in_batches(settings, size_of_setting, most=most, most_bytes=most_bytes):
        outcome = await commander.ask(station, SetMonitors(settings=batch), SetMonitorsOutcome)
        now = books.clock.now()
        kept = [
            _set(station, setting, number, now)
            for setting, result in _paired(batch, outcome.results)
            if result.status is SetMonitorStatus.ACCEPTED
            and (number := result.monitor_id if result.monitor_id is not None else setting.monitor_id) is not None
        ]
        if kept:
            await books.journal.append(*kept)
        results += outcome.results
    return tuple(results)


def _set(station: str, setting: MonitorSetting, number: int, at: datetime) -> Amend:
    return MONITORS.amend(station, monitor_key(number), lambda known: as_set(known, station, setting, number, at))


def _paired(
    settings: Sequence[MonitorSetting], results: Sequence[SetMonitorResult]
) -> list[tuple[MonitorSetting, SetMonitorResult]]:
    """Each setting with its result: the first that is of the same variable, type and severity, whatever their order (N04.FR.02)."""
    left = list(results)
    pairs = []
    for setting in settings:
        wanted = _meant(setting)
        fitting = next((result for result in left if _meant(result) == wanted), None)
        if fitting is not None:
            left.remove(fitting)
            pairs.append((setting, fitting))
    return pairs


def _meant(each: MonitorSetting | SetMonitorResult) -> tuple[object, ...]:
    name = each.name
    texts = (name.component, name.component_instance, name.variable, name.variable_instance)
    written = tuple(text.casefold() if text is not None else None for text in texts)
    return (*written, name.evse, name.connector, each.type, each.severity)


async def clear_monitors(
    commander: Commander, books: Books, station: str, monitor_ids: Sequence[int]
) -> tuple[ClearMonitorResult, ...]:
    """Remove monitors (N06), never more in a message than the station takes (N06.FR.04); those it has no more are forgotten."""
    most, most_bytes = await _limits(commander, station, "ClearVariableMonitoring", len(monitor_ids))
    results: list[ClearMonitorResult] = []
    for batch in in_batches(monitor_ids, size_of_id, most=most, most_bytes=most_bytes):
        outcome = await commander.ask(station, ClearMonitors(monitor_ids=batch), ClearMonitorsOutcome)
        gone = {each.monitor_id for each in outcome.results if each.status is not ClearMonitorStatus.REJECTED}
        await _forget(books, station, gone)
        results += outcome.results
    return tuple(results)


async def _forget(books: Books, station: str, monitor_ids: Iterable[int]) -> None:
    """Take monitors off record; alerts that only they could clear are over (N07.FR.12)."""
    gone, now = frozenset(monitor_ids), books.clock.now()
    if not gone:
        return
    operations: list[Operation] = [MONITORS.remove(station, monitor_key(number)) for number in sorted(gone)]
    operations += [
        ALERTS.amend(station, alert.alert_id, lambda known: None if known is None else without_monitor(known, now))
        for alert in await _all(books.store, ALERTS, station, lambda each: each.alert_id)
        if alert.sign.monitor_id in gone and alert.cleared_at is None
    ]
    await books.journal.append(*operations)


async def _limits(commander: Commander, station: str, action: str, count: int) -> tuple[int | None, int | None]:
    """How many items, and bytes, the station takes in a message; None: it does not say, or it does not matter."""
    if count <= 1:
        return None, None
    names = [
        VariableName(component="MonitoringCtrlr", variable=variable, variable_instance=action)
        for variable in ("ItemsPerMessage", "BytesPerMessage")
    ]
    asked = GetVariables(asked=tuple(VariableQuery(name=name) for name in names))
    try:
        told = await commander.ask(station, asked, GetVariablesOutcome)
    except CommandRefused:
        return None, None
    values = {result.name.variable.casefold(): _limit(result.value) for result in told.results}
    return values.get("itemspermessage"), values.get("bytespermessage")


def _limit(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text) or None


# --- as a whole -----------------------------------------------------------------------------------------------------


async def set_base(commander: Commander, books: Books, station: str, base: MonitoringBase) -> ReportStatus:
    """Switch to a set of monitors (N03); those that are gone with it are forgotten (N03.FR.04, N03.FR.05)."""
    outcome = await commander.ask(station, SetMonitoringBase(base=base), MonitoringBaseOutcome)
    if outcome.status is ReportStatus.ACCEPTED:
        now = books.clock.now()
        await books.journal.append(
            MONITORING.amend(station, "", lambda known: changed(known or MonitoringRecord(), base=base, base_at=now))
        )
        monitors = await monitors_of(books.store, station)
        await _forget(books, station, (each.monitor_id for each in monitors if _is_gone(each, base)))
    return outcome.status


def _is_gone(monitor: MonitorRecord, base: MonitoringBase) -> bool:
    if base is MonitoringBase.FACTORY_DEFAULT:
        return monitor.notification is EventNotification.CUSTOM_MONITOR
    hard_wired = (EventNotification.HARD_WIRED_MONITOR, EventNotification.HARD_WIRED_NOTIFICATION, None)
    return base is MonitoringBase.HARD_WIRED_ONLY and monitor.notification not in hard_wired


async def set_level(commander: Commander, books: Books, station: str, severity: int) -> MonitoringAnswer:
    """Say down to which severity events are reported (N05)."""
    outcome = await commander.ask(station, SetMonitoringLevel(severity=severity), MonitoringLevelOutcome)
    if outcome.status is MonitoringAnswer.ACCEPTED:
        now = books.clock.now()
        await books.journal.append(
            MONITORING.amend(
                station, "", lambda known: changed(known or MonitoringRecord(), level=severity, level_at=now)
            )
        )
    return outcome.status


@dataclass(frozen=True, slots=True)
class MonitoringReport:
    """What came of asking for a report: all monitors, put together from its parts; none if it was not Accepted."""

    request_id: int
    status: ReportStatus
    generated_at: datetime | None = None
    variables: tuple[VariableMonitors, ...] = ()


async def get_report(
    commander: Commander,
    books: Books,
    station: str,
    criteria: Iterable[MonitoringCriterion] = (),
    variables: Iterable[ComponentVariable] = (),
    *,
    patience: float,
) -> MonitoringReport:
    """Ask for a report of monitors and wait for all of it, at most `patience` seconds for each part (N02).

    The parts are kept as they come. After a report of all monitors those that were not in it are forgotten (N02.FR.11). Raises also
    CommandTimedOut if a part does not come, AnswerUnusable if there is no end of parts.
    """
    number = commander.reports.next_request_id()
    command = GetMonitoringReport(request_id=number, criteria=tuple(criteria), variables=tuple(variables))
    with commander.reports.collecting(station, number) as collection:
        outcome = await commander.ask(station, command, MonitoringReportOutcome)
        parts = await all_parts(collection, station, patience) if outcome.status is ReportStatus.ACCEPTED else ()
    told = tuple(each for part in parts for each in part.variables)
    is_whole = not command.criteria and not command.variables
    if is_whole and outcome.status in (ReportStatus.ACCEPTED, ReportStatus.EMPTY_RESULT_SET):
        there = {monitor.monitor_id for each in told for monitor in each.monitors}
        held = await monitors_of(books.store, station)
        await _forget(books, station, (each.monitor_id for each in held if each.monitor_id not in there))
    return MonitoringReport(number, outcome.status, parts[0].generated_at if parts else None, told)


async def monitors_of(store: Store, station: str) -> list[MonitorRecord]:
    """All monitors on record of a station."""
    return await _all(store, MONITORS, station, lambda each: monitor_key(each.monitor_id))


# --- streams (2.1) --------------------------------------------------------------------------------------------------


async def get_streams(commander: Commander, books: Books, station: str) -> tuple[EventStream, ...]:
    """Ask which streams are open (N12); the records are made to agree."""
    outcome = await commander.ask(station, GetEventStreams(), EventStreamsOutcome)
    now, there = books.clock.now(), {each.stream_id for each in outcome.streams}
    operations = [_opened(station, stream, now) for stream in outcome.streams]
    operations += [
        STREAMS.amend(
            station,
            monitor_key(each.stream.stream_id),
            lambda known: known if known is None or known.closed_at is not None else changed(known, closed_at=now),
        )
        for each in await streams_of(books.store, station)
        if each.closed_at is None and each.stream.stream_id not in there
    ]
    if operations:
        await books.journal.append(*operations)
    return outcome.streams


def _opened(station: str, stream: EventStream, at: datetime) -> Amend:
    def change(known: StreamRecord | None) -> StreamRecord:
        if known is None or known.closed_at is not None or known.stream.monitor_id != stream.monitor_id:
            return StreamRecord(station=station, stream=stream, opened_at=at)
        return changed(known, stream=stream)

    return STREAMS.amend(station, monitor_key(stream.stream_id), change)


async def adjust_stream(
    commander: Commander, books: Books, station: str, stream_id: int, params: StreamParams
) -> MonitoringAnswer:
    """Change the pace of a stream (N14)."""
    command = AdjustEventStream(stream_id=stream_id, params=params)
    outcome = await commander.ask(station, command, AdjustEventStreamOutcome)
    if outcome.status is MonitoringAnswer.ACCEPTED:
        await books.journal.append(
            STREAMS.amend(
                station,
                monitor_key(stream_id),
                lambda known: None if known is None else changed(known, stream=changed(known.stream, params=params)),
            )
        )
    return outcome.status


async def streams_of(store: Store, station: str) -> list[StreamRecord]:
    """All streams on record of a station."""
    return await _all(store, STREAMS, station, lambda each: monitor_key(each.stream.stream_id))


async def _all(store: Store, register: Register[_R], station: str, key_of: Callable[[_R], str]) -> list[_R]:
    found: list[_R] = []
    after: str | None = None
    while page := await store.records(register, station, Page(limit=_PAGE, after=after)):
        found += page
        after = cursor_of(station, key_of(page[-1]))
        if len(page) < _PAGE:
            break
    return found
