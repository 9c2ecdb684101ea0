"""Official OCPP 2.0.1 test cases of block H (reservation), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.wire_states import (
    authorized,
    change_availability,
    energy_transfer_started,
    ev_connected_pre_session,
    unavailable,
)
from tests.support.wire_station import ANNA, BERT, CARL, FAMILY, VERSIONS, WireStation, events_of, named, statuses_of

pytestmark = pytest.mark.parametrize("version", VERSIONS)

AC, BOTH = "ac-22-dual", (1, 2)


def _station(version: str, layout: str = "ac-22-single", **variables: str) -> WireStation:
    station = WireStation(version, station=layout, variables=variables)
    station.said()
    return station


def _reserve(
    station: WireStation,
    token: str = ANNA,
    *,
    number: int = 1,
    evse: int | None = 1,
    group: str | None = None,
    connector_type: str | None = None,
    seconds: float = 600,
) -> str:
    more: dict[str, Any] = {} if evse is None else {"evseId": evse}
    if group is not None:
        more["groupIdToken"] = {"idToken": group, "type": "Central"}
    if connector_type is not None:
        more["connectorType"] = connector_type
    until = (station.now + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    token_of = {"idToken": token, "type": "ISO14443"}
    status: str = station.ask("ReserveNow", id=number, expiryDateTime=until, idToken=token_of, **more).status
    return status


def _reserved(station: WireStation, token: str = ANNA, **more: Any) -> None:
    """State Reserved: accepted, and the connector says so."""
    station.said()
    assert _reserve(station, token, **more) == "Accepted"
    assert statuses_of(station.said()) == {(more.get("evse", 1), 1): "Reserved"}


def _updates(messages: list[Any]) -> list[tuple[int, str]]:
    return [(one.reservation_id, one.reservation_update_status) for one in named(messages, "ReservationStatusUpdate")]


def _charges(station: WireStation, token: str, evse: int = 1) -> None:
    """Authorized, then energy flows."""
    authorized(station, evse, token=token)
    energy_transfer_started(station, evse)


# --- a certain EVSE -------------------------------------------------------------------------------------------------


@pytest.mark.req("H03.FR.01", "H03.FR.09", "H03.FR.10", "G01.FR.06")
def test_tc_h_01_cs(version: str) -> None:
    """Who reserved charges; with the card the connector is free again until the cable is in."""
    station = _station(version)
    _reserved(station)
    station.tap(ANNA)
    assert station.place_status() == "Available"
    energy_transfer_started(station)


@pytest.mark.req("H01.FR.23")
def test_tc_h_02_cs(version: str) -> None:
    """Somebody else does not charge, neither by card nor from afar."""
    station = _station(version)
    _reserved(station)
    station.plug()
    station.tap(CARL)
    station.pass_time(30)
    assert station.hardware.meter(1).power_w == 0
    start = {"idToken": {"idToken": CARL, "type": "ISO14443"}, "remoteStartId": 5, "evseId": 1}
    assert station.ask("RequestStartTransaction", **start).status == "Rejected"


@pytest.mark.req("H01.FR.11")
def test_tc_h_03_cs(version: str) -> None:
    """A second reservation of the same EVSE is answered Occupied."""
    station = _station(version)
    _reserved(station)
    assert _reserve(station, CARL, number=2) == "Occupied"


@pytest.mark.req("H01.FR.11")
def test_tc_h_04_cs(version: str) -> None:
    """So is one of an EVSE in use."""
    station = _station(version)
    ev_connected_pre_session(station)
    assert _reserve(station) == "Occupied"


@pytest.mark.req("H01.FR.14")
def test_tc_h_06_cs(version: str) -> None:
    """An EVSE out of use cannot be reserved."""
    station = _station(version, AC)
    unavailable(station, 1)
    assert _reserve(station) == "Unavailable"


@pytest.mark.req("H04.FR.01", "H04.FR.02")
def test_tc_h_07_cs(version: str) -> None:
    """A reservation not used ends with its time, which is told; then anybody charges."""
    station = _station(version)
    _reserved(station, seconds=60)
    station.said()
    station.pass_time(61)
    said = station.said()
    assert statuses_of(said) == {(1, 1): "Available"}
    assert _updates(said) == [(1, "Expired")]
    _charges(station, CARL)


@pytest.mark.req("H01.FR.02")
def test_tc_h_23_cs(version: str) -> None:
    """The same number again takes the place of the one before."""
    station = _station(version)
    _reserved(station, CARL)
    assert _reserve(station, BERT) == "Accepted"
    assert station.place_status() == "Reserved"
    station.tap(CARL)
    station.pass_time(5)
    assert station.core.overview().evses[0].id_token is None
    _charges(station, BERT)


@pytest.mark.req("H03.FR.04")
def test_tc_h_19_cs(version: str) -> None:
    """A card of the same group uses it."""
    station = _station(version)
    _reserved(station, group=FAMILY)
    _charges(station, BERT)


@pytest.mark.req("H01.FR.17")
def test_tc_h_21_cs(version: str) -> None:
    """Out of use means no longer reserved, which is told."""
    station = _station(version, AC)
    _reserved(station)
    station.said()
    assert change_availability(station, "Inoperative", 1).status == "Accepted"
    said = station.said()
    assert statuses_of(said) == {(1, 1): "Unavailable"}
    assert _updates(said) == [(1, "Removed")]
    assert change_availability(station, "Operative", 1).status == "Accepted"
    assert statuses_of(station.said()) == {(1, 1): "Available"}
    _charges(station, CARL)


@pytest.mark.req("H01.FR.01")
def test_tc_h_22_cs(version: str) -> None:
    """Where reservations are off, one is rejected."""
    assert _reserve(_station(version, **{"ReservationCtrlr.Enabled": "false"})) == "Rejected"


# --- any EVSE -------------------------------------------------------------------------------------------------------


@pytest.mark.req("H01.FR.04", "H01.FR.20", "H03.FR.03")
def test_tc_h_08_cs(version: str) -> None:
    """One of several is kept free; the only one there is shows it."""
    station = _station(version)
    assert _reserve(station, evse=None) == "Accepted"
    assert statuses_of(station.said()) == {(1, 1): "Reserved"}
    _charges(station, ANNA)


@pytest.mark.req("H01.FR.11")
def test_tc_h_09_cs(version: str) -> None:
    """All are reserved."""
    station = _station(version, AC)
    for evse in BOTH:
        _reserved(station, number=evse, evse=evse)
    assert _reserve(station, CARL, number=3, evse=None) == "Occupied"


@pytest.mark.req("H01.FR.11")
def test_tc_h_10_cs(version: str) -> None:
    """All are in use."""
    station = _station(version, AC)
    for evse in BOTH:
        ev_connected_pre_session(station, evse)
    assert _reserve(station, evse=None) == "Occupied"


@pytest.mark.req("H01.FR.14")
def test_tc_h_12_cs(version: str) -> None:
    """The station is out of use."""
    station = _station(version, AC)
    unavailable(station)
    assert _reserve(station, evse=None) == "Unavailable"


@pytest.mark.req("H01.FR.18", "H01.FR.20")
def test_tc_h_14_cs(version: str) -> None:
    """As many as there are EVSEs: then each shows that it is reserved."""
    station = _station(version, AC)
    tokens = (ANNA, CARL)
    assert [_reserve(station, token, number=at + 1, evse=None) for at, token in enumerate(tokens)] == ["Accepted"] * 2
    assert statuses_of(station.said()) == {(1, 1): "Reserved", (2, 1): "Reserved"}


@pytest.mark.req("H03.FR.06")
def test_tc_h_24_cs(version: str) -> None:
    """A card of the group uses the one kept free."""
    station = _station(version)
    assert _reserve(station, evse=None, group=FAMILY) == "Accepted"
    _charges(station, BERT)


@pytest.mark.req("H01.FR.19")
def test_tc_h_13_cs(version: str) -> None:
    """A station that reserves named EVSEs only refuses a reservation of any."""
    station = _station(version, AC, **{"ReservationCtrlr.NonEvseSpecific": "false"})
    assert _reserve(station, evse=None) == "Rejected"
    assert _reserve(station, evse=1) == "Accepted"


# --- a type of connector --------------------------------------------------------------------------------------------


def _type(station: WireStation) -> str:
    return station.hardware.layout.evses[0].connectors[0].connector_type


@pytest.mark.req("H01.FR.06", "H01.FR.24", "H03.FR.02")
def test_tc_h_15_cs(version: str) -> None:
    """The only connector of a type is reserved, and used."""
    station = _station(version)
    assert _reserve(station, evse=None, connector_type=_type(station)) == "Accepted"
    assert statuses_of(station.said()) == {(1, 1): "Reserved"}
    _charges(station, ANNA)


@pytest.mark.req("H01.FR.11")
def test_tc_h_16_cs(version: str) -> None:
    """All of the type are reserved."""
    station = _station(version, AC)
    for evse in BOTH:
        _reserved(station, number=evse, evse=evse)
    assert _reserve(station, CARL, number=3, evse=None, connector_type=_type(station)) == "Occupied"


# --- cancelled ------------------------------------------------------------------------------------------------------


@pytest.mark.req("H02.FR.02")
def test_tc_h_17_cs(version: str) -> None:
    """A reservation is cancelled, and its connector free."""
    station = _station(version)
    _reserved(station)
    assert station.ask("CancelReservation", reservationId=1).status == "Accepted"
    assert statuses_of(station.said()) == {(1, 1): "Available"}
    assert events_of(station.said()) == []


@pytest.mark.req("H02.FR.01")
def test_tc_h_18_cs(version: str) -> None:
    """One that is not there cannot be."""
    assert _station(version).ask("CancelReservation", reservationId=1).status == "Rejected"
