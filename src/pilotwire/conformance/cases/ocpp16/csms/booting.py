"""Central System under test: cold boot (test document 3.1)."""

from __future__ import annotations

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case16, Sends, Tells
from pilotwire.conformance.states.csms16 import status
from pilotwire.conformance.values import configured

TC_001_CSMS = Case16(
    id="TC_001_CSMS",
    title="Cold boot",
    purpose="The Central System accepts a Charge Point that boots, takes the status of its connectors, and answers heartbeats.",
    booted=False,
    main=(
        Sends(
            number="1",
            action="BootNotification",
            payload={"chargePointVendor": configured.vendor, "chargePointModel": configured.model},
            checks=(equals("status", "Accepted"),),
        ),
        status("3", "Available", evse=0),
        Tells(number="3", status="Available", every="station"),
        Sends(number="5", action="Heartbeat"),
    ),
)
