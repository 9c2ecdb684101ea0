"""How much one message about the device model may hold (DeviceDataCtrlr), the standard 1.6 keys without a counterpart in 2.x, and what
an installer chooses of how keys are told."""

from __future__ import annotations

from collections.abc import Iterable

from pilotwire.domain.device_model import (
    DataType,
    GetReport,
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    VariableName,
)
from pilotwire.domain.device_model.batches import query_bytes, setting_bytes, wanted_bytes
from pilotwire.station.core.metering_variables import supported
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.hardware.ports import AcSupply, StationLayout

LONG_VALUES = "InstallerCtrlr.LongConfigurationValues"
INTEGERS = "InstallerCtrlr.IntegersForBooleanKeys"
PHASE_ROTATION = ".ConnectorPhaseRotation"
KEY_VALUE_MOST = 500
"""Characters of a configuration key's value (1.6:7.19)."""
VALUE_MOST = 1000
"""Characters of a value that is set (2.0.1 ConfigurationValueSize, at most)."""

# --- what one message may hold --------------------------------------------------------------------------------------


def too_much(station: Station, command: GetVariables | SetVariables | GetReport) -> tuple[str, str] | None:
    """The RPC error a command earns that holds more than a message may, and why (B06.FR.16, B06.FR.17, B08.FR.17, B08.FR.18).

    Counted is what the entries take at least; what the frame adds is forgiven.
    """
    if isinstance(command, GetVariables):
        name, sizes = "GetVariables", [query_bytes(one) for one in command.asked]
    elif isinstance(command, SetVariables):
        name, sizes = "SetVariables", [setting_bytes(one) for one in command.settings]
    else:
        name, sizes = "GetReport", [wanted_bytes(one) for one in command.variables]
    items = _limit(station, f"DeviceDataCtrlr.ItemsPerMessage[{name}]")
    if items is not None and len(sizes) > items:
        return "OccurrenceConstraintViolation", f"A {name} to this station names at most {items} variables."
    most = _limit(station, f"DeviceDataCtrlr.BytesPerMessage[{name}]")
    if most is not None and sum(sizes) > most:
        return "FormatViolation", f"A {name} to this station has at most {most} bytes."
    return None


def note_cut(station: Station, outcome: GetVariablesOutcome) -> None:
    """Say in the log which values 1.6 has no room for and are cut."""
    if not station.variables.has(LONG_VALUES):
        return
    for result in outcome.results:
        if result.value is not None and len(result.value) > KEY_VALUE_MOST:
            station.note(f"The value of {result.name} was cut to the {KEY_VALUE_MOST} characters that OCPP 1.6 allows.")


def _limit(station: Station, key: str) -> int | None:
    return station.variables.number(key) if station.variables.has(key) else None


# --- keys of 1.6 ----------------------------------------------------------------------------------------------------

_ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")
_LISTS = ("MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData", "StopTxnSampledData")


def _rotation(layout: StationLayout) -> str:
    """What the layout says of how each connector is wired: nothing but that with less than three phases there is nothing to turn."""
    supplies = [evse.supply for evse in layout.evses for _ in evse.connectors]
    turned = [isinstance(supply, AcSupply) and supply.phases == 3 for supply in supplies]
    return ",".join(f"{at}.{'Unknown' if can else 'NotApplicable'}" for at, can in enumerate(turned, 1))


def _is_rotation(station: Station, value: str) -> bool:
    """`connector.rotation` parted by commas, connector 0 for the supply of the station (1.6:9.1.7)."""
    connectors = sum(len(evse.connectors) for evse in station.layout.evses)
    pairs = [member.strip().partition(".") for member in value.split(",")] if value else []
    numbers = [number for number, _, _ in pairs]
    known = {str(number) for number in range(connectors + 1)}
    return set(numbers) <= known and len(set(numbers)) == len(numbers) and all(way in _ROTATIONS for *_, way in pairs)


def _keys(layout: StationLayout) -> Iterable[Declared]:
    connectors = sum(len(evse.connectors) for evse in layout.evses)
    most = str(len(supported(Family.OCPP16, layout)))
    return (
        fixed(".NumberOfConnectors", str(connectors), constant=True),
        Declared(name_of(PHASE_ROTATION), DataType.STRING, _rotation(layout)),
        fixed(".ConnectorPhaseRotationMaxLength", str(connectors + 1), constant=True),
        *(fixed(f".{name}MaxLength", most, constant=True) for name in _LISTS),
        number(".MinimumStatusDuration", 0, unit="s"),
        fixed("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "100"),
        switch(LONG_VALUES, False),
        switch(INTEGERS, False),
    )


_OPTIONAL_PROFILES = {"Reservation": "ReservationCtrlr.Enabled", "SmartCharging": "SmartChargingCtrlr.Enabled"}
"""Profiles a product may be set up without: 1.6 has no key to switch them on with."""


def _profiles(station: Station, _: VariableName) -> str:
    """The profiles the station knows, without those that this product has not (1.6:9.1.29)."""
    missing = {profile for profile, key in _OPTIONAL_PROFILES.items() if not station.variables.on(key)}
    return ",".join(one for one in station.variables.text(".SupportedFeatureProfiles").split(",") if one not in missing)


# --- the street -----------------------------------------------------------------------------------------------------

_MESSAGES = ("GetReport", "GetVariables", "SetVariables")
_ONLY_2 = (
    *(fixed(f"DeviceDataCtrlr.ItemsPerMessage[{name}]", "100") for name in _MESSAGES),
    *(fixed(f"DeviceDataCtrlr.BytesPerMessage[{name}]", "500000") for name in _MESSAGES),
    fixed("DeviceDataCtrlr.ConfigurationValueSize", str(VALUE_MOST), high=VALUE_MOST),
    fixed("DeviceDataCtrlr.ReportingValueSize", "2500", high=2500),
)


def _variables(family: Family, layout: StationLayout) -> Iterable[Declared]:
    return _keys(layout) if family is Family.OCPP16 else _ONLY_2


STREET = Street(
    "device_model",
    variables=_variables,
    live={("", "supportedfeatureprofiles"): _profiles},
    checks={PHASE_ROTATION: _is_rotation},
)
