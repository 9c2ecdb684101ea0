"""Failed attempts to get in, counted by who tries: after some of them each costs more time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from pilotwire.clock import Clock

_MOST: Final = 10_000
"""How many are counted at once; then the one seen longest ago is forgotten."""
_FORGIVEN: Final = 900.0
"""Seconds after which failures count no more."""


@dataclass(slots=True)
class _Tries:
    failures: int = 0
    last: float = 0.0
    closed_until: float = 0.0


class Attempts:
    """`free` failures cost nothing; each further one closes the door for 1, 2, 4, ... seconds, at most `longest`."""

    def __init__(self, clock: Clock, *, free: int, longest: float) -> None:
        self._clock = clock
        self._free = free
        self._longest = longest
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait(self, who: str) -> float:
        """Seconds until they may try again; 0: now."""
        tries = self._tries.get(who)
        return 0.0 if tries is None else max(0.0, tries.closed_until - self._clock.monotonic())

    def failed(self, who: str) -> None:
        """Count a failure. Count it before a check that takes time, so that many at once are many."""
        now = self._clock.monotonic()
        tries = self._tries.setdefault(who, _Tries())
        self._tries.move_to_end(who)
        if now - tries.last > _FORGIVEN:
            tries.failures = 0
        tries.failures, tries.last = tries.failures + 1, now
        over = tries.failures - self._free
        if over > 0:
            tries.closed_until = now + min(2.0 ** min(over - 1, 30), self._longest)
        while len(self._tries) > _MOST:
            self._tries.popitem(last=False)

    def succeeded(self, who: str) -> None:
        """Forget the failures."""
        self._tries.pop(who, None)

    def taken_back(self, who: str) -> None:
        """The failure counted last was none."""
        tries = self._tries.get(who)
        if tries is not None:
            tries.failures -= 1
            tries.closed_until = min(tries.closed_until, self._clock.monotonic())
