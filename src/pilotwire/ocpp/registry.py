"""Which messages each version has, who sends them, and the one way from bytes to message and back.

A payload is decoded and validated in one pass by a decoder built at first use; the modules of a version are imported at first use
too, so a program that speaks one version does not pay for three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any, Final, Literal

import msgspec

from pilotwire.errors import MisuseError
from pilotwire.ocpp.types import CustomData, Datatype, Message, decoder_of, encode_hook
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, UnknownAction, violation_of

Sender = Literal["station", "csms", "both"]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one version: who may send its request, its two payload types (no response: a SEND of 2.1), its street."""

    name: str
    version: OcppVersion
    sender: Sender
    request: type[Message]
    response: type[Message] | None
    street: str


# --- the tables ------------------------------------------------------------------------------------------------------------------

_Table = dict[str, dict[Sender, str]]
"""street -> sender of the request -> names of the actions."""

_V16: Final[_Table] = {
    "security": {
        "station": "SecurityEventNotification SignCertificate",
        "csms": "CertificateSigned ExtendedTriggerMessage",
    },
    "certificates": {
        "csms": "DeleteCertificate GetInstalledCertificateIds InstallCertificate",
    },
    "provisioning": {
        "station": "BootNotification Heartbeat",
        "csms": "ChangeConfiguration GetConfiguration Reset",
    },
    "authorization": {
        "station": "Authorize",
        "csms": "ClearCache",
    },
    "local_list": {
        "csms": "GetLocalListVersion SendLocalList",
    },
    "transactions": {
        "station": "StartTransaction StopTransaction",
    },
    "remote_control": {
        "csms": "RemoteStartTransaction RemoteStopTransaction TriggerMessage UnlockConnector",
    },
    "availability": {
        "station": "StatusNotification",
        "csms": "ChangeAvailability",
    },
    "reservation": {
        "csms": "ReserveNow CancelReservation",
    },
    "metering": {
        "station": "MeterValues",
    },
    "smart_charging": {
        "csms": "SetChargingProfile ClearChargingProfile GetCompositeSchedule",
    },
    "firmware": {
        "station": "FirmwareStatusNotification SignedFirmwareStatusNotification",
        "csms": "UpdateFirmware SignedUpdateFirmware",
    },
    "diagnostics": {
        "station": "DiagnosticsStatusNotification LogStatusNotification",
        "csms": "GetDiagnostics GetLog",
    },
    "data_transfer": {
        "both": "DataTransfer",
    },
}

_V201: Final[_Table] = {
    "security": {
        "station": "SecurityEventNotification SignCertificate",
        "csms": "CertificateSigned",
    },
    "provisioning": {
        "station": "BootNotification Heartbeat NotifyReport",
        "csms": "GetBaseReport GetReport GetVariables SetVariables SetNetworkProfile Reset",
    },
    "authorization": {
        "station": "Authorize",
        "csms": "ClearCache",
    },
    "local_list": {
        "csms": "GetLocalListVersion SendLocalList",
    },
    "transactions": {
        "station": "TransactionEvent",
        "csms": "GetTransactionStatus",
    },
    "remote_control": {
        "csms": "RequestStartTransaction RequestStopTransaction TriggerMessage UnlockConnector",
    },
    "availability": {
        "station": "StatusNotification",
        "csms": "ChangeAvailability",
    },
    "reservation": {
        "station": "ReservationStatusUpdate",
        "csms": "ReserveNow CancelReservation",
    },
    "tariff": {
        "csms": "CostUpdated",
    },
    "metering": {
        "station": "MeterValues",
    },
    "smart_charging": {
        "station": (
            "ReportChargingProfiles NotifyChargingLimit ClearedChargingLimit NotifyEVChargingNeeds "
            "NotifyEVChargingSchedule"
        ),
        "csms": "SetChargingProfile GetChargingProfiles ClearChargingProfile GetCompositeSchedule",
    },
    "firmware": {
        "station": "FirmwareStatusNotification PublishFirmwareStatusNotification",
        "csms": "UpdateFirmware PublishFirmware UnpublishFirmware",
    },
    "certificates": {
        "station": "Get15118EVCertificate GetCertificateStatus",
        "csms": "GetInstalledCertificateIds InstallCertificate DeleteCertificate",
    },
    "diagnostics": {
        "station": "LogStatusNotification NotifyMonitoringReport NotifyEvent NotifyCustomerInformation",
        "csms": (
            "GetLog GetMonitoringReport SetMonitoringBase SetMonitoringLevel "
            "SetVariableMonitoring ClearVariableMonitoring CustomerInformation"
        ),
    },
    "display": {
        "station": "NotifyDisplayMessages",
        "csms": "SetDisplayMessage GetDisplayMessages ClearDisplayMessage",
    },
    "data_transfer": {
        "both": "DataTransfer",
    },
}

