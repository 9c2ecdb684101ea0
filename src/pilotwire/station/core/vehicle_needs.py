"""What a vehicle needs by ISO 15118, the schedule it is offered for that, and the one it makes of it (K15, K16, K17).

Whoever speaks to the vehicle tells its needs by an input with a `ref`. Each `Inform` with that `ref` is an offer: the first answers the
needs, a later one says that the offer has changed and is to be negotiated anew (K16.FR.02). There are as many schedules in an offer as a
profile of the transaction has for the vehicle to choose from (K15.FR.22); the station limits by the one it chose, before that by the first.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pilotwire.domain.der_vehicle import agreed
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingProfile,
    ChargingProfileKind,
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
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import service_renegotiation, transactions
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.charging_site import csms_time, site_of, usual_unit
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.vehicle_sessions import ServiceRenegotiation, Spoken, VehicleSessions
from pilotwire.station.hardware.ports import AcSupply

PATIENCE: Final = timedelta(seconds=60)
"""How long a profile that was promised is waited for (K15.FR.08): a vehicle does not wait longer."""
_DAY: Final = 86_400
"""Seconds an offer lasts where the vehicle does not say when it leaves."""
_DYNAMIC: Final = "DynamicControl"
_PRICES: Final = ("sales_tariff", "absolute_price_schedule", "price_level_schedule", "signature_id", "digest_value")
"""Of a schedule: tariffs of ISO 15118-2 and price schedules of ISO 15118-20 with what signs them, handed through as they are."""
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
    """The schedule a vehicle makes of its offer, from now on; the answer says whether it may: an `EVChargingScheduleVerdict`.

    `chosen_id`: the id of the schedule it chose (K15.FR.21), None: the only one, or the first. `power_tolerance_accepted`: whether it keeps
    to the tolerance of that schedule (ISO 15118-20). Both are told in 2.1.
    """

    ref: Hashable
    evse_id: int
    schedule: ChargingSchedule
    chosen_id: int | None = None
    power_tolerance_accepted: bool | None = None


class ScheduleOffer(Verdict):
    """Up to what a vehicle may charge, beginning at the schedule's own start, and what that costs if the CSMS has told; None: the EVSE is
    not there, or the energy transfer was refused.

    `others` are the second and third to choose from. `price_schedule_signature`: the operator's over the prices of all of them (2.1).
    """

    schedule: ChargingSchedule | None
    others: tuple[ChargingSchedule, ...] = ()
    price_schedule_signature: str | None = None


@dataclass(slots=True)
class _Session:
    """A vehicle that has told its needs. `waits_until`: for the profile that was promised; `anew`: it was asked to negotiate again.

    `refused`: what the CSMS did not accept; `anew_until`: by when the vehicle has to ask for another service.
    """

    told: NeedsTold
    known: ChargingMemory
    waits_until: datetime | None = None
    offered: tuple[ChargingSchedule, ...] = ()
    anew: bool = False
    refused: service_renegotiation.Refused = frozenset()
    anew_until: datetime | None = None


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
    session.refused = session.refused if before is None else before.refused
    spoken = station.moment(VehicleSessions).by_evse
    option = spoken[event.evse_id].option if event.evse_id in spoken else 0
    spoken[event.evse_id] = Spoken(event.ref, event.needs, event.most_periods, option)
    if before is not None and before.anew:
        _offer(station, session)
        return
    fact = EVChargingNeedsNotified(
        evse_id=event.evse_id,
        charging_needs=_with_inverter(station, event),
        max_schedule_tuples=event.most_periods,
        timestamp=csms_time(station),
    )
    if not station.online:
        station.tell(fact)  # later, if anything is: what it is told then is as old as its timestamp (K15.FR.20 of 2.1)
        _offer(station, session)
        return
    station.say(
        fact,
        answered=lambda verdict: _answered(station, session, verdict),
        failed=lambda _: _answered(station, session, None),
    )


def _with_inverter(station: Station, event: NeedsTold) -> ChargingNeeds:
    """The needs, with the nameplate of the vehicle's inverter as vehicle and EVSE can do it together (R02.FR.01, R03.FR.01)."""
    supply, told = station.evses[event.evse_id].layout.supply, event.needs.der_charging_parameters
    if told is None or not isinstance(supply, AcSupply):
        return event.needs
    both = agreed(told, charge_va=supply.max_power_w, discharge_va=supply.max_discharge_w, phases=supply.phases)
    return changed(event.needs, der_charging_parameters=both)


def _answered(station: Station, session: _Session, verdict: Verdict | None) -> None:
    """A profile that will come is waited for; without one the vehicle is offered what holds anyway (K15.FR.04)."""
    if not _is_open(station, session):
        return
    if isinstance(verdict, ChargingNeedsVerdict) and verdict.status in _WILL_COME:
        session.waits_until = station.now + PATIENCE
    elif isinstance(verdict, ChargingNeedsVerdict) and _is_refused(session.told.needs, verdict):
        _refused(station, session)
    else:
        _offer(station, session)


