"""Which period of which profile leads at which second: stack levels, kinds, validity and gaps (2.1 K 3.5, 3.6; 1.6:3.13.2).

Schedules are counted in whole seconds: the part of a second in any of their times is left out. So every boundary is a whole second, and
what leads at one second leads until the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Final, NamedTuple

from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.smart_charging.collection import Installed, InstalledProfile
from pilotwire.domain.smart_charging.profiles import (
    WHOLE_STATION,
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
    RecurrencyKind,
)
from pilotwire.domain.smart_charging.profiles import ChargingProfileKind as Kind
from pilotwire.domain.smart_charging.profiles import ChargingProfilePurpose as Purpose

_FOREVER: Final = 1 << 40
_RECURS: Final = {RecurrencyKind.DAILY: 86_400, RecurrencyKind.WEEKLY: 604_800}


class Supply(Value):
    """What an EVSE can give at most. `voltage`: the set one of the area from phase to neutral (K01.FR.50); on DC that of the battery.

    `discharge_watts`: the most it takes back, 0 where it only gives (or may only, V2XChargingCtrlr.Enabled). `input_phases`: of how many
    phases of the grid a DC outlet can choose some to take its power from (DCInputPhaseControl), 0: there is no choice.
    """

    max_amps: Decimal
    max_watts: Decimal
    voltage: Decimal = Decimal(230)
    phases: int = 3
    is_dc: bool = False
    discharge_watts: Decimal = Decimal(0)
    input_phases: int = 0


class Outlet(Value):
    """An EVSE at a moment.

    `in_use`: a transaction goes on, so it takes its share of what is for the station as a whole. `charging_since`: when it was ready to
    deliver energy (K01.FR.42). `seed` makes the random delays of a transaction (K01.FR.93); None: there are none (K08.FR.06).
    `gives_back`: its vehicle may be discharged (Q02.FR.05). `option`: which of up to three schedules of a profile the vehicle follows
    (K15.FR.22); profiles with fewer have their last one instead. `plan`: what it said it will take (K15.FR.14).
    """

    evse_id: int
    supply: Supply
    transaction_id: str | None = None
    in_use: bool = False
    charging_since: datetime | None = None
    has_priority: bool = False
    soc: Decimal | None = None
    seed: str | None = None
    gives_back: bool = True
    option: int = 0
    plan: InstalledProfile | None = None


class Site(Value):
    """A station at a moment.

    `offline_since`: since when the CSMS has not been there (K01.FR.101). `lapsed`: profiles that were invalid offline and stay so
    (K01.FR.102). `local_offset`: seconds of the station's time before UTC (K01.FR.90); `local_shifts`: from which second of the epoch on
    it is another one, in the order of time (K01.FR.91). `own_excludes_default`: a transaction that has a TxProfile has no
    TxDefaultProfile, even when its own says nothing (1.6:3.13.1); else it falls back to it (K02.FR.08).
    `csms_setpoint_first`: a setpoint of the CSMS goes before that of an external system (Q06.FR.22).
    """

    outlets: tuple[Outlet, ...]
    installed: Installed = ()
    offline_since: datetime | None = None
    lapsed: tuple[int, ...] = ()
    local_offset: int = 0
    local_shifts: tuple[tuple[int, int], ...] = ()
    own_excludes_default: bool = False
    csms_setpoint_first: bool = False


class Leading(NamedTuple):
    """A period that leads, where it is from."""

    profile: ChargingProfile
    schedule: ChargingSchedule
    period: ChargingSchedulePeriod


Span = tuple[int, int, Leading]
"""From a second (epoch) to another, the latter not included."""
Chain = tuple[tuple[Span, ...], ...]
"""Spans of profiles of one purpose, the one that goes first in front: the first that has a period at a moment leads."""


def whole(moment: datetime) -> int:
    """A moment in whole seconds of the epoch."""
    return int(moment.timestamp() // 1)


# --- chains -------------------------------------------------------------------------------------------------------------


class Chains(NamedTuple):
    """What limits a place: the lowest of what leads in each of `limits`, and what `generation` adds (2.1 K 3.6)."""

    limits: tuple[Chain, ...]
    generation: Chain


def station_chains(site: Site, start: int, end: int) -> Chains:
    """What limits all EVSEs together: ChargingStationMaxProfile and limits from outside at EVSE 0 (1.6:3.13.3, K12.FR.01)."""
    here = [each for each in site.installed if each.evse_id == WHOLE_STATION]
    station = [each for each in here if each.profile.charging_profile_purpose is Purpose.CHARGING_STATION_MAX_PROFILE]
    chains = [_chain(site, None, station, start, end), *_outside(site, None, here, start, end)]
    local = [each for each in here if each.profile.charging_profile_purpose is Purpose.LOCAL_GENERATION]
    return Chains(tuple(filter(None, chains)), _chain(site, None, local, start, end))


def evse_chains(site: Site, outlet: Outlet, start: int, end: int) -> Chains:
    """What limits one EVSE by itself: its transaction's profiles or defaults, limits from outside, what is generated for it."""
    here = [each for each in site.installed if each.evse_id == outlet.evse_id]
    chains = [
        _chain(site, outlet, _for_transaction(site, outlet), start, end),
        *_outside(site, outlet, here, start, end),
        *((_chain(site, outlet, [outlet.plan], start, end),) if outlet.plan is not None else ()),
    ]
    local = [each for each in here if each.profile.charging_profile_purpose is Purpose.LOCAL_GENERATION]
    return Chains(tuple(filter(None, chains)), _chain(site, outlet, local, start, end))


