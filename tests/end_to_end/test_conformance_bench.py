"""The conformance bench as people run it: programs of its own, real sockets, our station and our CSMS under test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pilotwire.conformance.records import existing
from pilotwire.conformance.verdict import Outcome


def bench(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pilotwire.cli import main; main()", "test", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=folder, check=False)


def test_our_station_passes_and_the_run_is_kept(tmp_path: Path) -> None:
    ran = bench("station", "TC_B_01_CS", "TC_B_06_CS", "--side-by-side", "2", "--results", "out", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "2 passed" in ran.stdout
    results = existing(tmp_path / "out")
    assert {one.outcome for one in results.values()} == {Outcome.PASSED}
    assert "TC_B_06_CS" in (tmp_path / "out" / "index.html").read_text()
    again = bench("station", "TC_B_01_CS", "TC_B_06_CS", "--results", "out", "--resume", folder=tmp_path)
    assert "2 of 2 cases have a result already" in again.stdout


def test_our_csms_passes(tmp_path: Path) -> None:
    ran = bench("csms", "own", "TC_B_01_CSMS", "TC_H_01_CSMS", "TC_M_24_CSMS", "--side-by-side", "2", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "3 passed" in ran.stdout


def test_a_case_notices_a_saboteur(tmp_path: Path) -> None:
    ran = bench("sabotage", "TC_B_06_CS", "--table", "table.csv", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "TC_B_06_CS,passed," in (tmp_path / "table.csv").read_text()


def test_a_case_that_does_not_apply_is_left_out_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text('[features]\nall = true\nexcept = ["Core"]\n')
    ran = bench("station", "TC_B_01_CS", "--plan", "plan.toml", folder=tmp_path)
    assert ran.returncode == 0
    assert "Left out: Core not declared." in ran.stdout
