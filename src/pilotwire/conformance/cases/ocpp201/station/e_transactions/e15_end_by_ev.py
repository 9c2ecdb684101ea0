"""E15: the EV ends its ISO 15118 session."""

from __future__ import annotations

from pilotwire.conformance.checks import equals, when
from pilotwire.conformance.conditions import TRANSACTION_JUST_ENDED, not_
from pilotwire.conformance.language import Acts, Case, Happened
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    transaction_event,
)

TC_E_46_CS = Case(
    id="TC_E_46_CS",
    title="The EV ends its ISO 15118 session",
    purpose="SessionStopReq(Terminate) ends the authorization, and the transaction where TxStopPoint says so.",
    requirements=("E15.FR.04", "E15.FR.05"),
    before=(*ev_connected_pre_session(), *authorized("local"), *energy_transfer_started()),
    main=(
        Acts(act="end_session"),
        Happened(facts={"authorized": False, "energy": False}),
        transaction_event(
            "1",
            trigger="StopAuthorized",
            checks=(
                *when(
                    TRANSACTION_JUST_ENDED,
                    equals("eventType", "Ended").of("E15.FR.04"),
                    equals("transactionInfo.stoppedReason", "StoppedByEV").of("E15.FR.04"),
                ),
                *when(not_(TRANSACTION_JUST_ENDED), equals("eventType", "Updated").of("E15.FR.05")),
                equals("transactionInfo.chargingState", "EVConnected"),
            ),
        ),
    ),
    remark="Authorized15118 with EIM, one of its two ways (errata 6.2.55): the token of a driver in a session of ISO 15118.",
)
