"""Where a counterpart for ISO 15118 cannot be had, its tests are skipped, and say what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.iso15118_peer import cable, peer_python


def test_without_java_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package's codec runs on it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="Java is not installed"):
        peer_python()


def test_a_package_that_cannot_be_installed_is_told_and_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is asked once; the other workers and the next minutes have its answer."""
    for name, does in (("java", "exit 0"), ("python", "echo 'No module named venv' >&2; exit 1")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match=r"iso15118==.* could not be installed: No module named venv"):
            peer_python()
        (tmp_path / "python").unlink(missing_ok=True)


def test_without_the_superusers_rights_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interface of one's own is made by root alone."""
    program = tmp_path / "ip"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(pytest.skip.Exception, match="need the superuser"), cable():
        pass


def test_a_kernel_that_lays_no_cable_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root within a container often may not."""
    program = tmp_path / "ip"
    program.write_text("#!/bin/sh\necho 'RTNETLINK answers: Operation not permitted' >&2\nexit 2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(pytest.skip.Exception, match="Operation not permitted"), cable():
        pass
