"""Official OCPP 2.0.1 test cases of block E (transactions), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.ev import Vehicle
from pilotwire.station.core.limits import DriverLimit
from tests.support.wire_states import (
    authorized,
    authorized_remotely,
    energy_transfer_started,
    energy_transfer_suspended,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_cached,
    parking_bay_occupied,
    parking_bay_unoccupied,
    stop_authorized,
    stop_authorized_remotely,
)
from tests.support.wire_station import (
    ANNA,
    BERT,
    VERSIONS,
    Script,
    WireStation,
    events_of,
    info,
    seconds,
    statuses_of,
    told,
)

pytestmark = pytest.mark.parametrize("version", VERSIONS)

START = "TxCtrlr.TxStartPoint"
STOP = "TxCtrlr.TxStopPoint"
ATTEMPTS = "OCPPCommCtrlr.MessageAttempts[TransactionEvent]"
WAIT = "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"
TIMEOUT = 30


def _station(version: str, layout: str = "ac-22-single", **variables: str) -> WireStation:
    names = {"start": START, "stop": STOP}
    return WireStation(
        version,
        station=layout,
        variables={names.get(name, name.replace("__", ".")): value for name, value in variables.items()},
    )


def _suspended(station: WireStation) -> Vehicle:
    """State EnergyTransferSuspended, with the vehicle that is there."""
    car = station.car()
    energy_transfer_started(station, car=car)
    energy_transfer_suspended(station, car)
    return car


# --- start points ---------------------------------------------------------------------------------------------------


@pytest.mark.req("E01.FR.05", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
def test_tc_e_01_cs(version: str) -> None:
    """With PowerPathClosed a card alone begins nothing; the cable then does, with card, EVSE and connector in the event."""
    station = _station(version, start="PowerPathClosed")
    authorized(station)
    assert station.events == []
    ev_connected_pre_session(station)
    energy_transfer_started(station)
    started = station.events[0]
    assert started.event_type == "Started"
    assert started.id_token.id_token == ANNA


@pytest.mark.req("E01.FR.06", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
def test_tc_e_02_cs(version: str) -> None:
    """With EnergyTransfer the transaction begins when energy flows: Charging, with card, EVSE and connector."""
    station = _station(version, start="EnergyTransfer")
    authorized(station)
    station.plug()
    assert statuses_of(station.said()) == {(1, 1): "Occupied"}
    assert station.events == []
    station.pass_time(20)
    started = station.events[0]
    assert told(started)[0] == "Started"
    assert started.trigger_reason in {"ChargingStateChanged", "Authorized"}
    assert started.transaction_info.charging_state == "Charging"
    assert (started.id_token.id_token, started.id_token.type) == (ANNA, "ISO14443")
    assert (started.evse.id, started.evse.connector_id) == (1, 1)


@pytest.mark.req("E01.FR.02", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
def test_tc_e_09_cs(version: str) -> None:
    """With EVConnected the cable begins the transaction; card and energy follow as updates."""
    station = _station(version, start="EVConnected")
    parking_bay_occupied(station)
    ev_connected_pre_session(station)
    assert told(station.events[0]) == ("Started", "CablePluggedIn", "EVConnected")
    authorized(station)
    energy_transfer_started(station)


@pytest.mark.req("E01.FR.03", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16", "C01.FR.02")
def test_tc_e_10_cs(version: str) -> None:
    """With Authorized the accepted card begins the transaction; cable and energy follow as updates."""
    station = _station(version, start="Authorized")
    authorized(station)
    ev_connected_pre_session(station)
    energy_transfer_started(station)
    assert [event.event_type for event in station.events] == ["Started"] + ["Updated"] * (len(station.events) - 1)


@pytest.mark.req("E01.FR.01", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
def test_tc_e_12_cs(version: str) -> None:
    """With ParkingBayOccupancy the vehicle in the bay begins the transaction; all else follows as updates."""
    station = _station(version, start="ParkingBayOccupancy", stop="ParkingBayOccupancy")
    parking_bay_occupied(station)
    assert told(station.events[0])[:2] == ("Started", "EVDetected")
    authorized(station)
    ev_connected_pre_session(station)
    energy_transfer_started(station)


@pytest.mark.req("E01.FR.03", "F01.FR.03", "F01.FR.04", "F01.FR.06", "F01.FR.19", "F02.FR.01")
def test_tc_e_13_cs(version: str) -> None:
    """With Authorized a remote start begins the transaction, and its id is told."""
    station = _station(version, start="Authorized")
    authorized_remotely(station, start_id=99)
    assert told(station.events[0])[:2] == ("Started", "RemoteStart")
    assert station.events[0].transaction_info.remote_start_id == 99
    ev_connected_pre_session(station)
    energy_transfer_started(station)


# --- a local start --------------------------------------------------------------------------------------------------


@pytest.mark.req("E02.FR.01", "E02.FR.05", "E02.FR.13", "E02.FR.15", "E02.FR.16", "E01.FR.16", "C01.FR.02")
@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EVConnected,Authorized"])
def test_tc_e_03_cs(version: str, start: str) -> None:
    """Cable first, then the card: energy flows, whatever begins the transaction."""
    station = _station(version, start=start)
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)


@pytest.mark.req("E03.FR.01", "E03.FR.06", "E03.FR.12", "E01.FR.16", "C01.FR.02")
@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "ParkingBayOccupancy"])
def test_tc_e_04_cs(version: str, start: str) -> None:
    """Card first, then the cable: energy flows, whatever begins the transaction."""
    station = _station(version, start=start)
    parking_bay_occupied(station)
    authorized(station)
    energy_transfer_started(station)


@pytest.mark.req("E03.FR.01", "E03.FR.05", "E03.FR.06", "E03.FR.12", "C01.FR.02")
def test_tc_e_05_cs(version: str) -> None:
    """Nobody plugs in in time: the transaction ends with Timeout, and the next driver charges."""
    station = _station(version, start="Authorized", stop="Authorized", TxCtrlr__EVConnectionTimeOut="45")
    station.set("AuthCacheCtrlr.Enabled", "false")
    authorized(station)
    station.pass_time(44)
    assert events_of(station.said()) == []
    station.pass_time(2)
    (ended,) = events_of(station.said())
    assert told(ended)[:2] == ("Ended", "EVConnectTimeout")
    assert ended.transaction_info.stopped_reason == "Timeout"
    authorized(station)
    energy_transfer_started(station)


@pytest.mark.req("E03.FR.15")
def test_tc_e_05_cs_with_a_parked_vehicle(version: str) -> None:
    """Where the vehicle in the bay keeps the transaction, the timeout only ends the authorization."""
    station = _station(
        version, start="ParkingBayOccupancy", stop="ParkingBayOccupancy", TxCtrlr__EVConnectionTimeOut="45"
    )
    parking_bay_occupied(station)
    authorized(station)
    station.pass_time(46)
    (event,) = [one for one in events_of(station.said()) if one.trigger_reason != "MeterValuePeriodic"]
    assert told(event)[:2] == ("Updated", "EVConnectTimeout")
    authorized(station)
    energy_transfer_started(station)


@pytest.mark.parametrize("start", ["Authorized", "EVConnected", "PowerPathClosed"])
def test_tc_e_38_cs(version: str, start: str) -> None:
    """A vehicle that is not ready yet is told as SuspendedEV, not as charging."""
    station = _station(version, start=start)
    authorized(station)
    car = station.car()
    car.pause()
    ev_connected_pre_session(station, car=car)
    station.pass_time(20)
    event = station.events[-1]
    assert told(event)[1:] == ("ChargingStateChanged", "SuspendedEV")


@pytest.mark.req("C01.FR.05")
def test_tc_e_52_cs(version: str) -> None:
    """With DisableRemoteAuthorization an unknown card is refused without the CSMS being asked."""
    station = _station(version, AuthCtrlr__DisableRemoteAuthorization="true")
    parking_bay_occupied(station)
    station.said()
    station.tap(ANNA)
    assert station.said() == []
    ev_connected_pre_session(station)
    station.pass_time(60)
    assert not station.hardware.contactor_closed(1)
    assert "Charging" not in {event.transaction_info.charging_state for event in station.events}


# --- stop points ----------------------------------------------------------------------------------------------------


@pytest.mark.req("E07.FR.04", "E06.FR.15", "C01.FR.03")
@pytest.mark.parametrize(
    "stop", ["Authorized", "PowerPathClosed", "EnergyTransfer", "EVConnected", "ParkingBayOccupancy"]
)
def test_tc_e_06_cs(version: str, stop: str) -> None:
    """The driver's own card stops the energy without a question; the transaction ends where its stop point says, with Local."""
    station = _station(version, stop=stop)
    parking_bay_occupied(station)
    energy_transfer_started(station)
    stop_authorized(station)
    ev_disconnected(station)
    parking_bay_unoccupied(station)
    assert station.events[-1].event_type == "Ended"
    assert station.events[-1].transaction_info.stopped_reason in {"Local", None}


