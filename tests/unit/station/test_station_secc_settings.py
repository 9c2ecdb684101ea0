"""Where a person wants SECCs: an interface each, an EVSE each, in the option's words or the older ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.errors import ConfigError
from pilotwire.station.secc import secc_settings
from pilotwire.station.settings import load_settings


def places(**said: Any) -> list[tuple[str, int]]:
    """Interfaces and EVSEs of the SECCs that are to be."""
    return [(one.interface, one.evse_id) for one in secc_settings(load_settings({"id": "CS001", **said}))]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, []),
        ({"secc": ["eth1"]}, [("eth1", 1)]),
        ({"secc": ["eth1"], "secc_evse": 2}, [("eth1", 2)]),
        ({"secc": ["eth1:3"], "secc_evse": 2}, [("eth1", 3)]),
        ({"secc": ["eth1:1", "eth2:2"]}, [("eth1", 1), ("eth2", 2)]),
        ({"secc": ["eth1", "eth2:2"]}, [("eth1", 1), ("eth2", 2)]),
        ({"secc": ["lo:1", "lo:2"]}, [("lo", 1), ("lo", 2)]),
    ],
)
def test_each_has_its_place(said: dict[str, Any], wanted: list[tuple[str, int]]) -> None:
    assert places(**said) == wanted


@pytest.mark.parametrize("written", ['"eth1:1"', '["eth1:1"]'])
def test_the_file_has_one_as_text_or_a_list(tmp_path: Path, written: str) -> None:
    (tmp_path / "station.toml").write_text(f'[station]\nid = "CS001"\nsecc = {written}\n')
    (one,) = secc_settings(load_settings(config=tmp_path / "station.toml"))
    assert (one.interface, one.evse_id) == ("eth1", 1)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("eth1", [("eth1", 1)]),
        ("eth1:1 eth2:2", [("eth1", 1), ("eth2", 2)]),
        ("eth1:2,eth2:1", [("eth1", 2), ("eth2", 1)]),
    ],
)
def test_the_environment_has_them_with_spaces(
    monkeypatch: pytest.MonkeyPatch, written: str, wanted: list[tuple[str, int]]
) -> None:
    monkeypatch.setenv("PILOTWIRE_SECC", written)
    assert places() == wanted


@pytest.mark.parametrize(
    ("written", "what"),
    [
        (["eth1", "eth2"], "EVSE 1 is to have two SECCs, on eth1 and on eth2"),
        (["eth1:2", "eth2:2"], "EVSE 2 is to have two SECCs"),
        (["eth1:1", "eth1:2"], "Interface eth1 is to have two SECCs"),
        (["eth1:0"], "--secc eth1:0 names no interface and EVSE"),
        (["eth1:"], "--secc eth1: names no"),
        ([":1"], "--secc :1 names no"),
        (["eth1:one"], "--secc eth1:one names no"),
        (["eth1:²"], "names no interface and EVSE"),
    ],
)
def test_what_cannot_be_is_told(written: list[str], what: str) -> None:
    with pytest.raises(ConfigError) as told:
        places(secc=written)
    assert what in told.value.what
    assert told.value.remedy


def test_slac_is_for_the_interfaces_that_have_a_modem() -> None:
    made = secc_settings(load_settings({"id": "CS001", "secc": ["eth1:1", "lo:2"], "slac": True}))
    assert [one.slac for one in made] == [True, False]
    assert not secc_settings(load_settings({"id": "CS001", "secc": ["eth1"]}))[0].slac


@pytest.mark.parametrize("secc", [[], ["lo"]])
def test_slac_without_a_modem_is_told(secc: list[str]) -> None:
    with pytest.raises(ConfigError, match="no interface of one is named"):
        places(secc=secc, slac=True)
