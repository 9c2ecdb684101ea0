"""The variables of the simulated and built-in controllers: names, types, limits and first values, by protocol family.

Names are those of 2.x (Part 2, Referenced Components and Variables); a 1.6 key with no such name has an empty component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.station.core.settings import Family
from pilotwire.station.hardware.ports import DcSupply, EvseLayout, StationLayout


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable: `low` and `high` limit a number, or the length of a text; `values` are the choices of a list type."""

    name: VariableName
    type: DataType
    default: str
    mutability: Mutability = Mutability.READ_WRITE
    low: int | None = None
    high: int | None = None
    values: tuple[str, ...] = ()
    reboot_required: bool = False
    unit: str | None = None


TX_POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
MEASURANDS = (
    "Energy.Active.Import.Register",
    "Energy.Active.Export.Register",
    "Power.Active.Import",
    "Power.Active.Export",
    "Current.Import",
    "Current.Offered",
    "Power.Offered",
    "Voltage",
    "Frequency",
    "SoC",
    "Temperature",
)
"""What can be measured, by the names of 2.x MeasurandEnumType (1.6 has the same; it has no unit for a frequency)."""

LOCAL_LIST_ENTRIES = 1000
"""How many tokens the Local Authorization List holds (D01.FR.12)."""

STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
_REGISTER = "Energy.Active.Import.Register"
_USUAL = f"{_REGISTER},Power.Active.Import,Current.Import,Voltage,SoC"
_MAX_INT = 2_147_483_647
_READ_ONLY = Mutability.READ_ONLY


def _name(text: str) -> VariableName:
    component, _, variable = text.partition(".")
    variable, _, instance = variable.partition("[")
    return VariableName(component=component, variable=variable, variable_instance=instance.rstrip("]") or None)


def _switch(name: str, default: bool) -> Declared:
    return Declared(_name(name), DataType.BOOLEAN, "true" if default else "false")


def _number(name: str, default: int, low: int = 0, high: int = _MAX_INT, unit: str | None = None) -> Declared:
    return Declared(_name(name), DataType.INTEGER, str(default), low=low, high=high, unit=unit)


def _fixed(
    name: str, value: str, type_: DataType = DataType.INTEGER, values: tuple[str, ...] = (), unit: str | None = None
) -> Declared:
    return Declared(_name(name), type_, value, _READ_ONLY, values=values, unit=unit)


def _members(name: str, default: str, values: tuple[str, ...]) -> Declared:
    return Declared(_name(name), DataType.MEMBER_LIST, default, values=values)


_COMMON = (
    _number("OCPPCommCtrlr.HeartbeatInterval", 300, low=1, unit="s"),
    _number("OCPPCommCtrlr.MessageAttempts[TransactionEvent]", 3),
    _number("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]", 10, unit="s"),
    _number("OCPPCommCtrlr.WebSocketPingInterval", 60, unit="s"),
    _number("OCPPCommCtrlr.ResetRetries", 1),
    _number("OCPPCommCtrlr.RetryBackOffWaitMinimum", 10, unit="s"),
    _number("OCPPCommCtrlr.RetryBackOffRepeatTimes", 5),
    _number("OCPPCommCtrlr.RetryBackOffRandomRange", 10, unit="s"),
    _switch("OCPPCommCtrlr.UnlockOnEVSideDisconnect", True),
    _fixed("OCPPCommCtrlr.FileTransferProtocols", "", DataType.MEMBER_LIST, ("FTP", "FTPS", "HTTP", "HTTPS", "SFTP")),
    _switch("AuthCtrlr.AuthorizeRemoteStart", True),
    _switch("AuthCtrlr.LocalAuthorizeOffline", True),
    _switch("AuthCtrlr.LocalPreAuthorize", False),
    _switch("AuthCtrlr.OfflineTxForUnknownIdEnabled", False),
    _switch("AuthCacheCtrlr.Enabled", True),
    _fixed("ReservationCtrlr.NonEvseSpecific", "true", DataType.BOOLEAN),
    _switch("LocalAuthListCtrlr.Enabled", True),
    _fixed("LocalAuthListCtrlr.ItemsPerMessage", "100"),
    _number("TxCtrlr.EVConnectionTimeOut", 60, unit="s"),
    _switch("TxCtrlr.StopTxOnEVSideDisconnect", True),
    _switch("TxCtrlr.StopTxOnInvalidId", True),
    _members("SampledDataCtrlr.TxUpdatedMeasurands", _USUAL, MEASURANDS),
    _members("SampledDataCtrlr.TxEndedMeasurands", _REGISTER, MEASURANDS),
    _number("SampledDataCtrlr.TxUpdatedInterval", 60, unit="s"),
    _members("AlignedDataCtrlr.Measurands", _REGISTER, MEASURANDS),
    _number("AlignedDataCtrlr.Interval", 0, unit="s"),
    Declared(_name("SecurityCtrlr.BasicAuthPassword"), DataType.STRING, "", Mutability.WRITE_ONLY, low=16, high=40),
    _fixed("SecurityCtrlr.SecurityProfile", "0"),
)

