"""The commands of the CSMS that wait for what the core makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pilotwire.domain.kinds import Outcome
from pilotwire.station.line import CommandRefused


class Waiting:
    """Commands by number."""

    def __init__(self) -> None:
        self._commands: dict[int, asyncio.Future[Outcome]] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._commands)

    async def outcome(self, ask: Callable[[int], None]) -> Outcome:
        """Ask the core with a new number, and wait; raises `CommandRefused`."""
        self._last += 1
        ref = self._last
        outcome = self._commands[ref] = asyncio.get_running_loop().create_future()
        try:
            ask(ref)
            given: Outcome = await outcome
            return given
        finally:
            del self._commands[ref]

    def settle(self, ref: Any, outcome: Outcome | CommandRefused) -> None:
        """The core has answered."""
        waiting = self._commands.get(ref)
        if waiting is None or waiting.done():
            return
        if isinstance(outcome, CommandRefused):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)

    def refuse_all(self, why: str) -> None:
        """Nobody will answer them any more."""
        for ref in tuple(self._commands):
            self.settle(ref, CommandRefused("InternalError", why))
