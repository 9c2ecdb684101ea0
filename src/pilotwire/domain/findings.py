"""Findings: every departure from the standards, by whom, where, and how bad. Never silent, never only in a log file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import Value


class Severity(StrEnum):
    """How bad it is: NOTE is worth knowing, BREACH is against the standard, FATAL kept something from working."""

    NOTE = "note"
    BREACH = "breach"
    FATAL = "fatal"


class Finding(Value):
    """One departure. `rule` is the requirement or a stable short name, `what` a sentence for a person, `path` the place in the message."""

    station: str
    at: datetime
    rule: str
    severity: Severity
    what: str
    path: str = ""
    action: str = ""
    message_id: str = ""
