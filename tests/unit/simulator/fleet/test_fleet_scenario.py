"""Scenarios: what may be said in YAML, and what is said of mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.errors import ConfigError
from pilotwire.simulator.fleet.scenario import Scenario, read_scenario, scenario_of, seconds_of

DAY = """
seed: 7
speed: 60
duration: 1d
begins: 6h
fleet:
  - {share: 3, ocpp: 2.1, layout: ac-22-dual}
  - {share: 1, ocpp: "1.6", layout: dc-150-ccs, variables: {SampledDataCtrlr.TxUpdatedInterval: "30"}}
arrivals: {per_evse_per_day: 6, stay: 30m..8h, energy_kwh: 5..60}
noise: {line_drops_per_day: 2, line_down: 5s..10m}
faults: {per_day: 0.5, codes: [GROUND_FAILURE]}
script:
  - {at: 1m30s, do: line/cut, stations: 5%}
  - {at: 12, do: unplug, stations: "1,3"}
"""


def test_a_day_is_read_with_its_units() -> None:
    day = scenario_of(DAY)
    assert (day.duration, day.begins, day.speed) == (86_400, 21_600, 60)
    assert [(kind.ocpp, kind.share) for kind in day.fleet] == [("2.1", 3), ("1.6", 1)]
    assert day.arrivals is not None
    assert (day.arrivals.stay, day.arrivals.energy_kwh) == ((1800, 28_800), (5, 60))
    assert day.noise.line_down == (5, 600)
    assert [line.at for line in day.script] == [90, 12]
    assert scenario_of("") == Scenario()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("1h30m", 5400), ("2d", 172_800), (12, 12)]
)
def test_times(text: object, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "is no YAML"),
        ("- 1", "no table"),
        ("speeed: 1", "speeed"),
        ("speed: 0", "speed"),
        ("duration: soon", "is no time"),
        ("duration: ''", "is no time"),
        ("fleet: []", "fleet"),
        ("fleet: [{ocpp: 1.7}]", "fleet.0.ocpp"),
        ("arrivals: {stay: 8h..30m}", "ends before it begins"),
        ("arrivals: {by_hour: [1, 2]}", "24 weights"),
        ("script: [{at: 1s}]", "script.0.do"),
        ("script: [{at: 1s, do: tap, stations: some}]", "script.0"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=r".") as told:
        scenario_of(text)
    assert says in told.value.what


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_scenario(tmp_path / "none.yaml")


def test_whom_a_line_of_the_script_is_for() -> None:
    everyone, some, two = (
        scenario_of(f"script: [{{at: 1, do: plug, stations: {whom}}}]").script[0] for whom in ("all", "50%", "'2,4'")
    )
    assert [everyone.covers(number, 0.9) for number in (1, 2)] == [True, True]
    assert [some.covers(1, lot) for lot in (0.49, 0.5)] == [True, False]
    assert [two.covers(number, 0.0) for number in (1, 2, 3, 4)] == [False, True, False, True]


def test_the_example_in_the_repository_is_a_scenario() -> None:
    day = read_scenario(Path(__file__).parents[4] / "examples" / "day.yaml")
    assert (day.duration, len(day.fleet)) == (86_400, 3)
