"""Streams of values (N11 to N15; 2.1): what a monitor finds is gathered and sent in lots that nobody answers.

A stream has the id of its monitor. A CSMS that does not take part, or a version without streams, gets single events instead (N11.FR.07).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.monitoring import (
    AdjustEventStream,
    AdjustEventStreamOutcome,
    EventStream,
    EventStreamsOutcome,
    GetEventStreams,
    MonitoringAnswer,
    StreamClosed,
    StreamOpened,
    StreamParams,
    StreamValue,
    StreamValuesTold,
    StreamVerdict,
)
from pilotwire.station.core.station import Station

MOST_STREAMS: Final = "MonitoringCtrlr.MaxPeriodicEventStreams"
MOST_GATHERED: Final = 1000
"""Values a stream holds while they cannot be sent; the oldest go first."""
MOST_IN_MESSAGE: Final = 100
"""Values in one message where the CSMS sets no limit."""


@dataclass(slots=True)
class Stream:
    """A stream the CSMS has accepted. `since`: when values were last sent; `gathered` have the time as the CSMS counts it."""

    params: StreamParams
    since: datetime
    gathered: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=MOST_GATHERED))


@dataclass(slots=True)
class Streams:
    """Those of a station, by the id of the monitor: `wanted` are to be opened, `asked` were proposed to the CSMS."""

    wanted: dict[int, StreamParams] = field(default_factory=dict)
    asked: dict[int, StreamParams] = field(default_factory=dict)
    opened: dict[int, Stream] = field(default_factory=dict)


def fits(params: StreamParams | None) -> bool:
    """Whether a pace can be kept: it says how often, how many, or both (N11.FR.09)."""
    return params is not None and ((params.interval or 0) > 0 or (params.values or 0) > 0)


# --- opening and closing --------------------------------------------------------------------------------------------


def associate(station: Station, monitor_id: int, params: StreamParams | None) -> None:
    """Make a monitor's stream what its setting says: opened, left open at another pace, or closed (N11.FR.01, N13.FR.06)."""
    streams = station.moment(Streams)
    streams.wanted.pop(monitor_id, None)
    streams.asked.pop(monitor_id, None)
    if monitor_id in streams.opened:
        close(station, monitor_id)
    if params is not None:
        streams.wanted[monitor_id] = params


def close(station: Station, monitor_id: int) -> None:
    """Send what was gathered, then say that the stream is over (N13.FR.01, N13.FR.03)."""
    streams = station.moment(Streams)
    streams.wanted.pop(monitor_id, None)
    streams.asked.pop(monitor_id, None)
    stream = streams.opened.pop(monitor_id, None)
    if stream is None or not station.link:
        return
    while stream.gathered:
        _send(station, monitor_id, stream)
    station.say(StreamClosed(stream_id=monitor_id))


def _open(station: Station) -> None:
    """Propose the streams that are wanted (N11.FR.02, N11.FR.03)."""
    streams = station.moment(Streams)
    wanted, streams.wanted = streams.wanted, {}
    for monitor_id, params in wanted.items():
        streams.asked[monitor_id] = params
        stream = EventStream(stream_id=monitor_id, monitor_id=monitor_id, params=params)
        _propose(station, stream)


def _propose(station: Station, stream: EventStream) -> None:
    streams, monitor_id, params = station.moment(Streams), stream.monitor_id, stream.params

    def judged(verdict: object) -> None:
        if streams.asked.get(monitor_id) is not params:
            return  # the monitor is another one by now
        del streams.asked[monitor_id]
        if isinstance(verdict, StreamVerdict) and verdict.accepted:
            streams.opened[monitor_id] = Stream(params, station.now)

    def failed(_: bool) -> None:
        if streams.asked.get(monitor_id) is params:
            del streams.asked[monitor_id]
            if not station.link:
                streams.wanted[monitor_id] = params

    station.say(StreamOpened(stream=stream), answered=judged, failed=failed)


# --- values ---------------------------------------------------------------------------------------------------------


def takes(station: Station, monitor_id: int, value: str) -> bool:
    """Gather a value if the monitor has an open stream; False: it is to be told as an event (N13.FR.04)."""
    stream = station.moment(Streams).opened.get(monitor_id)
    if stream is None:
        return False
    stream.gathered.append((station.stamp(), value))
    return True


def go_on(station: Station) -> None:
    """Open what is wanted, and send what is to be sent by now."""
    streams = station.moment(Streams)
    if not station.online:
        return
    if streams.wanted:
        _open(station)
    for monitor_id, stream in streams.opened.items():
        lot = stream.params.values or 0
        while lot and len(stream.gathered) >= lot:  # N15.FR.08
            _send(station, monitor_id, stream)
        if stream.gathered and _is_due(station, stream):  # N15.FR.06
            _send(station, monitor_id, stream)
        if _is_due(station, stream):
            stream.since = station.now


def _is_due(station: Station, stream: Stream) -> bool:
    at = _due(stream)
    return at is not None and at <= station.now


def _due(stream: Stream) -> datetime | None:
    interval = stream.params.interval or 0
    return stream.since + timedelta(seconds=interval) if interval else None


def deadline(station: Station) -> datetime | None:
    """When a lot is to be sent next."""
    if not station.online:
        return None
    streams = station.moment(Streams).opened.values()
    return min((at for at in map(_due, streams) if at is not None), default=None)


def _send(station: Station, monitor_id: int, stream: Stream) -> None:
    """One lot, no more than the CSMS takes at a time (N15.FR.07), and how many are left (N15.FR.04)."""
    most = stream.params.values or MOST_IN_MESSAGE
    lot = [stream.gathered.popleft() for _ in range(min(most, len(stream.gathered)))]
    base = lot[0][0]
    values = tuple(StreamValue(offset=_seconds(at - base), value=value) for at, value in lot)  # N15.FR.09
    pending = len(stream.gathered)
    station.say(StreamValuesTold(stream_id=monitor_id, base_time=base, pending=pending, values=values))
    stream.since = station.now


def _seconds(passed: timedelta) -> Decimal:
    return Decimal(passed // timedelta(milliseconds=1)) / 1000


# --- commands -------------------------------------------------------------------------------------------------------


def list_open(station: Station, _: GetEventStreams) -> EventStreamsOutcome:
    """N12."""
    return EventStreamsOutcome(streams=tuple(_all_open(station)))


def _all_open(station: Station) -> Iterator[EventStream]:
    for monitor_id, stream in sorted(station.moment(Streams).opened.items()):
        yield EventStream(stream_id=monitor_id, monitor_id=monitor_id, params=stream.params)


def adjust(station: Station, command: AdjustEventStream) -> AdjustEventStreamOutcome:
    """N14: another pace for an open stream, until the next start."""
    stream = station.moment(Streams).opened.get(command.stream_id)
    if stream is None or not fits(command.params):
        return AdjustEventStreamOutcome(status=MonitoringAnswer.REJECTED)  # N14.FR.02
    stream.params = command.params
    return AdjustEventStreamOutcome(status=MonitoringAnswer.ACCEPTED)
