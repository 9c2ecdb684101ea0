"""Which messages a station sends because it was asked to: a pending one may send these and no others (B01.FR.10, B02.FR.02)."""

from __future__ import annotations

from typing import Final

from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16.plug_and_charge import VENDOR_ID

_REPORTS: Final = frozenset({"GetBaseReport", "GetReport"})
_SENDS: Final[dict[str, tuple[str, ...]]] = {
    # requestedMessage of a trigger: the actions it makes a station send, where they are not of that very name
    "SignChargingStationCertificate": ("SignCertificate",),
    "SignV2GCertificate": ("SignCertificate",),
    "SignV2G20Certificate": ("SignCertificate",),
    "SignCombinedCertificate": ("SignCertificate",),
    "SignChargePointCertificate": ("SignCertificate",),
    "FirmwareStatusNotification": ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
    "CustomTrigger": ("DataTransfer",),
}
_TRIGGERED_DATA: Final = ("DataTransfer",)
"""What a trigger of the Plug & Charge messages of 1.6 is answered with: a SignCertificate in a DataTransfer."""


def triggered_by(action: str, request: Message) -> tuple[str, ...]:
    """The actions that a request to a station makes it send."""
    if action in _REPORTS:
        return ("NotifyReport",)
    if action == "DataTransfer":
        is_trigger = getattr(request, "message_id", None) == "TriggerMessage"
        of_plug_and_charge = str(getattr(request, "vendor_id", "")).lower() == VENDOR_ID
        return _TRIGGERED_DATA if is_trigger and of_plug_and_charge else ()
    if action not in ("TriggerMessage", "ExtendedTriggerMessage"):
        return ()
    wanted = str(getattr(request, "requested_message", ""))
    return _SENDS.get(wanted, (wanted,))
