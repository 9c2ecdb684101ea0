"""EVSEs that sleep: their electronics are off while a period in the operation mode Idle wants that, and nothing needs them (2.1: Q10).

First the offer goes and the vehicle has time to let go, then the contactor opens, then the hardware is asked. It is woken before
anything else is done with it: by another period, the end of the authorization or of the transaction, or the vehicle's leaving.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.smart_charging import OperationMode
from pilotwire.domain.smart_charging.setpoints import Deciding
from pilotwire.station.core import energy, v2x_settings
from pilotwire.station.core.actions import PutToSleep, WakeUp
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.station import Station
from pilotwire.station.hardware.ports import StationLayout

SUPPORTED: Final = "SmartChargingCtrlr.SupportsFeature[EvseSleep]"
_LETS_GO: Final = timedelta(seconds=5)
"""How long a vehicle may take until it lets go of what is not offered any more (IEC 61851-1: 5 s at most)."""


@dataclass(frozen=True, slots=True)
class FellAsleep(OfStreet):
    """What became of a `PutToSleep`: `done` is what the driver returned."""

    evse_id: int
    done: bool


@dataclass(slots=True)
class _Sleep:
    """EVSEs that are to sleep once their vehicle has let go, with until when it may take; those asked to; those that could not."""

    due: dict[int, datetime] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    unable: set[int] = field(default_factory=set)


def is_possible(layout: StationLayout) -> bool:
    """Whether there is an EVSE that can sleep; the operation mode Idle is one of stations that take energy back."""
    both_ways = any(evse.max_discharge_w > 0 for evse in layout.evses)
    return both_ways and any(evse.can_sleep for evse in layout.evses)


def follow(station: Station, evse: Evse, here: Deciding) -> None:
    """Put an EVSE to sleep, or wake it (Q10.FR.03), by what decides on its power now."""
    state, evse_id = station.moment(_Sleep), evse.evse_id
    if not _shall_sleep(station, evse, here):
        state.due.pop(evse_id, None)
        state.unable.discard(evse_id)
        _wake(station, evse, state)
        return
    if evse.resting or evse_id in state.unable:
        return
    until = state.due.setdefault(evse_id, station.now + _LETS_GO)
    if evse.wants_power and evse.contactor and station.now < until:
        return
    del state.due[evse_id]
    state.asked.add(evse_id)
    evse.resting = True
    energy.power(station, evse)
    station.do(PutToSleep(evse_id))


def _shall_sleep(station: Station, evse: Evse, here: Deciding) -> bool:
    """Whether a period says so, of a transaction whose vehicle is there and authorized."""
    if evse.tx is None or evse.grant is None or evse.connector is None or here.own is None:
        return False
    if not (evse.layout.can_sleep and v2x_settings.is_on(station) and station.variables.on(SUPPORTED)):
        return False
    return here.mode is OperationMode.IDLE and bool(here.own.period.evse_sleep)


def _wake(station: Station, evse: Evse, state: _Sleep) -> None:
    if not evse.resting:
        return
    state.asked.discard(evse.evse_id)
    evse.resting = evse.asleep = False
    station.do(WakeUp(evse.evse_id))
    energy.power(station, evse)


def fell_asleep(station: Station, event: FellAsleep) -> None:
    """It sleeps from now on, unless it was woken meanwhile; one that cannot is as in Idle without sleep (Q10.FR.05)."""
    state, evse = station.moment(_Sleep), station.evses.get(event.evse_id)
    if evse is None or event.evse_id not in state.asked:
        return
    state.asked.discard(event.evse_id)
    if event.done:
        evse.asleep = True
        return
    state.unable.add(event.evse_id)
    evse.resting = False
    station.note(f"EVSE {event.evse_id} cannot be put to sleep now: it stays on in the operation mode Idle.")


def deadline(station: Station) -> datetime | None:
    """When the next vehicle has had its time to let go."""
    return min(station.moment(_Sleep).due.values(), default=None)
