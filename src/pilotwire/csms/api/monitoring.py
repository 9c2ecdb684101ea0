"""Monitors of a station: set, cleared, reported, and listed as they are on record; and its streams of values (functional block N)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.device_model import WantedVariable
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import (
    TEXT,
    Integer,
    Limit,
    Number,
    PageOf,
    Resource,
    StationIdentity,
    Time,
    page_of,
    whole,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.variables import ComponentResource, VariableResource, named
from pilotwire.csms.commands import monitoring
from pilotwire.csms.commands.monitoring import Books
from pilotwire.csms.registers.monitoring import MONITORING, MONITORS, MonitoringRecord, MonitorRecord, monitor_key
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.device_model import ReportStatus, VariableName
from pilotwire.domain.monitoring import (
    ClearMonitorStatus,
    EventNotification,
    MonitoringAnswer,
    MonitoringBase,
    MonitoringCriterion,
    MonitorSetting,
    MonitorType,
    SetMonitorResult,
    SetMonitorStatus,
    StreamParams,
    VariableMonitors,
)

router = APIRouter()
_COMMAND: dict[str, Any] = {"tags": ["commands"], "dependencies": [COMMAND], "responses": COMMANDS}
_AT = "/stations/{station}/commands"
_FAR = 10**12
_METER: dict[str, Any] = {
    "component": {"name": "Controller"},
    "variable": {"name": "Temperature"},
    "type": "UpperThreshold",
    "value": 60,
    "severity": 3,
}


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("this must be a number")
    return value


Amount = Annotated[
    Decimal,
    Field(ge=-_FAR, le=_FAR, decimal_places=None),
    BeforeValidator(_number),
    WithJsonSchema({"type": "number", "minimum": -_FAR, "maximum": _FAR}),
]
"""A number given in a request."""
SeverityLevel = Annotated[int, Field(strict=True, ge=0, le=9), BeforeValidator(whole)]
"""0 danger, 1 hardware failure, 2 system failure, 3 critical, 4 error, 5 alert, 6 warning, 7 notice, 8 informational, 9 debug."""
After = Annotated[
    str | None, Query(max_length=200, pattern=TEXT, description="A cursor: `nextCursor` of the page before.")
]


def books_of(desk: Desk) -> Books:
    """Where commands keep what a station answered."""
    return Books(desk.rooms.journal, desk.store, desk.rooms.clock)


class StreamParamsResource(Resource):
    """How a stream of values is sent (2.1): every `interval` seconds, at most so many `values` in a message."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"interval": 60, "values": 20}]})

    interval: Integer | None = None
    values: Integer | None = None

    def params(self) -> StreamParams:
        """In domain terms."""
        return StreamParams(interval=self.interval, values=self.values)

    @classmethod
    def of(cls, params: StreamParams | None) -> StreamParamsResource | None:
        """The resource of params, if there are some."""
        return None if params is None else cls.model_construct(interval=params.interval, values=params.values)


class PaceResource(StreamParamsResource):
    """The pace of a stream: `interval`, `values`, or both (N11.FR.09)."""

    @model_validator(mode="after")
    def _says_something(self) -> PaceResource:
        if self.interval is None and self.values is None:
            raise ValueError("a stream needs an interval, a number of values, or both")
        return self


# --- set and clear --------------------------------------------------------------------------------------------------


class SetMonitoringData(Resource):
    """A monitor to be installed, or with `id` put in the place of that one. `value`: a limit, a difference or seconds, by type."""

    model_config = ConfigDict(json_schema_extra={"examples": [_METER]})

    component: ComponentResource
    variable: VariableResource
    type: MonitorType
    value: Amount
    severity: SeverityLevel = 5
    id: Integer | None = Field(default=None, description="Of the monitor it takes the place of.")
    transaction: bool = Field(default=False, strict=True, description="Only while a transaction runs.")
    periodic_event_stream: PaceResource | None = Field(default=None, description="Values come as a stream (2.1).")

    def setting(self) -> MonitorSetting:
        """The monitor in domain terms."""
        evse, stream = self.component.evse, self.periodic_event_stream
        return MonitorSetting(
            name=VariableName(
                component=self.component.name,
                variable=self.variable.name,
                component_instance=self.component.instance,
                variable_instance=self.variable.instance,
                evse=evse.id if evse is not None else None,
                connector=evse.connector_id if evse is not None else None,
            ),
            type=self.type,
            value=self.value,
            severity=self.severity,
            monitor_id=self.id,
            transaction=self.transaction,
            stream=None if stream is None else stream.params(),
        )


