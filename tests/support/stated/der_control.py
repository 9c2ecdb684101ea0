"""What stations state in functional block R (2.1)."""

from tests.support.spoken import V21, Stated

_AT = "2026-01-02T03:04:05Z"
_DROOP = {"priority": 1, "overFreq": 50.2, "underFreq": 49.8, "overDroop": 5, "underDroop": 5, "responseTime": 0.2}

STATED = (
    Stated(
        version=V21,
        action="ReportDERControl",
        payload={
            "requestId": 5,
            "freqDroop": [{"id": "fd-1", "isDefault": False, "isSuperseded": True, "freqDroop": _DROOP}],
        },
        answer={},
        read="/stations/{station}/der-controls",
        shows={
            "items": [
                {
                    "controlId": "fd-1",
                    "isSuperseded": True,
                    "control": {"controlType": "FreqDroop", "isDefault": False, "freqDroop": _DROOP},
                }
            ]
        },
    ),
    Stated(
        version=V21,
        action="NotifyDERAlarm",
        payload={"controlType": "VoltVar", "timestamp": _AT, "gridEventFault": "OverVoltage", "alarmEnded": True},
        answer={},
        read="/stations/{station}/der-alarms?controlType=VoltVar",
        shows={
            "items": [{"controlType": "VoltVar", "timestamp": _AT, "gridEventFault": "OverVoltage", "alarmEnded": True}]
        },
    ),
    Stated(
        version=V21,
        action="NotifyDERStartStop",
        payload={"controlId": "fd-2", "started": True, "timestamp": _AT},
        answer={},
        read="/stations/{station}/der-controls",
        shows={"items": [{"controlId": "fd-2", "control": None, "started": True, "startedAt": _AT}]},
    ),
)
