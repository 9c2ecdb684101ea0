"""F01, F02, F05: the CSMS starts transactions, and releases a cable."""

from __future__ import annotations

from pilotwire.conformance.checks import equals, present
from pilotwire.conformance.language import Asks, Case, Happened, Reached, Receives, Sends, Step, Waits
from pilotwire.conformance.states.csms201 import (
    begin_transaction,
    energy_transfer_started,
    ev_connected_pre_session,
    id_token,
    place,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import OMITTED, Kept, configured

Steps = tuple[Step, ...]
ACCEPTED = (equals("idTokenInfo.status", "Accepted"),)


def starts_remotely(transaction_id: object = OMITTED) -> Steps:
    """The operator starts a transaction; the station accepts."""
    return (
        Asks(action="RequestStartTransaction", payload={"idToken": id_token(), "evseId": configured.evse_id}),
        Receives(
            number="1",
            action="RequestStartTransaction",
            checks=(*token_is(), present("remoteStartId")),
            answer={"status": "Accepted", "transactionId": transaction_id},
            keep={"remote_start_id": "remoteStartId"},
        ),
    )


def remote_start_told(number: str, event_type: str) -> Steps:
    """The station tells that the transaction was started from afar."""
    return (
        transaction_event(
            number,
            trigger="RemoteStart",
            event_type=event_type,
            info={"remoteStartId": Kept("remote_start_id")},
            more={"idToken": id_token(), "evse": place()},
            checks=ACCEPTED,
        ),
        Happened(facts={"authorized": True}),
        Reached(state="Authorized"),
    )


TC_F_01_CSMS = Case(
    id="TC_F_01_CSMS",
    title="Remote start, cable first",
    purpose="The CSMS starts a transaction at a station where the cable is in already.",
    before=ev_connected_pre_session(),
    main=(
        *starts_remotely(Kept("transaction_id")),
        *remote_start_told("3", "Updated"),
        *energy_transfer_started(),
    ),
)
TC_F_02_CSMS = Case(
    id="TC_F_02_CSMS",
    title="Remote start first, the station asks for the token",
    purpose="The CSMS starts a transaction; a station with AuthorizeRemoteStart asks about the token, and it is accepted.",
    requirements=("F02.FR.01", "F01.FR.01"),
    main=(
        *starts_remotely(),
        Sends(number="3", action="Authorize", payload={"idToken": id_token()}, checks=ACCEPTED),
        begin_transaction(),
        *remote_start_told("5", "Started"),
        *energy_transfer_started(),
    ),
)
TC_F_03_CSMS = Case(
    id="TC_F_03_CSMS",
    title="Remote start first, the station does not ask",
    purpose="The CSMS starts a transaction; a station without AuthorizeRemoteStart begins at once.",
    requirements=("F02.FR.01", "F01.FR.02"),
    main=(
        *starts_remotely(),
        begin_transaction(),
        *remote_start_told("3", "Started"),
        *energy_transfer_started(),
    ),
)
TC_F_04_CSMS = Case(
    id="TC_F_04_CSMS",
    title="Remote start, and nobody plugs in",
    purpose="The CSMS takes it that the time to plug in runs out after it has started a transaction.",
    requirements=("E03.FR.05",),
    main=(
        *starts_remotely(),
        begin_transaction(),
        *remote_start_told("3", "Started"),
        Waits(seconds=configured.transaction_duration, why="nobody plugs in"),
        transaction_event("5", trigger="EVConnectTimeout", event_type="Updated"),
    ),
    remark="The document names E03.FR.04 as well, which Part 2 edition 3 does not have.",
)
TC_F_06_CSMS = Case(
    id="TC_F_06_CSMS",
    title="Unlock a connector",
    purpose="The CSMS has a connector unlocked.",
    main=(
        Asks(
            action="UnlockConnector",
            payload={"evseId": configured.evse_id, "connectorId": configured.connector_id},
        ),
        Receives(
            number="1",
            action="UnlockConnector",
            checks=(equals("evseId", configured.evse_id), equals("connectorId", configured.connector_id)),
            answer={"status": "Unlocked"},
        ),
    ),
)
