"""Central System under test: triggered messages and vendor-specific data (test document 3.21, 3.23)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, absent, equals, one_of
from pilotwire.conformance.language import Case16, Sends, Step
from pilotwire.conformance.states.csms16 import CONNECTOR, ordered, status
from pilotwire.conformance.values import Computed, Moment, configured


def _triggers(number: str, message: str, *checks: Check, answer: str = "Accepted", **more: Any) -> tuple[Step, ...]:
    return ordered(
        number,
        "TriggerMessage",
        equals("requestedMessage", message),
        *checks,
        asked={"requestedMessage": message} | more,
        answer={"status": answer},
    )


_AT_CONNECTOR = equals("connectorId", CONNECTOR)
_READING = {
    "connectorId": CONNECTOR,
    "meterValue": [{"timestamp": Moment(), "sampledValue": [{"value": "1000", "context": "Trigger"}]}],
}

TC_054_CSMS = Case16(
    id="TC_054_CSMS",
    title="Triggered messages",
    purpose="The Central System triggers each message that can be triggered, and answers it when it comes.",
    main=(
        *_triggers("1", "MeterValues", _AT_CONNECTOR, connectorId=CONNECTOR),
        Sends(number="3", action="MeterValues", payload=_READING),
        *_triggers("5", "Heartbeat"),
        Sends(number="7", action="Heartbeat"),
        *_triggers("9", "StatusNotification", _AT_CONNECTOR, connectorId=CONNECTOR),
        status("11", "Available"),
        *_triggers("13", "DiagnosticsStatusNotification"),
        Sends(number="15", action="DiagnosticsStatusNotification", payload={"status": "Idle"}),
        *_triggers("17", "FirmwareStatusNotification"),
        Sends(number="19", action="FirmwareStatusNotification", payload={"status": "Idle"}),
    ),
    requirements=("1.6:5.17",),
)

_ONE_TOO_MANY = Computed("one more than there are connectors", lambda known: len(known.setting("connectors")) + 1)

TC_055_CSMS = Case16(
    id="TC_055_CSMS",
    title="A triggered message is rejected",
    purpose="The Charge Point does not have the connector; the Central System takes that answer.",
    main=_triggers(
        "1",
        "MeterValues",
        equals("connectorId", _ONE_TOO_MANY),
        answer="Rejected",
        connectorId=_ONE_TOO_MANY,
    ),
    requirements=("1.6:5.17",),
)

TC_064_CSMS = Case16(
    id="TC_064_CSMS",
    title="Data of a vendor it does not know",
    purpose="The Central System does not accept data of a vendorId it does not know.",
    main=(
        Sends(
            number="1",
            action="DataTransfer",
            payload={"vendorId": configured.vendor_id, "messageId": configured.message_id, "data": "bench"},
            checks=(
                one_of("status", "Rejected", "UnknownMessageId", "UnknownVendorId").softly(),
                one_of("status", "Rejected", "UnknownMessageId", "UnknownVendorId", "Accepted"),
                absent("error"),
            ),
        ),
    ),
    requirements=("1.6:4.3",),
    remark="Accepted is allowed, and worth a warning.",
)
