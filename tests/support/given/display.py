"""Commands of functional block O."""

from typing import Any
from unittest.mock import ANY

from tests.support.spoken import ACCEPTED, V2, V21, V201, Given, Say

_PLAIN = {"id": 7, "priority": "InFront", "message": {"format": "UTF8", "content": "Mind the step", "language": "en"}}
_MORE = [{"format": "UTF8", "content": "Stufe", "language": "de"}]
_SET = "/stations/{station}/commands/set-display-message"
_GET = "/stations/{station}/commands/get-display-messages"
_CLEAR = ("POST", "/stations/{station}/commands/clear-display-message", {"id": 7})


def _told(call: Any) -> list[Say]:
    """All messages in two parts."""
    other = _PLAIN | {
        "id": 8,
        "startDateTime": "2026-01-01T12:00:00Z",
        "display": {"name": "Display", "evse": {"id": 2}},
    }
    number = call["requestId"]
    return [
        ("NotifyDisplayMessages", {"requestId": number, "messageInfo": [_PLAIN], "tbc": True}),
        ("NotifyDisplayMessages", {"requestId": number, "messageInfo": [other]}),
    ]


GIVEN = (
    *(
        Given(
            version=version,
            action="SetDisplayMessage",
            request=("POST", _SET, _PLAIN | {"state": "Idle"}),
            call={"message": _PLAIN | {"state": "Idle"}},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal={"status": "NotSupportedPriority"},
            refused={"status": "NotSupportedPriority"},
        )
        for version in V2
    ),
    Given(
        version=V21,
        action="SetDisplayMessage",
        request=("POST", _SET, _PLAIN | {"state": "Discharging", "messageExtra": _MORE}),
        call={"message": _PLAIN | {"state": "Discharging", "messageExtra": _MORE}},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal={"status": "LanguageNotSupported"},
        refused={"status": "LanguageNotSupported"},
        name="languages",
    ),
    *(
        Given(
            version=version,
            action="GetDisplayMessages",
            request=("POST", _GET, {"priority": "InFront"}),
            call={"requestId": ANY, "priority": "InFront"},
            answer=ACCEPTED,
            shows={
                "status": "Accepted",
                "messageInfo": [
                    {"id": 7, "message": {"content": "Mind the step"}, "display": None},
                    {
                        "id": 8,
                        "display": {"name": "Display", "evse": {"id": 2}},
                        "startDateTime": "2026-01-01T12:00:00Z",
                    },
                ],
            },
            refusal={"status": "Unknown"},
            refused={"status": "Unknown", "messageInfo": []},
            then=_told,
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="ClearDisplayMessage",
            request=_CLEAR,
            call={"id": 7},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal={"status": refusal},
            refused={"status": refusal},
        )
        for version, refusal in ((V201, "Unknown"), (V21, "Rejected"))
    ),
)
