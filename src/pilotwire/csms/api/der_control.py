"""DER controls of stations (functional block R, 2.1): set, reported, cleared, and what is known of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.der_values import SHOWN, ControlId, DerControlResource
from pilotwire.csms.api.mirrored import refuse, shown, value_of
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import Limit, PageOf, Resource, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import der_control
from pilotwire.csms.registers.der_control import DER_ALARMS, DER_CONTROLS, DerAlarmRecord, DerControlRecord
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import Entry, cursor_of
from pilotwire.domain.der_control import (
    DerControl,
    DerControlStatus,
    DerControlType,
    GridEventFault,
    InstalledDerControl,
    misfits,
)

router = APIRouter()
_COMMAND: dict[str, Any] = {"tags": ["commands"], "dependencies": [COMMAND], "responses": COMMANDS}
_READ: dict[str, Any] = {"tags": ["DER control"], "dependencies": [READ], "responses": READS}
_AT = "/stations/{station}/commands"
Flag = Annotated[bool, Field(strict=True)]


class SetDerControlResponse(Resource):
    """The station's answer; `supersededIds` stand back, the new one itself if it is named (R04.FR.08)."""

    status: DerControlStatus
    superseded_ids: list[str]


@router.post(f"{_AT}/set-der-control", summary="Set a DER control", **_COMMAND)
async def set_der_control(desk: TheDesk, station: StationIdentity, wanted: DerControlResource) -> SetDerControlResponse:
    """Install a default or scheduled control (R04). What a station would reject is refused, with every reason."""
    control = value_of(DerControl, wanted)
    refuse("body", misfits(control))
    rooms = desk.rooms
    outcome = await der_control.set_control(desk.commander, rooms.journal, rooms.clock, station, control)
    return SetDerControlResponse.model_construct(status=outcome.status, superseded_ids=list(outcome.superseded_ids))


class GetDerControlRequest(Resource):
    """Which controls: what is left out matches any (R04.FR.30)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"isDefault": True, "controlType": "VoltVar"}]})

    is_default: Flag | None = None
    control_type: DerControlType | None = None
    control_id: ControlId | None = None


class InstalledDerControlResource(Resource):
    """A control as its station reports it."""

    control: DerControlResource
    is_superseded: bool

    @classmethod
    def of(cls, told: InstalledDerControl) -> InstalledDerControlResource:
        """The resource of a reported control."""
        return cls.model_construct(control=shown(SHOWN, told.control), is_superseded=told.is_superseded)


class GetDerControlResponse(Resource):
    """The station's answer and, if it is Accepted, the controls of all parts of its report."""

    request_id: int
    status: DerControlStatus
    controls: list[InstalledDerControlResource]


@router.post(f"{_AT}/get-der-control", summary="Get DER controls", **_COMMAND)
async def get_der_control(
    desk: TheDesk, station: StationIdentity, wanted: GetDerControlRequest
) -> GetDerControlResponse:
    """Ask for the controls that match and wait for the whole report (R04)."""
    report = await der_control.get_controls(
        desk.commander,
        desk.rooms.journal,
        desk.store,
        station,
        is_default=wanted.is_default,
        control_type=wanted.control_type,
        control_id=wanted.control_id,
        patience=desk.rooms.settings.call_timeout,
    )
    controls = [InstalledDerControlResource.of(each) for each in report.controls]
    return GetDerControlResponse.model_construct(request_id=report.request_id, status=report.status, controls=controls)


class ClearDerControlRequest(Resource):
    """Which controls: the default or the scheduled ones, all of them or of one type or id (R04.FR.44 to R04.FR.46)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"isDefault": False, "controlId": "vv-1"}]})

    is_default: Flag
    control_type: DerControlType | None = None
    control_id: ControlId | None = None


class ClearDerControlResponse(Resource):
    """The station's answer."""

    status: DerControlStatus


@router.post(f"{_AT}/clear-der-control", summary="Clear DER controls", **_COMMAND)
async def clear_der_control(
    desk: TheDesk, station: StationIdentity, wanted: ClearDerControlRequest
) -> ClearDerControlResponse:
    """Remove controls (R04)."""
    outcome = await der_control.clear_controls(
        desk.commander,
        desk.rooms.journal,
        desk.store,
        station,
        is_default=wanted.is_default,
        control_type=wanted.control_type,
        control_id=wanted.control_id,
    )
    return ClearDerControlResponse(status=outcome.status)


# --- what is known --------------------------------------------------------------------------------------------------


class DerControlRecordResource(Resource):
    """A control on record: as it was set from here, and as the station reported it."""

    control_id: str
    control: DerControlResource | None = Field(description="null: it only started or stopped.")
    is_superseded: bool
    set_at: Time | None
    reported_at: Time | None
    started: bool | None = Field(description="null: the station has not told of a start or stop.")
    started_at: Time | None = Field(description="When it started or stopped.")

    @classmethod
    def of(cls, record: DerControlRecord) -> DerControlRecordResource:
        """The resource of a record."""
        return cls.model_construct(
            control_id=record.control_id,
            control=None if record.control is None else shown(SHOWN, record.control),
            is_superseded=record.is_superseded,
            set_at=record.set_at,
            reported_at=record.reported_at,
            started=record.started,
            started_at=record.started_at,
        )


@router.get("/stations/{station}/der-controls", summary="List DER controls", **_READ)
async def list_der_controls(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=255, description="A cursor: the last one had.")] = None,
) -> PageOf[DerControlRecordResource]:
    """The controls of a station on record, by id."""
    records = await desk.store.records(DER_CONTROLS, station, Page(limit=limit, after=after))
    items = [DerControlRecordResource.of(each) for each in records]
    cursor = cursor_of(station, records[-1].control_id) if records else ""
    return PageOf[DerControlRecordResource](**page_of(items, limit, cursor))


class DerAlarmResource(Resource):
    """An alarm, or the end of one (R05)."""

    number: int
    control_type: DerControlType
    grid_event_fault: GridEventFault | None
    timestamp: Time
    alarm_ended: bool
    extra_info: str | None

    @classmethod
    def of(cls, entry: Entry[DerAlarmRecord]) -> DerAlarmResource:
        """The resource of an entry."""
        return cls.told(entry.entry, entry.number)

    @classmethod
    def told(cls, alarm: DerAlarmRecord, number: int) -> DerAlarmResource:
        """The resource of an alarm with its number."""
        return cls.model_construct(
            number=number,
            control_type=alarm.control_type,
            grid_event_fault=alarm.fault,
            timestamp=alarm.at,
            alarm_ended=alarm.ended,
            extra_info=alarm.extra_info,
        )


@router.get("/stations/{station}/der-alarms", summary="List DER alarms", **_READ)
async def list_der_alarms(
    desk: TheDesk,
    station: StationIdentity,
    control_type: Annotated[DerControlType | None, Query(alias="controlType", description="Only of this type.")] = None,
    limit: Limit = 100,
    after: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="A cursor: the last number had.")] = None,
) -> PageOf[DerAlarmResource]:
    """The alarms a station told of, newest first."""
    key = None if control_type is None else control_type.value
    entries = await desk.store.entries(DER_ALARMS, station, key=key, before=after, limit=limit)
    items = [DerAlarmResource.of(each) for each in entries]
    return PageOf[DerAlarmResource](**page_of(items, limit, str(entries[-1].number) if entries else ""))
