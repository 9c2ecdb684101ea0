"""Charge Point under test: the cable is pulled at the EV (test document 2.3)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Acts, Case16, Configures, Happened, InAnyOrder, OnlyIf, Receives, Step
from pilotwire.conformance.states.station16 import (
    CONNECTOR,
    charging,
    ends_charging,
    remote_stop,
    status,
    stops,
    unlocks,
)

Steps = tuple[Step, ...]

_PULLED = Acts(act="unplug", details={"side": "vehicle"})
_OVER = Happened(
    facts={"authorized": False, "energy": False},
    note="The cable is still in the socket; somebody takes it out afterwards.",
)
_FREE_OR_NOT: Any = ["Finishing", "Available"]


def _charging(*, stops_then: bool, unlocks_then: bool) -> Steps:
    """What the Charge Point does when the cable is pulled at the EV is configured, and somebody charges."""
    return (
        Configures(variable="StopTransactionOnEVSideDisconnect", value=stops_then),
        Configures(variable="UnlockConnectorOnEVSideDisconnect", value=unlocks_then),
        *charging(),
    )


TC_005_1_CS = Case16(
    id="TC_005_1_CS",
    title="Disconnected at the EV: the transaction stops and the connector unlocks",
    purpose="A Charge Point that is so configured stops the transaction when the cable is pulled at the EV.",
    before=_charging(stops_then=True, unlocks_then=True),
    main=(_PULLED, ends_charging("1", "3", "EVDisconnected"), _OVER),
    requirements=("1.6:4.9", "1.6:4.10"),
)

TC_005_2_CS = Case16(
    id="TC_005_2_CS",
    title="Disconnected at the EV: the transaction stops and the connector stays locked",
    purpose="The cable is pulled at the EV, the transaction stops, and the Central System unlocks the connector.",
    before=_charging(stops_then=True, unlocks_then=False),
    main=(
        _PULLED,
        InAnyOrder(steps=(stops("1", "EVDisconnected"), status("3", _FREE_OR_NOT))),
        _OVER,
        unlocks("5", "Unlocked", "NotSupported"),
    ),
    requirements=("1.6:4.9", "1.6:4.10", "1.6:5.18"),
    remark="The document gives the validation of step 6 to the Central System's side; it is of the Charge Point's answer.",
)

_FINISHING = OnlyIf(condition=feature("Q-1"), steps=(status("5", _FREE_OR_NOT),), otherwise=(status("5", "Finishing"),))

TC_005_3_CS = Case16(
    id="TC_005_3_CS",
    title="Disconnected at the EV: the transaction goes on",
    purpose="The cable is pulled at the EV and the transaction goes on, suspended, until the Central System stops it.",
    before=_charging(stops_then=False, unlocks_then=False),
    main=(
        _PULLED,
        Receives(
            number="1",
            action="StatusNotification",
            where=(equals("connectorId", CONNECTOR), one_of("status", "SuspendedEV", "SuspendedEVSE")),
            checks=(equals("info", "EV side disconnected"),),
        ),
        remote_stop("3"),
        InAnyOrder(steps=(_FINISHING, stops("7", "Remote"))),
        _OVER,
    ),
    requirements=("1.6:4.9", "1.6:4.10", "1.6:5.12"),
)
