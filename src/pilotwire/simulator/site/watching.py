"""Whether limits hold at every instant: what flows through each feeder if every EVSE takes all that its station lets it.

That is more than flows: vehicles take less. Between two looks nothing changes but base load, and that in a straight line; so a look before
and one after each change sees the highest load there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilotwire.domain.load_management import PHASES, EvseKey, SiteLayout
from pilotwire.simulator.site.control import limits_of
from pilotwire.simulator.site.surroundings import Surroundings

_CLOSE = 1e-6
_PAIRS = tuple((one, other) for one in PHASES for other in PHASES if one != other)


@dataclass(slots=True)
class Extreme:
    """The highest load of a limit (`what`: amperes, watts or imbalance), and when (seconds).

    `exceeded` is by how much it was exceeded at most, and `instants` at how many looks, not counting those where base load alone was above
    it: then nobody may charge, and `base_alone` counts these.
    """

    feeder: str
    what: str
    limit: float
    highest: float = 0.0
    at: float = 0.0
    exceeded: float = 0.0
    instants: int = 0
    base_alone: int = 0


class Watch:
    """See the module."""

    def __init__(self, layout: SiteLayout, surroundings: Surroundings) -> None:
        self._around, self._voltage = surroundings, float(layout.voltage)
        parents = {feeder.name: feeder.fed_by for feeder in layout.feeders}
        self._above: dict[str, list[str]] = {}
        for name in parents:
            at: str | None = name
            self._above[name] = []
            while at is not None:
                self._above[name].append(at)
                at = parents[at]
        self._fed = {outlet.key: outlet.fed_by for outlet in layout.outlets}
        self._amps = {name: [0, 0, 0] for name in parents}
        self._leaning = {name: dict.fromkeys(_PAIRS, 0) for name in parents}
        self._may: dict[EvseKey, tuple[int, tuple[int, ...]]] = {}
        self._base_at, self._base = -1.0, dict[str, list[float]]()
        self.extremes = {
            feeder.name: [Extreme(feeder.name, what, limit) for what, limit in limits_of(feeder).items()]
            for feeder in layout.feeders
        }

    def allow(self, key: EvseKey, tenths: int, phases: tuple[int, ...]) -> None:
        """An EVSE lets its vehicle take so much on these phases from now on (tenths of an ampere)."""
        before, used = self._may.get(key, (0, ()))
        self._count(key, -before, abs(before), used, -1)
        self._may[key] = (tenths, phases)
        self._count(key, tenths, abs(tenths), phases, 1)

    def _count(self, key: EvseKey, tenths: int, leans: int, phases: tuple[int, ...], sign: int) -> None:
        if tenths == 0:
            return
        for name in self._above[self._fed[key]]:
            amps = self._amps[name]
            for phase in phases:
                amps[phase - 1] += tenths
            leaning = self._leaning[name]
            for pair in _PAIRS if len(phases) < len(PHASES) else ():
                if pair[0] in phases and pair[1] not in phases:
                    leaning[pair] += sign * leans

    def look(self, second: float) -> None:
        """See whether all limits hold now."""
        base = self._base_loads(second)
        for name, extremes in self.extremes.items():
            for extreme in extremes:
                alone = self._load(extreme.what, base[name], None)
                load = self._load(extreme.what, base[name], name)
                if load > extreme.highest:
                    extreme.highest, extreme.at = load, second
                if alone > extreme.limit + _CLOSE:
                    extreme.base_alone += 1
                elif load > extreme.limit + _CLOSE:
                    extreme.instants += 1
                    extreme.exceeded = max(extreme.exceeded, load - extreme.limit)

    def _load(self, what: str, base: list[float], name: str | None) -> float:
        """What a limit is compared with; without a name that of the base load alone."""
        amps = self._amps[name] if name is not None else (0, 0, 0)
        if what == "amperes":
            return max(own + may / 10 for own, may in zip(base, amps, strict=True))
        if what == "watts":
            return (sum(base) + sum(amps) / 10) * self._voltage
        leaning: Mapping[tuple[int, int], int] = self._leaning[name] if name is not None else {}
        return max(base[one - 1] - base[other - 1] + leaning.get((one, other), 0) / 10 for one, other in _PAIRS)

    def _base_loads(self, second: float) -> dict[str, list[float]]:
        """The base load that flows through each feeder."""
        if second != self._base_at:
            self._base_at, self._base = second, {name: [0.0, 0.0, 0.0] for name in self._above}
            for feeder in self._around.feeders:
                amps = self._around.amperes_of(feeder, second)
                for name in self._above[feeder]:
                    self._base[name] = [one + other for one, other in zip(self._base[name], amps, strict=True)]
        return self._base