_V21: Final[_Table] = {
    "security": {
        "station": "SecurityEventNotification SignCertificate",
        "csms": "CertificateSigned",
    },
    "provisioning": {
        "station": "BootNotification Heartbeat NotifyReport",
        "csms": "GetBaseReport GetReport GetVariables SetVariables SetNetworkProfile Reset",
    },
    "authorization": {
        "station": "Authorize",
        "csms": "ClearCache",
    },
    "local_list": {
        "csms": "GetLocalListVersion SendLocalList",
    },
    "transactions": {
        "station": "TransactionEvent",
        "csms": "GetTransactionStatus",
    },
    "remote_control": {
        "csms": "RequestStartTransaction RequestStopTransaction TriggerMessage UnlockConnector",
    },
    "availability": {
        "station": "StatusNotification",
        "csms": "ChangeAvailability",
    },
    "reservation": {
        "station": "ReservationStatusUpdate",
        "csms": "ReserveNow CancelReservation",
    },
    "tariff": {
        "station": "NotifySettlement VatNumberValidation",
        "csms": (
            "CostUpdated SetDefaultTariff GetTariffs ClearTariffs ChangeTransactionTariff NotifyWebPaymentStarted"
        ),
    },
    "metering": {
        "station": "MeterValues",
    },
    "smart_charging": {
        "station": (
            "ReportChargingProfiles NotifyChargingLimit ClearedChargingLimit NotifyEVChargingNeeds "
            "NotifyEVChargingSchedule NotifyPriorityCharging PullDynamicScheduleUpdate"
        ),
        "csms": (
            "SetChargingProfile GetChargingProfiles ClearChargingProfile GetCompositeSchedule "
            "UsePriorityCharging UpdateDynamicSchedule"
        ),
    },
    "firmware": {
        "station": "FirmwareStatusNotification PublishFirmwareStatusNotification",
        "csms": "UpdateFirmware PublishFirmware UnpublishFirmware",
    },
    "certificates": {
        "station": "Get15118EVCertificate GetCertificateStatus GetCertificateChainStatus",
        "csms": "GetInstalledCertificateIds InstallCertificate DeleteCertificate",
    },
    "diagnostics": {
        "station": (
            "LogStatusNotification NotifyMonitoringReport NotifyEvent NotifyCustomerInformation "
            "OpenPeriodicEventStream ClosePeriodicEventStream NotifyPeriodicEventStream"
        ),
        "csms": (
            "GetLog GetMonitoringReport SetMonitoringBase SetMonitoringLevel "
            "SetVariableMonitoring ClearVariableMonitoring CustomerInformation GetPeriodicEventStream "
            "AdjustPeriodicEventStream"
        ),
    },
    "display": {
        "station": "NotifyDisplayMessages",
        "csms": "SetDisplayMessage GetDisplayMessages ClearDisplayMessage",
    },
    "data_transfer": {
        "both": "DataTransfer",
    },
    "v2x": {
        "csms": "AFRRSignal NotifyAllowedEnergyTransfer",
    },
    "der_control": {
        "station": "ReportDERControl NotifyDERAlarm NotifyDERStartStop",
        "csms": "SetDERControl GetDERControl ClearDERControl",
    },
    "battery_swap": {
        "station": "BatterySwap",
        "csms": "RequestBatterySwap",
    },
}

_TABLES: Final[Mapping[OcppVersion, _Table]] = {OcppVersion.V16: _V16, OcppVersion.V201: _V201, OcppVersion.V21: _V21}
_ROOMS: Final[Mapping[OcppVersion, str]] = {OcppVersion.V16: "v16", OcppVersion.V201: "v201", OcppVersion.V21: "v21"}


class _Actions(Mapping[str, Action]):
    """The actions of one version by name; imports the version's messages at the first look."""

    def __init__(self, version: OcppVersion) -> None:
        self._version = version
        self._loaded: dict[str, Action] = {}

    def _actions(self) -> dict[str, Action]:
        if not self._loaded:
            room = import_module(f"pilotwire.ocpp.{_ROOMS[self._version]}")
            self._loaded = {action.name: action for action in _actions_of(self._version, room)}
        return self._loaded

    def __getitem__(self, name: str) -> Action:
        return self._actions()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions())

    def __len__(self) -> int:
        return len(self._actions())


def _actions_of(version: OcppVersion, room: ModuleType) -> Iterator[Action]:
    for street, by_sender in _TABLES[version].items():
        for sender, names in by_sender.items():
            for name in names.split():
                response = getattr(room, f"{name}Response", None)
                yield Action(name, version, sender, getattr(room, f"{name}Request"), response, street)


ACTIONS: Final[Mapping[OcppVersion, Mapping[str, Action]]] = MappingProxyType(
    {version: _Actions(version) for version in OcppVersion}
)
"""Every action of every version: `ACTIONS[OcppVersion.V201]["BootNotification"]`."""

_BY_TYPE: dict[type[Message], Action] = {}


