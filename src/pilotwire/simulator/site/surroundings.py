"""What is there beside the vehicles: base load, sun, prices and the target, at any second of the simulation.

Loads run in straight lines between values a quarter of an hour apart, so between two of these they are highest at an end.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from pilotwire.domain.load_management import Amperes, PricePeriod
from pilotwire.errors import ConfigError
from pilotwire.simulator.site.settings import BasePlan, PricePlan, Site, SunPlan
from pilotwire.simulator.site.tables import Series, series

QUARTER: Final = 900
HOUR: Final = 3600
DAY: Final = 86_400
_OFFICE = (18, 18, 18, 18, 19, 22, 35, 60, 85, 95, 98, 100, 95, 97, 98, 95, 85, 65, 45, 32, 26, 22, 20, 19)
_DEPOT = (45, 40, 40, 45, 60, 75, 70, 55, 50, 50, 52, 55, 55, 52, 50, 55, 65, 80, 95, 100, 90, 75, 60, 50)
_HOME = (28, 24, 22, 22, 23, 28, 45, 58, 52, 45, 44, 50, 58, 50, 44, 44, 50, 65, 88, 100, 95, 80, 58, 38)
_PUBLIC = (40, 32, 28, 26, 26, 28, 38, 55, 70, 80, 86, 92, 95, 92, 90, 90, 92, 96, 100, 96, 86, 74, 60, 48)
_WEEKDAYS: Final = {"office": _OFFICE, "depot": _DEPOT, "home": _HOME, "public": _PUBLIC, "flat": (100,) * 24}
_WEEKEND: Final = {"office": 0.35, "depot": 0.6, "home": 1.1, "public": 0.9, "flat": 1.0}
"""Typical shapes: per cent of the weekday's peak by hour, and the weekend as a factor of it."""
_NOISE: Final = 0.03


