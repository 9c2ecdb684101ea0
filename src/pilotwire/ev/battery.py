"""The traction battery: what it holds, how fast it takes more, and how fast it gives back.

Every limit on charging (charging curve, onboard charger, cable, station, pack voltage times current) is linear in the stored
energy between two knots, so the power taken is the lower envelope of straight lines and the differential equation
``dE/dt = P(E)`` has an exact solution from knot to knot. Hence eight hours cost a handful of segments, and splitting a span of
time into pieces changes nothing but rounding in the last bits of a float. Discharging is the same, seen from a full battery downwards.

Units: Wh, W, V, seconds, per cent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pilotwire.errors import ConfigError

SECONDS_PER_HOUR = 3600.0
_TIE = 1e-9
_NO_POWER_W = 1e-6

DEFAULT_CURVE = ((0.0, 0.8), (5.0, 1.0), (60.0, 1.0), (80.0, 0.5), (95.0, 0.15), (100.0, 0.05))
DEFAULT_DISCHARGE_CURVE = ((0.0, 0.1), (10.0, 0.8), (20.0, 1.0), (100.0, 1.0))


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
    above zero everywhere: a curve that ends at zero never gets full. `discharge_curve` is the same for `max_discharge_w`, which is 0 for
    a battery that gives nothing back. Raises `ConfigError` if it does not hold.
    """

    capacity_wh: float
    max_charge_w: float
    curve: tuple[tuple[float, float], ...] = DEFAULT_CURVE
    volts_empty: float = 330.0
    volts_full: float = 400.0
    max_discharge_w: float = 0.0
    discharge_curve: tuple[tuple[float, float], ...] = DEFAULT_DISCHARGE_CURVE

    def __post_init__(self) -> None:
        if self.capacity_wh <= 0 or self.max_charge_w <= 0:
            raise ConfigError("A battery needs a capacity and a charging power above zero.", "Give both in Wh and W.")
        if self.max_discharge_w < 0:
            raise ConfigError("A battery's discharging power is not negative.", "Give W, 0 for none.")
        if not 0 < self.volts_empty <= self.volts_full:
            raise ConfigError("A battery's voltage rises from empty to full.", "Give 0 < volts_empty <= volts_full.")
        _check_curve(self.curve, "charging")
        _check_curve(self.discharge_curve, "discharging")

    def volts(self) -> PowerLine:
        """The pack voltage in V as a line over the stored energy (times a current it is a power)."""
        return PowerLine(self.volts_empty, (self.volts_full - self.volts_empty) / self.capacity_wh)

    def acceptance(self, energy_wh: float) -> tuple[PowerLine, float]:
        """The charging curve's line that holds from `energy_wh` on, and the energy in Wh up to which it does."""
        for line, _, end in self._pieces(self.curve, self.max_charge_w):
            if energy_wh < end or end == self.capacity_wh:
                return line, end
        raise AssertionError("a curve ends at 100 %")  # pragma: no cover

    def release(self, energy_wh: float) -> tuple[PowerLine, float]:
        """The discharging curve's line that holds from `energy_wh` downwards, and the energy in Wh down to which it does."""
        for line, start, _ in reversed(list(self._pieces(self.discharge_curve, self.max_discharge_w))):
            if energy_wh > start or start == 0:
                return line, start
        raise AssertionError("a curve begins at 0 %")  # pragma: no cover

    def _pieces(self, curve: tuple[tuple[float, float], ...], watts: float) -> Iterator[tuple[PowerLine, float, float]]:
        """Each straight piece of a curve of shares of `watts`, with the energies in Wh between which it holds."""
        for (soc, share), (next_soc, next_share) in pairwise(curve):
            start, end = (self.capacity_wh * percent / 100 for percent in (soc, next_soc))
            slope = (next_share - share) * watts / (end - start)
            yield PowerLine(share * watts - slope * start, slope), start, self.capacity_wh if next_soc == 100 else end


