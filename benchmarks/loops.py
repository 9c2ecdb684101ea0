"""What all processes of a benchmark have in common: the event loop they use, and how many files they may open."""

from __future__ import annotations

import asyncio
import resource


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()


def raise_file_limit() -> int:
    """Allow as many open files as this user may have; gives how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
