"""What the cases of block O share: the operator has messages shown, asked for and cleared, the tester answers as the station."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, absent, count, equals, lacks, not_empty, present
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Asks, Receives, Sends, State, Step
from pilotwire.conformance.values import Kept, Moment, configured

Steps = tuple[Step, ...]

MESSAGE_ID = Kept("message_id")
OF_TRANSACTION: dict[str, Any] = {"transactionId": Kept("transaction_id")}
START = Moment(configured.message_start_offset, name="start of the message")
END = Moment(3600, name="end of the message")
KNOWS_NOTHING = configured_is("asks_for_unknown_ids", True)
"""The CSMS can be made to send ids it has not heard of."""


def shows(number: str, *, status: str = "Accepted", without: tuple[str, ...] = (), **fields: Any) -> Steps:
    """The operator has a message shown: `fields` go into it and must come so, those in `without` must not come at all.

    A message that is not to be of a transaction has no transactionId (O01.FR.04).
    """
    text: dict[str, Any] = {"format": configured.message_format, "content": configured.message_content}
    wanted: dict[str, Any] = fields | {
        "priority": fields.get("priority", configured.message_priority),
        "message": fields.get("message", text),
    }
    left_out = without if "transactionId" in fields else (*without, "transactionId")
    return (
        Asks(action="SetDisplayMessage", payload={"message": wanted}),
        Receives(
            number=number,
            action="SetDisplayMessage",
            checks=(
                *(equals(f"message.{name}", value) for name, value in wanted.items() if name != "message"),
                equals("message.message.format", wanted["message"]["format"]),
                equals("message.message.content", wanted["message"]["content"]),
                *(absent(f"message.{name}") for name in left_out),
                present("message.id"),
            ),
            answer={"status": status},
            keep={"message_id": "message.id", "message": "message"},
        ),
    )


def message_shown(**fields: Any) -> Steps:
    """Memory state: the operator had a message shown, and the station took it."""
    return (State(name="A display message is configured", steps=shows("", **fields)),)


def asks_for(number: str, status: str, *checks: Check, **criteria: Any) -> Steps:
    """The operator asks for messages: by these criteria, and by no others."""
    others = [name for name in ("id", "priority", "state") if name not in criteria]
    return (
        Asks(action="GetDisplayMessages", payload=criteria),
        Receives(
            number=number,
            action="GetDisplayMessages",
            checks=(present("requestId"), *checks, *(absent(name) for name in others)),
            answer={"status": status},
            keep={"request_id": "requestId"},
        ),
    )


def told(number: str) -> Sends:
    """The tester tells the message that was shown; the CSMS takes it."""
    payload = {"requestId": Kept("request_id"), "messageInfo": [Kept("message")], "tbc": False}
    return Sends(number=number, action="NotifyDisplayMessages", payload=payload)


def only_id(wanted: Any) -> tuple[Check, ...]:
    """The criterion `id` has this one id."""
    return (count("id", 1), equals("id[0]", wanted))


def other_id() -> tuple[Check, ...]:
    """The criterion `id` does not have the id of the message that was shown."""
    return (not_empty("id"), lacks("id", MESSAGE_ID))


def clears(number: str, status: str, wanted: Any, *checks: Check) -> Steps:
    """The operator clears a message."""
    return (
        Asks(action="ClearDisplayMessage", payload={"id": wanted}),
        Receives(number=number, action="ClearDisplayMessage", checks=checks, answer={"status": status}),
    )
