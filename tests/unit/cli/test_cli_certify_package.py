"""`pilotwire certify mock`, `package`, `check`, `plan`, `rules`: what they print, and the sentence for what cannot be."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire.cli import app
from tests.support.dossiers import build_dossier

LAB = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
"""The programs look at the real clock: a month from now is before the lab whatever day it is."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_dossier(tmp_path / "dossier")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["certify", *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})


def flat(text: str) -> str:
    return " ".join(text.split())


def test_what_a_package_is_refused_for_is_a_table(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "snapshot")
    told = run("package", folder, "-o", tmp_path / "lab.zip")
    assert told.exit_code == 1
    assert "There is no configuration snapshot in snapshot/." in flat(told.output)
    assert "Take it: pilotwire certify snapshot DOSSIER." in flat(told.output)
    assert "cannot be handed in" in flat(told.stderr)
    assert not (tmp_path / "lab.zip").exists()


def test_the_plan_is_shown_and_written(folder: Path) -> None:
    told = run("plan", folder, "--lab-date", LAB, "--write")
    assert told.exit_code == 0, told.output
    assert "Next: " in told.output
    assert (folder / "plan.html").is_file()
    shown = run("plan", folder, "--lab-date", LAB, "--json")
    assert [one["week"] for one in json.loads(shown.stdout)["steps"]] == [4, 4, 4, 3, 3, 3, 2, 2, 1, 1]


def test_the_rules_are_shown_with_what_a_profile_costs(folder: Path) -> None:
    assert "void for the new build" in flat(run("rules").output)
    assert run("rules", folder, "--add", "Core").exit_code == 2


def test_what_cannot_be_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "lab.zip"
    nothing = tmp_path / "empty"
    nothing.mkdir()
    unfrozen = Path(shutil.copytree(folder, tmp_path / "unfrozen"))
    (unfrozen / "freeze.json").unlink()
    wrong: dict[str, tuple[object, ...]] = {
        "There is no dossier": ("package", tmp_path / "none", "-o", out),
        "that is a folder": ("package", folder, "-o", tmp_path),
        "Missing option": ("package", folder),
        "cannot be opened as a package": ("check", tmp_path / "none.zip"),
        "There is no PICS in": ("mock", nothing),
        "The PICS is for OCPP 2.0.1, not 1.6.": ("mock", folder, "--ocpp", "1.6"),
        "The plan": ("mock", folder, "--plan", tmp_path / "none.toml"),
        "No build is frozen in": ("mock", unfrozen),
        "'soon' is no day.": ("plan", folder, "--lab-date", "soon"),
        "The lab on 2026-01-01 is over.": ("plan", folder, "--lab-date", "2026-01-01"),
        "What is declared so far is not known.": ("rules", "--add", "Reservation"),
        "There is no profile 'Teleport'": ("rules", folder, "--add", "Teleport"),
        "No change is named.": ("rules", folder),
    }
    for told, arguments in wrong.items():
        outcome = run(*arguments)
        assert outcome.exit_code == 2, (told, outcome.output)
        assert told in flat(outcome.stderr)
    assert not out.exists()
