"""Opening: which URLs name a store, and what a person is told when a file cannot be one."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.store.memory import MemoryStore
from pilotwire.csms.store.open import OpenStore, open_store
from pilotwire.csms.store.sql.reader import SqlStore
from pilotwire.errors import ConfigError, PilotwireError, StoreError
from tests.support.csms_store import book, start_16

CLOCK = ManualClock()


async def opened_at(url: str) -> OpenStore:
    """Open a store, and book one transaction in it."""
    opened = open_store(url, clock=CLOCK)
    await opened.journal.append(book(start_16()))
    return opened


async def test_memory_is_a_store_of_its_own() -> None:
    """Nothing is shared between two of them."""
    one = await opened_at("memory:")
    assert isinstance(one.store, MemoryStore)
    assert await open_store("memory:", clock=CLOCK).store.transactions() == []
    await one.close()


@pytest.mark.parametrize(
    "url", ["sqlite:///{absolute}", "SQLite:///{absolute}", "{absolute}", "sqlite:///store.db", "store.db"]
)
async def test_a_url_or_a_path_names_a_file(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute or relative to the working directory; what was written is there when it is opened again."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "store.db"
    for _ in range(2):
        opened = await opened_at(url.format(absolute=path))
        assert isinstance(opened.store, SqlStore)
        await opened.close()
    assert path.is_file()
    async with open_store(str(path), clock=CLOCK) as again:
        assert [each.transaction_id for each in await again.store.transactions()] == ["1"]


async def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """Blanks, percent signs, question marks and letters of any language."""
    async with open_store(str(tmp_path / "a %41?mode=x#ü.db"), clock=CLOCK) as opened:
        await opened.journal.append(book(start_16()))
        assert len(await opened.store.transactions()) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://user:secret@db/pilotwire", "PostgreSQL comes with a later release"),
        ("postgres://db", "PostgreSQL comes with a later release"),
        ("postgresql+asyncpg://db", "PostgreSQL comes with a later release"),
        ("mysql://user:secret@db/x", "no database of the kind `mysql:`"),
        ("sqlite://store.db", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("", "empty"),
    ],
)
def test_other_urls_are_refused_with_what_to_use_instead(url: str, said: str) -> None:
    """And no password is repeated."""
    with pytest.raises(ConfigError, match=said) as refused:
        open_store(url, clock=CLOCK)
    assert "sqlite:///" in refused.value.remedy
    assert "secret" not in str(refused.value)


def refusal(path: Path | str) -> PilotwireError:
    """What opening a file is refused with; the sentence names the file and a remedy."""
    with pytest.raises((ConfigError, StoreError)) as refused:
        open_store(str(path), clock=CLOCK)
    assert str(path) in refused.value.what
    assert refused.value.remedy
    return refused.value


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    """Nor is a file in a directory that does not exist."""
    assert "is a directory" in refusal(tmp_path).what
    missing = tmp_path / "missing" / "store.db"
    with pytest.raises(ConfigError, match="missing of the database does not exist"):
        open_store(str(missing), clock=CLOCK)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """Text, or another program's database."""
    text, other = tmp_path / "text", tmp_path / "other.db"
    text.write_text("dear diary, " * 100)
    assert "not a SQLite database" in refusal(text).what
    assert text.read_text() == "dear diary, " * 100
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = other.read_bytes()
    assert "not one of Pilotwire" in refusal(other).what
    assert other.read_bytes() == before


async def test_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    """An older program would lose what it does not know."""
    path = tmp_path / "store.db"
    await (await opened_at(str(path))).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer Pilotwire (its schema is 9999)" in refusal(path).what


def test_a_read_only_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever makes it read-only: here SQLite itself refuses to write."""
    connect = sqlite3.connect

    def read_only(*arguments, **options) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA query_only = ON")
        return connection

    path = tmp_path / "store.db"
    connect(path).execute("VACUUM")
    monkeypatch.setattr(sqlite3, "connect", read_only)
    assert "read-only" in refusal(path).what


def test_a_directory_that_takes_no_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock beside the file is the first thing to be written."""

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pilotwire.csms.store.sql.lock.os.open", denied)
    assert "Permission denied" in refusal(tmp_path / "store.db").what


async def test_one_file_has_one_journal(tmp_path: Path) -> None:
    """A second one is refused, in this process or another, until the first is closed."""
    path = tmp_path / "store.db"
    first = await opened_at(str(path))
    assert "in use by another Pilotwire (process " in refusal(path).what
    script = "import sys; from pilotwire.clock import SystemClock; from pilotwire.csms.store.open import open_store"
    script += "\ntry: open_store(sys.argv[1], clock=SystemClock())\nexcept Exception as error: sys.exit(str(error))"
    other = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert "in use by another Pilotwire" in other.stderr
    await first.close()
    await (await opened_at(str(path))).close()


async def test_a_refused_opening_lets_go_of_the_file(tmp_path: Path) -> None:
    """Once mended it can be opened."""
    path = tmp_path / "store.db"
    path.write_text(
        "not a database at all, but longer than a header of one hundred bytes would have to be to be looked at"
    )
    refusal(path)
    path.unlink()
    await (await opened_at(str(path))).close()
