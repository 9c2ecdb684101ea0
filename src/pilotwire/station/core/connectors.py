"""The connectors of an EVSE: one is in use at a time, and at the others vehicles may be plugged in all the same (E01.FR.14, G01.FR.03).

Such a vehicle has its connector Occupied and waits. Its turn comes when nobody uses the EVSE any more: the transaction has ended and the
plug is free, or the other vehicle has left. While nobody has begun anything, the vehicle that was plugged in last is the one in use.
"""

from __future__ import annotations

from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken
from pilotwire.station.core import authorization, reservation, transactions
from pilotwire.station.core.evse import Beside, Evse, Grant
from pilotwire.station.core.station import Station

_ANYBODY = IdToken(value="", type=NO_AUTHORIZATION)


def in_use(evse: Evse) -> int | None:
    """The connector in use: a vehicle's, or one to which its vehicle, or only its cable, is bound to come back."""
    return evse.connector or evse.cable_in or (evse.tx.connector if evse.tx is not None else None)


def plugged(station: Station, evse: Evse, connector: int) -> None:
    """A vehicle is there: it is the one in use, or waits."""
    evse.beside.pop(connector, None)
    if in_use(evse) in (None, connector):
        _take(station, evse, connector)
    elif not _is_free(evse):
        evse.beside[connector] = Beside.WAITING
        station.note(f"A vehicle waits at connector {connector} of EVSE {evse.evse_id}, where another one is in use.")
    else:
        _set_aside(evse)
        _take(station, evse, connector)


def unplugged(station: Station, evse: Evse, connector: int, *, cable_remains: bool) -> None:
    """A vehicle is gone, or the cable it left behind."""
    if in_use(evse) in (None, connector):
        transactions.unplugged(station, evse, connector, cable_remains=cable_remains)
    elif cable_remains:
        evse.beside[connector] = Beside.CABLE
    else:
        evse.beside.pop(connector, None)


def found(evse: Evse, connector: int, *, vehicle: bool = True) -> None:
    """Something was plugged in before the station started; where a transaction goes on, its connector is the one in use."""
    own = evse.tx.connector if evse.tx is not None else None
    if in_use(evse) not in (None, connector) and connector != own:
        evse.beside[connector] = Beside.SERVED if vehicle else Beside.CABLE
        return
    if evse.connector not in (None, connector):
        _set_aside(evse)
    if vehicle:
        evse.connector = connector
    else:
        evse.cable_in = connector


def go_on(station: Station, evse: Evse) -> None:
    """Let who waits have the EVSE once nobody uses it; who had it before keeps the plug in, but begins nothing."""
    if not evse.beside or not _is_free(evse):
        return
    waiting = next((one for one, what in evse.beside.items() if what is Beside.WAITING), None)
    empty = in_use(evse) is None
    if waiting is not None and (empty or evse.finishing):
        _set_aside(evse)
        del evse.beside[waiting]
        _take(station, evse, waiting)
    elif empty and (served := next((one for one, what in evse.beside.items() if what is Beside.SERVED), None)):
        del evse.beside[served]
        evse.connector, evse.finishing = served, True
        evse.settled = evse.points


def _is_free(evse: Evse) -> bool:
    """Whether nobody uses the EVSE, and nothing of the last use is left: the contactor is open and no plug is held."""
    return not evse.busy and evse.held_for is None and not evse.contactor and in_use(evse) not in evse.locked


def _set_aside(evse: Evse) -> None:
    """Somebody else's turn."""
    if evse.connector is not None:
        evse.beside[evse.connector] = Beside.SERVED if evse.finishing else Beside.WAITING
    elif evse.cable_in is not None:
        evse.beside[evse.cable_in] = Beside.CABLE
    evse.connector = evse.cable_in = None
    evse.settled = evse.points


def _take(station: Station, evse: Evse, connector: int) -> None:
    """It is in use now; where nobody need be authorized, anybody is (C02.FR.01)."""
    transactions.plugged(station, evse, connector)
    if evse.grant is not None or station.variables.on("AuthCtrlr.Enabled"):
        return
    if authorization.may_start(station, evse) and not reservation.refuses(station, evse, _ANYBODY, None):
        transactions.grant(station, evse, Grant(_ANYBODY))
