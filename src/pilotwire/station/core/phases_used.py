"""Another number of phases, told as soon as the current tells it (E02.FR.19).

The event that says that energy flows again after a switch of phases is made before it does: the limit and the phases are given to the
hardware with the same input, and the vehicle takes a moment. So for a while after the charging state has become Charging again the meter
is looked at, and if it shows another number than the CSMS knows, that is an event of its own. The first number of a transaction
(E02.FR.18) goes with the first event after the current flows, which costs no event more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.transactions import ChargingState, TriggerReason
from pilotwire.station.core import metering, transactions
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street

_LOOK: Final = timedelta(seconds=1)
_SETTLED: Final = timedelta(seconds=10)
"""How long a vehicle may take until its current flows by all the phases it uses."""


@dataclass(slots=True)
class _Watch:
    """EVSEs that charge; and of those whose phases are not known yet, when to look next and until when."""

    charging: set[int] = field(default_factory=set)
    looks: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)


def _follow(station: Station) -> None:
    """Energy flows, or does not any more."""
    if station.settings.family is Family.OCPP16:
        return
    watch = station.moment(_Watch)
    for evse in station.evses.values():
        tx = evse.tx
        if tx is None or tx.charging_state is not ChargingState.CHARGING or evse.layout.dc:
            watch.charging.discard(evse.evse_id)
            watch.looks.pop(evse.evse_id, None)
        elif evse.evse_id not in watch.charging:
            watch.charging.add(evse.evse_id)
            if tx.phases is not None:
                watch.looks[evse.evse_id] = (station.now + _LOOK, station.now + _SETTLED)


def _due(station: Station) -> None:
    looks = station.moment(_Watch).looks
    for evse_id, (at, until) in list(looks.items()):
        if at <= station.now:
            known = _look(station, station.evses[evse_id])
            if not known and station.now < until:
                looks[evse_id] = (station.now + _LOOK, until)
            else:
                del looks[evse_id]


def _look(station: Station, evse: Evse) -> bool:
    """Whether current flows, so that the number is known."""
    used = metering.phases_used(station, evse)
    if evse.tx is not None and used is not None and used != evse.tx.phases:
        transactions.tell(station, evse, TriggerReason.CHARGING_RATE_CHANGED)
    return used is not None


def _deadline(station: Station) -> datetime | None:
    return min((at for at, _ in station.moment(_Watch).looks.values()), default=None)


STREET = Street("phases_used", deadline=_deadline, due=_due, follow=_follow)
