"""The variables of the streets woven into the core: names, types, limits and first values, by protocol family.

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

STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
_REGISTER = "Energy.Active.Import.Register"
_USUAL = f"{_REGISTER},Power.Active.Import,Current.Import,Voltage,SoC"
_MAX_INT = 2_147_483_647
_READ_ONLY = Mutability.READ_ONLY


def name_of(text: str) -> VariableName:
    """The name in `Component.Variable[Instance]`; a 1.6 key of its own has an empty component."""
    component, _, variable = text.partition(".")
    variable, _, instance = variable.partition("[")
    return VariableName(component=component, variable=variable, variable_instance=instance.rstrip("]") or None)


def switch(name: str, default: bool) -> Declared:
    """A boolean that a CSMS may set."""
    return Declared(name_of(name), DataType.BOOLEAN, "true" if default else "false")


def number(name: str, default: int, low: int = 0, high: int = _MAX_INT, unit: str | None = None) -> Declared:
    """An integer that a CSMS may set."""
    return Declared(name_of(name), DataType.INTEGER, str(default), low=low, high=high, unit=unit)


def fixed(
    name: str,
    value: str,
    type_: DataType = DataType.INTEGER,
    values: tuple[str, ...] = (),
    unit: str | None = None,
    high: int | None = None,
) -> Declared:
    """What a CSMS may only read."""
    return Declared(name_of(name), type_, value, _READ_ONLY, high=high, values=values, unit=unit)


def members(name: str, default: str, values: tuple[str, ...]) -> Declared:
    """A list whose members a CSMS chooses."""
    return Declared(name_of(name), DataType.MEMBER_LIST, default, values=values)


_COMMON = (
    number("OCPPCommCtrlr.HeartbeatInterval", 300, low=1, unit="s"),
    number("OCPPCommCtrlr.MessageAttempts[TransactionEvent]", 3),
    number("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]", 10, unit="s"),
    number("OCPPCommCtrlr.WebSocketPingInterval", 60, unit="s"),
    number("OCPPCommCtrlr.ResetRetries", 1),
    number("OCPPCommCtrlr.RetryBackOffWaitMinimum", 10, unit="s"),
    number("OCPPCommCtrlr.RetryBackOffRepeatTimes", 5),
    number("OCPPCommCtrlr.RetryBackOffRandomRange", 10, unit="s"),
    switch("OCPPCommCtrlr.UnlockOnEVSideDisconnect", True),
    fixed("OCPPCommCtrlr.FileTransferProtocols", "", DataType.MEMBER_LIST, ("FTP", "FTPS", "HTTP", "HTTPS", "SFTP")),
    switch("AuthCtrlr.AuthorizeRemoteStart", True),
    switch("AuthCtrlr.LocalAuthorizeOffline", True),
    switch("AuthCtrlr.LocalPreAuthorize", False),
    switch("AuthCtrlr.OfflineTxForUnknownIdEnabled", False),
    switch("AuthCacheCtrlr.Enabled", True),
    fixed("ReservationCtrlr.NonEvseSpecific", "true", DataType.BOOLEAN),
    number("TxCtrlr.EVConnectionTimeOut", 60, unit="s"),
    switch("TxCtrlr.StopTxOnEVSideDisconnect", True),
    switch("TxCtrlr.StopTxOnInvalidId", True),
    members("SampledDataCtrlr.TxUpdatedMeasurands", _USUAL, MEASURANDS),
    members("SampledDataCtrlr.TxEndedMeasurands", _REGISTER, MEASURANDS),
    number("SampledDataCtrlr.TxUpdatedInterval", 60, unit="s"),
    members("AlignedDataCtrlr.Measurands", _REGISTER, MEASURANDS),
    number("AlignedDataCtrlr.Interval", 0, unit="s"),
    Declared(name_of("SecurityCtrlr.BasicAuthPassword"), DataType.STRING, "", Mutability.WRITE_ONLY, low=16, high=40),
    fixed("SecurityCtrlr.SecurityProfile", "0"),
)

_ONLY_2 = (
    members("TxCtrlr.TxStartPoint", "EVConnected,Authorized", TX_POINTS),
    members("TxCtrlr.TxStopPoint", "EVConnected,Authorized", TX_POINTS),
    switch("TxCtrlr.TxBeforeAcceptedEnabled", True),
    members("SampledDataCtrlr.TxStartedMeasurands", _REGISTER, MEASURANDS),
    fixed("SampledDataCtrlr.TxEndedInterval", "0", unit="s"),
    members("AlignedDataCtrlr.TxEndedMeasurands", "", MEASURANDS),
    fixed("AlignedDataCtrlr.TxEndedInterval", "0", unit="s"),
    switch("AlignedDataCtrlr.SendDuringIdle", False),
    switch("AuthCtrlr.Enabled", True),
    switch("AuthCtrlr.DisableRemoteAuthorization", False),
    Declared(name_of("AuthCtrlr.MasterPassGroupId"), DataType.STRING, "", high=36),
    number("AuthCacheCtrlr.LifeTime", 864_000, unit="s"),
    switch("AuthCacheCtrlr.DisablePostAuthorize", False),
    fixed("AuthCacheCtrlr.Available", "true", DataType.BOOLEAN),
    switch("ReservationCtrlr.Enabled", True),
    fixed("ReservationCtrlr.Available", "true", DataType.BOOLEAN),
    fixed("OCPPCommCtrlr.MessageTimeout[Default]", "30", unit="s"),
    number("OCPPCommCtrlr.OfflineThreshold", 60, unit="s"),
    number("OCPPCommCtrlr.NetworkProfileConnectionAttempts", 3),
    Declared(name_of("OCPPCommCtrlr.NetworkConfigurationPriority"), DataType.SEQUENCE_LIST, "1", values=("1",)),
    fixed("DeviceDataCtrlr.ItemsPerMessage[GetReport]", "100"),
    fixed("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "100"),
    fixed("DeviceDataCtrlr.ItemsPerMessage[SetVariables]", "100"),
    fixed("DeviceDataCtrlr.BytesPerMessage[GetReport]", "500000"),
    fixed("DeviceDataCtrlr.BytesPerMessage[GetVariables]", "500000"),
    fixed("DeviceDataCtrlr.BytesPerMessage[SetVariables]", "500000"),
    fixed("ClockCtrlr.DateTime", "", DataType.DATE_TIME),
    Declared(
        name_of("ClockCtrlr.TimeSource"), DataType.SEQUENCE_LIST, "Heartbeat", values=("Heartbeat", "RealTimeClock")
    ),
    number("ClockCtrlr.TimeAdjustmentReportingThreshold", 20, unit="s"),
    Declared(name_of("SecurityCtrlr.OrganizationName"), DataType.STRING, "Pilotwire"),
    fixed("SecurityCtrlr.CertificateEntries", "0"),
)

_HIDDEN_IN_16 = (
    fixed("TxCtrlr.TxStartPoint", "PowerPathClosed", DataType.MEMBER_LIST, TX_POINTS),
    fixed("TxCtrlr.TxStopPoint", "Authorized", DataType.MEMBER_LIST, TX_POINTS),
    fixed("TxCtrlr.TxBeforeAcceptedEnabled", "true", DataType.BOOLEAN),
    fixed("SampledDataCtrlr.TxStartedMeasurands", _REGISTER, DataType.MEMBER_LIST, MEASURANDS),
    fixed("AlignedDataCtrlr.SendDuringIdle", "false", DataType.BOOLEAN),
    fixed("AuthCtrlr.Enabled", "true", DataType.BOOLEAN),
    fixed("AuthCtrlr.DisableRemoteAuthorization", "false", DataType.BOOLEAN),
    fixed("AuthCtrlr.MasterPassGroupId", "", DataType.STRING),
    fixed("AuthCacheCtrlr.LifeTime", "0"),
    fixed("AuthCacheCtrlr.DisablePostAuthorize", "false", DataType.BOOLEAN),
    fixed("ReservationCtrlr.Enabled", "true", DataType.BOOLEAN),
    fixed("ReservationCtrlr.Available", "true", DataType.BOOLEAN),
    fixed("OCPPCommCtrlr.OfflineThreshold", "0"),
    fixed("ClockCtrlr.TimeSource", "Heartbeat", DataType.SEQUENCE_LIST),
    fixed("ClockCtrlr.TimeAdjustmentReportingThreshold", "20"),
)
"""What 1.6 has no key for: how 1.6 behaves, in the words of 2.x (a transaction needs driver and vehicle: 1.6:4.8)."""

_ONLY_16 = (
    members("AlignedDataCtrlr.TxEndedMeasurands", "", MEASURANDS),
    fixed(".SupportedFeatureProfiles", "Core,LocalAuthListManagement,RemoteTrigger,Reservation", DataType.STRING),
    fixed("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "100"),
    Declared(name_of(".ConnectorPhaseRotation"), DataType.STRING, "NotApplicable", high=500),
)


def declared_variables(family: Family, layout: StationLayout) -> tuple[Declared, ...]:
    """All variables of a station of this family and layout."""
    if family is Family.OCPP16:
        connectors = sum(len(evse.connectors) for evse in layout.evses)
        return (*_COMMON, *_HIDDEN_IN_16, *_ONLY_16, fixed(".NumberOfConnectors", str(connectors)))
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
