"""The transactions in which the batteries of a swap station are charged (S04): from the slot's filling to its emptying.

A slot has no driver: the transaction is for the token in BatterySwapCtrlr.IdToken, or without authorization. It begins whenever there is a
battery and none is under way, so also after a restart (S04.FR.11).
"""

from __future__ import annotations

from typing import Final

from pilotwire.domain.battery_swap import Battery
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import availability, energy, transactions
from pilotwire.station.core.actions import SetContactor
from pilotwire.station.core.battery_swap_memory import BatterySwapMemory
from pilotwire.station.core.battery_swap_slots import slots
from pilotwire.station.core.evse import Evse, Grant
from pilotwire.station.core.station import Station
from pilotwire.station.core.transactions import STATE_CHANGED, Cause

MAX_SOC: Final = "BatterySwapCtrlr.MaxSoc"
ID_TOKEN: Final = "BatterySwapCtrlr.IdToken"
_FULL: Final = Cause(TriggerReason.ENERGY_LIMIT_REACHED)


def follow(station: Station) -> None:
    """Each slot as its battery wants it."""
    for slot in slots(station):
        evse, battery = station.evses[slot], station.kept(BatterySwapMemory).battery(slot)
        if battery is None:
            _end(station, evse)
            continue
        if evse.tx is None and transactions.may_begin(station, evse) and not availability.blocked(station, evse):
            _begin(station, evse)
        _suspend(station, evse, battery)


def _begin(station: Station, evse: Evse) -> None:
    """The slot is closed, and gives energy at once: the first event says so (S04.FR.01 to S04.FR.03)."""
    text = station.variables.text(ID_TOKEN)
    token = IdToken(value=text, type="Central") if text else IdToken(value="", type=NO_AUTHORIZATION)
    connector = evse.connector or evse.layout.connectors[0].connector_id
    evse.grant = Grant(token, of_slot=True)
    evse.connector, evse.plugged_at, evse.finishing, evse.settled = connector, station.now, False, frozenset()
    evse.locked.add(connector)
    evse.wants_power = evse.has_asked = evse.contactor = evse.was_live = True
    evse.closed_at_wh = station.meter(evse.evse_id).energy_import_register
    station.do(SetContactor(evse.evse_id, True))
    transactions.settle(station, evse, Cause(TriggerReason.CABLE_PLUGGED_IN))


def _suspend(station: Station, evse: Evse, battery: Battery) -> None:
    """No more than MaxSoc (S04.FR.06); the transaction stays, and goes on if there is room again."""
    is_full = battery.soc >= station.variables.number(MAX_SOC)
    if evse.tx is None or evse.grant is None or is_full == evse.withheld:
        return
    evse.withheld = is_full
    if is_full:
        transactions.settle(station, evse, _FULL)
    energy.power(station, evse)
    if not is_full:
        transactions.settle(station, evse, STATE_CHANGED)


def _end(station: Station, evse: Evse) -> None:
    """The battery was taken (S04.FR.07)."""
    if evse.connector is None or (evse.tx is None and evse.grant is None):
        return
    if evse.tx is not None:
        evse.tx.stopping = evse.tx.stopping or StoppedReason.EV_DISCONNECTED
    evse.grant, evse.withheld = None, False
    if evse.contactor:
        station.do(SetContactor(evse.evse_id, False))
    transactions.unplugged(station, evse, evse.connector, cable_remains=False)
    evse.locked.clear()
