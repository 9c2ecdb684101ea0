"""The offline optimum by hand-made examples, and how near the shipped sites come."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from pilotwire.errors import ConfigError
from pilotwire.simulator.site import Record, load_site, shipped, simulate, site_of
from pilotwire.simulator.site.figures import figures
from pilotwire.simulator.site.optimum import optimum

_SITE = """
feeders: [{name: grid, amperes: 32}]
evses: [{station: S, count: 2, fed_by: grid, rotated: false}]
arrivals: {file: visits.csv}
prices: {by_hour: [0.4, 0.4, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]}
line: {delay: 0}
"""
_HEAD = "arrival,departure,energy_wh,phases,max_a,battery_wh,soc\n"


def _record(folder: Path, *visits: str, text: str = _SITE) -> Record:
    (folder / "visits.csv").write_text(_HEAD + "\n".join(visits) + "\n")
    return simulate(site_of(text, folder=folder), 1)


def test_the_cheapest_hours_are_taken(tmp_path: Path) -> None:
    """22.08 kWh at 0.1 and 7.92 kWh at 0.2: no way is cheaper."""
    best = optimum(_record(tmp_path, "2030-03-04T00:00,2030-03-04T06:00,30000,3,32,100000,10"))
    assert best.delivered_wh == pytest.approx(30_000)
    assert best.cost == pytest.approx(22.08 * 0.1 + 7.92 * 0.2, rel=1e-4)


def test_limits_hold_there_too(tmp_path: Path) -> None:
    """Two who want 60 kWh each in two hours get 44.16 kWh together."""
    there = "2030-03-04T08:00,2030-03-04T10:00,60000,3,32,100000,10"
    best = optimum(_record(tmp_path, there, there))
    assert best.delivered_wh == pytest.approx(44_160)
    assert sum(best.by_visit) == pytest.approx(44_160, rel=1e-4)


def test_imbalance_counts_one_against_the_other(tmp_path: Path) -> None:
    """10 A on one phase only, an hour: 2.3 kWh."""
    text = _SITE.replace("amperes: 32", "amperes: 32, imbalance: 10")
    best = optimum(_record(tmp_path, "2030-03-04T08:00,2030-03-04T09:00,60000,1,32,100000,10", text=text))
    assert best.delivered_wh == pytest.approx(2300)


def test_storage_moves_energy_to_where_it_is_dear(tmp_path: Path) -> None:
    """Charged at 0.1, it gives at 0.4: the site pays less than without, though its losses cost."""
    visit = "2030-03-04T08:00,2030-03-04T09:00,20000,3,32,100000,10"
    without = optimum(_record(tmp_path, visit))
    stored = _SITE + "storage: {capacity_wh: 10000, watts: 20000, efficiency: 0.81, start_percent: 0}\n"
    best = optimum(_record(tmp_path, visit, text=stored))
    assert without.cost == pytest.approx(20 * 0.4, rel=1e-4)
    assert best.cost == pytest.approx(11 * 0.4 + 10 / 0.9 * 0.1, rel=1e-3)


@pytest.mark.parametrize("name", shipped())
def test_shipped_sites_deliver_at_least_95_per_cent_of_the_optimum(name: str) -> None:
    """With their own strategies, with messages lost and stations silent."""
    record = simulate(load_site(name), 2)
    told = figures(record, optimum(record))
    assert told.kept
    assert told.optimum is not None
    assert 95 <= told.optimum.share_percent <= 100.01


def test_without_the_solver_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No traceback."""
    record = _record(tmp_path)
    whole = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> Any:
        if name == "highspy":
            raise ImportError(name)
        return whole(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'pilotwire\[sites\]'"):
        optimum(record)
