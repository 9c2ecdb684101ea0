"""B12: the station, or one EVSE, is reset while somebody charges."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import (
    BY_RESET,
    EVERY_CONNECTOR_TOLD,
    SCHEDULED,
    boots,
    resets,
    says_it_started,
    tells_itself_and_others,
)
from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.conditions import TRANSACTION_RUNS, fact
from pilotwire.conformance.language import AtEvse, Case, Happened, NotReceives, OnlyIf, Step
from pilotwire.conformance.states.station201 import (
    energy_transfer_started,
    ev_connected_post_session,
    ev_disconnected,
    parking_bay_unoccupied,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import configured


def _until_it_ends(token: str = "valid_token") -> tuple[Step, ...]:
    """The session is taken back, as far as the transaction goes on by TxStopPoint."""
    return (
        *stop_authorized(token=token),
        OnlyIf(condition=TRANSACTION_RUNS, steps=ev_connected_post_session()),
        OnlyIf(condition=TRANSACTION_RUNS, steps=ev_disconnected()),
        OnlyIf(condition=TRANSACTION_RUNS, steps=parking_bay_unoccupied()),
    )


def _told_after_the_boot(number: str) -> OnlyIf:
    """Occupied where the cable is still in, Available elsewhere."""
    return OnlyIf(
        number=number,
        condition=fact("ev_connected"),
        steps=tells_itself_and_others(number, "Occupied"),
        otherwise=tells_itself_and_others(number, "Available"),
    )


def _ended_by_reset(number: str, *, without_token: bool) -> tuple[Step, ...]:
    """The transaction is ended because of an immediate reset."""
    checks = (
        equals("eventType", "Ended"),
        equals("transactionInfo.chargingState", "EVConnected"),
        equals("transactionInfo.stoppedReason", "ImmediateReset"),
        *((absent("idToken"),) if without_token else ()),
    )
    return (
        transaction_event(number, trigger="ResetCommand", checks=checks, within=configured.long_operation_timeout),
        Happened(facts={"transaction": False, "authorized": False, "energy": False, "power_path": False}),
    )


TC_B_21_CS = Case(
    id="TC_B_21_CS",
    title="Reset on idle in a transaction",
    purpose="A reset on idle waits until the transaction has ended as it would have anyway, then the station boots.",
    requirements=("B12.FR.01", "B12.FR.03"),
    before=energy_transfer_started(),
    main=(
        resets("1", "OnIdle", "Scheduled"),
        *_until_it_ends(),
        boots("7", checks=(SCHEDULED,)),
        _told_after_the_boot("9"),
        says_it_started("11"),
    ),
    after=EVERY_CONNECTOR_TOLD,
    remark="The document says TxStartPoint in the notes of steps 4 to 6, where it is TxStopPoint that ends the transaction.",
)

TC_B_22_CS = Case(
    id="TC_B_22_CS",
    title="Immediate reset in a transaction",
    purpose="An immediate reset ends the transaction, and the connector is told as Occupied after the boot.",
    requirements=("B12.FR.02", "B12.FR.04", "B01.FR.03"),
    before=energy_transfer_started(),
    main=(
        resets("1", "Immediate", "Accepted"),
        *_ended_by_reset("3", without_token=True),
        boots("5", checks=(BY_RESET,)),
        *tells_itself_and_others("7", "Occupied"),
    ),
    after=EVERY_CONNECTOR_TOLD,
)

TC_B_26_CS = Case(
    id="TC_B_26_CS",
    title="Reset of an EVSE on idle in a transaction",
    purpose="A reset on idle of one EVSE waits until its transaction has ended as it would have anyway.",
    requirements=("B12.FR.01", "B12.FR.07"),
    before=energy_transfer_started(),
    main=(
        resets("1", "OnIdle", "Scheduled", evse=configured.evse_id),
        *stop_authorized(),
        *ev_connected_post_session(),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
    ),
)

TC_B_27_CS = Case(
    id="TC_B_27_CS",
    title="Immediate reset of an EVSE in a transaction",
    purpose="An immediate reset of one EVSE ends its transaction.",
    requirements=("B12.FR.02", "B12.FR.08"),
    before=energy_transfer_started(),
    main=(
        resets("1", "Immediate", "Accepted", evse=configured.evse_id),
        *_ended_by_reset("3", without_token=False),
    ),
)

TC_B_29_CS = Case(
    id="TC_B_29_CS",
    title="Reset of an EVSE in a transaction, not supported",
    purpose="A station that cannot reset an EVSE by itself refuses to, and the transaction goes on.",
    requirements=("B12.FR.01", "B12.FR.09"),
    traits={"variables": {"EVSE@1.AllowReset": "false"}},
    before=energy_transfer_started(),
    main=(
        resets("1", "OnIdle", "Rejected", evse=configured.evse_id),
        NotReceives(
            action="TransactionEvent", where=(equals("eventType", "Ended"),), note="What was refused is not done."
        ),
    ),
)

TC_B_41_CS = Case(
    id="TC_B_41_CS",
    title="Reset on idle in several transactions",
    purpose="A reset on idle waits for the end of the last of two transactions.",
    requirements=("B12.FR.01", "B12.FR.03"),
    before=(
        *energy_transfer_started(),
        AtEvse(
            evse=configured.evse2_id,
            connector=configured.connector2_id,
            steps=energy_transfer_started(token="valid_token2"),
        ),
    ),
    main=(
        resets("1", "OnIdle", "Scheduled"),
        *stop_authorized(),
        *ev_connected_post_session(),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
        NotReceives(action="BootNotification", note="The other transaction is ongoing."),
        AtEvse(
            evse=configured.evse2_id,
            connector=configured.connector2_id,
            steps=(
                *_until_it_ends("valid_token2"),
                boots("11", checks=(SCHEDULED,)),
                _told_after_the_boot("13"),
            ),
        ),
    ),
    after=EVERY_CONNECTOR_TOLD,
    remark=(
        "The second transaction has the second valid token. That the station does not boot before its end is checked too. The state told "
        "after the boot depends on where the second transaction ended, not on step 3."
    ),
)
