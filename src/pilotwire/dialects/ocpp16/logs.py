"""Log files in 1.6: GetDiagnostics and DiagnosticsStatusNotification, or with the security extension GetLog and LogStatusNotification."""

from __future__ import annotations

from typing import Any, get_args

from pilotwire.dialects.ocpp16.terms import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.diagnostics import (
    GetLog,
    GetLogOutcome,
    LogStatus,
    LogType,
    LogUploadReported,
    UploadStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16 import enums

FAILED = "UploadFailed"
"""What DiagnosticsStatus calls every failure."""
_LOGS = frozenset(get_args(enums.Log))
_STATUSES = frozenset(get_args(enums.UploadLogStatus))
_DIAGNOSTICS_STATUSES = frozenset(get_args(enums.DiagnosticsStatus))


def read_get_log(request: v16.GetLogRequest) -> GetLog:
    """GetLog (security whitepaper, 5.9)."""
    oldest, latest = request.log.oldest_timestamp, request.log.latest_timestamp
    return GetLog(
        remote_location=request.log.remote_location,
        log_type=LogType(request.log_type),
        request_id=request.request_id,
        oldest=None if oldest is None else read_time(oldest),
        latest=None if latest is None else read_time(latest),
        retries=request.retries,
        retry_interval=request.retry_interval,
    )


def read_get_diagnostics(request: v16.GetDiagnosticsRequest) -> GetLog:
    """GetDiagnostics (1.6 5.9)."""
    oldest, latest = request.start_time, request.stop_time
    return GetLog(
        remote_location=request.location,
        oldest=None if oldest is None else read_time(oldest),
        latest=None if latest is None else read_time(latest),
        retries=request.retries,
        retry_interval=request.retry_interval,
        with_security_extension=False,
    )


def write_get_log(command: GetLog) -> tuple[Message, ...]:
    """GetDiagnostics for the diagnostics of a station without the security extension, else GetLog."""
    if command.log_type not in _LOGS:
        raise NotSayable(f"OCPP 1.6 knows no {command.log_type}.", "Ask for a DiagnosticsLog or a SecurityLog.")
    if command.log_type is LogType.DIAGNOSTICS and not command.with_security_extension:
        return (
            v16.GetDiagnosticsRequest(
                location=command.remote_location,
                retries=command.retries,
                retry_interval=command.retry_interval,
                start_time=command.oldest,
                stop_time=command.latest,
            ),
        )
    if command.request_id is None:
        raise NotSayable("GetLog needs a request id.", "Give it one.")
    return (
        v16.GetLogRequest(
            log=v16.LogParameters(
                remote_location=command.remote_location,
                oldest_timestamp=command.oldest,
                latest_timestamp=command.latest,
            ),
            log_type=same_name(command.log_type),
            request_id=command.request_id,
            retries=command.retries,
            retry_interval=command.retry_interval,
        ),
    )


def read_outcome(_command: GetLog, responses: tuple[Any, ...]) -> GetLogOutcome:
    """The answer; GetDiagnostics names no file if there is none (1.6 5.9)."""
    response = responses[0]
    if isinstance(response, v16.GetDiagnosticsResponse):
        status = LogStatus.ACCEPTED if response.file_name else LogStatus.REJECTED
        return GetLogOutcome(status=status, file_name=response.file_name)
    return GetLogOutcome(status=LogStatus(response.status), file_name=response.filename)


def write_outcome(_command: GetLog, outcome: GetLogOutcome, request: Message) -> Message:
    """The answer; GetDiagnostics says with a file name that it was accepted."""
    if isinstance(request, v16.GetDiagnosticsRequest):
        accepted = outcome.status is not LogStatus.REJECTED
        if accepted and not outcome.file_name:
            raise NotSayable("GetDiagnostics is accepted by naming the file.", "Name it.")
        return v16.GetDiagnosticsResponse(file_name=outcome.file_name if accepted else None)
    return v16.GetLogResponse(status=same_name(outcome.status), filename=outcome.file_name)


def read_diagnostics_status(request: v16.DiagnosticsStatusNotificationRequest) -> LogUploadReported:
    """DiagnosticsStatusNotification (1.6 4.4)."""
    failed = request.status == FAILED
    status = UploadStatus.UPLOAD_FAILURE if failed else UploadStatus(request.status)
    return LogUploadReported(status=status, with_security_extension=False)


def read_log_status(request: v16.LogStatusNotificationRequest) -> LogUploadReported:
    """LogStatusNotification (security whitepaper, 5.13)."""
    return LogUploadReported(status=UploadStatus(request.status), request_id=request.request_id)


def write_status(fact: LogUploadReported) -> Message | None:
    """The message of the kind the log was asked for with; that it was canceled for another one, 1.6 does not tell."""
    if fact.status not in _STATUSES:
        return None
    if fact.with_security_extension:
        return v16.LogStatusNotificationRequest(status=same_name(fact.status), request_id=fact.request_id)
    status = fact.status if fact.status in _DIAGNOSTICS_STATUSES else FAILED
    return v16.DiagnosticsStatusNotificationRequest(status=same_name(status))


def write_verdict(fact: LogUploadReported, _verdict: object) -> Message:
    """The empty confirmation of either message."""
    if fact.with_security_extension:
        return v16.LogStatusNotificationResponse()
    return v16.DiagnosticsStatusNotificationResponse()


FACTS = (
    FactWord(
        fact=LogUploadReported,
        read={
            v16.DiagnosticsStatusNotificationRequest: read_diagnostics_status,
            v16.LogStatusNotificationRequest: read_log_status,
        },
        write=lambda fact, _named: write_status(fact),
        write_verdict=write_verdict,
    ),
)

COMMANDS = (
    CommandWord(
        command=GetLog,
        read={v16.GetDiagnosticsRequest: read_get_diagnostics, v16.GetLogRequest: read_get_log},
        write=write_get_log,
        write_outcome=write_outcome,
        read_outcome=read_outcome,
    ),
)
