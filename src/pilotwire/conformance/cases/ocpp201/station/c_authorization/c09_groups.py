"""C09: tokens of one group; a token of the same group may stop what another of it has started."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_ASKS_ABOUT_OTHERS,
    CACHE_DECIDES,
    EIM,
    GROUP,
    LIST_ASKS_ABOUT_OTHERS,
    LIST_ON,
    NO_SAMPLE,
    asked,
    never_asked,
)
from pilotwire.conformance.language import Case, Happened, NotReceives, Reached, Step, Waits
from pilotwire.conformance.states.station201 import (
    authorization,
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_cached,
    id_token_in_local_list,
    local_stop_told,
    parking_bay_unoccupied,
    present_token,
)
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]
_GROUPED = Happened(facts={"grouped": True})
_ANOTHER = Happened(facts={"cached": False})
_ENERGY_FLOWS = Waits(seconds=configured.transaction_duration, why="energy flows for a while")


def _starts_asked() -> Steps:
    """The first token of the group is asked about, and charges."""
    return (*authorization("local", asks="yes", numbers=("1", "3")), *energy_transfer_started())


def _starts_known() -> Steps:
    """The first token of the group is known here, and charges."""
    return (*authorization("local", asks="no", numbers=("", "1")), *energy_transfer_started())


def _stops_known() -> Steps:
    """The second token of the group is known here, and stops."""
    return (
        _ENERGY_FLOWS,
        present_token("valid_token2"),
        *local_stop_told("4", "4", token="valid_token2", named=True),
        never_asked(),
        Reached(state="StopAuthorized"),
        *_leaves(),
    )


def _leaves() -> Steps:
    return (*ev_connected_post_session(), *ev_disconnected(), *parking_bay_unoccupied())


def _does_not_stop(number: str) -> Steps:
    """A token of the group that is not valid itself is asked about, and stops nothing."""
    return (
        present_token("invalid_token"),
        *asked(number, "invalid_token", "Invalid", **GROUP),
        NotReceives(
            action="TransactionEvent", where=tuple(one.of("C09.FR.11") for one in NO_SAMPLE), note="The energy goes on."
        ),
    )


_SECOND_TOKEN = "The case names the first token where the second is presented; the second is meant."

TC_C_39_CS = Case(
    id="TC_C_39_CS",
    title="Stopped by another token of the group",
    purpose="A second token the CSMS puts into the same group is asked about, and stops the transaction.",
    requirements=("C09.FR.02", "C09.FR.03", "C09.FR.05"),
    before=(_GROUPED, *ev_connected_pre_session()),
    main=(
        *_starts_asked(),
        present_token("valid_token2"),
        *asked("6", "valid_token2", "Accepted", **GROUP),
        *local_stop_told("8", "8", token="valid_token2", named=True),
        Reached(state="StopAuthorized"),
        *_leaves(),
    ),
    remark=_SECOND_TOKEN,
)

TC_C_40_CS = Case(
    id="TC_C_40_CS",
    title="Stopped by another token of the group, both on the list",
    purpose="A second token the list has in the same group stops the transaction without AuthorizeRequest.",
    requirements=("C09.FR.02", "C09.FR.03", "C09.FR.07"),
    before=(
        _GROUPED,
        *LIST_ON,
        *id_token_in_local_list("valid_token", "valid_token2", more=GROUP),
        *ev_connected_pre_session(),
    ),
    main=(*_starts_known(), *_stops_known()),
    remark=f"{_SECOND_TOKEN} It also wants Updated for the event of the stop; whether that is the end is for TxStopPoint to say, as in the "
    "reusable state StopAuthorized.",
)

TC_C_41_CS = Case(
    id="TC_C_41_CS",
    title="Stopped by another token of the group, both in the cache",
    purpose="A second token the cache knows in the same group stops the transaction without AuthorizeRequest.",
    requirements=("C09.FR.02", "C09.FR.03", "C09.FR.07"),
    before=(
        _GROUPED,
        *CACHE_DECIDES,
        *id_token_cached(),
        _ANOTHER,
        *id_token_cached("valid_token2"),
        *ev_connected_pre_session(),
    ),
    main=(*_starts_known(), *_stops_known()),
    remark=f"{EIM} {_SECOND_TOKEN}",
)

TC_C_42_CS = Case(
    id="TC_C_42_CS",
    title="Not stopped by an invalid token of the group",
    purpose="A token the CSMS calls Invalid, though of the same group, does not stop the transaction.",
    requirements=("C09.FR.11",),
    before=(_GROUPED, *ev_connected_pre_session()),
    main=(*_starts_asked(), *_does_not_stop("6")),
    remark="The case names the valid token where the invalid one is presented; the invalid one is meant.",
)

TC_C_43_CS = Case(
    id="TC_C_43_CS",
    title="Not stopped by a token of the group that the list calls invalid",
    purpose="A token listed as Invalid in the same group is asked about; called Invalid, it does not stop the transaction.",
    requirements=("C09.FR.02", "C09.FR.03", "C09.FR.07", "C09.FR.11"),
    before=(
        _GROUPED,
        *LIST_ON,
        LIST_ASKS_ABOUT_OTHERS,
        *id_token_in_local_list("valid_token", invalid=("invalid_token",), more=GROUP),
        *ev_connected_pre_session(),
    ),
    main=(*_starts_known(), *_does_not_stop("4")),
    remark="The case validates a stop in a step 6 it does not have, while its last note and C09.FR.11 say that none may come. It also "
    "names the valid token where the invalid one is presented.",
)

TC_C_44_CS = Case(
    id="TC_C_44_CS",
    title="Not stopped by a token of the group that the cache calls invalid",
    purpose="A token cached as Invalid is asked about; called Invalid in the same group, it does not stop the transaction.",
    requirements=("C09.FR.02", "C09.FR.03", "C09.FR.07"),
    before=(
        _GROUPED,
        *CACHE_DECIDES,
        CACHE_ASKS_ABOUT_OTHERS,
        *id_token_cached(),
        *id_token_cached("invalid_token"),
        *ev_connected_pre_session(),
    ),
    main=(*_starts_known(), *_does_not_stop("4")),
    remark=EIM,
)
