"""The SQLite file: shared by many, on disk when a commit returns, and a sentence when it cannot."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilotwire.domain.security import SecurityEvent
from pilotwire.errors import StoreError
from pilotwire.station.core import Entry, Forget, Keep, Save
from pilotwire.station.core.memory import StationMemory
from pilotwire.station.storage import SqliteFile, SqliteStorage
from tests.support.station_world import StationWorld

ENTRY = Entry(number=1, fact=SecurityEvent(type="ResetOrReboot", at=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_fleet_shares_one_file(tmp_path: Path) -> None:
    """Each station sees only its own."""
    file = SqliteFile(tmp_path / "fleet.db")
    one, other = file.station("CS-1"), file.station("CS-2")
    one.commit([Keep(ENTRY), Save(StationMemory(boots=1))])
    other.commit([Save(StationMemory(boots=2))])
    other.commit([Forget((1,))])
    states = [storage.load() for storage in (one, other)]
    assert [state.part(StationMemory).boots for state in states if state] == [1, 2]
    assert [len(state.outbox) for state in states if state] == [1, 0]
    one.close()
    other.commit([Keep(ENTRY)])  # closing one station leaves the file open
    file.close()
    with pytest.raises(StoreError, match="closed"):
        other.commit([Keep(ENTRY)])


def test_shelves_of_a_fleet_are_each_stations_own(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "fleet.db")
    one, other = file.station("CS-1"), file.station("CS-2")
    one.put("shelf", "a", "mine")
    other.put("shelf", "a", None)
    assert (one.shelf("shelf"), other.shelf("shelf")) == ({"a": "mine"}, {})
    file.close()


def test_a_file_of_before_there_were_shelves_gets_them(tmp_path: Path) -> None:
    """And keeps its format: firmware that falls back still opens it, and what it knows is as it was."""
    path = tmp_path / "station.db"
    storage = SqliteStorage(path)
    storage.commit([Save(StationMemory(boots=3))])
    storage.close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE shelf")
    connection.commit()
    connection.close()
    storage = SqliteStorage(path)
    storage.put("shelf", "a", "kept")
    state = storage.load()
    assert state is not None
    assert (state.part(StationMemory).boots, storage.shelf("shelf")) == (3, {"a": "kept"})
    storage.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_all_or_nothing(tmp_path: Path) -> None:
    """One action of a commit cannot be done: none is."""
    file = SqliteFile(tmp_path / "station.db")
    storage = file.station("CS-1")
    storage.commit([Save(StationMemory(boots=1))])
    file.rows("CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(FAIL, 'no'); END")
    with pytest.raises(StoreError, match="could not be written"):
        storage.commit([Save(StationMemory(boots=2)), Keep(ENTRY)])
    state = storage.load()
    assert state is not None
    assert state.part(StationMemory).boots == 1


def test_it_is_synced_at_every_commit(tmp_path: Path) -> None:
    """WAL with synchronous=FULL."""
    file = SqliteFile(tmp_path / "station.db")
    assert file.rows("PRAGMA journal_mode") == [("wal",)]
    assert file.rows("PRAGMA synchronous") == [(2,)]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """With its path and what to do."""
    path = tmp_path / "station.db"
    path.write_bytes(b"this is a letter, not a database, and long enough to be looked at" * 20)
    with pytest.raises(StoreError, match=r"station\.db could not be opened") as caught:
        SqliteStorage(path)
    assert caught.value.remedy
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """No traceback of SQLite."""
    with pytest.raises(StoreError, match="could not be opened"):
        SqliteStorage(tmp_path / "nowhere" / "station.db")


@pytest.mark.parametrize(
    ("pragma", "why"), [("query_only=ON", "readonly database"), ("max_page_count=8", "database or disk is full")]
)
def test_a_disk_that_takes_no_more_is_told(tmp_path: Path, pragma: str, why: str) -> None:
    """Read-only or full: a StoreError that says so, and what was committed before is whole."""
    file = SqliteFile(tmp_path / "station.db")
    storage = file.station("CS-1")
    storage.commit([Save(StationMemory(boots=1))])
    file.rows(f"PRAGMA {pragma}")
    big = SecurityEvent(type="x" * 100_000, at=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(StoreError, match=why):
        storage.commit([Save(StationMemory(boots=2)), Keep(Entry(number=1, fact=big))])
    state = storage.load()
    assert state is not None
    assert (state.part(StationMemory).boots, state.outbox) == (1, ())


def test_a_newer_format_is_not_touched(tmp_path: Path) -> None:
    """It names both formats."""
    path = tmp_path / "station.db"
    SqliteStorage(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match="format 99"):
        SqliteStorage(path)


@pytest.mark.parametrize("table", ["outbox", "memory"])
def test_a_row_that_cannot_be_read_is_not_left_out(tmp_path: Path, table: str) -> None:
    """A damaged row is a StoreError, never a silently lost transaction."""
    path = tmp_path / "station.db"
    storage = SqliteStorage(path, station_id="CS-1")
    storage.commit([Keep(ENTRY), Save(StationMemory())])
    storage.close()
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE {table} SET {'entry' if table == 'outbox' else 'content'} = '{{\"number\": 1}}'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="unreadable"):
        SqliteStorage(path, station_id="CS-1").load()


def test_a_station_charges_with_a_file_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    """The whole core over a file: a charge interrupted by a kill is delivered once."""
    world = StationWorld(storage=SqliteStorage(tmp_path / "station.db", station_id="CS-1"))
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.cut()
    world.pass_time(60)
    world.storage.close()
    world.storage = SqliteStorage(tmp_path / "station.db", station_id="CS-1")
    world.kill()
    world.connect()
    assert world.csms.booked == {"tx-1": car.meter.delivered_wh}


WRITER = """
import sys
from datetime import UTC, datetime
from pilotwire.domain.security import SecurityEvent
from pilotwire.station.core import Entry, Keep
from pilotwire.station.storage import SqliteStorage
storage = SqliteStorage(sys.argv[1], station_id="CS-1")
number = 0
while True:
    number += 1
    storage.commit([Keep(Entry(number=number, fact=SecurityEvent(type="x", at=datetime(2026, 1, 1, tzinfo=UTC))))])
    print(number, flush=True)
"""


def test_what_was_committed_before_kill_9_is_there(tmp_path: Path) -> None:
    """A process is killed while it writes: everything it said it had committed is in the file, in order."""
    path = tmp_path / "station.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout if line.endswith("\n")]
    state = SqliteStorage(path, station_id="CS-1").load()
    assert state is not None
    numbers = [entry.number for entry in state.outbox]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= said[-1]
