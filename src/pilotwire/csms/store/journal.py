"""The journal: many stations' operations become durable in one commit, and only then is anybody told.

While one commit waits for the disk the next one gathers, so the busier the stations the larger the commits: nobody waits for a timer
and throughput does not hang on the disk's latency. Everything but the waiting happens on the event loop's thread: two threads at work
at once would only fight for the interpreter lock. What is out of the ordinary (a disk that fails, data that cannot be stored) is left to
the other thread as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from pilotwire.clock import Clock
from pilotwire.csms.store.listeners import LISTENER_LIMIT, Listener, Listeners
from pilotwire.csms.store.ports import KeepFinding, Operation
from pilotwire.csms.store.sql.trouble import DataRefused
from pilotwire.domain.findings import Finding, Severity
from pilotwire.errors import PilotwireError, StoreError

Outcome = list[Any] | PilotwireError
Run = Callable[[Sequence[Sequence[Operation]]], list[Outcome]]
"""Stores groups of operations durably and gives each group's results, or why it was not stored. Called in the journal's thread."""


class Halves(Protocol):
    """The same in two halves, for when nothing goes wrong."""

    def prepare(self, groups: Sequence[Sequence[Operation]]) -> list[list[Any]] | None:
        """Write the groups without waiting for anything and give their results; None if that cannot be: then nothing was done."""
        ...

    def commit(self) -> bool:
        """Make durable what was prepared, in the journal's thread. False if that failed: then nothing was stored."""
        ...


QUEUE_LIMIT = 5_000
"""Operations waiting for a commit before `append` itself waits."""

NOTE_LIMIT = 50_000
"""Noted operations waiting before more of them are dropped (and counted in a finding)."""

NOTE_SECONDS = 0.05
"""How long noted operations wait for an append to go along with."""

_RETRY_SECONDS = 1.0
_QUICK_LIMIT = 2_000
"""More operations than this are not written on the loop's thread: it has other things to do."""


class _Group:
    """What one appender wants stored together."""

    __slots__ = ("operations", "stored")

    def __init__(self, operations: Sequence[Operation], stored: asyncio.Future[Sequence[Any]]) -> None:
        self.operations = operations
        self.stored = stored


class _Batch:
    """What one commit is to store: operations nobody waits for (each by itself), then the appenders' groups."""

    __slots__ = ("appended", "noted", "prepared")

    def __init__(self, noted: list[Operation], appended: list[_Group]) -> None:
        self.noted = noted
        self.appended = appended
        self.prepared: list[list[Any]] | None = None

    def together(self) -> list[Sequence[Operation]]:
        """As groups, all noted ones being the first: for when nothing goes wrong."""
        return [self.noted, *(group.operations for group in self.appended)]

    def apart(self) -> list[Sequence[Operation]]:
        """As groups, each noted one by itself: for when one of them may be wrong."""
        return [*((operation,) for operation in self.noted), *(group.operations for group in self.appended)]

    def is_small(self) -> bool:
        """Whether it is soon written."""
        return len(self.noted) + sum(len(group.operations) for group in self.appended) <= _QUICK_LIMIT


