"""`pilotwire test`: what it lists, and what it says to input that cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotwire.cli import app


def run(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["test", *arguments])
    return ran.exit_code, " ".join(ran.output.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("station", "TC_Z"), "is called TC_Z"),
        (("station", "--plan", "nowhere.toml"), "cannot be read"),
        (("station", "TC_B_01_CS", "--resume"), "nothing to resume"),
        (("csms", "http://127.0.0.1:1", "TC_B_01_CSMS", "--plan", "robot.toml"), "There is no bench 'robot'"),
        (("show", "TC_Z"), "There is no case TC_Z"),
        (("report", "nowhere"), "There are no results"),
        (("list", "--role", "car"), "can be tested"),
    ],
)
def test_wrong_input_gets_a_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "robot.toml").write_text('[bench]\nkind = "robot"\n')
    monkeypatch.chdir(tmp_path)
    code, said = run(*arguments)
    assert code == 2
    assert sentence in said


def test_cases_settings_and_acts_are_listed() -> None:
    assert "TC_B_01_CS 2.0.1 Cold boot, accepted Core (M)" in run("list", "TC_B_01_CS")[1]
    assert "identity CS001" in run("settings")[1]
    assert "plug_in" in run("acts")[1]


def test_a_case_is_shown_with_its_checks() -> None:
    code, said = run("show", "TC_H_01_CSMS")
    assert code == 0
    assert "- evseId is <configured evse_id>" in said


def test_coverage_names_what_is_missing() -> None:
    code, said = run("coverage")
    assert "of 424 cases for charging stations under test are written" in said
    assert code == ("Not written yet" in said)


def test_coverage_of_requirements_tells_cases_reasons_and_what_is_lacking() -> None:
    code, said = run("coverage", "--requirements")
    assert code == 0
    assert "requirements are checked by at least one case" in said
    counts = re.search(r"Of (\d+) SHALLs (\d+) are checked by a case, (\d+) cannot be seen .* and (\d+) have no", said)
    assert counts is not None
    binding, checked, unseen, lacking = map(int, counts.groups())
    assert binding == checked + unseen + lacking
    _, only = run("coverage", "--missing")
    assert len(re.findall(r"FR\.\d", only)) == lacking
    assert f"and {lacking} have no case" in only
