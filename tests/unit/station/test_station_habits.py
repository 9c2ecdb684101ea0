"""What the maker of a station chooses: said on the command line, in a file, in a plan; each is a habit of the core."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.simulator.building import build_station
from pilotwire.station.core.features import Feature
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.habits import Habits
from pilotwire.station.settings import load_settings

ROOT = Path(__file__).parents[3]


def test_every_habit_is_one_of_the_core_and_is_told_in_the_docs() -> None:
    known = {field.name for field in fields(StationSettings)}
    page = (ROOT / "docs" / "station.md").read_text(encoding="utf-8")
    assert set(Habits.model_fields) <= known
    assert [name for name in Habits.model_fields if f"`{name}`" not in page] == []


@pytest.mark.parametrize(("ocpp", "unsigned"), [("1.6", None), ("2.0.1", False)])
def test_what_is_not_said_is_as_the_version_has_it(tmp_path: Path, ocpp: str, unsigned: bool | None) -> None:
    given = {"id": "CS1", "ocpp": ocpp, "storage": str(tmp_path / "s.db"), "habits": {"resume_transactions": "60"}}
    station = build_station(load_settings(given), SystemClock())
    assert (station.settings.accepts_unsigned_firmware, station.settings.resume_transactions) == (unsigned, 60)


def test_a_file_says_them_in_a_table(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        '[station]\nid = "CS1"\n[station.habits]\nlocal_controller = true\npublish_port = 8099\n'
    )
    assert load_settings(config=tmp_path / "s.toml").habits.said() == {"local_controller": True, "publish_port": 8099}


@pytest.mark.parametrize("said", ["Apn, UseLocalTime", ["Apn", "UseLocalTime"]], ids=["command line", "file"])
def test_what_a_station_lacks_is_listed(tmp_path: Path, said: object) -> None:
    given = {"id": "CS1", "ocpp": "2.1", "storage": str(tmp_path / "s.db"), "habits": {"lacks": said}}
    station = build_station(load_settings(given), SystemClock())
    assert station.settings.lacks == {Feature.APN, Feature.USE_LOCAL_TIME}


def test_custom_triggers_are_a_table(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        '[station]\nid = "CS1"\n[station.habits.custom_triggers]\n"org.example.power" = ["EVSE@1.Power"]\n'
    )
    said = load_settings(config=tmp_path / "s.toml").habits.said()
    assert said == {"custom_triggers": {"org.example.power": ("EVSE@1.Power",)}}


@pytest.mark.parametrize(
    ("habits", "says"),
    [
        ({"publish_port": "many"}, "publish_port"),
        ({"colour": "red"}, "colour"),
        ({"certificate_key": "RSA-512"}, "certificate_key"),
        ({"lacks": "Apn,Nothing"}, "lacks"),
        ({"custom_triggers": {"org.example.power": "EVSE@1.Power"}}, "custom_triggers"),
    ],
)
def test_a_habit_that_cannot_be_is_told(habits: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError) as told:
        load_settings({"id": "CS1", "habits": habits})
    assert says in str(told.value)
