"""C01, C11, C12: what the CSMS says of tokens, and the Authorization Cache it has cleared."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.c_authorization.presenting import ACCEPTED, asks, authorizes
from pilotwire.conformance.checks import one_of
from pilotwire.conformance.language import Asks, Case, Receives, Step
from pilotwire.conformance.states.csms201 import ev_connected_pre_session

Steps = tuple[Step, ...]
STATUS = "idTokenInfo.status"
NOT_KNOWN = one_of(STATUS, "Invalid", "Unknown")


def clears(answer: str) -> Steps:
    """The operator has the cache cleared; the CSMS sends ClearCache, which is answered so."""
    return (Asks(action="ClearCache"), Receives(number="1", action="ClearCache", answer={"status": answer}))


TC_C_02_CSMS = Case(
    id="TC_C_02_CSMS",
    title="An invalid token",
    purpose="The CSMS says that a token is not valid.",
    requirements=("C01.FR.07", "C04.FR.01", "C06.FR.04"),
    main=(asks("1", "invalid_token", NOT_KNOWN),),
)
TC_C_06_CSMS = Case(
    id="TC_C_06_CSMS",
    title="A blocked token",
    purpose="The CSMS says that a token is blocked.",
    requirements=("C01.FR.07", "C09.FR.10"),
    main=(asks("1", "blocked_token", one_of(STATUS, "Blocked", "Invalid").of("C09.FR.10")),),
)
TC_C_07_CSMS = Case(
    id="TC_C_07_CSMS",
    title="An expired token",
    purpose="The CSMS says that a token has expired.",
    requirements=("C01.FR.07",),
    main=(asks("1", "expired_token", one_of(STATUS, "Expired", "Invalid")),),
)
TC_C_08_CSMS = Case(
    id="TC_C_08_CSMS",
    title="A token the station had cached",
    purpose="The CSMS accepts a token it hears of by the transaction only.",
    requirements=("C12.FR.03",),
    before=ev_connected_pre_session(),
    main=authorizes("1", "valid_token", ACCEPTED),
)
TC_C_20_CSMS = Case(
    id="TC_C_20_CSMS",
    title="An invalid token by the transaction",
    purpose="The CSMS does not accept a token it hears of by the transaction only.",
    requirements=("C12.FR.03",),
    before=ev_connected_pre_session(),
    main=authorizes("1", "invalid_token", NOT_KNOWN),
    remark="The purpose of the document has the token valid at the CSMS; its steps and validations have it invalid there.",
)
TC_C_37_CSMS = Case(
    id="TC_C_37_CSMS",
    title="Clear the cache, accepted",
    purpose="The CSMS has the station clear its Authorization Cache.",
    main=clears("Accepted"),
)
TC_C_38_CSMS = Case(
    id="TC_C_38_CSMS",
    title="Clear the cache, rejected",
    purpose="The CSMS takes it that the station does not clear its Authorization Cache.",
    main=clears("Rejected"),
)
