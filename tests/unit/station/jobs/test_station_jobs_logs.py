"""The diagnostics log: what is in it, how it is bounded, and its upload."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pilotwire.clock import ManualClock
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus
from pilotwire.domain.diagnostics import UploadStatus
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.provisioning import Reset, ResetKind
from pilotwire.errors import StoreError
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.logs import LogNotSent, LogSent, SendLog
from pilotwire.station.files import MemoryFiles
from pilotwire.station.hardware.ports import CablePlugged
from pilotwire.station.jobs import WORKERS, Tools
from pilotwire.station.jobs.logs import BATCH, CURRENT, MOST_BYTES, OLDER, Diary
from tests.support.file_servers import web
from tests.support.station_world import START


def _clock() -> ManualClock:
    return ManualClock(START)


def test_what_happens_is_written_with_its_time() -> None:
    files, clock = MemoryFiles(), _clock()
    diary = Diary(files, clock)
    diary.heard(told.CommandReceived(1, Reset(kind=ResetKind.IMMEDIATE)))
    clock.advance(1.5)
    state = ConnectorStatus(
        address=EvseAddress(evse=1, connector=1), at=START, state=ConnectorState(availability=Availability.OCCUPIED)
    )
    diary.done(act.Say(4, state))
    diary.heard(CablePlugged(1, 1))
    diary.heard(told.Refused(4, "InternalError", "on\ntwo lines"))
    diary.done(act.Note("The outbox is full."))
    assert files.names("logs") == []
    diary.write()
    assert (files.read(CURRENT) or b"").decode().splitlines() == [
        "2026-03-01T08:00:00.000Z < Reset",
        "2026-03-01T08:00:01.500Z > ConnectorStatus 4 Occupied",
        "2026-03-01T08:00:01.500Z ! CablePlugged evse_id=1 connector_id=1",
        "2026-03-01T08:00:01.500Z < InternalError to 4 on two lines",
        "2026-03-01T08:00:01.500Z = The outbox is full.",
    ]


def test_secrets_are_not_in_it() -> None:
    from pilotwire.station.core.variable_table import name_of

    files = MemoryFiles()
    diary = Diary(files, _clock())
    diary.done(act.VariableChanged(name_of("SecurityCtrlr.BasicAuthPassword"), "0123456789abcdef"))
    diary.write()
    assert b"BasicAuthPassword was set" in (files.read(CURRENT) or b"")
    assert b"0123456789abcdef" not in (files.read(CURRENT) or b"")


def test_lines_are_written_together_and_the_log_stays_small() -> None:
    files = MemoryFiles()
    diary = Diary(files, _clock())
    for number in range(BATCH - 1):
        diary.done(act.Note(f"{number}"))
    assert files.size(CURRENT) is None
    diary.done(act.Note("the last one"))
    assert files.size(CURRENT) is not None
    for _ in range(4 * MOST_BYTES // 500):
        diary.done(act.Note("x" * 500))
    assert (files.size(CURRENT) or 0) <= MOST_BYTES
    assert 0 < (files.size(OLDER) or 0) <= MOST_BYTES


def test_a_disk_that_takes_nothing_is_no_end() -> None:
    class Full(MemoryFiles):
        full = True

        def append(self, name: str, content: bytes) -> None:
            if self.full:
                raise StoreError("The disk is full.")
            super().append(name, content)

    files = Full()
    diary = Diary(files, _clock())
    diary.done(act.Note("lost"))
    diary.write()
    files.full = False
    diary.done(act.Note("kept"))
    diary.write()
    assert (files.read(CURRENT) or b"").decode().splitlines() == [
        "A part of the log could not be written.",
        "2026-03-01T08:00:00.000Z = kept",
    ]


async def test_what_was_gathered_is_in_the_log_that_is_sent_and_only_of_the_time_asked_for(tmp_path: Path) -> None:
    files, clock = MemoryFiles(), _clock()
    diary = Diary(files, clock)
    files.write(OLDER, b"2026-03-01T07:00:00.000Z = long ago\n")
    for text in ("one", "two", "three"):
        diary.done(act.Note(text))
        clock.advance(60)
    tools = Tools("CS001", clock, files, lambda _: "")
    async with web(tmp_path) as server:
        window = {"oldest": START + timedelta(seconds=30), "latest": START + timedelta(seconds=90)}
        jobs = (SendLog(f"{server.url}/", "all.log"), SendLog(f"{server.url}/", "some.log", **window))  # type: ignore[arg-type]
        for number, job in enumerate(jobs):
            diary.done(act.Undertake(number, job))
            assert await WORKERS[SendLog](job, tools, lambda _: None) == LogSent()
    everything = (tmp_path / "all.log").read_text()
    assert [line.split(" = ")[1] for line in everything.splitlines()][:4] == ["long ago", "one", "two", "three"]
    assert (tmp_path / "some.log").read_text() == "2026-03-01T08:01:00.000Z = two\n"


async def test_a_refused_upload_says_how(tmp_path: Path) -> None:
    tools = Tools("CS001", _clock(), MemoryFiles(), lambda _: "")
    async with web(tmp_path) as server:
        server.answers = [403]
        result = await WORKERS[SendLog](SendLog(f"{server.url}/", "a.log", lines="x"), tools, lambda _: None)
    assert isinstance(result, LogNotSent)
    assert result.status is UploadStatus.PERMISSION_DENIED


async def test_a_log_of_lines_is_sent_as_it_is(tmp_path: Path) -> None:
    tools = Tools("CS001", _clock(), MemoryFiles(), lambda _: "")
    async with web(tmp_path) as server:
        job = SendLog(f"{server.url}/", "security.log", lines="an event\n")
        assert await WORKERS[SendLog](job, tools, lambda _: None) == LogSent()
    assert (tmp_path / "security.log").read_text() == "an event\n"
