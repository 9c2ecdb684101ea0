"""How the shell does the core's jobs: one worker for each kind of job, in a module of its street."""

from __future__ import annotations

from pilotwire.station.core.jobs import Job
from pilotwire.station.jobs.running import Jobs, Tell, Tools, Worker

WORKERS: dict[type[Job], Worker] = {}
"""Who does what. A new kind of job is one line here."""

__all__ = ["WORKERS", "Jobs", "Tell", "Tools", "Worker"]
