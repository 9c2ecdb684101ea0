"""The small world of `station_world` with the wire of OCPP 1.6 in between: what counts here is what was written in each frame.

Every fact and every command goes through the 1.6 dialect, becomes JSON, and is read back as a typed message before anybody
judges it; so does every answer. What the domain knows and 1.6 cannot carry is lost on the way, as it would be on a real line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from pilotwire.dialects.ocpp16 import DIALECT
from pilotwire.domain.kinds import Command, Fact, Verdict
from pilotwire.errors import NotSayable
from pilotwire.ocpp import registry, v16
from pilotwire.ocpp.types import Message, decoder_of
from pilotwire.station.core import Action, Answer, CommandReceived, Say, SendKept
from pilotwire.station.core.actions import RefuseCommand
from pilotwire.station.core.inputs import Unsaid
from tests.support.station_world import StationWorld

_Sent = TypeVar("_Sent", bound=Message)


def over_the_wire(message: _Sent) -> _Sent:
    """The message as the other side decodes it."""
    received: _Sent = decoder_of(type(message)).decode(registry.encode(message))
    return received


class World16(StationWorld):
    """A 1.6 charge point. `wire` is what it said, requests and answers in the order they left; an RPC error is its code."""

    def __init__(self, **options: Any) -> None:
        self.wire: list[Message | str] = []
        self._times: list[datetime] = []
        self._asked: dict[object, tuple[Command, Message]] = {}
        self._seen = 0
        super().__init__(ocpp16=True, **options)

    # --- between station and wire --------------------------------------------------------------------------------------

    def _do(self, action: Action) -> None:
        match action:
            case Say(ref, fact):
                self._state(ref, fact, None)
            case SendKept(ref, entry, named):
                self._state(ref, entry.fact, named)
            case Answer(ref, outcome):
                command, request = self._asked[ref]
                self._leaves(over_the_wire(DIALECT.write_outcome(command, outcome, request)))
                super()._do(action)
            case RefuseCommand(_, code, _):
                self._leaves(code)
                super()._do(action)
            case _:
                super()._do(action)

    def _state(self, ref: int, fact: Fact, named: str | None) -> None:
        try:
            request = DIALECT.write_fact(fact, named=named)
        except NotSayable:
            request = None
        if request is None:
            self._inputs.append(Unsaid(ref))
            return
        self._leaves(over_the_wire(request))
        answer = self.csms.hear(fact, self.now, named)
        self._reply(ref, self._judged(fact, answer) if isinstance(answer, Verdict) else answer)

    def _leaves(self, said: Message | str) -> None:
        self.wire.append(said)
        self._times.append(self.now)

    @staticmethod
    def _judged(fact: Fact, verdict: Verdict) -> Verdict:
        return DIALECT.read_verdict(fact, over_the_wire(DIALECT.write_verdict(fact, verdict)))

    # --- the central system --------------------------------------------------------------------------------------------

    def asks(self, request: Message) -> Any:
        """Send a request to the charge point; its answer, the code of its RPC error, or None if it has not answered yet."""
        received = over_the_wire(request)
        command = DIALECT.read_command(received)
        assert command is not None, f"the domain has no command for {type(request).__name__}"
        ref = f"ask {len(self._asked) + 1}"
        self._asked[ref] = command, received
        before = len(self.wire)
        self.feed(CommandReceived(ref, command))
        response = registry.action_of(request).response
        if not any(isinstance(said, str | response) for said in self.wire[before:]):
            self.hands()
        return next((said for said in self.wire[before:] if isinstance(said, str | response)), None)

    def configure(self, **values: str) -> None:
        """Set configuration keys, as a tool does before a case begins."""
        for key, value in values.items():
            assert self.asks(v16.ChangeConfigurationRequest(key=key, value=value)).status == "Accepted", key

    def value(self, key: str) -> str | None:
        """The value of a configuration key, asked for over the wire."""
        (pair,) = self.asks(v16.GetConfigurationRequest(key=[key])).configuration_key
        return pair.value  # type: ignore[no-any-return]

    # --- what was said -------------------------------------------------------------------------------------------------

    def fresh(self) -> list[Message | str]:
        """What was said since this was last asked."""
        said, self._seen = self.wire[self._seen :], len(self.wire)
        return said

    def said(self, kind: type[_Sent]) -> list[_Sent]:
        """Everything of one kind that was said from the beginning."""
        return [message for message in self.wire if isinstance(message, kind)]

    def times(self, kind: type[Message]) -> list[datetime]:
        """When each message of one kind left."""
        return [at for message, at in zip(self.wire, self._times, strict=True) if isinstance(message, kind)]

    def charge(self, id_tag: str = "ANNA", connector: int = 1) -> int:
        """Reusable state Charging: plugged in first, then started from afar. The transaction's number."""
        self.plug(connector)
        begin = v16.RemoteStartTransactionRequest(id_tag=id_tag, connector_id=connector)
        assert self.asks(begin).status == "Accepted"
        self.pass_time(5, step=1)
        assert shown(self.wire, connector)[-1] == "Charging"
        self.fresh()
        return int(self.csms.named[self.core.overview().evses[connector - 1].transaction_id or ""])

    def authorize(self, id_tag: str = "ANNA") -> None:
        """Reusable state Authorized: somebody holds a card to the reader."""
        self.fresh()
        self.tap(id_tag)
        (asked,) = only(v16.AuthorizeRequest, said := self.fresh())
        assert asked.id_tag == id_tag
        assert shown(said) == ["Preparing"]


def only(kind: type[_Sent], said: list[Message | str]) -> list[_Sent]:
    """The messages of one kind."""
    return [message for message in said if isinstance(message, kind)]


def shown(said: list[Message | str], connector: int = 1) -> list[str]:
    """The states told of a connector, in order."""
    return [told.status for told in only(v16.StatusNotificationRequest, said) if told.connector_id == connector]


def names(said: list[Message | str]) -> list[str]:
    """What was said, by the name of the message; errors by their code."""
    return [one if isinstance(one, str) else type(one).__name__ for one in said]
