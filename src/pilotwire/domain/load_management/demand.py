"""What vehicles want of a site: how much they take, until when they want which energy, and who goes first."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.load_management.layout import EvseKey

_SECONDS: Final = Decimal(3600)


class Strategy(StrEnum):
    """By what power is shared where there is not enough of it.

    Equal share: all alike. Priority: the higher first, alike among equals. First come: who came first. Departure: so that each has the
    energy he needs when he leaves, the rest alike. Cheapest hours: as departure, but not before a cheaper hour, where there is time.
    """

    EQUAL_SHARE = "equal-share"
    PRIORITY = "priority"
    FIRST_COME = "first-come"
    DEPARTURE = "departure"
    CHEAPEST_HOURS = "cheapest-hours"


class Demand(Value):
    """A vehicle at an EVSE. `least` and `most` are what it takes on each phase (A): None, as the EVSE.

    `phases` is how many it charges on; `uneven`: perhaps on fewer, nobody has seen it yet. `energy` is what it still wants (Wh) and
    `departure` until when; None: not known. `discharge` is the most it may be asked to give back on each phase (A; Q: V2X).
    `charging_since` is when it was last let charge, `waiting_since` since when it is paused.
    """

    key: EvseKey
    arrived: datetime
    phases: int = 3
    uneven: bool = False
    least: Decimal | None = None
    most: Decimal | None = None
    energy: Decimal | None = None
    departure: datetime | None = None
    priority: int = 0
    discharge: Decimal = Decimal(0)
    charging_since: datetime | None = None
    waiting_since: datetime | None = None


def needed_amperes(demand: Demand, now: datetime, voltage: Decimal, phases: int) -> Decimal | None:
    """On so many phases, the current on each phase with which it has its energy just in time; None: nobody said how much, or until when.

    One that has left too little time, or none, needs what it can get: no finite current is told for it, but that of a minute.
    """
    if demand.energy is None or demand.departure is None:
        return None
    seconds = Decimal(max(60.0, (demand.departure - now).total_seconds()))
    return demand.energy * _SECONDS / (seconds * voltage * phases)


def laxity(demand: Demand, now: datetime, voltage: Decimal, most: Decimal, phases: int) -> timedelta | None:
    """How long it could be paused and yet have its energy in time, charging with `most` A on so many phases after; None: nobody said."""
    if demand.energy is None or demand.departure is None or most <= 0:
        return None
    takes = timedelta(seconds=float(demand.energy * _SECONDS / (most * voltage * phases)))
    return demand.departure - now - takes
