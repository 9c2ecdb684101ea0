"""Log files of stations (N01; 1.6:5.9): asked for, followed, downloaded."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse
from pydantic import ConfigDict, Field, StrictBool

from pilotwire.csms.api.access import COMMAND, READ, asked_by
from pilotwire.csms.api.problems import COMMANDS, READS, not_found, problems
from pilotwire.csms.api.resource import (
    HIGHEST_INTEGER,
    TEXT,
    Integer,
    Limit,
    PageOf,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import logs as commands
from pilotwire.csms.registers.logs import (
    LOGS,
    NOTIFICATIONS,
    LogRequest,
    Protocol,
    ReceivedFile,
    ReportedStatus,
    StatusNotification,
    is_open,
    key_of,
)
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import Entry, cursor_of
from pilotwire.domain.diagnostics import LogStatus, LogType, UploadStatus, shown_location

router = APIRouter(prefix="/stations/{station}", tags=["logs"])

Location = Annotated[str, Field(min_length=1, max_length=2000, pattern=TEXT)]
RequestId = Annotated[
    int, Path(alias="requestId", ge=0, le=HIGHEST_INTEGER, description="The request id.", examples=[1767268800])
]
FileName = Annotated[str, Path(min_length=1, max_length=255, description="A name from `files`.", examples=["log.zip"])]


class GetLogRequest(Resource):
    """Which log, of which time, and where to. Without a `remoteLocation` it is uploaded to this CSMS, by `protocol`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"logType": "DiagnosticsLog", "oldestTimestamp": "2026-01-01T00:00:00Z", "protocol": "http"}]
        }
    )

    log_type: LogType = Field(default=LogType.DIAGNOSTICS, description="DataCollectorLog is in 2.1 only.")
    oldest_timestamp: Time | None = Field(default=None, description="Nothing older than this.")
    latest_timestamp: Time | None = Field(default=None, description="Nothing newer than this.")
    retries: Integer | None = Field(default=None, description="How often the station tries again.")
    retry_interval: Integer | None = Field(default=None, description="Seconds between tries.")
    remote_location: Location | None = Field(
        default=None, description="A URL of somebody else: sent as it is, and never looked at by this CSMS."
    )
    protocol: Protocol = Field(default=Protocol.HTTP, description="How it is uploaded to this CSMS.")
    with_security_extension: StrictBool | None = Field(
        default=None,
        description="OCPP 1.6: true asks for a DiagnosticsLog with GetLog, false with GetDiagnostics; null: as far as the station is "
        "known to speak the security extension. A SecurityLog always goes as GetLog.",
    )


class GetLogResponse(Resource):
    """The station's answer. `remoteLocation` is the URL it was given, without its secret; `filename` what it will upload."""

    request_id: int
    status: LogStatus
    filename: str | None
    remote_location: str


class StatusResource(Resource):
    """How far an upload was when the station told it."""

    status: UploadStatus
    timestamp: Time
    reason_code: str | None = Field(description="2.1 only.")
    additional_info: str | None = Field(description="2.1 only.")

    @classmethod
    def of(cls, status: ReportedStatus) -> StatusResource:
        """The resource of a status."""
        return cls.model_construct(
            status=status.status, timestamp=status.at, reason_code=status.reason_code, additional_info=status.info
        )


class FileResource(Resource):
    """A file that arrived. `size` in bytes; `contentType` as the station said it."""

    name: str
    size: int
    sha256: str
    content_type: str | None
    path: str = Field(description="Where it is, below the folder of uploads.")
    protocol: Protocol
    timestamp: Time

    @classmethod
    def of(cls, file: ReceivedFile) -> FileResource:
        """The resource of a file."""
        return cls.model_construct(
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            content_type=file.content_type,
            path=file.path,
            protocol=file.protocol,
            timestamp=file.received_at,
        )


class LogResource(Resource):
    """A log asked of a station. `logType` null: it was not asked for here (or by a call of its own), but the station told of it."""

    station: str
    request_id: int
    log_type: LogType | None
    asked_at: Time | None
    asked_by: str = Field(description="The name of the API key.")
    oldest_timestamp: Time | None
    latest_timestamp: Time | None
    retries: int | None
    retry_interval: int | None
    remote_location: str = Field(description="Without its secret.")
    protocol: Protocol | None = Field(description="How it is uploaded to this CSMS; null: it goes elsewhere.")
    answer: LogStatus | None = Field(description="null: there was none that could be used.")
    filename: str | None
    error: str | None = Field(description="Why there is no usable answer.")
    canceled: bool = Field(description="The station gave it up for a later one.")
    open: bool = Field(description="More is to come of it.")
    statuses: list[StatusResource]
    files: list[FileResource]

    @classmethod
    def of(cls, log: LogRequest) -> LogResource:
        """The resource of a record."""
        return cls.model_construct(
            station=log.station,
            request_id=log.request_id,
            log_type=log.log_type,
            asked_at=log.asked_at,
            asked_by=log.asked_by,
            oldest_timestamp=log.oldest,
            latest_timestamp=log.latest,
            retries=log.retries,
            retry_interval=log.retry_interval,
            remote_location=log.remote_location,
            protocol=log.protocol,
            answer=log.answer,
            filename=log.file_name,
            error=log.error,
            canceled=log.canceled,
            open=is_open(log),
            statuses=[StatusResource.of(each) for each in log.statuses],
            files=[FileResource.of(each) for each in log.files],
        )


