"""Tasks are ended for good: a driver or a library may swallow a cancellation that meets its result."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

AGAIN_AFTER: Final = 1.0
"""Seconds after which a task that still runs is cancelled again."""


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel them until all are done; how they ended is nobody's concern any more."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=AGAIN_AFTER)
        for task in done:
            if not task.cancelled():
                task.exception()