class SetVariableMonitoringRequest(Resource):
    """Monitors to be installed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"setMonitoringData": [_METER]}]})

    set_monitoring_data: list[SetMonitoringData] = Field(min_length=1, max_length=500)


class SetMonitoringResult(Resource):
    """What became of one monitor. `id` is the station's."""

    component: dict[str, Any] = Field(description="As in the request.")
    variable: dict[str, Any] = Field(description="As in the request.")
    type: MonitorType
    severity: int
    status: SetMonitorStatus
    id: int | None

    @classmethod
    def of(cls, result: SetMonitorResult) -> SetMonitoringResult:
        """The resource of a result."""
        return cls(
            **named(result.name),
            type=result.type,
            severity=result.severity,
            status=result.status,
            id=result.monitor_id,
        )


class SetVariableMonitoringResponse(Resource):
    """The station's answer, one result a monitor."""

    set_monitoring_result: list[SetMonitoringResult]


@router.post(f"{_AT}/set-variable-monitoring", summary="Set monitors", **_COMMAND)
async def set_variable_monitoring(
    desk: TheDesk, station: StationIdentity, wanted: SetVariableMonitoringRequest
) -> SetVariableMonitoringResponse:
    """Install monitors on variables (N04), in several messages if the station takes only so many at once."""
    settings = [each.setting() for each in wanted.set_monitoring_data]
    results = await monitoring.set_monitors(desk.commander, books_of(desk), station, settings)
    return SetVariableMonitoringResponse(set_monitoring_result=[SetMonitoringResult.of(each) for each in results])


class ClearVariableMonitoringRequest(Resource):
    """The ids of monitors to be removed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": [17, 18]}]})

    id: list[Integer] = Field(min_length=1, max_length=5000)


class ClearMonitoringResult(Resource):
    """What became of one removal."""

    id: int
    status: ClearMonitorStatus


class ClearVariableMonitoringResponse(Resource):
    """The station's answer, one result an id."""

    clear_monitoring_result: list[ClearMonitoringResult]


@router.post(f"{_AT}/clear-variable-monitoring", summary="Clear monitors", **_COMMAND)
async def clear_variable_monitoring(
    desk: TheDesk, station: StationIdentity, wanted: ClearVariableMonitoringRequest
) -> ClearVariableMonitoringResponse:
    """Remove monitors (N06), in several messages if the station takes only so many at once."""
    results = await monitoring.clear_monitors(desk.commander, books_of(desk), station, wanted.id)
    return ClearVariableMonitoringResponse(
        clear_monitoring_result=[ClearMonitoringResult(id=each.monitor_id, status=each.status) for each in results]
    )


# --- as a whole -----------------------------------------------------------------------------------------------------


class SetMonitoringBaseRequest(Resource):
    """Which set of monitors is to be active (N03)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"monitoringBase": "FactoryDefault"}]})

    monitoring_base: MonitoringBase


class SetMonitoringBaseResponse(Resource):
    """The station's answer."""

    status: ReportStatus


@router.post(f"{_AT}/set-monitoring-base", summary="Set the monitoring base", **_COMMAND)
async def set_monitoring_base(
    desk: TheDesk, station: StationIdentity, wanted: SetMonitoringBaseRequest
) -> SetMonitoringBaseResponse:
    """Switch a station to a predefined set of monitors."""
    status = await monitoring.set_base(desk.commander, books_of(desk), station, wanted.monitoring_base)
    return SetMonitoringBaseResponse(status=status)


class SetMonitoringLevelRequest(Resource):
    """Down to which severity a station reports events: 0 (danger) to 9 (debug) (N05)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"severity": 6}]})

    severity: SeverityLevel


class MonitoringAnswerResponse(Resource):
    """The station's answer."""

    status: MonitoringAnswer


@router.post(f"{_AT}/set-monitoring-level", summary="Set the monitoring level", **_COMMAND)
async def set_monitoring_level(
    desk: TheDesk, station: StationIdentity, wanted: SetMonitoringLevelRequest
) -> MonitoringAnswerResponse:
    """Say how severe an event must be to be reported."""
    status = await monitoring.set_level(desk.commander, books_of(desk), station, wanted.severity)
    return MonitoringAnswerResponse(status=status)


