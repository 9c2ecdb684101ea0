"""Names of OCPP-S: namespaces, its two versions, and which of our actions they have (S16:3, S16:8; the WSDLs of 1.5 and 1.6)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
"""SOAP 1.2, the only one allowed (S16:2)."""
SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
ADDRESSINGS: Final = frozenset({ADDRESSING, "http://schemas.xmlsoap.org/ws/2004/08/addressing"})
"""WS-Addressing and the draft some stations were built with (S16:3.5 tells of them)."""
ANONYMOUS: Final = f"{ADDRESSING}/anonymous"
Side = Literal["central-system", "charge-point"]
"""Whose service is called."""


class SoapVersion(StrEnum):
    """The versions of OCPP that are spoken by SOAP here."""

    V15 = "1.5"
    V16 = "1.6"


NAMESPACES: Final[dict[tuple[SoapVersion, Side], str]] = {
    (SoapVersion.V15, "central-system"): "urn://Ocpp/Cs/2012/06/",
    (SoapVersion.V15, "charge-point"): "urn://Ocpp/Cp/2012/06/",
    (SoapVersion.V16, "central-system"): "urn://Ocpp/Cs/2015/10/",
    (SoapVersion.V16, "charge-point"): "urn://Ocpp/Cp/2015/10/",
}
"""As the WSDLs have them, with the slash at the end; the table of S16:8 leaves it out for 1.6, so it is read either way."""
_KNOWN: Final = {namespace.rstrip("/"): place for place, namespace in NAMESPACES.items()}

_TO_CENTRAL_SYSTEM: Final = frozenset(
    {
        "Authorize",
        "BootNotification",
        "DataTransfer",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
    }
)
_TO_CHARGE_POINT_15: Final = frozenset(
    {
        "CancelReservation",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "DataTransfer",
        "GetConfiguration",
        "GetDiagnostics",
        "GetLocalListVersion",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "UnlockConnector",
        "UpdateFirmware",
    }
)
ACTIONS: Final[dict[tuple[SoapVersion, Side], frozenset[str]]] = {
    (SoapVersion.V15, "central-system"): _TO_CENTRAL_SYSTEM,
    (SoapVersion.V16, "central-system"): _TO_CENTRAL_SYSTEM,
    (SoapVersion.V15, "charge-point"): _TO_CHARGE_POINT_15,
    (SoapVersion.V16, "charge-point"): _TO_CHARGE_POINT_15
    | {"ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile", "TriggerMessage"},
}
"""The operations of each service. The messages of the security extension are in no WSDL: they are not sayable by SOAP."""


def place_of(namespace: str) -> tuple[SoapVersion, Side] | None:
    """The version and side a namespace belongs to, with or without the slash at its end; None if it is none of OCPP."""
    return _KNOWN.get(namespace.rstrip("/"))
