"""B01 to B03: a station boots, and the CSMS accepts it, at once or later."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, near, one_of
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Asks, Case, OnlyIf, Receives, Reconnects, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import booted
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, Moment, configured

Steps = tuple[Step, ...]
ACCEPTED = equals("status", "Accepted")
NOT_YET = one_of("status", "Pending", "Rejected")
_LONGEST = 1200.0
"""A CSMS may want a station to wait longer than a case lasts as a rule, in s."""


def boots(number: str, *checks: Check, reason: str = "PowerUp") -> Sends:
    """The station boots; what it is told as the interval is kept."""
    station = {"model": configured.model, "vendorName": configured.vendor}
    payload = {"reason": reason, "chargingStation": station}
    return Sends(
        number=number,
        action="BootNotification",
        payload=payload,
        checks=(*checks, near("currentTime", Moment()).softly()),
        keep={"interval": "interval"},
    )


def _interval(known: Known) -> Any:
    return Kept("interval").of(known) or known.setting("heartbeat_interval")


INTERVAL = Computed("the interval of the answer, heartbeat_interval if that is 0", _interval)
_CONNECTOR = {"evseId": configured.evse_id, "connectorId": configured.connector_id}


def told_too_early(number: str) -> OnlyIf:
    """The station tells the state of its connector, which it may not yet: the answer is a SecurityError."""
    place = {"id": configured.evse_id, "connectorId": configured.connector_id}
    event = {
        "eventId": Fresh("event_id"),
        "timestamp": Moment(),
        "trigger": "Delta",
        "actualValue": "Available",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": place},
        "variable": {"name": "AvailabilityState"},
    }
    told = {"timestamp": Moment(), "connectorStatus": "Available"} | _CONNECTOR
    refused = ("SecurityError",)
    return OnlyIf(
        condition=configured_is("status_form", "NotifyEvent"),
        steps=(
            Sends(
                number=number,
                action="NotifyEvent",
                payload={"generatedAt": Moment(), "seqNo": 0, "eventData": [event]},
                refused=refused,
            ),
        ),
        otherwise=(Sends(number=number, action="StatusNotification", payload=told, refused=refused),),
    )


TC_B_01_CSMS = Case(
    id="TC_B_01_CSMS",
    title="Cold boot, accepted",
    purpose="The CSMS accepts a registered station that boots.",
    requirements=("B01.FR.02",),
    main=booted(),
    booted=True,
)
TC_B_02_CSMS = Case(
    id="TC_B_02_CSMS",
    title="Cold boot, pending at first",
    purpose="The CSMS tells a station to wait, and accepts it when it boots again after the interval.",
    requirements=("B02.FR.01", "B02.FR.06"),
    traits={"boot_answers": ["Pending"]},
    booted=False,
    before=(Reconnects(),),
    main=(
        boots("1", equals("status", "Pending")),
        Waits(number="2", seconds=INTERVAL, why="the station may boot again after the interval"),
        boots("3", ACCEPTED),
        Tells(number="5", status="Available", every="station"),
    ),
    remark="The second validation is of the response of step 4; the document calls it step 3.",
    within=_LONGEST,
)
TC_B_30_CSMS = Case(
    id="TC_B_30_CSMS",
    title="A message before the station is accepted",
    purpose="The CSMS refuses with a SecurityError what a station says that it has not accepted.",
    requirements=("B02.FR.09", "B03.FR.07", "FR.04"),
    traits={"boot_answers": ["Pending"]},
    booted=False,
    before=(Reconnects(),),
    main=(boots("1", NOT_YET), told_too_early("3")),
)
TC_B_31_CSMS = Case(
    id="TC_B_31_CSMS",
    title="The CSMS has a pending station boot again",
    purpose="The CSMS does not wait for the interval: it triggers the BootNotification by which it accepts the station.",
    traits={"boot_answers": ["Pending"]},
    booted=False,
    before=(Reconnects(),),
    main=(
        boots("1", NOT_YET),
        Asks(action="TriggerMessage", payload={"requestedMessage": "BootNotification"}),
        Receives(
            number="3",
            action="TriggerMessage",
            checks=(equals("requestedMessage", "BootNotification"),),
            answer={"status": "Accepted"},
        ),
        boots("5", ACCEPTED, reason="Triggered"),
        Tells(number="7", status="Available", every="station"),
    ),
)