class GetMonitoringReportRequest(Resource):
    """Which monitors are wanted (N02): of these types, on these variables. Nothing at all: every monitor."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"monitoringCriteria": ["ThresholdMonitoring"]}]})

    monitoring_criteria: list[MonitoringCriterion] = Field(default=[], max_length=3)
    component_variable: list[WantedVariable] = Field(default=[], max_length=500)


class VariableMonitoring(Resource):
    """A monitor as a station tells it."""

    id: int
    type: MonitorType
    value: Number
    severity: int
    transaction: bool
    event_notification_type: EventNotification | None = Field(description="Its kind; 2.0.1 does not tell.")


class MonitoringData(Resource):
    """The monitors of one variable."""

    component: dict[str, Any] = Field(description="Name, and where it has them `instance` and `evse`.")
    variable: dict[str, Any] = Field(description="Name, and where it has one `instance`.")
    variable_monitoring: list[VariableMonitoring]

    @classmethod
    def of(cls, told: VariableMonitors) -> MonitoringData:
        """The resource of the monitors of a variable."""
        monitors = [
            VariableMonitoring(
                id=each.monitor_id,
                type=each.type,
                value=each.value,
                severity=each.severity,
                transaction=each.transaction,
                event_notification_type=each.notification,
            )
            for each in told.monitors
        ]
        return cls(**named(told.name), variable_monitoring=monitors)


class GetMonitoringReportResponse(Resource):
    """The report, put together from all its parts; `monitor` is empty unless the station accepted."""

    status: ReportStatus
    request_id: int = Field(description="By which the message log knows the parts.")
    generated_at: Time | None
    monitor: list[MonitoringData]


@router.post(f"{_AT}/get-monitoring-report", summary="Get the monitors of a station", **_COMMAND)
async def get_monitoring_report(
    desk: TheDesk, station: StationIdentity, wanted: GetMonitoringReportRequest
) -> GetMonitoringReportResponse:
    """Ask a station for its monitors and wait for all of them. 504 if one of the parts does not come in time."""
    report = await monitoring.get_report(
        desk.commander,
        books_of(desk),
        station,
        dict.fromkeys(wanted.monitoring_criteria),
        [each.wanted() for each in wanted.component_variable],
        patience=desk.rooms.settings.call_timeout,
    )
    return GetMonitoringReportResponse(
        status=report.status,
        request_id=report.request_id,
        generated_at=report.generated_at,
        monitor=[MonitoringData.of(each) for each in report.variables],
    )


# --- on record ------------------------------------------------------------------------------------------------------


class MonitorResource(VariableMonitoring):
    """A monitor on record: as set from here (`setAt`), as the station reported it (`reportedAt`)."""

    component: dict[str, Any]
    variable: dict[str, Any]
    periodic_event_stream: StreamParamsResource | None
    set_at: Time | None
    reported_at: Time | None

    @classmethod
    def of(cls, record: MonitorRecord) -> MonitorResource:
        """The resource of a record."""
        return cls(
            **named(record.name),
            id=record.monitor_id,
            type=record.type,
            value=record.value,
            severity=record.severity,
            transaction=record.transaction,
            event_notification_type=record.notification,
            periodic_event_stream=StreamParamsResource.of(record.stream),
            set_at=record.set_at,
            reported_at=record.reported_at,
        )


class MonitorsPage(PageOf[MonitorResource]):
    """Monitors, and what the station accepted of its monitoring as a whole; null: nothing from here."""

    monitoring_base: MonitoringBase | None
    monitoring_level: int | None


@router.get(
    "/stations/{station}/monitors", tags=["monitoring"], dependencies=[READ], responses=READS, summary="List monitors"
)
async def list_monitors(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: After = None
) -> MonitorsPage:
    """The monitors of a station that this CSMS knows, by id: those set from here, and those it reported."""
    found = await desk.store.records(MONITORS, station, Page(limit=limit, after=after))
    whole_ = await desk.store.record(MONITORING, station, "") or MonitoringRecord()
    cursor = cursor_of(station, monitor_key(found[-1].monitor_id)) if found else ""
    page = page_of([MonitorResource.of(each) for each in found], limit, cursor)
    return MonitorsPage(**page, monitoring_base=whole_.base, monitoring_level=whole_.level)
