"""Who comes to a site, when, and what for: from a CSV file or by chance. The same for the same seed, whatever the strategy.

A vehicle takes a free EVSE that fits it, or waits for one until it would leave; it leaves when its driver does, whatever it has got.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pilotwire.domain.load_management import EvseKey, Outlet, SiteLayout
from pilotwire.ev.battery import DEFAULT_CURVE, BatterySpec
from pilotwire.ev.catalogue import VEHICLES
from pilotwire.simulator.site.fitting import fitted
from pilotwire.simulator.site.settings import ArrivalPlan, Group, Site, VehiclePlan
from pilotwire.simulator.site.tables import Row, rows

COLUMNS: Final = ("arrival", "departure", "energy_wh")
_SHORTEST: Final = 300.0
_DAY: Final = 86_400.0
_HANDLING: Final = 60.0
"""Seconds between one vehicle that leaves an EVSE and the next one there."""
_PATTERNS: Final[dict[str, tuple[Group, ...]]] = {
    "office": (
        Group(name="staff", per_day=(*(0.75,) * 5, 0.03, 0.02), comes=(8.2, 0.8), stays=(8.3, 1.2), wants=(16, 9)),
        Group(name="half a day", per_day=(*(0.15,) * 5, 0, 0), comes=(8.6, 1.0), stays=(4.3, 0.8), wants=(11, 6)),
        Group(name="visitors", per_day=(*(0.1,) * 5, 0, 0), comes=(12.0, 2.5), stays=(2.0, 0.8), wants=(12, 6)),
    ),
    "depot": (
        Group(
            name="day shift", per_day=(*(0.7,) * 5, 0.35, 0.1), comes=(18.0, 1.3), stays=(11.0, 1.3), wants=(170, 60)
        ),
        Group(
            name="turn round",
            per_day=(*(0.2,) * 5, 0.1, 0),
            comes=(12.2, 1.0),
            stays=(1.2, 0.3),
            wants=(60, 20),
            priority=1,
        ),
        Group(name="night shift", per_day=(*(0.1,) * 5, 0, 0), comes=(6.0, 0.8), stays=(12.0, 1.0), wants=(150, 50)),
    ),
    "home": (
        Group(name="evening", per_day=(*(0.75,) * 5, 0.5, 0.55), comes=(17.8, 1.6), stays=(13.2, 1.8), wants=(12, 6)),
        Group(name="in between", per_day=(*(0.25,) * 5, 0.5, 0.45), comes=(13.0, 2.5), stays=(4.0, 2.0), wants=(8, 4)),
    ),
    "public": (
        Group(
            name="errands",
            per_day=(0.5, 0.5, 0.5, 0.5, 0.55, 0.6, 0.35),
            comes=(13.5, 3.0),
            stays=(1.6, 0.8),
            wants=(11, 6),
        ),
        Group(name="work", per_day=(*(0.25,) * 5, 0.05, 0.05), comes=(8.5, 1.0), stays=(7.5, 1.5), wants=(18, 9)),
        Group(name="residents", per_day=(0.25,) * 7, comes=(19.0, 1.5), stays=(12.0, 2.0), wants=(22, 11)),
    ),
    "motel": (
        Group(name="overnight", per_day=(0.8,) * 7, comes=(18.8, 1.8), stays=(12.8, 1.6), wants=(38, 14)),
        Group(name="diners", per_day=(0.2,) * 7, comes=(12.8, 1.0), stays=(1.3, 0.4), wants=(14, 6)),
    ),
}
"""Typical mixtures, each adding up to one vehicle on a working day."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle at an EVSE, from `arrives` to `leaves` (seconds since the simulation began); it `came` earlier if it had to wait for one.

    `energy_wh` is what it wants at its inlet; `amperes` the most it takes from the grid on each of the `phases` loads (a DC EVSE's too).
    """

    number: int
    key: EvseKey
    came: float
    arrives: float
    leaves: float
    energy_wh: float
    battery: BatterySpec
    start_wh: float
    phases: int
    amperes: float
    dc: bool = False
    inlet_watts: float = math.inf
    efficiency: float = 1.0
    tells: bool = True
    priority: int = 0
    back_amperes: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """One who would like to charge, before he has an EVSE."""

    comes: float
    leaves: float
    energy_wh: float
    vehicle: VehiclePlan
    soc: float | None = None
    tells: bool = True
    priority: int = 0
    station: str | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Those who got an EVSE, and how many did not."""

    visits: tuple[Visit, ...]
    turned_away: int


def traffic(site: Site, days: int) -> Traffic:
    """All visits within so many days: who would stay beyond their end does not come. Raises `ConfigError` for a wrong file."""
    layout, plan = site.layout(), site.arrivals
    callers = list(_from_file(site, plan)) if plan.file is not None else list(_by_chance(site, days))
    there = (one for one in callers if one.comes >= 0 and one.leaves <= days * _DAY)
    within = sorted(there, key=lambda one: (one.comes, one.leaves))
    return _seated(within, layout)


def groups_of(plan: ArrivalPlan, zone: ZoneInfo) -> tuple[Group, ...]:
    """The groups of drivers that a plan means; of one that fits a file, what fits it."""
    if plan.fit is not None:
        return fitted(plan.fit, zone)
    if plan.groups is not None:
        return plan.groups
    per_day = plan.per_day or 0.0
    return tuple(
        group.model_copy(update={"per_day": tuple(part * per_day for part in group.per_day)})
        for group in _PATTERNS[plan.pattern or "public"]
    )


# --- by chance ----------------------------------------------------------------------------------------------------------------------


def _by_chance(site: Site, days: int) -> Iterator[Caller]:
    zone, chance = ZoneInfo(site.time_zone), random.Random(f"{site.seed}/arrivals")
    weights = [kind.share for kind in site.vehicles]
    for group in groups_of(site.arrivals, zone):
        for number in range(days):
            day = site.begins + timedelta(days=number)
            for _ in range(_poisson(chance, group.per_day[day.weekday()])):
                hour = chance.gauss(*group.comes) % 24
                comes = (_wall(day, hour, zone) - site.start).total_seconds()
                stays = max(_SHORTEST, _lognormal(chance, *group.stays) * 3600)
                kind = chance.choices(site.vehicles, weights)[0]
                energy = _lognormal(chance, *group.wants) * 1000
                tells = chance.uniform(0, 100) < site.arrivals.tells_percent
                yield Caller(comes, comes + stays, energy, kind, tells=tells, priority=group.priority)


def _wall(day: date, hour: float, zone: ZoneInfo) -> datetime:
    minutes = int(hour * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone)


def _poisson(chance: random.Random, mean: float) -> int:
    count, passed = 0, chance.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1.0)
    return count


