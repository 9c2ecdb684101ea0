"""What the doctor answers to a backend that takes it for a station: that it has nothing of what is asked, in the words of the version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion

Payload = Mapping[str, Any]
_SENT: Final = frozenset({"BootNotification", "Heartbeat", "StatusNotification"})
"""Messages the doctor sends when they are triggered."""


@dataclass(frozen=True, slots=True)
class Honest:
    """An answer: a payload, or an error code with `why`; `then` is a message that was asked for and follows."""

    payload: Payload | str
    why: str = ""
    then: str = ""

    @property
    def words(self) -> str:
        """The answer for people."""
        status = self.payload.get("status") if isinstance(self.payload, Mapping) else self.payload
        return str(status) if status else "what is asked"


def honest_answer(version: OcppVersion, action: str, payload: Payload) -> Honest:
    """The answer to a call of the backend."""
    if action in ("TriggerMessage", "ExtendedTriggerMessage"):
        wanted = payload.get("requestedMessage")
        if isinstance(wanted, str) and wanted in _SENT:
            return Honest({"status": "Accepted"}, then=wanted)
        return Honest({"status": "NotImplemented"})
    known = (_ANSWERS_16 if version is OcppVersion.V16 else _ANSWERS_2).get(action)
    if known is not None:
        return Honest(known(payload) if callable(known) else known)
    if action in ACTIONS[version]:
        return Honest("NotSupported", "This is an examination, not a station.")
    return Honest("NotImplemented", f"{action[:60]!r} is no action of OCPP {version}.")


def _listed(payload: Payload, name: str) -> list[Any]:
    found = payload.get(name)
    return found if isinstance(found, list) else []


def _get_configuration(payload: Payload) -> Payload:
    asked = [each for each in _listed(payload, "key") if isinstance(each, str)]
    own = {"key": "NumberOfConnectors", "readonly": True, "value": "1"}
    told = [own] if not asked or own["key"] in asked else []
    unknown = [each for each in asked if each != own["key"]]
    return {"configurationKey": told} | ({"unknownKey": unknown} if unknown else {})


def _variables(asked: str, told: str) -> Callable[[Payload], Payload]:
    def answer(payload: Payload) -> Payload:
        results = [
            {
                "attributeStatus": "UnknownComponent",
                "component": each.get("component", {}),
                "variable": each.get("variable", {}),
            }
            for each in _listed(payload, asked)
            if isinstance(each, Mapping)
        ]
        return {told: results}

    return answer


def _status(status: str) -> Payload:
    return {"status": status}


_Answers = Mapping[str, Payload | Callable[[Payload], Payload]]
_ANSWERS_16: Final[_Answers] = {
    "GetConfiguration": _get_configuration,
    "ChangeConfiguration": _status("NotSupported"),
    "Reset": _status("Rejected"),
    "ChangeAvailability": _status("Rejected"),
    "ClearCache": _status("Rejected"),
    "RemoteStartTransaction": _status("Rejected"),
    "RemoteStopTransaction": _status("Rejected"),
    "UnlockConnector": _status("NotSupported"),
    "GetLocalListVersion": {"listVersion": -1},
    "SendLocalList": _status("NotSupported"),
    "SetChargingProfile": _status("NotSupported"),
    "ClearChargingProfile": _status("Unknown"),
    "GetCompositeSchedule": _status("Rejected"),
    "ReserveNow": _status("Rejected"),
    "CancelReservation": _status("Rejected"),
    "DataTransfer": _status("UnknownVendorId"),
    "GetInstalledCertificateIds": _status("NotFound"),
}
_ANSWERS_2: Final[_Answers] = {
    "GetVariables": _variables("getVariableData", "getVariableResult"),
    "SetVariables": _variables("setVariableData", "setVariableResult"),
    "GetBaseReport": _status("NotSupported"),
    "GetReport": _status("NotSupported"),
    "GetMonitoringReport": _status("NotSupported"),
    "Reset": _status("Rejected"),
    "ChangeAvailability": _status("Rejected"),
    "ClearCache": _status("Rejected"),
    "RequestStartTransaction": _status("Rejected"),
    "RequestStopTransaction": _status("Rejected"),
    "GetLocalListVersion": {"versionNumber": 0},
    "SendLocalList": _status("Failed"),
    "SetNetworkProfile": _status("Rejected"),
    "SetChargingProfile": _status("Rejected"),
    "GetInstalledCertificateIds": _status("NotFound"),
    "DataTransfer": _status("UnknownVendorId"),
}
