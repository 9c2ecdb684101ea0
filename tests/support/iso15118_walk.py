"""A session in each of its states: the way there is what was recorded of a whole session, said again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.exi.schemas import SchemaSet
from tests.support.iso15118_pair import Pair, body_of
from tests.support.iso15118_scenes import AT, Scene


@cache
def _played(walk: Walk) -> Pair:
    return walk.make().run()


@dataclass(frozen=True)
class Walk:
    """A scene that leads through states of both sides."""

    make: Callable[[], Scene]

    def run(self) -> Pair:
        """The whole of it, played once."""
        return _played(self)

    def station_in(self, state: str) -> Any:
        """A station's session in a state; None: the scene does not lead there."""
        asked = self.run().asked
        states = [before for before, _ in asked]
        if state not in states:
            return None
        session = self.make().secc()
        for _, message in asked[: states.index(state)]:
            reply = session.feed(message, AT)
            while reply is None and session.over is None:
                reply = session.again(AT)
        assert session.state == state
        return session

    def asked_in(self, state: str, kind: type[Any] | None = None) -> Any:
        """The request that came in a state, as a whole: the first, or the first of a kind."""
        return next(
            one for before, one in self.run().asked if before == state and (kind is None or type(body_of(one)) is kind)
        )

    def answered_in(self, state: str) -> Any:
        """The response that came when it was waited for, as a whole."""
        return next(one for before, one in self.run().answered if before == state)

    def vehicle_in(self, state: str) -> Any:
        """A vehicle's session that waits for a response; None: the scene does not lead there."""
        answered = self.run().answered
        states = [before for before, _ in answered]
        if state not in states:
            return None
        session = self.make().evcc()
        session.start(AT)
        for _, message in answered[: states.index(state)]:
            ask = session.feed(message, AT)
            while ask is None and session.over is None:
                ask = session.again(AT)
        assert session.state == state
        return session

    def steps(self) -> set[tuple[str, str]]:
        """Which requests were answered with OK in which states of the station."""
        pair = self.run()
        answers = [body_of(message) for _, message in pair.answered]
        return {
            (state, type(body_of(message)).__name__)
            for (state, message), answer in zip(pair.asked, answers, strict=True)
            if answer.response_code.startswith("OK")
        }


def first_that_leads(walks: Iterable[Walk], look: Callable[[Walk], Any]) -> Any:
    """The session of the first scene that leads to where it is wanted."""
    for walk in walks:
        found = look(walk)
        if found is not None:
            return found
    raise AssertionError("no scene leads there")


def said_by(protocol: Any, schemas: SchemaSet, kind: type[Element], session_id: bytes, **given: Any) -> Any:
    """The least message of a kind, in a session."""
    header = protocol.MessageHeader(session_id=session_id)
    return protocol.V2G_Message(header=header, body=protocol.Body(body_element=minimal(schemas, kind, **given)))


def with_body(message: Any, **changed: Any) -> Any:
    """A message whose content is changed."""
    body = msgspec.structs.replace(body_of(message), **changed)
    return msgspec.structs.replace(message, body=type(message.body)(body_element=body))


def kinds_of(protocol: Any, ending: str) -> list[type[Any]]:
    """All requests ("Req") or responses ("Res") of a protocol."""
    classes: list[Any] = [one for one in vars(protocol).values() if isinstance(one, type)]
    bodies = [one for one in classes if issubclass(one, protocol.BodyBase) and one is not protocol.BodyBase]
    return [one for one in bodies if one.xsd.element.endswith(ending)]
