"""What stations state in functional block L."""

from tests.support.spoken import V2, V16, V21, Stated

_READ = "/stations/{station}/firmware-statuses"
_INFO = {"reasonCode": "TxInProgress", "additionalInfo": "until the car has left"}
_HTTP = "http://controller.local/firmware.bin"

STATED = (
    Stated(
        version=V16,
        action="FirmwareStatusNotification",
        payload={"status": "Downloading"},
        answer={},
        read=_READ,
        shows=[{"status": "Downloading", "requestId": None, "publishing": False}],
    ),
    Stated(
        version=V16,
        action="SignedFirmwareStatusNotification",
        payload={"status": "SignatureVerified", "requestId": 7},
        answer={},
        read=_READ,
        shows=[{"status": "SignatureVerified", "requestId": 7, "publishing": False}],
    ),
    *(
        Stated(
            version=version,
            action="FirmwareStatusNotification",
            payload={"status": "InstallScheduled", "requestId": 7},
            answer={},
            read=_READ,
            shows=[{"status": "InstallScheduled", "requestId": 7, "publishing": False, "statusInfo": None}],
        )
        for version in V2
    ),
    Stated(
        version=V21,
        action="FirmwareStatusNotification",
        name="why",
        payload={"status": "InstallScheduled", "requestId": 7, "statusInfo": _INFO},
        answer={},
        read=_READ,
        shows=[{"status": "InstallScheduled", "requestId": 7, "statusInfo": _INFO}],
    ),
    *(
        Stated(
            version=version,
            action="PublishFirmwareStatusNotification",
            payload={"status": "Published", "requestId": 7, "location": [_HTTP]},
            answer={},
            read=_READ,
            shows=[{"status": "Published", "requestId": 7, "publishing": True, "location": [_HTTP]}],
        )
        for version in V2
    ),
)
