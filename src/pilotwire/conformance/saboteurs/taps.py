"""Sabotage of what a system under test says: one message dropped, doubled, altered, made up, too late, or behind the next."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pilotwire.conformance.values import shown, steps_of

Kind = Literal["call", "result", "error", "connected", "refused", "silence"]
Deed = Literal["alter", "delay", "reorder", "drop", "double", "error", "invent"]
"""What is done to a message."""
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
    """One thing that is done to one message. `path` and `value` are of an alteration; a value of None removes what is there.

    A message that is reordered changes places with the next of the kind and action of `behind`.
    """

    kind: Deed
    target: Target
    path: str = ""
    value: Any = field(default=None, hash=False)
    behind: Target | None = None

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        if self.kind == "alter":
            return f"{self.target.name}: {self.path} {_becoming(self.value)}"
        if self.behind is not None:
            return f"{self.target.name} changes places with {self.behind.name}"
        if self.kind == "invent" and self.target.kind != "silence":
            return f"{self.path}Request is sent behind {self.target.name} though nothing calls for it"
        words = {
            "drop": "never arrives",
            "double": "arrives twice",
            "invent": "is broken",
            "delay": "arrives when its limit is over",
            "error": "becomes a CALLERROR",
        }
        return f"{self.target.name} {words[self.kind]}"


def _becoming(value: Any) -> str:
    if value is None:
        return "left out"
    return f"becomes a list of {len(value)}" if isinstance(value, list) else f"becomes {shown(value)}"


class Saboteur:
    """Does one sabotage to what passes. `done` tells whether its message came by; what the tester asked is told by `asked`.

    A message that is too late is kept back until a step gives up on it. That need not take the time it has: while it is kept back, what
    waits for it is told that its limit is over (`overdue`). A request that changes places with the next is answered by `acknowledge`, as
    no system under test sends another before.
    """

    def __init__(self, sabotage: Sabotage) -> None:
        self.sabotage = sabotage
        self.done = False
        self._seen = 0
        self._asked: dict[str, str] = {}
        self._held: tuple[str, str] | None = None
        self.acknowledge: Callable[[str], None] = lambda _: None

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
        behind = self.sabotage.behind
        if behind is not None and self._held is not None and self._is_of(behind, frame):
            self.done = True
            return (text, *self.late())
        if not self._is_of(self.sabotage.target, frame):
            return (text,)
        self._seen += 1
        if self._seen - 1 != self.sabotage.target.nth:
            return (text,)
        if self.sabotage.kind in ("delay", "reorder"):
            return self._keep_back(frame, text)
        self.done = True
        return _WORKS[self.sabotage.kind](self.sabotage, frame, text)

    def _keep_back(self, frame: list[Any], text: str) -> Sequence[str]:
        self._held = (str(frame[1]), text)
        if self.sabotage.kind == "delay":
            self.done = True
        elif self.sabotage.target.kind == "call":
            self.acknowledge(str(frame[1]))
        return ()

    def overdue(self, message_id: str) -> bool:
        """Whether the limit is over: of the answer to this request of the tester; "": of a request that is waited for.

        A system under test that has a request open sends no other, so that nothing else that is waited for can come either.
        """
        if self._held is None or self.sabotage.kind != "delay":
            return False
        return message_id == ("" if self.sabotage.target.kind == "call" else self._held[0])

    def late(self) -> Sequence[str]:
        """What was kept back, which arrives now."""
        held, self._held = self._held, None
        return () if held is None else (held[1],)

    def _is_of(self, target: Target, frame: Any) -> bool:
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
