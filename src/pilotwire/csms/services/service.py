"""Services: started with the CSMS, kept running, stopped with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from pilotwire.clock import Clock
from pilotwire.csms.commands import Commander
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, Store

_log = structlog.get_logger("pilotwire.csms.services")
FIRST_REST: Final = 1.0
LONGEST_REST: Final = 60.0
"""Seconds a service rests after it failed: twice as long each time, up to this."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a CSMS that a service may use."""

    journal: Journal
    store: Store
    commander: Commander
    clock: Clock
    settings: CsmsSettings


class Service(Protocol):
    """Something that runs as long as the CSMS does."""

    name: str

    async def run(self) -> None:
        """Do it, until cancelled. Returning means there is nothing (more) to do; an error means that it is run again after a rest."""
        ...


class Services:
    """Runs services; one that fails is told in the log and run again, and disturbs no other."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all of them."""
        self._tasks = [asyncio.create_task(_kept_running(service), name=service.name) for service in self._services]

    async def close(self) -> None:
        """Stop all of them and wait until they have stopped."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []


async def _kept_running(service: Service) -> None:
    rest = FIRST_REST
    while True:
        try:
            await service.run()
            return
        except Exception as error:  # whatever it is: the other services and the stations must not feel it
            _log.error("a service failed and will be started again", service=service.name, error=str(error), rest=rest)
        await asyncio.sleep(rest)
        rest = min(2 * rest, LONGEST_REST)


async def pause(clock: Clock, seconds: float, *, look: float = 1.0, until: Callable[[], bool] = lambda: False) -> None:
    """Wait until `seconds` have passed on `clock` (looked at every `look` real seconds at the latest), or `until` says so.

    With the machine's clock this is a sleep; with one that a test moves, moving it is enough.
    """
    end = clock.monotonic() + seconds
    while (left := end - clock.monotonic()) > 0 and not until():
        await asyncio.sleep(min(left, look))
