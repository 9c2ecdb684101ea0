"""The vehicles that come to a station, by the names people give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pilotwire.station.hardware.ports import HardwareError, VehicleInlet

DEFAULT_MODEL = "compact-58"


class VehicleMaker(Protocol):
    """Builds a vehicle of a model; raises PilotwireError for a model that is not known."""

    def __call__(self, model: str, *, soc: float, target_soc: float | None, energy_wh: int | None) -> VehicleInlet:
        """`soc` and `target_soc` in percent, `energy_wh` what it wants at most."""
        ...


class Garage:
    """A vehicle is made when it first comes, and is the same one when it comes again. One that could not be plugged in never came."""

    def __init__(self, make: VehicleMaker) -> None:
        self._make: Callable[..., VehicleInlet] = make
        self._vehicles: dict[str, VehicleInlet] = {}

    def vehicle(
        self, name: str, model: str | None, *, soc: float | None, target_soc: float | None, energy_wh: int | None
    ) -> VehicleInlet:
        """The vehicle of that name. A known one has its model and its battery: naming others is refused with HardwareError."""
        known = self._vehicles.get(name)
        if known is None:
            return self._make(
                model or DEFAULT_MODEL, soc=20.0 if soc is None else soc, target_soc=target_soc, energy_wh=energy_wh
            )
        if model is not None or soc is not None or target_soc is not None or energy_wh is not None:
            raise HardwareError(
                f"The vehicle {name!r} has been here before and is as it is.",
                "Plug it in by its name alone, or give a new vehicle another name.",
            )
        return known

    def adopt(self, name: str, vehicle: VehicleInlet) -> None:
        """A vehicle is here: it was plugged in, or was so already when the station started (its old name is not known any more)."""
        self._vehicles[name] = vehicle

    def overview(self) -> dict[str, Any]:
        """Each vehicle's state of charge, whether it is plugged in, and what its own meter counted."""
        return {name: _seen(vehicle) for name, vehicle in self._vehicles.items()}


def _seen(vehicle: VehicleInlet) -> dict[str, Any]:
    meter = getattr(vehicle, "meter", None)
    return {
        "model": vehicle.name,
        "socPercent": round(vehicle.soc_percent, 2),
        "pluggedIn": vehicle.plugged_in,
        "requestsPower": vehicle.requests_power,
        "deliveredWh": getattr(meter, "delivered_wh", None),
    }
