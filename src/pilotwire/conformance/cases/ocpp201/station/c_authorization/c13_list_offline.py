"""C13: the Local Authorization List decides while the station is offline."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_ON,
    CHARGING,
    LIST_ON,
    LOCALLY_OFFLINE,
    NO_SAMPLE,
    OFFLINE,
    strangers_offline,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import back_after
from pilotwire.conformance.checks import either, present
from pilotwire.conformance.conditions import all_of, configured_is, starts_at
from pilotwire.conformance.language import Acts, Case, Configures, NotReceives, OnlyIf, Reached, Receives, Step, Waits
from pilotwire.conformance.states.offline201 import line_back, line_down, queued, start_offline_transaction
from pilotwire.conformance.states.station201 import (
    ev_connected_pre_session,
    id_token_cached,
    id_token_in_local_list,
    parking_bay_unoccupied,
    present_token,
    stop_authorized,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]

TC_C_21_CS = Case(
    id="TC_C_21_CS",
    title="A listed token charges offline",
    purpose="A token the list has as Accepted charges while the line is down; all of it is told when the line is back.",
    requirements=("C13.FR.02",),
    before=(
        *LIST_ON,
        strangers_offline(False),
        LOCALLY_OFFLINE,
        *id_token_in_local_list(),
        *start_offline_transaction(),
        Reached(state="EnergyTransferStarted"),
    ),
    main=(
        Receives(
            number="1",
            action="TransactionEvent",
            where=(present("idToken"),),
            checks=(*token_is(), OFFLINE),
            answer={"idTokenInfo": {"status": "Accepted"}},
            early=True,
        ),
        *stop_authorized("local"),
        queued("1", OFFLINE, some=(present("idToken"), CHARGING)),
        *parking_bay_unoccupied("local"),
    ),
)


def _refused_offline(token: str) -> Steps:
    """A listed token that may not charge is presented while the line is down: no transaction begins with it."""
    return (
        *line_down("1"),
        Acts(number="2", act="drive_in"),
        present_token(token),
        *line_back("4"),
        OnlyIf(
            condition=_BEGUN_BY_THE_BAY,
            steps=(transaction_event("5", trigger="EVDetected", checks=(OFFLINE,)),),
        ),
        NotReceives(number="5", action="TransactionEvent", where=NO_SAMPLE),
        NotReceives(number="5", action="TransactionEvent", where=(present("idToken"),), seconds=0),
    )


_BEGUN_BY_THE_BAY = all_of(starts_at("ParkingBayOccupancy"), configured_is("has_bay_sensor", True))


def _listed_as(token: str, status: str) -> Steps:
    return (
        *LIST_ON,
        strangers_offline(False),
        LOCALLY_OFFLINE,
        *back_after(),
        *id_token_in_local_list(token, status=status),
    )


TC_C_22_CS = Case(
    id="TC_C_22_CS",
    title="A listed token that is invalid, offline",
    purpose="A token the list has as Invalid begins nothing while the line is down.",
    requirements=("C13.FR.02",),
    before=_listed_as("invalid_token", "Invalid"),
    main=_refused_offline("invalid_token"),
)

TC_C_23_CS = Case(
    id="TC_C_23_CS",
    title="A listed token that is blocked, offline",
    purpose="A token the list has as Blocked begins nothing while the line is down.",
    requirements=("C13.FR.02",),
    before=_listed_as("blocked_token", "Blocked"),
    main=_refused_offline("blocked_token"),
)

TC_C_24_CS = Case(
    id="TC_C_24_CS",
    title="A listed token that is expired, offline",
    purpose="A token the list has as Expired begins nothing while the line is down.",
    requirements=("C13.FR.02",),
    before=_listed_as("expired_token", "Expired"),
    main=_refused_offline("expired_token"),
)

TC_C_25_CS = Case(
    id="TC_C_25_CS",
    title="The list goes before the cache",
    purpose="A token the cache accepts but the list has as Invalid begins nothing offline, though strangers could charge.",
    requirements=("C13.FR.01", "C14.FR.01"),
    before=(
        *CACHE_ON,
        *LIST_ON,
        strangers_offline(True),
        LOCALLY_OFFLINE,
        Configures(variable="TxCtrlr.StopTxOnInvalidId", value=False),
        *back_after(),
        *id_token_cached(),
        *id_token_in_local_list(status="Invalid"),
        *ev_connected_pre_session(),
    ),
    main=(
        *line_down("1"),
        present_token(),
        Waits(seconds=configured.transaction_duration, why="a transaction would begin"),
        *line_back("2"),
        NotReceives(number="3", action="TransactionEvent", where=NO_SAMPLE),
        NotReceives(
            number="3",
            action="TransactionEvent",
            where=(either(present("idToken"), CHARGING),),
            seconds=0,
        ),
    ),
)
