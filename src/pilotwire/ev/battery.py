"""The traction battery: what it holds and how fast it takes more.

Every limit on charging (charging curve, onboard charger, cable, station, pack voltage times current) is linear in the stored
energy between two knots, so the power taken is the lower envelope of straight lines and the differential equation
``dE/dt = P(E)`` has an exact solution from knot to knot. Hence eight hours cost a handful of segments, and splitting a span of
time into pieces changes nothing but rounding in the last bits of a float.

Units: Wh, W, V, seconds, per cent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pilotwire.errors import ConfigError

SECONDS_PER_HOUR = 3600.0
_TIE = 1e-9
_NO_POWER_W = 1e-6

DEFAULT_CURVE = ((0.0, 0.8), (5.0, 1.0), (60.0, 1.0), (80.0, 0.5), (95.0, 0.15), (100.0, 0.05))


@dataclass(frozen=True, slots=True)
class PowerLine:
    """A limit in W that is linear in the stored energy: ``watts + watts_per_wh * energy``."""

    watts: float
    watts_per_wh: float = 0.0

    def at(self, energy_wh: float) -> float:
        """The limit in W when the battery holds `energy_wh`."""
        return self.watts + self.watts_per_wh * energy_wh

    def scaled(self, factor: float) -> PowerLine:
        """The same line times `factor` (an efficiency, a voltage)."""
        return PowerLine(self.watts * factor, self.watts_per_wh * factor)


@dataclass(frozen=True, slots=True)
class BatterySpec:
    """What a battery is: usable capacity, highest charging power, charging curve, pack voltage when empty and full.

    `curve` holds knots (state of charge in %, share of `max_charge_w`), from 0 to 100 % with rising state of charge and a share
    above zero everywhere: a curve that ends at zero never gets full. Raises `ConfigError` if it does not hold.
    """

    capacity_wh: float
    max_charge_w: float
    curve: tuple[tuple[float, float], ...] = DEFAULT_CURVE
    volts_empty: float = 330.0
    volts_full: float = 400.0

    def __post_init__(self) -> None:
        if self.capacity_wh <= 0 or self.max_charge_w <= 0:
            raise ConfigError("A battery needs a capacity and a charging power above zero.", "Give both in Wh and W.")
        if not 0 < self.volts_empty <= self.volts_full:
            raise ConfigError("A battery's voltage rises from empty to full.", "Give 0 < volts_empty <= volts_full.")
        self._check_curve()

    def _check_curve(self) -> None:
        socs = [soc for soc, _ in self.curve]
        rising = all(low < high for low, high in pairwise(socs))
        if len(socs) < 2 or socs[0] != 0 or socs[-1] != 100 or not rising:
            raise ConfigError(f"The charging curve has its knots at {socs} %.", "Let them rise from 0 to 100.")
        if not all(0 < share <= 1 for _, share in self.curve):
            raise ConfigError("A share of the charging curve is not in (0, 1].", "Give shares of max_charge_w.")

    def volts(self) -> PowerLine:
        """The pack voltage in V as a line over the stored energy (times a current it is a power)."""
        return PowerLine(self.volts_empty, (self.volts_full - self.volts_empty) / self.capacity_wh)

    def acceptance(self, energy_wh: float) -> tuple[PowerLine, float]:
        """The charging curve's line that holds from `energy_wh` on, and the energy in Wh up to which it does."""
        for (soc, share), (next_soc, next_share) in pairwise(self.curve):
            start, end = (self.capacity_wh * percent / 100 for percent in (soc, next_soc))
            if energy_wh < end or next_soc == 100:
                slope = (next_share - share) * self.max_charge_w / (end - start)
                return PowerLine(share * self.max_charge_w - slope * start, slope), end
        raise AssertionError("a curve ends at 100 %")  # pragma: no cover


class Battery:
    """A battery with something in it."""

    def __init__(self, spec: BatterySpec, energy_wh: float) -> None:
        if not 0 <= energy_wh <= spec.capacity_wh:
            raise ConfigError(
                f"A battery of {spec.capacity_wh:g} Wh cannot hold {energy_wh:g} Wh.",
                "Give a state of charge of 0 to 100 %.",
            )
        self.spec = spec
        self.energy_wh = energy_wh

    @property
    def soc_percent(self) -> float:
        """State of charge, 0 to 100."""
        return 100.0 * self.energy_wh / self.spec.capacity_wh

    @property
    def volts(self) -> float:
        """Pack voltage at this state of charge."""
        return self.spec.volts().at(self.energy_wh)

    def power_w(self, supply: Sequence[PowerLine]) -> float:
        """Power in W that goes into the battery now if `supply` limits it from outside; 0 when full."""
        if self.energy_wh >= self.spec.capacity_wh:
            return 0.0
        line, _ = self._segment(supply)
        return max(0.0, line.at(self.energy_wh))

    def charge(self, seconds: float, supply: Sequence[PowerLine], stop_wh: float) -> tuple[float, float]:
        """Charge for `seconds`, or until the battery holds `stop_wh`; returns (seconds used, Wh stored)."""
        start, left, stop = self.energy_wh, seconds, min(stop_wh, self.spec.capacity_wh)
        while left > 0 and self.energy_wh < stop:
            line, end = self._segment(supply)
            if line.at(self.energy_wh) <= _NO_POWER_W:
                return seconds, self.energy_wh - start
            left -= self._along(line, min(end, stop), left)
        return seconds - left, self.energy_wh - start

    def _along(self, line: PowerLine, end_wh: float, seconds: float) -> float:
        """Follow one line up to `end_wh` or for `seconds`; returns the seconds used."""
        watts, slope = line.at(self.energy_wh), line.watts_per_wh
        needed = _seconds_for(end_wh - self.energy_wh, watts, slope)
        if needed <= seconds:
            self.energy_wh = end_wh
            return needed
        self.energy_wh = min(end_wh, self.energy_wh + _gain(seconds, watts, slope))
        return seconds

    def _segment(self, supply: Sequence[PowerLine]) -> tuple[PowerLine, float]:
        """The lowest line at this energy, and the energy up to which it stays the lowest."""
        energy = self.energy_wh
        curve, end = self.spec.acceptance(energy)
        lines = (curve, *supply)
        lowest = min(line.at(energy) for line in lines)
        # Of lines that meet here the one falling fastest is the lowest from here on.
        tied = [line for line in lines if line.at(energy) - lowest <= _TIE * max(1.0, abs(lowest))]
        active = min(tied, key=lambda line: line.watts_per_wh)
        for other in lines:
            closing = active.watts_per_wh - other.watts_per_wh
            if closing > 0:
                end = min(end, energy + (other.at(energy) - active.at(energy)) / closing)
        return active, end


def _gain(seconds: float, watts: float, slope: float) -> float:
    """Wh gained in `seconds` from `watts` when power changes by `slope` W a Wh."""
    exponent = slope * seconds / SECONDS_PER_HOUR
    if abs(exponent) < 1e-12:
        return watts * seconds / SECONDS_PER_HOUR
    return watts * math.expm1(exponent) / slope


def _seconds_for(gain_wh: float, watts: float, slope: float) -> float:
    """Seconds until `gain_wh` are gained; the inverse of `_gain`."""
    growth = slope * gain_wh / watts
    if abs(growth) < 1e-12:
        return gain_wh / watts * SECONDS_PER_HOUR
    if growth <= -1:
        return math.inf
    return math.log1p(growth) / slope * SECONDS_PER_HOUR
