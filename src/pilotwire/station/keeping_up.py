"""What every line of a station does alike, by whatever transport: it can be cut and mended, and comes back with the standard's back-off."""

from __future__ import annotations

import asyncio
import contextlib
import random
from abc import ABC, abstractmethod
from typing import Final, Protocol

from pilotwire.ocpp.net.backoff import RetryBackOff
from pilotwire.station.core.network_ways import Way

LEAST_WAIT: Final = 0.1
"""Seconds between two attempts to connect, however short the variables make the back-off: a station does not hammer its CSMS."""
MOST_DOUBLINGS: Final = 30
"""From here on the doubled wait exceeds every life of a station, and the count need not grow."""


class Guide(Protocol):
    """Who knows where to connect, and how long to wait between attempts."""

    def back_off(self) -> RetryBackOff:
        """How long to wait between attempts."""
        ...

    def way(self) -> Way | None:
        """How to connect next; None: not at all, as things are (`hurry` says that they have changed)."""
        ...


class KeptUp(ABC):
    """A line that is looked for again whenever it is lost. `cut` and `restore` are what a digger does to it.

    `trouble` is a sentence on why there is no connection, empty while there is one or none was tried. `attempts` counts those that were
    begun: each goes by what is set at that moment.
    """

    def __init__(self, guide: Guide) -> None:
        self.trouble: str = ""
        self.attempts = 0
        self._guide = guide
        self._whole = asyncio.Event()
        self._whole.set()
        self._hurry = asyncio.Event()
        self._over = False

    @property
    def is_cut(self) -> bool:
        """Whether somebody cut it."""
        return not self._whole.is_set()

    def cut(self) -> None:
        """Break the line without a word of goodbye, as a failing network does; nothing gets through until `restore`."""
        self._whole.clear()
        self._break()

    def restore(self) -> None:
        """Mend the line; the next attempt is made at once. A line that has ended stays so."""
        if not self._over:
            self._whole.set()
            self.hurry()

    def end(self) -> None:
        """Cut the line for good: the station must not say anything any more."""
        self._over = True
        self.cut()

    def hurry(self) -> None:
        """Do not wait for the next attempt to connect."""
        self._hurry.set()

    @abstractmethod
    def _break(self) -> None:
        """Let go of the connection there is, if there is one."""

    @abstractmethod
    async def _connection(self, way: Way) -> bool:
        """One connection from its attempt to its end; whether it was made."""

    async def _keep_up(self) -> None:
        """Connect and reconnect until cancelled."""
        attempt = 0
        while True:
            await self._whole.wait()
            self._hurry.clear()
            way = self._guide.way()
            if way is None:
                await self._hurry.wait()
                continue
            self.attempts += 1
            if await self._connection(way):
                attempt = 0
            delay = self._guide.back_off().delay(attempt, random.random())
            attempt = min(attempt + 1, MOST_DOUBLINGS)
            await self._pause(max(LEAST_WAIT, delay))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()


__all__ = ["LEAST_WAIT", "MOST_DOUBLINGS", "Guide", "KeptUp"]