@pytest.mark.req("E06.FR.06", "E06.FR.15")
def test_tc_e_07_cs(version: str) -> None:
    """With PowerPathClosed the driver's card ends the transaction."""
    station = _station(version, stop="PowerPathClosed")
    energy_transfer_started(station)
    assert stop_authorized(station)[-1].event_type == "Ended"


@pytest.mark.req("E06.FR.07", "E06.FR.15")
def test_tc_e_08_cs(version: str) -> None:
    """With EnergyTransfer the transaction ends when the energy does, here by the driver's card."""
    station = _station(version, stop="EnergyTransfer")
    energy_transfer_started(station)
    assert stop_authorized(station)[-1].event_type == "Ended"


@pytest.mark.req("E06.FR.02", "E06.FR.15")
@pytest.mark.parametrize("remotely", [False, True])
def test_tc_e_14_cs(version: str, remotely: bool) -> None:
    """With EVConnected the stopped transaction ends when the cable is pulled at the station, with why it was stopped."""
    station = _station(version, stop="EVConnected")
    energy_transfer_started(station)
    (stop_authorized_remotely if remotely else stop_authorized)(station)
    (ended,) = ev_disconnected(station)
    assert told(ended) == ("Ended", "EVCommunicationLost", "Idle")
    reasons = {"Remote", "EVDisconnected"} if remotely else {"Local", "EVDisconnected", None}
    assert ended.transaction_info.stopped_reason in reasons


