"""The tester's usual answers in OCPP 1.6: what a case does not say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilotwire.conformance.values import Known
from pilotwire.conformance.wire.answers import Answer, fixed, time_of

_STATUSES: Final = {
    "valid_token": "Accepted",
    "valid_token2": "Accepted",
    "master_token": "Accepted",
    "invalid_token": "Invalid",
    "blocked_token": "Blocked",
    "expired_token": "Expired",
}


def id_tag_info(id_tag: Any, known: Known) -> dict[str, Any]:
    """What the Central System thinks of an idTag: the configured ones are what they are called, all others Invalid (1.6:7.2)."""
    for name, status in _STATUSES.items():
        if str(id_tag).casefold() == str(known.setting(name)).casefold():
            grouped = known.facts.get("grouped") and name in ("valid_token", "valid_token2")
            return {"status": status} | ({"parentIdTag": known.setting("group_id")} if grouped else {})
    return {"status": "Invalid"}


def _start(payload: Any, known: Known) -> Mapping[str, Any]:
    return {"transactionId": known.fresh("transaction_id"), "idTagInfo": id_tag_info(payload.get("idTag"), known)}


def _stop(payload: Any, known: Known) -> Mapping[str, Any]:
    return {"idTagInfo": id_tag_info(payload["idTag"], known)} if "idTag" in payload else {}


_ACCEPTED: Final = fixed({"status": "Accepted"})

CSMS: Final[Mapping[str, Answer]] = {
    "Authorize": lambda payload, known: {"idTagInfo": id_tag_info(payload.get("idTag"), known)},
    "BootNotification": lambda _, known: {"currentTime": time_of(known), "interval": 300, "status": "Accepted"},
    "DataTransfer": fixed({"status": "UnknownVendorId"}),
    "Heartbeat": lambda _, known: {"currentTime": time_of(known)},
    "SignCertificate": _ACCEPTED,
    "StartTransaction": _start,
    "StopTransaction": _stop,
}
"""What the tester answers as a Central System; every other request is answered with an empty response."""

STATION: Final[Mapping[str, Answer]] = {
    "CancelReservation": _ACCEPTED,
    "CertificateSigned": _ACCEPTED,
    "ChangeAvailability": _ACCEPTED,
    "ChangeConfiguration": _ACCEPTED,
    "ClearCache": _ACCEPTED,
    "ClearChargingProfile": _ACCEPTED,
    "DataTransfer": fixed({"status": "UnknownVendorId"}),
    "DeleteCertificate": _ACCEPTED,
    "ExtendedTriggerMessage": _ACCEPTED,
    "GetCompositeSchedule": fixed({"status": "Rejected"}),
    "GetConfiguration": lambda payload, _: {"configurationKey": [], "unknownKey": list(payload.get("key", []))},
    "GetInstalledCertificateIds": fixed({"status": "NotFound"}),
    "GetLocalListVersion": fixed({"listVersion": 0}),
    "GetLog": _ACCEPTED,
    "InstallCertificate": _ACCEPTED,
    "RemoteStartTransaction": _ACCEPTED,
    "RemoteStopTransaction": _ACCEPTED,
    "ReserveNow": _ACCEPTED,
    "Reset": _ACCEPTED,
    "SendLocalList": _ACCEPTED,
    "SetChargingProfile": _ACCEPTED,
    "SignedUpdateFirmware": _ACCEPTED,
    "TriggerMessage": _ACCEPTED,
    "UnlockConnector": fixed({"status": "Unlocked"}),
}
"""What the tester answers as a Charge Point; GetDiagnostics and UpdateFirmware have no status to give."""
