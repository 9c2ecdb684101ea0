"""Jobs under way: each a task of its own; what comes of it is told to the core as an input."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from pilotwire.clock import Clock
from pilotwire.errors import MisuseError, PilotwireError
from pilotwire.station.core.inputs import Input, JobDone, JobFailed, JobNews
from pilotwire.station.core.jobs import Job, News, Result
from pilotwire.station.ending import end
from pilotwire.station.files import Files
from pilotwire.station.hardware.ports import HardwareDriver
from pilotwire.station.keys.ports import KeyStore

_log = structlog.get_logger("pilotwire.station.jobs")

Tell = Callable[[News], None]
"""Tells the core how far a job is."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What workers work with. `variable` gives the value of a variable by its written name; `keys` None: keys are among the files."""

    identity: str
    clock: Clock
    files: Files
    variable: Callable[[str], str]
    hardware: HardwareDriver | None = None
    keys: KeyStore | None = None


Worker = Callable[[Any, Tools, Tell], Awaitable[Result]]
"""Does a job; raises `PilotwireError` with a sentence if it cannot be done."""


class Jobs:
    """The jobs of one station. `feed` takes what is told of them."""

    def __init__(self, workers: Mapping[type[Job], Worker], tools: Tools, feed: Callable[[Input], None]) -> None:
        self._workers = workers
        self._tools = tools
        self._feed = feed
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def undertake(self, ref: int, job: Job) -> None:
        """Begin a job."""
        worker = self._workers.get(type(job))
        if worker is None:
            raise MisuseError(f"Nobody does a {type(job).__name__}.")
        task = asyncio.get_running_loop().create_task(self._do(ref, job, worker))
        self._tasks[ref] = task
        task.add_done_callback(lambda done: self._over(ref, done))

    def _over(self, ref: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(ref) is task:
            del self._tasks[ref]

    async def _do(self, ref: int, job: Job, worker: Worker) -> None:
        def heard(thing: Input) -> None:
            if self._tasks.get(ref) is asyncio.current_task():  # an abandoned job is heard no more
                self._feed(thing)

        try:
            result = await worker(job, self._tools, lambda news: heard(JobNews(ref, news)))
        except PilotwireError as error:
            heard(JobFailed(ref, str(error)))
        except Exception as error:
            _log.error("a job failed", station=self._tools.identity, job=type(job).__name__, exc_info=error)
            heard(JobFailed(ref, f"A mistake in Pilotwire: {type(error).__name__}: {error}."))
        else:
            heard(JobDone(ref, result))

    def abandon(self, ref: int) -> None:
        """Stop a job, if it is still under way."""
        task = self._tasks.pop(ref, None)
        if task is not None:
            task.cancel()

    async def abandon_all(self) -> None:
        """Stop all jobs: the core that asked for them is gone."""
        tasks, self._tasks = tuple(self._tasks.values()), {}
        await end(tasks)
