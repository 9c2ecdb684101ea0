"""The reusable states of the 2.x test cases: each brings the station there and asserts what is to be seen on the way."""

from __future__ import annotations

from typing import Any

from pilotwire.ev import Vehicle
from tests.support.wire_station import ANNA, WireStation, events_of, named, statuses_of, told

_ENDS_BY_STOPPING = {"Authorized", "PowerPathClosed", "EnergyTransfer"}


def _running(station: WireStation, evse: int) -> str | None:
    return station.core.overview().evses[evse - 1].transaction_id


def _starts(station: WireStation) -> set[str]:
    return station.members("TxCtrlr.TxStartPoint")


def _stops(station: WireStation) -> set[str]:
    return station.members("TxCtrlr.TxStopPoint")


def booted(station: WireStation, *, reset: str | None = None) -> list[Any]:
    """State Booted: by a reset of this kind, else by a power cycle. All connectors are told, and the reboot itself."""
    station.said()
    if reset is None:
        station.kill()
    else:
        assert station.ask("Reset", type=reset).status == "Accepted"
    station.pass_time(60)
    said = station.said()
    assert named(said, "BootNotification")
    assert set(statuses_of(said)) == station.connectors
    assert all(place[0] > 0 and place[1] > 0 for place in statuses_of(said))
    assert {one.type for one in named(said, "SecurityEventNotification")} & {"StartupOfTheDevice", "ResetOrReboot"}
    return said


def parking_bay_occupied(station: WireStation, evse: int = 1) -> None:
    """State ParkingBayOccupied."""
    station.said()
    station.drive(evse)
    events = events_of(station.said())
    assert bool(events) == ("ParkingBayOccupancy" in _starts(station))
    assert all(told(event)[:2] == ("Started", "EVDetected") for event in events)


def ev_connected_pre_session(station: WireStation, evse: int = 1, *, car: Vehicle | None = None) -> Vehicle:
    """State EVConnectedPreSession: the connector is Occupied; an event if the transaction begins or runs."""
    station.said()
    running = _running(station, evse)
    authorized = station.core.overview().evses[evse - 1].id_token is not None
    car = station.plug(evse, car=car)
    said = station.said()
    assert statuses_of(said) == {(evse, 1): "Occupied"}
    begins = "EVConnected" in _starts(station) or ("PowerPathClosed" in _starts(station) and authorized)
    events = events_of(said)
    if running or begins:
        first = events[0]
        assert first.event_type == ("Updated" if running else "Started")
        assert first.trigger_reason in {"CablePluggedIn", "ChargingStateChanged", "RemoteStart", "Authorized"}
        allowed = {"EVConnected", "SuspendedEVSE"} | ({"Charging"} if authorized else set())
        assert first.transaction_info.charging_state in allowed
        assert (first.evse.id, first.evse.connector_id) == (evse, 1)
    return car


def authorized(station: WireStation, evse: int = 1, *, token: str = ANNA, asks: bool = True) -> None:
    """State Authorized, by a card; `asks`: the CSMS is asked about it."""
    station.said()
    running = _running(station, evse)
    connected = station.core.overview().evses[evse - 1].charging_state.value != "Idle"
    station.tap(token, evse)
    said = station.said()
    assert [one.id_token.id_token for one in named(said, "Authorize")] == ([token] if asks else [])
    events = events_of(said)
    starts = _starts(station)
    begins = "Authorized" in starts or ("PowerPathClosed" in starts and connected)
    assert bool(events) or not (running or begins)
    if running or begins:
        first = events[0]
        assert told(first)[:2] == ("Updated" if running else "Started", "Authorized")
        assert (first.id_token.id_token, first.id_token.type) == (token, "ISO14443")


def authorized_remotely(
    station: WireStation, evse: int = 1, *, token: str = ANNA, asks: bool = True, start_id: int = 7
) -> None:
    """State Authorized, by a request of the CSMS."""
    station.said()
    running = _running(station, evse)
    connected = station.core.overview().evses[evse - 1].charging_state.value != "Idle"
    id_token = {"idToken": token, "type": "ISO14443"}
    response = station.ask("RequestStartTransaction", idToken=id_token, evseId=evse, remoteStartId=start_id)
    assert response.status == "Accepted"
    assert response.transaction_id == running
    said = station.said()
    assert said[0] is response
    assert [one.id_token.id_token for one in named(said, "Authorize")] == ([token] if asks else [])
    starts = _starts(station)
    if running or "Authorized" in starts or ("PowerPathClosed" in starts and connected):
        first = events_of(said)[0]
        assert told(first)[:2] == ("Updated" if running else "Started", "RemoteStart")
        assert first.transaction_info.remote_start_id == start_id
        assert (first.id_token.id_token, first.id_token.type) == (token, "ISO14443")


def energy_transfer_started(
    station: WireStation, evse: int = 1, *, token: str = ANNA, asks: bool = True, car: Vehicle | None = None
) -> None:
    """State EnergyTransferStarted: authorized and connected where that is not so yet, then energy flows, and an event says so."""
    if station.core.overview().evses[evse - 1].id_token is None:
        authorized(station, evse, token=token, asks=asks)
    if station.hardware.vehicle_at(evse) is None:
        ev_connected_pre_session(station, evse, car=car)
    before = len(station.events)
    station.pass_time(20)
    charging = [event for event in station.events[before:] if event.transaction_info.charging_state == "Charging"]
    assert charging
    assert charging[0].trigger_reason in {"ChargingStateChanged", "Authorized", "RemoteStart"}
    assert (charging[0].evse.id, charging[0].evse.connector_id) == (evse, 1)
    assert station.hardware.meter(evse).power_w > 0
    station.said()