def _outside(site: Site, outlet: Outlet | None, here: list[InstalledProfile], start: int, end: int) -> Iterator[Chain]:
    """A chain for each external system: none may be exceeded, whatever the others allow (K11.FR.01)."""
    purpose = Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
    outside = [each for each in here if each.profile.charging_profile_purpose is purpose]
    for source in sorted({each.charging_limit_source for each in outside}):
        yield _chain(site, outlet, [each for each in outside if each.charging_limit_source == source], start, end)


def _for_transaction(site: Site, outlet: Outlet) -> list[InstalledProfile]:
    """Priority charging before TxProfile before TxDefaultProfile (K21.FR.04, K02.FR.04, K02.FR.08), each by stack level."""
    places = (WHOLE_STATION, outlet.evse_id)
    found: dict[Purpose, list[InstalledProfile]] = {
        Purpose.PRIORITY_CHARGING: [],
        Purpose.TX_PROFILE: [],
        Purpose.TX_DEFAULT_PROFILE: [],
    }
    for each in site.installed:
        if each.evse_id in places and each.profile.charging_profile_purpose in found:
            found[each.profile.charging_profile_purpose].append(each)
    running = outlet.transaction_id
    own = [each for each in found[Purpose.TX_PROFILE] if running is not None and each.transaction_id == running]
    defaults = [] if own and site.own_excludes_default else found[Purpose.TX_DEFAULT_PROFILE]
    replaced = {each.profile.stack_level for each in defaults if each.evse_id == outlet.evse_id}
    there = [
        each
        for each in defaults
        if each.evse_id == outlet.evse_id or each.profile.stack_level not in replaced  # 1.6:3.13.1
    ]
    first = found[Purpose.PRIORITY_CHARGING] if outlet.has_priority else []
    return [*_by_level(first), *_by_level(own), *_by_level(there)]


def _by_level(profiles: Iterable[InstalledProfile]) -> list[InstalledProfile]:
    """The highest stack level first (K01.FR.17; 1.6:3.13.2); the EVSE's own before the station's, the later before the earlier."""
    return sorted(profiles, key=lambda each: (each.profile.stack_level, each.evse_id, each.at), reverse=True)


