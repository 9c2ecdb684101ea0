"""What the rules of one station share: where its boot stands, its line, its clock, what the backend has asked it for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from pilotwire.doctor.conversation.notes import Notes
from pilotwire.doctor.conversation.said import Answered, Said
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.ocpp.version import OcppVersion

PATIENCE: Final = 30.0
"""Seconds after which a call counts as unanswered: the usual timeout of a call."""
Standing = Literal["unknown", "asked", "Accepted", "Pending", "Rejected"]


@dataclass(slots=True)
class Context:
    """Of one station. `standing` "unknown": the record began after the boot. Times are those of the record.

    `line_since` is the first frame on the present connection, `line_before` the last one on the connection before it (None: there is
    none in the record). `csms_offset` is how far the backend's clock is ahead of the record's.
    """

    notes: Notes
    profile: PlatformProfile
    patience: float = PATIENCE
    version: OcppVersion | None = None
    standing: Standing = "unknown"
    accepted_at: datetime | None = None
    line_since: datetime | None = None
    line_before: datetime | None = None
    csms_offset: timedelta | None = None
    wanted: Counter[str] = field(default_factory=Counter)
    """Messages the backend has asked for and the station has not sent yet."""
    restart_due: bool = False
    """Whether the backend had the station restart, or update its firmware."""

    @property
    def may_talk(self) -> bool:
        """Whether the station may send what it likes."""
        return self.standing in ("unknown", "Accepted")


class Group:
    """A group of rules for one station; each gets all that is said, in order."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.notes = context.notes
        self.profile = context.profile

    def asked(self, said: Said) -> None:
        """A call came, or a SEND."""

    def answered(self, answer: Answered) -> None:
        """A call was answered."""

    def connected(self, at: datetime) -> None:
        """A further connection began."""

    def passed(self, now: datetime) -> None:
        """Time went by without a word."""

    def finish(self, now: datetime) -> None:
        """The record ends."""
