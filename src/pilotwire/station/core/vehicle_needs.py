"""What a vehicle needs by ISO 15118, the schedule it is offered for that, and the one it makes of it (K15, K16, K17).

Whoever speaks to the vehicle tells its needs by an input with a `ref`. Each `Inform` with that `ref` is an offer: the first answers the
needs, a later one says that the offer has changed and is to be negotiated anew (K16.FR.02). There is one schedule in an offer, that by
which the station itself limits; where a profile has several for the vehicle to choose from, it is made of the first (K15.FR.18).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingProfilePurpose,
    ChargingSchedule,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    EVChargingScheduleVerdict,
    GenericStatus,
    InstalledProfile,
    Reason,
    excess_over,
)
from pilotwire.domain.smart_charging.composite import composite
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.charging_site import csms_time, site_of, usual_unit
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street

PATIENCE: Final = timedelta(seconds=60)
"""How long a profile that was promised is waited for (K15.FR.08): a vehicle does not wait longer."""
_DAY: Final = 86_400
"""Seconds an offer lasts where the vehicle does not say when it leaves."""
_WILL_COME = frozenset({ChargingNeedsStatus.ACCEPTED, ChargingNeedsStatus.PROCESSING})


@dataclass(frozen=True, slots=True)
class NeedsTold(OfStreet):
    """A vehicle says what it needs; each answer is a `ScheduleOffer`. `most_periods` is what it can take in a schedule."""

    ref: Hashable
    evse_id: int
    needs: ChargingNeeds
    most_periods: int | None = None


@dataclass(frozen=True, slots=True)
class ScheduleReturned(OfStreet):
    """The schedule a vehicle makes of its offer, from now on; the answer says whether it may: an `EVChargingScheduleVerdict`."""

    ref: Hashable
    evse_id: int
    schedule: ChargingSchedule


class ScheduleOffer(Verdict):
    """Up to what a vehicle may charge, beginning at the schedule's own start; None: the EVSE is not there."""

    schedule: ChargingSchedule | None


@dataclass(slots=True)
class _Session:
    """A vehicle that has told its needs. `waits_until`: for the profile that was promised; `anew`: it was asked to negotiate again."""

    told: NeedsTold
    known: ChargingMemory
    waits_until: datetime | None = None
    offered: ChargingSchedule | None = None
    anew: bool = False


@dataclass(slots=True)
class _Sessions:
    """By EVSE."""

    by_evse: dict[int, _Session] = field(default_factory=dict)


# --- needs ------------------------------------------------------------------------------------------------------------------


def needs_told(station: Station, event: NeedsTold) -> None:
    """Tell the CSMS (K15.FR.01, K17.FR.01), unless it began this negotiation itself (K16.FR.09), or cannot be reached (K15.FR.15)."""
    if event.evse_id not in station.evses:
        station.note(f"A vehicle told its needs at EVSE {event.evse_id}, which this station does not have.")
        station.do(Inform(event.ref, ScheduleOffer(schedule=None)))
        return
    sessions = station.moment(_Sessions).by_evse
    before = sessions.get(event.evse_id)
    session = sessions[event.evse_id] = _Session(event, station.kept(ChargingMemory))
    if not station.online or (before is not None and before.anew):
        _offer(station, session)
        return
    fact = EVChargingNeedsNotified(
        evse_id=event.evse_id,
        charging_needs=event.needs,
        max_schedule_tuples=event.most_periods,
        timestamp=csms_time(station),
    )
    station.say(
        fact,
        answered=lambda verdict: _answered(station, session, verdict),
        failed=lambda _: _answered(station, session, None),
    )


def _answered(station: Station, session: _Session, verdict: Verdict | None) -> None:
    """A profile that will come is waited for; without one the vehicle is offered what holds anyway (K15.FR.04)."""
    if not _is_open(station, session):
        return
    if isinstance(verdict, ChargingNeedsVerdict) and verdict.status in _WILL_COME:
        session.waits_until = station.now + PATIENCE
    else:
        _offer(station, session)


def _is_open(station: Station, session: _Session) -> bool:
    """Whether it is the last that was said at its EVSE, and not answered."""
    same = station.moment(_Sessions).by_evse.get(session.told.evse_id) is session
    return same and session.offered is None


# --- offers -----------------------------------------------------------------------------------------------------------------


def _offer(station: Station, session: _Session) -> None:
    session.waits_until, session.known = None, station.kept(ChargingMemory)
    session.offered = _schedule(station, session.told)
    station.do(Inform(session.told.ref, ScheduleOffer(schedule=session.offered)))