_ONLY_2 = (
    _members("TxCtrlr.TxStartPoint", "EVConnected,Authorized", TX_POINTS),
    _members("TxCtrlr.TxStopPoint", "EVConnected,Authorized", TX_POINTS),
    _switch("TxCtrlr.TxBeforeAcceptedEnabled", True),
    _members("SampledDataCtrlr.TxStartedMeasurands", _REGISTER, MEASURANDS),
    _fixed("SampledDataCtrlr.TxEndedInterval", "0", unit="s"),
    _members("AlignedDataCtrlr.TxEndedMeasurands", "", MEASURANDS),
    _fixed("AlignedDataCtrlr.TxEndedInterval", "0", unit="s"),
    _switch("AlignedDataCtrlr.SendDuringIdle", False),
    _switch("AuthCtrlr.Enabled", True),
    _switch("AuthCtrlr.DisableRemoteAuthorization", False),
    Declared(_name("AuthCtrlr.MasterPassGroupId"), DataType.STRING, "", high=36),
    _number("AuthCacheCtrlr.LifeTime", 864_000, unit="s"),
    _switch("AuthCacheCtrlr.DisablePostAuthorize", False),
    _fixed("AuthCacheCtrlr.Available", "true", DataType.BOOLEAN),
    _switch("ReservationCtrlr.Enabled", True),
    _fixed("ReservationCtrlr.Available", "true", DataType.BOOLEAN),
    _fixed("LocalAuthListCtrlr.Available", "true", DataType.BOOLEAN),
    Declared(_name("LocalAuthListCtrlr.Entries"), DataType.INTEGER, "0", _READ_ONLY, high=LOCAL_LIST_ENTRIES),
    _fixed("LocalAuthListCtrlr.BytesPerMessage", "500000"),
    _switch("LocalAuthListCtrlr.DisablePostAuthorize", False),
    _fixed("LocalAuthListCtrlr.SupportsExpiryDateTime", "true", DataType.BOOLEAN),
    _fixed("OCPPCommCtrlr.MessageTimeout[Default]", "30", unit="s"),
    _number("OCPPCommCtrlr.OfflineThreshold", 60, unit="s"),
    _number("OCPPCommCtrlr.NetworkProfileConnectionAttempts", 3),
    Declared(_name("OCPPCommCtrlr.NetworkConfigurationPriority"), DataType.SEQUENCE_LIST, "1", values=("1",)),
    _fixed("DeviceDataCtrlr.ItemsPerMessage[GetReport]", "100"),
    _fixed("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "100"),
    _fixed("DeviceDataCtrlr.ItemsPerMessage[SetVariables]", "100"),
    _fixed("DeviceDataCtrlr.BytesPerMessage[GetReport]", "500000"),
    _fixed("DeviceDataCtrlr.BytesPerMessage[GetVariables]", "500000"),
    _fixed("DeviceDataCtrlr.BytesPerMessage[SetVariables]", "500000"),
    _fixed("ClockCtrlr.DateTime", "", DataType.DATE_TIME),
    Declared(
        _name("ClockCtrlr.TimeSource"), DataType.SEQUENCE_LIST, "Heartbeat", values=("Heartbeat", "RealTimeClock")
    ),
    _number("ClockCtrlr.TimeAdjustmentReportingThreshold", 20, unit="s"),
    Declared(_name("SecurityCtrlr.OrganizationName"), DataType.STRING, "Pilotwire"),
    _fixed("SecurityCtrlr.CertificateEntries", "0"),
)

_HIDDEN_IN_16 = (
    _fixed("TxCtrlr.TxStartPoint", "PowerPathClosed", DataType.MEMBER_LIST, TX_POINTS),
    _fixed("TxCtrlr.TxStopPoint", "Authorized", DataType.MEMBER_LIST, TX_POINTS),
    _fixed("TxCtrlr.TxBeforeAcceptedEnabled", "true", DataType.BOOLEAN),
    _fixed("SampledDataCtrlr.TxStartedMeasurands", _REGISTER, DataType.MEMBER_LIST, MEASURANDS),
    _fixed("AlignedDataCtrlr.SendDuringIdle", "false", DataType.BOOLEAN),
    _fixed("AuthCtrlr.Enabled", "true", DataType.BOOLEAN),
    _fixed("AuthCtrlr.DisableRemoteAuthorization", "false", DataType.BOOLEAN),
    _fixed("AuthCtrlr.MasterPassGroupId", "", DataType.STRING),
    _fixed("AuthCacheCtrlr.LifeTime", "0"),
    _fixed("AuthCacheCtrlr.DisablePostAuthorize", "false", DataType.BOOLEAN),
    _fixed("ReservationCtrlr.Enabled", "true", DataType.BOOLEAN),
    _fixed("ReservationCtrlr.Available", "true", DataType.BOOLEAN),
    _fixed("LocalAuthListCtrlr.DisablePostAuthorize", "false", DataType.BOOLEAN),
    _fixed("OCPPCommCtrlr.OfflineThreshold", "0"),
    _fixed("ClockCtrlr.TimeSource", "Heartbeat", DataType.SEQUENCE_LIST),
    _fixed("ClockCtrlr.TimeAdjustmentReportingThreshold", "20"),
)
"""What 1.6 has no key for: how 1.6 behaves, in the words of 2.x (a transaction needs driver and vehicle: 1.6:4.8)."""

_ONLY_16 = (
    _members("AlignedDataCtrlr.TxEndedMeasurands", "", MEASURANDS),
    _fixed(".SupportedFeatureProfiles", "Core,LocalAuthListManagement,RemoteTrigger,Reservation", DataType.STRING),
    _fixed("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "100"),
    _fixed(".LocalAuthListMaxLength", str(LOCAL_LIST_ENTRIES)),
    Declared(_name(".ConnectorPhaseRotation"), DataType.STRING, "NotApplicable", high=500),
)


def declared_variables(family: Family, layout: StationLayout) -> tuple[Declared, ...]:
    """All variables of a station of this family and layout."""
    if family is Family.OCPP16:
        connectors = sum(len(evse.connectors) for evse in layout.evses)
        return (*_COMMON, *_HIDDEN_IN_16, *_ONLY_16, _fixed(".NumberOfConnectors", str(connectors)))
    return (*_COMMON, *_ONLY_2, *_places(layout))


def _places(layout: StationLayout) -> Iterator[Declared]:
    """What the station, each EVSE and each connector tell of themselves (2.x Part 2 section 2.13)."""
    most = max(_phases(evse) for evse in layout.evses)
    yield from _place("ChargingStation", None, None, most)
    for evse in layout.evses:
        yield from _place("EVSE", evse.evse_id, None, _phases(evse))
        yield _at("EVSE", "AllowReset", evse.evse_id, None, DataType.BOOLEAN, "true")
        yield _power(evse)
        for connector in evse.connectors:
            yield from _place("Connector", evse.evse_id, connector.connector_id, _phases(evse))
            yield _at(
                "Connector",
                "ConnectorType",
                evse.evse_id,
                connector.connector_id,
                DataType.STRING,
                connector.connector_type,
            )


def _power(evse: EvseLayout) -> Declared:
    """What is supplied at the moment, with the most there can be as its limit (2.x Part 2, EVSE.Power)."""
    name = VariableName(component="EVSE", variable="Power", evse=evse.evse_id)
    return Declared(name, DataType.DECIMAL, "0", _READ_ONLY, high=int(evse.supply.max_power_w), unit="W")


def _place(component: str, evse: int | None, connector: int | None, phases: int) -> Iterator[Declared]:
    yield _at(component, "Available", evse, connector, DataType.BOOLEAN, "true")
    yield _at(component, "AvailabilityState", evse, connector, DataType.OPTION_LIST, "Available", STATES)
    yield _at(component, "Problem", evse, connector, DataType.BOOLEAN, "false")
    yield _at(component, "SupplyPhases", evse, connector, DataType.INTEGER, str(phases))


def _at(
    component: str,
    variable: str,
    evse: int | None,
    connector: int | None,
    type_: DataType,
    value: str,
    values: tuple[str, ...] = (),
) -> Declared:
    name = VariableName(component=component, variable=variable, evse=evse, connector=connector)
    return Declared(name, type_, value, _READ_ONLY, values=values)


def _phases(evse: EvseLayout) -> int:
    return 3 if isinstance(evse.supply, DcSupply) else evse.supply.phases
