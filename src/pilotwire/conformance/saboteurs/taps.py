"""Sabotage of what a system under test says: one message dropped, doubled, altered, delayed behind the next, or made up."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pilotwire.conformance.values import shown, steps_of

Kind = Literal["call", "result", "error", "connected", "refused", "silence"]
_NUMBERS = {"call": 2, "result": 3, "error": 4}


@dataclass(frozen=True)
class Target:
    """A message of the system under test: the `nth` (from 0) of its `kind` about `action`; or the nth connection, refusal or silence."""

    kind: Kind
    action: str
    nth: int = 0

    @property
    def name(self) -> str:
        """As the documents name it, with its number."""
        named = {"connected": "connection", "refused": "refused connection", "silence": f"silence about {self.action}"}
        named["call"] = f"{self.action}Request"
        what = named.get(self.kind, f"{self.action}Response")
        return what if self.nth == 0 else f"{what} no. {self.nth + 1}"


@dataclass(frozen=True)
class Sabotage:
    """One thing that is done to one message. `path` and `value` are of an alteration; a value of None removes what is there."""

    kind: Literal["drop", "double", "alter", "error", "invent"]
    target: Target
    path: str = ""
    value: Any = field(default=None, hash=False)

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        if self.kind == "alter":
            return f"{self.target.name}: {self.path} {'left out' if self.value is None else f'becomes {shown(self.value)}'}"
        words = {
            "drop": "never arrives",
            "double": "arrives twice",
            "error": "becomes a CALLERROR",
            "invent": "is sent though nothing calls for it" if self.target.kind != "silence" else "is broken",
        }
        return f"{self.target.name} {words[self.kind]}"


class Saboteur:
    """Does one sabotage to what passes. `done` tells whether its message came by; what the tester asked is told by `asked`."""

    def __init__(self, sabotage: Sabotage) -> None:
        self.sabotage = sabotage
        self.done = False
        self._seen = 0
        self._asked: dict[str, str] = {}

    def asked(self, message_id: str, action: str) -> None:
        """The tester sent this request: an answer with its id is about that action."""
        self._asked[message_id] = action

    def handshake(self, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
        """What is seen of an opening handshake."""
        target = self.sabotage.target
        if kind != target.kind:
            return facts
        self._seen += 1
        if self._seen - 1 != target.nth:
            return facts
        self.done = True
        changed: dict[str, Any] = altered(facts, self.sabotage.path, self.sabotage.value)
        return changed

    def silence(self) -> Sequence[str]:
        """The case waits and wants to hear nothing: what is heard then."""
        if self.sabotage.target.kind != "silence":
            return ()
        self._seen += 1
        if self._seen - 1 != self.sabotage.target.nth:
            return ()
        self.done = True
        return (json.dumps([2, "sabotage", self.sabotage.path, self.sabotage.value], ensure_ascii=False),)

    def __call__(self, text: str) -> Sequence[str]:
        """What arrives of a text."""
        try:
            frame = json.loads(text)
        except ValueError:
            return (text,)
        if not self._is_target(frame):
            return (text,)
        self._seen += 1
        if self._seen - 1 != self.sabotage.target.nth:
            return (text,)
        self.done = True
        return _WORKS[self.sabotage.kind](self.sabotage, frame, text)

    def _is_target(self, frame: Any) -> bool:
        target = self.sabotage.target
        if not isinstance(frame, list) or len(frame) < 3 or frame[0] != _NUMBERS.get(target.kind):
            return False
        return bool((frame[2] if target.kind == "call" else self._asked.get(frame[1])) == target.action)


def _alter(sabotage: Sabotage, frame: list[Any], _: str) -> Sequence[str]:
    payload = frame[3] if sabotage.target.kind == "call" else frame[2]
    changed = altered(payload, sabotage.path, sabotage.value)
    frame[3 if sabotage.target.kind == "call" else 2] = changed
    return (json.dumps(frame, ensure_ascii=False),)


def altered(payload: Any, path: str, value: Any) -> Any:
    """A copy of the payload with `value` at `path` (None: nothing there); unchanged where there is no such place."""
    changed = copy.deepcopy(payload)
    steps = list(steps_of(path))
    place: Any = changed
    for step in steps[:-1]:
        try:
            place = place[step]
        except (KeyError, IndexError, TypeError):
            if value is None or not isinstance(place, dict):
                return changed
            place[step] = place = {}
    last = steps[-1]
    fits = isinstance(place, dict) or (isinstance(place, list) and isinstance(last, int) and last < len(place))
    if not fits:
        return changed
    if value is not None:
        place[last] = value
    elif isinstance(place, dict):
        place.pop(last, None)
    else:
        del place[last]
    return changed


def _error(_: Sabotage, frame: list[Any], __: str) -> Sequence[str]:
    return (json.dumps([4, frame[1], "InternalError", "sabotage", {}]),)


def _invent(sabotage: Sabotage, frame: list[Any], text: str) -> Sequence[str]:
    made_up = json.dumps([2, f"{frame[1][:30]}-x", sabotage.path, sabotage.value], ensure_ascii=False)
    return (text, made_up)


_WORKS: dict[str, Callable[[Sabotage, list[Any], str], Sequence[str]]] = {
    "drop": lambda *_: (),
    "double": lambda _, __, text: (text, text),
    "alter": _alter,
    "error": _error,
    "invent": _invent,
}
