"""Which DER controls are in force, at which inverters, and when something of theirs is to be looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pilotwire.domain.der_control import Curve, DerControlType, setting_of
from pilotwire.domain.der_inverter import Rating
from pilotwire.station.core.der_control_memory import DerMemory
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station

_T = TypeVar("_T")
SOON: Final = timedelta(seconds=1)
"""How often what moves by itself is worked out again."""


@dataclass(slots=True)
class Looks:
    """When to look again at the earliest, as found at the last look."""

    next_at: datetime | None = None

    def at(self, moment: datetime) -> None:
        """Look then, if not before."""
        self.next_at = moment if self.next_at is None else min(self.next_at, moment)


def is_enabled(station: Station, evse: Evse) -> bool:
    """Whether the inverter of an EVSE is under DER control."""
    key = f"DCDERCtrlr@{evse.evse_id}.Enabled"
    return evse.layout.max_discharge_w > 0 and station.variables.has(key) and station.variables.on(key)


def active(station: Station, control_type: DerControlType, kind: type[_T]) -> _T | None:
    """The setting in force: that of the scheduled control that runs, else of the default (R04.FR.09, R04.FR.11)."""
    held = [
        each
        for each in station.kept(DerMemory).controls
        if each.control.control_type is control_type and not each.is_superseded
    ]
    running = [each for each in held if each.started] or [each for each in held if each.control.is_default]
    setting = setting_of(running[-1].control) if running else None
    return setting if isinstance(setting, kind) else None


def curve_of(station: Station, control_type: DerControlType) -> Curve | None:
    """The curve in force."""
    return active(station, control_type, Curve)


def rating_of(evse: Evse) -> Rating:
    """What the inverter of an EVSE is rated for."""
    return Rating(watts=evse.layout.max_discharge_w, charge_watts=evse.layout.supply.max_power_w)
