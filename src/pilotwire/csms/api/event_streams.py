"""Periodic event streams of a station: asked for, adjusted, and their newest values (N11 to N15; 2.1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.monitoring import MonitoringAnswerResponse, PaceResource, StreamParamsResource, books_of
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import Integer, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.variables import named
from pilotwire.csms.commands import monitoring
from pilotwire.csms.registers.monitoring import MONITORS, MonitorRecord, StreamRecord, monitor_key
from pilotwire.domain.monitoring import EventStream

router = APIRouter()
_COMMAND: dict[str, Any] = {"tags": ["commands"], "dependencies": [COMMAND], "responses": COMMANDS}
_AT = "/stations/{station}/commands"


class ConstantStreamData(Resource):
    """An open stream: of which monitor, and its pace."""

    id: int
    variable_monitoring_id: int
    params: StreamParamsResource | None

    @classmethod
    def of(cls, stream: EventStream) -> ConstantStreamData:
        """The resource of a stream."""
        params = StreamParamsResource.of(stream.params)
        return cls(id=stream.stream_id, variable_monitoring_id=stream.monitor_id, params=params)


class GetPeriodicEventStreamResponse(Resource):
    """All open streams."""

    constant_stream_data: list[ConstantStreamData]


@router.post(f"{_AT}/get-periodic-event-stream", summary="Get the open event streams", **_COMMAND)
async def get_periodic_event_stream(desk: TheDesk, station: StationIdentity) -> GetPeriodicEventStreamResponse:
    """Ask a station which streams are open (N12; 2.1)."""
    streams = await monitoring.get_streams(desk.commander, books_of(desk), station)
    return GetPeriodicEventStreamResponse(constant_stream_data=[ConstantStreamData.of(each) for each in streams])


class AdjustPeriodicEventStreamRequest(Resource):
    """A new pace for a stream (N14)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 3, "params": {"interval": 30, "values": 10}}]})

    id: Integer
    params: PaceResource


@router.post(f"{_AT}/adjust-periodic-event-stream", summary="Adjust an event stream", **_COMMAND)
async def adjust_periodic_event_stream(
    desk: TheDesk, station: StationIdentity, wanted: AdjustPeriodicEventStreamRequest
) -> MonitoringAnswerResponse:
    """Change how often and how much of a stream is sent (N14; 2.1)."""
    status = await monitoring.adjust_stream(desk.commander, books_of(desk), station, wanted.id, wanted.params.params())
    return MonitoringAnswerResponse(status=status)


class StreamValueResource(Resource):
    """A value of a stream."""

    timestamp: Time
    value: str


class EventStreamResource(ConstantStreamData):
    """A stream with the newest of its values, oldest first; component and variable once its monitor is known."""

    station: str
    component: dict[str, Any] | None
    variable: dict[str, Any] | None
    severity: int | None
    opened_at: Time
    closed_at: Time | None
    told_at: Time | None
    pending: int = Field(description="How many more values waited at the station.")
    count: int = Field(description="How many values have come.")
    values: list[StreamValueResource]

    @classmethod
    def shown(cls, record: StreamRecord, monitor: MonitorRecord | None) -> EventStreamResource:
        """The resource of a record, with what is known of its monitor (N15.FR.03)."""
        name: dict[str, Any] = {"component": None, "variable": None}
        stream = record.stream
        return cls(
            **(name if monitor is None else named(monitor.name)),
            id=stream.stream_id,
            variable_monitoring_id=stream.monitor_id,
            params=StreamParamsResource.of(stream.params),
            station=record.station,
            severity=None if monitor is None else monitor.severity,
            opened_at=record.opened_at,
            closed_at=record.closed_at,
            told_at=record.told_at,
            pending=record.pending,
            count=record.count,
            values=[StreamValueResource(timestamp=each.at, value=each.value) for each in record.latest],
        )


class EventStreamTold(ConstantStreamData):
    """`event-stream`: a stream was opened, changed or closed, or `values` of it came (only the new ones)."""

    station: str
    closed_at: Time | None
    pending: int
    count: int
    values: list[StreamValueResource]

    @classmethod
    def between(cls, before: StreamRecord | None, after: StreamRecord | None) -> EventStreamTold | None:
        """What is new of a stream, if anything is."""
        if after is None or before == after:
            return None
        had = before.count if before is not None and before.opened_at == after.opened_at else 0
        new = min(after.count - had, len(after.latest))
        return cls(
            id=after.stream.stream_id,
            variable_monitoring_id=after.stream.monitor_id,
            params=StreamParamsResource.of(after.stream.params),
            station=after.station,
            closed_at=after.closed_at,
            pending=after.pending,
            count=after.count,
            values=[
                StreamValueResource(timestamp=each.at, value=each.value)
                for each in after.latest[len(after.latest) - new :]
            ],
        )


@router.get(
    "/stations/{station}/event-streams",
    tags=["monitoring"],
    dependencies=[READ],
    responses=READS,
    summary="List event streams",
)
async def list_event_streams(desk: TheDesk, station: StationIdentity) -> list[EventStreamResource]:
    """The streams of a station by id, open and closed, each with its newest values."""
    records = await monitoring.streams_of(desk.store, station)
    return [
        EventStreamResource.shown(each, await desk.store.record(MONITORS, station, monitor_key(each.stream.monitor_id)))
        for each in records
    ]
