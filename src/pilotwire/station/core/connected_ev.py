"""The vehicle at an EVSE as a component (ConnectedEV; 2.1 Part 2 2.17.1): what it said of itself and of what it wants by ISO 15118.

What it needs is taken from the session that told it (`vehicle_sessions`); who it is, and what it asks for while it charges, is told by
whoever speaks to it. Without a vehicle, and for what it did not say, values are empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.domain.device_model import AttributeType, DataType, Mutability, VariableName
from pilotwire.domain.smart_charging.needs import (
    ACChargingParameters,
    ChargingNeeds,
    DCChargingParameters,
    V2XChargingParameters,
)
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, OtherAttribute
from pilotwire.station.core.vehicle_sessions import VehicleSessions
from pilotwire.station.hardware.ports import StationLayout

_COMPONENT: Final = "ConnectedEV"
_ACTUAL, _TARGET = AttributeType.ACTUAL, AttributeType.TARGET
_MIN, _MAX = AttributeType.MIN_SET, AttributeType.MAX_SET
_CERTIFICATE, _OFFERED = "VehicleCertificate", "ProtocolSupportedByEV"
_LINKS, _ROOT = ("Leaf", "SubCA1", "SubCA2"), "Root"
_MOST_PROTOCOLS: Final = 20
_Said = dict[tuple[str, AttributeType], Decimal | int | datetime | str | bool | None]


@dataclass(frozen=True, slots=True)
class VehicleIdentified(OfStreet):
    """Which vehicle it is: `vehicle_id` is its EVCCID in hexadecimal, `protocol` the agreed one as `<uri>,<major>,<minor>`.

    `offered`: all protocols it speaks, the most wanted first. `chain`: its certificates as PEM, its own first, then up to two sub-CAs;
    `root`: that of its root, if known (ISO 15118-20).
    """

    evse_id: int
    vehicle_id: str
    protocol: str
    offered: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    root: str = ""


@dataclass(frozen=True, slots=True)
class VehicleAsks(OfStreet):
    """What a vehicle asks for in the charging loop (CurrentDemandReq, DC_ChargeLoopReq): A and V; times in s, None: not said."""

    evse_id: int
    current: Decimal | None = None
    voltage: Decimal | None = None
    seconds_to_full: int | None = None
    complete: bool | None = None


@dataclass(slots=True)
class _Heard:
    """What was told of the vehicles besides their needs, by EVSE."""

    by_evse: dict[int, _Said] = field(default_factory=dict)


# --- what is said ---------------------------------------------------------------------------------------------------


def _identified(station: Station, event: VehicleIdentified) -> None:
    said: _Said = {("VehicleId", _ACTUAL): event.vehicle_id, ("ProtocolAgreed", _ACTUAL): event.protocol}
    for number, protocol in enumerate(event.offered[:_MOST_PROTOCOLS], 1):
        said[f"{_OFFERED}[{number}]", _ACTUAL] = protocol
    for link, text in zip(_LINKS, event.chain, strict=False):
        said[f"{_CERTIFICATE}[{link}]", _ACTUAL] = text
    said[f"{_CERTIFICATE}[{_ROOT}]", _ACTUAL] = event.root
    if _hear(station, event.evse_id, said):
        station.moment(VehicleSessions).identified(event.evse_id, event.vehicle_id, event.protocol)


def _asks(station: Station, event: VehicleAsks) -> None:
    said: _Said = {
        ("DCCurrent", _TARGET): event.current,
        ("DCVoltage", _TARGET): event.voltage,
        ("RemainingTimeFull", _ACTUAL): event.seconds_to_full,
        ("ChargingCompleteFull", _ACTUAL): event.complete,
    }
    _hear(station, event.evse_id, {place: value for place, value in said.items() if value is not None})


def _hear(station: Station, evse_id: int, said: _Said) -> bool:
    """Keep it; False: there is no vehicle."""
    evse = station.evses.get(evse_id)
    if evse is None or evse.connector is None:
        station.note(f"Something is told of a vehicle at EVSE {evse_id}, where none is.")
        return False
    station.moment(_Heard).by_evse.setdefault(evse_id, {}).update(said)
    return True


def _follow(station: Station) -> None:
    """A vehicle that has gone is forgotten."""
    heard = station.moment(_Heard).by_evse
    for evse_id in [one for one in heard if station.evses[one].connector is None]:
        del heard[evse_id]
        station.moment(VehicleSessions).ids.pop(evse_id, None)


def _needed(needs: ChargingNeeds) -> _Said:
    """What a vehicle needs, by the table of 2.1 2.17.1."""
    ac, dc, v2x = needs.ac_charging_parameters, needs.dc_charging_parameters, needs.v2x_charging_parameters
    said: _Said = {("DepartureTime", _ACTUAL): needs.departure_time}
    said |= _of_ac(ac) if ac is not None else {}
    said |= _of_dc(dc) if dc is not None else {}
    both = _of_v2x(v2x) if v2x is not None else {}
    return said | {place: value for place, value in both.items() if value is not None}


def _of_ac(ac: ACChargingParameters) -> _Said:
    return {
        ("ACCurrent", _MIN): ac.ev_min_current,
        ("ACCurrent", _MAX): ac.ev_max_current,
        ("ACVoltage", _MAX): ac.ev_max_voltage,
        ("EnergyImport", _TARGET): ac.energy_amount,
    }


def _of_dc(dc: DCChargingParameters) -> _Said:
    return {
        ("DCCurrent", _MAX): dc.ev_max_current,
        ("DCVoltage", _MAX): dc.ev_max_voltage,
        ("Power", _MAX): dc.ev_max_power,
        ("EnergyImport", _MAX): dc.ev_energy_capacity,
        ("EnergyImport", _TARGET): dc.energy_amount,
        ("BatteryCapacity", _ACTUAL): dc.ev_energy_capacity,
        ("StateOfCharge", _ACTUAL): dc.state_of_charge,
        ("StateOfCharge", _MAX): dc.full_soc,
        ("StateOfChargeBulk", _ACTUAL): dc.bulk_soc,
    }


def _of_v2x(v2x: V2XChargingParameters) -> _Said:
    """All phases combined, where each has a power of its own."""
    charge = (v2x.max_charge_power, v2x.max_charge_power_l2, v2x.max_charge_power_l3)
    discharge = (v2x.max_discharge_power, v2x.max_discharge_power_l2, v2x.max_discharge_power_l3)
    return {
        ("DCCurrent", _MIN): v2x.min_charge_current,
        ("DCCurrent", _MAX): v2x.max_charge_current,
        ("DCVoltage", _MIN): v2x.min_voltage,
        ("DCVoltage", _MAX): v2x.max_voltage,
        ("Power", _MAX): _sum(charge),
        ("DischargePower", _MAX): _sum(discharge),
        ("EnergyImport", _MIN): v2x.ev_min_energy_request,
        ("EnergyImport", _MAX): v2x.ev_max_energy_request,
        ("EnergyImport", _TARGET): v2x.ev_target_energy_request,
    }


def _sum(powers: tuple[Decimal | None, ...]) -> Decimal | None:
    told = [power for power in powers if power is not None]
    return sum(told, Decimal(0)) if told else None


def _measured(station: Station, evse: Evse) -> _Said:
    """What the meter and a DC station's own ears tell, in the place of what was said once."""
    reading = station.meter(evse.evse_id)
    kind = "DC" if evse.layout.dc else "AC"
    said: _Said = {
        (f"{kind}Current", _ACTUAL): max(reading.current_a, default=None),
        (f"{kind}Voltage", _ACTUAL): max(reading.voltage_v, default=None),
    }
    return said | ({} if reading.soc_percent is None else {("StateOfCharge", _ACTUAL): reading.soc_percent})


