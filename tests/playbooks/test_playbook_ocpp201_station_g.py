"""Official OCPP 2.0.1 test cases of block G (availability), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

import pytest

from tests.support.wire_states import (
    authorized,
    booted,
    change_availability,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    places,
    stop_authorized,
    unavailable,
)
from tests.support.wire_station import VERSIONS, WireStation, events_of, named, statuses_of

pytestmark = pytest.mark.parametrize("version", VERSIONS)

EVSE = (1, None)
CONNECTOR = (1, 1)
STATION = (None, None)


def _station(version: str, stop_point: str = "EVConnected,Authorized") -> WireStation:
    station = WireStation(version, station="ac-22-dual", variables={"TxCtrlr.TxStopPoint": stop_point})
    station.said()
    return station


def _back_in_use(station: WireStation, place: tuple[int | None, int | None]) -> None:
    unavailable(station, *place)
    response = change_availability(station, "Operative", *place)
    assert response.status == "Accepted"
    said = station.said()
    assert said[0] is response
    assert statuses_of(said) == dict.fromkeys(places(station, *place), "Available")


def _as_it_is(station: WireStation, place: tuple[int | None, int | None], to: str, state: str) -> None:
    """Asked for what is so already: accepted, and told once more."""
    assert change_availability(station, to, *place).status == "Accepted"
    assert statuses_of(station.said()) == dict.fromkeys(places(station, *place), state)


def _scheduled(version: str, place: tuple[int | None, int | None], stop_point: str) -> None:
    """Out of use, but only once the transaction there has ended; what else is in the place goes out at once."""
    station = _station(version, stop_point)
    energy_transfer_started(station)
    assert change_availability(station, "Inoperative", *place).status == "Scheduled"
    said = station.said()
    others = places(station, *place) - {(1, 1)}
    assert statuses_of(said) == dict.fromkeys(others, "Unavailable")
    assert events_of(said) == []
    station.pass_time(120)
    assert station.hardware.meter(1).power_w > 0
    before = len(station.log)
    stop_authorized(station)
    if stop_point == "EVConnected":
        assert station.place_status() == "Occupied"
        station.unplug()
    assert events_of([heard.message for heard in station.log[before:]])[-1].event_type == "Ended"
    assert statuses_of([heard.message for heard in station.log[before:]]) == {(1, 1): "Unavailable"}


# --- what is told ---------------------------------------------------------------------------------------------------


@pytest.mark.req("G01.FR.01")
def test_tc_g_01_cs(version: str) -> None:
    """A plugged vehicle makes its connector, and no other, Occupied."""
    ev_connected_pre_session(_station(version))


@pytest.mark.req("G01.FR.01")
def test_tc_g_02_cs(version: str) -> None:
    """A connector is Available again when the vehicle is unplugged."""
    station = _station(version)
    ev_connected_pre_session(station)
    ev_disconnected(station)


# --- out of use and back --------------------------------------------------------------------------------------------


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.06")
def test_tc_g_03_cs(version: str) -> None:
    """An EVSE taken out of use makes its connectors Unavailable, and only its."""
    unavailable(_station(version), *EVSE)


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.07")
def test_tc_g_04_cs(version: str) -> None:
    """An EVSE put back to use makes its connectors Available; the answer comes first."""
    _back_in_use(_station(version), EVSE)


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.07")
def test_tc_g_05_cs(version: str) -> None:
    """A station taken out of use makes all its connectors Unavailable."""
    unavailable(_station(version), *STATION)


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.08")
def test_tc_g_06_cs(version: str) -> None:
    """A station put back to use makes all its connectors Available."""
    _back_in_use(_station(version), STATION)


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04")
def test_tc_g_07_cs(version: str) -> None:
    """A connector taken out of use is Unavailable, and no other."""
    unavailable(_station(version), *CONNECTOR)


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04")
def test_tc_g_08_cs(version: str) -> None:
    """A connector put back to use is Available."""
    _back_in_use(_station(version), CONNECTOR)


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.03")
def test_tc_g_09_cs(version: str) -> None:
    """Putting an EVSE to use that is in use is accepted."""
    _as_it_is(_station(version), EVSE, "Operative", "Available")


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.03")
def test_tc_g_10_cs(version: str) -> None:
    """Taking an EVSE out of use that is out of use is accepted."""
    station = _station(version)
    unavailable(station, *EVSE)
    _as_it_is(station, EVSE, "Inoperative", "Unavailable")


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.05")
@pytest.mark.parametrize("stop_point", ["Authorized", "EVConnected"])
def test_tc_g_11_cs(version: str, stop_point: str) -> None:
    """An EVSE in a transaction goes out of use when that has ended, whatever ends it."""
    _scheduled(version, EVSE, stop_point)


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.04")
def test_tc_g_12_cs(version: str) -> None:
    """Putting a station to use that is in use is accepted, and all connectors are told."""
    _as_it_is(_station(version), STATION, "Operative", "Available")


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.04")
def test_tc_g_13_cs(version: str) -> None:
    """Taking a station out of use that is out of use is accepted, and all connectors are told."""
    station = _station(version)
    unavailable(station, *STATION)
    _as_it_is(station, STATION, "Inoperative", "Unavailable")


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.06")
@pytest.mark.parametrize("stop_point", ["Authorized", "EVConnected"])
def test_tc_g_14_cs(version: str, stop_point: str) -> None:
    """A station with a transaction goes out of use at once where none runs, and there when it has ended."""
    _scheduled(version, STATION, stop_point)


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.03")
def test_tc_g_15_cs(version: str) -> None:
    """Putting a connector to use that is in use is accepted, and it is told."""
    _as_it_is(_station(version), CONNECTOR, "Operative", "Available")


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.03")
def test_tc_g_16_cs(version: str) -> None:
    """Taking a connector out of use that is out of use is accepted, and it is told."""
    station = _station(version)
    unavailable(station, *CONNECTOR)
    _as_it_is(station, CONNECTOR, "Inoperative", "Unavailable")


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.05", "G01.FR.05")
@pytest.mark.parametrize("stop_point", ["Authorized", "EVConnected"])
def test_tc_g_17_cs(version: str, stop_point: str) -> None:
    """A connector in a transaction goes out of use when that has ended."""
    _scheduled(version, CONNECTOR, stop_point)


# --- a lock that does not close -------------------------------------------------------------------------------------

LOCK = {"component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}}}


@pytest.mark.req("G05.FR.01", "G05.FR.02")
def test_tc_g_20_cs(version: str) -> None:
    """A plug that cannot be locked gets no energy, and the problem of its lock is told: by itself, and by a monitor of it."""
    station = _station(version)
    monitor = {**LOCK, "variable": {"name": "Problem"}, "type": "Delta", "value": 1, "severity": 5}
    (result,) = station.ask("SetVariableMonitoring", setMonitoringData=[monitor]).set_monitoring_result
    assert result.status == "Accepted"
    station.locks_jammed.add(1)
    ev_connected_pre_session(station)
    authorized(station)
    station.pass_time(60)
    told_of = [event for one in station.all("NotifyEvent") for event in one.event_data]
    about = {(one.component.name, one.variable.name, one.actual_value, one.component.evse.id) for one in told_of}
    assert about == {("ConnectorPlugRetentionLock", "Problem", "true", 1)}
    assert {(one.trigger, one.event_notification_type) for one in told_of} == {
        ("Alerting", "HardWiredNotification"),
        ("Delta", "CustomMonitor"),
    }
    assert station.hardware.meter(1).power_w == 0


# --- across a restart -----------------------------------------------------------------------------------------------


@pytest.mark.req("G03.FR.08", "G01.FR.01", "B12.FR.06")
@pytest.mark.parametrize("reset", [None, "Immediate"])
def test_tc_g_18_cs(version: str, reset: str | None) -> None:
    """An EVSE out of use is so after a restart, by a reset as by a loss of power."""
    station = _station(version)
    unavailable(station, *EVSE)
    assert statuses_of(booted(station, reset=reset)) == {(1, 1): "Unavailable", (2, 1): "Available"}


@pytest.mark.req("G03.FR.08")
@pytest.mark.parametrize("reset", [None, "Immediate"])
def test_tc_g_19_cs(version: str, reset: str | None) -> None:
    """A connector out of use is so after a restart."""
    station = _station(version)
    unavailable(station, *CONNECTOR)
    said = booted(station, reset=reset)
    assert statuses_of(said) == {(1, 1): "Unavailable", (2, 1): "Available"}
    assert named(said, "SecurityEventNotification")


@pytest.mark.req("G04.FR.09")
@pytest.mark.parametrize("reset", [None, "Immediate"])
def test_tc_g_21_cs(version: str, reset: str | None) -> None:
    """A station out of use is so after a restart, with every connector."""
    station = _station(version)
    unavailable(station, *STATION)
    assert set(statuses_of(booted(station, reset=reset)).values()) == {"Unavailable"}
