"""Two sessions over a line that loses, repeats and reorders: what holds whatever happens."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pilotwire.ocpp import v16, v21, v201
from pilotwire.ocpp.directions import Role
from pilotwire.ocpp.events import (
    CallFailed,
    CallReceived,
    CallTimedOut,
    ErrorReceived,
    Event,
    ResultInvalid,
    ResultReceived,
)
from pilotwire.ocpp.inbound import REMEMBERED_ANSWERS
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.version import OcppVersion

SHAPES = {OcppVersion.V16: v16, OcppVersion.V201: v201, OcppVersion.V21: v21}
OUTCOMES = (ResultReceived, ErrorReceived, ResultInvalid, CallTimedOut, CallFailed)
OTHER: dict[Role, Role] = {"csms": "station", "station": "csms"}
roles = st.sampled_from(["csms", "station"])


class Side:
    """One session with what its owner knows: calls made, outcomes had, calls to answer, and what its line carries."""

    def __init__(self, version: OcppVersion, role: Role) -> None:
        self.count = 0
        self.session = Session(version, role=role, new_id=self.new_id, call_timeout=10.0)
        self.role = role
        self.asked: dict[str, str] = {}
        self.outcomes: Counter[str] = Counter()
        self.to_answer: dict[str, str] = {}
        self.delivered: Counter[str] = Counter()
        self.line: list[bytes] = []
        self.on_the_line: list[str] = []

    def new_id(self) -> str:
        """Ids that tell who called."""
        self.count += 1
        return f"{self.role}-{self.count}"


class LossyLine(RuleBasedStateMachine):
    """Calls in both directions on a virtual clock; the line does what it likes with the frames."""

    @initialize(version=st.sampled_from(list(OcppVersion)))
    def connect(self, version: OcppVersion) -> None:
        """Two peers of one version."""
        self.shapes = SHAPES[version]
        self.now = 0.0
        self.sides: dict[Role, Side] = {"csms": Side(version, "csms"), "station": Side(version, "station")}

    @rule(role=roles)
    def call(self, role: Role) -> None:
        """The payload names the call, so that an answer can be checked against it."""
        side = self.sides[role]
        secret = f"secret-{role}-{side.count + 1}"
        message_id = side.session.call(self.shapes.DataTransferRequest(vendor_id=secret), self.now, tag=secret)
        side.asked[message_id] = secret
        self.flush(side)

    @rule(role=roles, data=st.data())
    @precondition(lambda self: any(side.to_answer for side in self.sides.values()))
    def answer(self, role: Role, data: st.DataObject) -> None:
        """Answer any open call, with what it asked, or refuse it naming it."""
        side = self.sides[role]
        if not side.to_answer:
            return
        message_id = data.draw(st.sampled_from(sorted(side.to_answer)))
        secret = side.to_answer.pop(message_id)
        if data.draw(st.booleans()):
            answer = self.shapes.DataTransferResponse(status="Accepted", data=secret)
            side.session.answer(message_id, answer)
        else:
            side.session.refuse(message_id, "GenericError", secret)
        self.flush(side)

    @rule(role=roles, data=st.data(), again=st.booleans(), lost=st.booleans())
    @precondition(lambda self: any(side.line for side in self.sides.values()))
    def deliver(self, role: Role, data: st.DataObject, again: bool, lost: bool) -> None:
        """Any frame under way arrives, or is lost; it may stay to arrive once more."""
        sender, receiver = self.sides[role], self.sides[OTHER[role]]
        if not sender.line:
            return
        place = data.draw(st.integers(0, len(sender.line) - 1))
        frame = sender.line[place] if again else sender.line.pop(place)
        if not lost:
            self.note(receiver, receiver.session.receive(frame, self.now))

    @rule(seconds=st.floats(0.1, 12.0))
    def wait(self, seconds: float) -> None:
        """Time passes; whoever has something to do does it."""
        self.now += seconds
        for side in self.sides.values():
            self.note(side, side.session.tick(self.now))

    def note(self, side: Side, events: list[Event]) -> None:
        """What the owner of a session learns."""
        for event in events:
            if isinstance(event, CallReceived):
                side.delivered[event.message_id] += 1
                side.to_answer[event.message_id] = event.message.vendor_id  # type: ignore[attr-defined]
            elif isinstance(event, OUTCOMES):
                self.note_outcome(side, event)
        self.flush(side)

    def note_outcome(self, side: Side, event: Event) -> None:
        """An outcome frees the line; an answer must be the answer to what was asked."""
        assert isinstance(event, OUTCOMES)
        side.outcomes[event.message_id] += 1
        assert event.tag == side.asked[event.message_id]
        if isinstance(event, ResultReceived):
            assert event.message.data == event.tag  # type: ignore[union-attr]
        if isinstance(event, ErrorReceived) and event.code == "GenericError":
            assert event.description == event.tag
        side.on_the_line = [message_id for message_id in side.on_the_line if message_id != event.message_id]

    def flush(self, side: Side) -> None:
        """Frames leave for the line."""
        for frame in side.session.data_to_send():
            side.line.append(frame)
            kind, message_id = json.loads(frame)[:2]
            if kind == 2:
                side.on_the_line.append(message_id)

    @invariant()
    def one_call_a_direction(self) -> None:
        """Never two outstanding CALLs (J16:4.1.1, J2:4.1.1)."""
        for side in getattr(self, "sides", {}).values():
            assert len(side.on_the_line) <= 1

    @invariant()
    def nothing_twice(self) -> None:
        """No call has two outcomes, none is delivered twice within the memory of answers."""
        for side in getattr(self, "sides", {}).values():
            assert all(count == 1 for count in side.outcomes.values())
            if len(side.delivered) <= REMEMBERED_ANSWERS:
                assert all(count == 1 for count in side.delivered.values())

    def teardown(self) -> None:
        """At the end of the line every call has exactly one outcome."""
        for side in getattr(self, "sides", {}).values():
            self.note(side, side.session.close(self.now))
            assert side.outcomes == Counter(dict.fromkeys(side.asked, 1))


LossyLine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLossyLine = LossyLine.TestCase
