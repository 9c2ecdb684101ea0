"""A site at work on virtual time: vehicles come and leave, messages arrive or are lost, and between two events batteries charge."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from pilotwire.domain.load_management import EvseKey, Order, Strategy, misfits, phases_of
from pilotwire.errors import ConfigError
from pilotwire.simulator.site.car import Car
from pilotwire.simulator.site.control import Control
from pilotwire.simulator.site.settings import Site
from pilotwire.simulator.site.storage import Storage
from pilotwire.simulator.site.surroundings import DAY, QUARTER, Surroundings
from pilotwire.simulator.site.visits import Traffic, Visit, traffic
from pilotwire.simulator.site.watching import Watch

_SOONEST = 10.0
"""Seconds between two decisions that nothing but time brings about."""


@dataclass(slots=True)
class Quarter:
    """A quarter of an hour: energies in Wh (`grid`: taken from it, negative: given to it), money, and how many vehicles waited."""

    vehicles: float = 0.0
    load: float = 0.0
    sun: float = 0.0
    storage: float = 0.0
    grid: float = 0.0
    cost: float = 0.0
    waiting: float = 0.0
    charging: float = 0.0


@dataclass(slots=True)
class Record:
    """What happened. `quarters` are in order of time; `decisions` and `orders` count."""

    site: Site
    days: int
    strategy: Strategy
    traffic: Traffic
    cars: list[Car]
    quarters: list[Quarter]
    watch: Watch
    surroundings: Surroundings
    decisions: int = 0
    orders: int = 0
    lost: int = 0
    silences: int = 0


def simulate(
    site: Site, days: int, strategy: Strategy | None = None, progress: Callable[[float], None] | None = None
) -> Record:
    """Let a site work for so many days; raises `ConfigError` for one that cannot be. `progress` is told the part that is done."""
    layout = site.layout()
    if wrong := misfits(layout):
        raise ConfigError(
            f"The site cannot be: {wrong[0].where}: {wrong[0].what}.", "`pilotwire site check` shows all."
        )
    if days < 1:
        raise ConfigError("A simulation lasts at least a day.", "Give --days 1 or more.")
    return _World(site, days, strategy or site.strategy).run(progress)


class _World:
    def __init__(self, site: Site, days: int, strategy: Strategy) -> None:
        self._site, self._layout, self._end = site, site.layout(), days * float(DAY)
        self._around = Surroundings(site, days)
        self._storage = Storage(site.storage)
        self._watch = Watch(self._layout, self._around)
        watts = 0.0 if site.storage is None else site.storage.watts
        self._control = Control(self._layout, strategy, self._around, site.margin, watts)
        self._outlets = {outlet.key: outlet for outlet in self._layout.outlets}
        self._cars: dict[EvseKey, Car] = {}
        self._kept: dict[EvseKey, int] = dict.fromkeys(self._outlets, 0)
        self._silent: set[str] = set()
        self._chance = random.Random(f"{site.seed}/line")
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count, self._now, self._look_due = 0, 0.0, True
        self._next_look = 0.0
        people = traffic(site, days)
        quarters = [Quarter() for _ in range(days * DAY // QUARTER)]
        self._record = Record(site, days, strategy, people, [], quarters, self._watch, self._around)
        for visit in people.visits:
            self._at(visit.arrives, self._arrives(visit))
        for second in range(0, int(self._end), QUARTER):
            self._at(second, self._nothing)
        self._plan_silences()

    # --- time ------------------------------------------------------------------------------------------------------------------------

    def _at(self, second: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (second, self._count, what))

    def _nothing(self) -> None:
        """A quarter of an hour begins: what was counted so far is that of the one before."""

    def run(self, progress: Callable[[float], None] | None) -> Record:
        """All of it."""
        steps = 0
        while self._events and self._events[0][0] < self._end:
            second = self._events[0][0]
            self._pass(second)
            while self._events and self._events[0][0] <= second:
                heapq.heappop(self._events)[2]()
            if self._look_due or second >= self._next_look:
                self._decide()
            self._tell()
            self._watch.look(second)
            steps += 1
            if progress is not None and steps % 500 == 0:
                progress(second / self._end)
        self._pass(self._end)
        return self._record

    def _pass(self, second: float) -> None:
        """Time passes until then; no quarter of an hour ends in between."""
        seconds, begin = second - self._now, self._now
        if seconds <= 0:
            return
        quarter = self._record.quarters[min(int(begin // QUARTER), len(self._record.quarters) - 1)]
        taken = 0.0
        hours = seconds / 3600
        for key, car in self._cars.items():
            kept = self._kept[key]
            if kept != 0:
                taken += car.run(seconds, kept / 10)
                quarter.charging += seconds / QUARTER
            elif car.wants:
                car.waited_s += seconds
                quarter.waiting += seconds / QUARTER
        load = (self._around.load_watts(begin) + self._around.load_watts(second)) / 2 * hours
        sun = (self._around.sun_watts(begin) + self._around.sun_watts(second)) / 2 * hours
        target = self._around.target_watts(begin)
        stored = self._storage.run(hours, load - sun + taken, target)
        grid = load - sun + taken + stored
        quarter.vehicles += taken
        quarter.load += load
        quarter.sun += sun
        quarter.storage += stored
        quarter.grid += grid
        price = self._around.price(begin) if grid > 0 else self._around.feed_in
        quarter.cost += grid * price / 1000
        self._now = second
        self._watch.look(second)

    # --- vehicles --------------------------------------------------------------------------------------------------------------------

    def _arrives(self, visit: Visit) -> Callable[[], None]:
        def happen() -> None:
            outlet = self._outlets[visit.key]
            efficiency = float(outlet.efficiency) if outlet.dc else 1.0
            car = Car(visit, float(self._layout.voltage), efficiency)
            self._record.cars.append(car)
            self._cars[visit.key] = car
            self._keep(visit.key, 0)
            if visit.key[0] not in self._silent:
                self._control.plugged(self._now, car)
                self._look_due = True
            self._at(visit.leaves, lambda: self._leaves(visit))

        return happen

    def _leaves(self, visit: Visit) -> None:
        self._keep(visit.key, 0)
        del self._cars[visit.key]
        if visit.key[0] not in self._silent:
            self._control.unplugged(visit.key)
            self._look_due = True

    def _keep(self, key: EvseKey, tenths: int) -> None:
        car = self._cars.get(key)
        if car is not None and self._kept[key] > 0 and tenths <= 0 and car.wants and self._now < car.visit.leaves:
            car.paused += 1
        self._kept[key] = tenths
        phases = () if car is None else phases_of(self._outlets[key], car.visit.phases)
        self._watch.allow(key, tenths, phases)

    # --- messages --------------------------------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        self._look_due = False
        self._control.storage_ready = self._storage.ready
        shares = self._control.decide(self._now)
        every = self._site.look_every
        self._next_look = self._now + every
        if shares is not None:
            self._record.decisions += 1
            if shares.next_look is not None:
                seconds = (shares.next_look - self._around.start).total_seconds()
                self._next_look = min(self._next_look, max(seconds, self._now + _SOONEST))
        self._at(self._next_look, self._nothing)

    def _tell(self) -> None:
        for order, visit in self._control.orders():
            self._record.orders += 1
            fate = self._chance.uniform(0, 100)
            lost = self._site.line.lost_percent
            if fate < lost / 2:
                self._record.lost += 1
                self._at(self._now + self._site.line.timeout, self._unanswered(order, visit))
            else:
                self._at(self._now + self._site.line.delay, self._reaches(order, visit, answers=fate >= lost))

    def _reaches(self, order: Order, visit: int, *, answers: bool) -> Callable[[], None]:
        def happen() -> None:
            if order.key[0] in self._silent:
                self._at(self._now + self._site.line.timeout, self._unanswered(order, visit))
                return
            car = self._cars.get(order.key)
            there = car is not None and car.visit.number == visit
            if there:
                self._keep(order.key, int(order.amperes * 10))
            if answers:
                self._control.answered(self._now, order, visit, "accepted" if there else "refused")
            else:
                self._record.lost += 1
                self._at(self._now + self._site.line.timeout, self._unanswered(order, visit))

        return happen

    def _unanswered(self, order: Order, visit: int) -> Callable[[], None]:
        return lambda: self._control.answered(self._now, order, visit, "")

    # --- silence ---------------------------------------------------------------------------------------------------------------------

    def _plan_silences(self) -> None:
        line = self._site.line
        for station in sorted({outlet.station for outlet in self._layout.outlets}):
            at = 0.0
            while line.silences_per_day > 0:
                at += self._chance.expovariate(line.silences_per_day / DAY)
                if at >= self._end:
                    break
                until = at + self._chance.uniform(*line.silent_for)
                self._at(at, lambda station=station, until=until: self._falls_silent(station, until))  # type: ignore[misc]
                at = until

    def _falls_silent(self, station: str, until: float) -> None:
        self._record.silences += 1
        self._silent.add(station)
        noticed = self._now + self._site.line.noticed_after
        if noticed < until:
            self._at(noticed, lambda: self._missed(station))
        self._at(until, lambda: self._speaks(station))

    def _missed(self, station: str) -> None:
        self._control.silent.add(station)
        self._look_due = True

    def _speaks(self, station: str) -> None:
        """It is there again, and tells which vehicles are."""
        self._silent.discard(station)
        self._control.silent.discard(station)
        for key in self._outlets:
            if key[0] != station:
                continue
            car, believed = self._cars.get(key), self._control.visit_at(key)
            if believed is not None and (car is None or car.visit.number != believed):
                self._control.unplugged(key)
            if car is not None and car.visit.number != believed:
                self._control.plugged(self._now, car)
        self._look_due = True
