"""C09, C16: tokens of one group, and master passes."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.c_authorization.presenting import (
    ACCEPTED,
    asks,
    authorizes,
    of_group,
    stops,
)
from pilotwire.conformance.checks import Check
from pilotwire.conformance.language import AtEvse, Case, Step
from pilotwire.conformance.states.csms201 import (
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    id_token,
    transaction_event,
)
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]
GROUPED = {"grouped": True}
"""Both valid tokens are of the configured group."""
OF_MASTERS = of_group("master_group_id")


def elsewhere(*steps: Step) -> AtEvse:
    """The steps at the second EVSE."""
    return AtEvse(evse=configured.evse2_id, connector=configured.connector2_id, steps=steps)


BOTH_CHARGE = (*energy_transfer_started(), elsewhere(*energy_transfer_started("valid_token2")))


def ended_by_master(token: str, *checks: Check) -> Step:
    """The transaction is ended by a master pass; the token is told."""
    return transaction_event(
        "3",
        trigger="StopAuthorized",
        event_type="Ended",
        info={"chargingState": "EVConnected", "stoppedReason": "MasterPass"},
        more={"idToken": id_token(token)},
        checks=checks,
    )


TC_C_39_CSMS = Case(
    id="TC_C_39_CSMS",
    title="Two tokens of one group",
    purpose="The CSMS tells the group of both tokens, so that one may end what the other began.",
    requirements=("C09.FR.02", "C09.FR.03", "C01.FR.06", "C09.FR.09", "C09.FR.10", "C09.FR.12"),
    traits=GROUPED,
    before=ev_connected_pre_session(),
    main=(
        asks("1", "valid_token2", *of_group(requirement="C01.FR.06")),
        *authorizes("3", "valid_token", *of_group(requirement="C09.FR.12")),
        *energy_transfer_started(),
        asks("6", "valid_token2", *of_group(requirement="C09.FR.09")),
        *stops("8", "valid_token2", *of_group()),
        *ev_connected_post_session(),
        *ev_disconnected(),
    ),
)
TC_C_40_CSMS = Case(
    id="TC_C_40_CSMS",
    title="Two tokens of one group, both in the local list",
    purpose="The CSMS tells the group of tokens it hears of by the transaction only.",
    requirements=("C09.FR.02", "C09.FR.03"),
    traits=GROUPED,
    before=ev_connected_pre_session(),
    main=(
        *authorizes("1", "valid_token", *of_group()),
        *energy_transfer_started(),
        *stops("5", "valid_token2", *of_group()),
        *ev_connected_post_session(),
        *ev_disconnected(),
    ),
)
TC_C_43_CSMS = Case(
    id="TC_C_43_CSMS",
    title="Two tokens of one group, one not valid in the local list",
    purpose="The CSMS is asked about the token that is not valid in the list, and tells its group.",
    requirements=("C09.FR.02", "C09.FR.03"),
    traits=GROUPED,
    before=ev_connected_pre_session(),
    main=(
        *authorizes("1", "valid_token", *of_group()),
        *energy_transfer_started(),
        asks("4", "valid_token2", *of_group()),
        *stops("6", "valid_token2", *of_group()),
        *ev_connected_post_session(),
        *ev_disconnected(),
    ),
)
TC_C_47_CSMS = Case(
    id="TC_C_47_CSMS",
    title="A master pass ends all transactions",
    purpose="The CSMS tells the group of master passes, and takes the end of both transactions.",
    requirements=("C16.FR.01",),
    before=BOTH_CHARGE,
    main=(
        asks("1", "master_token", *OF_MASTERS),
        ended_by_master("master_token", *OF_MASTERS),
        elsewhere(ended_by_master("master_token", *OF_MASTERS)),
    ),
    remark="The document has no validations here; those of TC_C_48 hold as well.",
)
TC_C_48_CSMS = Case(
    id="TC_C_48_CSMS",
    title="A master pass ends one transaction",
    purpose="The CSMS tells the group of master passes, and takes the end of the transaction that was chosen.",
    requirements=("C16.FR.01",),
    before=BOTH_CHARGE,
    main=(asks("1", "master_token", *OF_MASTERS), ended_by_master("master_token", *OF_MASTERS)),
    remark=(
        "Step 1 of the document presents the valid token, whose group is not that of the master passes it then wants told; "
        "the master pass is presented."
    ),
)
TC_C_49_CSMS = Case(
    id="TC_C_49_CSMS",
    title="A master pass at a station without a user interface",
    purpose="The CSMS tells the group of master passes, and takes the end of both transactions.",
    requirements=("C16.FR.02",),
    before=BOTH_CHARGE,
    main=(
        asks("1", "master_token", *OF_MASTERS),
        ended_by_master("valid_token", ACCEPTED),
        elsewhere(ended_by_master("valid_token", ACCEPTED)),
    ),
    remark="The document has no validations here; the token that ends the transactions is the valid one, as it says.",
)