@pytest.mark.req("E06.FR.03", "E06.FR.15")
def test_tc_e_15_cs(version: str) -> None:
    """With Authorized the driver's card ends the transaction at once, with StopAuthorized and Local."""
    station = _station(version, stop="Authorized")
    energy_transfer_started(station)
    (ended,) = stop_authorized(station)
    assert told(ended)[:2] == ("Ended", "StopAuthorized")
    assert ended.transaction_info.stopped_reason == "Local"


@pytest.mark.req("E06.FR.04", "E06.FR.15", "C15.FR.04")
@pytest.mark.parametrize("stop", ["Authorized", "PowerPathClosed", "PowerPathClosed,Authorized"])
def test_tc_e_16_cs(version: str, stop: str) -> None:
    """A transaction begun offline whose card the CSMS calls invalid afterwards ends with Deauthorized."""
    station = _station(version, stop=stop, TxCtrlr__StopTxOnInvalidId="true")
    id_token_cached(station)
    station.script.in_transactions[ANNA] = info("Invalid")
    station.cut()
    station.drive()
    station.tap(ANNA)
    station.plug()
    station.pass_time(10)
    station.said()
    station.connect()
    *late, ended = events_of(station.said())
    assert late
    assert all(event.offline for event in late)
    assert told(ended)[:2] == ("Ended", "Deauthorized")
    assert ended.transaction_info.stopped_reason == "DeAuthorized"


