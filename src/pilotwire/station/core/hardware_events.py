"""What the driver saw, brought to the street it concerns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotwire.domain.availability import Problem
from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import StoppedReason
from pilotwire.station.core import (
    authorization,
    availability,
    connectors,
    energy,
    payment_settlement,
    payment_terminal,
    resumption,
    transactions,
)
from pilotwire.station.core.battery_swap_slots import slots
from pilotwire.station.core.inputs import LockMoved
from pilotwire.station.core.remote_control import unlocked
from pilotwire.station.core.station import Station
from pilotwire.station.hardware import ports


def happened(station: Station, event: ports.HardwareEvent | LockMoved) -> None:
    """Take notice of an event; one of an EVSE that the layout does not have is only noted."""
    evse_id = getattr(event, "evse_id", None)
    if evse_id is not None and evse_id not in station.evses:
        station.note(f"The driver reports {type(event).__name__} of EVSE {evse_id}, which this station does not have.")
        return
    if isinstance(event, ports.CablePlugged | ports.CableUnplugged) and event.evse_id in slots(station):
        return  # what comes and goes there is told by the battery itself (2.1: S)
    if isinstance(event, _BY_THE_PILOT) and connectors.in_use(station.evses[event.evse_id]) not in (
        None,
        event.connector_id,
    ):
        return  # the vehicle waits; what it wants counts when its turn has come
    _HANDLERS[type(event)](station, event)


_BY_THE_PILOT = (ports.VehicleRequestsPower, ports.VehicleSuspends)


# --- at an EVSE -----------------------------------------------------------------------------------------------------


def _plugged(station: Station, event: ports.CablePlugged) -> None:
    connectors.plugged(station, station.evses[event.evse_id], event.connector_id)


def _unplugged(station: Station, event: ports.CableUnplugged) -> None:
    evse = station.evses[event.evse_id]
    connectors.unplugged(station, evse, event.connector_id, cable_remains=event.cable_remains)


def _requests_power(station: Station, event: ports.VehicleRequestsPower) -> None:
    transactions.asks_for_power(station, station.evses[event.evse_id], wants=True)


def _suspends(station: Station, event: ports.VehicleSuspends) -> None:
    transactions.asks_for_power(station, station.evses[event.evse_id], wants=False)


def _card(station: Station, event: ports.CardPresented) -> None:
    authorization.card_presented(station, event.evse_id, IdToken(value=event.id_token, type=event.token_type))


def _stop_button(station: Station, event: ports.StopButtonPressed) -> None:
    authorization.stop_button(station, station.evses[event.evse_id])


def _parked(station: Station, event: ports.VehicleParked) -> None:
    transactions.parked(station, station.evses[event.evse_id], there=True)


def _left(station: Station, event: ports.VehicleLeft) -> None:
    transactions.parked(station, station.evses[event.evse_id], there=False)


def _lock_moved(station: Station, event: LockMoved) -> None:
    evse = station.evses[event.evse_id]
    energy.lock_moved(station, evse, event.connector_id, locked=event.locked, done=event.done)
    if not event.locked:
        unlocked(station, evse, event.connector_id, done=event.done)


def _lock_failed(station: Station, event: ports.LockFailed) -> None:
    """Told again by the driver; what counts is what `SetLock` answered."""
    station.note(f"The lock of connector {event.connector_id} of EVSE {event.evse_id} did not move.")


# --- faults ---------------------------------------------------------------------------------------------------------


def _fault(station: Station, event: ports.FaultRaised) -> None:
    """A fault with which no energy may flow ends the transactions it concerns (E06.FR.16)."""
    name = availability.NAMES[event.error_code]
    place = (event.evse_id or 0, event.connector_id or 0)
    problem = Problem(code=name, info=event.info or None, vendor_error_code=event.vendor_error_code or None)
    station.condition.problems.setdefault(place, {})[name] = problem
    if event.error_code in availability.CUTTING:
        energy.break_off(station, availability.STOPPED_BY.get(event.error_code, StoppedReason.OTHER))


def _fault_cleared(station: Station, event: ports.FaultCleared) -> None:
    place = (event.evse_id or 0, event.connector_id or 0)
    station.condition.problems.get(place, {}).pop(availability.NAMES[event.error_code], None)


def _emergency(station: Station, _: ports.EmergencyStopPressed) -> None:
    station.condition.emergency = True
    energy.break_off(station, StoppedReason.EMERGENCY_STOP)


def _emergency_over(station: Station, _: ports.EmergencyStopReleased) -> None:
    station.condition.emergency = False


def _power_lost(station: Station, _: ports.PowerLost) -> None:
    resumption.mains_lost(station)


def _power_restored(station: Station, _: ports.PowerRestored) -> None:
    resumption.mains_back(station)


_HANDLERS: dict[type, Callable[[Station, Any], None]] = {
    ports.CablePlugged: _plugged,
    ports.CableUnplugged: _unplugged,
    ports.VehicleRequestsPower: _requests_power,
    ports.VehicleSuspends: _suspends,
    ports.CardPresented: _card,
    ports.PaymentCardPresented: payment_terminal.card_presented,
    ports.PaymentTerminalChanged: payment_settlement.terminal_changed,
    ports.StopButtonPressed: _stop_button,
    ports.VehicleParked: _parked,
    ports.VehicleLeft: _left,
    ports.LockFailed: _lock_failed,
    ports.FaultRaised: _fault,
    ports.FaultCleared: _fault_cleared,
    ports.EmergencyStopPressed: _emergency,
    ports.EmergencyStopReleased: _emergency_over,
    ports.PowerLost: _power_lost,
    ports.PowerRestored: _power_restored,
    LockMoved: _lock_moved,
}


# --- at the start ---------------------------------------------------------------------------------------------------


def surveyed(station: Station, events: tuple[ports.HardwareEvent, ...]) -> None:
    """What was so before the station started: it is taken as it is, and begins no transaction.

    Nobody is authorized after a start, so a plug that may still be locked is let go.
    """
    for event in events:
        match event:
            case ports.CablePlugged(evse_id, connector) if evse_id in station.evses:
                connectors.found(station.evses[evse_id], connector)
                station.evses[evse_id].plugged_at = station.now
            case ports.CableUnplugged(evse_id, connector, True) if evse_id in station.evses:
                connectors.found(station.evses[evse_id], connector, vehicle=False)
            case ports.VehicleRequestsPower(evse_id, connector) if evse_id in station.evses:
                evse = station.evses[evse_id]
                evse.wants_power = evse.wants_power or evse.connector == connector
            case ports.VehicleParked(evse_id) if evse_id in station.evses:
                station.evses[evse_id].parked = True
            case (
                ports.FaultRaised() | ports.EmergencyStopPressed() | ports.PowerLost() | ports.PaymentTerminalChanged()
            ):
                happened(station, event)
            case _:
                pass
    for evse in station.evses.values():
        evse.locked = {connector for connector in (evse.connector, evse.cable_in) if connector is not None}
        evse.settled = evse.points