def energy_transfer_suspended(station: WireStation, car: Vehicle, evse: int = 1) -> None:
    """State EnergyTransferSuspended: the vehicle takes no more."""
    station.said()
    ends = "EnergyTransfer" in _stops(station)
    car.pause()
    station.pass_time(20)
    event = events_of(station.said())[0]
    assert event.trigger_reason == "ChargingStateChanged"
    assert event.transaction_info.charging_state in {"SuspendedEV", "EVConnected"}
    assert event.event_type == ("Ended" if ends else "Updated")
    if ends:
        assert event.transaction_info.stopped_reason == "StoppedByEV"


def stop_authorized(station: WireStation, evse: int = 1, *, token: str = ANNA, asks: bool = False) -> list[Any]:
    """State StopAuthorized, by a card: nothing flows any more, and the transaction ends if its stop points say so."""
    station.pass_time(30)
    station.said()
    station.tap(token, evse)
    said = station.said()
    assert [one.id_token.id_token for one in named(said, "Authorize")] == ([token] if asks else [])
    events = events_of(said)
    assert events[0].trigger_reason == "StopAuthorized"
    assert events[0].id_token is None or events[0].id_token.id_token == token
    _stopped(station, events, evse, {"Local", None})
    return events


def stop_authorized_remotely(station: WireStation, evse: int = 1) -> list[Any]:
    """State StopAuthorized, by a request of the CSMS."""
    station.pass_time(30)
    station.said()
    response = station.ask("RequestStopTransaction", transactionId=_running(station, evse))
    assert response.status == "Accepted"
    said = station.said()
    assert said[0] is response
    events = events_of(said)
    assert events[0].trigger_reason == "RemoteStop"
    _stopped(station, events, evse, {"Remote"})
    return events


def _stopped(station: WireStation, events: list[Any], evse: int, reasons: set[str | None]) -> None:
    ends = bool(_stops(station) & _ENDS_BY_STOPPING)
    assert len(events) <= 2
    assert [event.event_type for event in events[:-1]] == ["Updated"] * (len(events) - 1)
    assert events[-1].event_type == ("Ended" if ends else "Updated")
    if len(events) == 2 or not ends:
        assert told(events[-1])[1:] == ("ChargingStateChanged", "EVConnected")
    if ends:
        assert events[-1].transaction_info.stopped_reason in reasons
    assert station.hardware.meter(evse).power_w == 0


def ev_disconnected(station: WireStation, evse: int = 1) -> list[Any]:
    """State EVDisconnected: the connector is Available; an event if the transaction still runs."""
    station.said()
    running = _running(station, evse)
    station.unplug(evse)
    said = station.said()
    assert statuses_of(said) == {(evse, 1): "Available"}
    events = events_of(said)
    assert bool(events) == (running is not None)
    if events:
        assert told(events[0])[1:] == ("EVCommunicationLost", "Idle")
    return events


def parking_bay_unoccupied(station: WireStation, evse: int = 1, *, reason: str = "Local") -> None:
    """State ParkingBayUnoccupied: the end of a transaction that lasts until the vehicle is away."""
    station.said()
    running = _running(station, evse)
    station.drive(evse, away=True)
    events = events_of(station.said())
    assert bool(events) == (running is not None)
    if events:
        assert told(events[0])[:2] == ("Ended", "EVDeparted")
        assert events[0].transaction_info.stopped_reason == reason


def unavailable(station: WireStation, evse: int | None = None, connector: int | None = None) -> None:
    """State Unavailable, for the station or the place named."""
    station.said()
    response = change_availability(station, "Inoperative", evse, connector)
    assert response.status == "Accepted"
    told_of = statuses_of(station.said())
    assert told_of == dict.fromkeys(places(station, evse, connector), "Unavailable")


def change_availability(station: WireStation, to: str, evse: int | None = None, connector: int | None = None) -> Any:
    """The CSMS changes the availability of the station, an EVSE or a connector."""
    if evse is None:
        return station.ask("ChangeAvailability", operationalStatus=to)
    place = {"id": evse} if connector is None else {"id": evse, "connectorId": connector}
    return station.ask("ChangeAvailability", operationalStatus=to, evse=place)


def places(station: WireStation, evse: int | None = None, connector: int | None = None) -> set[tuple[int, int]]:
    """The connectors within a place."""
    return {one for one in station.connectors if evse in (None, one[0]) and connector in (None, one[1])}


def id_token_cached(station: WireStation, token: str = ANNA, evse: int = 1) -> None:
    """Memory state IdTokenCached: a card whose verdict the station has heard; one that is accepted has charged."""
    before = len(station.all("Authorize"))
    station.tap(token, evse)
    assert [one.id_token.id_token for one in station.all("Authorize")[before:]] == [token]
    if station.core.overview().evses[evse - 1].id_token is not None:
        station.plug(evse)
        station.pass_time(60)
        station.tap(token, evse)
        station.unplug(evse)
        station.pass_time(5)
    assert _running(station, evse) is None
    station.said()
