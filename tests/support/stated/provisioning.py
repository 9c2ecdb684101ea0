"""Facts of functional block B: boot, heartbeat, reports."""

from unittest.mock import ANY

from tests.support.spoken import V2, V16, Stated

_VARIABLE = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
    "variableAttribute": [{"type": "Actual", "value": "Available", "mutability": "ReadOnly"}],
    "variableCharacteristics": {
        "dataType": "OptionList",
        "supportsMonitoring": True,
        "valuesList": "Available,Faulted",
    },
}

STATED = (
    Stated(
        version=V16,
        action="BootNotification",
        payload={"chargePointVendor": "Volta", "chargePointModel": "Two", "firmwareVersion": "2.1", "iccid": "8949"},
        answer={"status": "Accepted", "currentTime": ANY, "interval": 300},
        read="/stations/{station}",
        shows={"identity": {"vendorName": "Volta", "model": "Two", "firmwareVersion": "2.1"}, "lastBootReason": None},
    ),
    *(
        Stated(
            version=version,
            action="BootNotification",
            payload={
                "reason": "Watchdog",
                "chargingStation": {"vendorName": "Volta", "model": "Two", "firmwareVersion": "2.1"},
            },
            answer={"status": "Accepted", "currentTime": ANY, "interval": 300},
            read="/stations/{station}",
            shows={
                "identity": {"vendorName": "Volta", "model": "Two"},
                "lastBootReason": "Watchdog",
                "lastBootAt": ANY,
            },
        )
        for version in V2
    ),
    *(
        Stated(
            version=version,
            action="Heartbeat",
            payload={},
            answer={"currentTime": ANY},
            read="/stations/{station}",
            shows={"connected": True, "lastSeenAt": ANY},
        )
        for version in (V16, *V2)
    ),
    *(
        Stated(
            version=version,
            action="NotifyReport",
            payload={
                "requestId": 7,
                "seqNo": 0,
                "generatedAt": "2026-01-31T12:00:00Z",
                "reportData": [_VARIABLE],
            },
            answer={},
            read="/stations/{station}/device-model?component=evse",
            shows={
                "items": [
                    {
                        "component": {"name": "EVSE", "evse": {"id": 1}},
                        "variable": {"name": "AvailabilityState"},
                        "variableAttribute": [{"type": "Actual", "value": "Available", "mutability": "ReadOnly"}],
                        "variableCharacteristics": {"dataType": "OptionList", "valuesList": "Available,Faulted"},
                        "reportedAt": ANY,
                    }
                ]
            },
        )
        for version in V2
    ),
)
