"""A vehicle that charges at a simulated site: its battery, and what its driver has got so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pilotwire.ev.battery import Battery, PowerLine
from pilotwire.simulator.site.visits import Visit

_ENOUGH_WH = 1.0


@dataclass(slots=True)
class Car:
    """One visit as it goes. `got_wh` is what it has got at its inlet, less what it gave back; `grid_wh` what the EVSE took for that.

    `voltage` is that of a phase; `outlet_efficiency` that of a DC EVSE, 1 for AC.
    """

    visit: Visit
    voltage: float
    outlet_efficiency: float = 1.0
    got_wh: float = 0.0
    returned_wh: float = 0.0
    paused: int = 0
    waited_s: float = 0.0
    battery: Battery = field(init=False)
    _stop_wh: float = field(init=False)

    def __post_init__(self) -> None:
        visit = self.visit
        self.battery = Battery(visit.battery, min(visit.start_wh, visit.battery.capacity_wh))
        stop = self.battery.energy_wh + visit.energy_wh * visit.efficiency
        self._stop_wh = min(stop, visit.battery.capacity_wh)

    @property
    def wants(self) -> bool:
        """Whether its driver has not enough yet."""
        return (self._stop_wh - self.battery.energy_wh) / self.visit.efficiency > _ENOUGH_WH

    @property
    def missing_wh(self) -> float:
        """What it wants yet, at its inlet."""
        return max(0.0, self._stop_wh - self.battery.energy_wh) / self.visit.efficiency

    def _grid_to_inlet(self, amperes: float) -> float:
        """W at the inlet when the EVSE takes so much on each phase."""
        return amperes * self.voltage * self.visit.phases * self.outlet_efficiency

    def _supply(self, amperes: float) -> tuple[PowerLine, ...]:
        inlet = min(self._grid_to_inlet(min(amperes, self.visit.amperes)), self.visit.inlet_watts)
        return (PowerLine(inlet * self.visit.efficiency),)

    def taking(self, amperes: float) -> float:
        """What it takes of the grid on each of its phases (A) where it may take so much."""
        if amperes <= 0 or not self.wants:
            return 0.0
        inlet = self.battery.power_w(self._supply(amperes)) / self.visit.efficiency
        return inlet / self._grid_to_inlet(1.0)

    def run(self, seconds: float, amperes: float) -> float:
        """Let time pass with so much allowed (A on each phase; negative: wanted back); returns what the EVSE took of the grid (Wh)."""
        if amperes < 0:
            return -self._give(seconds, -amperes)
        if amperes <= 0 or not self.wants:
            return 0.0
        _, stored = self.battery.charge(seconds, self._supply(amperes), self._stop_wh)
        inlet = stored / self.visit.efficiency
        self.got_wh += inlet
        return inlet / self.outlet_efficiency

    def _give(self, seconds: float, amperes: float) -> float:
        watts = min(amperes, self.visit.back_amperes) * self.voltage * self.visit.phases / self.outlet_efficiency
        keep = min(self.visit.start_wh, self.visit.battery.capacity_wh)
        _, given = self.battery.discharge(seconds, (PowerLine(watts / self.visit.efficiency),), keep)
        inlet = given * self.visit.efficiency
        self.got_wh -= inlet
        self.returned_wh += inlet
        return inlet * self.outlet_efficiency

    @property
    def gives(self) -> bool:
        """Whether it has something to give back: what it has got here, never what it came with."""
        return self.visit.back_amperes > 0 and self.battery.energy_wh > self.visit.start_wh + _ENOUGH_WH


def enough(wanted_wh: float, got_wh: float) -> bool:
    """Whether a driver has what he wanted, to a per cent or 10 Wh."""
    return got_wh >= wanted_wh - max(10.0, wanted_wh * 0.01) and math.isfinite(got_wh)
