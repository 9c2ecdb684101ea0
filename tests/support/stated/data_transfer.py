"""What stations state in functional block P: nobody here knows the vendor, and the message log has it all (P02.FR.06)."""

from tests.support.spoken import V2, V16, Stated

_READ = "/messages?station={station}&action=DataTransfer&direction=in"

STATED = tuple(
    Stated(
        version=version,
        action="DataTransfer",
        payload={"vendorId": "org.example.nobody", "messageId": "ping", "data": "level 3"},
        answer={"status": "UnknownVendorId"},
        read=_READ,
        shows={"items": [{"action": "DataTransfer", "direction": "in"}]},
        name="unknown vendor",
    )
    for version in (V16, *V2)
)
