"""E06, E07: what ends a transaction (TxStopPoint): the driver, the CSMS, the EV, the parking bay."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    ev_side_disconnect,
    stopping_at,
)
from pilotwire.conformance.checks import Check, absent_or, both, either, equals, one_of, when
from pilotwire.conformance.conditions import configured_is, kept_is
from pilotwire.conformance.language import Acts, Case, OnlyIf, Sends, Step, TellsStatus, Waits
from pilotwire.conformance.states.station201 import (
    absent_or_local,
    energy_transfer_started,
    energy_transfer_suspended,
    ev_connected_post_session,
    ev_disconnected,
    parking_bay_unoccupied,
    present_token,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import Kept, configured

ENDED = equals("eventType", "Ended")
_REMOTE, _LOCAL = kept_is("stopped", "Remote"), kept_is("stopped", "Local")
_FLOWS = Waits(seconds=configured.transaction_duration, why="energy flows for a while")


def reason(*wanted: str) -> Check:
    """The stoppedReason is one of these."""
    return one_of("transactionInfo.stoppedReason", *wanted)


def pulled_at_vehicle(*reasons: str, requirement: str) -> tuple[Step, ...]:
    """The EV is disconnected at its side, which ends the transaction for one of these reasons."""
    return (
        Acts(act="unplug", details={"side": "vehicle"}),
        transaction_event(
            "1",
            trigger="EVCommunicationLost",
            checks=(
                equals("transactionInfo.chargingState", "Idle"),
                reason(*reasons),
                ENDED.of(requirement),
            ),
        ),
    )


TC_E_06_CS = Case(
    id="TC_E_06_CS",
    title="A driver stops with a token",
    purpose="The token that started a transaction stops it; it ends where its TxStopPoint says.",
    requirements=("E07.FR.04", "E06.FR.15", "C01.FR.03"),
    before=(*AUTHORIZATION_ON, *energy_transfer_started()),
    main=(
        *stop_authorized("local"),
        *ev_connected_post_session(),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
    ),
)

TC_E_07_CS = Case(
    id="TC_E_07_CS",
    title="The power path ends a transaction, stopped at the station",
    purpose="With TxStopPoint PowerPathClosed the driver's token ends the transaction.",
    requirements=("E06.FR.06", "E06.FR.15"),
    settings={"tx_stop_points": ["PowerPathClosed"]},
    before=(
        *stopping_at("PowerPathClosed", besides=("EnergyTransfer", "DataSigned", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=stop_authorized("local"),
)

TC_E_08_CS = Case(
    id="TC_E_08_CS",
    title="The end of the energy ends a transaction that is stopped",
    purpose="With TxStopPoint EnergyTransfer the transaction ends when it is stopped and the energy with it.",
    requirements=("E06.FR.07", "E06.FR.15"),
    settings={"tx_stop_points": ["EnergyTransfer"]},
    before=(
        *stopping_at("EnergyTransfer", besides=("DataSigned", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=stop_authorized(),
)

TC_E_14_CS = Case(
    id="TC_E_14_CS",
    title="The cable ends a transaction, unplugged at the station",
    purpose="With TxStopPoint EVConnected a stopped transaction ends when the cable is pulled at the station.",
    requirements=("E06.FR.02", "E06.FR.15"),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(*stopping_at("EVConnected", besides=("ParkingBayOccupancy",)), *ev_connected_post_session()),
    main=(
        Acts(act="unplug", details={"side": "station"}),
        TellsStatus(number="1", status="Available"),
        transaction_event(
            "3",
            trigger="EVCommunicationLost",
            checks=(
                equals("transactionInfo.chargingState", "Idle"),
                *when(_REMOTE, reason("Remote", "EVDisconnected")),
                *when(_LOCAL, absent_or("transactionInfo.stoppedReason", "Local", "EVDisconnected")),
                ENDED.of("E06.FR.02"),
            ),
        ),
    ),
)

TC_E_15_CS = Case(
    id="TC_E_15_CS",
    title="A local stop ends a transaction",
    purpose="With TxStopPoint Authorized the driver's token ends the transaction at once.",
    requirements=("E06.FR.03", "E06.FR.15"),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("EnergyTransfer", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=(
        _FLOWS,
        present_token(),
        transaction_event(
            "1",
            trigger="StopAuthorized",
            checks=(absent_or_local().of("E06.FR.09"), ENDED.of("E06.FR.03")),
        ),
    ),
    remark="The case wants stoppedReason Local; E06.FR.09 allows that it is left out.",
)

TC_E_19_CS = Case(
    id="TC_E_19_CS",
    title="The parking bay ends a transaction",
    purpose="With TxStopPoint ParkingBayOccupancy the transaction ends when the EV drives away.",
    requirements=("E06.FR.01", "E06.FR.15"),
    settings={"tx_stop_points": ["ParkingBayOccupancy"]},
    needs=(configured_is("has_bay_sensor", True),),
    before=(*stopping_at("ParkingBayOccupancy"), *ev_disconnected()),
    main=(
        Acts(act="drive_out"),
        transaction_event(
            "1",
            trigger="EVDeparted",
            checks=(
                *when(_REMOTE, reason("Remote")),
                *when(_LOCAL, absent_or_local().of("E06.FR.09")),
                ENDED.of("E06.FR.01"),
            ),
        ),
    ),
    remark="The document calls the value ParkingBayOccupied in places; stoppedReason Local may be left out (E06.FR.09, section 2.1).",
)

TC_E_20_CS = Case(
    id="TC_E_20_CS",
    title="The cable ends a transaction, pulled at an EV of IEC 61851-1",
    purpose="With TxStopPoint EVConnected the transaction ends when the EV is disconnected at its side.",
    requirements=("E06.FR.02", "E06.FR.15"),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(
        *stopping_at("EVConnected", besides=("Authorized", "DataSigned", "ParkingBayOccupancy")),
        *ev_side_disconnect(stops=False, if_writable=True),
        *energy_transfer_suspended(),
    ),
    main=pulled_at_vehicle("EVDisconnected", requirement="E06.FR.02"),
)

TC_E_54_CS = Case(
    id="TC_E_54_CS",
    title="The cable ends a transaction, pulled at an EV of high level communication",
    purpose="With TxStopPoint EVConnected the transaction ends when an EV that talks to the station is disconnected at its side.",
    requirements=("E06.FR.02", "E06.FR.15"),
    settings={"tx_stop_points": ["EVConnected"], "connector_type": "cCCS2"},
    traits={"evse": {"supply": "DC", "powerW": 50000}},
    before=(
        *stopping_at("EVConnected", besides=("DataSigned", "ParkingBayOccupancy")),
        *ev_side_disconnect(stops=False, if_writable=True),
        *energy_transfer_suspended(),
    ),
    main=pulled_at_vehicle("StoppedByEV", "EVDisconnected", requirement="E06.FR.02"),
)

TC_E_37_CS = Case(
    id="TC_E_37_CS",
    title="The power path ends a transaction, pulled at the EV",
    purpose="With TxStopPoint PowerPathClosed the transaction ends when the EV is disconnected at its side.",
    requirements=("E06.FR.06", "E06.FR.15"),
    settings={"tx_stop_points": ["PowerPathClosed"]},
    before=(
        *stopping_at("PowerPathClosed", besides=("Authorized", "ParkingBayOccupancy")),
        *ev_side_disconnect(stops=False, if_writable=True),
        *energy_transfer_suspended(),
    ),
    main=pulled_at_vehicle("EVDisconnected", "StoppedByEV", requirement="E06.FR.06"),
)

TC_E_21_CS = Case(
    id="TC_E_21_CS",
    title="A remote stop ends a transaction",
    purpose="With TxStopPoint Authorized a RequestStopTransaction ends the transaction at once.",
    requirements=("E06.FR.03", "E06.FR.15", "F03.FR.09"),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("EnergyTransfer", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=(
        Sends(
            number="1",
            action="RequestStopTransaction",
            payload={"transactionId": Kept("transaction_id")},
            checks=(equals("status", "Accepted"),),
        ),
        transaction_event(
            "3",
            trigger="RemoteStop",
            checks=(reason("Remote").of("F03.FR.09"), ENDED.of("E06.FR.03")),
        ),
    ),
)

TC_E_22_CS = Case(
    id="TC_E_22_CS",
    title="The end of the energy ends a transaction, by the EV",
    purpose="With TxStopPoint EnergyTransfer the transaction ends when the EV takes no more.",
    requirements=("E06.FR.07", "E06.FR.15"),
    settings={"tx_stop_points": ["EnergyTransfer"]},
    before=(
        *stopping_at("EnergyTransfer", besides=("Authorized", "PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=(
        Acts(act="suspend"),
        transaction_event(
            "1",
            trigger="ChargingStateChanged",
            checks=(
                one_of("transactionInfo.chargingState", "EVConnected", "SuspendedEV"),
                either(
                    both(ENDED, reason("StoppedByEV")),
                    both(equals("eventType", "Updated"), equals("transactionInfo.chargingState", "SuspendedEV")),
                ),
            ),
            keep={"suspended": "eventType"},
        ),
        OnlyIf(
            condition=kept_is("suspended", "Updated"),
            steps=(
                transaction_event(
                    "1",
                    trigger="ChargingStateChanged",
                    where=(ENDED.of("E06.FR.07"),),
                    checks=(reason("StoppedByEV"),),
                ),
            ),
        ),
    ),
    remark="Edition 3 lets SuspendedEV be an Updated, the errata (6.2.50) say that the transaction ends: "
    "an Updated must be followed by the end that E06.FR.07 wants.",
)

TC_E_35_CS = Case(
    id="TC_E_35_CS",
    title="The power path ends a transaction, stopped by the CSMS",
    purpose="With TxStopPoint PowerPathClosed a RequestStopTransaction ends the transaction.",
    requirements=("E06.FR.06", "E06.FR.15"),
    settings={"tx_stop_points": ["PowerPathClosed"]},
    before=(
        *stopping_at("PowerPathClosed", besides=("EnergyTransfer", "DataSigned", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=stop_authorized("remote"),
)
