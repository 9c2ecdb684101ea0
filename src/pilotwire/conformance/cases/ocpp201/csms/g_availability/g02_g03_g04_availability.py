"""G02 to G05: the CSMS takes a station, an EVSE or a connector out of use and back, and hears of a lock that fails."""

from __future__ import annotations

from typing import Any, Literal

from pilotwire.conformance.checks import Check, absent, equals
from pilotwire.conformance.language import Asks, Case, Receives, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import (
    energy_transfer_started,
    ev_connected_post_session,
    ev_disconnected,
    stop_authorized,
    unavailable,
)
from pilotwire.conformance.values import Fresh, Moment, configured

Steps = tuple[Step, ...]
What = Literal["station", "evse", "connector"]

_PLACES: dict[What, dict[str, Any]] = {
    "station": {},
    "evse": {"evse": {"id": configured.evse_id}},
    "connector": {"evse": {"id": configured.evse_id, "connectorId": configured.connector_id}},
}
_CHECKS: dict[What, tuple[Check, ...]] = {
    "station": (absent("evse"),),
    "evse": (equals("evse.id", configured.evse_id), absent("evse.connectorId")),
    "connector": (equals("evse.id", configured.evse_id), equals("evse.connectorId", configured.connector_id)),
}


def changes(what: What, wanted: str, answer: str = "Accepted") -> Steps:
    """The operator changes the availability; the CSMS sends ChangeAvailability, which is answered so."""
    return (
        Asks(action="ChangeAvailability", payload={"operationalStatus": wanted} | _PLACES[what]),
        Receives(
            number="1",
            action="ChangeAvailability",
            checks=(equals("operationalStatus", wanted), *_CHECKS[what]),
            answer={"status": answer},
        ),
    )


def tells(what: What, state: str, number: str = "3") -> Tells:
    """The station tells the states of the connectors that are meant."""
    every: dict[What, Literal["", "station", "evse"]] = {"station": "station", "evse": "evse", "connector": ""}
    return Tells(number=number, status=state, every=every[what])


def after_the_session(what: What) -> Steps:
    """The transaction ends, and what was scheduled comes true."""
    return (
        Waits(seconds=configured.transaction_duration, why="the transaction goes on"),
        *stop_authorized(),
        *ev_connected_post_session(),
        *ev_disconnected(),
        tells(what, "Unavailable", "8"),
    )


TC_G_03_CSMS = Case(
    id="TC_G_03_CSMS",
    title="EVSE out of use",
    purpose="The CSMS takes an EVSE out of use and takes the new states of its connectors.",
    main=unavailable(),
)
TC_G_04_CSMS = Case(
    id="TC_G_04_CSMS",
    title="EVSE back in use",
    purpose="The CSMS takes an EVSE back into use.",
    before=unavailable(),
    main=(*changes("evse", "Operative"), tells("evse", "Available")),
)
TC_G_05_CSMS = Case(
    id="TC_G_05_CSMS",
    title="Station out of use",
    purpose="The CSMS takes the whole station out of use.",
    main=(*changes("station", "Inoperative"), tells("station", "Unavailable")),
)
TC_G_06_CSMS = Case(
    id="TC_G_06_CSMS",
    title="Station back in use",
    purpose="The CSMS takes the whole station back into use.",
    before=(*changes("station", "Inoperative"), tells("station", "Unavailable")),
    main=(*changes("station", "Operative"), tells("station", "Available")),
    remark="The manual action of the document says Inoperative; its validations and its title say Operative.",
)
TC_G_07_CSMS = Case(
    id="TC_G_07_CSMS",
    title="Connector out of use",
    purpose="The CSMS takes a connector out of use.",
    main=(*changes("connector", "Inoperative"), tells("connector", "Unavailable")),
)
TC_G_08_CSMS = Case(
    id="TC_G_08_CSMS",
    title="Connector back in use",
    purpose="The CSMS takes a connector back into use.",
    before=(*changes("connector", "Inoperative"), tells("connector", "Unavailable")),
    main=(*changes("connector", "Operative"), tells("connector", "Available")),
)
TC_G_11_CSMS = Case(
    id="TC_G_11_CSMS",
    title="EVSE out of use after the transaction",
    purpose="The CSMS takes an EVSE out of use while somebody charges there; the station does it afterwards.",
    before=energy_transfer_started(),
    main=(*changes("evse", "Inoperative", "Scheduled"), *after_the_session("evse")),
)
TC_G_14_CSMS = Case(
    id="TC_G_14_CSMS",
    title="Station out of use after the transaction",
    purpose="The CSMS takes the station out of use while somebody charges: the free EVSE at once, the other afterwards.",
    before=energy_transfer_started(),
    main=(
        *changes("station", "Inoperative", "Scheduled"),
        Tells(number="3", status="Unavailable", evse=configured.evse2_id, every="evse"),
        *after_the_session("evse"),
    ),
)
TC_G_17_CSMS = Case(
    id="TC_G_17_CSMS",
    title="Connector out of use after the transaction",
    purpose="The CSMS takes a connector out of use while somebody charges there.",
    before=energy_transfer_started(),
    main=(*changes("connector", "Inoperative", "Scheduled"), *after_the_session("connector")),
)
TC_G_20_CSMS = Case(
    id="TC_G_20_CSMS",
    title="The lock of a connector fails",
    purpose="The CSMS answers the event that a connector cannot be locked.",
    requirements=("G05.FR.03",),
    main=(
        Sends(
            number="1",
            action="NotifyEvent",
            payload={
                "generatedAt": Moment(),
                "seqNo": 0,
                "tbc": False,
                "eventData": [
                    {
                        "eventId": Fresh("event_id"),
                        "timestamp": Moment(),
                        "trigger": "Delta",
                        "actualValue": "true",
                        "eventNotificationType": "HardWiredNotification",
                        "component": {
                            "name": "ConnectorPlugRetentionLock",
                            "evse": {"id": configured.evse_id, "connectorId": configured.connector_id},
                        },
                        "variable": {"name": "Problem"},
                    }
                ],
            },
        ),
    ),
)
