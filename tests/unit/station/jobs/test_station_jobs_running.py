"""Jobs of the shell: done, failed, abandoned; what is told of them reaches the core as inputs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from pilotwire.clock import ManualClock
from pilotwire.errors import MisuseError, NotReachable
from pilotwire.station.core import Input, Job, JobDone, JobFailed, JobNews, News, Result
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs import Jobs, Tell, Tools
from tests.support.eventually import eventually


@dataclass(frozen=True, slots=True)
class Dig(Job):
    depth: int


async def _dig(job: Dig, tools: Tools, tell: Tell) -> Result:
    tell(News())
    if job.depth == 13:
        raise NotReachable("The shovel is broken.")
    if job.depth == 14:
        raise ValueError("never thought of")
    if job.depth > 14:
        await asyncio.Event().wait()
    return Result()


class Hole:
    def __init__(self) -> None:
        self.heard: list[Input] = []
        clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
        tools = Tools("CS001", clock, MemoryFiles(), lambda _: "")
        self.jobs = Jobs({Dig: _dig}, tools, self.heard.append)


async def test_a_job_tells_how_far_it_is_and_what_came_of_it() -> None:
    hole = Hole()
    hole.jobs.undertake(7, Dig(1))
    await eventually(lambda: len(hole.heard) == 2)
    assert hole.heard == [JobNews(7, News()), JobDone(7, Result())]


@pytest.mark.parametrize(
    ("depth", "why"), [(13, "The shovel is broken."), (14, "A mistake in Pilotwire: ValueError: never thought of.")]
)
async def test_a_job_that_cannot_be_done_says_why(depth: int, why: str) -> None:
    hole = Hole()
    hole.jobs.undertake(1, Dig(depth))
    await eventually(lambda: len(hole.heard) == 2)
    assert isinstance(hole.heard[1], JobFailed)
    assert hole.heard[1].why.startswith(why)


async def test_nothing_is_heard_of_an_abandoned_job() -> None:
    hole = Hole()
    hole.jobs.undertake(1, Dig(20))
    hole.jobs.undertake(2, Dig(21))
    await eventually(lambda: len(hole.heard) == 2)
    hole.jobs.abandon(1)
    await hole.jobs.abandon_all()
    assert hole.heard == [JobNews(1, News()), JobNews(2, News())]


async def test_a_job_that_nobody_does_is_a_mistake_of_ours() -> None:
    with pytest.raises(MisuseError):
        Hole().jobs.undertake(1, Job())
