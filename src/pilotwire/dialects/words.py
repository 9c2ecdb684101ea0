"""How a dialect is put together: each fact and each command is a *word*, with the functions that read and write it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from pilotwire.domain.kinds import Command, Fact, Noted, Outcome, Reason, Verdict, changed
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import registry
from pilotwire.ocpp.types import Datatype, Message, decoder_of
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, kw_only=True)
class FactWord:
    """A fact in one version: `read` by request type, the other three from the fact.

    `open_verdict`: the verdict holds what a vendor put there, so its message is tried before it is handed over; all others are made so
    that they always fit.
    """

    fact: type[Fact]
    read: Mapping[type[Any], Callable[[Any], Fact]]
    write: Callable[[Any, str | None], Message | None]
    write_verdict: Callable[[Any, Any], Message]
    read_verdict: Callable[[Any, Any], Verdict] = field(default=lambda _fact, _response: Noted())
    open_verdict: bool = False


@dataclass(frozen=True, kw_only=True)
class CommandWord:
    """A command in one version: `read` by request type, the other three from the command.

    `departs`: an outcome that is to be told as it is though it does not fit the version; its message is not tried.
    """

    command: type[Command]
    read: Mapping[type[Any], Callable[[Any], Command | None]]
    write: Callable[[Any], tuple[Message, ...]]
    write_outcome: Callable[[Any, Any, Any], Message]
    read_outcome: Callable[[Any, tuple[Any, ...]], Outcome]
    departs: Callable[[Any], bool] = field(default=lambda _outcome: False)


class WordDialect:
    """A dialect made of words (see `pilotwire.dialects.Dialect` for what each method means).

    `status_info` makes StatusInfoType of a reason, where the version has it: each outcome's `why` is told by it.
    """

    def __init__(
        self,
        version: OcppVersion,
        facts: Iterable[FactWord],
        commands: Iterable[CommandWord],
        *,
        status_info: Callable[[Reason], Datatype] | None = None,
    ) -> None:
        self.version = version
        self._status_info = status_info
        facts, commands = tuple(facts), tuple(commands)
        self._facts = {word.fact: word for word in facts}
        self._commands = {word.command: word for word in commands}
        self._read_fact = {request: read for word in facts for request, read in word.read.items()}
        self._read_command = {request: read for word in commands for request, read in word.read.items()}

    def read_fact(self, request: Message) -> Fact | None:
        """What a station's request states, None if the domain has no such fact."""
        read = self._read_fact.get(type(request))
        return None if read is None else read(request)

    def write_verdict(self, fact: Fact, verdict: Verdict) -> Message:
        """The response to the request `fact` was read from; raises NotSayable only for vendor data that does not fit."""
        word = self._fact_word(fact)
        message = word.write_verdict(fact, verdict)
        return self._sayable(message) if word.open_verdict else message

    def empty_response(self, request: Message) -> Message | None:
        """The response without content, None if that is no valid one."""
        response = registry.action_of(request).response
        if response is None:
            return None
        try:
            empty: Message = response()
        except TypeError:  # it has required fields
            return None
        return empty

    def write_command(self, command: Command) -> tuple[Message, ...]:
        """The request or requests of a command; raises NotSayable."""
        word = self._commands.get(type(command))
        if word is None:
            raise NotSayable(f"OCPP {self.version} has no message for {type(command).__name__}.")
        return tuple(map(self._sayable, word.write(command)))

    def read_outcome(self, command: Command, responses: tuple[Message, ...]) -> Outcome:
        """What a station answered."""
        outcome = self._command_word(command).read_outcome(command, responses)
        info: Any = getattr(responses[-1], "status_info", None) if responses else None
        if info is None or any(hasattr(outcome, own) for own in _OWN_WHY):
            return outcome
        return changed(outcome, why=Reason(code=info.reason_code, info=info.additional_info))

    def write_fact(self, fact: Fact, *, named: str | None = None) -> Message | None:
        """The request that states a fact, None to stay quiet; raises NotSayable."""
        word = self._facts.get(type(fact))
        if word is None:
            raise NotSayable(f"OCPP {self.version} has no message for {type(fact).__name__}.")
        message = word.write(fact, named)
        return None if message is None else self._sayable(message)

    def read_verdict(self, fact: Fact, response: Message) -> Verdict:
        """What the CSMS answered."""
        return self._fact_word(fact).read_verdict(fact, response)

    def read_command(self, request: Message) -> Command | None:
        """What the CSMS wants, None if the domain has no such command."""
        read = self._read_command.get(type(request))
        return None if read is None else read(request)

    def write_outcome(self, command: Command, outcome: Outcome, request: Message) -> Message:
        """The response that answers a command; raises NotSayable if a value does not fit."""
        word = self._command_word(command)
        message: Any = word.write_outcome(command, outcome, request)
        if outcome.why is not None and self._status_info is not None and _has_room_for_why(message):
            message = msgspec.structs.replace(message, status_info=self._status_info(outcome.why))
        return message if word.departs(outcome) else self._sayable(message)

    def _fact_word(self, fact: Fact) -> FactWord:
        word = self._facts.get(type(fact))
        if word is None:
            raise MisuseError(f"OCPP {self.version} never states {type(fact).__name__}: nobody can have read it.")
        return word

    def _command_word(self, command: Command) -> CommandWord:
        word = self._commands.get(type(command))
        if word is None:
            raise MisuseError(
                f"OCPP {self.version} never gives {type(command).__name__}: nobody can have read or sent it."
            )
        return word

    def _sayable(self, message: Message) -> Message:
        """The message as the wire will show it; NotSayable if a value does not fit this version (too long, not in its list)."""
        try:
            return _through_the_wire(message)
        except _UNFIT as problem:
            action = registry.action_of(message).name
            raise NotSayable(f"This cannot be said in {action} of OCPP {self.version}: {problem}.") from None


_OWN_WHY = ("reason", "detail")
"""Fields of outcomes that had words for why before all had."""


def _has_room_for_why(message: Message) -> bool:
    """Whether a response has a statusInfo that says nothing yet."""
    return "status_info" in message.__struct_fields__ and getattr(message, "status_info", None) is None


_UNFIT = (msgspec.ValidationError, MisuseError, ValueError, OverflowError, TypeError, RecursionError)
"""What encoding or decoding raises for a value of the wrong length, list, type or size: a number over 64 bits, NaN, half a surrogate
pair, nesting without end."""


def fits(value: Message | Datatype) -> bool:
    """Whether a value made for the wire is valid there: for what is better left out than sent wrongly."""
    try:
        _through_the_wire(value)
    except _UNFIT:
        return False
    return True


_Shape = TypeVar("_Shape", Message, Datatype, Message | Datatype)


def _through_the_wire(value: _Shape) -> _Shape:
    decoded: _Shape = _DECODERS[type(value)].decode(registry.encode(value))
    return decoded


class _Decoders(dict[type[Message | Datatype], "msgspec.json.Decoder[Any]"]):
    """One decoder a type, made when first needed."""

    def __missing__(self, message: type[Message | Datatype]) -> msgspec.json.Decoder[Any]:
        self[message] = made = decoder_of(message)
        return made


_DECODERS = _Decoders()


def same_name(value: str | None) -> Any:
    """A neutral name that this version spells the same way, as a wire value (the types of wire values are literals)."""
    return None if value is None else str(value)
