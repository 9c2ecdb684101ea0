"""Commands of functional block R (2.1)."""

from typing import Any
from unittest.mock import ANY

from tests.support.spoken import ACCEPTED, REJECTED, V21, Given, Say

_CURVE = {"priority": 0, "yUnit": "PctMaxVar", "curveData": [{"x": 92, "y": 44}, {"x": 108, "y": -44.5}]}
_SET = {"controlId": "vv-1", "controlType": "VoltVar", "isDefault": True, "curve": _CURVE}
_SCHEDULED = {
    "controlId": "pf-1",
    "controlType": "FixedPFInject",
    "isDefault": False,
    "fixedPFInject": {
        "priority": 3,
        "displacement": 0.95,
        "excitation": True,
        "startTime": "2030-01-31T18:00:00Z",
        "duration": 600,
    },
}
_AT = "/stations/{station}/commands"


def _reported(call: Any) -> list[Say]:
    number = call["requestId"]
    curve = {"id": "vv-1", "curveType": "VoltVar", "isDefault": True, "isSuperseded": False, "curve": _CURVE}
    gradient = {"id": "g-1", "gradient": {"priority": 1, "gradient": 2, "softGradient": 1}}
    return [
        ("ReportDERControl", {"requestId": number, "curve": [curve], "tbc": True}),
        ("ReportDERControl", {"requestId": number, "gradient": [gradient]}),
    ]


GIVEN = (
    Given(
        version=V21,
        action="SetDERControl",
        request=("POST", f"{_AT}/set-der-control", _SET),
        call=_SET,
        answer={"status": "Accepted", "supersededIds": ["vv-0"]},
        shows={"status": "Accepted", "supersededIds": ["vv-0"]},
        refusal={"status": "NotSupported"},
        refused={"status": "NotSupported", "supersededIds": []},
    ),
    Given(
        version=V21,
        action="SetDERControl",
        name="scheduled",
        request=("POST", f"{_AT}/set-der-control", _SCHEDULED),
        call={**_SCHEDULED, "fixedPFInject": ANY},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=REJECTED,
        refused=REJECTED,
    ),
    Given(
        version=V21,
        action="GetDERControl",
        request=("POST", f"{_AT}/get-der-control", {"isDefault": True}),
        call={"requestId": ANY, "isDefault": True},
        answer=ACCEPTED,
        then=_reported,
        shows={
            "status": "Accepted",
            "controls": [
                {"isSuperseded": False, "control": {"controlId": "vv-1", "controlType": "VoltVar", "curve": _CURVE}},
                {"control": {"controlId": "g-1", "controlType": "Gradients", "isDefault": True}},
            ],
        },
        refusal={"status": "NotFound"},
        refused={"status": "NotFound", "controls": []},
    ),
    Given(
        version=V21,
        action="ClearDERControl",
        request=("POST", f"{_AT}/clear-der-control", {"isDefault": True, "controlId": "vv-1"}),
        call={"isDefault": True, "controlId": "vv-1"},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal={"status": "NotFound"},
        refused={"status": "NotFound"},
    ),
)
