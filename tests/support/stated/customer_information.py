"""What stations tell of customers: only the message log has it."""

from tests.support.spoken import V2, Stated

STATED = tuple(
    Stated(
        version=version,
        action="NotifyCustomerInformation",
        payload={"requestId": 1, "seqNo": 0, "generatedAt": "2026-01-01T12:00:00Z", "data": "nothing"},
        answer={},
        read="/messages?station={station}&action=NotifyCustomerInformation&direction=in",
        shows={"items": [{"direction": "in", "action": "NotifyCustomerInformation"}]},
    )
    for version in V2
)
