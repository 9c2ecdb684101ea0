"""`pilotwire site simulate`, `scenarios` and `check` from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.simulator.site import shipped

_BAD = """
feeders: [{name: a, amperes: 10}, {name: b, fed_by: zz}]
evses: [{station: S, fed_by: a, phases: [1, 1]}]
arrivals: {pattern: home, per_day: 2}
"""


def _site(*arguments: str) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(cli.app, ["site", *arguments])
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_scenarios_are_listed() -> None:
    """With their strategies."""
    code, out, _ = _site("scenarios")
    assert code == 0
    assert all(name in out for name in shipped())


def test_a_simulation_tells_its_figures() -> None:
    """Sessions, energy, the optimum, every limit, and whether they held."""
    code, out, _ = _site("simulate", "home-4", "--days", "2")
    assert code == 0
    assert "share of the optimum" in out
    assert "25 A" in out
    assert out.rstrip().endswith("No limit was exceeded at any instant, whatever vehicles take of what they may.")


def test_the_report(tmp_path: Path) -> None:
    """A page with its plots in it, the same figures as JSON, and a line a quarter of an hour."""
    code, out, _ = _site(
        "simulate", "home-4", "--days", "2", "--seed", "5", "--strategy", "equal-share",
        "--no-optimum", "--format", "json", "--out", str(tmp_path / "report"),
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)
    assert (told["strategy"], told["days"], told["seed"]) == ("equal-share", 2, 5)
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == told
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 5
    assert "http" not in page.replace("http-equiv", "")
    lines = list(csv.DictReader((tmp_path / "report" / "quarters.csv").open()))
    assert len(lines) == 2 * 96
    taken = sum(float(line["vehicles"]) for line in lines)
    assert taken == pytest.approx(told["deliveredWh"], rel=0.01, abs=10)


def test_arrivals_fitted_to_a_file(tmp_path: Path) -> None:
    """What comes is like what came: two a day."""
    days = [
        f"2030-01-{day:02}T{hour}:00,2030-01-{day:02}T{hour + 2}:00,4000" for day in range(1, 29) for hour in (10, 15)
    ]
    (tmp_path / "past.csv").write_text("\n".join(["arrival,departure,energy_wh", *days]))
    code, out, _ = _site(
        "simulate", "home-4", "--days", "10", "--fit", str(tmp_path / "past.csv"), "--format", "json", "--no-optimum"
    )
    assert code == 0
    assert 10 <= json.loads(out)["sessions"] <= 32


def test_check_shows_the_tree_and_all_that_is_wrong(tmp_path: Path) -> None:
    """At once."""
    code, out, _ = _site("check", "depot-30")
    assert code == 0
    assert "  row a: 400 A\n    - 15 EVSEs (DC, 8 to 230 A): A01 to A15" in out
    (tmp_path / "bad.yaml").write_text(_BAD)
    code, out, err = _site("check", str(tmp_path / "bad.yaml"))
    assert code == 2
    assert "feeder b: it is fed by 'zz'" in err
    assert "EVSE 1 of S: its phases are of 1, 2 and 3" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("simulate", "castle"), "There is no site 'castle'"),
        (("simulate", "absent.yaml"), "No such file"),
        (("simulate", "home-4", "--days", "0"), "--days"),
        (("simulate", "home-4", "--strategy", "fairest"), "'fairest'"),
        (("simulate", "home-4", "--days", "1", "--fit", "absent.csv"), "absent.csv cannot be read"),
        (("check", "castle"), "Take one of depot-30"),
    ],
)
def test_wrong_input_gets_a_sentence(arguments: tuple[str, ...], told: str) -> None:
    """And exit code 2."""
    code, _, err = _site(*arguments)
    assert code == 2
    assert told in err


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    """Its folder is a file."""
    (tmp_path / "taken").write_text("")
    code, _, err = _site("simulate", "home-4", "--days", "1", "--no-optimum", "--out", str(tmp_path / "taken"))
    assert code == 2
    assert "cannot be written" in err
