"""What the sessions of all protocols have in common at the vehicle: one response in, the next request out; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pilotwire.iso15118.charging import SessionEnd
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.v2gtp import PayloadType


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be sent, not before `not_before` (a repeated request is not sent at once); answered within `timeout` s."""

    message: Element
    schemas: SchemaSet
    payload_type: PayloadType
    timeout: float
    not_before: datetime | None = None


class EvccSession(Protocol):
    """A session at the vehicle. Its host reads and writes bytes, keeps the clock, and calls; the session decides.

    After the last response it is `over`; the host closes the line then. Faults of the peer raise nothing: they are findings and the end.
    """

    @property
    def state(self) -> str:
        """The name of the state it is in: which response it waits for."""
        ...

    @property
    def findings(self) -> list[str]:
        """What the station did that the standard does not allow, one sentence each."""
        ...

    @property
    def over(self) -> SessionEnd | None:
        """How it ended; None: it goes on."""
        ...

    def schemas_of(self, payload_type: PayloadType) -> SchemaSet | None:
        """By which schema set a payload is to be decoded."""
        ...

    def start(self, now: datetime) -> Ask:
        """The first request (SessionSetupReq), once SupportedAppProtocol has agreed on the protocol."""
        ...

    def feed(self, message: Element, now: datetime) -> Ask | None:
        """Take a response. None: the session is over, or the vehicle is not ready for its next request yet (`again`)."""
        ...

    def again(self, now: datetime) -> Ask | None:
        """The next request, if the vehicle is ready now."""
        ...

    def next_deadline(self) -> datetime | None:
        """When `expired` is to be called if nothing came before."""
        ...

    def expired(self, now: datetime) -> Ask | None:
        """A deadline has passed: usually the end."""
        ...

    def dropped(self, now: datetime, reason: str = "") -> None:
        """The line is gone."""
        ...
