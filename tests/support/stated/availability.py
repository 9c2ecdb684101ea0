"""What stations state in functional block G."""

from tests.support.spoken import V2, V16, Stated

_AT = "2026-01-02T03:04:05Z"

STATED = (
    Stated(
        version=V16,
        action="StatusNotification",
        payload={"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": _AT},
        answer={},
        read="/stations/{station}",
        shows={"connectors": [{"evse": {"id": 1, "connectorId": 1}, "connectorStatus": "Available", "timestamp": _AT}]},
    ),
    *(
        Stated(
            version=version,
            action="StatusNotification",
            payload={"evseId": 1, "connectorId": 2, "connectorStatus": "Occupied", "timestamp": _AT},
            answer={},
            read="/stations/{station}",
            shows={"connectors": [{"evse": {"id": 1, "connectorId": 2}, "connectorStatus": "Occupied"}]},
        )
        for version in V2
    ),
)
