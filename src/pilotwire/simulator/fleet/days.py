"""What happens at one station of a fleet, in order of time: drivers, broken lines, faults, the script.

Pure, and the same for the same seed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pilotwire.simulator.fleet.scenario import DAY, Arrivals, Scenario

_HOUR = 3600.0
_HANDLING = 20.0
"""Seconds a driver takes from the cable to the card, or back."""


@dataclass(frozen=True, slots=True, order=True)
class Deed:
    """Something to be done, so many seconds after the scenario began: a path of the control port, and its body."""

    at: float
    do: str = field(compare=False)
    give: Mapping[str, Any] = field(compare=False, default_factory=dict)


def deeds(scenario: Scenario, number: int, evses: int, connectors: Mapping[int, int]) -> Iterator[Deed]:
    """All that is to happen at station `number` (from 1), for ever unless the scenario ends; `connectors` counts those of each EVSE."""
    chance = random.Random(f"{scenario.seed}/{number}")
    streams = [_scripted(scenario, number, chance.random)]
    if scenario.arrivals is not None and scenario.arrivals.per_evse_per_day > 0:
        streams += [
            _drivers(scenario, scenario.arrivals, random.Random(chance.random()), evse, connectors.get(evse, 1))
            for evse in range(1, evses + 1)
        ]
    streams.append(_lines(scenario, random.Random(chance.random())))
    streams.append(_reboots(scenario, random.Random(chance.random())))
    streams.append(_faults(scenario, random.Random(chance.random()), evses))
    return heapq.merge(*streams)


def _scripted(scenario: Scenario, number: int, lot: Any) -> Iterator[Deed]:
    lines = [line for line in scenario.script if line.covers(number, lot())]
    return iter(sorted(Deed(line.at, line.do, line.give) for line in lines))


def _next(chance: random.Random, at: float, per_day: float) -> float:
    """The next moment of something that happens so often, and whenever it likes."""
    return at + chance.expovariate(per_day / DAY)


# --- drivers --------------------------------------------------------------------------------------------------------


def _drivers(
    scenario: Scenario, arrivals: Arrivals, chance: random.Random, evse: int, connectors: int
) -> Iterator[Deed]:
    """One after the other at one EVSE: the next one comes when the one before has left."""
    at = 0.0
    while True:
        at = _arrival(chance, at, arrivals, scenario.begins)
        visit = sorted(_visit(scenario, arrivals, chance, at, evse, chance.randint(1, connectors)))
        yield from visit
        at = visit[-1].at + _HANDLING


def _arrival(chance: random.Random, at: float, arrivals: Arrivals, begins: float) -> float:
    """The next arrival after `at`, by the weights of the hours (thinning of the busiest hour's rate)."""
    mean = sum(arrivals.by_hour) / 24
    most = max(arrivals.by_hour) / mean
    while True:
        at = _next(chance, at, arrivals.per_evse_per_day * most)
        weight = arrivals.by_hour[int((begins + at) % DAY // _HOUR)] / mean
        if chance.random() < weight / most:
            return at


def _visit(
    scenario: Scenario, arrivals: Arrivals, chance: random.Random, at: float, evse: int, connector: int
) -> Iterator[Deed]:
    card = _card(scenario, chance)
    car = {
        "evse": evse,
        "connector": connector,
        "name": f"car-{chance.randrange(10**9)}",
        "soc": round(chance.uniform(*arrivals.soc), 1),
        "energyWh": max(1, round(chance.uniform(*arrivals.energy_kwh) * 1000)),
    }
    first = chance.uniform(0, 100) < arrivals.tap_first_percent
    plugged, tapped = (at + _HANDLING, at) if first else (at, at + _HANDLING)
    leaves = max(plugged, tapped) + chance.uniform(*arrivals.stay)
    yield Deed(plugged, "plug", car)
    yield Deed(tapped, "tap", {"evse": evse, **card})
    yield Deed(leaves, "tap", {"evse": evse, **card})
    yield Deed(leaves + _HANDLING, "unplug", {"evse": evse, "connector": connector})


def _card(scenario: Scenario, chance: random.Random) -> dict[str, str]:
    tokens = scenario.tokens
    if chance.uniform(0, 100) < tokens.unknown_percent:
        return {"idToken": f"NOBODY{chance.randrange(10**6):06d}", "type": tokens.type}
    return {"idToken": token_of(tokens.prefix, chance.randint(1, tokens.count)), "type": tokens.type}


def token_of(prefix: str, number: int) -> str:
    """How the cards of a fleet are called: `FLEET000001`."""
    return f"{prefix}{number:06d}"


# --- what breaks ----------------------------------------------------------------------------------------------------


def _lines(scenario: Scenario, chance: random.Random) -> Iterator[Deed]:
    noise, at = scenario.noise, 0.0
    while noise.line_drops_per_day > 0:
        at = _next(chance, at, noise.line_drops_per_day)
        yield Deed(at, "line/cut")
        at += chance.uniform(*noise.line_down)
        yield Deed(at, "line/restore")


def _reboots(scenario: Scenario, chance: random.Random) -> Iterator[Deed]:
    at = 0.0
    while scenario.noise.reboots_per_day > 0:
        at = _next(chance, at, scenario.noise.reboots_per_day)
        yield Deed(at, "reboot")


def _faults(scenario: Scenario, chance: random.Random, evses: int) -> Iterator[Deed]:
    faults, at = scenario.faults, 0.0
    while faults.per_day > 0 and faults.codes:
        at = _next(chance, at, faults.per_day)
        place = {"code": chance.choice(faults.codes).value, "evse": chance.randint(1, evses), "connector": 1}
        yield Deed(at, "fault/raise", place)
        at += chance.uniform(*faults.lasting)
        yield Deed(at, "fault/clear", place)