def _lognormal(chance: random.Random, mean: float, deviation: float) -> float:
    """A value above 0 with this mean and standard deviation."""
    spread = math.log1p((deviation / mean) ** 2)
    return chance.lognormvariate(math.log(mean) - spread / 2, math.sqrt(spread))


# --- from a file --------------------------------------------------------------------------------------------------------------------


def _from_file(site: Site, plan: ArrivalPlan) -> Iterator[Caller]:
    assert plan.file is not None
    zone, chance = ZoneInfo(site.time_zone), random.Random(f"{site.seed}/tells")
    stations = {outlet.station for outlet in site.layout().outlets}
    for row in rows(plan.file, COLUMNS):
        yield _caller(row, site.start, zone, stations, tells=chance.uniform(0, 100) < plan.tells_percent)


def _caller(row: Row, start: datetime, zone: ZoneInfo, stations: set[str], *, tells: bool) -> Caller:
    comes, leaves = ((row.moment(name, zone) - start).total_seconds() for name in ("arrival", "departure"))
    if leaves <= comes:
        raise row.wrong("it leaves before it comes")
    energy = row.number("energy_wh", least=0)
    phases = row.number("phases", 3)
    if phases not in (1, 2, 3):
        raise row.wrong(f"phases is {phases:g}; it is 1, 2 or 3")
    soc = row.number("soc", least=0) if row.has("soc") else None
    if soc is not None and soc > 100:
        raise row.wrong(f"soc is {soc:g}; it is 0 to 100")
    station = row.cells.get("station", "").strip() or None
    if station is not None and station not in stations:
        raise row.wrong(f"there is no station {station!r}")
    vehicle = VehiclePlan(
        capacity_wh=row.number("battery_wh", max(60_000.0, energy * 1.3), least=1000),
        phases=int(phases),
        amperes=row.number("max_a", 32, least=0.1),
        dc_watts=row.number("dc_watts", least=1) if row.has("dc_watts") else None,
        back_amperes=row.number("back_a", 0, least=0),
    )
    told = tells if not row.has("tells") else row.number("tells") > 0
    return Caller(comes, leaves, energy, vehicle, soc, told, int(row.number("priority", 0)), station)


