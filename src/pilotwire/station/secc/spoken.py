"""A vehicle that a simulated EVSE knows only by what it says over ISO 15118: it takes what it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotwire.iso15118.charging import AcLimits, DcLimits, Needs
from pilotwire.iso15118.secc.ports import Demand

SPOKEN: Final = "spoken"
"""What a saved vehicle of this kind is known by."""
_HOUR = 3600.0
_UNKNOWN_V = 400.0


@dataclass(frozen=True, slots=True)
class _Told:
    capacity_wh: float
    present_soc: float
    target_soc: float
    complete: bool
    volts: tuple[float, float]
    minimum_soc: float | None = None
    max_discharge: tuple[float, float] | None = None


class SpokenVehicle:
    """A `VehicleInlet` moved by a session: `wants` is state C of its control pilot, `asks` what it said last in the loop."""

    def __init__(self, name: str, *, dc: bool) -> None:
        self._name = name
        self._dc = dc
        self._plugged = False
        self._requests = False
        self.wants = False
        self.asks = Demand()
        self.needs: Needs | None = None
        self._offer: tuple[int, float, float, float, bool] = (1, 0.0, 0.0, 0.0, False)
        self.taken_wh = 0

    @property
    def name(self) -> str:
        """Its EVCCID."""
        return self._name

    @property
    def plugged_in(self) -> bool:
        """Whether the cable is in."""
        return self._plugged

    @property
    def requests_power(self) -> bool:
        """State C."""
        return self._requests

    @property
    def phases(self) -> int:
        """As many as both have."""
        if self._dc:
            return 1
        own = self.needs.limits.phases if self.needs and isinstance(self.needs.limits, AcLimits) else 3
        return min(self._offer[0], own)

    @property
    def power_w(self) -> float:
        """What flows: on DC what it asks for, on AC what it may take and can, within what is held out."""
        _, volts, amperes, watts, live = self._offer
        if not live or not self._requests:
            return 0.0
        if self._dc:
            return self._dc_power(amperes, watts)
        if self.asks.present_w is not None:
            return min(self.asks.present_w, watts)
        own = self.needs.limits.max_a if self.needs and isinstance(self.needs.limits, AcLimits) else amperes
        return min(self.phases * volts * min(amperes, own), watts)

    def _dc_power(self, amperes: float, watts: float) -> float:
        """What it asks for; under dynamic control (-20) it asks for nothing, and takes what the station sets."""
        most = min(watts, amperes * self.pack_volts)
        if self.asks.target_a is None:
            own = self.needs.limits.max_w if self.needs and isinstance(self.needs.limits, DcLimits) else most
            return min(most, own)
        return min(self.asks.target_a * self.pack_volts, most)

    @property
    def pack_volts(self) -> float:
        """What it asked for last, or said that its battery has."""
        return self.asks.target_v or self.asks.present_v or _UNKNOWN_V

    @property
    def soc_percent(self) -> float:
        """As it said; 0 where it did not."""
        return float(self.asks.soc if self.asks.soc is not None else (self.needs.soc or 0) if self.needs else 0)

    def tells(self) -> _Told:
        """What it said of itself."""
        needs = self.needs
        capacity = needs.capacity_wh if needs and needs.capacity_wh else 0.0
        target = needs.target_soc if needs and needs.target_soc is not None else 100
        return _Told(
            capacity, self.soc_percent, float(target), bool(self.asks.charging_complete), (0.0, self.pack_volts)
        )

    def accepts(self, connector_type: str, *, dc: bool) -> bool:
        """It is plugged in already: somewhere else there is no connection."""
        return dc == self._dc

    def plug_in(self) -> None:
        """The cable goes in."""
        self._plugged = True

    def plug_out(self) -> None:
        """The cable is out."""
        self._plugged = self._requests = self.wants = False

    def reset_pilot(self) -> None:
        """Back to state B."""
        self._requests = False

    def offer(self, *, dc: bool, phases: int, voltage_v: float, current_a: float, power_w: float, live: bool) -> None:
        """What is held out."""
        self._offer = (phases, voltage_v, current_a, power_w, live)

    def pause(self) -> None:
        """A person at the simulated vehicle wants no energy."""
        self.wants = False

    def resume(self) -> None:
        """Or wants it again."""
        self.wants = True

    def run(self, seconds: float) -> tuple[float, float]:
        """Let time pass: the control pilot follows what it wants, energy flows as it asked."""
        if self._requests != self.wants:
            self._requests = self.wants
            return 0.0 if seconds > 0 else seconds, 0.0
        return seconds, self.power_w * seconds / _HOUR

    def book(self, wh: int) -> None:
        """Whole Wh that arrived."""
        self.taken_wh += wh

    def save(self) -> dict[str, Any]:
        """Who it is: after a restart its cable is still in, and it may come back to its session."""
        return {SPOKEN: self._name, "dc": self._dc}

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> SpokenVehicle:
        """It, plugged in and wanting nothing yet."""
        vehicle = cls(str(saved[SPOKEN]), dc=bool(saved.get("dc")))
        vehicle.plug_in()
        return vehicle