class LogStatusResource(Resource):
    """A status as it came. `requestId` as the station said it, `takenFor` the request it was counted for."""

    number: int
    status: UploadStatus
    timestamp: Time
    request_id: int | None
    taken_for: int | None
    reason_code: str | None
    additional_info: str | None

    @classmethod
    def of(cls, entry: Entry[StatusNotification]) -> LogStatusResource:
        """The resource of an entry."""
        told = entry.entry
        return cls.model_construct(
            number=entry.number,
            status=told.status,
            timestamp=entry.at,
            request_id=told.request_id,
            taken_for=told.taken_for,
            reason_code=told.reason_code,
            additional_info=told.info,
        )


@router.post("/commands/get-log", dependencies=[COMMAND], responses=COMMANDS, summary="Ask for a log file")
async def get_log(request: Request, desk: TheDesk, station: StationIdentity, wanted: GetLogRequest) -> GetLogResponse:
    """Ask a station to upload a log file, to this CSMS or elsewhere. 422 if the protocol wanted is switched off here."""
    request_id = desk.commander.reports.next_request_id()
    place = _place(desk, request, station, request_id, wanted)
    outcome = await commands.get_log(
        desk.commander,
        desk.rooms.journal,
        desk.store,
        station,
        commands.LogWanted(
            log_type=wanted.log_type,
            oldest=wanted.oldest_timestamp,
            latest=wanted.latest_timestamp,
            retries=wanted.retries,
            retry_interval=wanted.retry_interval,
            with_security_extension=wanted.with_security_extension,
            asked_by=asked_by(request),
        ),
        place,
        request_id=request_id,
        now=desk.rooms.clock.now(),
    )
    return GetLogResponse(
        request_id=request_id, status=outcome.status, filename=outcome.file_name, remote_location=place.shown
    )


def _place(desk: Desk, request: Request, station: str, request_id: int, wanted: GetLogRequest) -> commands.Destination:
    if wanted.remote_location is not None:
        return commands.Destination(url=wanted.remote_location, shown=shown_location(wanted.remote_location))
    base = desk.rooms.settings.public_url or str(request.base_url)
    url, shown, digest = desk.rooms.uploads.new_place(wanted.protocol, base)
    key = desk.rooms.uploads.new_key(station, request_id, wanted.protocol)
    return commands.Destination(url=url, shown=shown, key=key, digest=digest)


@router.get("/logs", dependencies=[READ], responses=READS, summary="List a station's logs")
async def list_logs(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[
        int | None, Query(ge=0, le=HIGHEST_INTEGER, description="A cursor: the last request id had.")
    ] = None,
) -> PageOf[LogResource]:
    """Logs that were asked for, the newest first."""
    cursor = None if after is None else cursor_of(station, key_of(after))
    records = await desk.store.records(LOGS, station, Page(limit=limit, after=cursor))
    last = str(records[-1].request_id) if records else ""
    return PageOf[LogResource](**page_of([LogResource.of(each) for each in records], limit, last))


@router.get("/logs/{requestId}", dependencies=[READ], responses=READS | problems(404), summary="Get a log's record")
async def read_log(desk: TheDesk, station: StationIdentity, request_id: RequestId) -> LogResource:
    """What was asked, how far it came, and what arrived."""
    return LogResource.of(await _known(desk, station, request_id))


async def _known(desk: Desk, station: str, request_id: int) -> LogRequest:
    record = await desk.store.record(LOGS, station, key_of(request_id))
    if record is None:
        what = f"Station {station!r} has no log request {request_id} on record."
        raise not_found(what, "GET /api/v1/stations/{station}/logs lists them.")
    return record


_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, or with a `Range` header (206) a part of it.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {
        "description": "A part of the file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    416: {"description": "The file has no such part."},
}


@router.get(
    "/logs/{requestId}/files/{name}",
    dependencies=[READ],
    response_class=FileResponse,
    responses=_FILE | READS | problems(404),
    summary="Download a log file",
)
async def download(
    desk: TheDesk,
    station: StationIdentity,
    request_id: RequestId,
    name: FileName,
) -> FileResponse:
    """The bytes as they were uploaded. `Range` is served, so a download can be taken up again."""
    record = await _known(desk, station, request_id)
    file = next((each for each in record.files if each.name == name), None)
    if file is None:
        raise not_found(f"Log request {request_id} has no file {name!r}.", "Its record lists its files.")
    path = desk.rooms.uploads.folder.stored(file.path)
    if path is None:
        raise not_found(f"The file {file.path} is not in the folder of uploads any more.", "Ask for the log again.")
    return FileResponse(
        path,
        media_type="application/octet-stream",  # never what a station says: a browser must not run it
        filename=file.name,
        headers={"x-content-type-options": "nosniff"},
    )


@router.get("/log-statuses", dependencies=[READ], responses=READS, summary="List log status notifications")
async def list_log_statuses(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="A cursor: the last number had.")] = None,
) -> PageOf[LogStatusResource]:
    """Every LogStatusNotification and DiagnosticsStatusNotification, the newest first."""
    entries = await desk.store.entries(NOTIFICATIONS, station, before=after, limit=limit)
    last = str(entries[-1].number) if entries else ""
    return PageOf[LogStatusResource](**page_of([LogStatusResource.of(each) for each in entries], limit, last))
