"""Central System under test: cold boot, reset and power failure (test document 3.1, 3.7, 3.13)."""

from __future__ import annotations

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case16, Disconnects, Reconnects, Sends, Step
from pilotwire.conformance.states.csms16 import boots, charging, ordered, status, statuses, stops
from pilotwire.conformance.values import configured


def _resets(number: str, kind: str) -> tuple[Step, ...]:
    return ordered(number, "Reset", equals("type", kind), asked={"type": kind}, answer={"status": "Accepted"})


TC_001_CSMS = Case16(
    id="TC_001_CSMS",
    title="Cold boot",
    purpose="The Central System accepts a Charge Point that boots, takes the status of its connectors, and answers heartbeats.",
    booted=False,
    main=(Reconnects(), boots("1"), *statuses("3"), Sends(number="5", action="Heartbeat")),
    requirements=("1.6:4.2", "1.6:4.6", "1.6:4.9"),
)

TC_013_CSMS = Case16(
    id="TC_013_CSMS",
    title="Hard reset",
    purpose="The Central System resets the Charge Point hard, and accepts it when it boots.",
    main=(*_resets("1", "Hard"), Disconnects(), Reconnects(), boots("3"), *statuses("5")),
    requirements=("1.6:5.14", "1.6:4.2"),
)

TC_014_CSMS = Case16(
    id="TC_014_CSMS",
    title="Soft reset",
    purpose="The Central System resets the Charge Point softly, and accepts it when it boots.",
    main=(*_resets("1", "Soft"), Disconnects(), Reconnects(), boots("3"), *statuses("5")),
    requirements=("1.6:5.14", "1.6:4.2"),
)

TC_032_1_CSMS = Case16(
    id="TC_032_1_CSMS",
    title="Power failure during a transaction",
    purpose="The Charge Point loses its power, boots, and stops the transaction that was running; the Central System takes that.",
    before=charging(),
    main=(
        Disconnects(abruptly=True),
        Reconnects(),
        boots("1"),
        status("3", "Available", evse=0),
        status("3", "Available", evse=configured.evse2_id),
        status("3", "Finishing"),
        stops("5", reason="PowerLoss"),
    ),
    requirements=("1.6:4.2", "1.6:4.10"),
)
