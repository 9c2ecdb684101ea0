"""Monitors set, cleared and reported: batches, what is kept of the answers, and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.commands import Commander, CommandRefused, CommandTimedOut, monitoring
from pilotwire.csms.commands.monitoring import Books, monitors_of, streams_of
from pilotwire.csms.registers.monitoring import ALERTS, MONITORING, STREAMS, StreamRecord, monitor_key
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.domain.alerts import AlertState, after_sign, sign_of_event
from pilotwire.domain.device_model import (
    ComponentVariable,
    GetVariables,
    GetVariablesOutcome,
    ReportStatus,
    VariableName,
    VariableResult,
    VariableStatus,
)
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.monitoring import (
    AdjustEventStream,
    AdjustEventStreamOutcome,
    ClearMonitorResult,
    ClearMonitors,
    ClearMonitorsOutcome,
    ClearMonitorStatus,
    DeviceEvent,
    EventNotification,
    EventStream,
    EventStreamsOutcome,
    EventTrigger,
    GetEventStreams,
    GetMonitoringReport,
    InstalledMonitor,
    MonitoringAnswer,
    MonitoringBase,
    MonitoringBaseOutcome,
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
from tests.support.api_rooms import FakeBus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAT = VariableName(component="Controller", variable="Temperature")
CS = "CS-1"


class MonitoredBus(FakeBus):
    """A station that installs whatever it is given and numbers it from 1; `limits` by variable, None: it refuses to tell."""

    def __init__(self, limits: dict[str, str] | None = None) -> None:
        super().__init__()
        self.connect(CS)
        self.limits = limits
        self.statuses: list[SetMonitorStatus] = []
        self.after: Callable[[int], None] = lambda _: None
        self.report: Callable[[int], None] = lambda _: None
        self._last = 0

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Answer like a station."""
        self.commands.append((station, command))
        if isinstance(command, GetVariables):
            return self._told(command)
        if isinstance(command, SetMonitors):
            self.after(len(self.of(SetMonitors)))
            return SetMonitorsOutcome(results=tuple(reversed([self._installed(each) for each in command.settings])))
        if isinstance(command, ClearMonitors):
            known = ClearMonitorStatus.ACCEPTED
            wrong = {66: ClearMonitorStatus.REJECTED, 77: ClearMonitorStatus.NOT_FOUND}
            results = [ClearMonitorResult(monitor_id=n, status=wrong.get(n, known)) for n in command.monitor_ids]
            return ClearMonitorsOutcome(results=tuple(results))
        if isinstance(command, GetMonitoringReport):
            self.report(command.request_id)
        answer = self._answer(station, type(command))
        assert isinstance(answer, Outcome)
        return answer

    def _told(self, command: GetVariables) -> Outcome:
        if self.limits is None:
            raise CommandRefused("NotSupported", "", {})
        return GetVariablesOutcome(
            results=tuple(
                VariableResult(
                    name=each.name,
                    status=VariableStatus.ACCEPTED,
                    value=self.limits.get(f"{each.name.variable}[{each.name.variable_instance}]"),
                )
                for each in command.asked
            )
        )

    def _installed(self, setting: MonitorSetting) -> SetMonitorResult:
        status = self.statuses.pop(0) if self.statuses else SetMonitorStatus.ACCEPTED
        self._last += 1
        number = setting.monitor_id or self._last
        return SetMonitorResult(
            name=setting.name,
            type=setting.type,
            severity=setting.severity,
            status=status,
            monitor_id=number if status is SetMonitorStatus.ACCEPTED else None,
        )

    def of(self, kind: type[Command]) -> list[Any]:
        """The commands of a kind that were given."""
        return [command for _, command in self.commands if isinstance(command, kind)]


class Bench:
    """A commander, and books to keep what comes of it."""

    def __init__(self, bus: MonitoredBus) -> None:
        self.bus, self.clock, self.store = bus, ManualClock(NOON), MemoryStore()
        self.commander = Commander(bus, self.clock)
        self.books = Books(MemoryJournal(self.store), self.store, self.clock)

    async def set(self, *settings: MonitorSetting) -> tuple[SetMonitorResult, ...]:
        return await monitoring.set_monitors(self.commander, self.books, CS, settings)

    async def kept(self) -> list[tuple[int, int]]:
        return [(each.monitor_id, each.severity) for each in await monitors_of(self.store, CS)]


def setting(severity: int, **more: Any) -> MonitorSetting:
    usual = {"name": HEAT, "type": MonitorType.UPPER_THRESHOLD, "value": Decimal(60), "severity": severity}
    return MonitorSetting(**(usual | more))


# --- set ------------------------------------------------------------------------------------------------------------


