"""What only the store on disk must do: survive, recover from a bad disk, keep one appender's bad data from the others."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.clock import ManualClock
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import (
    Direction,
    KeepFinding,
    LogFrame,
    PutStatus,
    RecordConnection,
    RegisterStation,
    RemoveStation,
)
from pilotwire.csms.store.sql import writer as writing
from pilotwire.csms.store.sql.codec import micros, moment_of
from pilotwire.csms.store.sql.engine import Database, open_database
from pilotwire.csms.store.sql.pending import ManyRows
from pilotwire.csms.store.sql.reader import SqlStore
from pilotwire.csms.store.sql.schema import FRAMES_IN_BLOCK
from pilotwire.csms.store.sql.trouble import DataRefused
from pilotwire.csms.store.sql.writer import Writer
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.identity import EvseAddress
from pilotwire.errors import StoreError
from tests.support.csms_store import NOON, at, book, charge_2x, event, register, start_16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open file."""
    database = open_database(tmp_path / "store.db")
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> Writer:
    """Who writes it."""
    return Writer(database.writer, database.path)


def ids(outcomes: list) -> list[str]:
    """The transactions booked, one a group."""
    return [outcome[0].transaction.transaction_id for outcome in outcomes]


def count(database: Database, table: str) -> int:
    """Rows of a table."""
    return database.writer.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def refused(outcomes: list) -> str:
    """The one sentence all groups failed with."""
    (said,) = {str(outcome) for outcome in outcomes}
    assert all(isinstance(outcome, StoreError) and not isinstance(outcome, DataRefused) for outcome in outcomes)
    return said


# --- durability --------------------------------------------------------------------------------------------------------------------


def test_a_commit_is_on_the_disk(database: Database) -> None:
    """Write-ahead log, flushed with every commit: kill the process or the power, what was answered is there."""
    assert database.writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.writer.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_batch_is_one_commit(database: Database, writer: Writer) -> None:
    """However many groups: the change counter of the file moves once."""
    seen = database.reader()
    before = seen.execute("PRAGMA data_version").fetchone()
    commits: list[str] = []
    database.writer.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    writer.run([[book(start_16(), f"CS{n}")] for n in range(100)])
    assert commits == ["COMMIT"]
    assert seen.execute("PRAGMA data_version").fetchone() != before
    seen.close()


def test_numbers_are_never_given_again(tmp_path: Path) -> None:
    """Not after a restart, not after the transactions are gone."""
    for expected in ("1", "2", "3"):
        database = open_database(tmp_path / "store.db")
        booked = Writer(database.writer, database.path).run([[book(start_16(int(expected)))]])
        assert ids(booked) == [expected]
        for table in ("transactions", "transaction_events", "transaction_starts"):
            database.writer.execute(f"DELETE FROM {table}")
        database.close()


async def test_everything_is_known_again_after_a_restart(tmp_path: Path) -> None:
    """Repetitions of what an earlier process booked are recognised; no station is taken for connected."""
    path, clock = str(tmp_path / "store.db"), ManualClock()
    status = ConnectorStatus(
        address=EvseAddress(evse=1), at=at(5), state=ConnectorState(availability=Availability.FAULTED)
    )
    async with open_store(path, clock=clock) as opened:
        await opened.journal.append(*(book(each) for each in charge_2x()[:3]), book(start_16()))
        await opened.journal.append(RecordConnection(station="CS001", connected=True, at=at(0), version="ocpp1.6"))
        await opened.journal.append(PutStatus(station="CS001", status=status, received_at=at(5)))
        before = await opened.store.transaction("CS001", "tx-1")
    async with open_store(path, clock=clock) as opened:
        station = await opened.store.station("CS001")
        assert (station.connected, station.version, station.created_at) == (False, "ocpp1.6", at(0))
        older = PutStatus(
            station="CS001",
            status=ConnectorStatus(address=EvseAddress(evse=1), at=at(1), state=status.state),
            received_at=at(9),
        )
        again = await opened.journal.append(*(book(each) for each in charge_2x()), book(start_16()), older)
        assert [each.repeated for each in again[:-1]] == [True, True, True, False, True]
        assert not any(each.conflict for each in again[:-1])
        assert again[0].transaction == before
        assert again[-1] is False
        assert (await opened.store.transaction("CS001", "tx-1")).energy == Decimal("63.5")


