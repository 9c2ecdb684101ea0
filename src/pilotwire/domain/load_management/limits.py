"""The limits of a site as inequalities over what its EVSEs may take, and how their shares are raised under them.

Shares are counted in tenths of an ampere per phase, as whole numbers: OCPP's limits have one digit after the point
(ChargingSchedulePeriodType.limit), sums are exact, and rounding cannot break a limit. Watts are counted in tenths too.

Raising is *progressive filling*: all who rise do so together, by their weights, until a limit is reached or somebody has enough; who is
held back by that limit stays where he is, the others go on. So no share can be raised without lowering one that is not higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from math import ceil, floor
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.load_management.layout import NO_AMPERES, PHASES, Amperes, EvseKey, Feeder, SiteLayout

TENTH: Final = Decimal("0.1")
_PER_UNIT: Final = 10
_UNLIMITED: Final = 10**9
_PAIRS: Final = tuple((one, other) for one in PHASES for other in PHASES if one != other)


class Load(Value):
    """Who takes a share: at which EVSE, and on which phases of the grid (a vehicle may use fewer than its EVSE has).

    `uneven`: nobody knows whether on all of them.
    """

    key: EvseKey
    phases: tuple[int, ...]
    uneven: bool = False


@dataclass(frozen=True, slots=True)
class Rise:
    """One who rises to `upto` tenths, by `weight` in each step."""

    load: int
    upto: int
    weight: int = 1


class ExternalLimit(Value):
    """A limit from outside for a feeder, beside its own: the lower counts. Of the grid's operator, an energy manager, a market."""

    feeder: str
    amperes: Decimal | None = None
    watts: Decimal | None = None


@dataclass(slots=True)
class _Limit:
    """`slack` is what is left of it, negative where it is broken; `members`: the loads in it, with what a tenth of theirs takes."""

    feeder: str
    what: str
    slack: int
    members: dict[int, int] = field(default_factory=dict)
    evens: bool = False