async def test_what_is_accepted_is_kept() -> None:
    """Each result belongs to its monitor, in whatever order the station tells them; one alone asks for no limits."""
    bench = Bench(MonitoredBus())
    await bench.set(setting(1))
    assert [type(command) for _, command in bench.bus.commands] == [SetMonitors]
    bench.bus.statuses = [SetMonitorStatus.DUPLICATE, SetMonitorStatus.ACCEPTED, SetMonitorStatus.UNKNOWN_VARIABLE]
    results = await bench.set(setting(1), setting(2), setting(3))
    assert [each.status for each in results] == [
        SetMonitorStatus.UNKNOWN_VARIABLE,
        SetMonitorStatus.ACCEPTED,
        SetMonitorStatus.DUPLICATE,
    ]
    assert await bench.kept() == [(1, 1), (3, 2)]
    (first, _) = await monitors_of(bench.store, CS)
    assert (first.notification, first.set_at) == (EventNotification.CUSTOM_MONITOR, NOON)


@pytest.mark.req("N04.FR.09")
@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        ({"ItemsPerMessage[SetVariableMonitoring]": "2"}, [2, 2, 1]),
        ({"BytesPerMessage[SetVariableMonitoring]": "700"}, [2, 2, 1]),
        ({"ItemsPerMessage[SetVariableMonitoring]": "x", "BytesPerMessage[SetVariableMonitoring]": "0"}, [5]),
        ({"ItemsPerMessage[ClearVariableMonitoring]": "1"}, [5]),
        (None, [5]),
    ],
)
async def test_monitors_go_in_as_many_messages_as_needed(limits: dict[str, str] | None, sizes: list[int]) -> None:
    """If the station says how much it takes at once."""
    bench = Bench(MonitoredBus(limits))
    results = await bench.set(*(setting(severity) for severity in range(5)))
    assert [len(command.settings) for command in bench.bus.of(SetMonitors)] == sizes
    assert len(results) == 5
    assert sorted(severity for _, severity in await bench.kept()) == [0, 1, 2, 3, 4]


async def test_what_was_accepted_before_a_failure_is_kept() -> None:
    """The second message is not answered."""
    bench = Bench(MonitoredBus({"ItemsPerMessage[SetVariableMonitoring]": "1"}))

    def after(count: int) -> None:
        if count == 2:
            raise CommandTimedOut("no answer.")

    bench.bus.after = after
    with pytest.raises(CommandTimedOut):
        await bench.set(setting(1), setting(2))
    assert await bench.kept() == [(1, 1)]


# --- clear ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("N06.FR.04")
async def test_ids_go_in_as_many_messages_as_needed() -> None:
    """And what the station has no more is forgotten, what it keeps is not."""
    bench = Bench(MonitoredBus({"ItemsPerMessage[ClearVariableMonitoring]": "2"}))
    await bench.set(*(setting(n % 10, monitor_id=n, name=HEAT) for n in (5, 66, 77)))
    results = await monitoring.clear_monitors(bench.commander, bench.books, CS, (5, 66, 77))
    assert [command.monitor_ids for command in bench.bus.of(ClearMonitors)] == [(5, 66), (77,)]
    assert [each.status.value for each in results] == ["Accepted", "Rejected", "NotFound"]
    assert [number for number, _ in await bench.kept()] == [66]


@pytest.mark.req("N07.FR.12")
async def test_alerts_of_a_cleared_monitor_are_over() -> None:
    """Those of others are not."""
    bench = Bench(MonitoredBus())
    for number in (5, 6):
        event = DeviceEvent(
            event_id=1,
            at=NOON,
            trigger=EventTrigger.ALERTING,
            value="71",
            name=HEAT,
            notification=EventNotification.CUSTOM_MONITOR,
            monitor_id=number,
        )
        alert = after_sign(None, sign_of_event(event, None), f"a{number}", CS, 5)  # type: ignore[arg-type]
        await bench.books.journal.append(ALERTS.put(CS, f"a{number}", alert))  # type: ignore[arg-type]
    await monitoring.clear_monitors(bench.commander, bench.books, CS, (5,))
    states = [(each.alert_id, each.state) for each in await bench.store.records(ALERTS, CS)]
    assert states == [("a5", AlertState.CLEARED), ("a6", AlertState.OPEN)]


# --- as a whole -----------------------------------------------------------------------------------------------------


def _part(request_id: int, *monitors: InstalledMonitor) -> MonitoringReportPart:
    variables = (VariableMonitors(name=HEAT, monitors=monitors),)
    return MonitoringReportPart(request_id=request_id, seq_no=0, generated_at=NOON, variables=variables)


def _monitor(number: int) -> InstalledMonitor:
    return InstalledMonitor(monitor_id=number, type=MonitorType.DELTA, value=Decimal(1), severity=5, transaction=False)


