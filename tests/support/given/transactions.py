"""Commands of functional block E."""

from tests.support.spoken import V2, Given

_ASK = "/stations/{station}/commands/get-transaction-status"

GIVEN = tuple(
    case
    for version in V2
    for case in (
        Given(
            version=version,
            action="GetTransactionStatus",
            request=("POST", _ASK, {"transactionId": "TX-1"}),
            call={"transactionId": "TX-1"},
            answer={"ongoingIndicator": True, "messagesInQueue": True},
            shows={"ongoingIndicator": True, "messagesInQueue": True},
            refusal={"ongoingIndicator": False, "messagesInQueue": False},
            refused={"ongoingIndicator": False, "messagesInQueue": False},
        ),
        Given(
            version=version,
            action="GetTransactionStatus",
            request=("POST", _ASK, {}),
            call={},
            answer={"messagesInQueue": False},
            shows={"ongoingIndicator": None, "messagesInQueue": False},
            name="any",
        ),
    )
)
