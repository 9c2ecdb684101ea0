"""An upload on its way that is given up."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pilotwire.csms.registers.logs import Protocol, UploadKey
from pilotwire.csms.uploads.folder import Folder, Incoming
from pilotwire.csms.uploads.upload import Upload


class SlowFolder(Folder):
    """Its disk takes its time to make a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked, self.goes_on = threading.Event(), threading.Event()

    def begin(self) -> Incoming:
        self.asked.set()
        assert self.goes_on.wait(30)
        return super().begin()


class Told:
    """A receiver that only keeps findings."""

    limit = 1_000

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.notes: list[str] = []

    def note(self, station: str, rule: str, what: str) -> None:
        self.notes.append(f"{station} {rule}")


async def test_a_station_that_goes_while_the_file_is_being_made_leaves_none(tmp_path: Path) -> None:
    """The disk works on in its thread, though the transfer was aborted: what it makes then goes too."""
    folder = SlowFolder(tmp_path)
    receiver: Any = Told(folder)
    key = UploadKey(station="CS001", request_id=1, protocol=Protocol.FTP, expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    upload = Upload(receiver, "digest", key)
    writing = asyncio.ensure_future(upload.write(b"x" * 100))
    await asyncio.to_thread(folder.asked.wait, 30)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    discarding = asyncio.ensure_future(upload.discard())
    await asyncio.sleep(0)
    folder.goes_on.set()
    await discarding
    assert _files(tmp_path) == []
    assert receiver.notes == ["CS001 upload:not-stored"]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