def _check_curve(curve: tuple[tuple[float, float], ...], what: str) -> None:
    socs = [soc for soc, _ in curve]
    rising = all(low < high for low, high in pairwise(socs))
    if len(socs) < 2 or socs[0] != 0 or socs[-1] != 100 or not rising:
        raise ConfigError(f"The {what} curve has its knots at {socs} %.", "Let them rise from 0 to 100.")
    if not all(0 < share <= 1 for _, share in curve):
        raise ConfigError(f"A share of the {what} curve is not in (0, 1].", "Give shares of the highest power.")


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
        line, _ = self._upwards(supply)
        return max(0.0, line.at(self.energy_wh))

    def release_w(self, sink: Sequence[PowerLine]) -> float:
        """Power in W that comes out of the battery now if `sink` limits it from outside; 0 when empty."""
        if self.energy_wh <= 0:
            return 0.0
        line, _ = self._downwards(sink)
        return max(0.0, line.at(self._room))

    def charge(self, seconds: float, supply: Sequence[PowerLine], stop_wh: float) -> tuple[float, float]:
        """Charge for `seconds`, or until the battery holds `stop_wh`; returns (seconds used, Wh stored)."""
        start, left, stop = self.energy_wh, seconds, min(stop_wh, self.spec.capacity_wh)
        while left > 0 and self.energy_wh < stop:
            line, end = self._upwards(supply)
            if line.at(self.energy_wh) <= _NO_POWER_W:
                return seconds, self.energy_wh - start
            self.energy_wh, used = _along(line, self.energy_wh, min(end, stop), left)
            left -= used
        return seconds - left, self.energy_wh - start

    def discharge(self, seconds: float, sink: Sequence[PowerLine], stop_wh: float) -> tuple[float, float]:
        """Discharge for `seconds`, or until the battery holds no more than `stop_wh`; returns (seconds used, Wh given)."""
        start, left, stop = self.energy_wh, seconds, max(stop_wh, 0.0)
        while left > 0 and self.energy_wh > stop:
            line, end = self._downwards(sink)
            if line.at(self._room) <= _NO_POWER_W:
                return seconds, start - self.energy_wh
            room, used = _along(line, self._room, min(end, self.spec.capacity_wh - stop), left)
            self.energy_wh = stop if room == self.spec.capacity_wh - stop else max(stop, self._emptied_to(room))
            left -= used
        return seconds - left, start - self.energy_wh

    def _emptied_to(self, room: float) -> float:
        """What is held when `room` is missing: at a knot of the curve exactly that, for rounding must not stop short of it."""
        _, knot = self.spec.release(self.energy_wh)
        return knot if room == self.spec.capacity_wh - knot else self.spec.capacity_wh - room

    @property
    def _room(self) -> float:
        """Wh that are missing to a full battery."""
        return self.spec.capacity_wh - self.energy_wh

    def _upwards(self, supply: Sequence[PowerLine]) -> tuple[PowerLine, float]:
        """The lowest line at this energy, and the energy up to which it stays the lowest."""
        curve, end = self.spec.acceptance(self.energy_wh)
        return _lowest(self.energy_wh, (curve, *supply), end)

    def _downwards(self, sink: Sequence[PowerLine]) -> tuple[PowerLine, float]:
        """As `_upwards` for what comes out, over the energy that is missing: so time runs in the same direction."""
        capacity = self.spec.capacity_wh
        curve, end = self.spec.release(self.energy_wh)
        lines = (curve, *sink)
        turned = tuple(PowerLine(line.at(capacity), -line.watts_per_wh) for line in lines)
        return _lowest(self._room, turned, capacity - end)


def _lowest(energy: float, lines: Sequence[PowerLine], end: float) -> tuple[PowerLine, float]:
    lowest = min(line.at(energy) for line in lines)
    # Of lines that meet here the one falling fastest is the lowest from here on.
    tied = [line for line in lines if line.at(energy) - lowest <= _TIE * max(1.0, abs(lowest))]
    active = min(tied, key=lambda line: line.watts_per_wh)
    for other in lines:
        closing = active.watts_per_wh - other.watts_per_wh
        if closing > 0:
            end = min(end, energy + (other.at(energy) - active.at(energy)) / closing)
    return active, end


def _along(line: PowerLine, energy: float, end: float, seconds: float) -> tuple[float, float]:
    """Follow one line up to `end` or for `seconds`; returns the energy reached and the seconds used."""
    watts, slope = line.at(energy), line.watts_per_wh
    needed = _seconds_for(end - energy, watts, slope)
    if needed <= seconds:
        return end, needed
    return min(end, energy + _gain(seconds, watts, slope)), seconds


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
