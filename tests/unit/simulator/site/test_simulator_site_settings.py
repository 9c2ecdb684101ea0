"""A site's YAML and CSV files: what they mean, and a sentence for whatever cannot be."""

from __future__ import annotations

import random
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pilotwire.domain.load_management import misfits
from pilotwire.errors import ConfigError
from pilotwire.simulator.site import load_site, shipped, site_of
from pilotwire.simulator.site.fitting import fitted
from pilotwire.simulator.site.surroundings import HOUR, Surroundings
from pilotwire.simulator.site.visits import traffic

_SITE = """
feeders: [{name: grid, amperes: 63}]
evses: [{station: S, count: 3, fed_by: grid}]
arrivals: {pattern: office, per_day: 5}
"""


@pytest.mark.parametrize("name", shipped())
def test_shipped_sites_can_be(name: str) -> None:
    """Each has its name, a sentence on it, and a tree that holds."""
    site = load_site(name)
    assert site.name == name
    assert site.about
    assert misfits(site.layout()) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1, 2]", "the site is no table of settings"),
        ("a: b: c", "the site is no YAML"),
        (_SITE + "speed: 3", "speed: Extra inputs are not permitted"),
        (_SITE.replace("amperes: 63", "amperes: -1"), "feeders.0.amperes: Input should be greater than or equal to 0"),
        (_SITE + "time_zone: Mars", "time_zone: 'Mars' is no time zone like Europe/Berlin"),
        (_SITE + "strategy: fairest", "strategy: Input should be 'equal-share'"),
        (_SITE + "base: [{feeder: cellar, watts: 1}]", "base.0.feeder: 'cellar' is none of the feeders"),
        (_SITE + "base: [{feeder: grid}]", "base.0: give either watts"),
        (_SITE + "prices: {by_hour: [1, 2]}", "prices: by_hour has 24 prices, not 2"),
        (_SITE + "prices: {fixed: 0.1, feed_in: 0.2}", "prices: feed_in is at most the lowest price"),
        (_SITE + "vehicles: [{model: flying-1}]", "vehicles.0: there is no model 'flying-1'"),
        (_SITE + "target_watts: [1, 2]", "target_watts: one number, or 24 of them, not 2"),
        (_SITE.replace(", per_day: 5", ""), "arrivals: a pattern needs per_day"),
        (_SITE.replace("pattern: office", "file: a.csv, pattern: office"), "arrivals: give one of file, fit"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(text: str, told: str) -> None:
    """In a sentence."""
    with pytest.raises(ConfigError) as error:
        site_of(text)
    assert told in error.value.what


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("arrival,energy_wh\n", "has no column departure"),
        ("arrival,departure,energy_wh\nnoon,2030-03-04T12:00,5\n", "line 2: arrival is 'noon', which is no time"),
        ("arrival,departure,energy_wh\n2030-03-04T12:00,2030-03-04T12:00,5\n", "line 2: it leaves before it comes"),
        ("arrival,departure,energy_wh\n2030-03-04T12:00,2030-03-04T13:00,much\n", "energy_wh is 'much'"),
        (
            "arrival,departure,energy_wh\n2030-03-04T12:00,2030-03-04T13:00,-5\n",
            "energy_wh is -5; it is a finite number, 0",
        ),
        ("arrival,departure,energy_wh,phases\n2030-03-04T12:00,2030-03-04T13:00,5,4\n", "phases is 4; it is 1, 2 or 3"),
        ("arrival,departure,energy_wh,station\n2030-03-04T12:00,2030-03-04T13:00,5,X\n", "there is no station 'X'"),
    ],
)
def test_a_wrong_line_of_visits_is_told(tmp_path: Path, lines: str, told: str) -> None:
    """With the file and the line."""
    (tmp_path / "visits.csv").write_text(lines)
    site = site_of(_SITE.replace("pattern: office, per_day: 5", "file: visits.csv"), folder=tmp_path)
    with pytest.raises(ConfigError) as error:
        traffic(site, 1)
    assert told in error.value.what
    assert "visits.csv" in error.value.what


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("time,watts\n", "has no lines"),
        ("time,watts\n2030-03-05T00:00,1\n", "begins after the simulation does"),
        (
            "time,watts\n2030-03-04T00:00,1\n2030-03-04T00:00,1\n",
            "line 3: its time is not after that of the line before",
        ),
    ],
)
def test_a_wrong_series_is_told(tmp_path: Path, lines: str, told: str) -> None:
    """With the file."""
    (tmp_path / "load.csv").write_text(lines)
    site = site_of(_SITE + "base: [{feeder: grid, file: load.csv}]", folder=tmp_path)
    with pytest.raises(ConfigError) as error:
        Surroundings(site, 1)
    assert told in error.value.what


