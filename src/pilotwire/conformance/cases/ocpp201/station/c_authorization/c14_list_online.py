"""C14: the Local Authorization List decides while the station is online."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    LIST_ASKS_ABOUT_OTHERS,
    LIST_ON,
    asked_and_refused,
    nobody_charges,
    refused_unasked,
)
from pilotwire.conformance.language import Case, Configures, Reached, Step
from pilotwire.conformance.states.station201 import (
    authorization,
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    id_token_in_local_list,
)

Steps = tuple[Step, ...]


def _listed_as(token: str, status: str) -> Steps:
    """The list has a token that may not charge, about which the CSMS is to be asked."""
    return (*LIST_ON, LIST_ASKS_ABOUT_OTHERS, *id_token_in_local_list(token, status=status))


TC_C_27_CS = Case(
    id="TC_C_27_CS",
    title="A listed token that is accepted",
    purpose="With LocalPreAuthorize a token the list has as Accepted charges without AuthorizeRequest.",
    requirements=("C14.FR.02",),
    before=(*LIST_ON, *id_token_in_local_list()),
    main=(
        *authorization(asks="no", numbers=("", "1")),
        Reached(state="Authorized"),
        *ev_connected_pre_session(),
        *energy_transfer_started(),
    ),
)

TC_C_28_CS = Case(
    id="TC_C_28_CS",
    title="A listed token that is invalid, and still is",
    purpose="A token the list has as Invalid is asked about; called Invalid again, it gets no energy.",
    requirements=("C14.FR.03",),
    before=_listed_as("invalid_token", "Invalid"),
    main=asked_and_refused("invalid_token", "Invalid"),
)

TC_C_29_CS = Case(
    id="TC_C_29_CS",
    title="A listed token that is blocked",
    purpose="A token the list has as Blocked is asked about; called Blocked again, it gets no energy.",
    requirements=("C14.FR.03",),
    before=(*_listed_as("blocked_token", "Blocked"), *ev_connected_pre_session()),
    main=asked_and_refused("blocked_token", "Blocked"),
)

TC_C_30_CS = Case(
    id="TC_C_30_CS",
    title="A listed token that is expired",
    purpose="A token the list has as Expired is asked about; called Expired again, it gets no energy.",
    requirements=("C14.FR.03",),
    before=(*_listed_as("expired_token", "Expired"), *ev_connected_pre_session()),
    main=asked_and_refused("expired_token", "Expired"),
)

TC_C_31_CS = Case(
    id="TC_C_31_CS",
    title="A listed token that is invalid, but accepted by now",
    purpose="A token the list has as Invalid is asked about; called Accepted now, it charges.",
    requirements=("C14.FR.03",),
    before=_listed_as("invalid_token", "Invalid"),
    main=(
        *authorized(token="invalid_token", asks="yes", info={"status": "Accepted"}),
        *ev_connected_pre_session(),
        *energy_transfer_started(),
    ),
)

TC_C_58_CS = Case(
    id="TC_C_58_CS",
    title="A listed token that is invalid, and not asked about",
    purpose="With LocalAuthListCtrlr.DisablePostAuthorize a token the list has as Invalid is refused without AuthorizeRequest.",
    requirements=("C14.FR.03",),
    before=(
        *LIST_ON,
        Configures(variable="LocalAuthListCtrlr.DisablePostAuthorize", value=True),
        *id_token_in_local_list("invalid_token", status="Invalid"),
    ),
    main=(*refused_unasked("invalid_token"), *ev_connected_pre_session(), nobody_charges()),
    remark="The EV is connected afterwards, so that the refusal can be seen whatever begins a transaction.",
)
