"""What happens at a station of a fleet: always the same for a seed, in order, and as often as the scenario says."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile

from pilotwire.simulator.fleet.days import Deed, deeds
from pilotwire.simulator.fleet.scenario import scenario_of

BUSY = "seed: 3\narrivals: {per_evse_per_day: 10, stay: 10m..1h}\nnoise: {line_drops_per_day: 4}\nfaults: {per_day: 2}"


def _day(text: str, number: int = 1, *, days: float = 1, evses: int = 2) -> list[Deed]:
    stream = deeds(scenario_of(text), number, evses, {1: 1, 2: 2})
    return list(takewhile(lambda deed: deed.at < days * 86_400, stream))


def test_the_same_seed_is_the_same_day_and_another_station_another_one() -> None:
    assert _day(BUSY) == _day(BUSY)
    assert _day(BUSY) != _day(BUSY, 2)
    assert _day(BUSY) != _day(BUSY.replace("seed: 3", "seed: 4"))


def test_everything_comes_in_order_of_time_and_in_its_own_order() -> None:
    day = _day(BUSY)
    assert [deed.at for deed in day] == sorted(deed.at for deed in day)
    at_one = [deed.do for deed in day if deed.give.get("evse") == 1 and deed.do in ("plug", "tap", "unplug")]
    visits = [at_one[first : first + 4] for first in range(0, len(at_one) - 3, 4)]
    assert visits
    assert all(sorted(visit) == ["plug", "tap", "tap", "unplug"] and visit[-1] == "unplug" for visit in visits)


def test_it_happens_as_often_as_said() -> None:
    often = Counter(deed.do for deed in _day(BUSY, days=100))
    assert 300 < often["line/cut"] < 500
    assert 120 < often["fault/raise"] < 280
    assert 1200 < often["plug"] < 2100  # 10 a day at 2 EVSEs, less while they are taken


def test_nobody_comes_in_hours_without_weight() -> None:
    night = [0] * 20 + [1] * 4
    text = f"begins: 0\narrivals: {{per_evse_per_day: 10, stay: 1m, tap_first_percent: 0, by_hour: {night}}}"
    hours = Counter(int(deed.at % 86_400 // 3600) for deed in _day(text, days=30) if deed.do == "plug")
    assert set(hours) <= {20, 21, 22, 23}
    assert sum(hours.values()) > 100


def test_the_script_is_the_scenarios_own_time() -> None:
    (deed,) = _day("script: [{at: 12s, do: fault/raise, give: {code: GROUND_FAILURE}}]")
    assert (deed.at, deed.do, dict(deed.give)) == (12, "fault/raise", {"code": "GROUND_FAILURE"})


def test_nothing_happens_where_nothing_is_said() -> None:
    assert _day("seed: 1") == []
