"""`pilotwire certify pics`: the documents, what contradicts, and the questions in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from pilotwire.cli import app

BAD = 'ocpp = "2.0.1"\n[features]\ndeclared = ["Core", "C-53"]\n'


def run(*arguments: object, answers: str = "") -> Result:
    return CliRunner().invoke(app, ["certify", "pics", *map(str, arguments)], input=answers)


def test_our_own_station_can_be_handed_in(tmp_path: Path) -> None:
    told = run(tmp_path, "--product", "Ours 1.0")
    assert told.exit_code == 0, told.output
    assert "Nothing in it contradicts." in told.output
    data = json.loads((tmp_path / "pics.json").read_text())
    assert (data["product"], data["role"], data["ocpp"]) == ("Ours 1.0", "station", "2.0.1")
    assert f"{len(data['cases'])} test cases apply." in told.output


def test_what_contradicts_is_told_and_cannot_be_handed_in(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(BAD)
    told = run(tmp_path / "out", "--plan", plan)
    assert told.exit_code == 1
    assert "needs C-49" in " ".join(told.output.split())
    assert "This PICS cannot be handed in: " in told.stderr
    assert (tmp_path / "out" / "pics.md").is_file()


def test_it_can_be_asked_for_line_by_line(tmp_path: Path) -> None:
    """Of OCPP 1.6, for a CSMS: Core, firmware, security and nothing else; the questions of other profiles are left out."""
    yes = {"Core", "Firmware Management", "Security", "Q-14", "Q-16"}
    asked = ["Core", "Firmware Management", "Local Auth List Management", "Remote Trigger", "Reservation", "Security"]
    asked += ["Smart Charging", "Q-11", "Q-14", "Q-15", "Q-16", "Q-17", "Q-18"]
    answers = "".join("y\n" if one in yes else "n\n" for one in asked)
    told = run(tmp_path, "--role", "csms", "--ocpp", "1.6", "--ask", answers=answers)
    assert told.exit_code == 0, told.output
    data = json.loads((tmp_path / "pics.json").read_text())
    assert set(data["declared"]) == yes
    assert "TC_001_CSMS" in data["cases"]


def test_what_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(BAD)
    wrong = {
        "Nobody called 'dog' is certified.": (tmp_path / "out", "--role", "dog"),
        "'7' is no version of OCPP.": (tmp_path / "out", "--ocpp", "7"),
        "There is no certification of OCPP 2.1.": (tmp_path / "out", "--ocpp", "2.1"),
        "The plan is for OCPP 2.0.1, not 1.6.": (tmp_path / "out", "--plan", plan, "--ocpp", "1.6"),
        "cannot be read": (tmp_path / "out", "--plan", tmp_path / "none.toml"),
        "There are no results in": (tmp_path / "out", "--results", tmp_path),
        "The PICS cannot be written to": (plan,),
        "No such option": (tmp_path / "out", "--prodct", "x"),
    }
    for told, arguments in wrong.items():
        outcome = run(*arguments)
        assert outcome.exit_code == 2, outcome.output
        assert told in " ".join(outcome.stderr.split())
    assert not (tmp_path / "out").exists()