def _chain(site: Site, outlet: Outlet | None, profiles: list[InstalledProfile], start: int, end: int) -> Chain:
    chain = []
    for installed in profiles if outlet is not None and _is_sorted(profiles) else _by_level(profiles):
        if installed.profile.id not in site.lapsed:
            spans = tuple(_spans(site, outlet, installed, start, end))
            if spans:
                chain.append(spans)
    return tuple(chain)


def _is_sorted(profiles: list[InstalledProfile]) -> bool:
    """Whether the profiles are those of a transaction, which have their order already."""
    return bool(profiles) and profiles[0].profile.charging_profile_purpose in (
        Purpose.PRIORITY_CHARGING,
        Purpose.TX_PROFILE,
        Purpose.TX_DEFAULT_PROFILE,
    )


# --- spans --------------------------------------------------------------------------------------------------------------


def _spans(site: Site, outlet: Outlet | None, installed: InstalledProfile, start: int, end: int) -> Iterator[Span]:
    """When each period of a profile holds between two moments, in the order of time."""
    profile = installed.profile
    option = 0 if outlet is None else outlet.option
    schedule = profile.charging_schedule[min(option, len(profile.charging_schedule) - 1)]
    if not _is_local(profile, schedule):
        yield from _spans_of(site, outlet, installed, schedule, start, end)
        return
    for one, other, offset in _by_offset(site, start, end):
        there = site if offset == site.local_offset else changed(site, local_offset=offset)
        yield from _spans_of(there, outlet, installed, schedule, one, other)


def _is_local(profile: ChargingProfile, schedule: ChargingSchedule) -> bool:
    """Whether a schedule begins at a local time (K01.FR.90)."""
    begins = schedule.start_schedule is not None and profile.charging_profile_kind is not Kind.RELATIVE
    return begins and bool(schedule.use_local_time)


