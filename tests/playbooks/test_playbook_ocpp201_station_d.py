"""Official OCPP 2.0.1 cases of block D (local authorization list), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.wire_states import booted
from tests.support.wire_station import ANNA, BERT, VERSIONS, WireStation

pytestmark = pytest.mark.parametrize("version", VERSIONS)

FIRST = 7


def _entry(token: str, *, known: bool = True) -> dict[str, Any]:
    entry: dict[str, Any] = {"idToken": {"idToken": token, "type": "ISO14443"}}
    return entry | ({"idTokenInfo": {"status": "Accepted"}} if known else {})


def _send(station: WireStation, version: int, kind: str, *entries: dict[str, Any]) -> str:
    listed = {"localAuthorizationList": list(entries)} if entries else {}
    status: str = station.ask("SendLocalList", versionNumber=version, updateType=kind, **listed).status
    return status


def _version(station: WireStation) -> int:
    number: int = station.ask("GetLocalListVersion").version_number
    return number


def _listed(version: str) -> WireStation:
    """A station with Anna on its list."""
    station = WireStation(version)
    assert _send(station, FIRST, "Full", _entry(ANNA)) == "Accepted"
    return station


@pytest.mark.req("D01.FR.15", "D02.FR.01")
def test_tc_d_01_cs(version: str) -> None:
    """A full list is taken, with its version."""
    assert _version(_listed(version)) == FIRST


@pytest.mark.req("D01.FR.16")
def test_tc_d_02_cs(version: str) -> None:
    """A token more, and its version."""
    station = _listed(version)
    assert _send(station, FIRST + 1, "Differential", _entry(BERT)) == "Accepted"
    assert _version(station) == FIRST + 1


@pytest.mark.req("D01.FR.17")
def test_tc_d_03_cs(version: str) -> None:
    """A token that comes without verdict is taken off the list."""
    station = _listed(version)
    assert _send(station, FIRST + 1, "Differential", _entry(ANNA, known=False)) == "Accepted"
    assert _version(station) == FIRST + 1
    station.cut()
    station.plug()
    station.tap(ANNA)
    station.pass_time(30)
    assert not station.hardware.contactor_closed(1)


@pytest.mark.req("D01.FR.04")
def test_tc_d_04_cs(version: str) -> None:
    """An empty full list empties it, and has its version."""
    station = _listed(version)
    assert _send(station, FIRST + 1, "Full") == "Accepted"
    assert _version(station) == FIRST + 1


@pytest.mark.req("D01.FR.05")
def test_tc_d_05_cs(version: str) -> None:
    """An empty change changes the version alone."""
    station = _listed(version)
    assert _send(station, FIRST + 1, "Differential") == "Accepted"
    assert _version(station) == FIRST + 1


@pytest.mark.req("D01.FR.19")
def test_tc_d_06_cs(version: str) -> None:
    """A change of an older version is refused."""
    station = _listed(version)
    assert _send(station, FIRST - 1, "Differential", _entry(BERT)) == "VersionMismatch"
    assert _version(station) == FIRST


@pytest.mark.req("D01.FR.10")
def test_tc_d_07_cs(version: str) -> None:
    """The list outlives a reboot."""
    station = _listed(version)
    booted(station)
    assert _version(station) == FIRST


@pytest.mark.req("D02.FR.01")
def test_tc_d_08_cs(version: str) -> None:
    """The version can be asked for."""
    assert _version(_listed(version)) == FIRST


@pytest.mark.req("D02.FR.03")
def test_tc_d_10_cs(version: str) -> None:
    """A list that is not enabled is none."""
    station = _listed(version)
    station.set("LocalAuthListCtrlr.Enabled", "false")
    assert _version(station) == 0
