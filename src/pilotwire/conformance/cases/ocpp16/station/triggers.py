"""Charge Point under test: triggered messages and vendor-specific data (test document 2.20, 2.22)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, one_of
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Case16, NotReceives, OnlyIf, Receives, Sends
from pilotwire.conformance.states.station16 import CONNECTOR
from pilotwire.conformance.values import Computed, configured


def _triggers(number: str, message: str, *checks: Check, keep: str = "", **more: Any) -> Sends:
    return Sends(
        number=number,
        action="TriggerMessage",
        payload={"requestedMessage": message} | more,
        checks=checks or (equals("status", "Accepted"),),
        keep={keep: "status"} if keep else {},
    )


def _comes(number: str, action: str, *checks: Check) -> Receives:
    return Receives(number=number, action=action, checks=checks)


_OF_THE_CONNECTOR = equals("connectorId", CONNECTOR)

TC_054_CS = Case16(
    id="TC_054_CS",
    title="Triggered messages",
    purpose="The Charge Point sends each message it is asked for.",
    main=(
        _triggers("1", "MeterValues", connectorId=CONNECTOR),
        _comes("3", "MeterValues", _OF_THE_CONNECTOR),
        _triggers("5", "Heartbeat"),
        _comes("7", "Heartbeat"),
        _triggers("9", "StatusNotification", connectorId=CONNECTOR),
        _comes("11", "StatusNotification", _OF_THE_CONNECTOR),
        _triggers("13", "DiagnosticsStatusNotification"),
        _comes("15", "DiagnosticsStatusNotification", equals("status", "Idle")),
        _triggers(
            "17",
            "FirmwareStatusNotification",
            one_of("status", "Accepted", "NotImplemented"),
            keep="firmware_triggered",
        ),
        OnlyIf(
            condition=kept_is("firmware_triggered", "Accepted"),
            steps=(_comes("19", "FirmwareStatusNotification", equals("status", "Idle")),),
        ),
    ),
    requirements=("1.6:5.17",),
)

_ONE_TOO_MANY = Computed("one more than there are connectors", lambda known: len(known.setting("connectors")) + 1)

TC_055_CS = Case16(
    id="TC_055_CS",
    title="A triggered message of a connector that is not there",
    purpose="The Charge Point rejects it, and sends nothing.",
    main=(
        Sends(
            number="1",
            action="TriggerMessage",
            payload={"requestedMessage": "MeterValues", "connectorId": _ONE_TOO_MANY},
            checks=(equals("status", "Rejected"),),
            refused=("PropertyConstraintViolation", "OccurenceConstraintViolation", "GenericError"),
        ),
        NotReceives(action="MeterValues"),
    ),
    requirements=("1.6:5.17",),
)

_NOT_TAKEN = ("Rejected", "UnknownMessageId", "UnknownVendorId")

TC_062_CS = Case16(
    id="TC_062_CS",
    title="Data of a vendor it does not know",
    purpose="The Charge Point does not accept data of a vendorId it does not know.",
    main=(
        Sends(
            number="1",
            action="DataTransfer",
            payload={"vendorId": configured.vendor_id, "messageId": configured.message_id, "data": "bench"},
            checks=(one_of("status", *_NOT_TAKEN).softly(), one_of("status", *_NOT_TAKEN, "Accepted")),
        ),
    ),
    requirements=("1.6:5.6",),
    remark="Accepted is allowed, and worth a warning.",
)
