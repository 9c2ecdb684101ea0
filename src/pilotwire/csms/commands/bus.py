"""How a command reaches its station, whichever node holds the socket; and what may go wrong on the way.

Besides the errors here a bus raises `NotReachable` (no connection) and `NotSayable` (this version has no way to say it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pilotwire.domain.kinds import Command, Outcome, Value
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable, NotSayable, PilotwireError


class CommandRefused(PilotwireError):
    """The station answered a command with an RPC error: `code`, `description` and `details` as it sent them."""

    def __init__(self, code: str, description: str, details: Mapping[str, Any], *, what: str = "") -> None:
        super().__init__(what or f"the station answered with the error {code}: {description or 'no description'}")
        self.code = code
        self.description = description
        self.details = details


class CommandTimedOut(NotReachable):
    """The station did not answer in time; whether it did what it was asked is not known."""


class PayloadMisfit(NotSayable):
    """A payload given as it is does not fit the schema; `errors` has each place (a JSON path) and what is wrong there."""

    def __init__(self, what: str, remedy: str, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__(what, remedy)
        self.errors = tuple(errors)


class AnswerUnusable(PilotwireError):
    """The station answered, but not in a way that its protocol version allows."""


class NotPermitted(PilotwireError):
    """The protocol forbids to send this to the station in its present standing; nothing was sent."""


class ConnectedStation(Value):
    """A station with an open connection. `standing` is what it was last told of its registration (None: never booted).

    `transport` tells OCPP-J (WebSocket) from OCPP-S (SOAP; with the version of its service).
    """

    station: str
    version: str
    since: datetime
    last_seen_at: datetime
    standing: RegistrationStatus | None = None
    remote: str = ""
    transport: str = "OCPP-J"


class StationBus(Protocol):
    """Gives commands to connected stations."""

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Give a command and wait for its outcome; `timeout` in seconds for each message (None: the configured one).

        Raises NotReachable, NotSayable, NotPermitted, CommandRefused, CommandTimedOut, AnswerUnusable.
        """
        ...

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Send any action with the JSON of its payload and give the JSON of the response.

        It goes out in any standing of the station, also before it has booted. The payload must fit the version's schema (else
        PayloadMisfit) unless `force` is set. Raises like `call`, NotPermitted excepted.
        """
        ...

    def dismiss(self, station: str, reason: str) -> bool:
        """Close the connection of a station that is taken off record, and forget it; False if it has none."""
        ...

    def connected(self) -> Sequence[ConnectedStation]:
        """All stations with an open connection, by name."""
        ...
