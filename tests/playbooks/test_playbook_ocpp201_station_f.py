"""Official OCPP 2.0.1 test cases of block F (remote control), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.wire_states import (
    authorized_remotely,
    energy_transfer_started,
    ev_connected_pre_session,
    parking_bay_occupied,
    stop_authorized_remotely,
)
from tests.support.wire_station import CARL, VERSIONS, WireStation, events_of, named, statuses_of, told

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def _contexts(messages: list[object]) -> list[str]:
    return [one.meter_value[0].sampled_value[0].context for one in messages]  # type: ignore[attr-defined]


# --- start ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("F01.FR.03", "F01.FR.04", "F01.FR.05", "F01.FR.13", "F01.FR.17", "F01.FR.19")
@pytest.mark.parametrize("start_point", ["EVConnected", "Authorized", "PowerPathClosed"])
def test_tc_f_01_cs(version: str, start_point: str) -> None:
    """Plugged first, started from afar: the running transaction is named, the next event tells of the remote start, energy flows."""
    station = WireStation(version, variables={"TxCtrlr.TxStartPoint": start_point})
    ev_connected_pre_session(station)
    authorized_remotely(station)
    energy_transfer_started(station)


@pytest.mark.req("F02.FR.01", "F01.FR.01")
def test_tc_f_02_cs(version: str) -> None:
    """Started from afar first, with AuthorizeRemoteStart the token is asked about; plugging in makes energy flow."""
    station = WireStation(version, variables={"AuthCtrlr.AuthorizeRemoteStart": "true"})
    parking_bay_occupied(station)
    authorized_remotely(station, asks=True)
    energy_transfer_started(station)


@pytest.mark.req("F02.FR.01", "F01.FR.02")
def test_tc_f_03_cs(version: str) -> None:
    """Started from afar first, without AuthorizeRemoteStart nobody is asked; plugging in makes energy flow."""
    station = WireStation(version, variables={"AuthCtrlr.AuthorizeRemoteStart": "false"})
    parking_bay_occupied(station)
    authorized_remotely(station, asks=False)
    energy_transfer_started(station)


@pytest.mark.req("F02.FR.01", "E03.FR.01", "E03.FR.05")
def test_tc_f_04_cs(version: str) -> None:
    """Nobody plugs in in time: the transaction ends with EVConnectTimeout, and the EVSE can be started again."""
    points = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.EVConnectionTimeOut": "60"}
    station = WireStation(version, variables=points)
    authorized_remotely(station)
    station.pass_time(59)
    assert events_of(station.said()) == []
    station.pass_time(2)
    (ended,) = events_of(station.said())
    assert told(ended)[:2] == ("Ended", "EVConnectTimeout")
    authorized_remotely(station, start_id=8)


# --- unlock ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("F05.FR.01", "F05.FR.02")
def test_tc_f_05_cs(version: str) -> None:
    """The plug of a running transaction is not unlocked, and charging goes on."""
    station = WireStation(version)
    energy_transfer_started(station)
    response = station.ask("UnlockConnector", evseId=1, connectorId=1)
    assert response.status == "OngoingAuthorizedTransaction"
    assert station.hardware.is_locked(1, 1)
    assert station.hardware.meter(1).power_w > 0
    assert events_of(station.said()) == []


@pytest.mark.req("F05.FR.01", "F05.FR.04")
def test_tc_f_06_cs(version: str) -> None:
    """A plug that nobody uses any more is unlocked."""
    station = WireStation(version, variables={"TxCtrlr.TxStopPoint": "Authorized"})
    ev_connected_pre_session(station)
    assert station.ask("UnlockConnector", evseId=1, connectorId=1).status == "Unlocked"
    assert not station.hardware.is_locked(1, 1)


@pytest.mark.req("F05.FR.01", "F05.FR.06")
def test_tc_f_07_cs(version: str) -> None:
    """The lock is moved even though no cable is there, and the answer says that it did."""
    assert WireStation(version).ask("UnlockConnector", evseId=1, connectorId=1).status == "Unlocked"


@pytest.mark.req("F05.FR.03")
def test_tc_f_10_cs(version: str) -> None:
    """A connector the station does not have is unknown to it."""
    assert WireStation(version).ask("UnlockConnector", evseId=1, connectorId=999).status == "UnknownConnector"


# --- stop -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("F03.FR.02", "F03.FR.03", "F03.FR.07", "F03.FR.09")
@pytest.mark.parametrize("stop_point", ["Authorized", "PowerPathClosed", "EnergyTransfer", "EVConnected"])
def test_tc_f_08_cs(version: str, stop_point: str) -> None:
    """Stopped from afar, energy stops with RemoteStop; the transaction ends with reason Remote where its stop points say so."""
    station = WireStation(version, variables={"TxCtrlr.TxStopPoint": stop_point})
    energy_transfer_started(station)
    stop_authorized_remotely(station)


@pytest.mark.req("F03.FR.08")
def test_tc_f_09_cs(version: str) -> None:
    """The stop of a transaction that does not run is rejected, and the one that runs goes on."""
    station = WireStation(version)
    energy_transfer_started(station)
    assert station.ask("RequestStopTransaction", transactionId="another").status == "Rejected"
    assert events_of(station.said()) == []
    assert station.hardware.meter(1).power_w > 0


# --- trigger --------------------------------------------------------------------------------------------------------


@pytest.mark.req("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.06", "F06.FR.10")
def test_tc_f_11_cs(version: str) -> None:
    """Meter values of the EVSE asked for are sent after the answer, as triggered."""
    station = WireStation(version, station="ac-22-dual")
    station.said()
    response = station.ask("TriggerMessage", requestedMessage="MeterValues", evse={"id": 1})
    assert response.status == "Accepted"
    answer, values = station.said()
    assert answer is response
    assert values.evse_id == 1
    assert _contexts([values]) == ["Trigger"]


@pytest.mark.req("F06.FR.04", "F06.FR.05", "F06.FR.06", "F06.FR.10", "F06.FR.11")
@pytest.mark.parametrize(("layout", "places"), [("ac-22-dual", [1, 2]), ("ac-22-dual-main", [0, 1, 2])])
def test_tc_f_12_cs(version: str, layout: str, places: list[int]) -> None:
    """Asked for no EVSE in particular, meter values of every EVSE are sent, and of the main meter if there is one."""
    station = WireStation(version, station=layout)
    station.said()
    assert station.ask("TriggerMessage", requestedMessage="MeterValues").status == "Accepted"
    values = named(station.said(), "MeterValues")
    assert sorted(one.evse_id for one in values) == places
    assert _contexts(values) == ["Trigger"] * len(places)


@pytest.mark.req("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.07", "F06.FR.10")
def test_tc_f_13_cs(version: str) -> None:
    """The transaction of the EVSE asked for is told, with its state and meter values."""
    station = WireStation(version, station="ac-22-dual")
    energy_transfer_started(station)
    energy_transfer_started(station, 2, token=CARL)
    response = station.ask("TriggerMessage", requestedMessage="TransactionEvent", evse={"id": 1})
    assert response.status == "Accepted"
    answer, event = station.said()
    assert answer is response
    assert event.evse.id == 1
    assert told(event)[1:] == ("Trigger", "Charging")
    assert _contexts([event]) == ["Trigger"]


@pytest.mark.req("F06.FR.04", "F06.FR.05", "F06.FR.07", "F06.FR.10", "F06.FR.11")
def test_tc_f_14_cs(version: str) -> None:
    """Asked for no EVSE in particular, every running transaction is told."""
    station = WireStation(version, station="ac-22-dual")
    energy_transfer_started(station)
    energy_transfer_started(station, 2, token=CARL)
    assert station.ask("TriggerMessage", requestedMessage="TransactionEvent").status == "Accepted"
    events = events_of(station.said())
    assert [event.evse.id for event in events] == [1, 2]
    assert {told(event)[1:] for event in events} == {("Trigger", "Charging")}
    assert _contexts(events) == ["Trigger", "Trigger"]


@pytest.mark.req("F06.FR.04", "F06.FR.05", "F06.FR.10")
def test_tc_f_20_cs(version: str) -> None:
    """A heartbeat is sent when asked for, after the answer."""
    station = WireStation(version)
    station.said()
    response = station.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert response.status == "Accepted"
    assert [type(one).__name__ for one in station.said()] == ["TriggerMessageResponse", "HeartbeatRequest"]


@pytest.mark.req("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.10")
def test_tc_f_23_cs(version: str) -> None:
    """The state of a free connector is told when asked for, and of no other."""
    _status_asked_for(WireStation(version, station="ac-22-dual"), "Available")


@pytest.mark.req("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.10")
def test_tc_f_24_cs(version: str) -> None:
    """The state of a taken connector is told when asked for."""
    station = WireStation(version, station="ac-22-dual")
    ev_connected_pre_session(station)
    _status_asked_for(station, "Occupied")


def _status_asked_for(station: WireStation, state: str) -> None:
    station.said()
    place = {"id": 1, "connectorId": 1}
    response = station.ask("TriggerMessage", requestedMessage="StatusNotification", evse=place)
    assert response.status == "Accepted"
    said = station.said()
    assert said[0] is response
    assert statuses_of(said) == {(1, 1): state}


@pytest.mark.req("F06.FR.04", "F06.FR.17")
def test_tc_f_26_cs(version: str) -> None:
    """A station that is accepted does not boot again because somebody asks for the message."""
    station = WireStation(version)
    station.said()
    assert station.ask("TriggerMessage", requestedMessage="BootNotification").status == "Rejected"
    station.pass_time(60)
    assert not named(station.said(), "BootNotification")


def _idle(version: str, message: str, **more: Any) -> None:
    """The message is promised, and then says that nothing is going on."""
    station = WireStation(version)
    station.said()
    answer = station.ask("TriggerMessage", requestedMessage=message, **more)
    assert answer.status == "Accepted"
    promised, told = station.said()
    assert promised is answer
    (idle,) = named([told], message)
    assert idle.status == "Idle"


@pytest.mark.req("F06.FR.04")
def test_tc_f_15_cs(version: str) -> None:
    """No log is being uploaded."""
    _idle(version, "LogStatusNotification")


@pytest.mark.req("F06.FR.04")
def test_tc_f_17_cs(version: str) -> None:
    """An EVSE that is named makes no difference where the message has none."""
    _idle(version, "FirmwareStatusNotification", evse={"id": 1})


@pytest.mark.req("F06.FR.04")
def test_tc_f_18_cs(version: str) -> None:
    """No firmware is being updated."""
    _idle(version, "FirmwareStatusNotification")
