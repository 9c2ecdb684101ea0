"""DER controls that are for the inverter in the vehicle: which those are, and how they get there (R02, R03).

At an AC outlet the inverter is the vehicle's. In a session with the service AC_BPT_DER it has controls of its own: they are
handed on to it, and it says when one of them makes it do something else. What it has not, and what a vehicle in plain AC_BPT has
not at all, the station does in its place where it can (see `der_settings`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pilotwire.domain.der_control import DerControl, DerControlType, GridEventFault
from pilotwire.domain.der_vehicle import DER_SERVICES
from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.kinds import Verdict
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.der_control_memory import DerMemory, ToldAlarm
from pilotwire.station.core.der_effects import Causes
from pilotwire.station.core.der_settings import executes
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.vehicle_sessions import Spoken, VehicleSessions
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


@dataclass(frozen=True, slots=True)
class InverterAlarm(OfStreet):
    """The inverter in a vehicle does something else than asked because of a control, or no longer (ISO 15118-20 DERAlarm)."""

    evse_id: int
    control_type: DerControlType
    present: bool
    fault: GridEventFault | None = None


@dataclass(slots=True)
class Handed:
    """By EVSE: whom the last controls were for, and which."""

    by_evse: dict[int, tuple[Hashable, tuple[DerControl, ...]]] = field(default_factory=dict)


# --- to the vehicle -------------------------------------------------------------------------------------------------


def follow(station: Station) -> None:
    """Hand on what is in force, once to each vehicle and again when it changes (R02.FR.03, R03.FR.06); forget who has gone."""
    handed = station.moment(Handed).by_evse
    spoken = station.moment(VehicleSessions).by_evse
    for evse in station.evses.values():
        session = spoken.get(evse.evse_id)
        if session is None or not _has_controls(evse, session):
            handed.pop(evse.evse_id, None)
            station.moment(Causes).told.pop(evse.evse_id, None)
            continue
        controls = tuple(each for each in _in_force(station) if not executes(station, evse, each.control_type))
        if handed.get(evse.evse_id, (None, ())) != (session.ref, controls):
            handed[evse.evse_id] = session.ref, controls
            station.do(Inform(session.ref, DerControlsForVehicle(controls=controls)))


def _has_controls(evse: Evse, session: Spoken) -> bool:
    """Whether DER controls are for the vehicle at an EVSE."""
    return not evse.layout.dc and session.needs.requested_energy_transfer in DER_SERVICES


def _in_force(station: Station) -> Iterator[DerControl]:
    """The scheduled control of a type that runs, else its default (R04.FR.09, R04.FR.11)."""
    held = [each for each in station.kept(DerMemory).controls if not each.is_superseded]
    running = {each.control.control_type for each in held if each.started}
    for each in held:
        if each.started or (each.control.is_default and each.control.control_type not in running):
            yield each.control


# --- from the vehicle -----------------------------------------------------------------------------------------------


def alarmed(station: Station, event: InverterAlarm) -> None:
    """What the vehicle says is told like an alarm of the station's own inverter (R02, R03, R05.FR.01)."""
    evse = station.evses.get(event.evse_id)
    session = station.moment(VehicleSessions).by_evse.get(event.evse_id)
    if evse is None or session is None or not _has_controls(evse, session):
        what = f"{event.control_type} at EVSE {event.evse_id}, where no vehicle has DER controls"
        station.note(f"An inverter told of {what}: it was not taken.")
        return
    told = station.moment(Causes).told
    if event.present:
        told[event.evse_id] = ToldAlarm(control_type=event.control_type, fault=event.fault)
    elif event.evse_id in told and told[event.evse_id].control_type is event.control_type:
        del told[event.evse_id]


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """ACDERCtrlr of each AC outlet that takes energy back (R03.FR.03)."""
    for evse in layout.evses if family is not Family.OCPP16 else ():
        if not evse.dc and evse.max_discharge_w > 0:
            name = VariableName(component="ACDERCtrlr", variable="ModesSupported", evse=evse.evse_id)
            values = tuple(DerControlType)
            yield Declared(name, DataType.MEMBER_LIST, ",".join(EMULATED), Mutability.READ_ONLY, values=values)


STREET = Street("der_vehicle", events={InverterAlarm: alarmed}, variables=_variables, follow=follow)
