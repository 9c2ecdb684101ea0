"""The tester's usual answers: what a case does not say otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final

from pilotwire.conformance.values import Known
from pilotwire.conformance.wire.transcript import Entry

Answer = Callable[[Any, Known], Mapping[str, Any]]


def time_of(known: Known) -> str:
    """The present, as date-times are written, to the millisecond."""
    return known.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def token_info(token: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """What the CSMS thinks of an idToken: the configured ones are what they are called, all others unknown."""
    value = str(token.get("idToken", "")).casefold()
    for name, status in _STATUSES.items():
        if value == str(known.setting(name)).casefold():
            return {"status": status} | _group(name, known)
    if token.get("type") in ("NoAuthorization", "Local", "Central", "eMAID", "DirectPayment"):
        return {"status": "Accepted"}
    return {"status": "Unknown"}


def _group(name: str, known: Known) -> dict[str, Any]:
    if name == "master_token":
        return {"groupIdToken": {"idToken": known.setting("master_group_id"), "type": "Central"}}
    if known.facts.get("grouped") and name in ("valid_token", "valid_token2"):
        return {"groupIdToken": {"idToken": known.setting("group_id"), "type": known.setting("group_id_type")}}
    return {}


_STATUSES: Final = {
    "valid_token": "Accepted",
    "valid_token2": "Accepted",
    "master_token": "Accepted",
    "emaid": "Accepted",
    "invalid_token": "Invalid",
    "blocked_token": "Blocked",
    "expired_token": "Expired",
    "unknown_token": "Unknown",
}


def _authorize(payload: Any, known: Known) -> Mapping[str, Any]:
    answer: dict[str, Any] = {"idTokenInfo": token_info(payload.get("idToken", {}), known)}
    if payload.get("iso15118CertificateHashData") or payload.get("certificate"):
        answer["certificateStatus"] = "Accepted"
    return answer


def _transaction_event(payload: Any, known: Known) -> Mapping[str, Any]:
    token, said = payload.get("idToken"), known.facts.get("event_status")
    if not token:
        return {}
    return {"idTokenInfo": token_info(token, known) | ({"status": said} if said else {})}


def fixed(payload: Mapping[str, Any]) -> Answer:
    """The same answer always."""
    return lambda _, __: payload


_ACCEPTED: Final = fixed({"status": "Accepted"})
_NOTHING: Final = fixed({})

CSMS: Final[Mapping[str, Answer]] = {
    "Authorize": _authorize,
    "BootNotification": lambda _, known: {"currentTime": time_of(known), "interval": 300, "status": "Accepted"},
    "DataTransfer": fixed({"status": "UnknownVendorId"}),
    "Get15118EVCertificate": fixed({"status": "Accepted", "exiResponse": "AA=="}),
    "GetCertificateStatus": lambda payload, known: known.made(
        "certificate status", request=payload.get("ocspRequestData", {})
    ),
    "Heartbeat": lambda _, known: {"currentTime": time_of(known)},
    "NotifyEVChargingNeeds": _ACCEPTED,
    "NotifyEVChargingSchedule": _ACCEPTED,
    "SignCertificate": _ACCEPTED,
    "TransactionEvent": _transaction_event,
}
"""What the tester answers as a CSMS, 2.0.1; every other request is answered with an empty response."""

STATION: Final[Mapping[str, Answer]] = {
    "CancelReservation": _ACCEPTED,
    "CertificateSigned": _ACCEPTED,
    "ChangeAvailability": _ACCEPTED,
    "ClearCache": _ACCEPTED,
    "ClearChargingProfile": _ACCEPTED,
    "ClearDisplayMessage": _ACCEPTED,
    "ClearVariableMonitoring": lambda payload, _: {
        "clearMonitoringResult": [{"id": one, "status": "Accepted"} for one in payload.get("id", [])]
    },
    "CostUpdated": _NOTHING,
    "CustomerInformation": _ACCEPTED,
    "DataTransfer": fixed({"status": "UnknownVendorId"}),
    "DeleteCertificate": _ACCEPTED,
    "GetBaseReport": fixed({"status": "EmptyResultSet"}),
    "GetChargingProfiles": fixed({"status": "NoProfiles"}),
    "GetCompositeSchedule": fixed({"status": "Rejected"}),
    "GetDisplayMessages": fixed({"status": "Unknown"}),
    "GetInstalledCertificateIds": fixed({"status": "NotFound"}),
    "GetLocalListVersion": fixed({"versionNumber": 0}),
    "GetLog": _ACCEPTED,
    "GetMonitoringReport": fixed({"status": "EmptyResultSet"}),
    "GetReport": fixed({"status": "EmptyResultSet"}),
    "GetTransactionStatus": fixed({"messagesInQueue": False}),
    "GetVariables": lambda payload, _: {
        "getVariableResult": [
            {"attributeStatus": "UnknownVariable", "component": one["component"], "variable": one["variable"]}
            for one in payload.get("getVariableData", [])
        ]
    },
    "InstallCertificate": _ACCEPTED,
    "PublishFirmware": _ACCEPTED,
    "RequestStartTransaction": _ACCEPTED,
    "RequestStopTransaction": _ACCEPTED,
    "ReserveNow": _ACCEPTED,
    "Reset": _ACCEPTED,
    "SendLocalList": _ACCEPTED,
    "SetChargingProfile": _ACCEPTED,
    "SetDisplayMessage": _ACCEPTED,
    "SetMonitoringBase": _ACCEPTED,
    "SetMonitoringLevel": _ACCEPTED,
    "SetNetworkProfile": _ACCEPTED,
    "SetVariableMonitoring": lambda payload, _: {
        "setMonitoringResult": [
            {
                "id": place,
                "status": "Accepted",
                "type": one["type"],
                "component": one["component"],
                "variable": one["variable"],
                "severity": one["severity"],
            }
            for place, one in enumerate(payload.get("setMonitoringData", []), start=1)
        ]
    },
    "SetVariables": lambda payload, _: {
        "setVariableResult": [
            {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
            for one in payload.get("setVariableData", [])
        ]
    },
    "TriggerMessage": _ACCEPTED,
    "UnlockConnector": fixed({"status": "Unlocked"}),
    "UnpublishFirmware": fixed({"status": "NoFirmware"}),
    "UpdateFirmware": _ACCEPTED,
}
"""What the tester answers as a station, 2.0.1."""


def usual_answer(table: Mapping[str, Answer], entry: Entry, known: Known) -> Mapping[str, Any]:
    """The usual answer to a request that was understood."""
    answer = table.get(entry.action)
    return {} if answer is None else answer(entry.payload if isinstance(entry.payload, dict) else {}, known)
