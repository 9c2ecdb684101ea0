"""E01 to E03: how transactions begin, told to the CSMS."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, Happened, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import (
    authorized,
    begin_transaction,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    id_token,
    place,
    transaction_event,
)
from pilotwire.conformance.values import Moment, configured

Steps = tuple[Step, ...]
ACCEPTED = (equals("idTokenInfo.status", "Accepted"),)
SIGNED = {
    "signedMeterData": "AAECAw==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "AA==",
}


def token_first() -> Steps:
    """Somebody presents a token, then plugs in; nothing has begun yet."""
    return (
        Sends(number="1", action="Authorize", payload={"idToken": id_token()}, checks=ACCEPTED),
        Tells(number="3", status="Occupied"),
    )


def begins(number: str, trigger: str, *, token: bool = True, **more: Any) -> Steps:
    """The first event of a transaction; with the token the CSMS must accept it."""
    info = {"chargingState": more.pop("state")} if "state" in more else {}
    own = {"idToken": id_token()} if token else {}
    return (
        begin_transaction(),
        transaction_event(
            number,
            trigger=trigger,
            event_type="Started",
            info=info,
            more=own | more,
            checks=ACCEPTED if token else (),
        ),
    )


CHARGING = transaction_event("7", trigger="ChargingStateChanged", info={"chargingState": "Charging"})

TC_E_01_CSMS = Case(
    id="TC_E_01_CSMS",
    title="TxStartPoint PowerPathClosed",
    purpose="The CSMS takes a transaction that begins when the power path is closed.",
    requirements=("E01.FR.05",),
    main=(*token_first(), *begins("5", "ChargingStateChanged", state="SuspendedEVSE", evse=place()), CHARGING),
)
TC_E_02_CSMS = Case(
    id="TC_E_02_CSMS",
    title="TxStartPoint EnergyTransfer",
    purpose="The CSMS takes a transaction that begins when energy flows.",
    requirements=("E01.FR.06",),
    main=(*token_first(), *begins("5", "ChargingStateChanged", state="Charging", evse=place())),
)
TC_E_03_CSMS = Case(
    id="TC_E_03_CSMS",
    title="Cable first",
    purpose="The CSMS takes a session where the cable comes before the token.",
    requirements=("E02.FR.02",),
    before=ev_connected_pre_session(),
    main=(*authorized(), *energy_transfer_started()),
)
TC_E_04_CSMS = Case(
    id="TC_E_04_CSMS",
    title="Token first",
    purpose="The CSMS takes a session where the token comes before the cable.",
    requirements=("E03.FR.02",),
    main=(*authorized(), *energy_transfer_started()),
)
TC_E_09_CSMS = Case(
    id="TC_E_09_CSMS",
    title="TxStartPoint EVConnected",
    purpose="The CSMS takes a transaction that begins when the cable is plugged in.",
    requirements=("E01.FR.02",),
    main=(
        Tells(number="1", status="Occupied"),
        *begins("3", "CablePluggedIn", token=False, state="EVConnected", evse=place()),
    ),
)
TC_E_10_CSMS = Case(
    id="TC_E_10_CSMS",
    title="TxStartPoint Authorized",
    purpose="The CSMS takes a transaction that begins when the token is accepted.",
    requirements=("E01.FR.03",),
    main=(
        Sends(number="1", action="Authorize", payload={"idToken": id_token()}, checks=ACCEPTED),
        *begins("3", "Authorized"),
    ),
)
TC_E_11_CSMS = Case(
    id="TC_E_11_CSMS",
    title="TxStartPoint DataSigned",
    purpose="The CSMS takes a transaction that begins with a signed meter value.",
    requirements=("E01.FR.04",),
    main=(
        *token_first(),
        *begins(
            "5",
            "SignedDataReceived",
            evse=place(),
            meterValue=[
                {
                    "timestamp": Moment(),
                    "sampledValue": [{"value": 0.0, "context": "Transaction.Begin", "signedMeterValue": SIGNED}],
                }
            ],
        ),
        CHARGING,
    ),
)
TC_E_12_CSMS = Case(
    id="TC_E_12_CSMS",
    title="TxStartPoint ParkingBayOccupancy",
    purpose="The CSMS takes a transaction that begins when an EV is seen in the parking bay.",
    requirements=("E01.FR.01",),
    main=begins("1", "EVDetected", token=False, evse={"id": configured.evse_id}),
)
TC_E_38_CSMS = Case(
    id="TC_E_38_CSMS",
    title="The EV is not ready",
    purpose="The CSMS takes a transaction in which the EV does not take energy.",
    before=authorized(),
    main=(
        *ev_connected_pre_session(),
        transaction_event("2", trigger="ChargingStateChanged", info={"chargingState": "SuspendedEV"}),
    ),
)
TC_E_39_CSMS = Case(
    id="TC_E_39_CSMS",
    title="Nobody plugs in",
    purpose="The CSMS takes it that a transaction ends because nobody plugged in.",
    requirements=("E03.FR.05", "E06.FR.04"),
    before=authorized(),
    main=(
        Waits(seconds=configured.transaction_duration, why="nobody plugs in"),
        transaction_event("1", trigger="EVConnectTimeout", event_type="Ended", info={"stoppedReason": "Timeout"}),
        Happened(facts={"authorized": False}),
    ),
    remark="The document names E03.FR.04 as well, which Part 2 edition 3 does not have.",
)
TC_E_53_CSMS = Case(
    id="TC_E_53_CSMS",
    title="Each transaction counts from 0",
    purpose="The CSMS takes two transactions one after another whose events are both numbered from 0.",
    requirements=("E01.FR.07",),
    main=(*energy_transfer_started(), *ev_disconnected(), *energy_transfer_started(), *ev_disconnected()),
    within=120,
)
