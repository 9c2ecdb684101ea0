"""C12: the Authorization Cache decides."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_ASKS_ABOUT_OTHERS,
    CACHE_DECIDES,
    EIM,
    asked_and_refused,
    refused_unasked,
)
from pilotwire.conformance.language import Case, Configures, Step
from pilotwire.conformance.states.station201 import (
    authorization,
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    id_token_cached,
    parking_bay_occupied,
)

Steps = tuple[Step, ...]
_REFUSED = "C10.FR.03", "C12.FR.05"


def _known_as(token: str) -> Steps:
    """The cache knows a token that may not charge, about which the CSMS is to be asked; the EV is connected."""
    return (*CACHE_DECIDES, CACHE_ASKS_ABOUT_OTHERS, *id_token_cached(token), *ev_connected_pre_session())


TC_C_08_CS = Case(
    id="TC_C_08_CS",
    title="A cached token that is accepted",
    purpose="With LocalPreAuthorize a token the cache knows as Accepted charges without AuthorizeRequest.",
    requirements=("C12.FR.02", "C12.FR.04"),
    before=(*CACHE_DECIDES, *id_token_cached(), *ev_connected_pre_session()),
    main=(*authorized(asks="no"), *energy_transfer_started()),
    remark=EIM,
)

TC_C_09_CS = Case(
    id="TC_C_09_CS",
    title="A cached token that is invalid, and still is",
    purpose="A token the cache knows as Invalid is asked about; called Invalid again, it gets no energy.",
    requirements=_REFUSED,
    before=_known_as("invalid_token"),
    main=asked_and_refused("invalid_token", "Invalid"),
    remark=EIM,
)

TC_C_10_CS = Case(
    id="TC_C_10_CS",
    title="A cached token that is blocked",
    purpose="A token the cache knows as Blocked is asked about; called Blocked again, it gets no energy.",
    requirements=_REFUSED,
    before=_known_as("blocked_token"),
    main=asked_and_refused("blocked_token", "Blocked"),
    remark=EIM,
)

TC_C_11_CS = Case(
    id="TC_C_11_CS",
    title="A cached token that is expired",
    purpose="A token the cache knows as Expired is asked about; called Expired again, it gets no energy.",
    requirements=_REFUSED,
    before=_known_as("expired_token"),
    main=asked_and_refused("expired_token", "Expired"),
    remark=f"{EIM} The case names the valid token and a TransactionEventResponse; the expired one that was presented and an "
    "AuthorizeResponse are meant.",
)

TC_C_12_CS = Case(
    id="TC_C_12_CS",
    title="A cached token that is invalid, but accepted by now",
    purpose="A token the cache knows as Invalid is asked about; called Accepted now, it charges.",
    requirements=_REFUSED,
    before=_known_as("invalid_token"),
    main=(
        *authorization(token="invalid_token", asks="yes", info={"status": "Accepted"}, numbers=("1", "3")),
        *energy_transfer_started(),
    ),
    remark=f"{EIM} The case names the valid token; the invalid one that was presented is meant. Its event is optional in the case; where "
    "a transaction runs or begins with the authorization it is asked for (E01.FR.10, E02.FR.05).",
)

TC_C_13_CS = Case(
    id="TC_C_13_CS",
    title="A cached token that is accepted, cable later",
    purpose="A token the cache knows as Accepted is authorized without AuthorizeRequest, and charges once the EV is connected.",
    requirements=("C12.FR.02", "C12.FR.04"),
    before=(*CACHE_DECIDES, *id_token_cached(), *parking_bay_occupied()),
    main=(
        *authorized(asks="no"),
        *ev_connected_pre_session(),
        *energy_transfer_started(),
    ),
    remark=EIM,
)

TC_C_57_CS = Case(
    id="TC_C_57_CS",
    title="A cached token that is invalid, and not asked about",
    purpose="With AuthCacheCtrlr.DisablePostAuthorize a token the cache knows as Invalid is refused without AuthorizeRequest.",
    requirements=(*_REFUSED, "C10.FR.01"),
    before=(
        *CACHE_DECIDES,
        CACHE_ASKS_ABOUT_OTHERS,
        *id_token_cached("invalid_token"),
        Configures(variable="AuthCacheCtrlr.DisablePostAuthorize", value=True),
        *ev_connected_pre_session(),
    ),
    main=refused_unasked("invalid_token"),
    remark=EIM,
)
