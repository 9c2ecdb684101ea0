"""Log uploads (N01; 1.6:5.9; security whitepaper GetLog): one at a time, tried again as the CSMS says, and over a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilotwire.domain.diagnostics import (
    GetLog,
    GetLogOutcome,
    LogStatus,
    LogType,
    LogUploadReported,
    UploadStatus,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.station.core import data_collector, progress, security_log
from pilotwire.station.core.file_transfer import tries_of, wait_of
from pilotwire.station.core.jobs import Job, Result
from pilotwire.station.core.logs_memory import LogsMemory, LogUpload
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, Then, answered

_NAMES: Final = {
    LogType.DIAGNOSTICS: ("diagnostics", "log"),
    LogType.SECURITY: ("security", "log"),
    LogType.DATA_COLLECTOR: ("data-collector", "csv"),
}
"""How the names of their files begin and end."""


@dataclass(frozen=True, slots=True)
class SendLog(Job):
    """Upload a log as `file_name`: `lines`, or the diagnostics log from `oldest` to `latest` where they are None.

    A `location` that ends with a slash is a folder, and every one is if `is_folder` (1.6:6.21); any other is the file itself (N01.FR.29).
    """

    location: str
    file_name: str
    lines: str | None = None
    oldest: datetime | None = None
    latest: datetime | None = None
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class LogSent(Result):
    """It is there."""


@dataclass(frozen=True, slots=True)
class LogNotSent(Result):
    """It is not; `status` says how it failed, `why` in a sentence, `reason_code` in a word of the standard if there is one."""

    status: UploadStatus
    why: str
    reason_code: str | None = None


@dataclass(slots=True)
class _Hands:
    """The job under way."""

    job: int | None = None


# --- commands -------------------------------------------------------------------------------------------------------


def get(station: Station, command: GetLog) -> GetLogOutcome:
    """Take the wish for a log; an upload under way is given up for it (N01.FR.01, N01.FR.05, N01.FR.12)."""
    lines = _collected(station, command)
    if not _is_available(station, command.log_type) and not lines:
        return GetLogOutcome(status=LogStatus.REJECTED)
    before = station.kept(LogsMemory).upload
    if before is not None:
        _stop(station)
        _tell(station, before.command, UploadStatus.ACCEPTED_CANCELED)  # N01.FR.20
    asked_at = station.stamp()
    kind, ending = _NAMES[command.log_type]
    name = f"{kind}-{asked_at:%Y%m%dT%H%M%SZ}.{ending}"
    tries = tries_of(command.retries)
    upload = LogUpload(command=command, file_name=name, tries_left=tries, lines=lines or None, asked_at=asked_at)
    station.remember(LogsMemory(upload=upload))
    _tell(station, command, UploadStatus.UPLOADING)
    return GetLogOutcome(status=LogStatus.ACCEPTED if before is None else LogStatus.ACCEPTED_CANCELED, file_name=name)


def _collected(station: Station, command: GetLog) -> str:
    """What the data collector has of the time asked for (N01.FR.24): taken now, for all tries; empty for another log."""
    if command.log_type is not LogType.DATA_COLLECTOR:
        return ""
    return data_collector.text(station, command.oldest, command.latest)


def _is_available(station: Station, kind: LogType) -> bool:
    if kind is LogType.DIAGNOSTICS:
        return station.settings.diagnostics_log
    return kind is LogType.SECURITY and bool(security_log.events(station))


def _tell(
    station: Station, command: GetLog, status: UploadStatus, *, reason: str | None = None, why: str | None = None
) -> None:
    """Tell how far an upload is (N01.FR.07 to N01.FR.10)."""
    fact = LogUploadReported(
        status=status,
        request_id=command.request_id,
        with_security_extension=command.with_security_extension,
        reason_code=reason,
        info=why,
    )
    progress.tell(station, fact)


def _stop(station: Station) -> None:
    hands = station.moment(_Hands)
    if hands.job is not None:
        station.abandon(hands.job)
        hands.job = None


# --- the upload -----------------------------------------------------------------------------------------------------


def _go_on(station: Station) -> None:
    """Begin the upload that is due, also one that a restart interrupted."""
    upload, hands = station.kept(LogsMemory).upload, station.moment(_Hands)
    if upload is None or hands.job is not None or _deadline(station) is not None:
        return
    command = upload.command
    lines = upload.lines
    if command.log_type is LogType.SECURITY:
        lines = security_log.text(station, command.oldest, command.latest)
    job = SendLog(
        location=command.remote_location,
        file_name=upload.file_name,
        lines=lines,
        oldest=command.oldest,
        latest=command.latest,
        is_folder=not command.with_security_extension,
    )
    hands.job = station.undertake(
        job,
        done=lambda result: _over(station, upload, result),
        failed=lambda why: _over(station, upload, LogNotSent(UploadStatus.UPLOAD_FAILURE, why)),
    )


def _over(station: Station, upload: LogUpload, result: Result) -> None:
    """A try has ended: told when it was the last one (N01.FR.10)."""
    station.moment(_Hands).job = None
    if not isinstance(result, LogNotSent):
        station.remember(LogsMemory())
        _retrieved(station, upload)
        _tell(station, upload.command, UploadStatus.UPLOADED)
        return
    station.note(f"The log could not be uploaded: {result.why}")
    if upload.tries_left > 1:
        at = station.now + wait_of(upload.command.retry_interval)
        station.remember(LogsMemory(upload=changed(upload, tries_left=upload.tries_left - 1, not_before=at)))
        return
    station.remember(LogsMemory())
    _tell(station, upload.command, result.status, reason=result.reason_code, why=result.why[:500])


def _retrieved(station: Station, upload: LogUpload) -> None:
    """A data collector log that was fetched is cleared (2.1 2.18.8.4), but for what came after it was asked for."""
    command, asked_at = upload.command, upload.asked_at
    if command.log_type is LogType.DATA_COLLECTOR and asked_at is not None:
        latest = asked_at if command.latest is None else min(command.latest, asked_at)
        data_collector.clear(station, command.oldest, latest)


def _deadline(station: Station) -> datetime | None:
    upload = station.kept(LogsMemory).upload
    at = None if upload is None else upload.not_before
    return at if at is not None and at > station.now else None


# --- triggers -------------------------------------------------------------------------------------------------------


def _trigger(station: Station, command: TriggerMessage) -> Then:
    """Uploading with the request id, or Idle without (F06.FR.14, F06.FR.15, N01.FR.13)."""
    extension = command.message == "LogStatusNotification"
    upload = station.kept(LogsMemory).upload
    if upload is None or upload.command.with_security_extension is not extension:
        fact = LogUploadReported(status=UploadStatus.IDLE, with_security_extension=extension)
    else:
        fact = LogUploadReported(
            status=UploadStatus.UPLOADING,
            request_id=upload.command.request_id,
            with_security_extension=extension,
        )
    return lambda: station.say(fact)


STREET = Street(
    "logs",
    commands={GetLog: answered(get)},
    triggers={"LogStatusNotification": _trigger, "DiagnosticsStatusNotification": _trigger},
    deadline=_deadline,
    follow=_go_on,
)
