"""C01, C04, C06: a token the CSMS does not accept begins nothing; another driver's ends nothing."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    NO_SAMPLE,
    asked,
    nothing_follows,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON
from pilotwire.conformance.checks import equals, present
from pilotwire.conformance.language import Case, NotReceives, Step
from pilotwire.conformance.states.station201 import energy_transfer_started, ev_connected_pre_session, present_token

Steps = tuple[Step, ...]


def _turned_away(token: str, status: str) -> Steps:
    return (present_token(token), *asked("1", token, status), nothing_follows("1"))


TC_C_02_CS = Case(
    id="TC_C_02_CS",
    title="An invalid token, the EV connected",
    purpose="A token the CSMS calls Invalid is asked about, and nothing follows from it.",
    requirements=("C01.FR.02", "C06.FR.02"),
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
    main=_turned_away("invalid_token", "Invalid"),
)

TC_C_05_CS = Case(
    id="TC_C_05_CS",
    title="An invalid token at a station with a cable lock",
    purpose="Where nobody can plug in before the authorization, a token called Invalid is asked about, and nothing follows from it.",
    requirements=("C01.FR.02", "C06.FR.02"),
    traits={"evse": {"connectors": [{"type": "sType2", "closed": True}]}},
    before=AUTHORIZATION_ON,
    main=_turned_away("invalid_token", "Invalid"),
)

TC_C_06_CS = Case(
    id="TC_C_06_CS",
    title="A blocked token, the EV connected",
    purpose="A token the CSMS calls Blocked is asked about, and nothing follows from it.",
    requirements=("C01.FR.02",),
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
    main=_turned_away("blocked_token", "Blocked"),
)

TC_C_07_CS = Case(
    id="TC_C_07_CS",
    title="An expired token, the EV connected",
    purpose="A token the CSMS calls Expired is asked about, and nothing follows from it.",
    requirements=("C01.FR.02",),
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
    main=_turned_away("expired_token", "Expired"),
)

TC_C_56_CS = Case(
    id="TC_C_56_CS",
    title="An unknown token, the EV connected",
    purpose="A token the CSMS calls Unknown is asked about, and nothing follows from it.",
    requirements=("C01.FR.02",),
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
    main=_turned_away("invalid_token", "Unknown"),
)

TC_C_04_CS = Case(
    id="TC_C_04_CS",
    title="Another driver's token while somebody charges",
    purpose="A token of nobody's group is asked about and, though accepted, does not end the transaction of another.",
    requirements=("C01.FR.02", "C01.FR.03"),
    before=(*AUTHORIZATION_ON, *energy_transfer_started()),
    main=(
        present_token("valid_token2"),
        *asked("1", "valid_token2", "Accepted"),
        NotReceives(number="1", action="TransactionEvent", where=(present("idToken"),)),
        NotReceives(number="1", action="TransactionEvent", where=NO_SAMPLE, seconds=0),
    ),
    after=(NotReceives(action="TransactionEvent", where=(equals("eventType", "Ended").of("C01.FR.03"),), seconds=0),),
)
