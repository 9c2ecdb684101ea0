"""What an operator of Pilotwire's CSMS asks for so that it sends a request of OCPP 1.6: its commands are in the words of OCPP 2.x."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Body = dict[str, Any]

_KEYS: Final = {
    "connectorId": "evseId",
    "expiryDate": "expiryDateTime",
    "listVersion": "versionNumber",
    "retrieveDate": "retrieveDateTime",
    "chargingProfileId": "id",
}


def command16(action: str, payload: Mapping[str, Any]) -> tuple[str, Body]:
    """The command for a request of 1.6, and its body."""
    name, translate = _COMMANDS.get(action, (_hyphened(action), _as_it_is))
    return name, translate(dict(payload))


def _hyphened(action: str) -> str:
    return "".join(f"-{one.lower()}" if one.isupper() else one for one in action).lstrip("-")


def _token(id_tag: str, kind: str = "ISO14443") -> Body:
    return {"idToken": id_tag, "type": kind}


def _as_it_is(payload: Body) -> Body:
    """The fields under their names of 2.x; connector 0 is the station, of which nothing is said."""
    body = {_KEYS.get(key, key): value for key, value in payload.items()}
    if body.get("evseId") == 0:
        del body["evseId"]
    if "idTag" in body:
        body["idToken"] = _token(body.pop("idTag"))
    if "parentIdTag" in body:
        body["groupIdToken"] = _token(body.pop("parentIdTag"), "Central")
    return body


def _profile(profile: Mapping[str, Any]) -> Body:
    body = {_KEYS.get(key, key): value for key, value in profile.items()}
    if "transactionId" in body:
        body["transactionId"] = str(body["transactionId"])
    return body | {"chargingSchedule": [profile["chargingSchedule"]]}


def _with_profile(name: str) -> Callable[[Body], Body]:
    def translate(payload: Body) -> Body:
        body = _as_it_is({key: value for key, value in payload.items() if key != name})
        return body | ({"chargingProfile": _profile(payload[name])} if name in payload else {})

    return translate


def _availability(payload: Body) -> Body:
    connector = payload.get("connectorId", 0)
    return {"operationalStatus": payload["type"]} | ({"evse": {"id": connector}} if connector else {})


def _variable(key: str) -> Body:
    if key == "AuthorizationKey":
        return {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    return {"component": {"name": ""}, "variable": {"name": key}}


def _changes(payload: Body) -> Body:
    return {"setVariableData": [_variable(payload["key"]) | {"attributeValue": payload["value"]}]}


def _reads(payload: Body) -> Body:
    return {"getVariableData": [_variable(key) for key in payload["key"]]} if payload.get("key") else {}


def _entry(entry: Mapping[str, Any]) -> Body:
    body: Body = {"idToken": _token(entry["idTag"])}
    if "idTagInfo" in entry:
        info = dict(entry["idTagInfo"])
        group = info.pop("parentIdTag", None)
        body["idTokenInfo"] = info | ({"groupIdToken": _token(group, "Central")} if group else {})
    return body


def _list(payload: Body) -> Body:
    body = _as_it_is(payload)
    if "localAuthorizationList" in body:
        body["localAuthorizationList"] = [_entry(entry) for entry in body["localAuthorizationList"]]
    return body


_TRIGGERS: Final = {"SignChargePointCertificate": "SignChargingStationCertificate"}


def _trigger(payload: Body) -> Body:
    wanted = payload["requestedMessage"]
    connector = payload.get("connectorId")
    return {"requestedMessage": _TRIGGERS.get(wanted, wanted)} | ({"evse": {"id": connector}} if connector else {})


def _log(payload: Body) -> Body:
    """GetDiagnostics has everything at the top, GetLog below `log`."""
    body = {key: value for key, value in payload.items() if key != "log"} | payload.get("log", {})
    body = {_LOG.get(key, key): value for key, value in body.items()}
    return {key: value for key, value in body.items() if key != "requestId"}


_LOG: Final = {"location": "remoteLocation", "startTime": "oldestTimestamp", "stopTime": "latestTimestamp"}


def _certificate_type(payload: Body) -> Body:
    kinds = {"CentralSystemRootCertificate": "CSMSRootCertificate"}
    kind = kinds.get(payload["certificateType"], payload["certificateType"])
    return payload | {"certificateType": kind}


def _installed(payload: Body) -> Body:
    return {"certificateType": [_certificate_type(payload)["certificateType"]]}


def _criteria(payload: Body) -> Body:
    body = _as_it_is({key: value for key, value in payload.items() if key != "id"})
    return body | ({"chargingProfileId": payload["id"]} if "id" in payload else {})


_COMMANDS: Final[Mapping[str, tuple[str, Callable[[Body], Body]]]] = {
    "ChangeAvailability": ("change-availability", _availability),
    "ChangeConfiguration": ("set-variables", _changes),
    "ClearChargingProfile": ("clear-charging-profile", _criteria),
    "ExtendedTriggerMessage": ("trigger-message", _trigger),
    "GetConfiguration": ("get-variables", _reads),
    "GetDiagnostics": ("get-log", _log),
    "GetInstalledCertificateIds": ("get-installed-certificate-ids", _installed),
    "GetLog": ("get-log", _log),
    "InstallCertificate": ("install-certificate", _certificate_type),
    "RemoteStartTransaction": ("request-start", _with_profile("chargingProfile")),
    "RemoteStopTransaction": (
        "request-stop",
        lambda payload: {"transactionId": str(payload["transactionId"])},
    ),
    "Reset": ("reset", lambda payload: {"type": {"Hard": "Immediate", "Soft": "OnIdle"}[payload["type"]]}),
    "SendLocalList": ("send-local-list", _list),
    "SetChargingProfile": ("set-charging-profile", _with_profile("csChargingProfiles")),
    "SignedUpdateFirmware": ("update-firmware", lambda payload: dict(payload.get("firmware", {}))),
    "TriggerMessage": ("trigger-message", _trigger),
    "UnlockConnector": ("unlock", _as_it_is),
}
