"""Examples of what is said about firmware: payloads as on the wire, and what they mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pilotwire.domain import firmware as fw
from pilotwire.domain.kinds import Command, Fact

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_AT, _WHERE = "2026-03-01T13:00:00+01:00", "https://firmware.example.org/a.bin"
_MD5 = "b026324c6904b2a9cb4b88d6d61c81d1"
_FIRMWARE = {
    "location": _WHERE,
    "retrieveDateTime": _AT,
    "installDateTime": "2026-03-01T12:00:00Z",
    "signingCertificate": "PEM",
    "signature": "c2lnbmVk",
}
_SIGNED = fw.UpdateFirmware(
    location=_WHERE,
    retrieve_at=_NOON,
    request_id=7,
    install_at=_NOON,
    signing_certificate="PEM",
    signature="c2lnbmVk",
    retries=2,
)
_UNNAMED = fw.UpdateFirmware(location=_WHERE, retrieve_at=_NOON, retries=2, retry_interval=30)
_VERIFIED = fw.FirmwareStatusReported(status=fw.FirmwareStatus.SIGNATURE_VERIFIED, request_id=7)

Said = dict[str, list[tuple[dict[str, Any], Fact]]]
Wanted = dict[str, list[tuple[dict[str, Any], Command]]]

FACTS_16: Said = {
    "FirmwareStatusNotification": [
        ({"status": "Installed"}, fw.FirmwareStatusReported(status=fw.FirmwareStatus.INSTALLED, can_name=False)),
    ],
    "SignedFirmwareStatusNotification": [({"status": "SignatureVerified", "requestId": 7}, _VERIFIED)],
}
FACTS_2: Said = {
    "FirmwareStatusNotification": [
        ({"status": "SignatureVerified", "requestId": 7}, _VERIFIED),
        ({"status": "Idle"}, fw.FirmwareStatusReported(status=fw.FirmwareStatus.IDLE)),
    ],
    "PublishFirmwareStatusNotification": [
        (
            {"status": "Published", "requestId": 7, "location": ["http://lc/a.bin", "ftp://lc/a.bin"]},
            fw.PublishFirmwareStatusReported(
                status=fw.PublishFirmwareStatus.PUBLISHED,
                request_id=7,
                locations=("http://lc/a.bin", "ftp://lc/a.bin"),
            ),
        )
    ],
}
COMMANDS_16: Wanted = {
    "UpdateFirmware": [
        ({"location": _WHERE, "retrieveDate": _AT, "retries": 2, "retryInterval": 30}, _UNNAMED),
    ],
    "SignedUpdateFirmware": [({"requestId": 7, "retries": 2, "firmware": _FIRMWARE}, _SIGNED)],
}
COMMANDS_2: Wanted = {
    "UpdateFirmware": [({"requestId": 7, "retries": 2, "firmware": _FIRMWARE}, _SIGNED)],
    "PublishFirmware": [
        (
            {"location": _WHERE, "checksum": _MD5, "requestId": 8, "retryInterval": 5},
            fw.PublishFirmware(location=_WHERE, checksum=_MD5, request_id=8, retry_interval=5),
        )
    ],
    "UnpublishFirmware": [({"checksum": _MD5}, fw.UnpublishFirmware(checksum=_MD5))],
}