@pytest.mark.req("E06.FR.04", "E06.FR.15")
def test_tc_e_17_cs(version: str) -> None:
    """Pulled at the vehicle the transaction ends; the cable stays locked at the station until the driver's card."""
    station = _station(
        version,
        stop="Authorized",
        TxCtrlr__StopTxOnEVSideDisconnect="true",
        OCPPCommCtrlr__UnlockOnEVSideDisconnect="false",
    )
    _suspended(station)
    station.unplug(at_vehicle=True)
    (ended,) = events_of(station.said())
    assert told(ended) == ("Ended", "EVCommunicationLost", "Idle")
    assert ended.transaction_info.stopped_reason == "EVDisconnected"
    assert station.hardware.is_locked(1, 1)
    station.tap(ANNA)
    assert not station.hardware.is_locked(1, 1)
    station.unplug()
    assert statuses_of(station.said()) == {(1, 1): "Available"}


@pytest.mark.req("E06.FR.01", "E06.FR.15")
def test_tc_e_19_cs(version: str) -> None:
    """With ParkingBayOccupancy the transaction lasts until the vehicle drives away."""
    station = _station(version, start="ParkingBayOccupancy", stop="ParkingBayOccupancy")
    parking_bay_occupied(station)
    energy_transfer_started(station)
    stop_authorized(station)
    ev_disconnected(station)
    parking_bay_unoccupied(station, reason="Local")


@pytest.mark.req("E06.FR.02", "E06.FR.15")
def test_tc_e_20_cs(version: str) -> None:
    """With EVConnected the transaction ends when the cable is pulled at the vehicle."""
    station = _station(version, stop="EVConnected", TxCtrlr__StopTxOnEVSideDisconnect="false")
    _suspended(station)
    station.unplug(at_vehicle=True)
    (ended,) = events_of(station.said())
    assert told(ended) == ("Ended", "EVCommunicationLost", "Idle")
    assert ended.transaction_info.stopped_reason == "EVDisconnected"


@pytest.mark.req("E06.FR.02", "E06.FR.15")
def test_tc_e_54_cs(version: str) -> None:
    """The same at a DC outlet, where station and vehicle talk to each other."""
    station = _station(version, "dc-50-ccs", stop="EVConnected", TxCtrlr__StopTxOnEVSideDisconnect="false")
    _suspended(station)
    station.unplug(at_vehicle=True)
    (ended,) = events_of(station.said())
    assert told(ended) == ("Ended", "EVCommunicationLost", "Idle")
    assert ended.transaction_info.stopped_reason in {"StoppedByEV", "EVDisconnected"}


@pytest.mark.req("E06.FR.03", "E06.FR.15", "F03.FR.09")
def test_tc_e_21_cs(version: str) -> None:
    """With Authorized a remote stop ends the transaction at once, with RemoteStop and Remote."""
    station = _station(version, stop="Authorized")
    energy_transfer_started(station)
    (ended,) = stop_authorized_remotely(station)
    assert told(ended)[:2] == ("Ended", "RemoteStop")
    assert ended.transaction_info.stopped_reason == "Remote"


@pytest.mark.req("E06.FR.07", "E06.FR.15")
def test_tc_e_22_cs(version: str) -> None:
    """With EnergyTransfer the transaction ends when the vehicle takes no more, with StoppedByEV."""
    station = _station(version, stop="EnergyTransfer")
    _suspended(station)
    ended = station.events[-1]
    assert told(ended)[:2] == ("Ended", "ChargingStateChanged")
    assert ended.transaction_info.charging_state in {"EVConnected", "SuspendedEV"}
    assert ended.transaction_info.stopped_reason == "StoppedByEV"


@pytest.mark.req("E06.FR.06", "E06.FR.15")
def test_tc_e_35_cs(version: str) -> None:
    """With PowerPathClosed a remote stop ends the transaction, with RemoteStop and Remote."""
    station = _station(version, stop="PowerPathClosed")
    energy_transfer_started(station)
    events = stop_authorized_remotely(station)
    assert "RemoteStop" in {event.trigger_reason for event in events}
    assert events[-1].event_type == "Ended"
    assert events[-1].transaction_info.stopped_reason == "Remote"


