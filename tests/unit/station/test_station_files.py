"""A station's files: in memory and in a folder they behave alike; a power failure leaves the old file or the new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pilotwire.errors import MisuseError, StoreError
from pilotwire.station.files import Files, FolderFiles, MemoryFiles


@pytest.fixture(params=["memory", "folder"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return MemoryFiles() if request.param == "memory" else FolderFiles(tmp_path / "own")


def test_what_is_written_is_read_back_and_deleted_once(files: Files) -> None:
    assert (files.read("firmware/image.bin"), files.size("firmware/image.bin")) == (None, None)
    files.write("firmware/image.bin", b"one")
    files.append("firmware/image.bin", b" two")
    files.write("key.pem", b"")
    assert (files.read("firmware/image.bin"), files.size("firmware/image.bin")) == (b"one two", 7)
    assert (files.names(), files.names("firmware"), files.names("nothing")) == (["key.pem"], ["firmware/image.bin"], [])
    assert (files.delete("key.pem"), files.delete("key.pem")) == (True, False)


@pytest.mark.parametrize("name", ["../key", "/etc/passwd", "a/b/c", "", ".hidden", "a/../b"])
def test_a_name_cannot_leave_the_folder(files: Files, name: str) -> None:
    with pytest.raises(MisuseError):
        files.write(name, b"x")


def test_only_the_owner_reads_the_file_and_no_half_file_is_seen(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path / "own")
    files.write("key.pem", b"old")
    assert stat.S_IMODE(os.stat(tmp_path / "own" / "key.pem").st_mode) == 0o600
    (tmp_path / "own" / "key.pem.new").write_bytes(b"half")  # what a power failure leaves
    assert (files.read("key.pem"), files.names()) == (b"old", ["key.pem"])


def test_a_disk_that_will_not_is_told_as_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"key\.pem could not be written"):
        FolderFiles(tmp_path / "own").write("key.pem", b"x")
