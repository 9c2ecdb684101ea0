"""What stations tell of their displays without being asked by this CSMS's own command."""

from tests.support.spoken import V2, Stated

_MESSAGE = {
    "id": 3,
    "priority": "AlwaysFront",
    "message": {"format": "ASCII", "content": "Closed"},
    "state": "Unavailable",
}

STATED = tuple(
    Stated(
        version=version,
        action="NotifyDisplayMessages",
        payload={"requestId": 1, "messageInfo": [_MESSAGE]},
        answer={},
        read="/stations/{station}/display-messages",
        shows={"items": [_MESSAGE | {"setAt": None}]},
    )
    for version in V2
)