# --- EVSEs ----------------------------------------------------------------------------------------------------------------------------


def _seated(callers: Sequence[Caller], layout: SiteLayout) -> Traffic:
    """Each takes the EVSE that fits and has been free for longest; who finds none waits for the first."""
    free: list[float] = [0.0] * len(layout.outlets)
    visits: list[Visit] = []
    turned_away = 0
    for caller in callers:
        fitting = [n for n, outlet in enumerate(layout.outlets) if _fits(caller, outlet)]
        place = min(fitting, key=lambda n: free[n], default=None)
        if place is None:
            turned_away += 1
            continue
        arrives = max(caller.comes, free[place] + (_HANDLING if free[place] > 0 else 0))
        if caller.leaves - arrives < _SHORTEST:
            turned_away += 1
            continue
        free[place] = caller.leaves
        visits.append(_visit(len(visits), caller, arrives, layout.outlets[place], float(layout.voltage)))
    return Traffic(tuple(sorted(visits, key=lambda visit: visit.arrives)), turned_away)


def _fits(caller: Caller, outlet: Outlet) -> bool:
    if caller.station is not None and outlet.station != caller.station:
        return False
    kind = caller.vehicle
    if kind.model is not None:
        spec = VEHICLES[kind.model]
        return (spec.dc if outlet.dc else spec.ac) is not None
    return not outlet.dc or kind.dc_watts is not None


def _visit(number: int, caller: Caller, arrives: float, outlet: Outlet, voltage: float) -> Visit:
    battery, phases, amps, inlet, efficiency, back = _charger(caller.vehicle, outlet)
    room = battery.capacity_wh * (0.98 if caller.soc is None else 1 - caller.soc / 100)
    energy = min(caller.energy_wh, room / efficiency)
    if caller.soc is None:
        # As much is in it as leaves it nearly full in the end: who knows what he wants comes when he needs it.
        start = max(
            0.05 * battery.capacity_wh, min(battery.capacity_wh * 0.9, battery.capacity_wh * 0.95) - energy * efficiency
        )
        start = min(start, battery.capacity_wh - energy * efficiency)
    else:
        start = battery.capacity_wh * caller.soc / 100
    if outlet.dc:
        phases, watts = 3, min(inlet, battery.max_charge_w)
        amps = watts / (float(outlet.efficiency) * voltage * 3)
    phases = min(phases, len(outlet.phases))
    return Visit(
        number, outlet.key, caller.comes, arrives, caller.leaves, energy, battery, start, phases,
        min(amps, float(outlet.most)), outlet.dc, inlet, efficiency, caller.tells, caller.priority, back,
    )  # fmt: skip


def _charger(kind: VehiclePlan, outlet: Outlet) -> tuple[BatterySpec, int, float, float, float, float]:
    """Battery, phases, A a phase, W of the DC inlet, efficiency from inlet to battery, A a phase that it gives back."""
    if kind.model is None:
        assert kind.capacity_wh is not None
        watts = kind.dc_watts or kind.phases * kind.amperes * 250
        spec = BatterySpec(kind.capacity_wh, watts, DEFAULT_CURVE, max_discharge_w=watts if kind.back_amperes else 0)
        efficiency = 1.0 if outlet.dc else 0.92
        return spec, kind.phases, kind.amperes, kind.dc_watts or math.inf, efficiency, kind.back_amperes
    model = VEHICLES[kind.model]
    if outlet.dc and model.dc is not None:
        back = 0.0 if model.feedback is None else model.feedback.max_power_w / (3 * 230)
        return model.battery, 3, math.inf, model.dc.max_power_w, 1.0, back
    assert model.ac is not None
    back = 0.0 if model.ac_feedback is None else model.ac_feedback.max_current_a
    return model.battery, model.ac.phases, model.ac.max_current_a, math.inf, model.ac.efficiency, back
