"""E14: the CSMS asks whether a transaction goes on, and whether messages of it wait."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.language import Asks, Case, Disconnects, Receives, Reconnects, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import energy_transfer_started, transaction_event
from pilotwire.conformance.values import OMITTED, Kept, Moment, configured, plus

Steps = tuple[Step, ...]
OFFLINE_VALUES = {
    "offline": True,
    "meterValue": [{"timestamp": Moment(), "sampledValue": [{"value": 1500, "context": "Sample.Periodic"}]}],
}


def asks_status(number: str, *, of_one: bool, ongoing: Any, waiting: bool) -> Steps:
    """The operator asks; the CSMS sends GetTransactionStatus, and is answered so."""
    wanted = {"transactionId": Kept("transaction_id")} if of_one else {}
    check = equals("transactionId", Kept("transaction_id")) if of_one else absent("transactionId")
    return (
        Asks(action="GetTransactionStatus", payload=wanted),
        Receives(
            number=number,
            action="GetTransactionStatus",
            checks=(check,),
            answer={"ongoingIndicator": ongoing, "messagesInQueue": waiting},
        ),
    )


def away() -> Steps:
    """The station loses its connection for a while."""
    return (
        Disconnects(number="1"),
        Waits(number="2", seconds=configured.transaction_duration, why="the station is offline"),
        Reconnects(),
    )


WAITING = transaction_event("5", trigger="MeterValuePeriodic", more=OFFLINE_VALUES)

TC_E_29_CSMS = Case(
    id="TC_E_29_CSMS",
    title="The transaction goes on, messages wait",
    purpose="The CSMS asks about a transaction after the station was offline, and takes what waited.",
    requirements=("E14.FR.02", "E14.FR.04"),
    before=energy_transfer_started(),
    main=(*away(), *asks_status("3", of_one=True, ongoing=True, waiting=True), WAITING),
)
TC_E_30_CSMS = Case(
    id="TC_E_30_CSMS",
    title="The transaction goes on, nothing waits",
    purpose="The CSMS asks about a transaction of which nothing waits.",
    requirements=("E14.FR.02", "E14.FR.05"),
    before=energy_transfer_started(),
    main=asks_status("1", of_one=True, ongoing=True, waiting=False),
)
TC_E_31_CSMS = Case(
    id="TC_E_31_CSMS",
    title="The transaction has ended, messages wait",
    purpose="The CSMS takes events of a transaction out of order: those left out come after the end.",
    requirements=("E14.FR.03", "E14.FR.04"),
    before=energy_transfer_started(),
    main=(
        *away(),
        Tells(number="3", status="Available"),
        transaction_event(
            "5",
            trigger="EVCommunicationLost",
            event_type="Ended",
            info={"chargingState": "Idle"},
            more={"offline": True, "seqNo": plus(Kept("seq_no"), 3)},
        ),
        *asks_status("7", of_one=True, ongoing=False, waiting=True),
        transaction_event("9", trigger="StopAuthorized", more={"offline": True, "seqNo": plus(Kept("seq_no"), 1)}),
        transaction_event(
            "11",
            trigger="ChargingStateChanged",
            info={"chargingState": "EVConnected"},
            more={"offline": True, "seqNo": plus(Kept("seq_no"), 2)},
        ),
    ),
    remark="The validation the document gives for step 5 belongs to step 7.",
)
TC_E_33_CSMS = Case(
    id="TC_E_33_CSMS",
    title="Without a transactionId, messages wait",
    purpose="The CSMS asks whether any messages wait, and takes what waited.",
    requirements=("E14.FR.06", "E14.FR.07"),
    before=energy_transfer_started(),
    main=(*away(), *asks_status("3", of_one=False, ongoing=OMITTED, waiting=True), WAITING),
)
TC_E_34_CSMS = Case(
    id="TC_E_34_CSMS",
    title="Without a transactionId, nothing waits",
    purpose="The CSMS asks whether any messages wait where none does.",
    requirements=("E14.FR.06", "E14.FR.08"),
    main=asks_status("1", of_one=False, ongoing=OMITTED, waiting=False),
)