@pytest.mark.parametrize(
    ("chosen", "left"), [((), [2]), ((ComponentVariable(component="EVSE"),), [1, 2])], ids=["all", "chosen"]
)
async def test_a_report_of_everything_tells_what_is_gone(
    chosen: tuple[ComponentVariable, ...], left: list[int]
) -> None:
    """A report of something does not."""
    bench = Bench(MonitoredBus())
    await bench.set(setting(1))
    await bench.set(setting(2))
    bench.bus.report = lambda number: bench.commander.reports.put(CS, _part(number, _monitor(2)), number=0) and None
    bench.bus.answers[GetMonitoringReport] = MonitoringReportOutcome(status=ReportStatus.ACCEPTED)
    report = await monitoring.get_report(bench.commander, bench.books, CS, (), chosen, patience=1)
    assert [each.monitors for each in report.variables] == [(_monitor(2),)]
    assert [number for number, _ in await bench.kept()] == left


@pytest.mark.parametrize(
    ("status", "left"),
    [(ReportStatus.EMPTY_RESULT_SET, []), (ReportStatus.REJECTED, [1]), (ReportStatus.NOT_SUPPORTED, [1])],
)
async def test_a_report_that_does_not_come(status: ReportStatus, left: list[int]) -> None:
    """An empty one says that there are none; a refusal says nothing."""
    bench = Bench(MonitoredBus())
    await bench.set(setting(1))
    bench.bus.answers[GetMonitoringReport] = MonitoringReportOutcome(status=status)
    report = await monitoring.get_report(bench.commander, bench.books, CS, patience=1)
    assert (report.status, report.variables, report.generated_at) == (status, (), None)
    assert [number for number, _ in await bench.kept()] == left


@pytest.mark.parametrize(
    ("base", "status", "left"),
    [
        (MonitoringBase.FACTORY_DEFAULT, ReportStatus.ACCEPTED, []),
        (MonitoringBase.HARD_WIRED_ONLY, ReportStatus.ACCEPTED, []),
        (MonitoringBase.ALL, ReportStatus.ACCEPTED, [1]),
        (MonitoringBase.FACTORY_DEFAULT, ReportStatus.REJECTED, [1]),
    ],
)
async def test_a_base_takes_custom_monitors_away(base: MonitoringBase, status: ReportStatus, left: list[int]) -> None:
    """If the station accepts; then it is on record."""
    bench = Bench(MonitoredBus())
    await bench.set(setting(1))
    bench.bus.answers[SetMonitoringBase] = MonitoringBaseOutcome(status=status)
    assert await monitoring.set_base(bench.commander, bench.books, CS, base) is status
    assert [number for number, _ in await bench.kept()] == left
    record = await bench.store.record(MONITORING, CS, "")
    assert (record.base if record is not None else None) == (base if status is ReportStatus.ACCEPTED else None)


async def test_a_level_is_on_record_if_it_is_accepted() -> None:
    """Not if it is not."""
    bench = Bench(MonitoredBus())
    for level, status in ((4, MonitoringAnswer.ACCEPTED), (7, MonitoringAnswer.REJECTED)):
        bench.bus.answers[SetMonitoringLevel] = MonitoringLevelOutcome(status=status)
        assert await monitoring.set_level(bench.commander, bench.books, CS, level) is status
    record = await bench.store.record(MONITORING, CS, "")
    assert record is not None
    assert (record.level, record.level_at) == (4, NOON)


# --- streams --------------------------------------------------------------------------------------------------------


def _stream(number: int, monitor_id: int = 7) -> EventStream:
    return EventStream(stream_id=number, monitor_id=monitor_id, params=StreamParams(interval=60))


async def test_the_streams_a_station_tells_are_the_open_ones() -> None:
    """New ones are put on record, those it has no more are closed, values of the others stay."""
    bench = Bench(MonitoredBus())
    for number in (1, 2):
        record = StreamRecord(station=CS, stream=_stream(number), opened_at=NOON, count=8)
        await bench.books.journal.append(STREAMS.put(CS, monitor_key(number), record))
    bench.bus.answers[GetEventStreams] = EventStreamsOutcome(streams=(_stream(2), _stream(3)))
    assert len(await monitoring.get_streams(bench.commander, bench.books, CS)) == 2
    held = await streams_of(bench.store, CS)
    assert [(each.stream.stream_id, each.closed_at, each.count) for each in held] == [
        (1, NOON, 8),
        (2, None, 8),
        (3, None, 0),
    ]


@pytest.mark.req("N14.FR.01")
@pytest.mark.parametrize(("status", "interval"), [(MonitoringAnswer.ACCEPTED, 5), (MonitoringAnswer.REJECTED, 60)])
async def test_a_new_pace_is_on_record_if_it_is_accepted(status: MonitoringAnswer, interval: int) -> None:
    """The old one stays if not."""
    bench = Bench(MonitoredBus())
    record = StreamRecord(station=CS, stream=_stream(3), opened_at=NOON)
    await bench.books.journal.append(STREAMS.put(CS, monitor_key(3), record))
    bench.bus.answers[AdjustEventStream] = AdjustEventStreamOutcome(status=status)
    pace = StreamParams(interval=5)
    assert await monitoring.adjust_stream(bench.commander, bench.books, CS, 3, pace) is status
    (held,) = await streams_of(bench.store, CS)
    assert held.stream.params.interval == interval
