"""Commands of functional block F, in 1.6 with the trigger of its security extensions."""

from typing import Any
from unittest.mock import ANY

from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, V21, Given

_COMMANDS = "/stations/{station}/commands"
_CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
_FLEET = {"idToken": "FLEET", "type": "Central"}
_SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
_PROFILE = {
    "id": 9,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [_SCHEDULE],
}
_PROFILE_16 = {
    "chargingProfileId": 9,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": _SCHEDULE,
}
_PROFILE_2 = _PROFILE | {"chargingSchedule": [_SCHEDULE | {"id": 1}]}


def _start(body: Any) -> Any:
    return ("POST", f"{_COMMANDS}/request-start", {"idToken": _CARD} | body)


def _stop(transaction: str) -> Any:
    return ("POST", f"{_COMMANDS}/request-stop", {"transactionId": transaction})


def _trigger(message: str, **more: Any) -> Any:
    return ("POST", f"{_COMMANDS}/trigger-message", {"requestedMessage": message} | more)


_UNLOCK = ("POST", f"{_COMMANDS}/unlock", {"evseId": 2})
_NOT_IMPLEMENTED = {"status": "NotImplemented"}


def _triggered(version: Any, action: str, request: Any, call: Any, name: str) -> Given:
    return Given(
        version=version,
        action=action,
        request=request,
        call=call,
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=_NOT_IMPLEMENTED,
        refused=_NOT_IMPLEMENTED,
        name=name,
    )


_OF_16 = (
    Given(
        version=V16,
        action="RemoteStartTransaction",
        request=_start({"evseId": 1}),
        call={"idTag": "04A1B2C3D4", "connectorId": 1},
        answer=ACCEPTED,
        shows={"status": "Accepted", "transactionId": None, "remoteStartId": ANY},
        refusal=REJECTED,
        refused=REJECTED,
    ),
    Given(
        version=V16,
        action="RemoteStartTransaction",
        request=_start({"chargingProfile": _PROFILE}),
        call={"idTag": "04A1B2C3D4", "chargingProfile": _PROFILE_16},
        answer=ACCEPTED,
        shows=ACCEPTED,
        name="profile",
    ),
    Given(
        version=V16,
        action="RemoteStopTransaction",
        request=_stop("42"),
        call={"transactionId": 42},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=REJECTED,
        refused=REJECTED,
    ),
    *(
        Given(
            version=V16,
            action="UnlockConnector",
            request=_UNLOCK,
            call={"connectorId": 2},
            answer={"status": status},
            shows={"status": status},
            refusal={"status": "NotSupported"},
            refused={"status": "NotSupported"},
            name=status,
        )
        for status in ("Unlocked", "UnlockFailed")
    ),
    _triggered(
        V16,
        "TriggerMessage",
        _trigger("StatusNotification", evse={"id": 2}),
        {"requestedMessage": "StatusNotification", "connectorId": 2},
        name="connector",
    ),
    *(
        _triggered(V16, "TriggerMessage", _trigger(message), {"requestedMessage": message}, name=message)
        for message in (
            "BootNotification",
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "Heartbeat",
            "MeterValues",
            "StatusNotification",
        )
    ),
    *(
        _triggered(
            V16,
            "ExtendedTriggerMessage",
            _trigger(message, extended=True),
            {"requestedMessage": said},
            name=message,
        )
        for message, said in (
            ("BootNotification", "BootNotification"),
            ("LogStatusNotification", "LogStatusNotification"),
            ("FirmwareStatusNotification", "FirmwareStatusNotification"),
            ("Heartbeat", "Heartbeat"),
            ("MeterValues", "MeterValues"),
            ("SignChargingStationCertificate", "SignChargePointCertificate"),
            ("StatusNotification", "StatusNotification"),
        )
    ),
)
_TRIGGERS_2 = (
    "BootNotification",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "SignChargingStationCertificate",
    "SignV2GCertificate",
    "TransactionEvent",
    "SignCombinedCertificate",
    "PublishFirmwareStatusNotification",
)
_OF_2 = tuple(
    case
    for version in V2
    for case in (
        Given(
            version=version,
            action="RequestStartTransaction",
            request=_start({"evseId": 1, "groupIdToken": _FLEET, "remoteStartId": 5}),
            call={"idToken": _CARD, "evseId": 1, "groupIdToken": _FLEET, "remoteStartId": 5},
            answer={"status": "Accepted", "transactionId": "TX-1"},
            shows={"status": "Accepted", "transactionId": "TX-1", "remoteStartId": 5},
            refusal=REJECTED,
            refused={"status": "Rejected", "transactionId": None},
        ),
        Given(
            version=version,
            action="RequestStartTransaction",
            request=_start({"chargingProfile": _PROFILE}),
            call={"idToken": _CARD, "remoteStartId": ANY, "chargingProfile": _PROFILE_2},
            answer=ACCEPTED,
            shows=ACCEPTED,
            name="profile",
        ),
        Given(
            version=version,
            action="RequestStopTransaction",
            request=_stop("TX-1"),
            call={"transactionId": "TX-1"},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
        ),
        *(
            Given(
                version=version,
                action="UnlockConnector",
                request=("POST", f"{_COMMANDS}/unlock", {"evseId": 2, "connectorId": 3}),
                call={"evseId": 2, "connectorId": 3},
                answer={"status": status},
                shows={"status": status},
                refusal={"status": "UnknownConnector"},
                refused={"status": "UnknownConnector"},
                name=status,
            )
            for status in ("Unlocked", "UnlockFailed", "OngoingAuthorizedTransaction")
        ),
        _triggered(
            version,
            "TriggerMessage",
            _trigger("StatusNotification", evse={"id": 1, "connectorId": 1}),
            {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
            name="connector",
        ),
        _triggered(
            version,
            "TriggerMessage",
            _trigger("MeterValues", evse={"id": 1}),
            {"requestedMessage": "MeterValues", "evse": {"id": 1}},
            name="evse",
        ),
        *(
            _triggered(version, "TriggerMessage", _trigger(message), {"requestedMessage": message}, name=message)
            for message in (*_TRIGGERS_2, *(("SignV2G20Certificate",) if version is V21 else ()))
        ),
    )
)

GIVEN = (
    *_OF_16,
    *_OF_2,
    _triggered(
        V21,
        "TriggerMessage",
        _trigger("CustomTrigger", customTrigger="org.example.blink"),
        {"requestedMessage": "CustomTrigger", "customTrigger": "org.example.blink"},
        name="custom",
    ),
)