class Limits:
    """The limits that a site's `loads` share above its base load; `shares` is what each has (tenths), at first nothing."""

    def __init__(
        self,
        layout: SiteLayout,
        loads: Sequence[Load],
        base: Mapping[str, Amperes],
        external: Iterable[ExternalLimit] = (),
    ) -> None:
        self.loads = tuple(loads)
        self.shares = [0] * len(self.loads)
        self._of_load: list[list[tuple[_Limit, int]]] = [[] for _ in self.loads]
        self._limits: list[_Limit] = []
        parents = {feeder.name: feeder.fed_by for feeder in layout.feeders}
        fed = {outlet.key: outlet.fed_by for outlet in layout.outlets}
        below: dict[str, list[int]] = {name: [] for name in parents}
        carried = dict.fromkeys(parents, NO_AMPERES)
        for number, load in enumerate(self.loads):
            for name in _upwards(fed[load.key], parents):
                below[name].append(number)
        for feeder in layout.feeders:
            own = base.get(feeder.name, feeder.assumed)
            for name in _upwards(feeder.name, parents):
                carried[name] += own
        outside = list(external)
        for feeder in layout.feeders:
            self._add(feeder, [one for one in outside if one.feeder == feeder.name], below, carried, layout.voltage)

    def _add(
        self,
        feeder: Feeder,
        external: Sequence[ExternalLimit],
        below: Mapping[str, Sequence[int]],
        carried: Mapping[str, Amperes],
        voltage: Decimal,
    ) -> None:
        here, flows = below[feeder.name], carried[feeder.name]
        amperes = _least(feeder.amperes, *(one.amperes for one in external))
        watts = _least(feeder.watts, *(one.watts for one in external))
        if amperes is not None:
            for phase in PHASES:
                taken = {number: 1 for number in here if phase in self.loads[number].phases}
                self._limit(feeder.name, f"{amperes} A on L{phase}", amperes - flows.on(phase), taken)
        if watts is not None:
            power = (flows.l1 + flows.l2 + flows.l3) * voltage
            # A tenth of a watt for each tenth of an ampere and volt, rounded up: a limit is kept rather than met.
            per_phase = ceil(voltage)
            taken = {number: per_phase * len(self.loads[number].phases) for number in here}
            self._limit(feeder.name, f"{watts} W", watts - power, taken)
        if feeder.imbalance is not None:
            # Nobody is counted on to even the phases out: a vehicle takes what it may, or nothing.
            leaning: dict[tuple[int, int], dict[int, int]] = {pair: {} for pair in _PAIRS}
            for number in here:
                for pair in _leans(self.loads[number].phases, uneven=self.loads[number].uneven):
                    leaning[pair][number] = 1
            for (one, other), members in leaning.items():
                left = feeder.imbalance - (flows.on(one) - flows.on(other))
                what = f"{feeder.imbalance} A between L{one} and L{other}"
                self._limit(feeder.name, what, left, members, evens=True)

    def _limit(self, feeder: str, what: str, left: Decimal, members: dict[int, int], *, evens: bool = False) -> None:
        limit = _Limit(feeder, what, tenths(left), members, evens)
        self._limits.append(limit)
        for number, each in members.items():
            self._of_load[number].append((limit, each))

    # --- moving ------------------------------------------------------------------------------------------------------------------

    def take(self, number: int, tenths_: int) -> None:
        """Let a load take so much more, or less if negative, whatever the limits are."""
        self.shares[number] += tenths_
        for limit, each in self._of_load[number]:
            limit.slack -= each * tenths_

    def room(self, number: int) -> int:
        """How much more a load may take; 0 where a limit that it loads is reached or broken."""
        return max(0, min((limit.slack // each for limit, each in self._of_load[number]), default=_UNLIMITED))

    def fill(self, rises: Sequence[Rise]) -> None:
        """Raise them together until each has what it may have."""
        rising = {rise.load: rise for rise in rises if rise.upto > self.shares[rise.load] and rise.weight > 0}
        while rising:
            step = self._common_step(rising.values())
            for rise in rising.values() if step > 0 else ():
                self.take(rise.load, step * rise.weight)
            stays = self._held_back(rising)
            stays |= {number for number, rise in rising.items() if rise.upto - self.shares[number] < rise.weight}
            for number in sorted(stays):
                rise = rising.pop(number)
                # What is too little for a whole step of all may still be a step of one.
                self.take(number, min(rise.upto - self.shares[number], rise.weight, self.room(number)))

    def _common_step(self, rises: Iterable[Rise]) -> int:
        """How many whole steps all can make at once before a limit or the nearest goal."""
        rates: dict[int, int] = {}
        limits: dict[int, _Limit] = {}
        nearest = _UNLIMITED
        for rise in rises:
            nearest = min(nearest, (rise.upto - self.shares[rise.load]) // rise.weight)
            for limit, each in self._of_load[rise.load]:
                rates[id(limit)] = rates.get(id(limit), 0) + each * rise.weight
                limits[id(limit)] = limit
        for place, rate in rates.items():
            nearest = min(nearest, limits[place].slack // rate)
        return max(0, nearest)

    def _held_back(self, rising: Mapping[int, Rise]) -> set[int]:
        """Those whom a limit keeps from a step together with the others in it."""
        rates: dict[int, int] = {}
        for rise in rising.values():
            for limit, each in self._of_load[rise.load]:
                rates[id(limit)] = rates.get(id(limit), 0) + each * rise.weight
        return {number for number in rising for limit, _ in self._of_load[number] if limit.slack < rates[id(limit)]}

    # --- seeing ------------------------------------------------------------------------------------------------------------------

    def slacks(self) -> tuple[list[int], list[list[tuple[int, int]]]]:
        """What is left of each limit, and for each load in which limits it is, with what a tenth of it takes there."""
        places = {id(limit): place for place, limit in enumerate(self._limits)}
        of_load = [[(places[id(limit)], each) for limit, each in limits] for limits in self._of_load]
        return [limit.slack for limit in self._limits], of_load

    def broken(self) -> tuple[str, ...]:
        """The limits that are exceeded now, as sentences: by base load alone, or by shares that were taken regardless."""
        return tuple(
            f"{limit.feeder}: {limit.what} is exceeded by {Decimal(-limit.slack) / _PER_UNIT}"
            for limit in self._limits
            if limit.slack < 0
        )

    def unevens(self, number: int) -> bool:
        """Whether a load makes phases differ that must not differ much; by what it takes as well as by what it gives back."""
        return any(limit.evens for limit, _ in self._of_load[number])

    def over(self, number: int) -> int:
        """How many tenths a load must give up for the limits it loads to hold, were it alone to do so; 0: nothing."""
        return max((-(limit.slack // each) for limit, each in self._of_load[number]), default=0)


def tenths(amount: Decimal) -> int:
    """An amount in tenths, never more than it is."""
    return floor(amount * _PER_UNIT)


@cache
def _leans(phases: tuple[int, ...], *, uneven: bool) -> tuple[tuple[int, int], ...]:
    """The pairs of phases of which a load loads only the first, or may do so."""
    return tuple(pair for pair in _PAIRS if pair[0] in phases and (uneven or pair[1] not in phases))


def amperes(tenths_: int) -> Decimal:
    """Tenths as an amount."""
    return Decimal(tenths_) / _PER_UNIT


def _least(*values: Decimal | None) -> Decimal | None:
    return min((value for value in values if value is not None), default=None)


def _upwards(name: str, parents: Mapping[str, str | None]) -> list[str]:
    """A feeder and those above it."""
    found: list[str] = []
    at: str | None = name
    while at is not None:
        found.append(at)
        at = parents[at]
    return found
