"""The variables of the streets woven into the core: names, types, limits and first values, by protocol family.

Names are those of 2.x (Part 2, Referenced Components and Variables); a 1.6 key with no such name has an empty component.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pilotwire.domain.device_model import AttributeType, DataType, Mutability, VariableName
from pilotwire.domain.metering import MEASURANDS as MEASURANDS
from pilotwire.station.core.settings import Family
from pilotwire.station.hardware.ports import StationLayout


@dataclass(frozen=True, slots=True)
class OtherAttribute:
    """An attribute of a variable besides Actual; an empty `default` is one that is not set (B06.FR.13)."""

    type: AttributeType
    default: str = ""
    mutability: Mutability = Mutability.READ_WRITE
    persistent: bool = True


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable: `low` and `high` limit a number, or the length of a text; `values` are the choices of a list type.

    A value that is not `persistent` returns to its default at a restart; a `constant` one never changes while the station runs.
    One that needs a reboot counts from the next start. `others` are its attributes besides Actual.
    """

    name: VariableName
    type: DataType
    default: str
    mutability: Mutability = Mutability.READ_WRITE
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    values: tuple[str, ...] = ()
    reboot_required: bool = False
    unit: str | None = None
    persistent: bool = True
    constant: bool = False
    others: tuple[OtherAttribute, ...] = ()


TX_POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
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
    constant: bool = False,
) -> Declared:
    """What a CSMS may only read."""
    return Declared(name_of(name), type_, value, _READ_ONLY, high=high, values=values, unit=unit, constant=constant)


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
    fixed(
        "OCPPCommCtrlr.FileTransferProtocols",
        "FTP,FTPS,HTTP,HTTPS,SFTP",
        DataType.MEMBER_LIST,
        ("FTP", "FTPS", "HTTP", "HTTPS", "SFTP"),
    ),
    switch("AuthCtrlr.AuthorizeRemoteStart", True),
    switch("AuthCtrlr.LocalAuthorizeOffline", True),
    switch("AuthCtrlr.LocalPreAuthorize", False),
    switch("AuthCtrlr.OfflineTxForUnknownIdEnabled", False),
    switch("AuthCacheCtrlr.Enabled", True),
    fixed("ReservationCtrlr.NonEvseSpecific", "true", DataType.BOOLEAN),
    number("TxCtrlr.EVConnectionTimeOut", 60, unit="s"),
    switch("TxCtrlr.StopTxOnEVSideDisconnect", True),
    switch("TxCtrlr.StopTxOnInvalidId", True),
    Declared(name_of("SecurityCtrlr.BasicAuthPassword"), DataType.STRING, "", Mutability.WRITE_ONLY, low=16, high=40),
)

_ONLY_2 = (
    members("TxCtrlr.TxStartPoint", "EVConnected,Authorized", TX_POINTS),
    members("TxCtrlr.TxStopPoint", "EVConnected,Authorized", TX_POINTS),
    switch("TxCtrlr.TxBeforeAcceptedEnabled", True),
    switch("AuthCtrlr.Enabled", True),
    switch("AuthCtrlr.DisableRemoteAuthorization", False),
    Declared(name_of("AuthCtrlr.MasterPassGroupId"), DataType.STRING, "", high=36),
    number("AuthCacheCtrlr.LifeTime", 864_000, unit="s"),
    switch("AuthCacheCtrlr.DisablePostAuthorize", False),
    fixed("AuthCacheCtrlr.Available", "true", DataType.BOOLEAN),
    switch("ReservationCtrlr.Enabled", True),
    fixed("ReservationCtrlr.Available", "true", DataType.BOOLEAN),
    number("OCPPCommCtrlr.OfflineThreshold", 60, unit="s"),
)

_HIDDEN_IN_16 = (
    fixed("TxCtrlr.TxStartPoint", "PowerPathClosed", DataType.MEMBER_LIST, TX_POINTS),
    fixed("TxCtrlr.TxStopPoint", "Authorized", DataType.MEMBER_LIST, TX_POINTS),
    fixed("TxCtrlr.TxBeforeAcceptedEnabled", "true", DataType.BOOLEAN),
    fixed("AuthCtrlr.Enabled", "true", DataType.BOOLEAN),
    fixed("AuthCtrlr.DisableRemoteAuthorization", "false", DataType.BOOLEAN),
    fixed("AuthCtrlr.MasterPassGroupId", "", DataType.STRING),
    fixed("AuthCacheCtrlr.LifeTime", "0"),
    fixed("AuthCacheCtrlr.DisablePostAuthorize", "false", DataType.BOOLEAN),
    fixed("ReservationCtrlr.Enabled", "true", DataType.BOOLEAN),
    fixed("ReservationCtrlr.Available", "true", DataType.BOOLEAN),
    fixed("OCPPCommCtrlr.OfflineThreshold", str(_MAX_INT)),
)
"""What 1.6 has no key for: how 1.6 behaves, in the words of 2.x (a transaction needs driver and vehicle: 1.6:4.8)."""


def declared_variables(family: Family, layout: StationLayout) -> tuple[Declared, ...]:
    """All variables of a station of this family and layout."""
    if family is Family.OCPP16:
        return (*_COMMON, *_HIDDEN_IN_16, _unlocks(layout, family))
    return (*_COMMON, *_ONLY_2, _unlocks(layout, family))


def _unlocks(layout: StationLayout, family: Family) -> Declared:
    """Where there is no socket there is nothing to unlock, and 2.x then wants it said (Part 2, UnlockOnEVSideDisconnect)."""
    name = "OCPPCommCtrlr.UnlockOnEVSideDisconnect"
    sockets = any(not connector.cable_attached for evse in layout.evses for connector in evse.connectors)
    if sockets or family is Family.OCPP16:
        return switch(name, True)
    return fixed(name, "false", DataType.BOOLEAN)
