"""How each protocol version says what the domain means: pure translation, without memory.

A dialect is used from both ends. The backend reads facts and writes verdicts and commands; the station writes facts and reads verdicts
and commands. So `read(write(x)) == x` for everything a version can say, and one property test covers both.

A dialect that has no words for something raises `NotSayable` before a byte is sent.
"""

from __future__ import annotations

from typing import Protocol

from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion


class Dialect(Protocol):
    """One protocol version, both ends."""

    @property
    def version(self) -> OcppVersion:
        """The version spoken."""
        ...

    def read_fact(self, request: Message) -> Fact | None:
        """What a station's request states; None where the domain has no such fact yet (it is then stored as it is)."""
        ...

    def write_verdict(self, fact: Fact, verdict: Verdict) -> Message:
        """The response that tells a station the verdict on its fact. `fact` is what `read_fact` gave."""
        ...

    def empty_response(self, request: Message) -> Message | None:
        """The response to a request whose response needs no content, None if there must be some."""
        ...

    def write_command(self, command: Command) -> tuple[Message, ...]:
        """The request that gives a command, or several where the version says one thing at a time. Raises NotSayable."""
        ...

    def read_outcome(self, command: Command, responses: tuple[Message, ...]) -> Outcome:
        """What a station answered to the requests of a command, in their order."""
        ...

    def write_fact(self, fact: Fact, *, named: str | None = None) -> Message | None:
        """The request that states a fact, None if this version stays quiet about it.

        `named` is the id the CSMS gave the fact's transaction, for the versions in which the CSMS names it (1.6); the station's own id is
        in the fact. Where it is needed and not known (the start was given up), the version's substitute is written.
        """
        ...

    def read_verdict(self, fact: Fact, response: Message) -> Verdict:
        """What the CSMS answered to a fact."""
        ...

    def read_command(self, request: Message) -> Command | None:
        """What the CSMS wants; None where the domain has no such command yet."""
        ...

    def write_outcome(self, command: Command, outcome: Outcome, request: Message) -> Message:
        """The response that answers a command. `request` is what the command was read from."""
        ...
