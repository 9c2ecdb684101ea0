"""Live views of a journal: everybody who listens gets every committed operation, and nobody who is slow holds up the journal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any
from weakref import WeakSet

from pilotwire.csms.store.ports import Operation

LISTENER_LIMIT = 10_000
"""Operations a listener may be behind before it is told, by the end of its iteration, that it is too slow."""


class Listener(AsyncIterator[tuple[Operation, Any]]):
    """One listener: operations and their results from the moment it was made. It ends when it is too slow or the journal closes."""

    def __init__(self, limit: int = LISTENER_LIMIT) -> None:
        self._limit = limit
        self._waiting: deque[tuple[Operation, Any]] = deque()
        self._news = asyncio.Event()
        self._ended = False

    def put(self, committed: Iterable[tuple[Operation, Any]]) -> bool:
        """Take what was committed; False if this listener is over its limit and has been ended (what it has it may still read)."""
        for entry in committed:
            if len(self._waiting) >= self._limit:
                self.end()
                return False
            self._waiting.append(entry)
        self._news.set()
        return True

    def end(self) -> None:
        """Let the iteration end after what is waiting."""
        self._ended = True
        self._news.set()

    async def __anext__(self) -> tuple[Operation, Any]:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()


class Listeners:
    """All listeners of a journal. One that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        self._all: WeakSet[Listener] = WeakSet()

    def __bool__(self) -> bool:
        return bool(self._all)

    def new(self, limit: int = LISTENER_LIMIT) -> Listener:
        """A listener to everything told from now on."""
        listener = Listener(limit)
        self._all.add(listener)
        return listener

    def tell(self, committed: Iterable[tuple[Operation, Any]]) -> None:
        """Give committed operations with their results to every listener."""
        entries = tuple(committed)
        for listener in tuple(self._all):
            if not listener.put(entries):
                self._all.discard(listener)

    def end(self) -> None:
        """The journal closes: every iteration ends after what is waiting."""
        for listener in tuple(self._all):
            listener.end()
        self._all.clear()
