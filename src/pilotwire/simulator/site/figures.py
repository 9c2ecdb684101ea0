"""What came of a simulation, in figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pilotwire.simulator.site.car import enough
from pilotwire.simulator.site.optimum import Optimum
from pilotwire.simulator.site.running import Record
from pilotwire.simulator.site.surroundings import QUARTER

_HOURS = QUARTER / 3600


class LimitFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A limit and the highest load of it, if every EVSE takes all that it may; `exceeded` at so many instants, by so much at most.

    `base_alone` counts the instants at which base load alone was above it.
    """

    feeder: str
    what: str
    limit: float
    highest: float
    at: datetime
    exceeded: float
    instants: int
    base_alone: int


class OptimumFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The offline optimum, and the part of its energy (%) that was delivered."""

    delivered_wh: float
    cost: float
    share_percent: float


class Figures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Energies in Wh at the vehicles' inlets, powers in W at the grid connection, money in the site's currency.

    `peak_watts` is the highest mean of a quarter of an hour, `cost` that of all the site takes of the grid less what it is paid for; of it
    `charging_cost` is what it would not be without vehicles and storage. `fairness` is Jain's index over delivered by requested energy: 1
    if all got the same part, 1/n if one got all. `pauses` and `waited_hours` are means of a session; one is unmet that has less
    than 99 % of what its driver wanted when he leaves.
    """

    site: str
    strategy: str
    days: int
    seed: int
    currency: str
    sessions: int
    turned_away: int
    requested_wh: float
    delivered_wh: float
    returned_wh: float
    unmet_wh: float
    unmet_sessions: int
    peak_watts: float
    peak_at: datetime
    cost: float
    charging_cost: float
    fairness: float
    pauses: float
    waited_hours: float
    decisions: int
    orders: int
    lost_messages: int
    silences: int
    limits: tuple[LimitFigures, ...]
    optimum: OptimumFigures | None = None

    @property
    def kept(self) -> bool:
        """Whether no limit was exceeded at any instant by anything but base load."""
        return not any(limit.instants for limit in self.limits)


def figures(record: Record, best: Optimum | None = None) -> Figures:
    """The figures of a simulation, with those of the optimum if that is known."""
    site, cars, quarters = record.site, record.cars, record.quarters
    zone, count = ZoneInfo(site.time_zone), max(1, len(cars))
    requested = sum(car.visit.energy_wh for car in cars)
    delivered = sum(car.got_wh for car in cars)
    peak = max(range(len(quarters)), key=lambda number: quarters[number].grid)

    def moment(second: float) -> datetime:
        return (site.start + timedelta(seconds=second)).astimezone(zone).replace(microsecond=0)

    cost = sum(quarter.cost for quarter in quarters)
    share = 100.0 if best is None or best.delivered_wh <= 0 else 100 * delivered / best.delivered_wh
    return Figures(
        site=site.name,
        strategy=record.strategy.value,
        days=record.days,
        seed=site.seed,
        currency=site.currency,
        sessions=len(cars),
        turned_away=record.traffic.turned_away,
        requested_wh=round(requested, 1),
        delivered_wh=round(delivered, 1),
        returned_wh=round(sum(car.returned_wh for car in cars), 1),
        unmet_wh=round(sum(max(0.0, car.visit.energy_wh - car.got_wh) for car in cars), 1),
        unmet_sessions=sum(not enough(car.visit.energy_wh, car.got_wh) for car in cars),
        peak_watts=round(quarters[peak].grid / _HOURS, 1),
        peak_at=moment(peak * QUARTER),
        cost=round(cost, 2),
        charging_cost=round(cost - _cost_without(record), 2),
        fairness=round(jain([car.got_wh / car.visit.energy_wh for car in cars if car.visit.energy_wh > 0]), 4),
        pauses=round(sum(car.paused for car in cars) / count, 3),
        waited_hours=round(sum(car.waited_s for car in cars) / 3600 / count, 3),
        decisions=record.decisions,
        orders=record.orders,
        lost_messages=record.lost,
        silences=record.silences,
        limits=tuple(
            LimitFigures(
                feeder=each.feeder,
                what=each.what,
                limit=each.limit,
                highest=round(each.highest, 2),
                at=moment(each.at),
                exceeded=round(each.exceeded, 3),
                instants=each.instants,
                base_alone=each.base_alone,
            )
            for extremes in record.watch.extremes.values()
            for each in extremes
        ),
        optimum=None
        if best is None
        else OptimumFigures(
            delivered_wh=round(best.delivered_wh, 1), cost=round(best.cost, 2), share_percent=round(share, 2)
        ),
    )


def jain(parts: list[float]) -> float:
    """Jain's index of fairness; 1 where nobody is."""
    squares = sum(part * part for part in parts)
    return sum(parts) ** 2 / (len(parts) * squares) if squares > 0 else 1.0


def _cost_without(record: Record) -> float:
    """What the site would cost without vehicles and without storage."""
    total = 0.0
    for number, quarter in enumerate(record.quarters):
        net = quarter.load - quarter.sun
        around = record.surroundings
        total += net * (around.price(number * QUARTER) if net > 0 else around.feed_in) / 1000
    return total
