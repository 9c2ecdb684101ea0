"""E06.FR.04: a transaction ends because its authorization does: by the CSMS, by the EV's side, by nobody coming."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.e02_e03_local_start import ENDED_BY_TIMEOUT
from pilotwire.conformance.cases.ocpp201.station.e_transactions.offline import OFFLINE
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    ev_side_disconnect,
    stopping_at,
)
from pilotwire.conformance.checks import equals, is_not, present, when
from pilotwire.conformance.conditions import CABLE_ATTACHED, EVENT_DUE, TRANSACTION_RUNS, not_, stops_at
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Happened,
    NotReceives,
    OnlyIf,
    Receives,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.offline201 import known_offline, queued, start_offline_transaction
from pilotwire.conformance.states.station201 import (
    BEGINS_OR_GOES_ON,
    authorized,
    energy_transfer_suspended,
    present_token,
    transaction_event,
)
from pilotwire.conformance.values import configured, plus

ENDED = equals("eventType", "Ended")

TC_E_16_CS = Case(
    id="TC_E_16_CS",
    title="The CSMS does not agree with a token afterwards",
    purpose="A transaction begun offline ends when the CSMS calls its token Invalid, once it hears of it.",
    requirements=("E06.FR.04", "E06.FR.15", "C15.FR.04", "E05.FR.10"),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        *AUTHORIZATION_ON,
        Configures(variable="TxCtrlr.StopTxOnInvalidId", value=True),
        *known_offline(),
        *start_offline_transaction(),
    ),
    main=(
        Receives(
            number="1",
            action="TransactionEvent",
            where=(present("idToken"),),
            checks=(OFFLINE,),
            answer={"idTokenInfo": {"status": "Invalid"}},
        ),
        transaction_event(
            "3",
            trigger="Deauthorized",
            checks=(
                ENDED.of("C15.FR.04"),
                equals("transactionInfo.stoppedReason", "DeAuthorized").of("C15.FR.04"),
                ENDED.of("E05.FR.10"),
                equals("transactionInfo.stoppedReason", "DeAuthorized").of("E05.FR.10"),
            ),
        ),
    ),
    after=(queued("1", OFFLINE),),
)


def freed_with_the_token(number: str) -> tuple[Step, ...]:
    """A cable that is still locked at the station is freed by the driver's token and taken out; then the connector is Available."""
    return (
        OnlyIf(
            condition=not_(CABLE_ATTACHED),
            steps=(present_token(), Acts(act="unplug", details={"side": "station"})),
        ),
        TellsStatus(number=number, status="Available"),
    )


TC_E_17_CS = Case(
    id="TC_E_17_CS",
    title="Pulled at the EV, which ends the authorization",
    purpose="With StopTxOnEVSideDisconnect and TxStopPoint Authorized the transaction ends when the EV is disconnected at its side.",
    requirements=("E06.FR.04", "E06.FR.15"),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("ParkingBayOccupancy",)),
        *ev_side_disconnect(stops=True, unlocks=False),
        *AUTHORIZATION_ON,
        *energy_transfer_suspended(),
    ),
    main=(
        Acts(act="unplug", details={"side": "vehicle"}),
        transaction_event(
            "1",
            trigger="EVCommunicationLost",
            checks=(
                equals("transactionInfo.chargingState", "Idle"),
                equals("transactionInfo.stoppedReason", "EVDisconnected"),
                ENDED,
            ),
        ),
        *freed_with_the_token("3"),
    ),
)

_ENDS_IN_ANY_CASE = not_(stops_at("ParkingBayOccupancy"))

TC_E_39_CS = Case(
    id="TC_E_39_CS",
    title="Nobody plugs in",
    purpose="With TxStopPoint Authorized the transaction ends after EVConnectionTimeOut; a cable plugged in later charges nothing.",
    requirements=("E06.FR.04", "E06.FR.15"),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("EnergyTransfer", "PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *AUTHORIZATION_ON,
        *authorized(),
    ),
    main=(
        OnlyIf(
            condition=TRANSACTION_RUNS,
            steps=(
                transaction_event(
                    "1",
                    trigger="EVConnectTimeout",
                    checks=when(_ENDS_IN_ANY_CASE, ENDED_BY_TIMEOUT.of("E03.FR.05")),
                    within=plus(configured.ev_connection_timeout, configured.message_timeout),
                ),
            ),
            otherwise=(Waits(seconds=plus(configured.ev_connection_timeout, 1), why="EVConnectionTimeOut passes"),),
        ),
        Happened(facts={"authorized": False}),
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        TellsStatus(number="3", status="Occupied"),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    "5",
                    trigger="CablePluggedIn",
                    checks=(is_not("transactionInfo.chargingState", "Charging"), *BEGINS_OR_GOES_ON),
                ),
            ),
        ),
        NotReceives(
            number="5", action="TransactionEvent", where=(equals("transactionInfo.chargingState", "Charging"),)
        ),
    ),
    remark="The case makes the eventType of both events depend on ParkingBayOccupancy in TxStartPoint. Whether the transaction ends is for "
    "TxStopPoint to say (E03.FR.05, E03.FR.15), and with TxStartPoint EVConnected the cable begins a new one (E01.FR.02).",
)
