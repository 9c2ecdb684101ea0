"""Commands of functional block G."""

from typing import Any

from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, Given

_PATH = "/stations/{station}/commands/change-availability"


def _case(version: Any, body: Any, call: Any, answer: Any, name: str) -> Given:
    return Given(
        version=version,
        action="ChangeAvailability",
        request=("POST", _PATH, body),
        call=call,
        answer=answer,
        shows=answer,
        refusal=REJECTED,
        refused=REJECTED,
        name=name,
    )


_SCHEDULED = {"status": "Scheduled"}

GIVEN = (
    _case(
        V16, {"operationalStatus": "Inoperative"}, {"connectorId": 0, "type": "Inoperative"}, _SCHEDULED, name="station"
    ),
    _case(
        V16,
        {"operationalStatus": "Operative", "evse": {"id": 2}},
        {"connectorId": 2, "type": "Operative"},
        ACCEPTED,
        name="connector",
    ),
    *(
        case
        for version in V2
        for case in (
            _case(
                version,
                {"operationalStatus": "Inoperative"},
                {"operationalStatus": "Inoperative"},
                _SCHEDULED,
                name="station",
            ),
            _case(
                version,
                {"operationalStatus": "Inoperative", "evse": {"id": 1}},
                {"operationalStatus": "Inoperative", "evse": {"id": 1}},
                _SCHEDULED,
                name="evse",
            ),
            _case(
                version,
                {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 2}},
                {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 2}},
                ACCEPTED,
                name="connector",
            ),
        )
    ),
)
