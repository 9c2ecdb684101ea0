"""DER controls that are for the inverter in the vehicle: which those are, and how they get there (R02, R03).

At an AC outlet the inverter is the vehicle's. In a session with the service AC_BPT_DER it has controls of its own,
and they are handed on to it. What it has not, and what a vehicle in plain AC_BPT has not at all, the station does in
its place where it can (ACDERCtrlr), by the power it asks for in each ChargeLoop.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pilotwire.domain.der_control import DerControl, DerControlType
from pilotwire.domain.der_vehicle import AC_BPT_DER, supported_by
from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.kinds import Verdict
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.der_control_memory import DerMemory
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.vehicle_sessions import VehicleSessions
from pilotwire.station.hardware.ports import StationLayout

_C = DerControlType
EMULATED: Final = (
    _C.ENTER_SERVICE,
    _C.FREQ_DROOP,
    _C.FREQ_WATT,
    _C.FIXED_PF_ABSORB,
    _C.FIXED_PF_INJECT,
    _C.FIXED_VAR,
    _C.GRADIENTS,
    _C.LIMIT_MAX_DISCHARGE,
    _C.POWER_MONITORING_MUST_TRIP,
    _C.VOLT_VAR,
    _C.VOLT_WATT,
    _C.WATT_PF,
    _C.WATT_VAR,
)
"""What an AC outlet can do in the vehicle's place (R03.FR.03). Trips and ride-through are not: a ChargeLoop is too slow for them."""


class DerControlsForVehicle(Verdict):
    """All controls the vehicle's inverter is to follow from now on (ISO 15118-20 ChargeParameterDiscoveryRes of AC_BPT_DER)."""

    controls: tuple[DerControl, ...]


@dataclass(slots=True)
class Handed:
    """By EVSE: whom the last controls were for, and which."""

    by_evse: dict[int, tuple[Hashable, tuple[DerControl, ...]]] = field(default_factory=dict)


def key_of_modes(evse: Evse) -> str:
    """The variable that says what an AC outlet can do in the vehicle's place."""
    return f"ACDERCtrlr@{evse.evse_id}.ModesSupported"


def executes(station: Station, evse: Evse, control_type: DerControlType) -> bool:
    """Whether a control is for the station's own inverter, or the station stands in for the vehicle's (R03.FR.05)."""
    if evse.layout.dc:
        return True
    if not station.variables.has(key_of_modes(evse)):
        return False
    spoken = station.moment(VehicleSessions).by_evse.get(evse.evse_id)
    own = supported_by(spoken.needs) if spoken is not None else frozenset()
    return control_type not in own and control_type in station.variables.members(key_of_modes(evse))


def follow(station: Station) -> None:
    """Hand on what is in force, once to each vehicle and again when it changes (R02.FR.03, R03.FR.06)."""
    handed = station.moment(Handed).by_evse
    spoken = station.moment(VehicleSessions).by_evse
    for evse in station.evses.values():
        session = spoken.get(evse.evse_id)
        if session is None or evse.layout.dc or session.needs.requested_energy_transfer != AC_BPT_DER:
            handed.pop(evse.evse_id, None)
            continue
        controls = tuple(each for each in _in_force(station) if not executes(station, evse, each.control_type))
        if handed.get(evse.evse_id, (None, ())) != (session.ref, controls):
            handed[evse.evse_id] = session.ref, controls
            station.do(Inform(session.ref, DerControlsForVehicle(controls=controls)))


def _in_force(station: Station) -> Iterator[DerControl]:
    """The scheduled control of a type that runs, else its default (R04.FR.09, R04.FR.11)."""
    held = [each for each in station.kept(DerMemory).controls if not each.is_superseded]
    running = {each.control.control_type for each in held if each.started}
    for each in held:
        if each.started or (each.control.is_default and each.control.control_type not in running):
            yield each.control


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """ACDERCtrlr of each AC outlet that takes energy back (R03.FR.03)."""
    for evse in layout.evses if family is not Family.OCPP16 else ():
        if not evse.dc and evse.max_discharge_w > 0:
            name = VariableName(component="ACDERCtrlr", variable="ModesSupported", evse=evse.evse_id)
            values = tuple(DerControlType)
            yield Declared(name, DataType.MEMBER_LIST, ",".join(EMULATED), Mutability.READ_ONLY, values=values)


STREET = Street("der_vehicle", variables=_variables, follow=follow)
