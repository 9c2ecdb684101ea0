"""Log files in 2.x (N01)."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.times import read_time
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
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_get_log(request: v201.GetLogRequest) -> GetLog:
    """GetLog (N01)."""
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


def write_get_log(wire: Wire, command: GetLog) -> tuple[Message, ...]:
    """GetLog; 2.0.1 has no log of a data collector."""
    if command.log_type not in enumerated(wire, "Log"):
        raise NotSayable(f"OCPP 2.0.1 knows no {command.log_type}.", "Ask for a DiagnosticsLog or a SecurityLog.")
    if command.request_id is None:
        raise NotSayable("GetLog needs a request id.", "Give it one.")
    return (
        wire.GetLogRequest(
            log=wire.LogParameters(
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


def read_status(request: Any) -> LogUploadReported:
    """LogStatusNotification (N01.FR.07 to N01.FR.10); only 2.1 may say why."""
    why = getattr(request, "status_info", None)
    return LogUploadReported(
        status=UploadStatus(request.status),
        request_id=request.request_id,
        reason_code=None if why is None else why.reason_code,
        info=None if why is None else why.additional_info,
    )


def write_status(wire: Wire, fact: LogUploadReported) -> Message:
    """LogStatusNotification; what 2.0.1 has no place for is left out."""
    more: dict[str, Any] = {}
    if fact.reason_code is not None and "status_info" in wire.LogStatusNotificationRequest.__struct_fields__:
        more = {"status_info": wire.StatusInfo(reason_code=fact.reason_code, additional_info=fact.info)}
    return wire.LogStatusNotificationRequest(status=same_name(fact.status), request_id=fact.request_id, **more)


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=LogUploadReported,
            read={wire.LogStatusNotificationRequest: read_status},
            write=lambda fact, _named: write_status(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.LogStatusNotificationResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=GetLog,
            read={wire.GetLogRequest: read_get_log},
            write=lambda command: write_get_log(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.GetLogResponse(
                status=same_name(outcome.status), filename=outcome.file_name
            ),
            read_outcome=lambda _command, responses: GetLogOutcome(
                status=LogStatus(responses[0].status), file_name=responses[0].filename
            ),
        ),
    )
