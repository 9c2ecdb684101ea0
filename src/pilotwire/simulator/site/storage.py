"""A stationary battery at a site: it takes what the sun gives too much, and gives back what the site takes too much."""

from __future__ import annotations

import math
from typing import Final

from pilotwire.simulator.site.settings import StoragePlan

_READY_HOURS: Final = 0.5
"""How long it must last at full power to be counted on for the target."""


class Storage:
    """It knows what the site takes at each moment, and follows at once. Without a plan it does nothing."""

    def __init__(self, plan: StoragePlan | None) -> None:
        self._plan = plan
        self.energy_wh = 0.0 if plan is None else plan.capacity_wh * plan.start_percent / 100
        self._one_way = 1.0 if plan is None else math.sqrt(plan.efficiency)

    @property
    def ready(self) -> bool:
        """Whether it can give its full power for a while."""
        return self._plan is not None and self.energy_wh * self._one_way >= self._plan.watts * _READY_HOURS

    def run(self, hours: float, site_wh: float, target_watts: float | None) -> float:
        """What it takes (Wh; negative: gives) while the site takes `site_wh`; `target_watts` is what that is to stay below."""
        plan = self._plan
        if plan is None or hours <= 0:
            return 0.0
        above = (plan.above if target_watts is None else target_watts) * hours
        if site_wh < 0:
            taken = min(-site_wh, plan.watts * hours, (plan.capacity_wh - self.energy_wh) / self._one_way)
            self.energy_wh += taken * self._one_way
            return taken
        if site_wh > above:
            given = min(site_wh - above, plan.watts * hours, self.energy_wh * self._one_way)
            self.energy_wh -= given / self._one_way
            return -given
        return 0.0
