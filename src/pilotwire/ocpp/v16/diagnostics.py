"""OCPP 1.6. Diagnostics: logs, monitoring, events, customer information."""

from __future__ import annotations

from pilotwire.ocpp.types import Datatype, Integer, LooseTimestamp, Maybe, Message, String255, String512, Uri
from pilotwire.ocpp.v16.enums import DiagnosticsStatus, Log, LogStatus, UploadLogStatus


class LogParameters(Datatype):
    """Where to upload a log and which stretch of time."""

    remote_location: String512
    oldest_timestamp: Maybe[LooseTimestamp] = None
    latest_timestamp: Maybe[LooseTimestamp] = None


class GetDiagnosticsRequest(Message):
    """Central system → charge point: orders the upload of a diagnostics file (1.6:5.9)."""

    location: Uri
    retries: Maybe[Integer] = None
    retry_interval: Maybe[Integer] = None
    start_time: Maybe[LooseTimestamp] = None
    stop_time: Maybe[LooseTimestamp] = None


class GetDiagnosticsResponse(Message):
    """Charge point → central system: the answer to `GetDiagnosticsRequest`."""

    file_name: Maybe[String255] = None


class DiagnosticsStatusNotificationRequest(Message):
    """Charge point → central system: tells how far a diagnostics upload is (1.6:4.4)."""

    status: DiagnosticsStatus


class DiagnosticsStatusNotificationResponse(Message):
    """Central system → charge point: the answer to `DiagnosticsStatusNotificationRequest`."""


class GetLogRequest(Message):
    """Central system → charge point: orders the upload of a log file (security whitepaper)."""

    log: LogParameters
    log_type: Log
    request_id: Integer
    retries: Maybe[Integer] = None
    retry_interval: Maybe[Integer] = None


class GetLogResponse(Message):
    """Charge point → central system: accepted or not, and the name of the file."""

    status: LogStatus
    filename: Maybe[String255] = None


class LogStatusNotificationRequest(Message):
    """Charge point → central system: tells how far a log upload is (security whitepaper)."""

    status: UploadLogStatus
    request_id: Maybe[Integer] = None


class LogStatusNotificationResponse(Message):
    """Central system → charge point: the answer to `LogStatusNotificationRequest`."""