def _schedule(station: Station, told: NeedsTold) -> ChargingSchedule:
    """The composite schedule until the vehicle leaves, with no more periods than it takes (K15.FR.07)."""
    now, leaves = csms_time(station), told.needs.departure_time
    seconds = _DAY if leaves is None or leaves <= now else min(int((leaves - now).total_seconds()) + 1, _DAY)
    found = composite(site_of(station), told.evse_id, now, seconds, usual_unit(station, told.evse_id))
    periods, duration = found.charging_schedule_period, found.duration
    most = max(told.most_periods or len(periods), 1)
    if len(periods) > most:
        periods, duration = periods[:most], periods[most].start_period
    return ChargingSchedule(
        id=_id(station, told.evse_id),
        charging_rate_unit=found.charging_rate_unit,
        start_schedule=found.schedule_start,
        duration=duration,
        charging_schedule_period=periods,
    )


def _id(station: Station, evse_id: int) -> int:
    """That of the CSMS's own schedule, by which it knows it again."""
    own = max(_own(station, evse_id), key=lambda each: each.profile.stack_level, default=None)
    return 1 if own is None else own.profile.charging_schedule[0].id or 1


def _own(station: Station, evse_id: int) -> tuple[InstalledProfile, ...]:
    """The profiles of the transaction at an EVSE."""
    evse = station.evses[evse_id]
    if evse.tx is None:
        return ()
    own, purpose = evse.tx.transaction_id, ChargingProfilePurpose.TX_PROFILE
    installed = station.kept(ChargingMemory).installed
    return tuple(
        each for each in installed if each.transaction_id == own and each.profile.charging_profile_purpose is purpose
    )


def follow(station: Station) -> None:
    """Offer what was waited for, and negotiate anew where an offer does not hold any more (K16.FR.02)."""
    sessions = station.moment(_Sessions).by_evse
    for evse_id, session in tuple(sessions.items()):
        if station.evses[evse_id].connector is None:
            del sessions[evse_id]
        elif station.kept(ChargingMemory) != session.known:
            _profiles_changed(station, session)


def _profiles_changed(station: Station, session: _Session) -> None:
    before, session.known = session.known, station.kept(ChargingMemory)
    own = _own(station, session.told.evse_id)
    if session.offered is None:
        if session.waits_until is not None and any(each not in before.installed for each in own):
            _offer(station, session)
        return
    charges = station.evses[session.told.evse_id].grant is not None
    if charges and not _is_same(session.offered, _schedule(station, session.told)):
        session.anew = True
        _offer(station, session)


def _is_same(one: ChargingSchedule, other: ChargingSchedule) -> bool:
    """Whether they allow the same wherever both say something."""
    assert one.start_schedule is not None
    assert other.start_schedule is not None
    more = excess_over(other, one, other.start_schedule, one.start_schedule, None)
    less = excess_over(one, other, one.start_schedule, other.start_schedule, None)
    return more is None and less is None


def deadline(station: Station) -> datetime | None:
    """When the next promise was waited for long enough."""
    waits = (session.waits_until for session in station.moment(_Sessions).by_evse.values())
    return min((until for until in waits if until is not None), default=None)


def due(station: Station) -> None:
    """No profile came in time: what holds anyway is offered; one that comes later is negotiated anew."""
    for session in station.moment(_Sessions).by_evse.values():
        if session.waits_until is not None and session.waits_until <= station.now:
            _offer(station, session)


# --- the vehicle's schedule -------------------------------------------------------------------------------------------------


def schedule_returned(station: Station, event: ScheduleReturned) -> None:
    """One within the offer is told (K15.FR.09, K15.FR.10, K16.FR.04, K16.FR.05); another is refused, and nobody hears of it."""
    session = station.moment(_Sessions).by_evse.get(event.evse_id)
    offered = session.offered if session is not None else None
    now = csms_time(station)
    if offered is None or offered.start_schedule is None:
        _refuse(station, event, "No schedule was offered to this vehicle.")
        return
    excess = excess_over(event.schedule, offered, now, offered.start_schedule, None)
    if excess is not None:
        unit = offered.charging_rate_unit
        what = f"After {excess.after} seconds it takes {excess.wanted} {unit}, but {excess.allowed} was offered."
        _refuse(station, event, what)
        return
    station.do(Inform(event.ref, EVChargingScheduleVerdict(status=GenericStatus.ACCEPTED)))
    if station.online:
        own = changed(event.schedule, id=offered.id)
        station.say(EVChargingScheduleNotified(evse_id=event.evse_id, time_base=now, charging_schedule=own))


def _refuse(station: Station, event: ScheduleReturned, what: str) -> None:
    station.note(f"The schedule of the vehicle at EVSE {event.evse_id} is not taken. {what}")
    reason = Reason(code="InvalidSchedule", info=what)
    station.do(Inform(event.ref, EVChargingScheduleVerdict(status=GenericStatus.REJECTED, reason=reason)))


STREET = Street(
    "vehicle_needs",
    events={NeedsTold: needs_told, ScheduleReturned: schedule_returned},
    deadline=deadline,
    due=due,
    follow=follow,
)
