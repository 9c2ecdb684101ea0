"""E09, E10: the cable is pulled at the vehicle, which ends the authorization or only suspends the transaction."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.e02_e03_local_start import ENDED_BY_TIMEOUT
from pilotwire.conformance.cases.ocpp201.station.e_transactions.e06_deauthorized import freed_with_the_token
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import ev_side_disconnect, held_at_station
from pilotwire.conformance.checks import above, equals, when
from pilotwire.conformance.conditions import CABLE_ATTACHED, EVENT_DUE, not_, stops_at
from pilotwire.conformance.language import Acts, Case, Configures, Happened, OnlyIf, Step, TellsStatus
from pilotwire.conformance.states.station201 import ENDS_OR_GOES_ON, energy_transfer_suspended, transaction_event
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus

Steps = tuple[Step, ...]
_IDLE, _UPDATED = equals("transactionInfo.chargingState", "Idle"), equals("eventType", "Updated")


def deauthorized_at_vehicle() -> Steps:
    """The EV is disconnected at its side: the transaction is not authorized any more, which may end it."""
    return (
        Acts(act="unplug", details={"side": "vehicle"}),
        Happened(facts={"authorized": False, "ev_connected": False}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(transaction_event("1", trigger="EVCommunicationLost", checks=(_IDLE, *ENDS_OR_GOES_ON)),),
        ),
    )


TC_E_24_CS = Case(
    id="TC_E_24_CS",
    title="Pulled at the EV, and unlocked at the station",
    purpose="With StopTxOnEVSideDisconnect and UnlockOnEVSideDisconnect the cable can be taken out at the station at once.",
    requirements=("E09.FR.01", "E09.FR.02", "E09.FR.04"),
    needs=(not_(CABLE_ATTACHED),),
    before=(*ev_side_disconnect(stops=True, unlocks=True), *energy_transfer_suspended()),
    main=(
        *deauthorized_at_vehicle(),
        Acts(act="unplug", details={"side": "station"}),
        TellsStatus(number="3", status="Available"),
    ),
)

TC_E_25_CS = Case(
    id="TC_E_25_CS",
    title="Pulled at the EV, and still locked at the station",
    purpose="With StopTxOnEVSideDisconnect and without UnlockOnEVSideDisconnect the cable stays locked until the driver's token.",
    requirements=("E09.FR.01", "E09.FR.03", "E09.FR.04"),
    before=(*ev_side_disconnect(stops=True, unlocks=False), *energy_transfer_suspended()),
    main=(*deauthorized_at_vehicle(), *held_at_station(), *freed_with_the_token("3")),
    remark="That the cable is still held until then (E09.FR.03) is looked at; the document does not ask for it.",
)


def _supported(known: Known) -> list[Any]:
    points = {"Authorized": "C-10.2", "ParkingBayOccupancy": "C-10.5"}
    return [point for point, feature in points.items() if known.claims(feature)]


_ONLY_SUSPENDED: Steps = (
    Configures(
        variable="TxCtrlr.TxStopPoint",
        value=Computed("Authorized and ParkingBayOccupancy, as far as supported", _supported),
        besides=("Authorized", "ParkingBayOccupancy"),
    ),
    *ev_side_disconnect(stops=False, unlocks=False),
)


def suspended_at_vehicle() -> Steps:
    """The EV is disconnected at its side: the transaction goes on without it."""
    return (
        Acts(act="unplug", details={"side": "vehicle"}),
        Happened(facts={"ev_connected": False}),
        transaction_event("1", trigger="EVCommunicationLost", checks=(_IDLE, _UPDATED)),
        OnlyIf(condition=CABLE_ATTACHED, steps=(TellsStatus(number="3", status="Available"),)),
    )


TC_E_26_CS = Case(
    id="TC_E_26_CS",
    title="Pulled at the EV and plugged in again",
    purpose="Without StopTxOnEVSideDisconnect the transaction is suspended, and energy flows again when the EV is connected again.",
    requirements=("E10.FR.01", "E10.FR.03"),
    settings={"tx_stop_points": ["Authorized", "ParkingBayOccupancy"]},
    before=(*_ONLY_SUSPENDED, *energy_transfer_suspended()),
    main=(
        *suspended_at_vehicle(),
        *held_at_station(),
        Acts(act="replug"),
        transaction_event(
            "5",
            trigger="CablePluggedIn",
            checks=(equals("transactionInfo.chargingState", "EVConnected"), _UPDATED),
            keep={"plugged_in_again": "seqNo"},
        ),
        Acts(act="resume"),
        transaction_event(
            "7",
            trigger="ChargingStateChanged",
            where=(equals("transactionInfo.chargingState", "Charging"), above("seqNo", Kept("plugged_in_again"))),
            checks=(_UPDATED,),
            early=True,
        ),
    ),
    remark="That the cable is held at the station meanwhile (E10.FR.01) is looked at; the document does not ask for it.",
)

TC_E_27_CS = Case(
    id="TC_E_27_CS",
    title="Pulled at the EV and not plugged in again",
    purpose="With an attached cable a suspended transaction is not authorized any more once EVConnectionTimeOut has passed.",
    requirements=("E10.FR.02", "E10.FR.03"),
    settings={"tx_stop_points": ["Authorized", "ParkingBayOccupancy"], "connector_type": "cType2"},
    before=(
        *_ONLY_SUSPENDED,
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *energy_transfer_suspended(),
    ),
    main=(
        *suspended_at_vehicle(),
        transaction_event(
            "5",
            trigger="EVConnectTimeout",
            checks=(
                *when(stops_at("Authorized"), ENDED_BY_TIMEOUT),
                *when(not_(stops_at("Authorized")), _UPDATED),
            ),
            within=plus(configured.ev_connection_timeout, configured.message_timeout),
        ),
    ),
    remark="Nobody connects the EV again (errata 6.2.52).",
)
