"""E06 to E10: how transactions end, told to the CSMS."""

from __future__ import annotations

from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.language import Asks, Case, Receives, Step, Tells
from pilotwire.conformance.states.csms201 import (
    begin_transaction,
    energy_transfer_started,
    energy_transfer_suspended,
    ev_connected_post_session,
    ev_disconnected,
    id_token,
    place,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import Kept

Steps = tuple[Step, ...]


def ends(number: str, trigger: str, reason: str, state: str = "") -> Step:
    """The last event of the transaction."""
    info = {"stoppedReason": reason} | ({"chargingState": state} if state else {})
    return transaction_event(number, trigger=trigger, event_type="Ended", info=info)


TC_E_07_CSMS = Case(
    id="TC_E_07_CSMS",
    title="TxStopPoint PowerPathClosed, stopped at the station",
    purpose="The CSMS takes a transaction that ends when a token stops it.",
    requirements=("E06.FR.06",),
    before=energy_transfer_started(),
    main=(ends("1", "StopAuthorized", "Local"),),
)
TC_E_08_CSMS = Case(
    id="TC_E_08_CSMS",
    title="TxStopPoint EnergyTransfer, stopped at the station",
    purpose="The CSMS takes a transaction that ends when no more energy flows.",
    requirements=("E06.FR.07",),
    before=stop_authorized(),
    main=(ends("1", "ChargingStateChanged", "Local", "EVConnected"),),
)
TC_E_14_CSMS = Case(
    id="TC_E_14_CSMS",
    title="TxStopPoint EVConnected, at the EV's side",
    purpose="The CSMS takes a transaction that ends when the cable is pulled.",
    requirements=("E06.FR.02",),
    before=ev_connected_post_session(),
    main=ev_disconnected(),
)
TC_E_15_CSMS = Case(
    id="TC_E_15_CSMS",
    title="TxStopPoint Authorized, stopped at the station",
    purpose="The CSMS takes a transaction that ends when its authorization does.",
    requirements=("E06.FR.03",),
    before=energy_transfer_started(),
    main=(ends("1", "StopAuthorized", "Local"),),
)
TC_E_16_CSMS = Case(
    id="TC_E_16_CSMS",
    title="Deauthorized: a token that is not valid",
    purpose="The CSMS says that the token of a transaction is not valid, and takes the end.",
    requirements=("E06.FR.04", "E01.FR.11", "E01.FR.12"),
    main=(
        begin_transaction(),
        transaction_event(
            "1",
            trigger="Authorized",
            event_type="Started",
            more={"idToken": id_token("invalid_token"), "evse": place()},
            checks=(one_of("idTokenInfo.status", "Invalid", "Unknown"),),
        ),
        ends("3", "Deauthorized", "DeAuthorized"),
    ),
)
TC_E_17_CSMS = Case(
    id="TC_E_17_CSMS",
    title="Deauthorized: the EV is gone",
    purpose="The CSMS takes a transaction that ends because the EV was disconnected.",
    requirements=("E06.FR.04",),
    before=energy_transfer_suspended(),
    main=(ends("1", "EVCommunicationLost", "EVDisconnected", "Idle"),),
)
TC_E_19_CSMS = Case(
    id="TC_E_19_CSMS",
    title="TxStopPoint ParkingBayOccupancy",
    purpose="The CSMS takes an event of the EV's departure that comes after the end.",
    requirements=("E06.FR.01",),
    before=ev_disconnected(),
    main=(ends("1", "EVDeparted", "Local"),),
    remark="The state before ends the transaction already; the second Ended is the document's.",
)
TC_E_20_CSMS = Case(
    id="TC_E_20_CSMS",
    title="TxStopPoint EVConnected, suspended before",
    purpose="The CSMS takes a transaction that ends when the cable is pulled after the EV took no more energy.",
    requirements=("E06.FR.02",),
    before=energy_transfer_suspended(),
    main=ev_disconnected(),
)
TC_E_21_CSMS = Case(
    id="TC_E_21_CSMS",
    title="Stopped from afar",
    purpose="The CSMS stops a transaction by its id, and takes the end.",
    requirements=("E06.FR.03", "F03.FR.01", "F03.FR.09", "F04.FR.01"),
    before=energy_transfer_started(),
    main=(
        Asks(action="RequestStopTransaction", payload={"transactionId": Kept("transaction_id")}),
        Receives(
            number="1",
            action="RequestStopTransaction",
            checks=(equals("transactionId", Kept("transaction_id")),),
            answer={"status": "Accepted"},
        ),
        ends("3", "RemoteStop", "Remote"),
    ),
    remark="The document names F03.FR.10 as well, which Part 2 edition 3 does not have.",
)
TC_E_22_CSMS = Case(
    id="TC_E_22_CSMS",
    title="TxStopPoint EnergyTransfer, ended by the EV",
    purpose="The CSMS takes a transaction that the EV ends.",
    requirements=("E06.FR.07",),
    before=energy_transfer_started(),
    main=(ends("1", "ChargingStateChanged", "StoppedByEV", "SuspendedEV"),),
)
TC_E_26_CSMS = Case(
    id="TC_E_26_CSMS",
    title="Pulled at the EV's side, and plugged in again",
    purpose="The CSMS takes a transaction that goes on after the cable was pulled and plugged in again.",
    requirements=("E10.FR.01",),
    before=energy_transfer_suspended(),
    main=(
        transaction_event("1", trigger="EVCommunicationLost", info={"chargingState": "Idle"}),
        Tells(number="3", status="Available"),
        transaction_event("5", trigger="CablePluggedIn", info={"chargingState": "EVConnected"}),
        transaction_event("7", trigger="ChargingStateChanged", info={"chargingState": "Charging"}),
    ),
)