@pytest.mark.req("E06.FR.06", "E06.FR.15")
def test_tc_e_37_cs(version: str) -> None:
    """With PowerPathClosed the transaction ends when the cable is pulled at the vehicle."""
    station = _station(version, stop="PowerPathClosed", TxCtrlr__StopTxOnEVSideDisconnect="false")
    _suspended(station)
    station.unplug(at_vehicle=True)
    (ended,) = events_of(station.said())
    assert told(ended) == ("Ended", "EVCommunicationLost", "Idle")
    assert ended.transaction_info.stopped_reason in {"EVDisconnected", "StoppedByEV"}


@pytest.mark.req("E06.FR.04", "E06.FR.15")
def test_tc_e_39_cs(version: str) -> None:
    """Ended by the timeout, a cable plugged in afterwards is told as Occupied and starts no energy."""
    station = _station(version, start="Authorized", stop="Authorized", TxCtrlr__EVConnectionTimeOut="45")
    authorized(station)
    station.pass_time(46)
    (ended,) = events_of(station.said())
    assert told(ended)[:2] == ("Ended", "EVConnectTimeout")
    assert ended.transaction_info.stopped_reason == "Timeout"
    station.plug()
    station.pass_time(60)
    said = station.said()
    assert statuses_of(said) == {(1, 1): "Occupied"}
    assert events_of(said) == []
    assert not station.hardware.contactor_closed(1)


# --- pulled at the vehicle ------------------------------------------------------------------------------------------


@pytest.mark.req("E09.FR.01", "E09.FR.02", "E09.FR.04")
def test_tc_e_24_cs(version: str) -> None:
    """Deauthorized by pulling the cable at the vehicle, which is unlocked at the station."""
    station = _station(
        version, TxCtrlr__StopTxOnEVSideDisconnect="true", OCPPCommCtrlr__UnlockOnEVSideDisconnect="true"
    )
    _suspended(station)
    station.unplug(at_vehicle=True)
    (event,) = events_of(station.said())
    assert told(event)[1:] == ("EVCommunicationLost", "Idle")
    assert not station.hardware.is_locked(1, 1)
    station.unplug()
    assert statuses_of(station.said()) == {(1, 1): "Available"}


@pytest.mark.req("E09.FR.01", "E09.FR.03", "E09.FR.04")
def test_tc_e_25_cs(version: str) -> None:
    """Deauthorized by pulling the cable at the vehicle, which stays locked at the station until the driver's card."""
    station = _station(
        version, TxCtrlr__StopTxOnEVSideDisconnect="true", OCPPCommCtrlr__UnlockOnEVSideDisconnect="false"
    )
    _suspended(station)
    station.unplug(at_vehicle=True)
    (event,) = events_of(station.said())
    assert told(event)[1:] == ("EVCommunicationLost", "Idle")
    assert station.hardware.is_locked(1, 1)
    station.tap(ANNA)
    assert not station.hardware.is_locked(1, 1)
    station.unplug()
    assert statuses_of(station.said()) == {(1, 1): "Available"}


SUSPENDS = {
    "TxCtrlr__StopTxOnEVSideDisconnect": "false",
    "OCPPCommCtrlr__UnlockOnEVSideDisconnect": "false",
    "TxCtrlr__EVConnectionTimeOut": "60",
}


@pytest.mark.req("E10.FR.01", "E10.FR.03")
@pytest.mark.parametrize("layout", ["ac-22-single", "wallbox-11"])
@pytest.mark.parametrize("stop", ["Authorized", "ParkingBayOccupancy"])
def test_tc_e_26_cs(version: str, layout: str, stop: str) -> None:
    """Pulled at the vehicle the transaction is suspended, and goes on when the cable is in again."""
    station = _station(version, layout, start="Authorized", stop=stop, **SUSPENDS)
    station.drive()
    car = _suspended(station)
    station.unplug(at_vehicle=True)
    said = station.said()
    (event,) = events_of(said)
    assert told(event) == ("Updated", "EVCommunicationLost", "Idle")
    assert statuses_of(said) == ({(1, 1): "Available"} if layout == "wallbox-11" else {})
    assert station.hardware.is_locked(1, 1) == (layout == "ac-22-single")
    station.pass_time(20)
    station.said()
    car.resume()
    station.plug(car=car)
    station.pass_time(20)
    plugged, charging, *_ = events_of(station.said())
    assert told(plugged) == ("Updated", "CablePluggedIn", "EVConnected")
    assert told(charging) == ("Updated", "ChargingStateChanged", "Charging")


