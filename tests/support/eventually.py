"""Waiting for something that nobody reports: looked at again and again, and given up in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar

_T = TypeVar("_T")
PATIENCE = 60.0
"""Seconds. Only what never comes about waits so long: a test that passes does not, and one on a slow, busy machine is not failed for it."""


async def eventually(condition: Callable[[], _T | Awaitable[_T]], *, timeout: float = PATIENCE, what: str = "") -> _T:
    """What `condition` gives as soon as it is true; AssertionError if it never becomes so."""
    seen: Any = None
    try:
        async with asyncio.timeout(timeout):
            while True:
                found = condition()
                seen = await found if isawaitable(found) else found
                if seen:
                    return seen  # type: ignore[no-any-return]
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"it never came about{': ' + what if what else ''} (last seen: {seen!r})") from None
