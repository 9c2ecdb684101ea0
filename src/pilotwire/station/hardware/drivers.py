"""Drivers by name: the simulated one, those that installed packages bring (entry points), or a factory in any module."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.metadata import entry_points
from typing import Any

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.station.hardware.ports import (
    Happened,
    HardwareDriver,
    HardwareError,
    HardwareEvent,
    RunningFirmware,
    StationLayout,
)
from pilotwire.station.hardware.simulated import SimulatedStation, VehicleFrom, layout

SIMULATED = "simulated"
"""The driver without hardware."""
GROUP = "pilotwire.drivers"
"""The group of entry points in which a package names its drivers."""


@dataclass(frozen=True, slots=True)
class DriverPlace:
    """What a driver is made for: whose hardware it is, how that is laid out, what the driver's `save` gave last (None: nothing yet),
    and what the person who runs the station wrote into `[station.driver_options]`.
    """

    identity: str
    layout: StationLayout
    saved: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


DriverFactory = Callable[[DriverPlace], HardwareDriver]
"""Makes a driver, without touching hardware yet: `open` does. Raises `ConfigError` for options that cannot be."""


def simulated(vehicle_from: VehicleFrom | None = None) -> DriverFactory:
    """The simulated driver; `vehicle_from` makes the vehicles again that were plugged in when it was saved."""

    def make(place: DriverPlace) -> HardwareDriver:
        if place.options:
            raise ConfigError("The simulated driver has no options.", "Leave out driver_options, or name a driver.")
        if place.saved is None:
            return SimulatedStation(place.layout)
        return SimulatedStation.restore(place.layout, place.saved, vehicle_from=vehicle_from)

    return make


def find_driver(
    name: str, options: Mapping[str, Any] | None = None, *, vehicle_from: VehicleFrom | None = None
) -> DriverFactory:
    """The driver called `simulated`, as an entry point of the group `pilotwire.drivers`, or written `module:factory`.

    Raises `ConfigError` for a name that nobody answers to.
    """
    given = dict(options or {})
    factory = simulated(vehicle_from) if name == SIMULATED else _named(name)
    return lambda place: factory(DriverPlace(place.identity, place.layout, place.saved, given))


def _named(name: str) -> DriverFactory:
    return _in_module(name) if ":" in name else _entry_point(name)


def _entry_point(name: str) -> DriverFactory:
    found = entry_points(group=GROUP)
    for one in found:
        if one.name == name:
            try:
                return _callable(one.load(), name)
            except (ImportError, AttributeError) as error:
                raise ConfigError(
                    f"The driver {name} cannot be loaded: {error}.", "Install its package anew."
                ) from error
    known = ", ".join(sorted({SIMULATED, *(one.name for one in found)}))
    raise ConfigError(f"There is no driver {name}.", f"There are {known}; or write module:factory.")


def _in_module(name: str) -> DriverFactory:
    return _callable(_attribute("driver", name), name)


def _attribute(what: str, name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        remedy = "Write module:name, and put the module where Python finds it (PYTHONPATH)."
        raise ConfigError(f"The {what} {name} cannot be loaded: {error}.", remedy) from error


def _callable(found: Any, name: str) -> DriverFactory:
    if not callable(found):
        raise ConfigError(f"The driver {name} is no factory.", "Name a function that takes a DriverPlace.")
    factory: DriverFactory = found
    return factory


def find_layout(name: str) -> StationLayout:
    """The layout of that name, or the `StationLayout` written `module:name`; raises `ConfigError`."""
    if ":" not in name:
        return layout(name)
    found = _attribute("layout", name)
    if not isinstance(found, StationLayout):
        raise ConfigError(f"{name} is no layout.", "Name a StationLayout (pilotwire.station.hardware.ports).")
    return found


class TellingDriver:
    """A beginning for drivers that tell by themselves what happens: what most of them have in common, to be overridden where it differs.

    `happened` reports; `check_place` is the check every command begins with. The rest of `HardwareDriver` is the author's.
    """

    def __init__(self, place: DriverPlace) -> None:
        self.layout = place.layout
        self.happened: Happened = _nobody
        self._connectors = {evse.evse_id: len(evse.connectors) for evse in place.layout.evses}

    def check_place(self, evse_id: int, connector_id: int = 1) -> None:
        """Raise `MisuseError` for an EVSE or connector that the layout does not have."""
        if not 1 <= connector_id <= self._connectors.get(evse_id, 0):
            raise MisuseError(f"This station has no EVSE {evse_id} with a connector {connector_id}.")

    def advance(self, seconds: float) -> list[HardwareEvent]:
        """See `HardwareDriver`: nothing, what happens is told."""
        return []

    @property
    def at_rest(self) -> bool:
        """See `HardwareDriver`: always."""
        return True

    def save(self) -> Mapping[str, Any]:
        """See `HardwareDriver`: nothing, the hardware keeps its own registers."""
        return {}

    def show(self, evse_id: int | None, text: str) -> None:
        """See `HardwareDriver`: there is no display."""
        if evse_id is not None:
            self.check_place(evse_id)

    def set_power_setpoint(self, evse_id: int, watts: Decimal | None, var: Decimal | None = None) -> None:
        """See `HardwareDriver`: no outlet takes energy back."""
        self.check_place(evse_id)
        raise MisuseError(f"EVSE {evse_id} takes no energy back.", "Ask only where the layout has max_discharge_w.")

    def install(self, image: bytes) -> str:
        """See `HardwareDriver`: there is no firmware to install."""
        raise HardwareError("This hardware takes no firmware from its controller.", "Update it as its maker says.")

    @property
    def firmware(self) -> RunningFirmware:
        """See `HardwareDriver`: as delivered."""
        return RunningFirmware()


def _nobody(_: object) -> None:
    """Nobody listens before `open`."""