def _is_refused(needs: ChargingNeeds, verdict: ChargingNeedsVerdict) -> bool:
    """A bidirectional way of energy transfer that the CSMS does not accept (Q01.FR.04); else Rejected is that no profile comes."""
    return verdict.status is ChargingNeedsStatus.REJECTED and "BPT" in needs.requested_energy_transfer


def _refused(station: Station, session: _Session) -> None:
    """Another service is negotiated with the vehicle, which tells its needs anew then (Q01.FR.05); without one it is the end."""
    evse = station.evses[session.told.evse_id]
    ways = service_renegotiation.other_ways(station, evse, session.told.needs, session.refused)
    if evse.tx is None or not ways:
        _end_for_it(station, session)
        return
    session.refused |= {(evse.tx.transaction_id, session.told.needs.requested_energy_transfer)}
    session.anew_until = station.now + PATIENCE
    service_renegotiation.keep_to(station, evse, ways)
    station.do(Inform(session.told.ref, ServiceRenegotiation(allowed_energy_transfer=ways)))


def _end_for_it(station: Station, session: _Session) -> None:
    """There is no other service: the transaction ends (Q01.FR.06)."""
    station.do(Inform(session.told.ref, ScheduleOffer(schedule=None)))
    del station.moment(_Sessions).by_evse[session.told.evse_id]
    evse = station.evses[session.told.evse_id]
    if evse.tx is not None:
        reason = StoppedReason.REQ_ENERGY_TRANSFER_REJECTED
        transactions.end(station, evse, transactions.Cause(TriggerReason.ABNORMAL_CONDITION, reason))


def _is_open(station: Station, session: _Session) -> bool:
    """Whether it is the last that was said at its EVSE, and not answered."""
    same = station.moment(_Sessions).by_evse.get(session.told.evse_id) is session
    return same and not session.offered


# --- offers -----------------------------------------------------------------------------------------------------------------


def _offer(station: Station, session: _Session) -> None:
    session.waits_until, session.known = None, station.kept(ChargingMemory)
    session.offered = _schedules(station, session.told)
    station.moment(VehicleSessions).by_evse[session.told.evse_id].plan = None
    first, *others = session.offered
    offer = ScheduleOffer(
        schedule=first,
        others=tuple(others),
        price_schedule_signature=_signature(station, session.told.evse_id, len(session.offered)),
    )
    station.do(Inform(session.told.ref, offer))


def _signature(station: Station, evse_id: int, many: int) -> str | None:
    """Of the profile whose prices are told: it signs those of one profile alone."""
    asked = {id(each): each for number in range(many) if (each := _profile(station, evse_id, number)) is not None}
    (profile,) = asked.values() if len(asked) == 1 else (None,)
    return None if profile is None else profile.profile.price_schedule_signature


def _schedules(station: Station, told: NeedsTold) -> tuple[ChargingSchedule, ...]:
    """A composite schedule for each of the first, second and third schedules of the transaction's profiles together (K15.FR.22)."""
    many = max((len(each.profile.charging_schedule) for each in _own(station, told.evse_id)), default=1)
    return tuple(_schedule(station, told, option) for option in range(many))


def _schedule(station: Station, told: NeedsTold, option: int) -> ChargingSchedule:
    """The composite schedule until the vehicle leaves, with no more periods than it takes (K15.FR.07)."""
    now, leaves = csms_time(station), told.needs.departure_time
    seconds = _DAY if leaves is None or leaves <= now else min(int((leaves - now).total_seconds()) + 1, _DAY)
    site = site_of(station)
    outlets = tuple(changed(each, option=option) if each.evse_id == told.evse_id else each for each in site.outlets)
    site = changed(site, outlets=outlets)
    found = composite(site, told.evse_id, now, seconds, usual_unit(station, told.evse_id))
    periods, duration = found.charging_schedule_period, found.duration
    most = max(told.most_periods or len(periods), 1)
    if len(periods) > most:
        periods, duration = periods[:most], periods[most].start_period
    asked, usual = asked_for(station, told.evse_id, option), option + 1
    return ChargingSchedule(
        id=usual if asked is None else asked.id or usual,
        charging_rate_unit=found.charging_rate_unit,
        start_schedule=found.schedule_start,
        duration=duration,
        charging_schedule_period=periods,
        **_prices(asked),
    )


def asked_for(station: Station, evse_id: int, option: int) -> ChargingSchedule | None:
    """The CSMS's own schedule, by whose id it knows the offer again: of the highest stack level that has so many."""
    profile = _profile(station, evse_id, option)
    return None if profile is None else profile.profile.charging_schedule[option]


def _profile(station: Station, evse_id: int, option: int) -> InstalledProfile | None:
    own = [each for each in _own(station, evse_id) if len(each.profile.charging_schedule) > option]
    return max(own, key=lambda each: each.profile.stack_level, default=None)


