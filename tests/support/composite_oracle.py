"""What charging profiles allow at one second, said a second time: from the rules, without a look at how the product works it out.

Everything here is in plain numbers and exact fractions, and asks one question at a time: who leads now? It is slow, and has nothing in
common with `pilotwire.domain.smart_charging.composite` but the random delays, which are an input. `Stack.random` makes up a station with
profiles of all purposes and kinds; `disagreements` compares.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    InstalledProfile,
    RecurrencyKind,
)
from pilotwire.domain.smart_charging.composite import composite
from pilotwire.domain.smart_charging.composite_timeline import Outlet, Site, Supply, random_delay

DAY = 86_400
NOW = 1_772_352_000  # 2026-03-01T08:00:00Z
MAX, DEFAULT, TX, OUTSIDE, PRIORITY, LOCAL = (
    "ChargingStationMaxProfile",
    "TxDefaultProfile",
    "TxProfile",
    "ChargingStationExternalConstraints",
    "PriorityCharging",
    "LocalGeneration",
)


@dataclass
class P:
    """A profile. `periods` are (start, limit, phases or None)."""

    number: int
    purpose: str
    evse: int
    level: int
    kind: str
    unit: str
    periods: list[tuple[int, int, int | None]]
    start: int | None = None
    duration: int | None = None
    every: int | None = None
    valid: tuple[int | None, int | None] = (None, None)
    tx: str | None = None
    source: str = "CSO"
    least: int | None = None
    offline: int | None = None
    updated: int = 0
    delay: int | None = None


@dataclass
class Plug:
    """An outlet: phases 0 is DC; `since` when its transaction could begin to charge, `tx` its name."""

    number: int
    phases: int
    amps: int
    volts: int
    tx: str | None = None
    since: int | None = None
    priority: bool = False

    @property
    def watts(self) -> int:
        return self.amps * self.volts * max(1, self.phases)


@dataclass
class Stack:
    """A station, and who asks: for which EVSE, from when on, for how long, in which unit."""

    outlets: list[Plug]
    profiles: list[P]
    evse: int
    now: int
    seconds: int
    unit: str
    offline: int | None = None
    lapsed: list[int] = field(default_factory=list)

    # --- who leads -------------------------------------------------------------------------------------------------------------

    def period(self, p: P, outlet: Plug | None, t: int) -> tuple[int, int, int | None] | None:
        """The period of a profile that holds at a second."""
        begin, end = p.valid
        if p.number in self.lapsed or (begin is not None and t < begin) or (end is not None and t >= end):
            return None
        if p.offline is not None and self.offline is not None and t - self.offline > p.offline:
            return None
        passed = t - self.anchor(p, outlet)
        if passed < 0:
            return None
        if p.kind == "Dynamic":
            if p.duration is not None and t - p.updated >= p.duration:
                return None
        else:
            if p.kind == "Recurring" and p.every:
                passed %= p.every
            if p.duration is not None and passed >= p.duration:
                return None
        holding = None
        for n, period in enumerate(p.periods):
            late = 0
            if p.delay and period[0] and outlet is not None and outlet.tx:
                late = random_delay(outlet.tx, p.number, n, p.delay)
            if period[0] + late <= passed:
                holding = period
        return holding

    def anchor(self, p: P, outlet: Plug | None) -> int:
        """What its periods count from."""
        if p.kind != "Relative" and p.start is not None:
            return p.start
        if p.kind == "Dynamic":
            return p.updated
        return self.now if outlet is None or outlet.since is None else outlet.since

    def first(self, among: list[P], outlet: Plug | None, t: int) -> tuple[P, tuple[int, int, int | None]] | None:
        """The one with the highest stack level among those that say something at this second."""
        speaking = [(p, period) for p in among if (period := self.period(p, outlet, t)) is not None]
        return max(speaking, key=lambda one: (one[0].level, one[0].evse, one[0].number), default=None)

    def leads(self, outlet: Plug | None, t: int) -> list[tuple[P, tuple[int, int, int | None]]]:
        """All that limit a place: EVSE by itself, or the station (None)."""
        place = 0 if outlet is None else outlet.number
        here = [p for p in self.profiles if p.evse == place]
        found = []
        for source in {p.source for p in here if p.purpose == OUTSIDE}:
            found.append(self.first([p for p in here if p.purpose == OUTSIDE and p.source == source], outlet, t))
        if outlet is None:
            found.append(self.first([p for p in here if p.purpose == MAX], None, t))
        else:
            both = [p for p in self.profiles if p.evse in (0, place)]
            mine = [p.level for p in here if p.purpose == DEFAULT]
            steps = [
                [p for p in both if p.purpose == PRIORITY and outlet.priority],
                [p for p in both if p.purpose == TX and p.tx == outlet.tx and outlet.tx],
                [p for p in both if p.purpose == DEFAULT and (p.evse or p.level not in mine)],
            ]
            found.append(next((one for step in steps if (one := self.first(step, outlet, t))), None))
        return [one for one in found if one is not None]

    def generated(self, outlet: Plug | None, t: int) -> tuple[P, tuple[int, int, int | None]] | None:
        """What is generated at a place."""
        place = 0 if outlet is None else outlet.number
        return self.first([p for p in self.profiles if p.evse == place and p.purpose == LOCAL], outlet, t)

    # --- how much --------------------------------------------------------------------------------------------------------------

    def value(self, lead: tuple[P, tuple[int, int, int | None]], unit: str, outlet: Plug, phases: int) -> Fraction:
        """A limit in the unit asked for."""
        (p, (_, limit, number)), volts = lead, outlet.volts
        if number == 0:
            return Fraction(0)
        if p.unit == unit:
            return Fraction(limit)
        if outlet.phases == 0:
            return Fraction(limit, volts) if unit == "A" else Fraction(limit * volts)
        return Fraction(limit, volts * (number or 3)) if unit == "A" else Fraction(limit * volts * phases)

    def phases(self, outlet: Plug, t: int) -> int:
        """The phases that may be used."""
        if outlet.phases == 0:
            return 1
        told = [period[2] or (1 if period[2] == 0 else 3) for _, period in self.leads(outlet, t) + self.leads(None, t)]
        return min([outlet.phases, *told])

    def wanted(self, outlet: Plug, t: int, unit: str, phases: int, among: int) -> Fraction:
        """What an EVSE may have as far as it alone is concerned."""
        hardware = outlet.amps if unit == "A" else outlet.amps * outlet.volts * phases
        leads = self.leads(outlet, t)
        if not leads:
            return Fraction(hardware)
        limit = min(self.value(lead, unit, outlet, phases) for lead in leads)
        if own := self.generated(outlet, t):
            limit += self.value(own, unit, outlet, phases)
        if common := self.generated(None, t):
            limit += self.value(common, unit, outlet, phases) / among
        return min(Fraction(hardware), limit)

    def all(self, t: int, unit: str, outlet: Plug, phases: int | None) -> Fraction | None:
        """What is there for the station as a whole."""
        leads = self.leads(None, t)
        if not leads:
            return None

        def worth(lead: tuple[P, tuple[int, int, int | None]]) -> Fraction:
            number = lead[1][2]
            return self.value(lead, unit, outlet, phases or (3 if number is None else number))

        local = self.generated(None, t)
        return min(map(worth, leads)) + (worth(local) if local else 0)

    def at(self, t: int) -> tuple[Fraction, int | None]:
        """The limit at a second and the phases; tenths, never too much."""
        busy = [o for o in self.outlets if o.tx or self.evse in (0, o.number)]
        if self.evse == 0:
            total = self.all(t, self.unit, busy[0], None)
            together = sum(
                (self.wanted(o, t, self.unit, self._alone(o, t), len(busy)) for o in busy), start=Fraction(0)
            )
            return self._tenths(together if total is None else min(total, together)), None
        me = next(o for o in busy if o.number == self.evse)
        phases = self.phases(me, t)
        limit = self.wanted(me, t, self.unit, phases, len(busy))
        if self.leads(None, t):
            limit = min(limit, self._share(me, busy, t))
        return self._tenths(limit), phases if me.phases else None

    def _alone(self, outlet: Plug, t: int) -> int:
        if outlet.phases == 0:
            return 1
        told = [period[2] or (1 if period[2] == 0 else 3) for _, period in self.leads(outlet, t)]
        return min([outlet.phases, *told])

    @staticmethod
    def _tenths(value: Fraction) -> Fraction:
        return Fraction(math.floor(value * 10), 10)

    def _share(self, me: Plug, busy: list[Plug], t: int) -> Fraction:
        phases = self.phases(me, t)
        if len(busy) == 1:
            alone = self.all(t, self.unit, me, phases)
            assert alone is not None
            return alone
        common = "W" if any(o.phases == 0 for o in busy) else "A"
        total = self.all(t, common, me, None)
        assert total is not None
        queue = sorted(busy, key=lambda o: (o.since is None or o.tx is None, o.since or 0, o.number))
        rows = []
        for o in queue:
            n = self.phases(o, t)
            least = Fraction(6 if o.phases else 1) * (1 if common == "A" else o.volts * n)
            for p, _ in self.leads(o, t):
                if p.least is not None:
                    rate = Fraction(p.least)
                    factor = o.volts * n
                    rate = rate if p.unit == common else rate / factor if common == "A" else rate * factor
                    least = max(least, rate)
            rows.append((o, self.wanted(o, t, common, n, len(busy)), least))
        mine = poured(total, [(want, least) for _, want, least in rows])[queue.index(me)]
        factor = me.volts * phases
        return mine if common == self.unit else mine / factor if self.unit == "A" else mine * factor

    # --- the product's words ---------------------------------------------------------------------------------------------------

    def site(self) -> Site:
        """The same as the product has it."""
        return Site(
            outlets=tuple(
                Outlet(
                    evse_id=o.number,
                    supply=Supply(
                        max_amps=Decimal(o.amps),
                        max_watts=Decimal(o.watts),
                        voltage=Decimal(o.volts),
                        phases=o.phases or 1,
                        is_dc=o.phases == 0,
                    ),
                    transaction_id=o.tx,
                    in_use=o.tx is not None,
                    charging_since=_moment(o.since),
                    has_priority=o.priority,
                    seed=o.tx,
                )
                for o in self.outlets
            ),
            installed=tuple(map(_installed, self.profiles)),
            offline_since=_moment(self.offline),
            lapsed=tuple(self.lapsed),
        )

    @classmethod
    def random(cls, seed: int) -> Stack:
        """A station with a stack of profiles, made up from a number."""
        r = random.Random(seed)
        kinds = [r.choice((0, 1, 3, 3)) for _ in range(r.choice((1, 1, 2, 3)))]
        outlets = [
            Plug(
                n,
                phases,
                amps=r.choice((16, 32)) if phases else 125,
                volts=230 if phases else 400,
                tx=f"tx{n}" if r.random() < 0.7 else None,
                since=NOW - r.randrange(200),
                priority=r.random() < 0.2,
            )
            for n, phases in enumerate(kinds, 1)
        ]
        for o in outlets:
            if o.tx is None or r.random() < 0.1:
                o.since = None
        profiles = [_random(r, n, len(outlets)) for n in range(1, r.randrange(2, 12))]
        seconds = r.randrange(20, 90)
        offline = NOW - r.randrange(100) if r.random() < 0.2 else None
        lapsed = [r.randrange(1, 12)] if r.random() < 0.1 else []
        evse = r.randrange(len(outlets) + 1)
        return cls(outlets, profiles, evse, NOW, seconds, r.choice("AW"), offline, lapsed)


def poured(total: Fraction, glasses: list[tuple[Fraction, Fraction]]) -> list[Fraction]:
    """`total` poured into glasses (how much fits, how little is of use) in the order of coming: see the rule of the product."""
    left, standing = total, []
    for n, (want, least) in enumerate(glasses):
        if least <= want and least <= left:
            standing.append(n)
            left -= least
    if not standing:
        return [min(total, glasses[0][0]), *[Fraction(0)] * (len(glasses) - 1)]

    def filled(level: Fraction) -> list[Fraction]:
        return [
            min(want, max(least, level)) if n in standing else Fraction(0) for n, (want, least) in enumerate(glasses)
        ]

    marks = sorted({Fraction(0), *(mark for n in standing for mark in glasses[n])})
    below = max(mark for mark in marks if sum(filled(mark)) <= total)
    rising = [n for n in standing if glasses[n][1] <= below < glasses[n][0]]
    if not rising:
        return filled(below)
    return filled(below + (total - sum(filled(below))) / len(rising))


def _random(r: random.Random, number: int, outlets: int) -> P:
    purpose = r.choice((MAX, DEFAULT, DEFAULT, DEFAULT, TX, TX, OUTSIDE, PRIORITY, LOCAL))
    evse = 0 if purpose == MAX else r.randrange(1, outlets + 1) if purpose == TX else r.randrange(outlets + 1)
    kind = r.choice(("Absolute", "Absolute", "Recurring", "Relative", "Dynamic"))
    unit = r.choice("AW")
    starts = [0] if kind == "Dynamic" else sorted({0, *(r.randrange(1, 90) for _ in range(r.randrange(5)))})
    limits = (0, 4, 6, 7, 8, 10, 12, 16, 20, 32, 40) if unit == "A" else (0, 1000, 2500, 4140, 6000, 7000, 11000, 25000)
    phases = r.choice((None, None, 1, 2, 3))
    periods = [(start, r.choice(limits), r.choice((phases, None, 1, 3))) for start in starts]
    begin = NOW + r.randrange(-100, 60)
    every = r.choice((DAY, 7 * DAY)) if kind == "Recurring" else None
    if every and r.random() < 0.8:
        begin -= every * r.randrange(1, 4)
    start = None if kind in ("Relative", "Dynamic") or r.random() < 0.1 else begin
    valid = (
        NOW + r.randrange(-20, 40) if r.random() < 0.25 else None,
        NOW + r.randrange(10, 90) if r.random() < 0.25 else None,
    )
    duration = r.choice((None, r.randrange(5, 200), every and r.choice((every - 30, every + 10))))
    return P(
        number,
        purpose,
        evse,
        r.randrange(10),
        kind,
        unit,
        periods,
        start,
        duration,
        every,
        valid,
        f"tx{evse}" if purpose == TX else None,
        r.choice(("EMS", "SO")) if purpose in (OUTSIDE, LOCAL) else "CSO",
        r.choice((None, None, None, 8)) if unit == "A" else None,
        r.randrange(150) if r.random() < 0.2 else None,
        NOW - r.randrange(100),
        r.choice((None, None, 20)) if purpose in (TX, DEFAULT) else None,
    )


def _moment(second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)


def _installed(p: P) -> InstalledProfile:
    schedule = ChargingSchedule(
        charging_rate_unit=ChargingRateUnit(p.unit),
        charging_schedule_period=tuple(
            ChargingSchedulePeriod(start_period=start, limit=Decimal(limit), number_phases=phases)
            for start, limit, phases in p.periods
        ),
        start_schedule=_moment(p.start),
        duration=p.duration,
        min_charging_rate=None if p.least is None else Decimal(p.least),
        randomized_delay=p.delay,
    )
    every = {DAY: RecurrencyKind.DAILY, 7 * DAY: RecurrencyKind.WEEKLY}
    profile = ChargingProfile(
        id=p.number,
        stack_level=p.level,
        charging_profile_purpose=ChargingProfilePurpose(p.purpose),
        charging_profile_kind=ChargingProfileKind(p.kind),
        charging_schedule=(schedule,),
        recurrency_kind=every[p.every] if p.every else None,
        valid_from=_moment(p.valid[0]),
        valid_to=_moment(p.valid[1]),
        max_offline_duration=p.offline,
        dyn_update_time=_moment(p.updated) if p.kind == "Dynamic" else None,
    )
    at = datetime.fromtimestamp(NOW - 1000 + p.number, UTC)
    return InstalledProfile(evse_id=p.evse, profile=profile, at=at, charging_limit_source=p.source, transaction_id=p.tx)


def disagreements(stack: Stack) -> list[str]:
    """Each second at which the product and the rules differ."""
    start = datetime.fromtimestamp(stack.now, UTC)
    schedule = composite(stack.site(), stack.evse, start, stack.seconds, ChargingRateUnit(stack.unit))
    periods = {period.start_period: period for period in schedule.charging_schedule_period}
    found, current, before = [], None, None
    if 0 not in periods or max(periods) >= stack.seconds:
        found.append(f"periods begin at {sorted(periods)}")
    for second in range(stack.seconds):
        current = periods.get(second, current)
        wanted = stack.at(stack.now + second)
        got = None if current is None or current.limit is None else (Fraction(current.limit), current.number_phases)
        if got != wanted:
            found.append(f"second {second}: {got} instead of {wanted}")
        if second in periods and wanted == before:
            found.append(f"second {second}: a period that changes nothing")
        before = wanted
    return found
