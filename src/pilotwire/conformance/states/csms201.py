"""Reusable states of OCPP 2.0.1 Part 6, section 3.18: a CSMS under test, the tester is the charging station."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, absent, equals, one_of
from pilotwire.conformance.conditions import any_of, fact, not_, state_is
from pilotwire.conformance.language import (
    Asks,
    Happened,
    Keeps,
    OnlyIf,
    Reached,
    Receives,
    Sends,
    State,
    Step,
    Tells,
    Waits,
)
from pilotwire.conformance.values import OMITTED, Computed, Configured, Kept, Known, Moment, configured

Steps = tuple[Step, ...]


def id_token(token: str = "valid_token") -> dict[str, Any]:
    """A configured idToken, as messages have it."""
    return {"idToken": Configured(token), "type": Configured(f"{token}_type")}


def token_is(token: str = "valid_token", path: str = "idToken") -> tuple[Check, ...]:
    """The idToken at this path is this configured one."""
    return (
        equals(f"{path}.idToken", Configured(token)),
        equals(f"{path}.type", Configured(f"{token}_type")),
    )


def place() -> dict[str, Any]:
    """The configured EVSE and connector."""
    return {"id": configured.evse_id, "connectorId": configured.connector_id}


# --- what a station says of its transaction --------------------------------------------------------------------------------------


def _next_seq_no(known: Known) -> int:
    number = int(known.kept.get("seq_no", -1)) + 1
    known.kept["seq_no"] = number
    return number


SEQ_NO = Computed("the next seqNo", _next_seq_no)


def begin_transaction() -> Keeps:
    """A new transactionId, and seqNo from 0."""
    name = Computed("a new transactionId", lambda known: f"PW-TX-{known.fresh('transaction_number')}")
    return Keeps(values={"transaction_id": name, "seq_no": -1})


def transaction_event(
    number: str = "",
    *,
    trigger: str,
    event_type: Any = "Updated",
    info: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    checks: tuple[Check, ...] = (),
    keep: Mapping[str, str] | None = None,
    note: str = "",
) -> Sends:
    """The tester tells of its transaction (`transaction_id`): `info` goes into transactionInfo, `more` beside it."""
    payload = {
        "eventType": event_type,
        "timestamp": Moment(),
        "triggerReason": trigger,
        "seqNo": SEQ_NO,
        "transactionInfo": {"transactionId": Kept("transaction_id")} | dict(info or {}),
    }
    return Sends(
        number=number,
        action="TransactionEvent",
        payload=payload | dict(more or {}),
        checks=checks,
        keep=keep or {},
        note=note,
    )


def first_or_next(condition_name: str) -> Computed:
    """Started for the first event of a transaction, Updated after."""

    def work(known: Known) -> str:
        return "Updated" if known.facts.get(condition_name) else "Started"

    return Computed("Started if it is the first event, else Updated", work)


def _unless(names: tuple[str, ...], steps: Steps) -> OnlyIf:
    return OnlyIf(condition=not_(state_is(*names)), steps=steps)


_IN_TRANSACTION = any_of(fact("authorized"), fact("ev_connected"))


# --- the states ----------------------------------------------------------------------------------------------------------------


def booted(reason: str = "PowerUp") -> Steps:
    """State Booted: the station the tester plays boots and tells its connectors."""
    return (
        State(
            name="Booted",
            steps=(
                Sends(
                    number="1",
                    action="BootNotification",
                    payload={
                        "reason": reason,
                        "chargingStation": {"model": configured.model, "vendorName": configured.vendor},
                    },
                    checks=(equals("status", "Accepted"),),
                ),
                Tells(number="3", status="Available", every="station"),
                Reached(state="Booted"),
            ),
        ),
    )


def ev_connected_pre_session(more: Mapping[str, Any] | None = None) -> Steps:
    """State EVConnectedPreSession; `more` goes into its event."""
    return (
        State(
            name="EVConnectedPreSession",
            steps=(
                Tells(number="1", status="Occupied"),
                OnlyIf(condition=not_(_IN_TRANSACTION), steps=(begin_transaction(),)),
                transaction_event(
                    "3",
                    trigger="CablePluggedIn",
                    event_type=first_or_next("authorized"),
                    info={"chargingState": "EVConnected"},
                    more={"evse": place()} | dict(more or {}),
                ),
                Happened(facts={"ev_connected": True}),
                Reached(state="EVConnectedPreSession"),
            ),
        ),
    )


def authorized(token: str = "valid_token") -> Steps:
    """State Authorized: somebody presents a token at the station the tester plays."""
    accepted = (equals("idTokenInfo.status", "Accepted"),)
    return (
        State(
            name="Authorized",
            steps=(
                Sends(number="1", action="Authorize", payload={"idToken": id_token(token)}, checks=accepted),
                OnlyIf(condition=not_(_IN_TRANSACTION), steps=(begin_transaction(),)),
                transaction_event(
                    "3",
                    trigger="Authorized",
                    event_type=first_or_next("ev_connected"),
                    more={"idToken": id_token(token), "evse": place()},
                    checks=accepted,
                ),
                Happened(facts={"authorized": True}),
                Reached(state="Authorized"),
            ),
        ),
    )


def energy_transfer_started(token: str = "valid_token") -> Steps:
    """State EnergyTransferStarted."""
    return (
        State(
            name="EnergyTransferStarted",
            steps=(
                OnlyIf(condition=not_(fact("authorized")), steps=authorized(token)),
                OnlyIf(
                    condition=not_(fact("ev_connected")),
                    steps=(
                        Tells(number="1", status="Occupied"),
                        transaction_event(
                            "3", trigger="CablePluggedIn", info={"chargingState": "EVConnected"}, more={"evse": place()}
                        ),
                        Happened(facts={"ev_connected": True}),
                    ),
                ),
                transaction_event("5", trigger="ChargingStateChanged", info={"chargingState": "Charging"}),
                Reached(state="EnergyTransferStarted"),
            ),
        ),
    )


def energy_transfer_suspended() -> Steps:
    """State EnergyTransferSuspended, by the EV."""
    return (
        State(
            name="EnergyTransferSuspended",
            steps=(
                _unless(("EnergyTransferStarted",), energy_transfer_started()),
                Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
                transaction_event("1", trigger="ChargingStateChanged", info={"chargingState": "SuspendedEV"}),
                Reached(state="EnergyTransferSuspended"),
            ),
        ),
    )


def stop_authorized(token: str = "valid_token") -> Steps:
    """State StopAuthorized."""
    return (
        State(
            name="StopAuthorized",
            steps=(
                _unless(("EnergyTransferStarted",), energy_transfer_started(token)),
                Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
                transaction_event(
                    "1",
                    trigger="StopAuthorized",
                    more={"idToken": id_token(token)},
                    checks=(equals("idTokenInfo.status", "Accepted"),),
                ),
                Reached(state="StopAuthorized"),
            ),
        ),
    )


def ev_connected_post_session() -> Steps:
    """State EVConnectedPostSession."""
    return (
        State(
            name="EVConnectedPostSession",
            steps=(
                _unless(("StopAuthorized",), stop_authorized()),
                transaction_event("1", trigger="ChargingStateChanged", info={"chargingState": "EVConnected"}),
                Reached(state="EVConnectedPostSession"),
            ),
        ),
    )


def ev_disconnected() -> Steps:
    """State EVDisconnected: the transaction ends."""
    return (
        State(
            name="EVDisconnected",
            steps=(
                _unless(("EVConnectedPostSession",), ev_connected_post_session()),
                Tells(number="1", status="Available"),
                transaction_event(
                    "3",
                    trigger="EVCommunicationLost",
                    event_type="Ended",
                    info={"chargingState": "Idle", "stoppedReason": "EVDisconnected"},
                ),
                Happened(facts={"ev_connected": False, "authorized": False}),
                Reached(state="EVDisconnected"),
            ),
        ),
    )


def reserved(*, evse: Any = configured.evse_id, token: str = "valid_token") -> Steps:
    """State Reserved: the CSMS reserves an EVSE for a token."""
    return (
        State(
            name="Reserved",
            steps=(
                Asks(
                    action="ReserveNow",
                    payload={"evseId": evse, "idToken": id_token(token), "expiryDateTime": Moment(3600)},
                ),
                Receives(
                    number="1",
                    action="ReserveNow",
                    checks=(equals("evseId", evse), absent("connectorType"), *token_is(token)),
                    keep={"reservation_id": "id"},
                ),
                Tells(number="3", status="Reserved", evse=evse, every="evse"),
                Reached(state="Reserved"),
            ),
        ),
    )


def unavailable(*, evse: Any = configured.evse_id) -> Steps:
    """State Unavailable: the CSMS takes an EVSE out of use."""
    wanted = {"operationalStatus": "Inoperative", "evse": {"id": evse, "connectorId": OMITTED}}
    return (
        State(
            name="Unavailable",
            steps=(
                Asks(action="ChangeAvailability", payload=wanted),
                Receives(
                    number="1",
                    action="ChangeAvailability",
                    checks=(
                        equals("operationalStatus", "Inoperative"),
                        equals("evse.id", evse),
                        absent("evse.connectorId"),
                    ),
                ),
                Tells(number="3", status="Unavailable", evse=evse, every="evse"),
                Reached(state="Unavailable"),
            ),
        ),
    )


def smart_charging_15118(needs: Mapping[str, Any], offer: tuple[Check, ...] = ()) -> Steps:
    """State ISO15118SmartCharging: the EV tells its needs, the CSMS sends a profile, the EV its schedule.

    `offer` is checked of the SetChargingProfile, in place of purpose and transaction.
    """
    return (
        State(
            name="ISO15118SmartCharging",
            steps=(
                Sends(
                    number="1",
                    action="NotifyEVChargingNeeds",
                    payload={"evseId": configured.evse_id} | dict(needs),
                    checks=(one_of("status", "Accepted", "Processing"),),
                ),
                Receives(
                    number="3",
                    action="SetChargingProfile",
                    checks=offer
                    or (
                        equals("chargingProfile.chargingProfilePurpose", "TxProfile"),
                        equals("chargingProfile.transactionId", Kept("transaction_id")),
                    ),
                    keep={"schedule": "chargingProfile.chargingSchedule[0]", "profile": "chargingProfile"},
                    within=60,
                ),
                Sends(
                    number="5",
                    action="NotifyEVChargingSchedule",
                    payload={"timeBase": Moment(), "evseId": configured.evse_id, "chargingSchedule": Kept("schedule")},
                    checks=(equals("status", "Accepted"),),
                ),
                transaction_event("7", trigger="ChargingStateChanged", info={"chargingState": "Charging"}),
            ),
        ),
    )
