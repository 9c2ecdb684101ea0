"""`pilotwire csms` that cannot start: one sentence that says what, where and how to mend it, exit code 2, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from pilotwire.cli import main
from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.store.open import open_store
from tests.support.good_station import Charge, check_booked, running
from tests.support.raw_station import settings, station

_PATIENCE = 60


class Failure(NamedTuple):
    """What a person types, has in the environment and in the file `pilotwire.toml`, and a pattern of what is told."""

    options: tuple[str, ...]
    pattern: str
    file: str | bytes = ""
    environment: Mapping[str, str] = {}


SETTINGS: dict[str, Failure] = {
    "no such file": Failure(("--config", "nowhere.toml"), r"nowhere\.toml cannot be read: No such file"),
    "a directory for a file": Failure(("--config", "."), r"cannot be read: Is a directory"),
    "no TOML": Failure((), r"pilotwire\.toml is not TOML: .*line 2", "[csms]\nocpp_port = = 9000\n"),
    "no text": Failure((), r"pilotwire\.toml is not UTF-8 text", b"[csms]\nhost = '\xff\xfe'\n"),
    "no section": Failure((), r"csms is not a section.*\[csms\]", "csms = 9000\n"),
    "an unknown setting": Failure(
        (), r"line 3 \(ocp_port\).*no setting of this name.*ocpp_port", "[csms]\nhost = 'localhost'\nocp_port = 9000\n"
    ),
    "a word for a number": Failure(
        (), r"line 2 \(heartbeat_interval\) is 'nine': allowed is seconds", "[csms]\nheartbeat_interval = 'nine'\n"
    ),
    "out of range": Failure(
        (), r"line 2 \(max_message_bytes\) is 5: allowed is bytes from 4096", "[csms]\nmax_message_bytes = 5\n"
    ),
    "two wrong at once": Failure(
        (), r"heartbeat_interval.*is 0.*retry_interval.*is -1", "[csms]\nheartbeat_interval = 0\nretry_interval = -1\n"
    ),
    "wrong in the environment": Failure(
        (), r"environment variable PILOTWIRE_OCPP_PORT is 'abc'", environment={"PILOTWIRE_OCPP_PORT": "abc"}
    ),
    "wrong option": Failure(("--unknown-stations", "maybe"), r"option --unknown-stations is 'maybe'.*accept, pending"),
    "a port too high": Failure(("--ocpp-port", "70000"), r"option --ocpp-port is 70000: allowed is a port"),
    "no such option": Failure(("--coffee",), r"No such option: --coffee"),
    "no passwords for all": Failure(("--no-auth", "--host", "0.0.0.0"), r"'0\.0\.0\.0' can be reached from outside"),
    "an address of others": Failure(("--host", "192.0.2.1"), r"listen on 192\.0\.2\.1.*Check the host"),
    "an unknown database": Failure(("--database", "oracle://db"), r"no database of the kind `oracle:`"),
    "a database without a name": Failure(("--database", "sqlite://"), r"names no file"),
    "a directory that is not there": Failure(
        ("--database", "sqlite:///no/where.db"), r"no of the database does not exist.*Make it"
    ),
    "a directory for a database": Failure(("--database", "sqlite:///."), r"is a directory.*Name a file in it"),
}


class Told(NamedTuple):
    """What became of the command: exit code, and what was printed where."""

    code: int
    out: str
    errors: str


_FREE = {"PILOTWIRE_OCPP_PORT": "0", "PILOTWIRE_HTTP_PORT": "0", "COLUMNS": "400"}

Run = Callable[..., Told]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `pilotwire csms` in a folder of its own, in this process, on free ports unless told another."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PILOTWIRE_")]:
        monkeypatch.delenv(name)

    def run(*options: str, environment: Mapping[str, str] = _FREE) -> Told:
        for name, value in {**_FREE, **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["pilotwire", "csms", *options])
        with pytest.raises(SystemExit) as caught:
            main()
        return Told(int(caught.value.code or 0), *capfd.readouterr())

    yield run
    structlog.reset_defaults()


@pytest.mark.parametrize("row", SETTINGS)
def test_settings_that_cannot_be(row: str, run: Run, tmp_path: Path) -> None:
    """Where it was said, what was said, what is allowed; and no database is begun."""
    failure = SETTINGS[row]
    options = failure.options
    if failure.file:
        content = failure.file if isinstance(failure.file, bytes) else failure.file.encode()
        (tmp_path / "pilotwire.toml").write_bytes(content)
        options = (*options, "--config", "pilotwire.toml")
    _check_told(run(*options, environment=failure.environment), failure.pattern)
    if row != "an address of others":
        assert not list(tmp_path.rglob("*.db"))


_AS_ANYBODY = """
import ctypes, sys
if sys.platform == "linux":  # root without its privileges: the rights of files count
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
from pilotwire.cli import main
main()
"""


def _run_apart(folder: Path, *options: str) -> Told:
    """The same in a process of its own, without privileges."""
    done = subprocess.run(
        [sys.executable, "-c", _AS_ANYBODY, "csms", *options],
        cwd=folder,
        env={**os.environ, **_FREE},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    return Told(done.returncode, done.stdout, done.stderr)


def _check_told(done: Told, pattern: str) -> None:
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", done.errors).split())
    assert done.code == 2, done.errors
    assert re.search(pattern, text), text
    assert "Traceback" not in done.errors + done.out
    assert "Stations connect to" not in done.out


# --- the database ----------------------------------------------------------------------------------------------------------------------


def _not_sqlite(path: Path) -> None:
    path.write_bytes(b"Dear diary, today nothing was charged. " * 100)


def _cut_off(path: Path) -> None:
    _of_other_program(path)
    path.write_bytes(path.read_bytes()[:700])


def _of_other_program(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (cake TEXT)")


def _of_the_future(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE transaction_events (id INTEGER)")
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('r9999')")


DATABASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no database": (_not_sqlite, r"is not a SQLite database.*Name another file"),
    "cut off": (_cut_off, r"is damaged|is not a SQLite database|is a SQLite database, but not one of Pilotwire"),
    "of another program": (_of_other_program, r"is a SQLite database, but not one of Pilotwire.*Name another file"),
    "of a newer version": (_of_the_future, r"was written by a newer Pilotwire.*r9999"),
}


@pytest.mark.parametrize("row", DATABASES)
def test_a_file_that_is_no_database_of_ours(row: str, run: Run, tmp_path: Path) -> None:
    """It is not touched."""
    make, pattern = DATABASES[row]
    path = tmp_path / "csms.db"
    make(path)
    before = path.read_bytes()
    _check_told(run("--database", str(path)), pattern)
    assert path.read_bytes() == before


def _protect(path: Path, *, folder: int, files: int) -> None:
    for each in path.iterdir():
        each.chmod(files)
    path.chmod(folder)


@pytest.mark.parametrize("file_there", [True, False])
async def test_a_database_that_may_not_be_written(file_there: bool, tmp_path: Path) -> None:
    """Neither file nor folder may be written by this user: told at the start; what is in the file stays, and can still be charged on."""
    path = tmp_path / "csms.db"
    if file_there:
        async with running(tmp_path) as csms, station(csms, "GOOD-1", "ocpp2.1") as line:
            await line.boot()
            charge = Charge(line)
            assert (await charge.begin())[0] == 3
    _protect(tmp_path, folder=0o555, files=0o444)
    done = _run_apart(tmp_path, "--database", str(path))
    _protect(tmp_path, folder=0o755, files=0o644)
    _check_told(done, r"(cannot be written|may not|cannot be opened).*right to (read and )?write")
    if file_there:
        async with running(tmp_path) as csms, station(csms, "GOOD-1", "ocpp2.1") as line:
            charge.line = line
            assert (await charge.sample())[0] == (await charge.end())[0] == 3
            await check_booked(csms)


async def test_a_database_that_another_csms_uses(tmp_path: Path) -> None:
    """Told with the process that has it; the one that runs is not disturbed."""
    async with running(tmp_path) as csms, station(csms, "GOOD-1", "ocpp1.6") as line:
        await line.boot()
        charge = Charge(line)
        assert (await charge.begin())[0] == 3
        done = await asyncio.to_thread(_run_apart, tmp_path, "--database", str(tmp_path / "csms.db"))
        _check_told(done, rf"in use by another Pilotwire \(process {os.getpid()}\)")
        assert (await charge.sample())[0] == (await charge.end())[0] == 3
        await check_booked(csms)


# --- ports -----------------------------------------------------------------------------------------------------------------------------


async def test_a_taken_port(tmp_path: Path) -> None:
    """Told with its number; the station that charges at the one who has it is not disturbed, and the database is free again."""
    async with Csms(settings()) as csms, station(csms, "GOOD-1", "ocpp2.0.1") as line:
        await line.boot()
        charge = Charge(line)
        assert (await charge.begin())[0] == 3
        database = tmp_path / "second.db"
        second = ("--ocpp-port", str(csms.ocpp_port), "--database", str(database))
        done = await asyncio.to_thread(_run_apart, tmp_path, *second)
        _check_told(done, rf"Port {csms.ocpp_port} on 127\.0\.0\.1 is taken by another program\. .*another port")
        assert (await charge.sample())[0] == (await charge.end())[0] == 3
        await check_booked(csms)
    async with open_store(str(database), clock=SystemClock()) as opened:
        assert await opened.store.stations() == []


def test_a_port_taken_by_a_stranger(run: Run) -> None:
    """Whoever has it, and whatever speaks there."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        _check_told(run("--ocpp-port", port), rf"Port {port} on 127\.0\.0\.1 is taken by another program\.")
        _check_told(run("--http-port", port), rf"Port {port} on 127\.0\.0\.1 is taken by another program\.")
