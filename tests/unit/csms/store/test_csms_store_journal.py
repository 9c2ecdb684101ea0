"""The journal's gathering, waiting and giving back, over a disk that does what the test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.store.journal import GroupJournal
from pilotwire.csms.store.ports import Direction, KeepFinding, LogFrame, Operation, RemoveStation
from pilotwire.csms.store.sql.trouble import DataRefused
from pilotwire.errors import StoreError
from tests.support.csms_store import at


class Disk:
    """Keeps what it is given: batches of groups; holds every commit back while `held`, refuses while `broken`."""

    def __init__(self) -> None:
        self.batches: list[list[Sequence[Operation]]] = []
        self.broken: StoreError | None = None
        self.free = threading.Event()
        self.free.set()
        self.entered = threading.Event()

    def run(self, groups: Sequence[Sequence[Operation]]) -> list[list[Any] | Exception]:
        self.entered.set()
        assert self.free.wait(30)
        if self.broken:
            return [self.broken for _ in groups]
        self.batches.append(list(groups))
        return [
            [operation.station for operation in group if isinstance(operation, RemoveStation)] or [None]
            for group in groups
        ]

    @property
    def stored(self) -> list[Operation]:
        return [operation for batch in self.batches for group in batch for operation in group]

    async def is_at_work(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 30)


@asynccontextmanager
async def journal_on(disk: Disk, **limits: Any) -> AsyncIterator[GroupJournal]:
    """A journal that is closed at the end."""
    journal = GroupJournal(disk.run, clock=ManualClock(), **limits)
    try:
        yield journal
    finally:
        disk.free.set()
        await journal.close()


def op(name: str) -> RemoveStation:
    """Any operation."""
    return RemoveStation(station=name)


def frame(name: str) -> LogFrame:
    """A frame to note."""
    return LogFrame(station="CS001", at=at(0), direction=Direction.IN, message_id=name, action="Heartbeat", frame="[]")


async def test_what_one_turn_of_the_loop_brings_is_one_commit() -> None:
    """Many appenders, one batch; each gets its own results."""
    disk = Disk()
    async with journal_on(disk) as journal:
        results = await asyncio.gather(*(journal.append(op(f"{n}a"), op(f"{n}b")) for n in range(20)))
    assert results == [[f"{n}a", f"{n}b"] for n in range(20)]
    assert [len(batch) for batch in disk.batches] == [20]


async def test_the_next_commit_gathers_while_one_waits_for_the_disk() -> None:
    """Whatever comes during a commit goes into the one after it, all together and in order."""
    disk = Disk()
    async with journal_on(disk) as journal:
        disk.free.clear()
        first = asyncio.ensure_future(journal.append(op("0")))
        await disk.is_at_work()
        others = [asyncio.ensure_future(journal.append(op(str(n)))) for n in range(1, 6)]
        await asyncio.sleep(0)
        assert not first.done()
        disk.free.set()
        await asyncio.gather(first, *others)
    assert [[group[0].station for group in batch] for batch in disk.batches] == [["0"], ["1", "2", "3", "4", "5"]]


async def test_nobody_is_told_before_the_commit() -> None:
    """Answered means stored."""
    disk = Disk()
    async with journal_on(disk) as journal:
        disk.free.clear()
        listener = journal.committed()
        stored, heard = asyncio.ensure_future(journal.append(op("a"))), asyncio.ensure_future(anext(listener))
        await disk.is_at_work()
        await asyncio.sleep(0)
        assert not stored.done()
        assert not heard.done()
        disk.free.set()
        assert await stored == ["a"]
        assert await heard == (op("a"), "a")


async def test_append_waits_when_very_much_is_queued() -> None:
    """Beyond the limit an appender waits for room, and is then stored."""
    disk = Disk()
    async with journal_on(disk, queue_limit=2) as journal:
        disk.free.clear()
        queued = [asyncio.ensure_future(journal.append(op(str(n)))) for n in range(2)]
        waiting = asyncio.ensure_future(journal.append(op("late")))
        await disk.is_at_work()
        assert journal._queued == 2
        disk.free.set()
        await asyncio.gather(*queued, waiting)
    assert [operation.station for operation in disk.stored] == ["0", "1", "late"]


async def test_an_appender_waiting_for_room_is_refused_when_the_journal_closes() -> None:
    """With a sentence, not with silence."""
    disk = Disk()
    journal = GroupJournal(disk.run, clock=ManualClock(), queue_limit=1)
    disk.free.clear()
    first = asyncio.ensure_future(journal.append(op("0")))
    waiting = asyncio.ensure_future(journal.append(op("1")))
    await disk.is_at_work()
    closing = asyncio.ensure_future(journal.close())
    with pytest.raises(StoreError, match="closed"):
        await waiting
    disk.free.set()
    await closing
    assert await first == ["0"]


async def test_an_appender_that_gave_up_is_stored_all_the_same() -> None:
    """A station that hung up has still said it; the others get their results."""
    disk = Disk()
    async with journal_on(disk) as journal:
        disk.free.clear()
        gone, stays = (
            asyncio.ensure_future(journal.append(op("gone"))),
            asyncio.ensure_future(journal.append(op("stays"))),
        )
        await disk.is_at_work()
        gone.cancel()
        disk.free.set()
        assert await stays == ["stays"]
    assert [operation.station for operation in disk.stored] == ["gone", "stays"]


async def test_noted_frames_go_before_what_is_appended_next() -> None:
    """In the order they were noted."""
    disk = Disk()
    async with journal_on(disk) as journal:
        for name in "ab":
            journal.note(frame(name))
        await journal.append(op("x"))
        assert disk.stored == [frame("a"), frame("b"), op("x")]


async def test_noted_frames_do_not_wait_for_ever() -> None:
    """Nobody appends, and they are committed all the same."""
    disk = Disk()
    async with journal_on(disk) as journal:
        listener = journal.committed()
        journal.note(frame("alone"))
        assert (await anext(listener))[0] == frame("alone")


async def test_frames_beyond_the_limit_are_dropped_and_counted() -> None:
    """`note` never blocks; what is missing from the log is said in a finding."""
    disk = Disk()
    async with journal_on(disk, note_limit=3) as journal:
        for number in range(5):
            journal.note(frame(str(number)))
        await journal.append(op("x"))
        kept = [operation.message_id for operation in disk.stored if isinstance(operation, LogFrame)]
        (told,) = [operation.finding for operation in disk.stored if isinstance(operation, KeepFinding)]
    assert kept == ["0", "1", "2"]
    assert told.what.startswith("2 frames are missing")


async def test_a_disk_that_fails_fails_the_appenders_and_nobody_later() -> None:
    """Each gets the sentence; when the disk is well the next append is stored, with the frames noted meanwhile."""
    disk = Disk()
    async with journal_on(disk) as journal:
        disk.broken = StoreError("The disk is full.", "Free some.")
        journal.note(frame("kept"))
        results = await asyncio.gather(journal.append(op("a")), journal.append(op("b")), return_exceptions=True)
        assert [str(each) for each in results] == ["The disk is full. Free some."] * 2
        disk.broken = None
        assert await journal.append(op("c")) == ["c"]
    assert disk.stored == [frame("kept"), op("c")]


async def test_a_frame_that_cannot_be_stored_is_not_tried_again() -> None:
    """Its data is at fault, so it is dropped and counted."""
    disk = Disk()
    async with journal_on(disk) as journal:
        disk.broken = DataRefused("No such characters.")
        journal.note(frame("bad"))
        with pytest.raises(StoreError, match="characters"):
            await journal.append(op("a"))
        disk.broken = None
        await journal.append(op("c"))
    assert [type(operation) for operation in disk.stored] == [KeepFinding, RemoveStation]


async def test_a_bug_in_the_writer_reaches_the_appender_as_a_sentence() -> None:
    """The thread lives on."""
    disk = Disk()
    async with journal_on(disk) as journal:
        disk.run, run = None, disk.run  # type: ignore[method-assign, assignment]
        journal._run = lambda groups: 1 / 0  # type: ignore[assignment,return-value]
        with pytest.raises(StoreError, match="ZeroDivisionError"):
            await journal.append(op("a"))
        journal._run = run
        assert await journal.append(op("b")) == ["b"]


class Halves:
    """Prepares on the loop's thread and commits in the journal's; `refuses` says at which of the two it does not work out."""

    def __init__(self) -> None:
        self.refuses = ""
        self.prepared: list[list[Operation]] = []
        self.committed: list[list[Operation]] = []
        self.threads: list[threading.Thread] = []

    def prepare(self, groups: Sequence[Sequence[Operation]]) -> list[list[Any]] | None:
        self.threads.append(threading.current_thread())
        if self.refuses == "prepare":
            return None
        self.prepared.append([operation for group in groups for operation in group])
        return [[f"half {operation.station}" for operation in group] for group in groups]

    def commit(self) -> bool:
        self.threads.append(threading.current_thread())
        if self.refuses == "commit":
            return False
        self.committed.append(self.prepared[-1])
        return True


async def test_what_goes_well_is_written_on_the_loop_and_committed_in_the_thread() -> None:
    """Noted frames first, in one commit with what is appended; listeners hear of both."""
    disk, halves = Disk(), Halves()
    async with journal_on(disk, halves=halves) as journal:
        listener = journal.committed()
        journal.note(frame("f"))
        assert await journal.append(op("a"), op("b")) == ["half a", "half b"]
        assert [(await anext(listener))[0] for _ in range(3)] == [frame("f"), op("a"), op("b")]
    assert halves.committed == [[frame("f"), op("a"), op("b")]]
    assert (halves.threads[0], halves.threads[1]) == (threading.current_thread(), journal._thread)
    assert disk.stored == []


@pytest.mark.parametrize("half", ["prepare", "commit"])
async def test_what_does_not_go_well_is_done_in_the_thread(half: str) -> None:
    """All of it, each noted frame by itself, so that a bad one is told from the others."""
    disk, halves = Disk(), Halves()
    halves.refuses = half
    async with journal_on(disk, halves=halves) as journal:
        for name in "xy":
            journal.note(frame(name))
        assert await journal.append(op("a")) == ["a"]
    assert halves.committed == []
    assert disk.batches == [[(frame("x"),), (frame("y"),), (op("a"),)]]


async def test_very_much_at_once_does_not_hold_up_the_loop() -> None:
    """A pile of frames that waited for a bad disk is written in the thread."""
    disk, halves = Disk(), Halves()
    async with journal_on(disk, halves=halves) as journal:
        for number in range(2_001):
            journal.note(frame(str(number)))
        await journal.append(op("a"))
    assert halves.threads == []
    assert len(disk.stored) == 2_002


async def test_closing_stores_what_is_queued() -> None:
    """Nothing handed over before is lost."""
    disk = Disk()
    journal = GroupJournal(disk.run, clock=ManualClock())
    appended = [asyncio.ensure_future(journal.append(op(str(n)))) for n in range(3)]
    journal.note(frame("last"))
    await asyncio.sleep(0)
    await journal.close()
    assert await asyncio.gather(*appended) == [["0"], ["1"], ["2"]]
    assert frame("last") in disk.stored
