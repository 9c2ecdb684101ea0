"""E01: what begins a transaction (TxStartPoint)."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON, starting_at
from pilotwire.conformance.checks import equals, one_of, present, some, when
from pilotwire.conformance.conditions import configured_is, not_
from pilotwire.conformance.language import Acts, Case, Configures, Happened, NotReceives, Receives, TellsStatus
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    parking_bay_occupied,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Kept

REMOTELY = configured_is("authorization", "remote")
_LATER = ("DataSigned", "PowerPathClosed", "EnergyTransfer")
_NOTHING_YET = NotReceives(action="TransactionEvent", seconds=0, note="Nothing has begun a transaction so far.")

TC_E_01_CS = Case(
    id="TC_E_01_CS",
    title="A transaction begins with the power path",
    purpose="With TxStartPoint PowerPathClosed a transaction begins when somebody is authorized and the cable is in.",
    requirements=("E01.FR.05", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16"),
    settings={"tx_start_points": ["PowerPathClosed"]},
    before=(*starting_at("PowerPathClosed", besides=("EnergyTransfer",)), *authorized()),
    main=(_NOTHING_YET, *ev_connected_pre_session(), *energy_transfer_started()),
)

TC_E_02_CS = Case(
    id="TC_E_02_CS",
    title="A transaction begins with the energy",
    purpose="With TxStartPoint EnergyTransfer a transaction begins when energy flows.",
    requirements=("E01.FR.06", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16"),
    settings={"tx_start_points": ["EnergyTransfer"]},
    before=(*starting_at("EnergyTransfer"), *authorized()),
    main=(
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        TellsStatus(number="1", status="Occupied"),
        Happened(facts={"energy": True}),
        Receives(
            number="3",
            action="TransactionEvent",
            checks=(
                equals("eventType", "Started").of("E01.FR.06"),
                *when(
                    REMOTELY,
                    equals("triggerReason", "RemoteStart").of("F02.FR.21"),
                    equals("transactionInfo.remoteStartId", Kept("remote_start_id")).of("F02.FR.21"),
                ),
                *when(not_(REMOTELY), one_of("triggerReason", "ChargingStateChanged", "Authorized")),
                *(one.of("E01.FR.10") for one in token_is()),
                present("evse.id").of("E01.FR.16"),
                present("evse.connectorId").of("E01.FR.16"),
                equals("transactionInfo.chargingState", "Charging"),
            ),
        ),
    ),
)

TC_E_09_CS = Case(
    id="TC_E_09_CS",
    title="A transaction begins with the cable",
    purpose="With TxStartPoint EVConnected a transaction begins when the EV is connected; card and energy are updates of it.",
    requirements=("E01.FR.02", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16"),
    settings={"tx_start_points": ["EVConnected"]},
    before=(*starting_at("EVConnected", besides=("Authorized", *_LATER)), *parking_bay_occupied()),
    main=(*ev_connected_pre_session(), *authorized(), *energy_transfer_started()),
)

TC_E_10_CS = Case(
    id="TC_E_10_CS",
    title="A transaction begins with a local authorization",
    purpose="With TxStartPoint Authorized a transaction begins when a presented token is accepted.",
    requirements=(
        "E01.FR.03",
        "E01.FR.07",
        "E01.FR.10",
        "E01.FR.15",
        "E01.FR.16",
        "C01.FR.02",
        "C02.FR.01",
        "C06.FR.02",
    ),
    settings={"tx_start_points": ["Authorized"]},
    before=(*starting_at("Authorized", besides=("EVConnected", *_LATER)), *AUTHORIZATION_ON),
    main=(*authorized("local"), *ev_connected_pre_session(), *energy_transfer_started()),
)

TC_E_11_CS = Case(
    id="TC_E_11_CS",
    title="A transaction begins with signed data",
    purpose="With TxStartPoint DataSigned a transaction begins when a signed meter value was got, which its first event has.",
    requirements=("E01.FR.04", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16"),
    settings={"tx_start_points": ["DataSigned"]},
    traits={"evse": {"signingMeter": True}},
    before=(
        *starting_at("DataSigned", besides=("PowerPathClosed", "EnergyTransfer")),
        Configures(variable="SampledDataCtrlr.SignReadings", value=True),
        *authorized(),
    ),
    main=(
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        TellsStatus(number="1", status="Occupied"),
        Happened(facts={"signed": True}),
        Receives(
            number="3",
            action="TransactionEvent",
            checks=(
                equals("eventType", "Started").of("E01.FR.04"),
                *when(REMOTELY, one_of("triggerReason", "RemoteStart", "SignedDataReceived")),
                *when(not_(REMOTELY), equals("triggerReason", "SignedDataReceived")),
                *(one.of("E01.FR.10") for one in token_is()),
                present("evse.id").of("E01.FR.16"),
                present("evse.connectorId").of("E01.FR.16"),
                some(
                    "meterValue",
                    some(
                        "sampledValue",
                        equals("context", "Transaction.Begin"),
                        present("signedMeterValue.encodingMethod"),
                        present("signedMeterValue.publicKey"),
                        present("signedMeterValue.signedMeterData"),
                        present("signedMeterValue.signingMethod"),
                    ),
                ),
            ),
        ),
        transaction_event(
            "5",
            trigger="ChargingStateChanged",
            where=(equals("transactionInfo.chargingState", "Charging"),),
            checks=(equals("eventType", "Updated"),),
        ),
    ),
)

TC_E_12_CS = Case(
    id="TC_E_12_CS",
    title="A transaction begins with the parking bay",
    purpose="With TxStartPoint ParkingBayOccupancy a transaction begins when an EV stands in the bay; all else are updates of it.",
    requirements=("E01.FR.01", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16"),
    settings={"tx_start_points": ["ParkingBayOccupancy"]},
    needs=(configured_is("has_bay_sensor", True),),
    before=starting_at("ParkingBayOccupancy", besides=("EVConnected", "Authorized", *_LATER)),
    main=(*parking_bay_occupied(), *authorized(), *ev_connected_pre_session(), *energy_transfer_started()),
)

TC_E_13_CS = Case(
    id="TC_E_13_CS",
    title="A transaction begins with a remote authorization",
    purpose="With TxStartPoint Authorized a RequestStartTransaction begins a transaction.",
    requirements=("E01.FR.03", "F01.FR.03", "F01.FR.04", "F01.FR.06", "F01.FR.19", "F02.FR.01"),
    settings={"tx_start_points": ["Authorized"]},
    before=(*starting_at("Authorized", besides=("EVConnected", *_LATER)), *AUTHORIZATION_ON),
    main=(*authorized("remote"), *ev_connected_pre_session(), *energy_transfer_started()),
)
