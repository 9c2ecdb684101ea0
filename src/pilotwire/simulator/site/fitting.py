"""A distribution of arrivals that fits a file of visits: groups of drivers found by expectation maximisation.

Working days, Saturdays and Sundays are fitted apart. A group is a Gaussian in the hour of arrival and in the logarithms of stay and
energy; how many groups there are (up to three) the Bayesian information criterion says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from pilotwire.errors import ConfigError
from pilotwire.simulator.site.settings import Group
from pilotwire.simulator.site.tables import rows

_MOST: Final = 3
_ROUNDS: Final = 60
_LEAST_VISITS: Final = 10
_NARROWEST: Final = (0.05, 0.0025, 0.0025)
"""The least variance of hour, log stay and log energy, so that no group falls upon a single visit."""
_KINDS: Final = (("working days", (0, 1, 2, 3, 4)), ("Saturdays", (5,)), ("Sundays", (6,)))
Point = tuple[float, float, float]


class _Bell(NamedTuple):
    weight: float
    mean: Point
    variance: Point

    def density(self, point: Point) -> float:
        """The logarithm of it, with the weight."""
        total = math.log(max(self.weight, 1e-300))
        for value, mean, variance in zip(point, self.mean, self.variance, strict=True):
            total -= ((value - mean) ** 2 / variance + math.log(2 * math.pi * variance)) / 2
        return total


def fitted(path: Path, zone: ZoneInfo) -> tuple[Group, ...]:
    """The groups of drivers in a CSV file of visits (arrival, departure, energy_wh). Raises `ConfigError`."""
    points: dict[int, list[Point]] = {weekday: [] for weekday in range(7)}
    days = set()
    for row in rows(path, ("arrival", "departure", "energy_wh")):
        arrival, departure = (row.moment(name, zone).astimezone(zone) for name in ("arrival", "departure"))
        stay, energy = (departure - arrival).total_seconds() / 3600, row.number("energy_wh", least=0) / 1000
        if stay <= 0:
            raise row.wrong("it leaves before it comes")
        days.add(arrival.date())
        if energy > 0:
            hour = arrival.hour + arrival.minute / 60
            points[arrival.weekday()].append((hour, math.log(stay), math.log(energy)))
    if sum(len(each) for each in points.values()) < _LEAST_VISITS:
        raise ConfigError(f"{path} has too few visits to fit a distribution.", f"Give at least {_LEAST_VISITS}.")
    first, last = min(days), max(days)
    span = [(first + timedelta(days=n)).weekday() for n in range((last - first).days + 1)]
    found: list[Group] = []
    for name, weekdays in _KINDS:
        there = [point for weekday in weekdays for point in points[weekday]]
        if there:
            rates = tuple(len(points[day]) / max(1, span.count(day)) if day in weekdays else 0.0 for day in range(7))
            found += _groups(name, rates, there)
    return tuple(found)


def _groups(name: str, rates: tuple[float, ...], points: Sequence[Point]) -> list[Group]:
    bells = min((_mixture(points, count) for count in range(1, _MOST + 1)), key=lambda each: _criterion(each, points))
    groups = []
    for number, bell in enumerate(sorted(bells, key=lambda each: each.mean[0]), 1):
        stays, wants = (_of_logarithms(bell.mean[axis], bell.variance[axis]) for axis in (1, 2))
        groups.append(
            Group(
                name=name if len(bells) == 1 else f"{name} {number}",
                per_day=tuple(round(rate * bell.weight, 4) for rate in rates),
                comes=(round(bell.mean[0], 3), round(math.sqrt(bell.variance[0]), 3)),
                stays=stays,
                wants=wants,
            )
        )
    return groups


def _of_logarithms(mean: float, variance: float) -> tuple[float, float]:
    """Mean and standard deviation of what is spread log-normally."""
    expected = math.exp(mean + variance / 2)
    return round(expected, 3) or 0.001, round(expected * math.sqrt(math.expm1(variance)), 3)


def _mixture(points: Sequence[Point], count: int) -> list[_Bell]:
    """Expectation maximisation, begun with the visits in order of their hour, cut into equal parts."""
    in_order = sorted(points)
    size = len(in_order) / count
    parts = [in_order[round(n * size) : round((n + 1) * size)] or in_order for n in range(count)]
    bells = [_bell(part, [1.0] * len(part), len(points)) for part in parts]
    for _ in range(_ROUNDS if count > 1 else 0):
        belongs = [_belongs(bells, point) for point in points]
        bells = [_bell(points, [each[n] for each in belongs], len(points)) for n in range(count)]
    return bells


def _belongs(bells: Sequence[_Bell], point: Point) -> list[float]:
    """How likely a point is of each group."""
    logs = [bell.density(point) for bell in bells]
    highest = max(logs)
    parts = [math.exp(each - highest) for each in logs]
    return [part / sum(parts) for part in parts]


def _bell(points: Sequence[Point], weights: Sequence[float], of: int) -> _Bell:
    total = max(sum(weights), 1e-12)
    means, variances = [], []
    for axis, narrowest in enumerate(_NARROWEST):
        mean = sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) / total
        spread = sum(weight * (point[axis] - mean) ** 2 for weight, point in zip(weights, points, strict=True)) / total
        means.append(mean)
        variances.append(max(narrowest, spread))
    return _Bell(total / of, (means[0], means[1], means[2]), (variances[0], variances[1], variances[2]))


def _criterion(bells: Sequence[_Bell], points: Sequence[Point]) -> float:
    likelihood = 0.0
    for point in points:
        logs = [bell.density(point) for bell in bells]
        highest = max(logs)
        likelihood += highest + math.log(sum(math.exp(each - highest) for each in logs))
    return (7 * len(bells) - 1) * math.log(len(points)) - 2 * likelihood
