"""Cases of our own for requirements of block E that no case of the document touches: the CSMS verifies who charges."""

from __future__ import annotations

from pilotwire.conformance.checks import one_of
from pilotwire.conformance.language import Case, Step
from pilotwire.conformance.states.csms201 import (
    begin_transaction,
    ev_connected_pre_session,
    id_token,
    place,
    transaction_event,
)

PART_2 = "Part 2 edition 3, errata 2025-09"
_NOT_GOOD = one_of("idTokenInfo.status", "Blocked", "Invalid", "Unknown")


def _told(number: str, *, requirement: str, offline: bool, event_type: str) -> Step:
    """An event tells a token the station has authorized by itself, and that the CSMS calls Blocked."""
    return transaction_event(
        number,
        trigger="Authorized",
        event_type=event_type,
        info={"chargingState": "Charging"},
        more={"idToken": id_token("blocked_token"), "evse": place()} | ({"offline": True} if offline else {}),
        checks=(_NOT_GOOD.of(requirement),),
    )


PW_E_01_CSMS = Case(
    id="PW_E_01_CSMS",
    title="A blocked token the station took for good",
    purpose="The CSMS verifies the token of a transaction, though the station has authorized it already.",
    requirements=("E02.FR.04",),
    before=ev_connected_pre_session(),
    main=(_told("1", requirement="E02.FR.04", offline=False, event_type="Updated"),),
    follows=PART_2,
    ours=True,
)

PW_E_02_CSMS = Case(
    id="PW_E_02_CSMS",
    title="A blocked token that charged offline",
    purpose="The CSMS verifies the token of a transaction that began while the station had no connection.",
    requirements=("E05.FR.01",),
    main=(begin_transaction(), _told("1", requirement="E05.FR.01", offline=True, event_type="Started")),
    follows=PART_2,
    ours=True,
)