def test_sites_there_are_not_are_told(tmp_path: Path) -> None:
    """By name, and by file."""
    with pytest.raises(ConfigError, match="There is no site 'castle'"):
        load_site("castle")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_site(str(tmp_path / "castle.yaml"))


def test_the_sun() -> None:
    """Nothing at night, most at noon, more in June than in December, never more than the peak."""
    text = _SITE + "time_zone: Europe/Berlin\nsun: [{feeder: grid, watts: 10000, clouds: 0}]\n"
    june, december = (Surroundings(site_of(text + f"begins: 2030-{month}-21\n"), 1) for month in ("06", "12"))
    assert june.sun_watts(0) == 0
    at_noon = june.sun_watts(13 * HOUR)  # 12:00 of the standard time
    assert at_noon == max(june.sun_watts(hour * HOUR) for hour in range(24))
    assert december.sun_watts(12 * HOUR) < at_noon / 2 < at_noon <= 10_000


def test_prices_by_hour() -> None:
    """Neighbours that are equal are one period; weekends have their own."""
    weekday = "[0.2" + ", 0.3" * 23 + "]"
    text = _SITE + f"prices: {{by_hour: {weekday}, weekend_by_hour: [{', '.join(['0.1'] * 24)}]}}\n"
    around = Surroundings(site_of(text), 7)
    assert [around.price(hour * HOUR) for hour in (0, 1, 23, 24)] == [0.2, 0.3, 0.3, 0.2]
    assert around.price(5 * 24 * HOUR) == 0.1
    assert [float(one.price) for one in around.price_periods(0, 25)] == [0.2, 0.3, 0.2]


def test_a_distribution_fits_its_file(tmp_path: Path) -> None:
    """Two kinds of drivers on working days are found again: those of the morning, and those of the evening."""
    chance = random.Random(7)
    lines = ["arrival,departure,energy_wh"]
    for day in range(4, 29):
        if day % 7 in (2, 3):  # 9 and 10 March 2030 are a weekend
            continue
        for hour, stay, wants in [(8.0, 8.0, 15_000)] * 6 + [(18.5, 2.0, 6000)] * 3:
            begin = int((hour + chance.gauss(0, 0.4)) * 60)
            end = begin + int(stay * 60 * chance.uniform(0.85, 1.15))
            energy = wants * chance.uniform(0.8, 1.2)
            moments = (f"2030-03-{day:02}T{minute // 60:02}:{minute % 60:02}" for minute in (begin, end))
            lines.append(f"{','.join(moments)},{energy:.0f}")
    (tmp_path / "past.csv").write_text("\n".join(lines))
    groups = fitted(tmp_path / "past.csv", ZoneInfo("UTC"))
    early, late = (next(each for each in groups if abs(each.comes[0] - hour) < 0.3) for hour in (8, 18.5))
    assert early.per_day[:5] == pytest.approx((6,) * 5, abs=0.5)
    assert late.per_day[0] == pytest.approx(3, abs=0.3)
    assert early.per_day[5:] == (0, 0)
    assert early.stays[0] == pytest.approx(8, rel=0.05)
    assert late.wants[0] == pytest.approx(6, rel=0.1)


def test_too_few_visits_fit_nothing(tmp_path: Path) -> None:
    """That is told."""
    (tmp_path / "past.csv").write_text("arrival,departure,energy_wh\n2030-03-04T08:00,2030-03-04T09:00,5000\n")
    with pytest.raises(ConfigError, match="too few visits"):
        fitted(tmp_path / "past.csv", ZoneInfo("UTC"))


def test_some_do_not_tell() -> None:
    """Neither when they leave nor how much they want."""
    site = site_of(_SITE.replace("per_day: 5", "per_day: 20, tells_percent: 50").replace("count: 3", "count: 30"))
    told = [visit.tells for visit in traffic(site, 10).visits]
    assert 0.3 < sum(told) / len(told) < 0.7
