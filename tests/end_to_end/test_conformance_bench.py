"""The conformance bench as people run it: real sockets, our station and our CSMS as programs of their own under test."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.conformance.records import existing
from pilotwire.conformance.verdict import Outcome


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def bench(*arguments: str) -> tuple[int, str]:
    """Exit code, and what was printed. The bench runs in this process, what it tests in its own."""
    ran = CliRunner().invoke(app, ["test", *arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})
    return ran.exit_code, ran.output


def test_our_station_passes_and_the_run_is_kept(tmp_path: Path) -> None:
    code, said = bench("station", "TC_B_01_CS", "TC_B_06_CS", "--side-by-side", "2", "--results", "out")
    assert code == 0, said
    assert "2 passed" in said
    results = existing(tmp_path / "out")
    assert {one.outcome for one in results.values()} == {Outcome.PASSED}
    assert "TC_B_06_CS" in (tmp_path / "out" / "index.html").read_text()
    _, said = bench("station", "TC_B_01_CS", "TC_B_06_CS", "--results", "out", "--resume")
    assert "2 of 2 cases have a result already" in said


def test_our_csms_passes(tmp_path: Path) -> None:
    code, said = bench("csms", "own", "TC_B_01_CSMS", "TC_H_01_CSMS", "TC_M_24_CSMS", "--side-by-side", "2")
    assert code == 0, said
    assert "3 passed" in said


def test_a_case_notices_a_saboteur(tmp_path: Path) -> None:
    code, said = bench("sabotage", "TC_B_06_CS", "--table", "table.csv")
    assert code == 0, said
    assert "TC_B_06_CS,passed," in (tmp_path / "table.csv").read_text()


def test_a_case_that_does_not_apply_is_left_out_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text('[features]\nall = true\nexcept = ["Core"]\n')
    code, said = bench("station", "TC_B_01_CS", "--plan", "plan.toml")
    assert code == 0
    assert "Left out: Core not declared." in said