def _prices(asked: ChargingSchedule | None) -> dict[str, Any]:
    """What the energy costs, as the CSMS told it for the vehicle (K18.FR.20, K19.FR.09)."""
    return {} if asked is None else {name: getattr(asked, name) for name in _PRICES}


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
            station.moment(VehicleSessions).by_evse.pop(evse_id, None)
        elif station.kept(ChargingMemory) != session.known:
            _profiles_changed(station, session)


def _profiles_changed(station: Station, session: _Session) -> None:
    before, session.known = session.known, station.kept(ChargingMemory)
    own = _own(station, session.told.evse_id)
    if not session.offered:
        if session.waits_until is not None and any(each not in before.installed for each in own):
            _offer(station, session)
        return
    charges = station.evses[session.told.evse_id].grant is not None
    if not charges:
        return
    now = _schedules(station, session.told)
    same = len(now) == len(session.offered) and all(map(_is_same, session.offered, now))
    if not same:
        session.anew = True
        _offer(station, session)


def _is_same(one: ChargingSchedule, other: ChargingSchedule) -> bool:
    """Whether they allow the same wherever both say something, at the same prices."""
    if any(getattr(one, name) != getattr(other, name) for name in _PRICES):
        return False
    assert one.start_schedule is not None
    assert other.start_schedule is not None
    more = excess_over(other, one, other.start_schedule, one.start_schedule, None)
    less = excess_over(one, other, one.start_schedule, other.start_schedule, None)
    return more is None and less is None


def deadline(station: Station) -> datetime | None:
    """When the next promise was waited for long enough."""
    waits = [(each.waits_until, each.anew_until) for each in station.moment(_Sessions).by_evse.values()]
    return min((until for both in waits for until in both if until is not None), default=None)


def due(station: Station) -> None:
    """No profile came in time: what holds anyway is offered; one that comes later is negotiated anew. No other service did: the end."""
    for session in tuple(station.moment(_Sessions).by_evse.values()):
        if session.anew_until is not None and session.anew_until <= station.now:
            _end_for_it(station, session)
        if session.waits_until is not None and session.waits_until <= station.now:
            _offer(station, session)


# --- the vehicle's schedule -------------------------------------------------------------------------------------------------


def schedule_returned(station: Station, event: ScheduleReturned) -> None:
    """One within the offer is told (K15.FR.09, K15.FR.10, K16.FR.04, K16.FR.05); another is refused, and nobody hears of it."""
    session = station.moment(_Sessions).by_evse.get(event.evse_id)
    now = csms_time(station)
    if session is None or not session.offered:
        _refuse(station, event, "No schedule was offered to this vehicle.")
        return
    option = _chosen(session.offered, event.chosen_id)
    if option is None:
        _refuse(station, event, f"No schedule with the id {event.chosen_id} was offered.")
        return
    offered = session.offered[option]
    assert offered.start_schedule is not None
    spoken = station.moment(VehicleSessions).by_evse[event.evse_id]
    excess = None
    if spoken.needs.control_mode == _DYNAMIC:
        event = replace(event, schedule=offered)  # what it sends is not minded (K19.FR.10)
    else:
        excess = excess_over(event.schedule, offered, now, offered.start_schedule, None)
    if excess is not None:
        unit = offered.charging_rate_unit
        what = f"After {excess.after} seconds it takes {excess.wanted} {unit}, but {excess.allowed} was offered."
        _refuse(station, event, what)
        return
    station.do(Inform(event.ref, EVChargingScheduleVerdict(status=GenericStatus.ACCEPTED)))
    own = changed(event.schedule, id=offered.id)
    spoken.option, spoken.plan = option, _plan(event.evse_id, own, now)
    fact = EVChargingScheduleNotified(
        evse_id=event.evse_id,
        time_base=now,
        charging_schedule=own,
        selected_charging_schedule_id=offered.id,
        power_tolerance_acceptance=event.power_tolerance_accepted,
    )
    station.tell(fact)


def _chosen(offered: tuple[ChargingSchedule, ...], chosen_id: int | None) -> int | None:
    """Which of the schedules a vehicle chose, from 0; None: there is none with that id."""
    if chosen_id is None:
        return 0
    return next((number for number, each in enumerate(offered) if each.id == chosen_id), None)


def _plan(evse_id: int, schedule: ChargingSchedule, now: datetime) -> InstalledProfile:
    """What the vehicle will take, in the form of a profile that counts from now (K15.FR.14, K16.FR.10)."""
    profile = ChargingProfile(
        id=0,
        stack_level=0,
        charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
        charging_profile_kind=ChargingProfileKind.ABSOLUTE,
        charging_schedule=(changed(schedule, start_schedule=now),),
    )
    return InstalledProfile(evse_id=evse_id, profile=profile, at=now)


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
