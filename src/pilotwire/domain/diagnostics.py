"""Log files of a station (N01; 1.6:5.9, 1.6:4.4; security whitepaper GetLog): asked for, uploaded by the station, reported on."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pilotwire.domain.kinds import Command, Fact, Outcome

LONGEST_NAME: Final = 120
"""Characters of the name of a stored file at most."""
HIDDEN: Final = "***"

# --- what is said ---------------------------------------------------------------------------------------------------


class LogType(StrEnum):
    """As in 2.x LogEnumType; DataCollectorLog is not in 1.6 and 2.0.1."""

    DIAGNOSTICS = "DiagnosticsLog"
    SECURITY = "SecurityLog"
    DATA_COLLECTOR = "DataCollectorLog"


class GetLog(Command):
    """Upload one log file to `remote_location` (N01.FR.02), with entries from `oldest` to `latest`. Interval in seconds.

    In 1.6 a diagnostics log is asked for with GetDiagnostics if the station does not speak the security extension; that message has no
    request id. All other versions and logs need one.
    """

    remote_location: str
    log_type: LogType = LogType.DIAGNOSTICS
    request_id: int | None = None
    oldest: datetime | None = None
    latest: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None
    with_security_extension: bool = True


class LogStatus(StrEnum):
    """As in 2.x LogStatusEnumType. AcceptedCanceled: for this one the upload before was given up (N01.FR.12)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"


class GetLogOutcome(Outcome):
    """The answer; `file_name` is what the station will call the file (N01.FR.01)."""

    status: LogStatus
    file_name: str | None = None


class UploadStatus(StrEnum):
    """How far an upload is, as in 2.x UploadLogStatusEnumType; 1.6 DiagnosticsStatus has four of them."""

    BAD_MESSAGE = "BadMessage"
    IDLE = "Idle"
    NOT_SUPPORTED_OPERATION = "NotSupportedOperation"
    PERMISSION_DENIED = "PermissionDenied"
    UPLOADED = "Uploaded"
    UPLOAD_FAILURE = "UploadFailure"
    UPLOADING = "Uploading"
    ACCEPTED_CANCELED = "AcceptedCanceled"


class LogUploadReported(Fact):
    """How far the upload of a log is (N01.FR.08 to N01.FR.10, N01.FR.20; 1.6:4.4).

    `request_id` is left out by DiagnosticsStatusNotification, and by a station that is asked and has nothing to upload (N01.FR.13).
    `with_security_extension` is False for 1.6 DiagnosticsStatusNotification. `reason_code` and `info` are 2.1's statusInfo.
    """

    status: UploadStatus
    request_id: int | None = None
    with_security_extension: bool = True
    reason_code: str | None = None
    info: str | None = None


# --- what follows ---------------------------------------------------------------------------------------------------

_UNDERWAY: Final = frozenset({UploadStatus.IDLE, UploadStatus.UPLOADING})


def is_final(status: UploadStatus) -> bool:
    """Whether nothing more is to come of an upload: it is there, has failed, or was canceled."""
    return status not in _UNDERWAY


def safe_name(*proposals: str | None) -> str:
    """The name a file is stored under: the first proposal that leaves something when made harmless.

    Only its last segment counts, of that letters, digits, dots, dashes and underscores; it begins with no dot. So it stays in its folder
    whatever a station says.
    """
    for proposal in proposals:
        last = re.split(r"[/\\]", (proposal or "").strip().rstrip("/\\"))[-1]
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip(".")[-LONGEST_NAME:].lstrip(".")
        if name.strip("._"):
            return name
    return "log"


def shown_location(location: str) -> str:
    """A URL as it may be shown to people: without the password in it."""
    try:
        parts = urlsplit(location)
        password = parts.password
    except ValueError:
        return location
    return location if password is None else _with_hidden_password(parts)


def _with_hidden_password(parts: SplitResult) -> str:
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}:{HIDDEN}@{host}").geturl()
