"""What a vehicle says of itself to a station, as over ISO 15118-20: display parameters, energy requests, limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """One moment of it. `minimum_soc` and `max_discharge` (W, A) None: it gives nothing back.

    `target_soc` is where its driver has enough, `complete` whether that is so.
    `volts` are the least and the most that its battery has.
    """

    capacity_wh: float
    present_soc: float
    target_soc: float
    complete: bool
    volts: tuple[float, float]
    minimum_soc: float | None = None
    max_discharge: tuple[float, float] | None = None
