"""The physical components of the device model (2.x Part 2 appendix; 2.13): what a layout has, and how each of them is now.

Nothing is invented: a component is there because the layout or the driver protocol has it, and what a value is said to be is read from
the hardware or from what the core knows at that moment. What neither tells is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from pilotwire.domain.availability import Availability, ConnectorState
from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.transactions import ChargingState
from pilotwire.station.core import availability
from pilotwire.station.core.device_model_bounds import POWER_BOUNDS
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Live, Street
from pilotwire.station.core.variable_table import Declared, OtherAttribute
from pilotwire.station.hardware.ports import AcSupply, DcSupply, ErrorCode, EvseLayout, StationLayout

STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
_CHARGING_STATES = ("EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE", "Idle")
_PILOTED = ("cCCS1", "cCCS2", "cTesla", "cType1", "cType2", "sType2", "sType3")
"""Connectors with a control pilot of IEC 61851-1."""
_READER_FAILURE = availability.NAMES[ErrorCode.READER_FAILURE]


# --- what there is --------------------------------------------------------------------------------------------------


def _variables(family: Family, layout: StationLayout) -> Iterable[Declared]:
    """1.6 has no physical components but its count of connectors."""
    if family is Family.OCPP16:
        return ()
    return (*_station(layout), *(one for evse in layout.evses for one in _evse(evse)))


def _at(
    component: str,
    variable: str,
    type_: DataType,
    value: str = "",
    *,
    evse: int | None = None,
    connector: int | None = None,
    values: tuple[str, ...] = (),
    unit: str | None = None,
    high: int | None = None,
    constant: bool = False,
    others: tuple[OtherAttribute, ...] = (),
) -> Declared:
    name = VariableName(component=component, variable=variable, evse=evse, connector=connector)
    return Declared(
        name,
        type_,
        value,
        Mutability.READ_ONLY,
        low=0 if unit in ("W", "Wh") and high is not None else None,
        high=high,
        values=values,
        unit=unit,
        persistent=constant,
        constant=constant,
        others=others,
    )


def _flag(component: str, variable: str, evse: int | None = None, connector: int | None = None) -> Declared:
    return _at(component, variable, DataType.BOOLEAN, "false", evse=evse, connector=connector)


def _place(
    component: str, phases: int | None, evse: int | None = None, connector: int | None = None
) -> Iterator[Declared]:
    """What station, EVSE and connector all tell; `phases` None: the layout does not say (2.x 2.13.6, null value)."""
    yield _at(
        component, "AvailabilityState", DataType.OPTION_LIST, "Available", evse=evse, connector=connector, values=STATES
    )
    yield _flag(component, "Problem", evse, connector)
    count = "" if phases is None else str(phases)
    yield _at(component, "SupplyPhases", DataType.INTEGER, count, evse=evse, connector=connector, constant=True)


def _station(layout: StationLayout) -> Iterator[Declared]:
    phases = max((_phases(evse) for evse in layout.evses), default=0) or None
    yield from _place("ChargingStation", phases)
    yield _at("ChargingStation", "VendorName", DataType.STRING, constant=True, high=50)
    yield _at("ChargingStation", "Model", DataType.STRING, constant=True, high=20)
    yield _at("ChargingStation", "SerialNumber", DataType.STRING, constant=True, high=25)
    yield _at("ChargingStation", "ActiveTransactionId", DataType.STRING)
    yield _at("Controller", "FirmwareVersion", DataType.STRING, high=50)
    yield _flag("ElectricalFeed", "Active")
    yield _flag("ElectricalFeed", "Problem")
    yield _flag("EmergencyStopSensor", "Active")
    yield _flag("EmergencyStopSensor", "Tripped")
    yield _flag("TokenReader", "Problem")
    if layout.main_meter is not None:
        yield from _registers(None)


def _registers(evse: int | None) -> Iterator[Declared]:
    """Of an EVSE's meter, or of the main meter."""
    yield _at("FiscalMetering", "EnergyImportRegister", DataType.DECIMAL, evse=evse, unit="Wh")
    yield _at("FiscalMetering", "EnergyExportRegister", DataType.DECIMAL, evse=evse, unit="Wh")


def _evse(evse: EvseLayout) -> Iterator[Declared]:
    here = evse.evse_id
    most = int(evse.supply.max_power_w)
    yield from _place("EVSE", _phases(evse), here)
    yield _at("EVSE", "AllowReset", DataType.BOOLEAN, "true", evse=here, constant=True)
    yield _at("EVSE", "Power", DataType.DECIMAL, "0", evse=here, unit="W", high=most, others=POWER_BOUNDS)
    if isinstance(evse.supply, DcSupply):
        chooses = "true" if evse.supply.switches_phases else "false"
        yield _at("EVSE", "DCInputPhaseControl", DataType.BOOLEAN, chooses, evse=here, constant=True)
    yield _at("EVSE", "Temperature", DataType.DECIMAL, evse=here, unit="Celsius")
    yield _at("EVSE", "ChargingState", DataType.OPTION_LIST, "Idle", evse=here, values=_CHARGING_STATES)
    yield _at("EVSE", "ActiveTransactionId", DataType.STRING, evse=here)
    yield from _registers(here)
    yield _flag("PowerContactor", "Active", here)
    yield _flag("BayOccupancySensor", "Active", here)
    for connector in evse.connectors:
        number = connector.connector_id
        yield from _place("Connector", _phases(evse), here, number)
        kind = connector.connector_type
        yield _at("Connector", "ConnectorType", DataType.STRING, kind, evse=here, connector=number, constant=True)
        if kind in _PILOTED:
            yield _at("CPPWMController", "State", DataType.STRING, "A", evse=here, connector=number)
        if not connector.cable_attached:
            yield _flag("ConnectorPlugRetentionLock", "Active", here, number)
            yield _flag("ConnectorPlugRetentionLock", "Problem", here, number)


