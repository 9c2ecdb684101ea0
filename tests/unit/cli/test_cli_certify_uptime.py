"""`pilotwire certify uptime`: the same history from files, from a database and from a running CSMS gives the same minutes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.clock import ManualClock
from pilotwire.csms.registers.uptime import ALIVE, STATUSES, Alive, connection_entry
from pilotwire.csms.store.open import open_store
from pilotwire.csms.store.ports import Operation, RegisterStation
from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.uptime import PortStatus
from tests.support.api_rooms import ApiRooms, api_of, served

OCTOBER = "2026-10"
DAYS = {1: "Available", 10: "Faulted", 20: "Available"}
GONE, BACK = "2026-10-25T10:00:00Z", "2026-10-25T11:00:00Z"
END = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    """A day of October."""
    return datetime(2026, 10, number, tzinfo=UTC)


def run(*arguments: object) -> Result:
    """The command."""
    return CliRunner().invoke(cli.app, ["certify", "uptime", *map(str, arguments)])


def recorded() -> str:
    """What a station told in October, as JSON lines: a fault of ten days, an hour without connection."""
    statuses = [
        {"station": "CS-0001", "timestamp": day(number).isoformat(), "connectorId": 1, "status": status}
        for number, status in DAYS.items()
    ]
    lost = [{"station": "CS-0001", "timestamp": at, "connected": here} for at, here in ((GONE, False), (BACK, True))]
    return "".join(f"{json.dumps(line)}\n" for line in (*statuses, *lost))


def kept() -> list[Operation]:
    """The same as a CSMS has kept it, which ran until the end of the month."""
    place = EvseAddress(evse=1, connector=1)
    told = [
        STATUSES.keep(
            "CS-0001", day(number), PortStatus(at=day(number), address=place, availability=Availability(status))
        )
        for number, status in DAYS.items()
    ]
    lost = [
        connection_entry("CS-0001", datetime.fromisoformat(at), connected=here)
        for at, here in ((GONE, False), (BACK, True))
    ]
    return [
        RegisterStation(station="CS-0001", registration=None, at=day(1)),
        *told,
        *lost,
        ALIVE.put("", "", Alive(at=END)),
    ]


def only(outcome: Result) -> dict[str, str]:
    """The one row of CSV."""
    (row,) = csv.DictReader(io.StringIO(outcome.stdout))
    return row


def test_files_a_database_and_a_running_csms_tell_the_same(tmp_path: Path) -> None:
    """14,460 of 44,640 minutes were down: exit code 1, as that is less than 97 %."""
    history, database = tmp_path / "october.jsonl", tmp_path / "csms.db"
    history.write_text(recorded())

    async def keep() -> None:
        async with open_store(str(database), clock=ManualClock(END)) as opened:
            await opened.journal.append(*kept())

    asyncio.run(keep())
    rooms = ApiRooms()
    rooms.clock.advance((datetime(2026, 11, 5, tzinfo=UTC) - rooms.clock.now()).total_seconds())
    asyncio.run(rooms.keep(*kept()))
    asked = ("--period", OCTOBER, "--csv")
    with served(api_of(rooms)) as url:
        outcomes = [
            run(history, "--recorded-until", "2026-11-05T00:00:00Z", *asked),
            run("--database", f"sqlite:///{database}", *asked),
            run("--url", url, *asked),
        ]
    first, second, third = map(only, outcomes)
    assert first == second == third
    assert (first["minutes"], first["outageMinutes"], first["uptimePercent"]) == ("44640", "14460", "67.6075")
    assert [outcome.exit_code for outcome in outcomes] == [1, 1, 1]


def test_tables_for_people(tmp_path: Path) -> None:
    """Months of a recording, its outages with the day by which they were to be mended, and what exclusions change."""
    history, excluded = tmp_path / "october.jsonl", tmp_path / "excluded.csv"
    history.write_text(recorded())
    excluded.write_text("station,since,until,reason\nCS-0001,2026-10-10T00:00:00Z,2026-10-20T00:00:00Z,vandalism\n")
    outages = run(history, "--outages").stdout
    assert "From 2026-10-01 to 2026-10-25 11:00 (UTC):" in outages
    assert ["CS-0001", "1", "2026-10-10", "14400", "faulted", "2026-10-17", "yes"] in [
        line.split() for line in outages.splitlines()
    ]
    months = run(history, "--by", "month", "--exclusions", excluded, "--recorded-until", "2026-11-03T00:00:00Z")
    assert months.exit_code == 0
    assert [line.split() for line in months.stdout.splitlines()[3:]] == [
        ["CS-0001", "1", "2026-10-01", "44640", "14460", "14400", "99.8655", "yes"],
        ["CS-0001", "1", "2026-11-01", "2880", "0", "0", "100.0000", "yes"],
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no.jsonl"], "no.jsonl cannot be read: No such file or directory."),
        (["{file}", "--period", "2031"], "but what is known ends on 2026-10-25T11:00:00Z"),
        (["{file}", "--period", "soon"], "'soon' is no period"),
        (["{file}", "--since", "2026-10-01"], "--since 2026-10-01 has no time zone."),
        (["{file}", "--station", "X"], "They tell of CS-0001."),
        (["{file}", "--exclusions", "{file}"], "line 1: `since` is missing."),
        (["{file}", "--recorded-until", "2026-10-01T00:00:00Z"], "before the last line of the files"),
        (["{file}", "--outages", "--by", "month"], "not of its months"),
        (["{file}", "--database", "x.db"], "There are both files and a database."),
        (["--database", "no.db"], "There is no database no.db."),
        (["--grace", "60"], "are for files."),
    ],
)
def test_what_makes_no_sense_is_told(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    """With exit code 2, and what to do instead."""
    history = tmp_path / "october.jsonl"
    history.write_text(recorded())
    outcome = run(*(each.replace("{file}", str(history)) for each in arguments))
    assert outcome.exit_code == 2
    assert sentence in outcome.output.replace("\n", " ")
