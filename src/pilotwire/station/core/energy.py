"""Lock and contactor of an EVSE: energy only for an authorized driver, within a transaction, at a locked plug (C01.FR.01, G05.FR.01)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import availability, transactions, transactions_unplaced
from pilotwire.station.core.actions import SetContactor, SetLock, Show
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.transactions import STATE_CHANGED, Cause
from pilotwire.station.core.variable_table import TX_POINTS, Declared, members
from pilotwire.station.hardware.ports import StationLayout

_POWER_PATH = Cause(TriggerReason.AUTHORIZED, tell=False)
"""The plug is locked: the power path is closed, which may begin a transaction; the event tells of the authorization."""


def power(station: Station, evse: Evse) -> None:
    """Bring lock and contactor to where they belong."""
    secured = _may_be_secured(station, evse)
    offered = secured and _may_offer(station, evse)
    if evse.contactor and not offered:
        _switch(station, evse, closed=False)
    _move_locks(station, evse, secured)
    if offered and not evse.contactor and evse.connector in evse.locked:
        _switch(station, evse, closed=True)


def _may_be_secured(station: Station, evse: Evse) -> bool:
    """Whether the plug may be locked for somebody: that comes before a transaction that begins with the power path (TxStartPoint)."""
    if evse.grant is None or evse.connector is None or evse.connector in evse.lock_failed or _is_restarting(station):
        return False
    return not availability.blocked(station, evse) and (evse.tx is not None or transactions.may_begin(station, evse))


def _is_restarting(station: Station) -> bool:
    return station.timers.restart is not None


def _may_offer(station: Station, evse: Evse) -> bool:
    if evse.tx is None and "EnergyTransfer" not in transactions.start_points(station):
        return False  # energy is always part of a transaction
    if evse.not_before is not None and station.now < evse.not_before:
        return False
    used_up = evse.tx is not None and evse.tx.reached is not None
    return not evse.withheld and not evse.resting and not used_up


def _switch(station: Station, evse: Evse, *, closed: bool) -> None:
    evse.contactor, evse.was_live, evse.letting_go = closed, evse.was_live or closed, False
    evse.closed_at_wh = station.meter(evse.evse_id).energy_import_register if closed else None
    ready_by = station.now + timedelta(seconds=station.settings.vehicle_ready_seconds)
    evse.ready_by = ready_by if closed and not evse.has_asked else None
    evse.not_before = None if closed else evse.not_before
    station.do(SetContactor(evse.evse_id, closed))
    transactions.settle(station, evse, STATE_CHANGED)


# --- locks ----------------------------------------------------------------------------------------------------------


def _move_locks(station: Station, evse: Evse, secured: bool) -> None:
    engaged = (evse.grant is not None and not _is_restarting(station)) or evse.held_for is not None  # B13.FR.20
    keep = {evse.connector, evse.cable_in} - {None} if engaged else set()
    shut = set() if _is_restarting(station) else _to_be_shut(evse)
    for connector in evse.locked - keep - shut - evse.lock_stuck:
        _lock(station, evse, connector, locked=False)
    for connector in shut - evse.locked - evse.lock_failed:
        _lock(station, evse, connector, locked=True)
    if secured and evse.connector is not None and evse.connector not in evse.locked:
        _lock(station, evse, evse.connector, locked=True)


def _to_be_shut(evse: Evse) -> set[int]:
    """Empty sockets whose lock keeps plugs out, but while somebody is authorized who has yet to plug in."""
    if evse.grant is not None and evse.connector is None:
        return set()
    taken = {evse.connector, evse.cable_in, *evse.beside}
    return {number for number, connector in evse.connectors.items() if connector.closed and number not in taken}


def _lock(station: Station, evse: Evse, connector: int, *, locked: bool) -> None:
    if (connector, locked) not in evse.lock_asked:
        evse.lock_asked.add((connector, locked))
        station.do(SetLock(evse.evse_id, connector, locked))


def lock_moved(station: Station, evse: Evse, connector: int, *, locked: bool, done: bool) -> None:
    """What became of a lock: one that does not close means no energy (G05.FR.01), and no transaction that begins with it."""
    evse.lock_asked.discard((connector, locked))
    if done:
        evse.lock_failed.discard(connector)
        evse.lock_stuck.discard(connector)
        (evse.locked.add if locked else evse.locked.discard)(connector)
        evse.signs = evse.layout.signing_meter and station.variables.on("SampledDataCtrlr.SignReadings")
        transactions.settle(station, evse, _POWER_PATH)
    elif locked:
        evse.lock_failed.add(connector)
        if connector == evse.connector:
            station.do(Show(evse.evse_id, "The plug cannot be locked. Plug in again."))
        else:
            station.note(f"Socket {connector} of EVSE {evse.evse_id} cannot be closed.")
    else:
        evse.lock_stuck.add(connector)  # asked again by an unlock command, or when the plug is moved
        station.note(f"The lock of connector {connector} of EVSE {evse.evse_id} does not open.")


# --- faults ---------------------------------------------------------------------------------------------------------


def break_off(station: Station, reason: StoppedReason) -> None:
    """End what runs where no energy may flow now (E06.FR.16); the contactors open within the same input."""
    transactions_unplaced.break_off(station, reason)
    for evse in station.evses.values():
        if not availability.blocked(station, evse):
            continue
        if evse.tx is not None:
            transactions.end(station, evse, Cause(TriggerReason.ABNORMAL_CONDITION, reason))
        evse.grant, evse.withheld = None, False
        evse.settled = evse.points


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """With a meter that signs, its signed value can begin and end a transaction too."""
    if family is not Family.OCPP16 and any(evse.signing_meter for evse in layout.evses):
        points = (*TX_POINTS, "DataSigned")
        yield members("TxCtrlr.TxStartPoint", "EVConnected,Authorized", points)
        yield members("TxCtrlr.TxStopPoint", "EVConnected,Authorized", points)


STREET = Street("energy", variables=_variables)
