"""Events, alerts, monitors and streams, as the CSMS takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.registers.monitoring import (
    ALERTS,
    EVENTS,
    MONITORS,
    MOST_STREAMS,
    MOST_VALUES,
    STREAMS,
    monitor_key,
)
from pilotwire.csms.store.ports import Page
from pilotwire.domain.alerts import AlertState
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus, Problem
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import Noted, changed
from pilotwire.domain.monitoring import (
    DeviceEvent,
    EventNotification,
    EventsTold,
    EventStream,
    EventTrigger,
    InstalledMonitor,
    MonitoringReportPart,
    MonitorType,
    StreamClosed,
    StreamOpened,
    StreamParams,
    StreamValue,
    StreamValuesTold,
    StreamVerdict,
    VariableMonitors,
)
from pilotwire.domain.security import SecurityEvent
from pilotwire.errors import StoreError
from tests.support.csms_facts import Bench

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAT = VariableName(component="Controller", variable="Temperature")
STATION = "CS001"


def event(number: int = 1, **more: Any) -> DeviceEvent:
    usual = {"event_id": number, "at": NOON, "trigger": EventTrigger.ALERTING, "value": "71", "name": HEAT}
    return DeviceEvent(**(usual | {"notification": EventNotification.CUSTOM_MONITOR} | more))


def told(*events: DeviceEvent) -> EventsTold:
    return EventsTold(generated_at=NOON, seq_no=0, events=events)


def report(severity: int = 2, **more: Any) -> MonitoringReportPart:
    monitor = InstalledMonitor(
        monitor_id=7, type=MonitorType.UPPER_THRESHOLD, value=Decimal(60), severity=severity, transaction=False, **more
    )
    variables = (VariableMonitors(name=HEAT, monitors=(monitor,)),)
    return MonitoringReportPart(request_id=9, seq_no=0, generated_at=NOON, variables=variables)


async def _alerts(bench: Bench) -> list[tuple[str, int, AlertState]]:
    alerts = await bench.store.records(ALERTS, STATION)
    return [(each.sign.value, each.sign.severity, each.state) for each in alerts]


# --- events ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("N07.FR.03", "N08.FR.02")
async def test_events_are_kept_with_what_led_to_them() -> None:
    """Also if the cause came in a message before; the newest is first."""
    bench = Bench()
    assert await bench.say(told(event(1, cause=None), event(2, cause=1))) == Noted()
    await bench.say(told(event(3, cause=2, transaction_id="tx-1")))
    entries = await bench.store.entries(EVENTS, STATION)
    assert [(each.entry.event.event_id, each.entry.causes, each.key) for each in entries] == [
        (3, (2, 1), "tx-1"),
        (2, (1,), ""),
        (1, (), ""),
    ]


async def test_events_said_again_are_kept_once() -> None:
    """Because the answer was lost."""
    bench = Bench()
    for _ in range(2):
        assert await bench.say(told(event(1), event(2))) == Noted()
    assert len(await bench.store.entries(EVENTS, STATION)) == 2


async def test_events_that_cannot_be_kept_are_not_answered() -> None:
    """Answered means stored."""
    bench = Bench()
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(told(event()))


async def test_an_event_has_the_severity_of_its_monitor() -> None:
    """Once the monitor is known; then it raises an alert that is as severe."""
    bench = Bench()
    await bench.say(report(severity=2))
    await bench.say(told(event(monitor_id=7)))
    (entry,) = await bench.store.entries(EVENTS, STATION)
    assert entry.entry.severity == 2
    assert await _alerts(bench) == [("71", 2, AlertState.OPEN)]


@pytest.mark.parametrize(("policy", "raised"), [({}, False), ({"alert_severity": 6}, True)], ids=["usual", "more"])
async def test_the_operator_says_what_is_an_alert(policy: dict[str, int], raised: bool) -> None:
    """Warnings are none unless wanted; they are kept as events all the same."""
    bench = Bench(**policy)
    await bench.say(told(event(severity=6)))
    assert bool(await _alerts(bench)) is raised
    assert len(await bench.store.entries(EVENTS, STATION)) == 1


async def test_a_severity_out_of_range_is_a_finding() -> None:
    """And the event is kept."""
    bench = Bench()
    await bench.say(told(event(severity=12)))
    assert await bench.rules() == ["N05"]
    assert len(await bench.store.entries(EVENTS, STATION)) == 1


async def test_one_message_raises_and_clears() -> None:
    """In the order in which the events stand."""
    bench = Bench()
    later = NOON + timedelta(seconds=1)
    await bench.say(told(event(1), event(2, cleared=True, at=later, value="55"), event(3, name=changed(HEAT, evse=1))))
    assert sorted(await _alerts(bench)) == [("71", 5, AlertState.CLEARED), ("71", 5, AlertState.OPEN)]


# --- what else raises alerts ----------------------------------------------------------------------------------------


async def test_connectors_raise_and_clear() -> None:
    """An error code raises, NoError clears."""
    bench = Bench()
    place = EvseAddress(evse=1, connector=1)
    for second, code in enumerate(("HighTemperature", "GroundFailure", None)):
        problem = None if code is None else Problem(code=code)
        state = ConnectorState(availability=Availability.AVAILABLE, problem=problem)
        await bench.say(ConnectorStatus(address=place, at=NOON + timedelta(seconds=second), state=state))
        severity, shown = (3, "HighTemperature") if second == 0 else (0, "GroundFailure")
        now = AlertState.CLEARED if code is None else AlertState.OPEN
        assert await _alerts(bench) == [(shown, severity, now)]


async def test_security_events_raise() -> None:
    """Not those of regular operation."""
    bench = Bench()
    for kind in ("StartupOfTheDevice", "InvalidFirmwareSignature"):
        await bench.say(SecurityEvent(type=kind, at=NOON))
    assert await _alerts(bench) == [("InvalidFirmwareSignature", 3, AlertState.OPEN)]


# --- monitors -------------------------------------------------------------------------------------------------------


async def test_reported_monitors_are_kept() -> None:
    """And handed to whoever waits for the report."""
    bench = Bench()
    with bench.handlers._desk.reports.collecting(STATION, 9) as collection:
        assert await bench.say(report(notification=EventNotification.HARD_WIRED_MONITOR)) == Noted()
        assert len(await collection.whole(1)) == 1
    record = await bench.store.record(MONITORS, STATION, monitor_key(7))
    assert record is not None
    assert (record.name, record.value, record.set_at) == (HEAT, Decimal(60), None)
    assert record.reported_at == bench.clock.now()
    await bench.say(report(severity=4))  # as 2.0.1 tells it: its kind is still known
    record = await bench.store.record(MONITORS, STATION, monitor_key(7))
    assert record is not None
    assert (record.severity, record.notification) == (4, EventNotification.HARD_WIRED_MONITOR)


# --- streams --------------------------------------------------------------------------------------------------------


def opened(number: int = 3) -> StreamOpened:
    return StreamOpened(stream=EventStream(stream_id=number, monitor_id=7, params=StreamParams(interval=60)))


def values(*offsets: Decimal | int, number: int = 3, pending: int = 0) -> StreamValuesTold:
    told = tuple(StreamValue(offset=Decimal(each), value=str(at)) for at, each in enumerate(offsets))
    return StreamValuesTold(stream_id=number, base_time=NOON, pending=pending, values=told)


@pytest.mark.req("N11.FR.04", "N11.FR.06", "N13.FR.02")
async def test_a_stream_from_its_beginning_to_its_end() -> None:
    """What comes after its end is for no stream."""
    bench = Bench()
    assert await bench.say(opened()) == StreamVerdict(accepted=True)
    await bench.say(values(0, 2, pending=5))
    await bench.say(StreamClosed(stream_id=3))
    await bench.say(values(4))
    (record,) = await bench.store.records(STREAMS, STATION)
    assert [(each.at - NOON, each.value) for each in record.latest] == [
        (timedelta(0), "0"),
        (timedelta(seconds=2), "1"),
    ]
    assert (record.count, record.pending, record.closed_at) == (2, 5, bench.clock.now())
    assert await bench.rules() == ["N11.FR.02"]


async def test_only_the_newest_values_are_kept() -> None:
    """All are counted."""
    bench = Bench()
    await bench.say(opened())
    for _ in range(3):
        await bench.say(values(*range(60)))
    (record,) = await bench.store.records(STREAMS, STATION)
    assert (len(record.latest), record.count) == (MOST_VALUES, 180)


async def test_values_no_calendar_has_a_time_for() -> None:
    """Are left out, and a finding."""
    bench = Bench()
    await bench.say(opened())
    await bench.say(values(0, Decimal("1e30"), Decimal("1e400")))
    (record,) = await bench.store.records(STREAMS, STATION)
    assert record.count == 1
    assert await bench.rules() == ["N15.FR.09"]


@pytest.mark.req("N11.FR.05")
async def test_too_many_streams_are_declined() -> None:
    """Closed ones make room, the same one again needs none."""
    bench = Bench()
    for number in range(MOST_STREAMS):
        assert await bench.say(opened(number)) == StreamVerdict(accepted=True)
    assert await bench.say(opened(MOST_STREAMS)) == StreamVerdict(accepted=False)
    assert await bench.say(opened(5)) == StreamVerdict(accepted=True)
    await bench.say(StreamClosed(stream_id=50))
    assert await bench.say(opened(MOST_STREAMS)) == StreamVerdict(accepted=True)
    held = await bench.store.records(STREAMS, STATION, Page(limit=1000))
    assert len(held) == MOST_STREAMS
    assert all(each.closed_at is None for each in held)


async def test_closing_what_is_not_open_is_a_finding() -> None:
    """And is confirmed."""
    bench = Bench()
    assert await bench.say(StreamClosed(stream_id=3)) == Noted()
    assert await bench.rules() == ["N13.FR.01"]
