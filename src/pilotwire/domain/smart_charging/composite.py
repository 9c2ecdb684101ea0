"""The composite schedule: what all profiles together allow at each EVSE, now and later (K08; 2.1 K 3.5 to 3.8; 1.6:3.13.3).

At each second the lowest of these counts: what leads for the transaction, each limit from outside, the EVSE's share of what is for the
whole station, and what the hardware can. What is generated on site comes on top of all but the last (K04.FR.05, K27).

Units are in `composite_units`, energy in both directions in `composite_both_ways`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging.composite_both_ways import BothWays, both_ways, is_driven, opened, together
from pilotwire.domain.smart_charging.composite_timeline import (
    Chains,
    Cursor,
    Leading,
    Outlet,
    Site,
    Supply,
    boundaries,
    evse_chains,
    station_chains,
    whole,
)
from pilotwire.domain.smart_charging.composite_units import A, W, floored, is_by_phase, limit_in, number_of
from pilotwire.domain.smart_charging.profiles import (
    WHOLE_STATION,
    ChargingRateUnit,
    ChargingSchedulePeriod,
    CompositeSchedule,
)
from pilotwire.domain.smart_charging.setpoints import Deciding, among_leads

LEAST_AC_AMPS: Final = Decimal(6)
"""Less cannot be said on a control pilot (IEC 61851-1)."""
LEAST_DC_AMPS: Final = Decimal(1)
MOST_PERIODS: Final = 1024
"""As many as a message may have; a schedule with more of them ends early."""
_NOTHING: Final = Decimal(0)


class Allowed(NamedTuple):
    """What is allowed at one moment: in the unit asked for, by how many phases, and which if one; None for a station, and on DC, where
    they are those of the grid, unless a profile chooses among these.

    `is_limited`: a profile says so, not only the hardware. `by_phase`: the limits of L1, L2 and L3 where they differ (K08.FR.09). `both`:
    what there is beside the limit where energy may come back.
    """

    limit: Decimal
    phases: int | None
    phase_to_use: int | None
    is_limited: bool
    by_phase: tuple[Decimal | None, ...] = ()
    both: BothWays | None = None


def composite(site: Site, evse_id: int, start: datetime, duration: int, unit: ChargingRateUnit) -> CompositeSchedule:
    """The schedule of an EVSE (0: of the station, K08.FR.03) for `duration` seconds (K08.FR.02), periods alike put together."""
    begin = whole(start)
    periods: list[ChargingSchedulePeriod] = []
    before: ChargingSchedulePeriod | None = None
    for moment, allowed in _walk(site, evse_id, begin, begin + max(duration, 1), unit):
        period = _period(allowed)
        if period == before:
            continue
        if len(periods) == MOST_PERIODS:
            duration = moment - begin
            break
        before = period
        periods.append(changed(period, start_period=moment - begin))
    return CompositeSchedule(
        evse_id=evse_id,
        charging_rate_unit=unit,
        charging_schedule_period=tuple(periods),
        schedule_start=datetime.fromtimestamp(begin, UTC),
        duration=duration,
    )


def _period(allowed: Allowed) -> ChargingSchedulePeriod:
    """A moment as a period, at second 0."""
    limit, limit_l2, limit_l3 = allowed.by_phase or (allowed.limit, None, None)
    both = allowed.both or BothWays()
    return ChargingSchedulePeriod(
        start_period=0,
        limit=limit,
        limit_l2=limit_l2,
        limit_l3=limit_l3,
        number_phases=allowed.phases,
        phase_to_use=allowed.phase_to_use,
        discharge_limit=both.discharge_limit,
        setpoint=both.setpoint,
        setpoint_reactive=both.setpoint_reactive,
        operation_mode=both.mode,
        v2x_baseline=both.v2x_baseline,
        v2x_freq_watt_curve=both.v2x_freq_watt_curve,
        v2x_signal_watt_curve=both.v2x_signal_watt_curve,
    )


def limit_now(site: Site, evse_id: int, now: datetime, unit: ChargingRateUnit = A) -> Allowed:
    """What is allowed at this second."""
    begin = whole(now)
    return next(_walk(site, evse_id, begin, begin + 1, unit))[1]


def next_change(site: Site, now: datetime, horizon: int = 86_400) -> datetime | None:
    """The next second at which a limit may be another one, anywhere at the station; None: not within `horizon` seconds."""
    begin = whole(now)
    chains = [evse_chains(site, outlet, begin, begin + horizon) for outlet in site.outlets]
    chains.append(station_chains(site, begin, begin + horizon))
    moments = boundaries(chains, begin, begin + horizon)
    return datetime.fromtimestamp(moments[1], UTC) if len(moments) > 1 else None


# --- second by second, from change to change ------------------------------------------------------------------------------


class _Place(NamedTuple):
    """An outlet at a moment: what limits it, what is generated for it, and for the station, which it shares with `among` - 1 others."""

    outlet: Outlet
    leads: list[Leading]
    generation: Leading | None
    common: Leading | None
    among: int


class _Moment(NamedTuple):
    """A station at a moment: its places, what limits them together and what is generated for all, the unit asked for."""

    places: list[_Place]
    leads: list[Leading]
    generation: Leading | None
    unit: ChargingRateUnit


def _walk(site: Site, evse_id: int, begin: int, end: int, unit: ChargingRateUnit) -> Iterator[tuple[int, Allowed]]:
    """Each moment at which something may change, with what is allowed from then on."""
    outlets = [each for each in site.outlets if each.in_use or evse_id in (WHOLE_STATION, each.evse_id)]
    chains: list[Chains] = [evse_chains(site, outlet, begin, end) for outlet in outlets]
    station = station_chains(site, begin, end)
    cursors = [Cursor(each) for each in chains]
    above = Cursor(station)
    for moment in boundaries([*chains, station], begin, end):
        leads, generation = above.at(moment)
        places = [
            _Place(outlet, *cursor.at(moment), generation, len(outlets))
            for outlet, cursor in zip(outlets, cursors, strict=True)
        ]
        yield moment, _allowed(site, evse_id, _Moment(places, leads, generation, unit))


def _allowed(site: Site, evse_id: int, said: _Moment) -> Allowed:
    """With setpoints only as what they may be at most: they are told beside the limits, which they are capped by."""
    here = {place.outlet.evse_id: among_leads(place.leads, said.leads) for place in said.places}
    driven = {place.outlet.evse_id for place in said.places if is_driven(place.outlet, here[place.outlet.evse_id])}
    limits = said
    if driven:
        places = [
            place._replace(leads=opened(place.leads)) if place.outlet.evse_id in driven else place
            for place in said.places
        ]
        limits = said._replace(places=places, leads=opened(said.leads))

    def told(number: int) -> BothWays:
        outlet = next(place.outlet for place in said.places if place.outlet.evse_id == number)
        most = _at_one(limits, number).limit
        first = site.csms_setpoint_first
        return both_ways(outlet, here[number], most, said.unit, among=len(driven), csms_first=first)

    if evse_id != WHOLE_STATION:
        allowed = _at_one(limits, evse_id)
        if evse_id in driven:
            return allowed._replace(both=told(evse_id))
        return _with_phases(allowed, limits, here[evse_id], evse_id)
    allowed = _together(limits)
    return allowed._replace(both=together([told(number) for number in driven], len(here))) if driven else allowed


def _with_phases(allowed: Allowed, said: _Moment, here: Deciding, evse_id: int) -> Allowed:
    """Limits of single phases, where the transaction's profile has them (K08.FR.09): each as if it held for all of them."""
    phases = allowed.phases
    if here.own is None or phases is None or phases < 2 or not is_by_phase(here.own.period):
        return allowed
    if any(place.outlet.evse_id == evse_id and place.outlet.supply.is_dc for place in said.places):
        return allowed
    found: list[Decimal | None] = []
    for value in (here.own.period.limit, here.own.period.limit_l2, here.own.period.limit_l3)[:phases]:
        alike = here.own._replace(period=changed(here.own.period, limit=value, limit_l2=value, limit_l3=value))
        places = [
            place._replace(leads=[alike if lead is here.own else lead for lead in place.leads])
            if place.outlet.evse_id == evse_id
            else place
            for place in said.places
        ]
        limit = None if value is None else _at_one(said._replace(places=places), evse_id).limit
        found.append(limit if limit is None or said.unit is A else floored(limit / phases))
    return allowed._replace(by_phase=(*found, None)[:3])


