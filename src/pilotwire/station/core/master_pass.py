"""Master passes (C16): with a screen their holder chooses what is to be stopped, without one everything is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import transactions, transactions_unplaced
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.transactions import Cause

STAYS: Final = timedelta(seconds=60)
"""How long the choice is offered."""
STOPPED: Final = "Charging stopped."
NOTHING: Final = "Master pass: nobody is charging."


@dataclass(frozen=True, slots=True)
class MasterPassChoice(OfStreet):
    """What the holder of a master pass chose at the screen: the transaction of an EVSE; None: all of them."""

    evse_id: int | None = None


@dataclass(slots=True)
class _Screen:
    """Whose choice it is, and until when."""

    id_token: IdToken | None = None
    until: datetime | None = None


def is_master(station: Station, verdict: AuthorizationVerdict) -> bool:
    """Whether a token is of the master pass group."""
    master = station.variables.text("AuthCtrlr.MasterPassGroupId").casefold()
    return bool(master) and verdict.group is not None and verdict.group.key == master


def presented(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> bool:
    """A token of the group starts nothing (C16.FR.03): it stops everything (C16.FR.02, C12.FR.09), or is asked what (C16.FR.01).

    False for any other token.
    """
    if not verdict.accepted or not is_master(station, verdict):
        return False
    if station.settings.master_pass_screen:
        _ask(station, id_token)
    else:
        _stop(station, id_token, list(station.evses.values()))
    return True


def _ask(station: Station, id_token: IdToken) -> None:
    """The choices that there are."""
    charging = [str(evse.evse_id) for evse in station.evses.values() if evse.grant is not None]
    if not charging and station.unplaced is None:
        station.do(Show(None, NOTHING))
        return
    screen = station.moment(_Screen)
    screen.id_token, screen.until = id_token, station.now + STAYS
    one = f", or that of EVSE {' or '.join(charging)}" if charging else ""
    station.do(Show(None, f"Master pass: stop all transactions{one}?"))


def _chosen(station: Station, event: MasterPassChoice) -> None:
    screen = station.moment(_Screen)
    if screen.id_token is None:
        station.note("Something was chosen to be stopped, but nobody has shown a master pass.")
        return
    chosen = [evse for evse in station.evses.values() if event.evse_id in (None, evse.evse_id)]
    _stop(station, screen.id_token, chosen, everything=event.evse_id is None)
    screen.id_token = screen.until = None
    station.do(Show(None, ""))


def _stop(station: Station, id_token: IdToken, evses: list[Evse], *, everything: bool = True) -> None:
    cause = Cause(TriggerReason.STOP_AUTHORIZED, StoppedReason.MASTER_PASS, id_token)
    for evse in evses:
        if evse.grant is not None:
            station.do(Show(evse.evse_id, STOPPED))
            transactions.revoke(station, evse, cause)
    if everything and station.unplaced is not None:
        transactions_unplaced.end(station, cause.trigger, cause.reason, id_token=id_token)


def _due(station: Station) -> None:
    screen = station.moment(_Screen)
    if screen.until is not None and screen.until <= station.now:
        screen.id_token = screen.until = None
        station.do(Show(None, ""))


STREET = Street(
    "master_pass",
    events={MasterPassChoice: _chosen},
    deadline=lambda station: station.moment(_Screen).until,
    due=_due,
)
