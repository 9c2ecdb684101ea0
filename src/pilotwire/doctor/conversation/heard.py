"""One frame that was heard, whoever heard it: a socket of ours, a capture, a log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pilotwire.ocpp.version import OcppVersion

Sender = Literal["station", "csms"]


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame as it was on the wire. `version` None: nobody said which one is spoken. `where` is its place in the record (`line 12`)."""

    at: datetime
    station: str
    sender: Sender
    text: str
    version: OcppVersion | None = None
    where: str = ""
    connection: int = 0
    """Counts the station's connections: frames of two do not belong to each other."""