def _together(said: _Moment) -> Allowed:
    """What the station may take from the grid: no more than its EVSEs can use (K08.FR.03, K04.FR.05)."""
    places, leads, generation, unit = said
    supply = places[0].outlet.supply
    wanted = sum((_own(place, [], unit).limit for place in places), _NOTHING)
    total = _total(leads, generation, supply, unit)
    limited = bool(leads) or any(place.leads for place in places)
    return Allowed(floored(wanted if total is None else min(wanted, total)), None, None, limited)


def _at_one(said: _Moment, evse_id: int) -> Allowed:
    places, leads, generation, unit = said
    here = next(place for place in places if place.outlet.evse_id == evse_id)
    allowed = _own(here, leads, unit)
    if leads:
        allowed = allowed._replace(limit=min(allowed.limit, _share(places, here, leads, generation, unit)))
    return allowed._replace(limit=floored(allowed.limit))


def _own(place: _Place, above: list[Leading], unit: ChargingRateUnit) -> Allowed:
    """What an EVSE may take as far as it alone is concerned; `above` has a say in the phases only."""
    outlet, leads, generation, common, among = place
    supply = outlet.supply
    phases = _phases(supply, [*leads, *above])
    most = _hardware(supply, phases, unit)
    if leads:
        limit = min(limit_in(lead, unit, supply, phases, outlet.soc) for lead in leads)
        if generation is not None:
            limit += limit_in(generation, unit, supply, phases)
        if common is not None:
            limit += limit_in(common, unit, supply, phases) / among
        most = min(most, limit)
    which = next((lead.period.phase_to_use for lead in [*above, *leads] if lead.period.phase_to_use), None)
    shown = _inputs(supply, [*leads, *above]) if supply.is_dc else phases
    return Allowed(most, shown, which if shown == 1 else None, bool(leads) or bool(above))


