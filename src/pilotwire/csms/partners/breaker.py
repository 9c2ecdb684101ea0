"""Lets a partner rest that fails again and again, so that no station waits for one that is dead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import PartnerFailed, PartnerResting

_T = TypeVar("_T")
FAILURES: Final = 3
"""How often in a row a partner fails before it rests."""
REST: Final = 30.0
"""Seconds it rests; then one question tries it, and it rests again if that fails too."""


class Breaker:
    """Of one partner, called `name` in sentences."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    async def ask(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """The answer to a question. Raises PartnerFailed as the question does, PartnerResting if it is not asked at all."""
        now = self._clock.monotonic()
        if self._failures >= FAILURES:
            if now < self._until:
                raise PartnerResting(
                    f"The {self._name} failed {self._failures} times in a row and is let alone for a while."
                )
            self._until = now + REST  # this question tries it; the others go on without it meanwhile
        try:
            answer = await question()
        except PartnerFailed:
            self._failures += 1
            self._until = self._clock.monotonic() + REST
            raise
        self._failures = 0
        return answer
