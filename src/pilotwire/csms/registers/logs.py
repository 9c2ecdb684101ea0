"""Log files asked of stations (N01; 1.6:5.9): what was asked, how far it came, what arrived; and the keys to where they are uploaded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.diagnostics import GetLogOutcome, LogStatus, LogType, UploadStatus, is_final
from pilotwire.domain.kinds import Value, changed

MOST_STATUSES: Final = 100
"""How many statuses of one request are kept: the last ones, for a station that repeats itself without end."""
_HIGHEST_ID: Final = 2**31 - 1
_DIGITS: Final = 10


class Protocol(StrEnum):
    """How a log is uploaded to this CSMS."""

    HTTP = "http"
    FTP = "ftp"
    SFTP = "sftp"


class ReportedStatus(Value):
    """What the station told of the upload, and when it was heard. `reason_code` and `info` are 2.1's statusInfo."""

    status: UploadStatus
    at: datetime
    reason_code: str | None = None
    info: str | None = None


class ReceivedFile(Value):
    """A file that arrived whole. `size` in bytes, `sha256` in hex, `path` below the folder of all uploads."""

    name: str
    size: int
    sha256: str
    content_type: str | None
    path: str
    protocol: Protocol
    received_at: datetime


class LogRequest(Value):
    """A log asked of a station. `asked_by` is the API key's name.

    `remote_location` as it may be shown: without secrets. `log_type` and `asked_at` None: this CSMS did not ask, or by pass-through; the
    station reported on it. `with_security_extension`: a 1.6 station was asked with the messages of the security extension.
    `error`: why there is no usable answer. `canceled`: the station gave it up for a later one (N01.FR.12).
    """

    station: str
    request_id: int
    log_type: LogType | None = None
    asked_at: datetime | None = None
    asked_by: str = ""
    oldest: datetime | None = None
    latest: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None
    remote_location: str = ""
    protocol: Protocol | None = None
    with_security_extension: bool = False
    answer: LogStatus | None = None
    file_name: str | None = None
    error: str | None = None
    canceled: bool = False
    statuses: tuple[ReportedStatus, ...] = ()
    files: tuple[ReceivedFile, ...] = ()


class StatusNotification(Value):
    """A status as it was reported, and the request it was taken for (None: for none).

    `with_security_extension`: by another message than 1.6 DiagnosticsStatusNotification.
    """

    status: UploadStatus
    request_id: int | None = None
    taken_for: int | None = None
    with_security_extension: bool = False
    reason_code: str | None = None
    info: str | None = None


class UploadKey(Value):
    """Who may upload what with a secret. It is dead from `ended_at` on, and after `expires_at`."""

    station: str
    request_id: int
    protocol: Protocol
    expires_at: datetime
    ended_at: datetime | None = None


LOGS: Final = Register("log-requests", LogRequest)
"""By station and `key_of` the request id."""
KEYS: Final = Register("upload-keys", UploadKey)
"""Of no station, by the SHA-256 of the secret: the secret itself is nowhere."""
NOTIFICATIONS: Final = Diary("log-status-notifications", StatusNotification)


def key_of(request_id: int) -> str:
    """The key of a request: the newest one first in the order of keys."""
    return f"{_HIGHEST_ID - request_id:0{_DIGITS}d}"


def is_open(request: LogRequest) -> bool:
    """Whether the station may still upload, or report on it."""
    if request.canceled or request.answer is LogStatus.REJECTED:
        return False
    return not any(is_final(each.status) for each in request.statuses)


def newest_open(requests: Iterable[LogRequest]) -> LogRequest | None:
    """The request a status without an id is about; of the newest first."""
    return next(filter(is_open, requests), None)


def was_answered_with_extension(request: LogRequest) -> bool:
    """Whether the station has answered a message of 1.6's security extension; a SecurityLog is asked for with no other."""
    extension = request.with_security_extension or request.log_type is LogType.SECURITY
    return extension and request.answer is not None and request.error is None


def answered(request: LogRequest, outcome: GetLogOutcome) -> LogRequest:
    """The request with its answer."""
    return changed(request, answer=outcome.status, file_name=outcome.file_name)


def reported(request: LogRequest, status: ReportedStatus) -> LogRequest:
    """The request with one more status; AcceptedCanceled tells that it was given up (N01.FR.20)."""
    canceled = request.canceled or status.status is UploadStatus.ACCEPTED_CANCELED
    return changed(request, statuses=(*request.statuses, status)[-MOST_STATUSES:], canceled=canceled)
