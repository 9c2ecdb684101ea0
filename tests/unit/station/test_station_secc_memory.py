"""Paused sessions outlive the process; what cannot be read or written is a line in the log and a new session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pilotwire.errors import StoreError
from pilotwire.iso15118.charging import Control, Identification, Paused, Speaks, Transfer
from pilotwire.station.secc.memory import LONGEST, MOST, SHELF, Memory
from pilotwire.station.storage import MemoryStorage, SqliteStorage, Storage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SLEEPER = Paused(
    bytes.fromhex("00112233445566FF"),
    Speaks.ISO20_DC,
    b"\x01\x02\xff" * 20,
    Identification.PNC,
    Transfer.DC_BPT,
    Control.DYNAMIC,
    schedule_id=7,
    parameter_set=2,
    facts={"mobility": 1, "pricing": 2, "services": [6, 7], "emaid": "DE8ACC12345678", "contract": ["3082", "3081"]},
)


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["memory", "file"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    kept: Storage = MemoryStorage() if request.param == "memory" else SqliteStorage(tmp_path / "station.db")
    yield kept
    kept.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def numbered(number: int) -> Paused:
    """A session of another id."""
    return replace(SLEEPER, session_id=number.to_bytes(8, "big"))


def test_a_session_is_as_it_was_after_a_start(storage: Storage, clock: Clock) -> None:
    """Every field of it, in a memory that was made anew."""
    Memory(storage, 1, clock).keep(SLEEPER)
    assert Memory(storage, 1, clock).recall(SLEEPER.session_id) == SLEEPER


def test_a_session_that_goes_on_is_kept_no_more(storage: Storage, clock: Clock) -> None:
    memory = Memory(storage, 1, clock)
    memory.keep(SLEEPER)
    memory.forget(SLEEPER.session_id)
    memory.forget(SLEEPER.session_id)
    assert memory.recall(SLEEPER.session_id) is None
    assert Memory(storage, 1, clock).recall(SLEEPER.session_id) is None


def test_a_cable_knows_its_own_vehicle_only(storage: Storage, clock: Clock) -> None:
    """EVSE 1 does not have what was paused at EVSE 11, nor does unplugging there end it."""
    memory = Memory(storage, 11, clock)
    memory.keep(SLEEPER)
    other = Memory(storage, 1, clock)
    assert other.recall(SLEEPER.session_id) is None
    other.unplugged()
    assert Memory(storage, 11, clock).recall(SLEEPER.session_id) == SLEEPER


def test_who_pulls_the_plug_has_ended_the_session(storage: Storage, clock: Clock) -> None:
    memory = Memory(storage, 1, clock)
    memory.keep(SLEEPER)
    memory.unplugged()
    assert memory.recall(SLEEPER.session_id) is None
    assert storage.shelf(SHELF) == {}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_session_is_forgotten_after_a_week(storage: Storage, clock: Clock, restarted: bool) -> None:
    """Not a moment earlier, and then from the storage too."""
    memory = Memory(storage, 1, clock)
    memory.keep(SLEEPER)
    clock.now = NOON + LONGEST
    memory = Memory(storage, 1, clock) if restarted else memory
    assert memory.recall(SLEEPER.session_id) == SLEEPER
    clock.now += timedelta(seconds=1)
    memory = Memory(storage, 1, clock) if restarted else memory
    assert memory.recall(SLEEPER.session_id) is None
    assert storage.shelf(SHELF) == {}


def test_a_clock_that_starts_in_the_past_forgets_nothing(storage: Storage, clock: Clock) -> None:
    Memory(storage, 1, clock).keep(SLEEPER)
    clock.now = datetime(1970, 1, 1, tzinfo=UTC)
    assert Memory(storage, 1, clock).recall(SLEEPER.session_id) == SLEEPER


def test_the_oldest_make_room(storage: Storage, clock: Clock) -> None:
    """Vehicles that never come back do not fill the storage."""
    memory = Memory(storage, 1, clock)
    for number in range(1, MOST + 3):
        clock.now += timedelta(seconds=1)
        memory.keep(numbered(number))
    again = Memory(storage, 1, clock)
    kept = [number for number in range(1, MOST + 3) if again.recall(numbered(number).session_id)]
    assert kept == list(range(3, MOST + 3))


@pytest.mark.parametrize(
    "content", ["", "{}", "no JSON", '{"at":"2026-01-01T12:00:00","paused":{}}', '{"at":"2026-01-01T12:00:00Z"}']
)
def test_a_row_that_cannot_be_read_is_told_and_dropped(storage: Storage, clock: Clock, content: str) -> None:
    """The others are there."""
    Memory(storage, 1, clock).keep(SLEEPER)
    storage.put(SHELF, "1/bad", content)
    with capture_logs() as lines:
        memory = Memory(storage, 1, clock)
    assert [(one["event"], one["session"], one["log_level"]) for one in lines] == [
        ("a paused session cannot be read", "1/bad", "warning")
    ]
    assert memory.recall(SLEEPER.session_id) == SLEEPER
    assert "1/bad" not in storage.shelf(SHELF)


class Full(MemoryStorage):
    """A disk that takes nothing, and gives nothing."""

    def shelf(self, name: str) -> dict[str, str]:
        raise StoreError("The disk is gone.")

    def put(self, shelf: str, key: str, content: str | None) -> None:
        raise StoreError("The disk is full.")


def test_a_full_disk_is_told_and_the_session_is_kept_while_the_station_runs(clock: Clock) -> None:
    with capture_logs() as lines:
        memory = Memory(Full(), 1, clock)
        memory.keep(SLEEPER)
    assert [one["why"] for one in lines] == ["The disk is gone.", "The disk is full."]
    assert memory.recall(SLEEPER.session_id) == SLEEPER


def test_facts_that_are_no_json_are_told(storage: Storage, clock: Clock) -> None:
    with capture_logs() as lines:
        memory = Memory(storage, 1, clock)
        memory.keep(replace(SLEEPER, facts={"odd": object()}))
    assert [one["event"] for one in lines] == ["a paused session is not kept for after a restart"]
    assert memory.recall(SLEEPER.session_id) is not None
