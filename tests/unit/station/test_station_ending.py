"""Tasks are ended for good."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilotwire.station import ending
from pilotwire.station.ending import end


async def _hard_of_hearing(times: int) -> None:
    for _ in range(times):
        try:
            await asyncio.Future()
        except asyncio.CancelledError:
            continue
    await asyncio.Future()


async def _fails() -> None:
    raise RuntimeError("it failed")


@pytest.mark.parametrize("swallowed", [0, 1, 3])
async def test_a_task_that_swallows_cancellations_ends(swallowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cancelled until it is done; so a maker's driver cannot keep a station from stopping."""
    monkeypatch.setattr(ending, "AGAIN_AFTER", 0.001)
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(one) for one in (_hard_of_hearing(swallowed), _fails())]
    await asyncio.sleep(0)
    await end(tasks)
    assert all(task.done() for task in tasks)
    assert tasks[0].cancelled()


async def test_nothing_to_end() -> None:
    """Is fine."""
    await end(())