@pytest.mark.req("E10.FR.02", "E10.FR.03")
@pytest.mark.parametrize("stop", ["Authorized", "ParkingBayOccupancy"])
def test_tc_e_27_cs(version: str, stop: str) -> None:
    """Pulled at the vehicle and not plugged in again in time: deauthorized, which ends the transaction if its stop point says so."""
    station = _station(version, "wallbox-11", start="Authorized", stop=stop, **SUSPENDS)
    station.drive()
    _suspended(station)
    station.unplug(at_vehicle=True)
    said = station.said()
    assert told(events_of(said)[0]) == ("Updated", "EVCommunicationLost", "Idle")
    assert statuses_of(said) == {(1, 1): "Available"}
    station.pass_time(61)
    (event,) = [one for one in events_of(station.said()) if one.trigger_reason != "MeterValuePeriodic"]
    assert told(event)[:2] == ("Ended" if stop == "Authorized" else "Updated", "EVConnectTimeout")
    assert event.transaction_info.stopped_reason == ("Timeout" if stop == "Authorized" else None)


# --- transaction status ---------------------------------------------------------------------------------------------


def _status(station: WireStation, **asked: str) -> tuple[bool | None, bool]:
    """ongoingIndicator and messagesInQueue."""
    response = station.ask("GetTransactionStatus", **asked)
    return response.ongoing_indicator, response.messages_in_queue


def _with_messages_in_queue(station: WireStation) -> list[Any]:
    """Offline while samples are taken; back online the CSMS has not answered any yet. Returns what was said of them so far."""
    energy_transfer_started(station)
    station.cut()
    station.pass_time(65)
    station.said()
    station.script.answer = lambda request: "silence" if type(request).__name__.startswith("Transaction") else None
    station.connect()
    return station.said()


def _emptied(station: WireStation) -> list[Any]:
    """The rest of the queue is delivered."""
    station.script.answer = lambda _: None
    station.time_out()
    station.pass_time(20)
    return events_of(station.said())


@pytest.mark.req("E14.FR.01")
def test_tc_e_28_cs(version: str) -> None:
    """A transaction the station never had is not going on, and nothing waits of it."""
    assert _status(WireStation(version), transactionId="never-seen") == (False, False)


@pytest.mark.req("E14.FR.02", "E14.FR.04")
def test_tc_e_29_cs(version: str) -> None:
    """A running transaction with samples taken offline: going on, and messages wait, which follow."""
    station = _station(version, SampledDataCtrlr__TxUpdatedInterval="20")
    first = events_of(_with_messages_in_queue(station))
    transaction = station.events[0].transaction_info.transaction_id
    assert _status(station, transactionId=transaction) == (True, True)
    late = [*first, *_emptied(station)]
    assert all(event.event_type == "Updated" and event.meter_value for event in late)
    assert [event.offline for event in late[:3]] == [True] * 3
    assert _status(station, transactionId=transaction) == (True, False)


@pytest.mark.req("E14.FR.02", "E14.FR.05")
def test_tc_e_30_cs(version: str) -> None:
    """A running transaction of which all is told."""
    station = WireStation(version)
    energy_transfer_started(station)
    transaction = station.events[0].transaction_info.transaction_id
    assert _status(station, transactionId=transaction) == (True, False)


@pytest.mark.req("E14.FR.03", "E14.FR.04")
def test_tc_e_31_cs(version: str) -> None:
    """A transaction that ended offline: over, but messages wait, which follow up to its end."""
    station = WireStation(version)
    energy_transfer_started(station)
    transaction = station.events[0].transaction_info.transaction_id
    station.cut()
    station.tap(ANNA)
    station.unplug()
    station.pass_time(20)
    station.script.answer = lambda request: "silence" if type(request).__name__.startswith("Transaction") else None
    station.connect()
    assert _status(station, transactionId=transaction) == (False, True)
    _emptied(station)
    assert station.events[-1].event_type == "Ended"
    assert _status(station, transactionId=transaction) == (False, False)