def action_of(message: Message | type[Message]) -> Action:
    """The action whose request or response this message (or message type) is; MisuseError if it is none."""
    kind = message if isinstance(message, type) else type(message)
    if kind not in _BY_TYPE:
        _learn_types(kind)
    return _BY_TYPE[kind]


def _learn_types(kind: type[Message]) -> None:
    for version, room in _ROOMS.items():
        if kind.__module__.startswith(f"pilotwire.ocpp.{room}."):
            for action in ACTIONS[version].values():
                _BY_TYPE[action.request] = action
                if action.response is not None:
                    _BY_TYPE[action.response] = action
    if kind not in _BY_TYPE:
        raise MisuseError(f"{kind.__module__}.{kind.__name__} is no request or response of an OCPP action.")


# --- decoding --------------------------------------------------------------------------------------------------------------------

_Decoders = dict[tuple[OcppVersion, str], msgspec.json.Decoder[Any]]
_REQUESTS: Final[_Decoders] = {}
_RESPONSES: Final[_Decoders] = {}


def decode_request(version: OcppVersion, action: str, payload: bytes | msgspec.Raw) -> Message:
    """The typed request in a CALL's (or SEND's) payload.

    UnknownAction if the version has no such action; SchemaViolation if the payload breaks its schema.
    """
    decoder = _REQUESTS.get((version, action)) or _decoder(_REQUESTS, version, action)
    return _decode(decoder, payload)


def decode_response(version: OcppVersion, action: str, payload: bytes | msgspec.Raw) -> Message:
    """The typed response in a CALLRESULT's payload; `action` is the one that was asked.

    UnknownAction if the version has no such action or it is never answered; SchemaViolation if the payload breaks its schema.
    """
    decoder = _RESPONSES.get((version, action)) or _decoder(_RESPONSES, version, action)
    return _decode(decoder, payload)


def _decoder(known: _Decoders, version: OcppVersion, name: str) -> msgspec.json.Decoder[Any]:
    action = ACTIONS[version].get(name)
    message = None if action is None else action.request if known is _REQUESTS else action.response
    if message is None:
        raise UnknownAction(version, name)
    return known.setdefault((version, name), decoder_of(message))


def _decode(decoder: msgspec.json.Decoder[Any], payload: bytes | msgspec.Raw) -> Message:
    try:
        message: Message = decoder.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise violation_of(error) from None
    return message


# --- encoding --------------------------------------------------------------------------------------------------------------------

_ENCODER: Final = msgspec.json.Encoder(enc_hook=encode_hook, decimal_format="number")
_TIME_NEEDS_CARE: Final = re.compile(rb"T\d\d:\d\d:\d\d[^Z]").search
"""Finds what the fast encoder writes for a time that is not in whole seconds of UTC (or a text that only looks so: the careful way
is then taken for nothing). The literal first letter keeps the search at half a microsecond."""


def encode(message: Message | Datatype) -> bytes:
    """The message as JSON: no nulls, times in UTC with `Z` and at most milliseconds, numbers as exact decimals.

    A naive time is taken as UTC. MisuseError for a number that JSON cannot write (NaN, Infinity). Fields are not validated again:
    the type checker and the peer see to that.
    """
    try:
        data = _ENCODER.encode(message)
        if _TIME_NEEDS_CARE(data) is None and b"NaN" not in data and b"Infinity" not in data:
            return data
        return _ENCODER.encode(_on_the_wire(message))
    except NotImplementedError as error:
        raise MisuseError(f"{type(message).__name__} cannot be encoded: {error}.") from error


def _on_the_wire(value: Any) -> Any:
    """The same value with every time written out and every number proven finite; what needs neither is returned as it is."""
    kind = value.__class__
    if kind is datetime:
        return _written(value)
    if kind is Decimal or kind is float:
        return _finite(value)
    if kind is list:
        return [_on_the_wire(item) for item in value]
    if kind is dict or kind is CustomData:
        return {name: _on_the_wire(item) for name, item in value.items()}
    if isinstance(value, Message | Datatype):
        return _struct_on_the_wire(value)
    return value


def _struct_on_the_wire(struct: Message | Datatype) -> Message | Datatype:
    changed = {}
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if value.__class__ not in _PLAIN:
            changed[name] = _on_the_wire(value)
    return msgspec.structs.replace(struct, **changed) if changed else struct


_PLAIN: Final = frozenset({str, int, bool, type(None)})


def _finite(number: Decimal | float) -> Decimal | float:
    if not Decimal(number).is_finite():
        raise MisuseError(f"{number} is no JSON number and cannot be sent.")
    return number


def _written(moment: datetime) -> str:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    precision = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


__all__ = [
    "ACTIONS",
    "Action",
    "SchemaViolation",
    "Sender",
    "UnknownAction",
    "action_of",
    "decode_request",
    "decode_response",
    "encode",
]
