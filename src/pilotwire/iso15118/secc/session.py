"""What the sessions of all protocols have in common at the station: one request in, one response out; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pilotwire.iso15118.charging import SessionEnd
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.v2gtp import PayloadType


@dataclass(frozen=True, slots=True)
class Reply:
    """A response to be sent. `ends`: the session is over with it; the station keeps the line 5 s more ([V2G2-025])."""

    message: Element
    schemas: SchemaSet
    payload_type: PayloadType
    ends: SessionEnd | None = None


class SeccSession(Protocol):
    """A session at the station. Its host reads and writes bytes, keeps the clock, and calls; the session decides.

    Faults of the peer raise nothing: they are a response code, a finding (`findings`), and where the standard says so the end.
    """

    @property
    def state(self) -> str:
        """The name of the state it is in, as in its table of transitions."""
        ...

    @property
    def findings(self) -> list[str]:
        """What the vehicle did that the standard does not allow, one sentence each."""
        ...

    @property
    def over(self) -> SessionEnd | None:
        """How it ended; None: it goes on."""
        ...

    def schemas_of(self, payload_type: PayloadType) -> SchemaSet | None:
        """By which schema set a payload is to be decoded; None: this session does not take such a payload."""
        ...

    def feed(self, message: Element, now: datetime) -> Reply | None:
        """Take a request. None: the answer needs the backend first; `again` gives it."""
        ...

    def again(self, now: datetime) -> Reply | None:
        """The answer that could not be given yet, if it can be now; the host asks whenever something happened, at least every 100 ms."""
        ...

    def next_deadline(self) -> datetime | None:
        """When `expired` is to be called if nothing came before; None: never."""
        ...

    def expired(self, now: datetime) -> Reply | None:
        """A deadline has passed: a late answer in the last moment, or the end (`over`)."""
        ...

    def dropped(self, now: datetime, reason: str = "") -> None:
        """The line is gone."""
        ...
