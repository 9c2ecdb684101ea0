"""Settings from three places: which goes first, and a sentence for whatever is wrong with any of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.errors import ConfigError
from pilotwire.settings import ENV_PREFIX, Settings, load, setting
from pilotwire.station.settings import load_settings


class Kettle(Settings):
    """A program's settings."""

    water: int = setting(..., "litres from 1 to 3", "how much", ge=1, le=3)
    colour: str = setting("red", "a colour", "for looks", min_length=1)
    whistles: bool = setting(True, "true or false", "whether it tells")
    notes: dict[str, str] = setting({}, "a table of names and values", "what it sings")


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WATER", "COLOUR", "WHISTLES", "NOTES", "CONFIG"):
        monkeypatch.delenv(f"{ENV_PREFIX}{name}", raising=False)


def _file(folder: Path, text: str) -> Path:
    path = folder / "pilotwire.toml"
    path.write_text(text)
    return path


def _said(folder: Path, toml: str = "", **given: Any) -> Kettle:
    kettle, _ = load(Kettle, "kettle", given, config=_file(folder, toml) if toml else None)
    return kettle


def _complaint(folder: Path, toml: str = "", **given: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        _said(folder, toml, **given)
    assert caught.value.what[0].isupper() or caught.value.what.startswith(("the ", str(folder)))
    return caught.value.what


def test_the_nearer_place_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Option, then environment, then file, then default; an option that is None was not given."""
    toml = "[kettle]\nwater = 1\ncolour = 'green'\nwhistles = false\n[pot]\nwater = 9\n"
    assert _said(tmp_path, toml) == Kettle(water=1, colour="green", whistles=False)
    monkeypatch.setenv("PILOTWIRE_WATER", "2")
    monkeypatch.setenv("PILOTWIRE_COLOUR", "")  # empty: nothing said
    assert _said(tmp_path, toml) == Kettle(water=2, colour="green", whistles=False)
    assert _said(tmp_path, toml, water=3, colour=None) == Kettle(water=3, colour="green", whistles=False)
    assert _said(tmp_path, water=3) == Kettle(water=3)


def test_the_environment_names_the_file_and_may_hold_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PILOTWIRE_CONFIG; tables as JSON; what belongs to other programs is left alone."""
    monkeypatch.setenv("PILOTWIRE_CONFIG", str(_file(tmp_path, "[kettle]\nwater = 2\n")))
    monkeypatch.setenv("PILOTWIRE_NOTES", '{"a": "la", "b": "li"}')
    monkeypatch.setenv("PILOTWIRE_SOMETHING_ELSE", "x")
    kettle, sources = load(Kettle, "kettle")
    assert (kettle.water, kettle.notes) == (2, {"a": "la", "b": "li"})
    assert sources.place("notes") == "the environment variable PILOTWIRE_NOTES"
    assert sources.place("colour") == "the setting colour"


def test_a_file_without_our_section_says_nothing(tmp_path: Path) -> None:
    """Others may have theirs in it."""
    assert _said(tmp_path, "[pot]\nwater = 9\n", water=1) == Kettle(water=1)


def test_settings_built_directly_hear_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test, a fleet: only what is handed over counts; nothing can be changed afterwards."""
    monkeypatch.setenv("PILOTWIRE_COLOUR", "blue")
    kettle = Kettle(water=1)
    assert kettle.colour == "red"
    with pytest.raises(ValueError, match="frozen"):
        kettle.water = 2  # type: ignore[misc]


def test_a_bad_option_is_told(tmp_path: Path) -> None:
    """Name, value, what is allowed."""
    assert _complaint(tmp_path, water=4) == "the option --water is 4: allowed is litres from 1 to 3."


def test_a_bad_variable_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name it has there."""
    monkeypatch.setenv("PILOTWIRE_WATER", "lots")
    assert _complaint(tmp_path) == "the environment variable PILOTWIRE_WATER is 'lots': allowed is litres from 1 to 3."


@pytest.mark.parametrize("text", ["{", "[1", "plain"])
def test_a_table_in_the_environment_that_is_no_json_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """With the variable's name, not with a stack of frames."""
    monkeypatch.setenv("PILOTWIRE_NOTES", text)
    assert "PILOTWIRE_NOTES is not JSON" in _complaint(tmp_path, water=1)


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[kettle]\n\nwater = 9\n", "pilotwire.toml, line 3 (water) is 9: allowed is litres from 1 to 3"),
        ("[pot]\nwater = 2\n[kettle]\nwater = 'much'\n", "line 4 (water) is 'much'"),
        ('[kettle]\n"water" = 0\n', "line 2 (water) is 0"),
        (
            "[kettle]\nwater = 1\nsugar = 2\n",
            "line 3 (sugar): there is no setting of this name (there are colour, notes",
        ),
        ("[kettle]\nwater = 1\ncolour = ''\n", "line 3 (colour) is '': allowed is a colour"),
        ("[kettle]\nwater = 1\nnotes = {a = []}\n", "(notes) is [] at a: allowed is a table"),
        ("kettle = 1\n", "kettle is not a section"),
        ("[kettle\n", "is not TOML"),
        ("[kettle]\ncolour = 'red'\n", "the setting water is missing: allowed is litres from 1 to 3"),
    ],
)
def test_a_bad_file_is_told_with_the_line(tmp_path: Path, toml: str, says: str) -> None:
    """Which file, which line, which value, what is allowed."""
    assert says in _complaint(tmp_path, toml)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Nobody wants to mend one thing a try."""
    what = _complaint(tmp_path, "[kettle]\nwater = 7\nwhistles = 'perhaps'\n", colour="")
    assert all(part in what for part in ("line 2 (water)", "line 3 (whistles)", "--colour"))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Not there, not text, a folder."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for path, says in (
        (tmp_path / "none.toml", "No such file"),
        (tmp_path / "bytes.toml", "UTF-8"),
        (tmp_path, "directory"),
    ):
        with pytest.raises(ConfigError, match=says):
            load(Kettle, "kettle", {"water": 1}, config=path)


# --- a station's ------------------------------------------------------------------------------------------------------


def test_a_version_without_quotes_is_a_version(tmp_path: Path) -> None:
    """TOML reads 2.1 as a number; people do not care. Numbers and switches among the variables are written out too."""
    toml = "[station]\nid = 7\nocpp = 2.1\n[station.variables]\n'TxCtrlr.EVConnectionTimeOut' = 30\n'AuthCtrlr.Enabled' = false\n"
    settings = load_settings(config=_file(tmp_path, toml))
    assert (settings.id, settings.ocpp) == ("7", "2.1")
    assert settings.variables == {"TxCtrlr.EVConnectionTimeOut": "30", "AuthCtrlr.Enabled": "false"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ocpp": "3.0"}, "--ocpp is '3.0': allowed is 1.6, 2.0.1 or 2.1"),
        ({"csms": "ftp://x"}, "--csms is 'ftp://x': allowed is a ws:// or wss:// URL"),
        ({"csms": "ws://"}, "--csms"),
        ({"control_port": 65536}, "--control-port is 65536"),
        ({"speed": 0}, "--speed is 0: allowed is a factor above 0"),
        ({"speed": float("nan")}, "--speed is nan"),
        ({"password": "short"}, "--password"),
        ({"id": ""}, "--id is ''"),
        ({"id": "X" * 49}, "1 to 48"),
        ({"log_level": "loud"}, "debug, info, warning or error"),
        ({"variables": "x"}, "--variables is 'x'"),
    ],
)
def test_a_bad_option_of_a_station_is_told(given: dict[str, Any], says: str) -> None:
    """Before anything starts."""
    with pytest.raises(ConfigError) as caught:
        load_settings({"id": "CS"} | given)
    assert says in str(caught.value)
