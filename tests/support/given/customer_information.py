"""Commands about customers."""

from typing import Any
from unittest.mock import ANY

from tests.support.spoken import ACCEPTED, V2, Given, Say

_PATH = "/stations/{station}/commands/customer-information"
_CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0A", "issuerKeyHash": "0B", "serialNumber": "1F"}


def _told(call: Any) -> list[Say]:
    """The text in two parts, the second one first."""
    part = {"generatedAt": "2026-01-01T12:00:00Z", "requestId": call["requestId"]}
    return [
        ("NotifyCustomerInformation", part | {"seqNo": 1, "data": "two."}),
        ("NotifyCustomerInformation", part | {"seqNo": 0, "data": "One, ", "tbc": True}),
    ]


def _nothing(call: Any) -> list[Say]:
    part = {"generatedAt": "2026-01-01T12:00:00Z", "requestId": call["requestId"], "seqNo": 0, "data": "cleared"}
    return [("NotifyCustomerInformation", part)]


GIVEN = (
    *(
        Given(
            version=version,
            action="CustomerInformation",
            request=("POST", _PATH, {"idToken": _CARD}),
            call={"requestId": ANY, "report": True, "clear": False, "idToken": _CARD},
            answer=ACCEPTED,
            shows={"status": "Accepted", "data": "One, two.", "generatedAt": "2026-01-01T12:00:00Z"},
            refusal={"status": "Rejected"},
            refused={"status": "Rejected", "data": None},
            then=_told,
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="CustomerInformation",
            request=("POST", _PATH, {"report": False, "clear": True, "customerCertificate": _HASH}),
            call={"requestId": ANY, "report": False, "clear": True, "customerCertificate": _HASH},
            answer=ACCEPTED,
            shows={"status": "Accepted", "data": "cleared"},
            refusal={"status": "Invalid"},
            refused={"status": "Invalid", "data": None},
            then=_nothing,
            name="clear",
        )
        for version in V2
    ),
)
