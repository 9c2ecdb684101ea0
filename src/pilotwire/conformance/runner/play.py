"""Plays the steps of a case, one after another, and writes down what came of each.

The steps still to come are a queue; a step made of steps puts its own in front. So it is always known which answers the steps to come
have in mind, which is how a message is answered rightly the moment it arrives.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotwire.conformance.benches.ports import ActFailed
from pilotwire.conformance.checks import Check
from pilotwire.conformance.language import INNER, STIMULI, Receives, Role, Step, inside
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.values import Configured, Unresolved, resolve
from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.answers import usual_answer
from pilotwire.conformance.wire.counterpart import LineDown, NoAnswer, Reply
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.conformance.wire.usual import USUAL
from pilotwire.conformance.wording import sentence


class Stopped(Exception):
    """A step could not be done: the case ends here. The step's result says why."""


class StepFault(Exception):
    """What a player raises when its step cannot be done; the text says why."""


@dataclass(frozen=True, kw_only=True)
class _Leaves(Step):
    """A reusable state is over, or steps elsewhere, and `back` leads back."""

    back: Callable[[], object] | None = None


_LIMITS: Final = ("message_timeout", "long_operation_timeout")


def limit_of(within: Any, seconds: float) -> float:
    """How long something may take, in s, where that is a limit; where it is to come after an interval, or at a time, it is none: 0."""
    return seconds if isinstance(within, Configured) and within.name in _LIMITS else 0.0


def _kind_of(step: Step) -> str:
    if getattr(step, "optional", False):
        return "optional"
    if getattr(step, "early", False):
        return "early"
    if getattr(step, "marks", False):
        return "landmark"
    return "stimulus" if isinstance(step, STIMULI) else ""


class Playing:
    """One case being played: the scene, the steps to come, the results so far."""

    def __init__(self, scene: Scene, role: Role, players: Mapping[type[Step], Player], bench: Any) -> None:
        self.scene = scene
        self.role: Role = role
        self.bench = bench
        self.results: list[StepResult] = []
        self.part = "before"
        self._players = players
        self._coming: deque[Step] = deque()
        self._later: tuple[Step, ...] = ()
        self._current: Step | None = None
        self._states: list[str] = []
        self._meant: dict[int, Entry] = {}

    # --- the steps -------------------------------------------------------------------------------------------------------------

    async def play(self, steps: Iterable[Step], part: str, later: Iterable[Step] = ()) -> None:
        """Play these steps as the `part` (before, main, after); `later` follow. Raises Stopped where the case cannot go on."""
        self._later = tuple(later)
        self.part = self.scene.counterpart.transcript.part = part
        self._coming = deque(steps)
        self._states.clear()
        while self._coming:
            step = self._coming.popleft()
            if isinstance(step, _Leaves):
                (step.back or self._states.pop)()
                continue
            self._current = step
            await self._step(step)

    def then(self, steps: Iterable[Step], state: str = "", back: Callable[[], object] | None = None) -> None:
        """These steps come next; with `state` they are inside that reusable state, `back` is called after them."""
        if state:
            self._states.append(state)
        if state or back is not None:
            self._coming.appendleft(_Leaves(back=back))
        self._coming.extendleft(reversed(tuple(steps)))

    async def _step(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        result = StepResult(step.number, sentence(step, self.role), self.part, tuple(self._states), step.note)
        result.inner = isinstance(step, INNER)
        result.kind = _kind_of(step)
        self.results.append(result)
        began = loop.time()
        if isinstance(step, STIMULI):
            self.scene.mark()
        try:
            await self._players[type(step)](self, step, result)
        except (StepFault, LineDown, NoAnswer, ActFailed) as error:
            result.fault = result.fault or str(error)
        except Unresolved as error:
            result.fault = result.fault or error.what
        finally:
            result.seconds = loop.time() - began
        if result.fault or (self.part == "before" and result.failed):
            self.scene.counterpart.limit_is_over()
            raise Stopped(result.fault)

    # --- what players use --------------------------------------------------------------------------------------------------------

    def value(self, thing: Any) -> Any:
        """The real value. Raises Unresolved."""
        return resolve(thing, self.scene)

    def judge(self, result: StepResult, checks: Iterable[Check], entry: Entry | None, payload: Any = None) -> None:
        """Judge a message (or `payload` in its place) and write every check down."""
        message = entry.payload if entry is not None and payload is None else payload
        if entry is not None:
            result.entries.append(entry.index)
        for check in checks:
            seen = check.on(message, self.scene)
            result.checks.append(
                CheckResult(
                    check.what,
                    seen.passed,
                    seen.found,
                    check.requirement,
                    check.soft,
                    seen.applies,
                    seen.entry if entry is None else entry.index,
                    check.path,
                )
            )

    async def until(self, found: Callable[[], Any], timeout: float) -> Any:
        """What `found` gives once it gives something; None after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        news = self.scene.counterpart.news
        while True:
            news.clear()
            seen = found()
            if seen:
                return seen
            left = deadline - loop.time()
            if left <= 0 or self.scene.counterpart.overdue(""):
                return None
            try:
                async with asyncio.timeout(left):
                    await news.wait()
            except TimeoutError:
                continue

    # --- answering -------------------------------------------------------------------------------------------------------------

    def answering(self, entry: Entry) -> Reply:
        """The answer to a request: that of the next step which means it, what `Answers` said, or the usual one."""
        if entry.action in self.scene.holding:
            self.scene.held.append(entry)
            return Reply()
        usual = usual_answer(USUAL[self.scene.version, self.role], entry, self.scene)
        step = self._meaning(entry)
        if step is not None and step.unanswered:
            return Reply()
        if step is not None and step.error:
            return Reply(error=step.error)
        payload, error, unanswered = self.scene.answers.get(entry.action, (None, "", False))
        if step is not None and step.answer is not None:
            payload, error, unanswered = step.answer, "", False
        if unanswered:
            return Reply()
        if error:
            return Reply(error=error)
        return Reply(merged(usual, payload or {}, self.scene))

    def _meaning(self, entry: Entry) -> Receives | None:
        for step in self._window():
            if not isinstance(step, Receives) or step.action != entry.action or id(step) in self._meant:
                continue
            if self._is_meant(step, entry):
                self._meant[id(step)] = entry
                return step
        return None

    def meant_for(self, step: Receives) -> Entry | None:
        """The message that was answered as this step says, if one has come; asked once, when the step is played."""
        return self._meant.pop(id(step), None)

    def _is_meant(self, step: Receives, entry: Entry) -> bool:
        return all(check.on(entry.payload, self.scene).passed for check in step.where)

    def _window(self) -> Iterable[Step]:
        """The current step and those to come before another stimulus."""
        if self._current is not None:
            yield from inside((self._current,))
        for coming in (*self._coming, *self._later):
            for step in inside((coming,)):
                if isinstance(step, STIMULI):
                    return
                yield step


Player = Callable[[Playing, Any, StepResult], Awaitable[None]]
"""Plays one kind of step. Raises StepFault (or what the line raises) where it cannot be done."""


def merged(usual: Mapping[str, Any], given: Mapping[str, Any], scene: Scene) -> dict[str, Any]:
    """The usual answer with what was given in its place; a field given as omitted is left out."""
    plain = {key: value for key, value in usual.items() if key not in given}
    told: dict[str, Any] = resolve(given, scene)
    return plain | told
