"""Work that takes its time and needs the world outside of the core: files to fetch and send, keys to make, signatures to check.

A street asks by `station.undertake(job, ...)`; the shell does it (`pilotwire.station.jobs`) and tells how it went. A job is a value:
what it needs to be done again after a restart is in it, or in the street's memory, for a job does not survive the process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Something for the shell to do; each kind is a subclass with what is needed, in the module of its street."""


@dataclass(frozen=True, slots=True)
class News:
    """How far a job is; each kind is a subclass."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job; each kind is a subclass. The plain one: it is done, and there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Working:
    """A job under way, and who wants to hear of it. `failed` is told a sentence that says why."""

    job: Job
    done: Callable[[Result], None]
    failed: Callable[[str], None]
    news: Callable[[News], None]
