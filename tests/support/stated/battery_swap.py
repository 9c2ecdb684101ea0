"""What stations state in functional block S (2.1)."""

from tests.support.spoken import V21, Stated

_CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
_IN = {"evseId": 3, "serialNumber": "B-1", "soC": 12, "soH": 98}


def _said(event: str) -> dict[str, object]:
    return {"eventType": event, "requestId": 7, "idToken": _CARD, "batteryData": [_IN]}


STATED = (
    Stated(
        version=V21,
        action="BatterySwap",
        payload=_said("BatteryIn"),
        answer={},
        read="/stations/{station}/battery-swaps?requestId=7",
        shows={"items": [_said("BatteryIn")]},
    ),
    Stated(
        version=V21,
        action="BatterySwap",
        name="in a slot",
        payload=_said("BatteryOutTimeout"),
        answer={},
        read="/stations/{station}/battery-slots",
        shows={"items": [{"evseId": 3, "battery": _IN, "offered": True}]},
    ),
    Stated(
        version=V21,
        action="BatterySwap",
        name="out of a slot",
        payload=_said("BatteryOut"),
        answer={},
        read="/stations/{station}/battery-slots",
        shows={"items": [{"evseId": 3, "battery": None, "offered": False}]},
    ),
)
