"""P02: a CSMS is sent data of a vendor it does not know, and custom data."""

from __future__ import annotations

from pilotwire.conformance.checks import one_of
from pilotwire.conformance.language import Case, Sends
from pilotwire.conformance.states.csms201 import begin_transaction, place, transaction_event
from pilotwire.conformance.values import Moment, configured

_CUSTOM = {"vendorId": configured.vendor_id, "note": "to be left alone", "more": {"depth": [1, 2]}}

TC_P_02_CSMS = Case(
    id="TC_P_02_CSMS",
    title="Data of an unknown vendor",
    purpose="DataTransfer of a vendor or message the CSMS does not know is answered so, or Rejected.",
    requirements=("P02.FR.06", "P02.FR.07"),
    main=(
        Sends(
            number="1",
            action="DataTransfer",
            payload={"vendorId": configured.vendor_id, "messageId": "bench"},
            checks=(one_of("status", "UnknownVendorId", "UnknownMessageId", "Rejected"),),
        ),
    ),
)

TC_P_03_CSMS = Case(
    id="TC_P_03_CSMS",
    title="Custom data",
    purpose="Requests with customData, at the top and inside, are answered as those without.",
    main=(
        Sends(
            number="1",
            action="StatusNotification",
            payload={
                "timestamp": Moment(),
                "connectorStatus": "Occupied",
                "evseId": configured.evse_id,
                "connectorId": configured.connector_id,
                "customData": _CUSTOM,
            },
        ),
        begin_transaction(),
        transaction_event(
            "3",
            trigger="CablePluggedIn",
            event_type="Started",
            info={"chargingState": "EVConnected", "customData": _CUSTOM},
            more={"evse": place(), "customData": _CUSTOM},
        ),
    ),
)
