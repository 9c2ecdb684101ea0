"""Reusable states up to energy: booting, the parking bay, the cable, the authorization, and energy that flows or rests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pilotwire.conformance.checks import Check, equals, one_of, when
from pilotwire.conformance.conditions import (
    EVENT_DUE,
    TRANSACTION_JUST_BEGAN,
    TRANSACTION_JUST_ENDED,
    TRANSACTION_RUNS,
    all_of,
    configured_is,
    fact,
    kept_is,
    not_,
    starts_at,
)
from pilotwire.conformance.language import (
    Acts,
    Happened,
    Keeps,
    OnlyIf,
    Reached,
    Receives,
    Sends,
    State,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.station201.words import (
    BEGINS_OR_GOES_ON,
    CHANGED,
    ENDS_OR_GOES_ON,
    FIRST_OF_AUTHORIZED,
    FIRST_TOLD,
    PLUGGED_IN,
    TELLS_AUTHORIZATION,
    How,
    Steps,
    authorized,
    parking_bay_occupied,
    present_token,
    requested,
    transaction_event,
    unless_state,
)
from pilotwire.conformance.values import configured


def booted(how: Literal["power_cycle", "reset", "already"] = "power_cycle", reset_type: str = "Immediate") -> Steps:
    """State Booted: by a power cycle, by Reset, or (`already`) of a station that boots anyway."""
    stimulus: Mapping[str, Steps] = {
        "power_cycle": (Acts(act="power_cycle"),),
        "reset": (
            Sends(number="1", action="Reset", payload={"type": reset_type}, checks=(equals("status", "Accepted"),)),
        ),
        "already": (),
    }
    return (
        State(
            name="Booted",
            steps=(
                *stimulus[how],
                Receives(number="3", action="BootNotification", marks=True, within=configured.long_operation_timeout),
                TellsStatus(number="5", status="Available", every="station"),
                Receives(
                    number="7",
                    action="SecurityEventNotification",
                    where=(one_of("type", "StartupOfTheDevice", "ResetOrReboot"),),
                ),
                Reached(state="Booted"),
            ),
        ),
    )


def ev_connected_pre_session() -> Steps:
    """State EVConnectedPreSession: the cable is in."""
    return (
        State(
            name="EVConnectedPreSession",
            steps=(
                unless_state(("ParkingBayOccupied", "Authorized"), parking_bay_occupied()),
                Acts(act="plug_in"),
                Keeps(values={"plugged_in_state": ""}),
                Happened(facts={"ev_connected": True}),
                TellsStatus(number="1", status="Occupied"),
                OnlyIf(
                    condition=EVENT_DUE,
                    steps=(
                        transaction_event(
                            "3",
                            trigger=PLUGGED_IN,
                            keep={"plugged_in_state": "transactionInfo.chargingState"},
                            note=FIRST_TOLD,
                            checks=(
                                *when(not_(FIRST_OF_AUTHORIZED), one_of("triggerReason", *PLUGGED_IN[:-1])),
                                *TELLS_AUTHORIZATION,
                                *BEGINS_OR_GOES_ON,
                                *when(
                                    fact("authorized"),
                                    one_of("transactionInfo.chargingState", "EVConnected", "SuspendedEVSE", "Charging"),
                                ),
                                *when(not_(fact("authorized")), equals("transactionInfo.chargingState", "EVConnected")),
                                equals("evse.id", configured.evse_id),
                                equals("evse.connectorId", configured.connector_id),
                            ),
                        ),
                    ),
                ),
                Reached(state="EVConnectedPreSession"),
            ),
        ),
    )


def tries(token: str = "valid_token") -> Steps:
    """Somebody wants to charge with a configured token: at the station or, where the plan says remote, by the CSMS."""
    return (
        OnlyIf(
            condition=configured_is("authorization", "remote"),
            steps=(requested(token, {}, (equals("status", "Accepted"),)),),
            otherwise=(present_token(token),),
        ),
    )


def energy_transfer_started(how: How = "", *, token: str = "valid_token") -> Steps:
    """State EnergyTransferStarted: energy flows at the configured EVSE."""
    return (
        State(
            name="EnergyTransferStarted",
            steps=(
                OnlyIf(condition=not_(fact("authorized")), steps=authorized(how, token=token)),
                OnlyIf(condition=not_(fact("ev_connected")), steps=_cable_after_authorization()),
                OnlyIf(
                    condition=all_of(starts_at("DataSigned"), not_(TRANSACTION_RUNS)),
                    steps=(
                        Happened(facts={"signed": True}),
                        transaction_event("5", trigger="SignedDataReceived", checks=BEGINS_OR_GOES_ON, early=True),
                    ),
                ),
                Happened(facts={"energy": True}),
                OnlyIf(
                    condition=all_of(EVENT_DUE, not_(kept_is("plugged_in_state", "Charging"))),
                    steps=(
                        transaction_event(
                            "9",
                            trigger=("ChargingStateChanged", "RemoteStart", "Authorized"),
                            where=(equals("transactionInfo.chargingState", "Charging"),),
                            checks=(
                                *BEGINS_OR_GOES_ON,
                                *TELLS_AUTHORIZATION,
                                *when(not_(TRANSACTION_JUST_BEGAN), *CHANGED),
                            ),
                            early=True,
                        ),
                    ),
                ),
                Reached(state="EnergyTransferStarted"),
            ),
        ),
    )


def _cable_after_authorization() -> Steps:
    return (
        Acts(act="plug_in"),
        Keeps(values={"plugged_in_state": ""}),
        Happened(facts={"ev_connected": True}),
        TellsStatus(number="1", status="Occupied"),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    "3",
                    trigger=PLUGGED_IN,
                    keep={"plugged_in_state": "transactionInfo.chargingState"},
                    note=FIRST_TOLD,
                    checks=(
                        *BEGINS_OR_GOES_ON,
                        *TELLS_AUTHORIZATION,
                        *when(
                            not_(TRANSACTION_JUST_BEGAN),
                            equals("triggerReason", "CablePluggedIn"),
                            equals("transactionInfo.chargingState", "EVConnected"),
                        ),
                        *when(
                            TRANSACTION_JUST_BEGAN,
                            one_of("transactionInfo.chargingState", "EVConnected", "SuspendedEVSE", "Charging"),
                        ),
                        equals("evse.id", configured.evse_id),
                        equals("evse.connectorId", configured.connector_id),
                    ),
                ),
            ),
        ),
    )


def energy_transfer_suspended() -> Steps:
    """State EnergyTransferSuspended: the EV takes no energy."""
    return (
        State(
            name="EnergyTransferSuspended",
            steps=(
                unless_state(("EnergyTransferStarted",), energy_transfer_started()),
                Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
                Acts(act="suspend"),
                *suspension_told("1"),
                Reached(state="EnergyTransferSuspended"),
            ),
        ),
    )


def suspension_told(number: str, *, queued: bool = False) -> Steps:
    """The EV takes no energy any more. `queued`: the line was down meanwhile, and the event had to wait."""
    return (
        Happened(facts={"energy": False}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    number,
                    trigger=("ChargingStateChanged", "StopAuthorized", "EVCommunicationLost"),
                    where=waited(queued),
                    checks=(
                        one_of("transactionInfo.chargingState", "EVConnected", "SuspendedEV"),
                        *ENDS_OR_GOES_ON,
                        *when(TRANSACTION_JUST_ENDED, equals("transactionInfo.stoppedReason", "StoppedByEV")),
                    ),
                    early=queued,
                ),
            ),
        ),
    )


def waited(queued: bool) -> tuple[Check, ...]:
    """An event that waited while the line was down says so (E11.FR.02)."""
    return (equals("offline", True),) if queued else ()
