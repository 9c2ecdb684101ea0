"""A site on virtual time: what vehicles get, and that no limit is exceeded on the way, whatever is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.domain.load_management import Strategy
from pilotwire.errors import ConfigError
from pilotwire.simulator.site import Record, load_site, simulate, site_of
from pilotwire.simulator.site.figures import figures, jain
from pilotwire.simulator.site.running import Quarter

_TWO = """
name: two
feeders: [{name: grid, amperes: 32}]
evses: [{station: S, count: 2, fed_by: grid, rotated: false}]
vehicles: [{capacity_wh: 100000, phases: 3, amperes: 32}]
arrivals: {file: visits.csv}
line: {delay: 0}
"""
_HEAD = "arrival,departure,energy_wh,phases,max_a,battery_wh,soc,tells,station,back_a\n"


def _run(folder: Path, *visits: str, text: str = _TWO, days: int = 1, strategy: Strategy | None = None) -> Record:
    (folder / "visits.csv").write_text(_HEAD + "\n".join(visits) + "\n")
    return simulate(site_of(text, folder=folder), days, strategy)


def _energies(record: Record) -> list[float]:
    return [round(car.got_wh / 1000, 1) for car in record.cars]


def _total(record: Record, what: str) -> float:
    return sum(getattr(quarter, what) for quarter in record.quarters)


def _exceeded(record: Record) -> list[str]:
    return [f"{e.feeder} {e.what}" for extremes in record.watch.extremes.values() for e in extremes if e.instants]


def test_one_alone_gets_what_he_wants(tmp_path: Path) -> None:
    """22.08 kW are 32 A on three phases: an hour for 22.08 kWh, and nothing after."""
    record = _run(tmp_path, "2030-03-04T08:00,2030-03-04T12:00,22080,3,32,100000,10,1,,")
    assert _energies(record) == [22.1]
    by_hour = [sum(q.vehicles for q in record.quarters[hour * 4 : hour * 4 + 4]) for hour in range(24)]
    assert by_hour[8] == pytest.approx(22_080, rel=1e-3)
    assert sum(by_hour) == pytest.approx(22_080, rel=1e-3)


def test_two_share_what_is_there(tmp_path: Path) -> None:
    """16 A each for two hours: neither has what he wants, and both have the same."""
    there = "2030-03-04T08:00,2030-03-04T10:00,60000,3,32,100000,10,1,,"
    record = _run(tmp_path, there, there)
    assert _energies(record) == [22.1, 22.1]
    told = figures(record)
    assert told.unmet_sessions == 2
    assert told.unmet_wh == pytest.approx(120_000 - 2 * 22_080, rel=1e-3)
    assert told.fairness == 1.0
    assert told.peak_watts == pytest.approx(22_080, rel=1e-3)


def test_first_come_keeps_the_second_waiting(tmp_path: Path) -> None:
    """10 A are not enough for two; he is let charge when the first one has what he wants."""
    first = "2030-03-04T08:00,2030-03-04T12:00,6900,3,32,100000,10,1,,"
    second = "2030-03-04T08:05,2030-03-04T10:00,60000,3,32,100000,10,1,,"
    record = _run(tmp_path, first, second, text=_TWO.replace("32}]", "10}]", 1), strategy=Strategy.FIRST_COME)
    assert [car.paused for car in record.cars] == [0, 0]
    assert record.cars[1].waited_s == pytest.approx(55 * 60, abs=360)
    assert record.cars[1].got_wh == pytest.approx(6900, rel=0.1)


def test_who_finds_no_evse_waits_for_one_or_goes(tmp_path: Path) -> None:
    """The third is seated when the first leaves; the fourth would leave before."""
    visits = [
        "2030-03-04T08:00,2030-03-04T10:00,5000,3,32,100000,10,1,,",
        "2030-03-04T08:00,2030-03-04T12:00,5000,3,32,100000,10,1,,",
        "2030-03-04T09:00,2030-03-04T13:00,5000,3,32,100000,10,1,,",
        "2030-03-04T09:00,2030-03-04T10:02,5000,3,32,100000,10,1,,",
    ]
    record = _run(tmp_path, *visits)
    assert record.traffic.turned_away == 1
    assert [round((car.visit.arrives - car.visit.came) / 60) for car in record.cars] == [0, 0, 61]


def test_a_battery_that_is_nearly_full_takes_less(tmp_path: Path) -> None:
    """From 80 % on the charging curve counts: the last fifth at 22 kW takes more than the hour it would."""
    record = _run(
        tmp_path,
        "2030-03-04T08:00,2030-03-04T09:00,21000,3,32,100000,80,1,,",
        text=_TWO.replace("count: 2, ", ""),
    )
    assert 5_000 < record.cars[0].got_wh < 20_000


def test_a_vehicle_gives_back_what_a_house_takes_too_much(tmp_path: Path) -> None:
    """But nothing of what it came with: at 13:00 the house takes 40 A of 32 A."""
    (tmp_path / "house.csv").write_text("time,watts\n2030-03-04T00:00,1000\n2030-03-04T13:00,24000\n")
    text = _TWO + "base: [{feeder: grid, file: house.csv}]\nmargin: 0\n"
    visit = "2030-03-04T08:00,2030-03-04T20:00,20000,3,32,100000,30,1,,16"
    car = _run(tmp_path, visit, text=text).cars[0]
    assert 0 < car.returned_wh <= 20_000
    assert car.battery.energy_wh >= 30_000 - 1


def test_storage_takes_from_the_sun_and_gives_in_the_evening(tmp_path: Path) -> None:
    """What is stored comes back but for its losses, and energy is neither made nor lost."""
    text = _TWO + (
        "sun: [{feeder: grid, watts: 10000, clouds: 0}]\nbase: [{feeder: grid, watts: 2000}]\n"
        "storage: {capacity_wh: 8000, watts: 4000, efficiency: 0.81, start_percent: 0}\n"
        "prices: {fixed: 0.3, feed_in: 0.1}\n"
    )
    record = _run(tmp_path, text=text, days=2)
    stored = sum(max(0.0, q.storage) for q in record.quarters)
    given = -sum(min(0.0, q.storage) for q in record.quarters)
    assert 0.8 * stored * 0.81 < given <= stored * 0.81 + 1
    balance = _total(record, "load") - _total(record, "sun") + _total(record, "vehicles") + _total(record, "storage")
    assert _total(record, "grid") == pytest.approx(balance)
    paid = sum(_money(q) for q in record.quarters)
    assert _total(record, "cost") == pytest.approx(paid)


def _money(quarter: Quarter) -> float:
    return quarter.grid / 1000 * (0.3 if quarter.grid > 0 else 0.1)


def test_cheap_hours_are_waited_for(tmp_path: Path) -> None:
    """All of it between 02:00 and 04:00, where it is cheap."""
    hours = ", ".join("0.1" if hour in (2, 3) else "0.4" for hour in range(24))
    text = _TWO + f"prices: {{by_hour: [{hours}]}}\nstrategy: cheapest-hours\n"
    record = _run(tmp_path, "2030-03-04T20:00,2030-03-05T07:00,30000,3,32,100000,10,1,,", text=text, days=2)
    assert record.cars[0].got_wh == pytest.approx(30_000, rel=1e-3)
    assert _total(record, "cost") == pytest.approx(3.0, rel=0.01)


def test_the_same_seed_is_the_same_site() -> None:
    """And another one is another."""
    site = load_site("home-4")
    one, same = (figures(simulate(site, 2)) for _ in range(2))
    other = figures(simulate(site.model_copy(update={"seed": 2}), 2))
    assert one == same
    assert one.delivered_wh != other.delivered_wh


@pytest.mark.parametrize(("name", "days"), [("office-20", 1), ("street-10", 1), ("home-4", 3)])
def test_no_limit_is_exceeded_though_messages_are_lost(name: str, days: int) -> None:
    """A fifth of the messages, and every station silent six times a day: whatever vehicles take of what they may."""
    site = load_site(name)
    line = site.line.model_copy(update={"lost_percent": 20.0, "silences_per_day": 6.0, "silent_for": (60.0, 600.0)})
    record = simulate(site.model_copy(update={"line": line}), days)
    assert record.lost > 0
    assert record.silences > 0
    assert _exceeded(record) == []
    assert sum(car.got_wh for car in record.cars) > 0.7 * sum(car.visit.energy_wh for car in record.cars)


def test_the_watch_sees_what_exceeds_a_limit(tmp_path: Path) -> None:
    """A house that takes more all of a sudden, and a station that is silent then: that is told."""
    (tmp_path / "house.csv").write_text("time,watts\n2030-03-04T00:00,1000\n2030-03-04T09:00,12000\n")
    text = (
        _TWO.replace("{delay: 0}", "{delay: 60, timeout: 60}") + "base: [{feeder: grid, file: house.csv}]\nmargin: 0\n"
    )
    record = _run(tmp_path, "2030-03-04T08:00,2030-03-04T10:00,60000,3,32,100000,10,1,,", text=text)
    assert _exceeded(record) == ["grid amperes"]
    assert not figures(record).kept


def test_vehicles_of_which_nobody_knows_the_phases_keep_them_even() -> None:
    """One that charges on one phase gets no more than the imbalance that is allowed, though its EVSE has three."""
    site = load_site("office-20")
    silent = site.model_copy(update={"arrivals": site.arrivals.model_copy(update={"tells_percent": 0.0})})
    record = simulate(silent, 1)
    assert any(car.visit.phases == 1 for car in record.cars)
    assert _exceeded(record) == []


def test_a_site_that_cannot_be_is_not_simulated() -> None:
    """A sentence says where."""
    text = _TWO.replace("fed_by: grid", "fed_by: nowhere")
    with pytest.raises(ConfigError, match="EVSE 1 of S01: it is fed by 'nowhere'"):
        simulate(site_of(text), 1)


def test_fairness() -> None:
    """1 where all have the same part, 1/n where one has all."""
    assert jain([0.5, 0.5, 0.5]) == 1
    assert jain([1, 0, 0, 0]) == 0.25
    assert jain([]) == 1
