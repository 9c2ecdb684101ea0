"""State Deauthorized of OCPP 2.0.1 Part 6 (errata 2025-09, 6.2.118): the CSMS does not agree with a token that charges already."""

from __future__ import annotations

from pilotwire.conformance.checks import absent_or, equals, one_of, when
from pilotwire.conformance.conditions import (
    CABLE_ATTACHED,
    TRANSACTION_JUST_ENDED,
    TRANSACTION_RUNS,
    all_of,
    fact,
    kept_is,
    not_,
)
from pilotwire.conformance.language import Happened, Keeps, OnlyIf, Reached, Sends, State, Step
from pilotwire.conformance.states.station201 import (
    ENDS_OR_GOES_ON,
    energy_transfer_started,
    ev_connected_pre_session,
    transaction_event,
)
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]
_RUNS_ON = not_(TRANSACTION_RUNS)
_TOLD_NOW = absent_or("offline", False)
_AT_REST = ("EVConnected", "SuspendedEVSE")
_NO_ENERGY = one_of("transactionInfo.chargingState", *_AT_REST)


def agrees_no_longer() -> Happened:
    """From now on the tester calls the token Invalid where a TransactionEvent tells it."""
    return Happened(facts={"event_status": "Invalid"})


def agrees_again() -> Happened:
    """The tester calls tokens in events what they are."""
    return Happened(facts={"event_status": ""})


def deauthorized() -> Steps:
    """State Deauthorized, after Authorized: the first event that tells the token is answered with Invalid.

    `agrees_no_longer` comes before Authorized, whose own event may be that one.
    """
    return (
        State(
            name="Deauthorized",
            steps=(
                OnlyIf(condition=_RUNS_ON, steps=ev_connected_pre_session()),
                OnlyIf(condition=_RUNS_ON, steps=energy_transfer_started()),
                *deauthorization_told("3"),
                OnlyIf(
                    condition=all_of(fact("ev_connected"), not_(CABLE_ATTACHED)),
                    steps=(
                        Sends(
                            number="5",
                            action="UnlockConnector",
                            payload={"evseId": configured.evse_id, "connectorId": configured.connector_id},
                            checks=(equals("status", "Unlocked"),),
                        ),
                    ),
                ),
                agrees_again(),
                Reached(state="Deauthorized"),
            ),
        ),
    )


def deauthorization_told(number: str) -> Steps:
    """With StopTxOnInvalidId the authorization ends, and the transaction with it where TxStopPoint says so.

    Where it goes on, that no energy flows is told with that or with the event after it (E05.FR.09).
    """
    return (
        Keeps(values={"deauthorized_state": ""}),
        Happened(facts={"authorized": False, "energy": False}),
        transaction_event(
            number,
            trigger="Deauthorized",
            checks=(
                *ENDS_OR_GOES_ON,
                *when(TRANSACTION_JUST_ENDED, equals("transactionInfo.stoppedReason", "DeAuthorized").of("E05.FR.10")),
                *when(all_of(fact("ev_connected"), TRANSACTION_JUST_ENDED), _NO_ENERGY),
                _TOLD_NOW,
            ),
            keep={"deauthorized_state": "transactionInfo.chargingState"},
        ),
        OnlyIf(
            condition=all_of(fact("ev_connected"), TRANSACTION_RUNS, not_(kept_is("deauthorized_state", *_AT_REST))),
            steps=(
                transaction_event(
                    number,
                    trigger="ChargingStateChanged",
                    where=(_NO_ENERGY.of("E05.FR.09"),),
                    checks=(equals("eventType", "Updated"), _TOLD_NOW),
                ),
            ),
        ),
    )