def _phases(evse: EvseLayout) -> int:
    """Alternating phases that come out; 0 on DC (2.x 2.13.6)."""
    return evse.supply.phases if isinstance(evse.supply, AcSupply) else 0


# --- how it is now --------------------------------------------------------------------------------------------------


def _truth(so: bool) -> str:
    return "true" if so else "false"


def _state(station: Station, name: VariableName) -> str:
    return _state_of(station, name).availability.value


def _state_of(station: Station, name: VariableName) -> ConnectorState:
    """An EVSE is in the most telling state of its connectors, the station in its own."""
    states = dict(availability.states(station))
    if name.evse is None:
        return states[STATION]
    if name.connector is not None:
        return states[EvseAddress(evse=name.evse, connector=name.connector)]
    own = [state for address, state in states.items() if address.evse == name.evse]
    return next((state for state in own if state.availability is not Availability.AVAILABLE), own[0])


def _troubled(station: Station, name: VariableName) -> str:
    """Whether something is wrong at a place; what is wrong with a connector is wrong with its EVSE."""
    place = (name.evse or 0, name.connector)
    own = [state for at, state in availability.states(station) if place in ((at.evse, None), (at.evse, at.connector))]
    return _truth(any(state.problem is not None and state.problem.code != "NoError" for state in own))


def _here(tell: Callable[[Station, Evse, VariableName], str]) -> Live:
    """What is told of the EVSE a variable belongs to."""

    def live(station: Station, name: VariableName) -> str | None:
        return None if name.evse is None else tell(station, station.evses[name.evse], name)

    return live


def _transactions(station: Station, name: VariableName) -> str:
    """The transactions under way at an EVSE, or at the station (2.1 2.13.12, 2.13.13)."""
    evses = station.evses.values() if name.evse is None else (station.evses[name.evse],)
    return ",".join(evse.tx.transaction_id for evse in evses if evse.tx is not None)


def _pilot(_station: Station, evse: Evse, name: VariableName) -> str:
    """The control pilot state (IEC 61851-1) as the driver last told it."""
    if evse.connector != name.connector:
        return "A"
    return "C" if evse.wants_power else "B"


def _firmware(station: Station, _name: VariableName) -> str:
    return station.settings.identity.firmware_version or ""


def _no_reader(station: Station, _name: VariableName) -> str:
    return _truth(any(_READER_FAILURE in problems for problems in station.condition.problems.values()))


def _lock_fails(station: Station, evse: Evse, name: VariableName) -> bool:
    """It did not move when it was to, or the driver says that it is broken."""
    told = station.condition.problems.get((evse.evse_id, name.connector or 0), {})
    return (
        name.connector in evse.lock_failed | evse.lock_stuck
        or availability.NAMES[ErrorCode.CONNECTOR_LOCK_FAILURE] in told
    )


def _charging_state(_station: Station, evse: Evse, _name: VariableName) -> str:
    state: ChargingState = evse.charging_state
    return state.value


def _decimal(value: Decimal | int) -> str:
    return format(Decimal(value), "f")


_LIVE: dict[tuple[str, str], Live] = {
    ("ChargingStation", "ActiveTransactionId"): _transactions,
    ("ChargingStation", "Model"): lambda station, _: station.settings.identity.model,
    ("ChargingStation", "SerialNumber"): lambda station, _: station.settings.identity.serial_number or "",
    ("ChargingStation", "VendorName"): lambda station, _: station.settings.identity.vendor,
    ("Controller", "FirmwareVersion"): _firmware,
    ("ElectricalFeed", "Active"): lambda station, _: _truth(station.condition.powered),
    ("ElectricalFeed", "Problem"): lambda station, _: _truth(not station.condition.powered),
    ("EmergencyStopSensor", "Active"): lambda station, _: _truth(station.condition.emergency),
    ("EmergencyStopSensor", "Tripped"): lambda station, _: _truth(station.condition.emergency),
    ("TokenReader", "Problem"): _no_reader,
    ("EVSE", "ActiveTransactionId"): _transactions,
    ("EVSE", "ChargingState"): _here(_charging_state),
    ("EVSE", "Power"): _here(lambda station, evse, _: _decimal(abs(station.meter(evse.evse_id).power_w))),
    ("EVSE", "Temperature"): _here(lambda station, evse, _: _decimal(station.meter(evse.evse_id).temperature_c)),
    ("FiscalMetering", "EnergyImportRegister"): lambda station, name: _decimal(
        station.meter(name.evse or 0).energy_import_register
    ),
    ("FiscalMetering", "EnergyExportRegister"): lambda station, name: _decimal(
        station.meter(name.evse or 0).energy_export_register
    ),
    ("PowerContactor", "Active"): _here(lambda _, evse, __: _truth(evse.contactor)),
    ("BayOccupancySensor", "Active"): _here(lambda _, evse, __: _truth(evse.parked)),
    ("CPPWMController", "State"): _here(_pilot),
    ("ConnectorPlugRetentionLock", "Active"): _here(lambda _, evse, name: _truth(name.connector in evse.locked)),
    ("ConnectorPlugRetentionLock", "Problem"): _here(
        lambda station, evse, name: _truth(_lock_fails(station, evse, name))
    ),
} | {
    (component, variable): live
    for component in ("ChargingStation", "EVSE", "Connector")
    for variable, live in (("AvailabilityState", _state), ("Problem", _troubled))
}

STREET = Street(
    "places",
    variables=_variables,
    live={(component.casefold(), variable.casefold()): live for (component, variable), live in _LIVE.items()},
)
