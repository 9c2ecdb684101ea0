"""Streams of values (N11 to N15): 2.1 only. Their values come as SEND, which has no answer (J2:4.2.4)."""

from __future__ import annotations

from typing import NoReturn

from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
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
from pilotwire.errors import MisuseError
from pilotwire.ocpp import v21


def _write_params(params: StreamParams) -> v21.PeriodicEventStreamParams:
    return v21.PeriodicEventStreamParams(interval=params.interval, values=params.values)


def _read_params(params: v21.PeriodicEventStreamParams) -> StreamParams:
    return StreamParams(interval=params.interval, values=params.values)


def _write_stream(stream: EventStream) -> v21.ConstantStreamData:
    return v21.ConstantStreamData(
        id=stream.stream_id, params=_write_params(stream.params), variable_monitoring_id=stream.monitor_id
    )


def _read_stream(data: v21.ConstantStreamData) -> EventStream:
    return EventStream(stream_id=data.id, monitor_id=data.variable_monitoring_id, params=_read_params(data.params))


def write_values(fact: StreamValuesTold) -> v21.NotifyPeriodicEventStreamRequest:
    """NotifyPeriodicEventStream (N15)."""
    return v21.NotifyPeriodicEventStreamRequest(
        id=fact.stream_id,
        basetime=fact.base_time,
        pending=fact.pending,
        data=[v21.StreamDataElement(t=value.offset, v=value.value) for value in fact.values],
    )


def read_values(request: v21.NotifyPeriodicEventStreamRequest) -> StreamValuesTold:
    """The values told."""
    return StreamValuesTold(
        stream_id=request.id,
        base_time=read_time(request.basetime),
        pending=request.pending,
        values=tuple(StreamValue(offset=element.t, value=element.v) for element in request.data),
    )


def _unanswered(*_: object) -> NoReturn:
    raise MisuseError("NotifyPeriodicEventStream is a SEND: it has no answer.")


FACTS = (
    FactWord(
        fact=StreamOpened,
        read={
            v21.OpenPeriodicEventStreamRequest: lambda request: StreamOpened(
                stream=_read_stream(request.constant_stream_data)
            )
        },
        write=lambda fact, _named: v21.OpenPeriodicEventStreamRequest(constant_stream_data=_write_stream(fact.stream)),
        write_verdict=lambda _fact, verdict: v21.OpenPeriodicEventStreamResponse(
            status="Accepted" if verdict.accepted else "Rejected"
        ),
        read_verdict=lambda _fact, response: StreamVerdict(accepted=response.status == "Accepted"),
    ),
    FactWord(
        fact=StreamClosed,
        read={v21.ClosePeriodicEventStreamRequest: lambda request: StreamClosed(stream_id=request.id)},
        write=lambda fact, _named: v21.ClosePeriodicEventStreamRequest(id=fact.stream_id),
        write_verdict=lambda _fact, _verdict: v21.ClosePeriodicEventStreamResponse(),
    ),
    FactWord(
        fact=StreamValuesTold,
        read={v21.NotifyPeriodicEventStreamRequest: read_values},
        write=lambda fact, _named: write_values(fact),
        write_verdict=_unanswered,
        read_verdict=_unanswered,
    ),
)

COMMANDS = (
    CommandWord(
        command=GetEventStreams,
        read={v21.GetPeriodicEventStreamRequest: lambda _request: GetEventStreams()},
        write=lambda _command: (v21.GetPeriodicEventStreamRequest(),),
        write_outcome=lambda _command, outcome, _request: v21.GetPeriodicEventStreamResponse(
            constant_stream_data=[_write_stream(stream) for stream in outcome.streams] or None
        ),
        read_outcome=lambda _command, responses: EventStreamsOutcome(
            streams=tuple(_read_stream(data) for data in responses[0].constant_stream_data or ())
        ),
    ),
    CommandWord(
        command=AdjustEventStream,
        read={
            v21.AdjustPeriodicEventStreamRequest: lambda request: AdjustEventStream(
                stream_id=request.id, params=_read_params(request.params)
            )
        },
        write=lambda command: (
            v21.AdjustPeriodicEventStreamRequest(id=command.stream_id, params=_write_params(command.params)),
        ),
        write_outcome=lambda _command, outcome, _request: v21.AdjustPeriodicEventStreamResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: AdjustEventStreamOutcome(status=MonitoringAnswer(responses[0].status)),
    ),
)
