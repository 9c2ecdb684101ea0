"""Reusable states from the end of energy to the empty parking bay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, absent, absent_or, both, either, equals, when
from pilotwire.conformance.conditions import (
    EVENT_DUE,
    TRANSACTION_JUST_ENDED,
    TRANSACTION_RUNS,
    all_of,
    configured_is,
    kept_is,
    not_,
)
from pilotwire.conformance.language import Acts, Happened, Keeps, OnlyIf, Reached, Sends, State, TellsStatus, Waits
from pilotwire.conformance.states.station201.beginning import energy_transfer_started, waited
from pilotwire.conformance.states.station201.words import (
    ENDS_OR_GOES_ON,
    How,
    Steps,
    present_token,
    token_is,
    transaction_event,
    unless_state,
)
from pilotwire.conformance.values import Kept, configured


def stop_authorized(how: How = "", *, token: str = "valid_token") -> Steps:
    """State StopAuthorized (errata 2025-09, 6.2.117): the session is authorized to stop."""
    local = (
        present_token(token),
        *local_stop_told("1", "3", token=token),
    )
    remote = (
        Sends(
            number="1",
            action="RequestStopTransaction",
            payload={"transactionId": Kept("transaction_id")},
            checks=(equals("status", "Accepted"),),
        ),
        *stop_told("3", "5", "RemoteStop", (), equals("transactionInfo.stoppedReason", "Remote")),
        Keeps(values={"stopped": "Remote"}),
    )
    branch: Mapping[str, Steps] = {
        "local": local,
        "remote": remote,
        "": (OnlyIf(condition=configured_is("authorization", "remote"), steps=remote, otherwise=local),),
    }
    return (
        State(
            name="StopAuthorized",
            steps=(
                unless_state(("EnergyTransferStarted",), energy_transfer_started(how, token=token)),
                Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
                *branch[how],
                Reached(state="StopAuthorized"),
            ),
        ),
    )


def local_stop_told(
    number: str, last: str, *, token: str = "valid_token", queued: bool = False, named: bool = False
) -> Steps:
    """The driver stopped with a token, which may be left out unless it must be `named`; `queued` as in `suspension_told`."""
    told = token_is(token) if named else _same_token(token)
    return (
        *stop_told(number, last, "StopAuthorized", told, absent_or_local(), queued=queued),
        Keeps(values={"stopped": "Local"}),
    )


def absent_or_local() -> Check:
    """stoppedReason Local may be left out (section 2.1)."""
    return absent_or("transactionInfo.stoppedReason", "Local")


def master_stop_told(number: str, last: str, *, named: bool = False) -> Steps:
    """A master pass stopped the session, and the end says so (errata 2025-09, 6.2.32); its token may be left out unless `named`."""
    told = token_is("master_token") if named else _same_token("master_token")
    return (
        *stop_told(number, last, "StopAuthorized", told, _MASTER_PASS),
        Keeps(values={"stopped": "MasterPass"}),
    )


_MASTER_PASS = equals("transactionInfo.stoppedReason", "MasterPass").of("C16.FR.07")


_BY_MASTER_PASS = kept_is("stopped", "MasterPass")


def _same_token(token: str) -> tuple[Check, ...]:
    return (either(absent("idToken"), both(*token_is(token))),)


def stop_told(
    number: str, last: str, trigger: str, checks: tuple[Check, ...], reason: Check, *, queued: bool = False
) -> Steps:
    """The session is stopped: one event or two; the last is the end, for this reason, where TxStopPoint says so."""
    ends = both(equals("eventType", "Ended"), reason)
    return (
        Keeps(values={"stop_state": ""}),
        Happened(facts={"authorized": False, "energy": False}),
        transaction_event(
            number,
            trigger=trigger,
            where=waited(queued),
            early=queued,
            checks=(
                *checks,
                *when(TRANSACTION_JUST_ENDED, either(ends, equals("eventType", "Updated"))),
                *when(not_(TRANSACTION_JUST_ENDED), equals("eventType", "Updated")),
            ),
            keep={"stop_event": "eventType", "stop_state": "transactionInfo.chargingState"},
        ),
        OnlyIf(
            condition=all_of(TRANSACTION_JUST_ENDED, kept_is("stop_event", "Updated")),
            steps=(
                transaction_event(
                    last,
                    trigger="ChargingStateChanged",
                    where=waited(queued),
                    early=queued,
                    checks=(equals("transactionInfo.chargingState", "EVConnected"), ends),
                ),
            ),
        ),
    )


def ev_connected_post_session(how: How = "") -> Steps:
    """State EVConnectedPostSession: stopped, the cable still in."""
    return (
        State(
            name="EVConnectedPostSession",
            steps=(
                unless_state(("StopAuthorized",), stop_authorized(how)),
                *rest_told("1"),
                Reached(state="EVConnectedPostSession"),
            ),
        ),
    )


def rest_told(number: str, *, queued: bool = False) -> Steps:
    """Stopped, the EV is only connected, unless that was told with the stop; `queued` as in `suspension_told`."""
    return (
        OnlyIf(
            condition=all_of(TRANSACTION_RUNS, not_(kept_is("stop_state", "EVConnected"))),
            steps=(
                transaction_event(
                    number,
                    trigger="ChargingStateChanged",
                    where=(equals("transactionInfo.chargingState", "EVConnected"), *waited(queued)),
                    early=True,
                ),
            ),
        ),
    )


def ev_disconnected(how: How = "", *, told: Any = "Available") -> Steps:
    """State EVDisconnected: the cable is out, and the connector is `told` to be so."""
    return (
        State(
            name="EVDisconnected",
            steps=(
                unless_state(("EVConnectedPostSession",), ev_connected_post_session(how)),
                Acts(act="unplug"),
                TellsStatus(number="1", status=told),
                *leaving_told("3"),
                Reached(state="EVDisconnected"),
            ),
        ),
    )


def leaving_told(number: str, *, queued: bool = False) -> Steps:
    """The cable is out; `queued` as in `suspension_told`."""
    return (
        Happened(facts={"ev_connected": False}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    number,
                    trigger="EVCommunicationLost",
                    where=waited(queued),
                    checks=(
                        equals("transactionInfo.chargingState", "Idle"),
                        *ENDS_OR_GOES_ON,
                        *when(all_of(TRANSACTION_JUST_ENDED, kept_is("stopped", "Local")), absent_or_local()),
                        *when(all_of(TRANSACTION_JUST_ENDED, _BY_MASTER_PASS), _MASTER_PASS),
                    ),
                    early=queued,
                ),
            ),
        ),
    )


def parking_bay_unoccupied(how: How = "", *, told: Any = "Available") -> Steps:
    """State ParkingBayUnoccupied: the EV has left; `told` as in `ev_disconnected`."""
    return (
        State(
            name="ParkingBayUnoccupied",
            steps=(
                unless_state(("EVDisconnected",), ev_disconnected(how, told=told)),
                OnlyIf(
                    condition=configured_is("has_bay_sensor", True),
                    steps=(
                        Acts(act="drive_out"),
                        *departure_told("1"),
                    ),
                ),
                Reached(state="ParkingBayUnoccupied"),
            ),
        ),
    )


def departure_told(number: str, *, queued: bool = False) -> Steps:
    """The bay is free; `queued` as in `suspension_told`."""
    return (
        Happened(facts={"bay_occupied": False}),
        OnlyIf(
            condition=TRANSACTION_JUST_ENDED,
            steps=(
                transaction_event(
                    number,
                    trigger="EVDeparted",
                    where=waited(queued),
                    checks=(
                        equals("eventType", "Ended"),
                        *when(kept_is("stopped", "Remote"), equals("transactionInfo.stoppedReason", "Remote")),
                        *when(kept_is("stopped", "Local"), absent_or_local()),
                        *when(_BY_MASTER_PASS, _MASTER_PASS),
                    ),
                    early=queued,
                ),
            ),
        ),
    )