class Surroundings:
    """A site's surroundings for so many days. Pure, and the same for the same seed. Raises `ConfigError` for a file that cannot be used."""

    def __init__(self, site: Site, days: int) -> None:
        self.start, self.zone = site.start, ZoneInfo(site.time_zone)
        self._quarters = days * DAY // QUARTER + 2
        chance = random.Random(f"{site.seed}/surroundings")
        self._watts: dict[str, tuple[list[float], list[float], list[float]]] = {}
        self._sun = [0.0] * self._quarters
        self._load = [0.0] * self._quarters
        for base in site.base:
            values = self._base(base, chance)
            shares = [share / sum(base.shares) for share in base.shares]
            self._add(base.feeder, values, (shares[0], shares[1], shares[2]), self._load)
        for sun in site.sun:
            self._add(sun.feeder, [-watts for watts in self._panels(sun, chance)], (1 / 3, 1 / 3, 1 / 3), self._sun)
        self._sun = [-watts for watts in self._sun]
        self.feeders = tuple(self._watts)
        self.voltage = site.voltage
        self._price = self._prices(site.prices)
        self.feed_in = site.prices.feed_in
        self._target = site.target_watts

    def _local(self, second: float) -> datetime:
        return (self.start + timedelta(seconds=second)).astimezone(self.zone)

    def _add(self, feeder: str, values: list[float], shares: tuple[float, float, float], total: list[float]) -> None:
        lines = self._watts.setdefault(feeder, tuple([0.0] * self._quarters for _ in range(3)))  # type: ignore[arg-type]
        for line, share in zip(lines, shares, strict=True):
            for number, value in enumerate(values):
                line[number] += value * share
        for number, value in enumerate(values):
            total[number] += value

    # --- loads -------------------------------------------------------------------------------------------------------------------

    def _base(self, plan: BasePlan, chance: random.Random) -> list[float]:
        if plan.file is not None:
            return self._from(series(plan.file, "watts", self.start, self.zone))
        assert plan.watts is not None
        if plan.curve == "flat":
            return [plan.watts] * self._quarters
        shape, weekend, noise, found = _WEEKDAYS[plan.curve], _WEEKEND[plan.curve], 0.0, []
        for number in range(self._quarters):
            local = self._local(number * QUARTER)
            here, part = local.hour, local.minute / 60
            percent = shape[here] * (1 - part) + shape[(here + 1) % 24] * part
            noise = 0.8 * noise + chance.gauss(0, _NOISE)
            factor = weekend if local.weekday() >= 5 else 1.0
            found.append(max(0.0, plan.watts * factor * min(1.1, percent / 100 * (1 + noise))))
        return found

    def _panels(self, plan: SunPlan, chance: random.Random) -> list[float]:
        if plan.file is not None:
            return [max(0.0, watts) for watts in self._from(series(plan.file, "watts", self.start, self.zone))]
        assert plan.watts is not None
        bright: dict[int, float] = {}
        found = []
        for number in range(self._quarters):
            moment = self.start + timedelta(seconds=number * QUARTER)
            day = moment.timetuple().tm_yday
            if day not in bright:
                bright[day] = 1 - min(1.0, chance.betavariate(1.2, 1.2) * 2 * plan.clouds / 100)
            found.append(plan.watts * bright[day] * clear_sky(self._local(number * QUARTER), plan.latitude))
        return found

    def _from(self, told: Series) -> list[float]:
        return [told.at(number * QUARTER) for number in range(self._quarters)]

    def _between(self, line: list[float], second: float) -> float:
        number, part = divmod(second, QUARTER)
        place = min(int(number), self._quarters - 2)
        return line[place] + (line[place + 1] - line[place]) * part / QUARTER

    def amperes_of(self, feeder: str, second: float) -> tuple[float, float, float]:
        """The base load of a feeder (A on each phase; the sun's share negative)."""
        l1, l2, l3 = (self._between(line, second) / self.voltage for line in self._watts[feeder])
        return l1, l2, l3

    def base(self, second: float) -> dict[str, Amperes]:
        """The base load of each feeder that has one, as a meter tells it: to a tenth of an ampere, rounded up."""
        found = {}
        for feeder in self.feeders:
            l1, l2, l3 = (_upwards(amps) for amps in self.amperes_of(feeder, second))
            found[feeder] = Amperes(l1=l1, l2=l2, l3=l3)
        return found

    def load_watts(self, second: float) -> float:
        """All base load (W)."""
        return self._between(self._load, second)

    def sun_watts(self, second: float) -> float:
        """What the panels give (W)."""
        return self._between(self._sun, second)

    def target_watts(self, second: float) -> float | None:
        """What the site is to stay below (W)."""
        if isinstance(self._target, tuple):
            return self._target[self._local(second).hour]
        return self._target

    # --- prices ------------------------------------------------------------------------------------------------------------------

    def _prices(self, plan: PricePlan) -> Callable[[float], float]:
        if plan.fixed is not None:
            fixed = plan.fixed
            return lambda _: fixed
        if plan.file is not None:
            told = series(plan.file, "price", self.start, self.zone)
            if plan.feed_in > min(told.values):
                raise ConfigError(
                    f"feed_in is above the lowest price in {plan.file}.", "Give at most the lowest price."
                )
            return told.at
        weekdays = plan.by_hour or (0.0,) * 24
        weekend = plan.weekend_by_hour or weekdays

        def by_hour(second: float) -> float:
            local = self._local(second)
            return (weekend if local.weekday() >= 5 else weekdays)[local.hour]

        return by_hour

    def price(self, second: float) -> float:
        """What a kWh costs."""
        return self._price(second)

    def price_periods(self, second: float, hours: int = 36) -> tuple[PricePeriod, ...]:
        """The prices known then: from this hour on for so long, equal neighbours in one."""
        first = int(second // HOUR) * HOUR
        found: list[PricePeriod] = []
        for begin in range(first, first + hours * HOUR, HOUR):
            price = Decimal(f"{self._price(begin):.6g}")
            start = self.start + timedelta(seconds=begin)
            end = start + timedelta(seconds=HOUR)
            if found and found[-1].price == price:
                found[-1] = PricePeriod(start=found[-1].start, end=end, price=price)
            else:
                found.append(PricePeriod(start=start, end=end, price=price))
        return tuple(found)


def clear_sky(local: datetime, latitude: float) -> float:
    """The part of its peak that a panel gives under a clear sky, by the height of the sun: Cooper's declination, noon at 12:00 of the
    zone's standard time, and the air that the light passes (Haurwitz).
    """
    day = local.timetuple().tm_yday
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day) / 365)
    saving = local.dst() or timedelta()
    standard = local.replace(tzinfo=UTC) - saving
    angle = math.radians(15 * (standard.hour + standard.minute / 60 - 12))
    phi = math.radians(latitude)
    height = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(angle)
    return 0.0 if height <= 0 else min(1.0, 1.098 * height * math.exp(-0.057 / height))


def _upwards(amps: float) -> Decimal:
    return Decimal(math.ceil(round(amps * 10, 6))) / 10