def _phases(supply: Supply, leads: list[Leading]) -> int:
    """The lowest number of all that lead, no more than there are (2.1 K 3.8, K01.FR.45, K01.FR.49)."""
    return 1 if supply.is_dc else min([supply.phases, *(max(1, number_of(lead.period)) for lead in leads)])


def _inputs(supply: Supply, leads: list[Leading]) -> int | None:
    """How many phases of the grid a DC outlet is to take its power from (K01.FR.54); None: nobody says, or it has no choice."""
    said = [lead.period.number_phases for lead in leads if lead.period.number_phases]
    said += [1 for lead in leads if lead.period.phase_to_use and not lead.period.number_phases]
    return min([supply.input_phases, *said]) if supply.input_phases and said else None


def _hardware(supply: Supply, phases: int, unit: ChargingRateUnit) -> Decimal:
    if unit is A:
        return supply.max_amps
    return supply.max_watts if supply.is_dc else supply.voltage * supply.max_amps * phases


# --- sharing what is for the whole station ----------------------------------------------------------------------------------


def _total(leads: list[Leading], generation: Leading | None, supply: Supply, unit: ChargingRateUnit) -> Decimal | None:
    """What is there for all EVSEs together; None: no profile says."""
    if not leads:
        return None
    total = min(limit_in(lead, unit, supply, number_of(lead.period)) for lead in leads)
    return total + (
        limit_in(generation, unit, supply, number_of(generation.period)) if generation is not None else _NOTHING
    )