@pytest.mark.req("E14.FR.03", "E14.FR.05")
def test_tc_e_32_cs(version: str) -> None:
    """A transaction that is over and told."""
    station = WireStation(version)
    energy_transfer_started(station)
    stop_authorized(station)
    ev_disconnected(station)
    transaction = station.events[0].transaction_info.transaction_id
    assert _status(station, transactionId=transaction) == (False, False)


@pytest.mark.req("E14.FR.06", "E14.FR.07")
def test_tc_e_33_cs(version: str) -> None:
    """Asked for no transaction in particular while messages wait: that they do, and nothing of going on."""
    station = _station(version, SampledDataCtrlr__TxUpdatedInterval="20")
    first = events_of(_with_messages_in_queue(station))
    assert _status(station) == (None, True)
    late = [*first, *_emptied(station)]
    assert all(event.event_type == "Updated" and event.meter_value for event in late)
    assert [event.offline for event in late[:3]] == [True] * 3


@pytest.mark.req("E14.FR.06", "E14.FR.08")
def test_tc_e_34_cs(version: str) -> None:
    """Asked for no transaction in particular while nothing waits."""
    assert _status(WireStation(version)) == (None, False)


# --- offline --------------------------------------------------------------------------------------------------------


@pytest.mark.req("E11.FR.01", "E11.FR.02", "E11.FR.06")
def test_tc_e_40_cs(version: str) -> None:
    """Samples taken while the line was down are delivered when it is back, marked offline."""
    station = _station(version, SampledDataCtrlr__TxUpdatedInterval="20")
    energy_transfer_started(station)
    station.offline_for(65)
    late = events_of(station.said())
    assert len(late) >= 3
    assert all(event.event_type == "Updated" and event.meter_value and event.offline for event in late)


@pytest.mark.req("E12.FR.01", "E12.FR.02", "E12.FR.06")
def test_tc_e_43_cs(version: str) -> None:
    """A whole transaction while the line was down is delivered when it is back, from start to end, marked offline."""
    station = _station(version, stop="Authorized")
    id_token_cached(station)
    station.cut()
    station.drive()
    station.plug()
    station.tap(ANNA)
    station.pass_time(60)
    station.tap(ANNA)
    station.unplug()
    station.drive(away=True)
    assert station.said() == []
    station.connect()
    late = events_of(station.said())
    assert all(event.offline for event in late)
    assert [late[0].event_type, late[-1].event_type] == ["Started", "Ended"]


