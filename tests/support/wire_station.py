"""A station of ours that speaks OCPP 2.x to a scripted CSMS, message by message, on a virtual clock.

It is the station of `station_world` with its dialect: every fact goes out as the bytes of a message and is decoded again as the typed
message a CSMS would see, and every answer and command comes in the same way. So what a test asserts is what is on the wire.

What must hold of every transaction is checked whenever an event is heard: it begins with Started, its numbers have no gap, nothing follows
its end, a repeated event says the same, and no sample but what only the vehicle can know is located in it (2.0.1: its state of charge).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import msgspec

from pilotwire.dialects.ocpp21 import DIALECT as OCPP21
from pilotwire.dialects.ocpp201 import DIALECT as OCPP201
from pilotwire.domain.kinds import Command, Fact, Noted
from pilotwire.domain.metering import IN_VERSION
from pilotwire.ocpp import registry, v21, v201
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.violations import SchemaViolation, rpc_code
from pilotwire.station.core import (
    Action,
    Answer,
    Answered,
    CommandReceived,
    RefuseCommand,
    Refused,
    Say,
    SendKept,
    Unsaid,
)
from tests.support.station_world import StationWorld

VERSIONS = ("2.0.1", "2.1")
_DIALECTS = {"2.0.1": OCPP201, "2.1": OCPP21}
_WIRES = {"2.0.1": v201, "2.1": v21}
_M = TypeVar("_M")

ANNA = "ANNA"
BERT = "BERT"
CARL = "CARL"
FAMILY = "FAMILY"


def info(status: str = "Accepted", group: str | None = None, **more: Any) -> dict[str, Any]:
    """What the scripted CSMS knows of a token, as IdTokenInfo has it on the wire."""
    grouped = {} if group is None else {"groupIdToken": {"idToken": group, "type": "Central"}}
    return {"status": status, **grouped, **more}


@dataclass
class Script:
    """How the CSMS answers. `tokens` by their value (others are Unknown); `in_transactions` where its answers to events differ.

    `answer` is asked first: a message, the code of an RPC error, "silence" for no answer at all, None for the usual answer.
    """

    registration: str = "Accepted"
    interval: int = 3600
    tokens: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {ANNA: info(group=FAMILY), BERT: info(group=FAMILY), CARL: info()}
    )
    in_transactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer: Callable[[Any], str | None] = lambda _: None

    def usual(self, action: str, request: Any, now: datetime) -> dict[str, Any]:
        """The payload of the usual answer."""
        if action == "BootNotification":
            return {"currentTime": _text(now), "interval": self.interval, "status": self.registration}
        if action == "Heartbeat":
            return {"currentTime": _text(now)}
        if action == "Authorize":
            return {"idTokenInfo": self.tokens.get(request.id_token.id_token, info("Unknown"))}
        if action == "TransactionEvent" and request.id_token is not None:
            token = request.id_token.id_token
            return {"idTokenInfo": self.in_transactions.get(token) or self.tokens.get(token, info("Unknown"))}
        return {}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Heard:
    """A message of the station and when it came."""

    at: datetime
    message: Any


class WireStation(StationWorld):
    """See the module. `variables` are first values; times between the steps of a test are passed with `pass_time`."""

    def __init__(self, version: str, *, script: Script | None = None, **settings: Any) -> None:
        self.version = version
        self.dialect = _DIALECTS[version]
        self.wire: Any = _WIRES[version]
        self.sayable = IN_VERSION[version]
        self.script = script or Script()
        self.log: list[Heard] = []
        self._answers: dict[object, Any] = {}
        self._read = 0
        self._asked: dict[object, tuple[Command, Message]] = {}
        self._events: dict[str, list[Any]] = {}
        self._asks = 0
        super().__init__(**settings)

    # --- the wire ----------------------------------------------------------------------------------------------------------------

    def _do(self, action: Action) -> None:
        match action:
            case Say(ref, fact):
                self._carry(ref, fact, None)
            case SendKept(ref, entry, named):
                self._carry(ref, entry.fact, named)
            case Answer(ref, outcome) if ref in self._asked:
                command, request = self._asked[ref]
                response = self.dialect.write_outcome(command, outcome, request)
                name = registry.action_of(request).name
                read = registry.decode_response(self.dialect.version, name, registry.encode(response))
                self.log.append(Heard(self.now, read))
                self._answers[ref] = read
            case RefuseCommand(ref, code, _) if ref in self._asked:
                self._answers[ref] = code
            case _:
                super()._do(action)

    def _carry(self, ref: int, fact: Fact, named: str | None) -> None:
        written = self.dialect.write_fact(fact, named=named)
        if written is None:
            self._inputs.append(Unsaid(ref))
            return
        action = registry.action_of(written).name
        request = registry.decode_request(self.dialect.version, action, registry.encode(written))
        self.log.append(Heard(self.now, request))
        self._check(action, request)
        if registry.action_of(written).response is None:
            self._inputs.append(Answered(ref, Noted()))  # a SEND
            return
        answer = self.script.answer(request)
        if answer == "silence":
            self._unanswered.append(ref)
        elif answer is not None:
            self._inputs.append(Refused(ref, answer, "says the script"))
        else:
            payload = msgspec.json.encode(self.script.usual(action, request, self.now))
            response = registry.decode_response(self.dialect.version, action, payload)
            self._inputs.append(Answered(ref, self.dialect.read_verdict(fact, response)))

    def _check(self, action: str, request: Any) -> None:
        for meter_value in getattr(request, "meter_value", None) or []:
            for sample in meter_value.sampled_value:
                of_vehicle = sample.measurand == "SoC" or (sample.measurand or "").startswith(
                    ("Display.", "EnergyRequest.")
                )
                assert sample.location != "EV" or of_vehicle
        if action == "TransactionEvent":
            self._check_event(request)

    def _check_event(self, event: Any) -> None:
        told = self._events.setdefault(event.transaction_info.transaction_id, [])
        if event.seq_no < len(told):
            before = told[event.seq_no]
            assert msgspec.structs.replace(event, offline=None) == msgspec.structs.replace(before, offline=None)
            return
        assert event.seq_no == len(told), "numbers follow one another"
        assert (event.event_type == "Started") == (not told), "the first event and only the first is Started"
        assert not told or told[-1].event_type != "Ended", "nothing follows the end"
        told.append(event)

    def ask(self, action: str, **payload: Any) -> Any:
        """The CSMS sends the request; the typed response, or the code of the RPC error by which it was refused.

        `payload` are the fields as JSON spells them.
        """
        name = self.dialect.version
        try:
            request = registry.decode_request(name, action, msgspec.json.encode(payload))
        except SchemaViolation as violation:
            return rpc_code(violation, name)
        command = self.dialect.read_command(request)
        if command is None:
            return "NotSupported"
        self._asks += 1
        ref = f"ask {self._asks}"
        self._asked[ref] = (command, request)
        self.feed(CommandReceived(ref, command))
        if ref not in self._answers:
            self.hands()
        return self._answers[ref]

    # --- hearing -----------------------------------------------------------------------------------------------------------------

    def said(self) -> list[Any]:
        """What the station sent since this was asked last, answers too, in order."""
        news, self._read = self.log[self._read :], len(self.log)
        return [heard.message for heard in news]

    def all(self, action: str) -> list[Any]:
        """All requests of an action so far."""
        kind = registry.ACTIONS[self.dialect.version][action].request
        return [heard.message for heard in self.log if isinstance(heard.message, kind)]

    def times(self, action: str) -> list[datetime]:
        """When they came."""
        kind = registry.ACTIONS[self.dialect.version][action].request
        return [heard.at for heard in self.log if isinstance(heard.message, kind)]

    @property
    def events(self) -> list[Any]:
        """All transaction events so far, in the order they came."""
        return self.all("TransactionEvent")

    def place_status(self, evse: int = 1, connector: int = 1) -> str | None:
        """The state last told of a connector."""
        told = [one for one in self.all("StatusNotification") if (one.evse_id, one.connector_id) == (evse, connector)]
        return told[-1].connector_status if told else None

    @property
    def connectors(self) -> set[tuple[int, int]]:
        """All connectors of the station."""
        return {(evse.evse_id, one.connector_id) for evse in self.hardware.layout.evses for one in evse.connectors}

    def members(self, variable: str) -> set[str]:
        """The members of a list variable."""
        return set(filter(None, self.core.variable(variable).split(",")))

    def set(self, name: str, value: str) -> None:
        """The CSMS sets `Component.Variable` and the station accepts."""
        component, _, variable = name.partition(".")
        variable, _, instance = variable.partition("[")
        more = {"instance": instance.rstrip("]")} if instance else {}
        data = {"component": {"name": component}, "variable": {"name": variable, **more}, "attributeValue": value}
        response = self.ask("SetVariables", setVariableData=[data])
        assert response.set_variable_result[0].attribute_status == "Accepted"

    def drive(self, evse: int = 1, *, away: bool = False) -> None:
        """A vehicle drives into the bay, or away."""
        self.does(self.hardware.leave(evse) if away else self.hardware.park(evse))

    def offline_for(self, seconds: float) -> None:
        """The line is down so long."""
        self.cut()
        self.pass_time(seconds)
        self.connect()

    def wait_out(self, timeout: float = 30) -> None:
        """A message stays without answer until its timeout."""
        self.pass_time(timeout)
        self.time_out()


def only(messages: list[Any], kind: type[_M]) -> list[_M]:
    """Those of a type."""
    return [message for message in messages if isinstance(message, kind)]


def named(messages: list[Any], action: str) -> list[Any]:
    """The requests of an action."""
    return [message for message in messages if type(message).__name__ == f"{action}Request"]


def events_of(messages: list[Any]) -> list[Any]:
    """The transaction events among messages."""
    return named(messages, "TransactionEvent")


def statuses_of(messages: list[Any]) -> dict[tuple[int, int], str]:
    """The last state told of each connector."""
    return {(one.evse_id, one.connector_id): one.connector_status for one in named(messages, "StatusNotification")}


def told(event: Any) -> tuple[str, str, str | None]:
    """Event type, trigger reason and charging state."""
    return event.event_type, event.trigger_reason, event.transaction_info.charging_state


def seconds(times: list[datetime]) -> list[float]:
    """The gaps between moments."""
    return [(later - earlier) / timedelta(seconds=1) for earlier, later in pairwise(times)]