# --- what is told ---------------------------------------------------------------------------------------------------


def _told(station: Station, name: VariableName, attribute: AttributeType) -> str:
    evse = station.evses.get(name.evse or 0)
    if evse is None or evse.connector is None:
        return ""
    spelled = _SPELLED.get(name.variable.casefold(), name.variable)
    if name.variable_instance:
        spelled = f"{spelled}[{_INSTANCES.get(name.variable_instance.casefold(), name.variable_instance)}]"
    place = spelled, attribute
    session = station.moment(VehicleSessions).by_evse.get(evse.evse_id)
    said = {} if session is None else _needed(session.needs)
    if attribute is _ACTUAL:
        said |= _measured(station, evse)
    said |= station.moment(_Heard).by_evse.get(evse.evse_id, {})
    return _text(said.get(place))


def _text(value: Decimal | int | datetime | str | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _actual(station: Station, name: VariableName) -> str:
    return _told(station, name, _ACTUAL)


def _is_there(station: Station, name: VariableName) -> str:
    evse = station.evses.get(name.evse or 0)
    return str(evse is not None and evse.connector is not None).lower()


# --- the street -----------------------------------------------------------------------------------------------------

_D, _I, _S = DataType.DECIMAL, DataType.INTEGER, DataType.STRING
_COMMON: tuple[tuple[str, DataType, str | None, tuple[AttributeType, ...]], ...] = (
    ("VehicleId", _S, None, ()),
    ("ProtocolAgreed", _S, None, ()),
    ("Power", _D, "W", (_MAX,)),
    ("DischargePower", _D, "W", (_MAX,)),
    ("EnergyImport", _D, "Wh", (_TARGET, _MIN, _MAX)),
    ("DepartureTime", DataType.DATE_TIME, None, ()),
)
_AC = (("ACCurrent", _D, "A", (_MIN, _MAX)), ("ACVoltage", _D, "V", (_MAX,)))
_DC = (
    ("DCCurrent", _D, "A", (_TARGET, _MIN, _MAX)),
    ("DCVoltage", _D, "V", (_TARGET, _MIN, _MAX)),
    ("BatteryCapacity", _D, "Wh", ()),
    ("StateOfCharge", _D, "Percent", (_MAX,)),
    ("StateOfChargeBulk", _I, "Percent", ()),
    ("RemainingTimeFull", _I, "s", ()),
    ("ChargingCompleteFull", DataType.BOOLEAN, None, ()),
)
_SPELLED = {name.casefold(): name for name in (*(name for name, *_ in (*_COMMON, *_AC, *_DC)), _CERTIFICATE, _OFFERED)}
_INSTANCES = {link.casefold(): link for link in (*_LINKS, _ROOT)}


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """1.6 knows no vehicles."""
    if family is Family.OCPP16:
        return
    for evse in layout.evses:
        here = evse.evse_id
        available = VariableName(component=_COMPONENT, variable="Available", evse=here)
        yield Declared(available, DataType.BOOLEAN, "false", Mutability.READ_ONLY, persistent=False)
        for variable, type_, unit, attributes in (*_COMMON, *(_DC if evse.dc else _AC)):
            yield Declared(
                VariableName(component=_COMPONENT, variable=variable, evse=here),
                type_,
                "",
                Mutability.READ_ONLY,
                unit=unit,
                persistent=False,
                others=tuple(OtherAttribute(each, "", Mutability.READ_ONLY, persistent=False) for each in attributes),
            )
        if evse.max_discharge_w > 0:
            yield from _of_both_ways(here)


def _of_both_ways(evse_id: int) -> Iterator[Declared]:
    """What is needed besides where a vehicle can be discharged (Q01.FR.36)."""
    places = [(_CERTIFICATE, link) for link in (*_LINKS, _ROOT)]
    places += [(_OFFERED, str(number)) for number in range(1, _MOST_PROTOCOLS + 1)]
    for variable, instance in places:
        name = VariableName(component=_COMPONENT, variable=variable, variable_instance=instance, evse=evse_id)
        yield Declared(name, _S, "", Mutability.READ_ONLY, persistent=False)


_FOLDED = _COMPONENT.casefold()

STREET = Street(
    "connected_ev",
    events={VehicleIdentified: _identified, VehicleAsks: _asks},
    variables=_variables,
    live={(_FOLDED, "available"): _is_there} | {(_FOLDED, variable): _actual for variable in _SPELLED},
    live_others={(_FOLDED, variable): _told for variable in _SPELLED},
    follow=_follow,
)