@pytest.mark.req("E08.FR.01", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08")
def test_tc_e_44_cs(version: str) -> None:
    """Stopped by the driver's card while the line is down: the end is delivered when it is back."""
    _stopped_offline(WireStation(version), ANNA)


@pytest.mark.req("E08.FR.02", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08")
def test_tc_e_45_cs(version: str) -> None:
    """Stopped by a card of the same group, known to the cache, while the line is down."""
    station = WireStation(version)
    id_token_cached(station, BERT)
    _stopped_offline(station, BERT)


def _stopped_offline(station: WireStation, token: str) -> None:
    energy_transfer_started(station)
    station.cut()
    station.tap(token)
    assert not station.hardware.contactor_closed(1)
    station.unplug()
    station.pass_time(30)
    assert station.said() == []
    station.connect()
    late = events_of(station.said())
    assert all(event.offline for event in late)
    assert late[-1].event_type == "Ended"
    assert late[-1].transaction_info.stopped_reason in {"Local", None}


# --- retries --------------------------------------------------------------------------------------------------------


def _of_no_avail(version: str, how: str, *, wanted: int, answered: int | None = None) -> list[float]:
    """The plug event fails in this way until transmission `answered`; returns the gaps between its transmissions."""
    script = Script()
    station = WireStation(version, script=script, variables={ATTEMPTS: "3", WAIT: "7", START: "Authorized"})
    authorized(station)
    car = station.car()
    car.pause()
    sent: list[Any] = []

    def answer(request: Any) -> str | None:
        if getattr(request, "trigger_reason", None) != "CablePluggedIn":
            return None
        sent.append(station.now)
        return None if len(sent) == answered else how

    script.answer = answer
    station.plug(car=car)
    for _ in range(300):
        station.pass_time(1)
        if how == "silence" and sent and (station.now - sent[-1]).total_seconds() == TIMEOUT:
            station.time_out()
    assert len(sent) == wanted
    assert station.kept() == []
    return seconds(sent)


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.03", "E13.FR.04")
def test_tc_e_41_cs(version: str) -> None:
    """Without an answer an event is sent as often as configured, each time after the timeout and a longer wait, then no more."""
    assert _of_no_avail(version, "silence", wanted=3) == [TIMEOUT + 7, TIMEOUT + 14]


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.03")
def test_tc_e_42_cs(version: str) -> None:
    """Answered at the second attempt, an event is not sent again."""
    assert _of_no_avail(version, "silence", wanted=2, answered=2) == [TIMEOUT + 7]


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.03", "E13.FR.04")
def test_tc_e_50_cs(version: str) -> None:
    """Refused with an RPC error an event is sent as often as configured, each time after a longer wait, then no more."""
    assert _of_no_avail(version, "InternalError", wanted=3) == [7, 14]


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.03")
def test_tc_e_51_cs(version: str) -> None:
    """Refused at first and accepted at the second attempt, an event is not sent again."""
    assert _of_no_avail(version, "InternalError", wanted=2, answered=2) == [7]


# --- a meter that signs ---------------------------------------------------------------------------------------------


@pytest.mark.req("E01.FR.04")
def test_tc_e_11_cs(version: str) -> None:
    """With the start point DataSigned the signed value begins the transaction, and is in its first event."""
    variables = {"TxCtrlr.TxStartPoint": "DataSigned", "SampledDataCtrlr.SignReadings": "true"}
    station = WireStation(version, station="ac-22-fiscal", variables=variables)
    authorized(station)
    station.plug()
    station.pass_time(20)
    first, *more = station.events
    assert (first.event_type, first.trigger_reason) == ("Started", "SignedDataReceived")
    assert (first.id_token.id_token, first.evse.connector_id) == (ANNA, 1)
    (signed,) = [one for value in first.meter_value for one in value.sampled_value if one.signed_meter_value]
    assert signed.context == "Transaction.Begin"
    assert signed.signed_meter_value.signed_meter_data
    assert any(told(one) == ("Updated", "ChargingStateChanged", "Charging") for one in more)


# --- 2.1: limits and resumption -------------------------------------------------------------------------------------


@pytest.mark.req("E16.FR.03", "E16.FR.05")
def test_a_limit_of_the_csms_goes_over_the_wire(version: str) -> None:
    """2.1 tells the limit back and what reached it; 2.0.1 has no words for either, and the driver's own is told in plainer ones."""
    station = WireStation(version)
    station.feed(DriverLimit(1, TransactionLimit(max_energy=Decimal(1000))))
    energy_transfer_started(station)
    station.feed(DriverLimit(1, TransactionLimit(max_energy=Decimal(1000))))
    (limited,) = events_of(station.said())
    if version == "2.1":
        assert limited.trigger_reason == "LimitSet"
        assert limited.transaction_info.transaction_limit.max_energy == 1000
    else:
        assert limited.trigger_reason == "ChargingRateChanged"
    station.pass_time(600)
    reached = [one for one in events_of(station.said()) if one.trigger_reason == "EnergyLimitReached"]
    assert [told(one) for one in reached] == [("Updated", "EnergyLimitReached", "SuspendedEVSE")]


@pytest.mark.req("E17.FR.14", "E01.FR.07")
def test_a_resumed_transaction_goes_on_over_the_wire(version: str) -> None:
    """The numbers go on, and 2.1 says TxResumed."""
    station = WireStation(version, variables={"TxCtrlr.ResumptionTimeout": "300"})
    energy_transfer_started(station)
    station.kill()
    station.pass_time(60)
    first, *_ = events_of(station.said())
    assert first.trigger_reason == ("TxResumed" if version == "2.1" else "AbnormalCondition")
    stop_authorized(station)
    assert len({one.transaction_info.transaction_id for one in station.events}) == 1
