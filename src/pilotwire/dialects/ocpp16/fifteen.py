"""OCPP 1.5 in the words of 1.6: its messages have been made into those of 1.6 (`pilotwire.ocpp.soap.fifteen`), less what it cannot know."""

from __future__ import annotations

from pilotwire.dialects.ocpp16 import DIALECT as SIXTEEN
from pilotwire.domain.availability import Availability, ConnectorStatus
from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict, changed
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion


class Fifteen:
    """The backend's end of 1.5; for what each method means see `pilotwire.dialects.Dialect`."""

    version = OcppVersion.V16

    def read_fact(self, request: Message) -> Fact | None:
        """As 1.6; but of an occupied connector 1.5 does not tell what goes on there."""
        fact = SIXTEEN.read_fact(request)
        if isinstance(fact, ConnectorStatus) and fact.state.availability is Availability.OCCUPIED:
            return changed(fact, state=changed(fact.state, activity=None))
        return fact

    def write_verdict(self, fact: Fact, verdict: Verdict) -> Message:
        """As 1.6."""
        return SIXTEEN.write_verdict(fact, verdict)

    def empty_response(self, request: Message) -> Message | None:
        """As 1.6."""
        return SIXTEEN.empty_response(request)

    def write_command(self, command: Command) -> tuple[Message, ...]:
        """As 1.6. Raises NotSayable."""
        return SIXTEEN.write_command(command)

    def read_outcome(self, command: Command, responses: tuple[Message, ...]) -> Outcome:
        """As 1.6."""
        return SIXTEEN.read_outcome(command, responses)

    def read_command(self, request: Message) -> Command | None:
        """As 1.6."""
        return SIXTEEN.read_command(request)


FIFTEEN = Fifteen()
