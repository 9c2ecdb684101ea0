"""Commands of functional block P."""

from tests.support.spoken import V2, V16, Given

_PATH = "/stations/{station}/commands/data-transfer"
_DATA = {"level": 3, "names": ["a", "b"]}

GIVEN = (
    Given(
        version=V16,
        action="DataTransfer",
        request=("POST", _PATH, {"vendorId": "org.example", "messageId": "ping", "data": "level 3"}),
        call={"vendorId": "org.example", "messageId": "ping", "data": "level 3"},
        answer={"status": "Accepted", "data": "pong"},
        shows={"status": "Accepted", "data": "pong"},
        refusal={"status": "UnknownVendorId"},
        refused={"status": "UnknownVendorId", "data": None},
    ),
    *(
        Given(
            version=version,
            action="DataTransfer",
            request=("POST", _PATH, {"vendorId": "org.example", "messageId": "ping", "data": _DATA}),
            call={"vendorId": "org.example", "messageId": "ping", "data": _DATA},
            answer={"status": "Accepted", "data": [1, 2]},
            shows={"status": "Accepted", "data": [1, 2]},
            refusal={"status": "UnknownMessageId"},
            refused={"status": "UnknownMessageId", "data": None},
        )
        for version in V2
    ),
)
