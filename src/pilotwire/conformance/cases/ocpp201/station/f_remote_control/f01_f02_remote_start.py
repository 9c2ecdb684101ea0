"""F01, F02: the CSMS starts, cable first or remote start first; and nobody comes with a cable."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON
from pilotwire.conformance.checks import both, either, equals, when
from pilotwire.conformance.conditions import TRANSACTION_RUNS, all_of, kept_is, not_, stops_at
from pilotwire.conformance.language import Case, Configures, Happened, Keeps, NotReceives, OnlyIf, Step, Waits
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    parking_bay_occupied,
    transaction_event,
)
from pilotwire.conformance.values import Computed, configured, plus

_NOBODY_WAS_ASKED = NotReceives(
    action="Authorize",
    early=True,
    seconds=0,
    note="The CSMS has authorized the token by its request; the station may not ask again (F01.FR.02).",
)

TC_F_01_CS = Case(
    id="TC_F_01_CS",
    title="A remote start, cable first",
    purpose="The EV is connected, then the CSMS starts: the transaction that runs is named, and energy flows.",
    requirements=(
        "F01.FR.03",
        "F01.FR.04",
        "F01.FR.05",
        "F01.FR.13",
        "F01.FR.17",
        "F01.FR.19",
        "F02.FR.01",
        "F01.FR.25",
    ),
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
    main=(*authorized("remote"), *energy_transfer_started()),
)

TC_F_02_CS = Case(
    id="TC_F_02_CS",
    title="A remote start before the cable, the token is asked about",
    purpose="With AuthorizeRemoteStart the station asks about the token of a remote start as if it were presented, then charges.",
    requirements=(
        "F02.FR.01",
        "F01.FR.01",
        "F02.FR.05",
        "F02.FR.09",
        "F02.FR.11",
        "F02.FR.12",
        "F02.FR.13",
        "F02.FR.21",
    ),
    settings={"authorize_remote_start": True},
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="AuthCtrlr.AuthorizeRemoteStart", value=True),
        *parking_bay_occupied(),
    ),
    main=(*authorized("remote", asks="yes"), *energy_transfer_started()),
)

TC_F_03_CS = Case(
    id="TC_F_03_CS",
    title="A remote start before the cable, nobody is asked",
    purpose="Without AuthorizeRemoteStart the station starts at the request of the CSMS, and asks nobody.",
    requirements=("F02.FR.01", "F01.FR.02", "F02.FR.05", "F02.FR.10", "F02.FR.11", "F02.FR.12", "F02.FR.21"),
    settings={"authorize_remote_start": False},
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="AuthCtrlr.AuthorizeRemoteStart", value=False),
        *parking_bay_occupied(),
    ),
    main=(*authorized("remote", asks="no"), *energy_transfer_started(), _NOBODY_WAS_ASKED),
)

_ENDED = both(
    equals("eventType", "Ended"),
    equals("transactionInfo.stoppedReason", "Timeout"),
).of("E03.FR.05")
_BAY_HOLDS_IT = stops_at("ParkingBayOccupancy")
_BAY_ALONE_HOLDS_IT = all_of(_BAY_HOLDS_IT, not_(stops_at("Authorized")))


def _nobody_plugged_in(number: str) -> tuple[Step, ...]:
    """EVConnectionTimeOut passes without a cable; a transaction that was started ends."""
    timeout = configured.ev_connection_timeout
    return (
        OnlyIf(
            condition=TRANSACTION_RUNS,
            steps=(
                NotReceives(
                    action="TransactionEvent",
                    where=(equals("triggerReason", "EVConnectTimeout"),),
                    seconds=plus(timeout, -2),
                    note="The timeout has not passed yet.",
                ),
                transaction_event(
                    number,
                    trigger="EVConnectTimeout",
                    checks=(
                        *when(not_(_BAY_HOLDS_IT), _ENDED),
                        *when(_BAY_ALONE_HOLDS_IT, either(equals("eventType", "Updated"), _ENDED).of("E03.FR.15")),
                        *when(all_of(_BAY_HOLDS_IT, stops_at("Authorized")), _ENDED),
                    ),
                    within=plus(timeout, configured.message_timeout),
                    keep={"timeout_event": "eventType"},
                ),
            ),
            otherwise=(Waits(seconds=plus(timeout, 1), why="EVConnectionTimeOut passes without a cable"),),
        ),
        Happened(facts={"authorized": False}),
        OnlyIf(condition=kept_is("timeout_event", "Ended"), steps=(Happened(facts={"transaction": False}),)),
    )


_ANOTHER_REMOTE_START = Keeps(
    values={"remote_start_id": Computed("another remoteStartId", lambda known: known.fresh("remote_start_id"))}
)

TC_F_04_CS = Case(
    id="TC_F_04_CS",
    title="A remote start without a vehicle",
    purpose="No cable is plugged in after a remote start: the transaction ends after EVConnectionTimeOut, and the next start works.",
    requirements=("F02.FR.01", "E03.FR.01", "E03.FR.05"),
    before=(
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *AUTHORIZATION_ON,
        Configures(variable="TxCtrlr.TxStartPoint", value=("Authorized",), if_writable=True),
        *authorized("remote"),
    ),
    main=(*_nobody_plugged_in("1"), _ANOTHER_REMOTE_START, *authorized("remote")),
    remark=(
        "Of the start points the document leaves open, Authorized is set. The document wants eventType Ended; where the parking bay alone "
        "ends transactions E03.FR.15 has it go on until the driver leaves, so Updated is taken there too. That the timeout is not "
        "told before its time is checked as well."
    ),
)
