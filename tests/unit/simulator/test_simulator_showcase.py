"""The stories of the demo, one at a time, at our own CSMS with its REST API; and what counts as right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.api.app import create_api
from pilotwire.csms.app import Csms
from pilotwire.errors import NotReachable, StoreError
from pilotwire.simulator import showcase as module
from pilotwire.simulator.backend import Backend
from pilotwire.simulator.showcase import STORIES, Result, Showcase, Story
from tests.support.raw_station import settings


@asynccontextmanager
async def backend_of(csms: Csms) -> AsyncIterator[Backend]:
    """A client of the CSMS's API."""
    backend = Backend(csms.urls.http or "")
    try:
        yield backend
    finally:
        await backend.close()


@asynccontextmanager
async def showing(folder: Path, *stories: Story) -> AsyncIterator[Showcase]:
    """A showcase at a CSMS of its own."""
    async with Csms(settings(no_auth=True), http=create_api) as csms, backend_of(csms) as backend:
        yield Showcase(
            csms_url=csms.urls.ocpp, backend=backend, folder=folder, clock=SystemClock(), speed=600, stories=stories
        )


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.station)
async def test_a_story_ends_well(story: Story, tmp_path: Path) -> None:
    """Every Wh is booked once; who started and stopped it is on record; a lost line only makes it late."""
    async with showing(tmp_path, story) as showcase:
        (result,) = await showcase.run()
        (progress,) = showcase.progress
    assert result.right
    assert result.delivered_wh > 0.5 * story.energy_wh
    expected = {"tap": "Local", "remote": "Remote", "unplug": "EVDisconnected"}[story.ends]
    assert result.stopped_reason == expected
    assert result.transaction_id
    assert (result.events >= 2, result.messages > 4) == (True, True)
    assert (result.late_by > 0.2) is story.loses_line
    assert (progress.step, progress.waiting) == ("done", 0)
    assert progress.delivered_wh > 0
    assert progress.soc > story.soc


async def test_the_stories_are_told_side_by_side(tmp_path: Path) -> None:
    """All three versions at once, at one CSMS."""
    async with showing(tmp_path, *STORIES) as showcase:
        results = await showcase.run()
    assert [result.story.station for result in results] == [story.station for story in STORIES]
    assert all(result.right for result in results)
    assert {story.version.value for story in STORIES} == {"1.6", "2.0.1", "2.1"}


_RIGHT = Result(story=STORIES[0], delivered_wh=7000, booked_wh=Decimal(7000), transactions=1)


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, True),
        ({"booked_wh": Decimal("7000.0")}, True),
        ({"booked_wh": Decimal(6999)}, False),
        ({"booked_wh": Decimal("7000.5")}, False),
        ({"booked_wh": None}, False),
        ({"transactions": 2}, False),
        ({"transactions": 0, "booked_wh": None}, False),
        ({"delivered_wh": 7001}, False),
        ({"delivered_wh": 0, "booked_wh": Decimal(0)}, False),
    ],
)
def test_right_is_one_transaction_with_exactly_the_energy(change: dict[str, object], right: bool) -> None:
    """A Wh too many is as wrong as one too few; no energy at all is no charge."""
    assert replace(_RIGHT, **change).right is right  # type: ignore[arg-type]


async def test_a_csms_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By its address, before any story begins."""
    backend = Backend("http://127.0.0.1:9")
    showcase = Showcase(csms_url="ws://127.0.0.1:9", backend=backend, folder=tmp_path, clock=SystemClock())
    with pytest.raises(NotReachable, match=r"127\.0\.0\.1:9"):
        await showcase.run()
    await backend.close()


async def test_a_story_that_gets_stuck_is_told_and_ends_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which station, which step, what its line complains of; nothing runs on."""
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    before = asyncio.all_tasks()
    async with showing(tmp_path, STORIES[1], STORIES[2]) as showcase:
        showcase.csms_url = "ws://127.0.0.1:9"
        with pytest.raises(
            NotReachable, match=r"came no further than 'connects' within 1 s\. Nothing takes connections"
        ):
            await showcase.run()
    assert {task for task in asyncio.all_tasks() - before if "_live" in repr(task) or "_watch" in repr(task)} == set()


async def test_a_station_that_stops_ends_its_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, with its reason."""

    def full(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.", "Make room.")

    monkeypatch.setattr("pilotwire.station.storage.sqlite.SqliteStorage.commit", full)
    async with showing(tmp_path, STORIES[2]) as showcase:
        with pytest.raises(NotReachable, match=r"SHOW-21 has stopped: The disk is full"):
            await showcase.run()
