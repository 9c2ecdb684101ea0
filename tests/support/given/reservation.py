"""Commands of functional block H."""

from unittest.mock import ANY

from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, Given

_CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
_WANTED = {"idToken": _CARD, "expiryDateTime": "2030-01-31T18:00:00Z", "evseId": 1, "reservationId": 42}
_RESERVE = ("POST", "/stations/{station}/commands/reserve-now", _WANTED)
_CANCEL = ("POST", "/stations/{station}/commands/cancel-reservation", {"reservationId": 42})

GIVEN = (
    Given(
        version=V16,
        action="ReserveNow",
        request=_RESERVE,
        call={"connectorId": 1, "expiryDate": ANY, "idTag": "04A1B2C3D4", "reservationId": 42},
        answer=ACCEPTED,
        shows={"status": "Accepted", "reservationId": 42},
        refusal={"status": "Faulted"},
        refused={"status": "Faulted"},
    ),
    *(
        Given(
            version=version,
            action="ReserveNow",
            request=_RESERVE,
            call={"id": 42, "expiryDateTime": ANY, "idToken": _CARD, "evseId": 1},
            answer=ACCEPTED,
            shows={"status": "Accepted", "reservationId": 42},
            refusal={"status": "Occupied"},
            refused={"status": "Occupied"},
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="CancelReservation",
            request=_CANCEL,
            call={"reservationId": 42},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
        )
        for version in (V16, *V2)
    ),
)
