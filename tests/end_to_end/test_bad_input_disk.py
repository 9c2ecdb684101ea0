"""A database that can suddenly not be written: nothing is confirmed that is not stored, nothing stored is lost, and it heals by itself."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from pilotwire.clock import SystemClock
from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import Direction, LogFrame
from pilotwire.simulator.showcase import STORIES, Story
from tests.support.crash_books import Books, check_books, said_in
from tests.support.crash_processes import (
    DISK_FREE,
    DISK_FULL,
    Driver,
    FrameFile,
    Life,
    live_on_a_small_disk,
    station_of,
)
from tests.support.good_station import GOOD, VERSIONS, Charge, check_booked, running
from tests.support.raw_station import BOOT, station

OTHER = "OTHER-1"


def _pragma(csms: Csms, text: str) -> None:
    """Change a setting of the one connection that writes."""
    journal: Any = csms.journal
    journal._run.__self__._connection.execute(f"PRAGMA {text}").fetchall()


@asynccontextmanager
async def _read_only(csms: Csms, path: Path) -> AsyncIterator[None]:
    _pragma(csms, "query_only = 1")
    yield
    _pragma(csms, "query_only = 0")


@asynccontextmanager
async def _full(csms: Csms, path: Path) -> AsyncIterator[None]:
    """No page more than there are; and somebody says something long, which is to be kept as soon as there is room."""
    _pragma(csms, "max_page_count = 1")
    csms.journal.note(
        LogFrame(
            station="TALKER",
            at=csms.clock.now(),
            direction=Direction.IN,
            message_id="",
            action="",
            frame="x" * 300_000,
        )
    )
    yield
    _pragma(csms, "max_page_count = 1000000")


@asynccontextmanager
async def _moved_away(csms: Csms, path: Path) -> AsyncIterator[None]:
    away = path.with_suffix(".away")
    os.rename(path, away)
    yield
    os.rename(away, path)


@asynccontextmanager
async def _locked(csms: Csms, path: Path) -> AsyncIterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _pragma(csms, "busy_timeout = 50")
    yield
    other.execute("ROLLBACK")
    other.close()


TROUBLES: dict[str, tuple[Callable[..., Any], str]] = {
    # what is wrong: how it comes and goes, what is told about it
    "read-only": (_read_only, "read-only"),
    "full": (_full, "is full"),
    "moved away": (_moved_away, "removed or replaced"),
    "locked": (_locked, "locked by another program"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_database_that_cannot_be_written(trouble: str, version: str, tmp_path: Path) -> None:
    """1013, so that the station keeps what it says of a transaction; others and all reading go on; then it is booked, once.

    What is not about a transaction is answered with InternalError, and the connection stays.
    """
    begin, sentence = TROUBLES[trouble]
    async with (
        running(tmp_path, http=create_api, no_auth=True) as csms,
        httpx.AsyncClient(base_url=f"{csms.urls.http}/api/v1", trust_env=False) as api,
        station(csms, OTHER, version) as other,
        station(csms, GOOD, version) as line,
    ):
        await line.boot()
        charge = Charge(line)
        assert (await charge.begin())[0] == 3
        async with begin(csms, tmp_path / "csms.db"):
            assert "currentTime" in await line.ask("Heartbeat", {})
            with pytest.raises(ConnectionClosed):
                await charge.sample()
            assert (await line.ending())[0] == 1013
            refused = await other.call("BootNotification", BOOT[version])
            assert refused[:1] + refused[2:3] == [4, "InternalError"]
            assert "stored" in refused[3]
            async with station(csms, "NEW-1", version) as new:
                code, reason = await new.ending()
                assert (code, "try again later" in reason) == (1013, True)
            assert (await api.get("/transactions")).json()["items"][0]["transactionId"] == charge.transaction_id
            told = await api.put("/tokens/another?type=ISO14443", json={"status": "Accepted"})
            assert (told.status_code, sentence in told.text) == (503, True), told.text
            assert told.headers["content-type"].startswith("application/problem+json")
        async with station(csms, GOOD, version) as charge.line:
            assert (await charge.sample())[0] == (await charge.end())[0] == 3
        assert (await other.boot())["status"] == "Accepted"
        async with station(csms, "NEW-1", version) as new:
            assert (await new.boot())["status"] == "Accepted"
        await check_booked(csms)
        assert (await api.put("/tokens/another?type=ISO14443", json={"status": "Accepted"})).is_success
        samples = await csms.store.log(GOOD, action="MeterValues" if version == "ocpp1.6" else "TransactionEvent")
        said = "MeterValues" if version == "ocpp1.6" else "Updated"
        again = [frame for frame in samples if frame.direction is Direction.IN and said in frame.frame]
        assert len(again) == 2, "what was said meanwhile is in the log"
    async with running(tmp_path) as csms:
        await check_booked(csms)


@pytest.mark.req("E13.FR.02")
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.version.value)
async def test_a_full_disk_in_the_middle_of_a_charge(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No byte can be written for a while, to the log neither: our station keeps all, it is booked when there is room, no Wh is missing."""
    csms = Life(live_on_a_small_disk, str(tmp_path / "csms.db"), str(tmp_path / "csms.log"))
    told = csms.heard(30)
    assert told is not None
    sent_away = asyncio.Event()
    frames = FrameFile(tmp_path / "frames.jsonl", None)

    def on_frame(direction: Any, data: bytes, at: Any) -> None:
        frames.note(direction, data, at)

    done: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
    async with station_of(story, f"ws://127.0.0.1:{told[1]}", tmp_path, on_frame) as charging, asyncio.timeout(20):
        line_down = charging.line_down

        def told_down(reason: str) -> None:
            if "try again later" in reason:
                sent_away.set()
            line_down(reason)

        monkeypatch.setattr(charging, "line_down", told_down)
        driver = Driver(charging, story)
        driving = asyncio.ensure_future(driver.drive(done.set_result))
        while driver.delivered < story.energy_wh // 4:
            await asyncio.sleep(0.02)
        csms.signal(DISK_FULL)
        await sent_away.wait()
        while driver.delivered < story.energy_wh // 2:
            await asyncio.sleep(0.02)
        csms.signal(DISK_FREE)
        _, delivered = await done
        driving.cancel()
    assert csms.kill() == -9
    async with open_store(str(tmp_path / "csms.db"), clock=SystemClock()) as opened:
        books = await Books.of(opened.store, story.station)
    check_books(books, said_in(tmp_path / "frames.jsonl"))
    assert len(books.transactions) == 1
    log = (tmp_path / "csms.log").read_text()
    assert "station connected" in log
    assert "Traceback" not in log
    assert books.energy == delivered >= story.energy_wh
