"""Monitors as reported, their events, the alerts these raise, and streams of values (functional block N)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotwire.csms.handlers.alerts import alert_operations
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.uptime import of_event, uptime_operations
from pilotwire.csms.registers.monitoring import (
    EVENTS,
    MONITORS,
    MOST_STREAMS,
    MOST_VALUES,
    STREAMS,
    DeviceEventRecord,
    LatestValue,
    MonitorRecord,
    StreamRecord,
    as_reported,
    monitor_key,
)
from pilotwire.csms.store.ports import Amend, Operation, Page, RecordConnection
from pilotwire.domain.alerts import sign_of_event
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import Noted, changed
from pilotwire.domain.monitoring import (
    LEAST_SEVERE,
    MOST_SEVERE,
    USUAL_SEVERITY,
    DeviceEvent,
    EventsTold,
    EventTrigger,
    InstalledMonitor,
    MonitoringReportPart,
    StreamClosed,
    StreamOpened,
    StreamValuesTold,
    StreamVerdict,
    cause_chain,
)

_RECENT = 100
"""How many of the events before are looked at for causes and repetitions."""

# --- monitors -------------------------------------------------------------------------------------------------------


async def report_part(desk: Desk, station: str, fact: MonitoringReportPart, message_id: str) -> Noted:
    """Keep the monitors of a part and hand it to whoever waits for the report (N02)."""
    now = desk.clock.now()
    puts = [_reported(station, each.name, monitor, now) for each in fact.variables for monitor in each.monitors]
    await desk.journal.append(RecordConnection(station=station, connected=True, at=now), *puts)
    desk.reports.put(station, fact, number=fact.seq_no, entries=len(puts))
    return Noted()


def _reported(station: str, name: VariableName, monitor: InstalledMonitor, at: datetime) -> Amend:
    return MONITORS.amend(
        station, monitor_key(monitor.monitor_id), lambda known: as_reported(known, station, name, monitor, at)
    )


# --- events ---------------------------------------------------------------------------------------------------------


async def events(desk: Desk, station: str, fact: EventsTold, message_id: str) -> Noted:
    """Keep the events, raise and clear alerts, and confirm (N07.FR.03, N08.FR.02). What was told before is kept once."""
    recent = [each.entry.event for each in await desk.store.entries(EVENTS, station, limit=_RECENT)]
    new = [event for event in fact.events if event not in recent]
    known = {event.event_id: event.cause for event in (*reversed(recent), *new)}
    operations: list[Operation] = []
    for event in new:
        monitor = await _monitor(desk, station, event)
        severity = _severity(event, monitor)
        if severity is not None and not MOST_SEVERE <= severity <= LEAST_SEVERE:
            what = f"event {event.event_id} has the severity {severity}: severities are from 0 to 9"
            desk.note(station, "N05", Severity.BREACH, what, message_id, "NotifyEvent")
        causes = cause_chain(event.cause, known.get)
        record = DeviceEventRecord(event=event, severity=severity, causes=causes)
        operations.append(EVENTS.keep(station, event.at, record, key=event.transaction_id or ""))
        sign = sign_of_event(event, None if monitor is None else monitor.severity)
        operations += alert_operations(desk, station, sign)
    # A note is committed with or before what is appended after it, and the frame was noted when it came.
    now = desk.clock.now()
    told, newest = uptime_operations(desk, station, filter(None, (of_event(event, now) for event in new)))
    await desk.journal.append(RecordConnection(station=station, connected=True, at=now), *operations, *told)
    desk.ports.update(newest)
    return Noted()


async def _monitor(desk: Desk, station: str, event: DeviceEvent) -> MonitorRecord | None:
    if event.monitor_id is None:
        return None
    return await desk.store.record(MONITORS, station, monitor_key(event.monitor_id))


def _severity(event: DeviceEvent, monitor: MonitorRecord | None) -> int | None:
    if event.severity is not None:
        return event.severity
    if monitor is not None:
        return monitor.severity
    return USUAL_SEVERITY if event.trigger is EventTrigger.ALERTING else None


# --- streams --------------------------------------------------------------------------------------------------------


async def stream_opened(desk: Desk, station: str, fact: StreamOpened, message_id: str) -> StreamVerdict:
    """Take part in a stream (N11.FR.04, N11.FR.06), unless the station has too many of them open (N11.FR.05).

    Its monitor need not be known yet: a station may use streams for monitors of its own (N11.FR.03), and the answer that tells of a
    new one may come after this.
    """
    stream, now = fact.stream, desk.clock.now()
    held = await desk.store.records(STREAMS, station, Page(limit=2 * MOST_STREAMS))
    others = [each for each in held if each.stream.stream_id != stream.stream_id]
    if sum(each.closed_at is None for each in others) >= MOST_STREAMS:
        await desk.journal.append(RecordConnection(station=station, connected=True, at=now))
        what = f"stream {stream.stream_id} was declined: {MOST_STREAMS} are open, which is the most there may be"
        desk.note(station, "csms:streams", Severity.NOTE, what, message_id, "OpenPeriodicEventStream")
        return StreamVerdict(accepted=False)
    closed = sorted((each for each in others if each.closed_at is not None), key=lambda each: each.opened_at)
    too_many = closed[: max(0, len(others) - MOST_STREAMS + 1)]
    gone = [STREAMS.remove(station, monitor_key(each.stream.stream_id)) for each in too_many]
    record = StreamRecord(station=station, stream=stream, opened_at=now)
    await desk.journal.append(*gone, STREAMS.put(station, monitor_key(stream.stream_id), record))
    return StreamVerdict(accepted=True)


async def stream_closed(desk: Desk, station: str, fact: StreamClosed, message_id: str) -> Noted:
    """Stop using a stream (N13.FR.02); its newest values stay."""
    now, key = desk.clock.now(), monitor_key(fact.stream_id)
    if await _open_stream(desk, station, fact.stream_id) is None:
        what = f"stream {fact.stream_id} was closed, but it is not open"
        desk.note(station, "N13.FR.01", Severity.NOTE, what, message_id, "ClosePeriodicEventStream")
    seen = RecordConnection(station=station, connected=True, at=now)
    await desk.journal.append(seen, STREAMS.amend(station, key, lambda known: _closed(known, now)))
    return Noted()


def _closed(known: StreamRecord | None, at: datetime) -> StreamRecord | None:
    return known if known is None or known.closed_at is not None else changed(known, closed_at=at)


async def stream_values(desk: Desk, station: str, fact: StreamValuesTold, message_id: str) -> Noted:
    """Keep the newest values of a stream (N15.FR.03). Nobody answers: what is wrong becomes a finding (N15.FR.02)."""
    action, now = "NotifyPeriodicEventStream", desk.clock.now()
    if await _open_stream(desk, station, fact.stream_id) is None:
        what = f"values came for stream {fact.stream_id}, which is not open"
        desk.note(station, "N11.FR.02", Severity.BREACH, what, message_id, action)
        return Noted()
    values = tuple(_values(fact))
    if len(values) < len(fact.values):
        what = f"{len(fact.values) - len(values)} values of stream {fact.stream_id} have a time that no calendar has"
        desk.note(station, "N15.FR.09", Severity.BREACH, what, message_id, action)
    await desk.journal.append(
        STREAMS.amend(
            station, monitor_key(fact.stream_id), lambda known: _with_values(known, values, fact.pending, now)
        )
    )
    return Noted()


async def _open_stream(desk: Desk, station: str, stream_id: int) -> StreamRecord | None:
    record = await desk.store.record(STREAMS, station, monitor_key(stream_id))
    return record if record is not None and record.closed_at is None else None


def _values(fact: StreamValuesTold) -> list[LatestValue]:
    values = []
    for each in fact.values:
        try:
            at = fact.base_time + timedelta(seconds=float(each.offset))
        except (OverflowError, ValueError):
            continue
        values.append(LatestValue(at=at, value=each.value))
    return values


def _with_values(
    known: StreamRecord | None, values: tuple[LatestValue, ...], pending: int, at: datetime
) -> StreamRecord | None:
    if known is None:
        return None
    latest = (*known.latest, *values)[-MOST_VALUES:]
    return changed(known, latest=latest, count=known.count + len(values), pending=pending, told_at=at)