def _by_offset(site: Site, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """From when to when local time is so many seconds before UTC.

    Where it jumps, a schedule in local time goes on where the new time has it: what lies between is skipped, or comes again (K01.FR.91).
    """
    low, offset = start, site.local_offset
    for moment, following in site.local_shifts:
        if low < moment < end:
            yield low, moment, offset
        if moment < end:
            low, offset = max(low, moment), following
    yield low, end, offset


def _spans_of(
    site: Site, outlet: Outlet | None, installed: InstalledProfile, schedule: ChargingSchedule, start: int, end: int
) -> Iterator[Span]:
    """The same while local time does not jump."""
    profile = installed.profile
    low, high = max(start, _valid_from(profile)), min(end, _valid_to(site, profile))
    periods = _periods(outlet, profile, schedule)
    if low >= high or not periods:
        return
    for begins, ends in _rounds(site, outlet, installed, schedule, start, high):
        if ends <= low:
            continue
        for number, (offset, period) in enumerate(periods):
            until = begins + periods[number + 1][0] if number + 1 < len(periods) else ends  # K01.FR.12
            one, other = max(begins + offset, low), min(until, ends, high)
            if one < other:  # K01.FR.11: what begins after the end is not executed
                yield one, other, Leading(profile, schedule, period)


def _valid_from(profile: ChargingProfile) -> int:
    """K01.FR.36; for ever without it (K01.FR.10)."""
    return -_FOREVER if profile.valid_from is None else whole(profile.valid_from)


def _valid_to(site: Site, profile: ChargingProfile) -> int:
    """K01.FR.37, and the end that comes from being offline too long (K01.FR.101, K01.FR.103)."""
    until = _FOREVER if profile.valid_to is None else whole(profile.valid_to)
    if site.offline_since is not None and profile.max_offline_duration is not None:
        until = min(until, whole(site.offline_since) + profile.max_offline_duration + 1)
    return until


def _rounds(
    site: Site, outlet: Outlet | None, installed: InstalledProfile, schedule: ChargingSchedule, start: int, end: int
) -> Iterator[tuple[int, int]]:
    """From when to when a schedule runs: once, or every day or week from its start on (K01.FR.13, K01.FR.30)."""
    profile = installed.profile
    begins = _begin(site, outlet, installed, schedule, start)
    length = _FOREVER if schedule.duration is None else schedule.duration
    if profile.charging_profile_kind is Kind.DYNAMIC and schedule.duration is not None:
        updated = whole(profile.dyn_update_time or installed.at)
        yield begins, updated + length  # K28.FR.13
        return
    if profile.charging_profile_kind is not Kind.RECURRING or profile.recurrency_kind is None:
        yield begins, begins + length
        return
    every = _RECURS[profile.recurrency_kind]
    begins += max(0, (start - begins) // every) * every
    while begins < end:
        yield begins, begins + min(length, every)
        begins += every


def _begin(
    site: Site, outlet: Outlet | None, installed: InstalledProfile, schedule: ChargingSchedule, start: int
) -> int:
    """What the periods are counted from; where nothing charges, as if it began now (K01.FR.42, K08.FR.06)."""
    kind = installed.profile.charging_profile_kind
    if schedule.start_schedule is not None and kind is not Kind.RELATIVE:
        if _is_local(installed.profile, schedule):
            return whole(schedule.start_schedule.replace(tzinfo=UTC)) - site.local_offset
        return whole(schedule.start_schedule)
    if kind is Kind.DYNAMIC:
        return whole(installed.profile.dyn_update_time or installed.at)
    since = None if outlet is None else outlet.charging_since
    return start if since is None else whole(since)


def _periods(
    outlet: Outlet | None, profile: ChargingProfile, schedule: ChargingSchedule
) -> list[tuple[int, ChargingSchedulePeriod]]:
    """The periods with their starts; with random delays, those that come too late are left out (K01.FR.92, K01.FR.97)."""
    plain = [(period.start_period, period) for period in schedule.charging_schedule_period]
    most, seed = schedule.randomized_delay, outlet.seed if outlet is not None else None
    if not most or seed is None:
        return plain
    kept: list[tuple[int, ChargingSchedulePeriod]] = []
    until = _FOREVER if schedule.duration is None else schedule.duration
    for number, (offset, period) in reversed(list(enumerate(plain))):
        moved = offset + (random_delay(seed, profile.id, number, most) if offset else 0)
        if moved < until:
            kept.append((moved, period))
            until = moved
    return kept[::-1]


def random_delay(seed: str, profile_id: int, number: int, most: int) -> int:
    """0 to `most` seconds, the same for the same transaction, profile and period (K01.FR.93)."""
    digest = blake2b(f"{seed} {profile_id} {number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % (most + 1)


# --- walking through --------------------------------------------------------------------------------------------------------


def boundaries(chains: Iterable[Chains], start: int, end: int) -> list[int]:
    """The seconds from `start` on, `end` not included, at which another period may lead; `start` is the first."""
    found = {start}
    for each in chains:
        for chain in (*each.limits, each.generation):
            for spans in chain:
                for one, other, _ in spans:
                    found.add(one)
                    found.add(other)
    return sorted(moment for moment in found if start <= moment < end)


class Cursor:
    """What leads in chains at moments that only rise."""

    def __init__(self, chains: Chains) -> None:
        self._chains = [[[0, spans] for spans in chain] for chain in (*chains.limits, chains.generation)]

    def at(self, moment: int) -> tuple[list[Leading], Leading | None]:
        """The periods that limit, one of each chain that has one; and the one whose limit is added."""
        found = [self._leading(chain, moment) for chain in self._chains]
        return [lead for lead in found[:-1] if lead is not None], found[-1]

    @staticmethod
    def _leading(chain: list[list[object]], moment: int) -> Leading | None:
        for place in chain:
            number, spans = place
            assert isinstance(number, int)
            assert isinstance(spans, tuple)
            while number < len(spans) and spans[number][1] <= moment:
                number += 1
            place[0] = number
            if number < len(spans) and spans[number][0] <= moment:
                lead: Leading = spans[number][2]
                return lead
        return None