def test_a_forgotten_transaction_is_read_again(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """More transactions than are remembered: the result is the same."""
    monkeypatch.setattr(writing, "HELD_LIMIT", 3)
    for each in charge_2x():
        for station in range(8):
            writer.run([[book(each, f"CS{station}")]])
    results = writer.run([[book(charge_2x()[1], f"CS{station}")] for station in range(8)])
    assert {(outcome[0].repeated, outcome[0].transaction.events) for outcome in results} == {(True, 4)}


def test_more_transactions_than_are_read_at_once(writer: Writer) -> None:
    """A cold start with many stations."""
    many = writing._LOADED_AT_ONCE * 2 + 7
    writer.run([[book(charge_2x()[0], f"CS{n}")] for n in range(many)])
    writer._forget()
    results = writer.run([[book(charge_2x()[1], f"CS{n}")] for n in range(many)])
    assert {outcome[0].transaction.events for outcome in results} == {2}


# --- in two halves --------------------------------------------------------------------------------------------------------------------


def test_what_is_prepared_is_stored_by_the_commit(database: Database, writer: Writer) -> None:
    """Nobody else sees it before; the results are those of one step."""
    writer.run([[book(start_16())]])
    seen = database.reader()
    prepared = writer.prepare([[], [book(start_16(60))], [book(start_16(60)), book(start_16(120))]])
    assert prepared is not None
    assert [booked.transaction.transaction_id for group in prepared for booked in group] == ["2", "2", "3"]
    assert [booked.repeated for group in prepared for booked in group] == [False, True, False]
    assert seen.execute("SELECT count(*) FROM transactions").fetchone() == (1,)
    assert writer.commit()
    assert seen.execute("SELECT count(*) FROM transactions").fetchone() == (3,)
    seen.close()


def test_the_first_batch_is_not_prepared(writer: Writer) -> None:
    """All records are read before it, which may take long."""
    assert writer.prepare([[book(start_16())]]) is None


def test_bad_data_is_not_prepared_and_leaves_nothing(database: Database, writer: Writer) -> None:
    """`run` tells the bad group from the good ones afterwards, and gives the same number again."""
    writer.run([[book(start_16())]])
    bad = KeepFinding(finding=Finding(station="\udc80", at=NOON, rule="r", severity=Severity.NOTE, what=""))
    groups = [[book(start_16(60))], [bad]]
    assert writer.prepare(groups) is None
    assert count(database, "transactions") == 1
    good, refusal = writer.run(groups)
    assert ids([good]) == ["2"]
    assert isinstance(refusal, DataRefused)


def test_a_file_held_by_another_program_is_not_waited_for_when_preparing(database: Database, writer: Writer) -> None:
    """The event loop must not stand still; afterwards patience is what it was."""
    writer.run([[book(start_16())]])
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert writer.prepare([[book(start_16(60))]]) is None
    assert database.writer.execute("PRAGMA busy_timeout").fetchone() == (5000,)
    other.execute("ROLLBACK")
    other.close()
    assert ids(writer.run([[book(start_16(60))]])) == ["2"]


def test_a_commit_that_fails_has_stored_nothing(database: Database, writer: Writer) -> None:
    """What was prepared is forgotten, and done again by `run`."""
    writer.run([[book(start_16())]])
    assert writer.prepare([[book(start_16(60))]]) is not None
    database.writer.execute("ROLLBACK")  # as SQLite itself does on a disk that fails
    assert not writer.commit()
    assert count(database, "transactions") == 1
    assert ids(writer.run([[book(start_16(60))]])) == ["2"]


# --- chains and blocks ------------------------------------------------------------------------------------------------------------------


def test_events_that_come_late_are_each_booked_once(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the earlier one is in this batch, was booked while its keys were remembered, or before they were forgotten."""
    monkeypatch.setattr(writing, "_KEYS_OF", 1)
    writer.run([[book(start_16(), "CS1")], [book(start_16(), "CS2")]])
    others = {"CS1": "1", "CS2": "2"}
    for turn in range(2):
        for station, name in others.items():
            updates = [event(seconds=seconds, transaction_id=name) for seconds in (90, 30, 60, 30, 10, 90)]
            first, second = updates[:3], updates[3:]
            outcomes = writer.run([[book(each, station)] for each in first])
            outcomes += writer.run([[book(each, station)] for each in second])
            repeated = [outcome[0].repeated for outcome in outcomes]
            assert repeated == ([True] * 6 if turn else [False, False, False, True, False, True])
    writer._forget()
    ((again,),) = writer.run([[book(event(seconds=60, transaction_id="1"), "CS1")]])
    assert (again.repeated, again.conflict, again.transaction.events) == (True, False, 5)


async def test_frames_of_a_station_are_found_across_blocks(database: Database, writer: Writer) -> None:
    """Newest first, page by page, however far apart and after a restart in the middle of a block."""

    def frame(station: str, name: int) -> LogFrame:
        return LogFrame(
            station=station, at=NOON, direction=Direction.IN, message_id=str(name), action="Heartbeat", frame="[]"
        )

    wanted: list[int] = []
    for number in range(3 * FRAMES_IN_BLOCK):
        if number % 301 in (0, 1):
            wanted.append(number)
            writer.run([[frame("CS1", number)]])
        elif number % 100 == 0:
            writer._forget()
            writer.run([[frame("CS2", each) for each in range(140)]])
    store = SqlStore(database)
    found: list[int] = []
    before = None
    while page := await store.log("CS1", before=before, limit=3):
        found += [int(each.message_id) for each in page]
        before = page[-1].number
    assert found == wanted[::-1]
    assert count(database, "frames") > 2 * FRAMES_IN_BLOCK
    store.close()


# --- one appender's bad data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        RegisterStation(station="\udc80", registration=None, at=NOON),
        KeepFinding(finding=Finding(station="\udc80", at=NOON, rule="r", severity=Severity.NOTE, what="")),
        KeepFinding(
            finding=Finding(station="CS1", at=NOON.replace(tzinfo=None), rule="r", severity=Severity.NOTE, what="")
        ),
        book(event(seq_no=2**70), "\udc80"),
        RemoveStation(station=object()),  # type: ignore[arg-type]
    ],
    ids=["name", "row", "time", "event", "type"],
)
def test_bad_data_fails_its_own_group_alone(database: Database, writer: Writer, bad) -> None:
    """Found when planned or only when written: everybody else of the batch is stored, nothing of the bad group is."""
    groups = [[book(start_16(), f"CS{n}")] for n in range(9)]
    groups.insert(4, [book(start_16(), "bad"), bad])
    groups.append([bad])
    outcomes = writer.run(groups)
    assert [isinstance(outcome, DataRefused) for outcome in outcomes] == [index in (4, 10) for index in range(11)]
    good = [outcome for outcome in outcomes if isinstance(outcome, list)]
    assert sorted(ids(good), key=int) == [str(n) for n in range(1, 10)]
    assert count(database, "transactions") == count(database, "transaction_events") == 9
    assert count(database, "findings") == count(database, "stations") == 0


# --- a bad disk --------------------------------------------------------------------------------------------------------------------------


def test_a_full_disk_fails_everybody_until_there_is_room(database: Database, writer: Writer) -> None:
    """Nothing of the batch is stored, and when there is room everything goes on, with the same numbers."""
    writer.run([[book(start_16())]])
    pages = database.writer.execute("PRAGMA page_count").fetchone()[0]
    database.writer.execute(f"PRAGMA max_page_count = {pages}")
    groups = [
        [book(event(seconds=n, seq_no=n, transaction_id=f"t{n}", readings=(register(n, "1" * 3000),)), "CS002")]
        for n in range(5)
    ]
    said = refused(writer.run(groups))
    assert "full" in said
    assert str(database.path) in said
    assert "Free some space" in said
    assert count(database, "transactions") == 1
    database.writer.execute("PRAGMA max_page_count = 1000000")
    assert ids(writer.run(groups)) == ["t0", "t1", "t2", "t3", "t4"]
    assert ids(writer.run([[book(start_16())], [book(start_16(60))]])) == ["1", "2"]


def test_a_disk_that_turns_read_only(database: Database, writer: Writer) -> None:
    """Is said, and is over when it is over."""
    database.writer.execute("PRAGMA query_only = ON")
    assert "read-only" in refused(writer.run([[book(start_16())], [book(start_16(60))]]))
    database.writer.execute("PRAGMA query_only = OFF")
    assert ids(writer.run([[book(start_16())]])) == ["1"]


def test_a_file_locked_by_another_program(database: Database, writer: Writer) -> None:
    """A shell or a backup that holds it too long."""
    database.writer.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "locked by another program" in refused(writer.run([[book(start_16())]]))
    other.execute("ROLLBACK")
    other.close()
    assert ids(writer.run([[book(start_16())]])) == ["1"]


def test_a_file_that_was_removed_takes_nothing_with_it(database: Database, writer: Writer) -> None:
    """Writing into a file that no name leads to would be lost with the process."""
    database.path.rename(database.path.with_name("elsewhere.db"))
    assert "removed or replaced" in refused(writer.run([[book(start_16())]]))
    database.path.with_name("elsewhere.db").rename(database.path)
    assert ids(writer.run([[book(start_16())]])) == ["1"]


async def test_a_damaged_file_is_said_to_reader_and_writer(tmp_path: Path) -> None:
    """With the file's name and what can be done."""
    path = tmp_path / "store.db"
    async with open_store(str(path), clock=ManualClock()) as opened:
        await opened.journal.append(*(book(start_16(n)) for n in range(200)))
    with sqlite3.connect(path) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        places = connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'transactions'").fetchall()
    connection.close()
    with path.open("r+b") as file:
        for (page,) in places:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)
    opened = open_store(str(path), clock=ManualClock())
    reading, writing_one = await asyncio.gather(
        opened.store.transactions(), opened.journal.append(book(start_16())), return_exceptions=True
    )
    await opened.close()
    for said in (reading, writing_one):
        assert isinstance(said, StoreError)
        assert "store.db is damaged" in said.what
        assert "backup" in said.remedy


async def test_a_file_damaged_at_its_root_is_not_opened(tmp_path: Path) -> None:
    """Nothing is written into it, so what can be saved can still be saved."""
    path = tmp_path / "store.db"
    await open_store(str(path), clock=ManualClock()).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xa5" * (len(whole) - 100))
    with pytest.raises(StoreError, match=r"store\.db is damaged"):
        open_store(str(path), clock=ManualClock())
    assert path.read_bytes()[100:] == b"\xa5" * (len(whole) - 100)


async def test_a_row_nobody_wrote_is_said(database: Database) -> None:
    """Somebody edited the database by hand."""
    database.writer.execute("INSERT INTO stations VALUES ('CS001', 0, '{\"station\": 1}')")
    store = SqlStore(database)
    with pytest.raises(StoreError, match="Station row"):
        await store.station("CS001")
    with pytest.raises(StoreError, match="Station row"):
        await store.stations()
    store.close()


async def test_a_reader_cannot_write(database: Database) -> None:
    """There is one writer."""
    reader = database.reader()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM stations")
    reader.close()


# --- parts -------------------------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.datetimes(
        min_value=NOON.replace(year=2, tzinfo=None),
        max_value=NOON.replace(year=9998, tzinfo=None),
        timezones=st.integers(-839, 839).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_times_are_exact_to_the_microsecond(moment) -> None:
    """Through an integer and back, whatever the time zone."""
    assert moment_of(micros(moment)) == moment


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 200])
def test_many_rows_are_written_whatever_their_number(rows: int) -> None:
    """In chunks that leave none out and write none twice."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a, b)")
    wanted = [(n, str(n)) for n in range(rows)]
    ManyRows(2, "INSERT INTO t (a, b)")(connection, wanted)
    assert connection.execute("SELECT a, b FROM t ORDER BY a").fetchall() == wanted


def test_hot_queries_use_an_index(database: Database) -> None:
    """No table is scanned for what every message asks."""
    for query in (
        "SELECT content FROM stations WHERE station = ?",
        "SELECT content FROM tokens WHERE key = ?",
        "SELECT content FROM transactions WHERE station = ? AND transaction_id = ?",
        "SELECT content FROM transactions WHERE token_key = ? AND is_open = 1",
        "SELECT id, content FROM (VALUES (?,?),(?,?)) AS wanted CROSS JOIN transactions"
        " ON station = wanted.column1 AND transaction_id = wanted.column2",
        "UPDATE transactions SET content = ? WHERE id = ?",
        "SELECT content FROM transaction_events WHERE id = ?",
    ):
        plan = database.writer.execute("EXPLAIN QUERY PLAN " + query, ("x",) * query.count("?")).fetchall()
        scanned = [step for *_, step in plan if step.startswith("SCAN") and step not in ("SCAN wanted", "SCAN new")]
        assert [step for step in scanned if "CONSTANT ROW" not in step] == [], query


def test_decimals_keep_their_digits(writer: Writer, database: Database) -> None:
    """They stand as text: the digits told are the digits kept."""
    writer.run([[book(event(seq_no=0, readings=(register(0, "0.10"), register(0, "12345678901234567890.123456789"))))]])
    ((content,),) = database.writer.execute("SELECT content FROM transaction_events").fetchall()
    assert '"0.10"' in content
    assert '"12345678901234567890.123456789"' in content
