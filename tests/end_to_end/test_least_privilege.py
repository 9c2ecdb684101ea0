"""Least privilege: files that hold secrets are their owner's, and no foreign page in a browser presses buttons at a station."""

from __future__ import annotations

import stat
from pathlib import Path

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.store.open import open_store
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from tests.support.station_lab import MemoryStorage, build, on_disk


def mode_of(file: Path) -> str:
    """The permissions, as `ls` has them."""
    return stat.filemode(file.stat().st_mode)


async def test_a_new_database_is_its_owners(tmp_path: Path) -> None:
    """Passwords of stations are hashes in it, but tokens and names are not; its companions have the same permissions."""
    async with open_store(f"sqlite:///{tmp_path / 'csms.db'}", clock=SystemClock()):
        assert {mode_of(tmp_path / name) for name in ("csms.db", "csms.db-wal")} == {"-rw-------"}


def test_what_a_station_keeps_is_its_owners(tmp_path: Path) -> None:
    """The password for its backend is among it."""
    on_disk(tmp_path)
    (kept,) = tmp_path.glob("*.db")
    assert mode_of(kept) == "-rw-------"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ({}, 200),
        ({"origin": "http://station"}, 200),
        ({"origin": "http://evil.example"}, 401),
        ({"origin": "null"}, 401),
    ],
    ids=["a program", "its own page", "a foreign page", "a file"],
)
async def test_only_the_stations_own_page_presses_buttons(origin: dict[str, str], status: int) -> None:
    """Programs send no Origin; looking is free."""
    station = build("ws://127.0.0.1:1", "2.0.1", MemoryStorage())
    app = control_api(station, make_vehicle)
    async with station, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://station") as page:
        assert (await page.post("/plug", headers=origin)).status_code == status
        assert (await page.get("/status", headers=origin)).status_code == 200