class GroupJournal:
    """Gathers what is appended, hands it to one thread that stores it, and answers when it is durable. Belongs to one event loop."""

    def __init__(
        self,
        run: Run,
        *,
        clock: Clock,
        halves: Halves | None = None,
        queue_limit: int = QUEUE_LIMIT,
        note_limit: int = NOTE_LIMIT,
    ) -> None:
        self._run = run
        self._halves = halves
        self._clock = clock
        self._queue_limit = queue_limit
        self._note_limit = note_limit
        self._listeners = Listeners()
        self._appended: list[_Group] = []
        self._noted: list[Operation] = []
        self._queued = 0
        self._dropped = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.Handle | None = None
        self._room = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="pilotwire-journal", daemon=True)
        self._thread.start()

    # --- what others call -----------------------------------------------------------------------------------------------------------

    def append(self, *operations: Operation) -> Awaitable[Sequence[Any]]:
        """Store the operations together, in order; awaiting gives each one's result once all are durable.

        Waits first if very much is queued. Raises StoreError if they could not be stored: then none of them is.
        """
        if self._closed or self._queued >= self._queue_limit:
            return self._append_when_room(operations)
        return self._enqueued(operations)

    def note(self, operation: Operation) -> None:
        """Store an operation nobody waits for: committed with or before whatever is appended next, and soon anyway. Never blocks."""
        if self._closed or len(self._noted) >= self._note_limit:
            self._dropped += 1
            return
        self._noted.append(operation)
        if self._timer is None and self._idle.is_set():
            self._timer = self._on_loop().call_later(NOTE_SECONDS, self._hand_over)

    def committed(self, limit: int = LISTENER_LIMIT) -> Listener:
        """Every operation committed from now on with its result; ends for a listener more than `limit` behind."""
        return self._listeners.new(limit)

    async def close(self) -> None:
        """Store what is queued, then stop. What is appended later is refused."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._room.set()
            while not self._idle.is_set():
                await self._idle.wait()
                self._hand_over()
            self._batches.put(None)
            await asyncio.to_thread(self._thread.join)
            self._listeners.end()

    # --- gathering, on the loop's thread --------------------------------------------------------------------------------------------

    def _on_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    async def _append_when_room(self, operations: Sequence[Operation]) -> Sequence[Any]:
        while self._queued >= self._queue_limit and not self._closed:
            self._room.clear()
            await self._room.wait()
        if self._closed:
            raise StoreError("The store is closed: nothing can be written any more.")
        return await self._enqueued(operations)

    def _enqueued(self, operations: Sequence[Operation]) -> asyncio.Future[Sequence[Any]]:
        loop = self._on_loop()
        stored: asyncio.Future[Sequence[Any]] = loop.create_future()
        if not self._appended and self._idle.is_set():
            loop.call_soon(self._hand_over)  # at the end of this turn of the loop: what else it brings goes along
        self._appended.append(_Group(operations, stored))
        self._queued += len(operations)
        return stored

    def _hand_over(self) -> None:
        """Give the thread everything that waits, unless it is at work: then it will be given when that is done."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._idle.is_set() or not (self._noted or self._appended):
            return
        batch = _Batch([*self._noted, *self._count_of_dropped()], self._appended)
        self._noted, self._appended = [], []
        self._idle.clear()
        if self._halves is not None and batch.is_small():
            batch.prepared = self._halves.prepare(batch.together())
        self._batches.put(batch)

    def _count_of_dropped(self) -> list[Operation]:
        if not self._dropped:
            return []
        what = (
            f"{self._dropped} frames are missing from the log: the database could not take them as fast as they came."
        )
        self._dropped = 0
        finding = Finding(
            station="", at=self._clock.now(), rule="csms.log-incomplete", severity=Severity.NOTE, what=what
        )
        return [KeepFinding(finding=finding)]

    def _done(self, batch: _Batch, groups: list[Sequence[Operation]], outcomes: Sequence[Outcome]) -> None:
        """The commit is over: `outcomes` are those of `groups`, the last of which are the appenders'."""
        self._idle.set()
        noted = len(outcomes) - len(batch.appended)
        for group, outcome in zip(batch.appended, outcomes[noted:], strict=True):
            self._resolve(group, outcome)
        if self._listeners:
            self._listeners.tell(_told(groups, outcomes))
        if self._queued < self._queue_limit:
            self._room.set()
        failed = self._not_written(groups[:noted], outcomes)
        self._keep_for_later(failed)
        if self._appended or (self._noted and not failed):
            self._on_loop().call_soon(self._hand_over)  # first those are answered whose words are stored

    def _resolve(self, group: _Group, outcome: Outcome) -> None:
        self._queued -= len(group.operations)
        if group.stored.done():  # gave up waiting
            return
        if isinstance(outcome, PilotwireError):
            group.stored.set_exception(outcome)
        else:
            group.stored.set_result(outcome)

    def _not_written(self, noted: Sequence[Sequence[Operation]], outcomes: Sequence[Outcome]) -> list[Operation]:
        """Noted operations that the disk kept from being stored; those whose own data did are dropped."""
        failed: list[Operation] = []
        for operations, outcome in zip(noted, outcomes, strict=False):
            if isinstance(outcome, DataRefused):
                self._dropped += len(operations)
            elif isinstance(outcome, PilotwireError):
                failed.extend(operations)
        return failed

    def _keep_for_later(self, failed: list[Operation]) -> None:
        """Noted operations that could not be written wait for the disk, as many as may wait."""
        if failed and not self._closed:
            waiting = [*failed, *self._noted]
            self._dropped += max(0, len(waiting) - self._note_limit)
            self._noted = waiting[-self._note_limit :]
            self._timer = self._on_loop().call_later(_RETRY_SECONDS, self._hand_over)

    # --- writing, in the thread -----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            groups, outcomes = self._stored(batch)
            loop = self._loop
            if loop is None or loop.is_closed():
                return
            try:
                loop.call_soon_threadsafe(self._done, batch, groups, outcomes)
            except RuntimeError:  # the loop was closed in this moment: nobody waits for an answer any more
                return

    def _stored(self, batch: _Batch) -> tuple[list[Sequence[Operation]], Sequence[Outcome]]:
        """The batch as groups, and what became of each."""
        if self._halves is not None and batch.prepared is not None and self._halves.commit():
            return batch.together(), batch.prepared
        groups = batch.apart()
        try:
            return groups, self._run(groups)
        except Exception as error:
            return groups, [StoreError(f"The journal failed: {error!r}.", "Please report this.") for _ in groups]


def _told(groups: Sequence[Sequence[Operation]], outcomes: Sequence[Outcome]) -> list[tuple[Operation, Any]]:
    stored = (
        zip(operations, outcome, strict=True)
        for operations, outcome in zip(groups, outcomes, strict=True)
        if not isinstance(outcome, PilotwireError)
    )
    return list(chain.from_iterable(stored))
