"""Which DER controls are in force, at which inverters, and when something of theirs is to be looked at again.

The inverter of a DC outlet is the station's. At an AC outlet it is the vehicle's: the station stands in for it, by the power it asks for
in each ChargeLoop, where that is enough (ACDERCtrlr) and the vehicle has not the control itself (R03.FR.05).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pilotwire.domain.der_control import Curve, DerControlType, setting_of
from pilotwire.domain.der_inverter import Rating
from pilotwire.domain.der_vehicle import discharge_told
from pilotwire.station.core.der_control_memory import DerMemory
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.vehicle_sessions import VehicleSessions

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
    """Whether the inverter of an EVSE is under DER control; one in a vehicle always is."""
    if evse.layout.max_discharge_w <= 0:
        return False
    if not evse.layout.dc:
        return station.variables.has(key_of_modes(evse))
    key = f"DCDERCtrlr@{evse.evse_id}.Enabled"
    return station.variables.has(key) and station.variables.on(key)


def key_of_modes(evse: Evse) -> str:
    """The variable that says which controls the station can carry out at an EVSE."""
    return f"{'DC' if evse.layout.dc else 'AC'}DERCtrlr@{evse.evse_id}.ModesSupported"


def executes(station: Station, evse: Evse, control_type: DerControlType) -> bool:
    """Whether the station carries out such a control at an EVSE: what a vehicle has itself is left to it (R03.FR.05)."""
    if not is_enabled(station, evse):
        return False
    if evse.layout.dc:
        return True
    spoken = station.moment(VehicleSessions).by_evse.get(evse.evse_id)
    if spoken is not None and control_type in spoken.der_controls:
        return False
    return control_type in station.variables.members(key_of_modes(evse))


def active(station: Station, control_type: DerControlType, kind: type[_T], evse: Evse | None = None) -> _T | None:
    """The setting in force: that of the scheduled control that runs, else of the default (R04.FR.09, R04.FR.11).

    None at an EVSE where the station does not carry it out.
    """
    controls = station.kept(DerMemory).controls
    if not controls or (evse is not None and not executes(station, evse, control_type)):
        return None
    held = [each for each in controls if each.control.control_type is control_type and not each.is_superseded]
    running = [each for each in held if each.started] or [each for each in held if each.control.is_default]
    setting = setting_of(running[-1].control) if running else None
    return setting if isinstance(setting, kind) else None


def curve_of(station: Station, control_type: DerControlType, evse: Evse | None = None) -> Curve | None:
    """The curve in force."""
    return active(station, control_type, Curve, evse)


def rating_of(station: Station, evse: Evse) -> Rating:
    """What the inverter at an EVSE is rated for; that of a vehicle for the power it says it gives back, within that of the outlet."""
    watts = evse.layout.max_discharge_w
    spoken = station.moment(VehicleSessions).by_evse.get(evse.evse_id)
    if spoken is not None and not evse.layout.dc:
        told = discharge_told(spoken.needs)
        watts = watts if told is None or told <= 0 else min(watts, told)
    return Rating(watts=watts, charge_watts=evse.layout.supply.max_power_w)