def _share(
    places: Sequence[_Place], here: _Place, leads: list[Leading], generation: Leading | None, unit: ChargingRateUnit
) -> Decimal:
    """What an EVSE gets of it: everything if it is alone, else `shares` of A a phase, or of W where a DC outlet is among them."""
    supply = here.outlet.supply
    phases = _phases(supply, [*here.leads, *leads])
    if len(places) == 1:
        alone = min(limit_in(lead, unit, supply, phases) for lead in leads)
        return alone + (limit_in(generation, unit, supply, phases) if generation is not None else _NOTHING)
    common = W if any(place.outlet.supply.is_dc for place in places) else A
    total = _total(leads, generation, supply, common)
    assert total is not None
    order = sorted(places, key=lambda place: _seniority(place.outlet))
    wanted = [_own(place, leads, common).limit for place in order]
    least = [_least(place, leads, common) for place in order]
    share = shares(total, wanted, least)[order.index(here)]
    if common is unit:
        return share
    if unit is A:
        return share / (supply.voltage * phases)
    return share * supply.voltage * phases


def _seniority(outlet: Outlet) -> tuple[float, int]:
    since = outlet.charging_since if outlet.in_use else None
    return (since.timestamp() if since is not None else float("inf"), outlet.evse_id)


def _least(place: _Place, leads: list[Leading], unit: ChargingRateUnit) -> Decimal:
    """Less than this is of no use: what a pilot can say, or the minChargingRate of what leads there (K01.FR.21)."""
    supply = place.outlet.supply
    phases = _phases(supply, [*place.leads, *leads])
    least = LEAST_DC_AMPS if supply.is_dc else LEAST_AC_AMPS
    least = least if unit is A else least * supply.voltage * phases
    for lead in place.leads:
        rate = lead.schedule.min_charging_rate
        if rate is not None:
            own = lead.schedule.charging_rate_unit
            factor = supply.voltage * phases
            least = max(least, rate if own is unit else rate / factor if unit is A else rate * factor)
    return least


def shares(total: Decimal, wanted: Sequence[Decimal], least: Sequence[Decimal]) -> list[Decimal]:
    """`total` divided among those who want, in the order of their coming.

    As many as possible get the least that is of use to them, the first ones first; what is left then goes to all of these alike, to nobody
    more than wanted. Who gets less than is of use gets nothing, but for the first if nobody else gets anything.
    """
    result = [_NOTHING] * len(wanted)
    served: list[int] = []
    left = total
    for number, (want, need) in enumerate(zip(wanted, least, strict=True)):
        if want >= need and left >= need:
            served.append(number)
            left -= need
    if not served and wanted:
        result[0] = min(total, wanted[0])
    for number, amount in _level(total, {number: (wanted[number], least[number]) for number in served}).items():
        result[number] = amount
    return result


def _level(total: Decimal, open_: dict[int, tuple[Decimal, Decimal]]) -> dict[int, Decimal]:
    """`total` alike for all, each no more than wanted and no less than is of use: the leasts together are no more than `total`.

    Everybody gets the same, put right to the limits; if that is too much in all, those raised to their least have their share, if it is too
    little, those cut to what they want; and the others divide the rest.
    """
    result: dict[int, Decimal] = {}
    left = total
    while open_:
        level = left / len(open_)
        right = {number: min(want, max(need, level)) for number, (want, need) in open_.items()}
        over = sum(right.values(), _NOTHING) - left
        fixed = {number: amount for number, amount in right.items() if (amount - level) * over > 0} or right
        result |= fixed
        left -= sum(fixed.values(), _NOTHING)
        open_ = {number: limits for number, limits in open_.items() if number not in fixed}
    return result
