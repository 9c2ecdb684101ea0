"""I02 and I03: what a charge costs is told while it lasts and at its end."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import absent, at_least, either, equals
from pilotwire.conformance.conditions import configured_is, kept_is
from pilotwire.conformance.language import Case, Happened, Keeps, OnlyIf, Reached, Receives, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import (
    authorized,
    begin_transaction,
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    first_or_next,
    id_token,
    place,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import Kept, Moment, configured

Steps = tuple[Step, ...]

TELLS_COSTS = configured_is("tells_costs", True)
_ACCEPTED = equals("idTokenInfo.status", "Accepted")
_MAY_HAVE_COST = either(absent("totalCost"), at_least("totalCost", 0))


def metered(register: int, context: str) -> dict[str, Any]:
    """The energy register, in Wh, as a field of an event."""
    return {"meterValue": [{"timestamp": Moment(), "sampledValue": [{"value": register, "context": context}]}]}


def _periodic(register: int) -> Steps:
    """A periodic meter value; the cost so far is in the answer, or comes by itself."""
    return (
        Waits(seconds=configured.sampled_interval, why="the interval of sampled meter values"),
        Keeps(values={"running cost": "none"}),
        transaction_event(
            "7",
            trigger="MeterValuePeriodic",
            more=metered(register, "Sample.Periodic"),
            checks=(_MAY_HAVE_COST,),
            keep={"running cost": "totalCost"},
        ),
        OnlyIf(
            condition=kept_is("running cost", "none"),
            steps=(
                Receives(
                    number="9",
                    action="CostUpdated",
                    checks=(equals("transactionId", Kept("transaction_id")), at_least("totalCost", 0)),
                ),
            ),
        ),
    )


TC_I_01_CSMS = Case(
    id="TC_I_01_CSMS",
    title="The running cost is told",
    purpose="After each meter value the CSMS tells what the charge costs so far: in its answer, or by CostUpdated.",
    requirements=("I02.FR.01",),
    needs=(TELLS_COSTS,),
    main=(
        Sends(number="1", action="Authorize", payload={"idToken": id_token()}, checks=(_ACCEPTED,)),
        begin_transaction(),
        transaction_event(
            "3",
            trigger="Authorized",
            event_type=first_or_next("ev_connected"),
            more={"idToken": id_token(), "evse": place()} | metered(1000, "Transaction.Begin"),
            checks=(_ACCEPTED, _MAY_HAVE_COST),
        ),
        Happened(facts={"authorized": True}),
        Reached(state="Authorized"),
        *ev_connected_pre_session(),
        *energy_transfer_started(),
        *_periodic(2000),
        *_periodic(3000),
    ),
    remark=(
        "The event of step 3 is the first of the transaction, so it is Started and not Updated (general validations), and it has a "
        "register, without which no cost could be worked out. The validation of CostUpdated, step 9, is written at step 7."
    ),
)

TC_I_02_CSMS = Case(
    id="TC_I_02_CSMS",
    title="The final cost is told",
    purpose="The answer to the end of a transaction that used energy has its total cost.",
    requirements=("I03.FR.02",),
    needs=(TELLS_COSTS,),
    main=(
        *ev_connected_pre_session(more=metered(1000, "Transaction.Begin")),
        *authorized(),
        *energy_transfer_started(),
        *stop_authorized(),
        *ev_connected_post_session(),
        Tells(number="6", status="Available"),
        transaction_event(
            "8",
            trigger="EVCommunicationLost",
            event_type="Ended",
            info={"chargingState": "Idle", "stoppedReason": "EVDisconnected"},
            more=metered(6000, "Transaction.End"),
            checks=(at_least("totalCost", 0),),
        ),
    ),
)
