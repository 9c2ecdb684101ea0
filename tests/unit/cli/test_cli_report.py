"""`pilotwire report` on a terminal: a table that is too wide for it is turned."""

from __future__ import annotations

import pytest

from pilotwire.cli import report

COLUMNS = ("station", "energy kWh", "uptime percent")
ROWS = [("CS001", "12.5", "99.2"), ("CS002", "7", "100"), ("total", "19.5", "99.6")]


def _shown(columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    monkeypatch.setenv("COLUMNS", str(columns))
    report._show(COLUMNS, ROWS)
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_a_table_that_fits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Has a row for each station."""
    lines = _shown(80, monkeypatch, capsys)
    assert lines[0] == ["station", "energy", "kWh", "uptime", "percent"]
    assert lines[1] == ["CS001", "12.5", "99.2"]


def test_a_table_that_does_not_fit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Has a line for each figure, and goes on below where the stations do not fit beside each other."""
    lines = _shown(31, monkeypatch, capsys)
    assert lines == [
        ["station", "CS001", "CS002"],
        ["energy", "kWh", "12.5", "7"],
        ["uptime", "percent", "99.2", "100"],
        [],
        ["station", "total"],
        ["energy", "kWh", "19.5"],
        ["uptime", "percent", "99.6"],
    ]


@pytest.mark.parametrize(("name", "words"), [
    ("energyKwh", "energy kWh"), ("peakKw", "peak kW"), ("failedSessions", "failed sessions"), ("station", "station"),
])  # fmt: skip
def test_names_are_written_as_words(name: str, words: str) -> None:
    """With units as they are written."""
    assert report._words(name) == words
