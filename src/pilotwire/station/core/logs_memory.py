"""What of the logs must survive: the upload under way, and the security log."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pilotwire.domain.diagnostics import GetLog
from pilotwire.domain.kinds import Value
from pilotwire.domain.security import SecurityEvent


class LogUpload(Value):
    """The upload under way. `not_before`: when it is tried again, in the station's own time.

    `lines` are what is uploaded where that was taken when it was asked for, at `asked_at` of the CSMS's time.
    """

    command: GetLog
    file_name: str
    tries_left: int
    not_before: datetime | None = None
    lines: str | None = None
    asked_at: datetime | None = None


class LogsMemory(Value, tag="logs", tag_field="part"):
    """The upload, if there is one."""

    name: ClassVar[str] = "logs"
    upload: LogUpload | None = None


class SecurityLogMemory(Value, tag="security_log", tag_field="part"):
    """The security log (A04.FR.04), the oldest event first."""

    name: ClassVar[str] = "security_log"
    events: tuple[SecurityEvent, ...] = ()
