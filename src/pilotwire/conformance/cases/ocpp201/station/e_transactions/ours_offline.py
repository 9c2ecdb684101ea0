"""Cases of our own for requirements of block E that no case of the document touches: transactions while the line is down."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.offline import OFFLINE
from pilotwire.conformance.cases.ocpp201.station.e_transactions.ours_station import PART_2, in_order
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    held_at_station,
    stopping_at,
)
from pilotwire.conformance.checks import Check, Judgement, absent_or, both, equals, moment_of, present, some
from pilotwire.conformance.conditions import CABLE_ATTACHED, not_
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Case,
    Configures,
    Happened,
    Judges,
    Reached,
    Receives,
    Step,
    Waits,
)
from pilotwire.conformance.states.offline201 import (
    known_offline,
    line_back,
    line_down,
    queued,
    start_offline_transaction,
)
from pilotwire.conformance.states.station201 import (
    energy_transfer_started,
    present_token,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import Known, configured

Steps = tuple[Step, ...]
_STARTED, _ENDED = equals("eventType", "Started"), equals("eventType", "Ended")
_CHARGING = equals("transactionInfo.chargingState", "Charging")
_DRIVER_STOPS: Steps = (present_token(), Acts(act="unplug"))


def _online_again() -> Check:
    """What happened after the line was back is not marked as offline."""

    def judge(everything: Any, known: Known) -> Judgement:
        back = moment_of(everything["kept"]["line_back"])
        events = [one["payload"] for one in everything["messages"] if one["action"] == "TransactionEvent"]
        late = [one for one in events if back is not None and _happened_after(one, back)]
        marked = [str(one["seqNo"]) for one in late if one.get("offline")]
        return Judgement(bool(late) and not marked, f"{len(late)} events, offline: {', '.join(marked) or 'none'}")

    return Check("no TransactionEventRequest of the time after the line was back is marked as offline", judge)


def _happened_after(event: Any, back: Any) -> bool:
    """So long after it that the station knew of the line."""
    happened = moment_of(event["timestamp"])
    return happened is not None and (happened - back).total_seconds() > 1.0


PW_E_08_CS = Case(
    id="PW_E_08_CS",
    title="Begun offline, ended online",
    purpose="What happens while the line is down is kept, and told in its order as offline; what happens afterwards is not marked so.",
    requirements=("E04.FR.01", "E04.FR.02", "E04.FR.03", "E04.FR.04"),
    before=(*AUTHORIZATION_ON, *known_offline(), *back_after()),
    main=(
        *start_offline_transaction(),
        transaction_event(
            "3",
            trigger=("Authorized", "EVDetected", "CablePluggedIn"),
            where=(_STARTED,),
            checks=(OFFLINE.of("E04.FR.03"),),
            early=True,
        ),
        Reached(state="EnergyTransferStarted"),
        *stop_authorized("local"),
        queued("9", OFFLINE.of("E04.FR.03"), some=(_STARTED.of("E04.FR.01"), _CHARGING.of("E04.FR.02"))),
        Judges(number="9", checks=(in_order().of("E04.FR.04"), _online_again().of("E04.FR.03"))),
    ),
    follows=PART_2,
    ours=True,
)

PW_E_09_CS = Case(
    id="PW_E_09_CS",
    title="The cable is let go when the driver stops offline",
    purpose="While the line is down the station lets the cable go once the driver's token has stopped the transaction.",
    requirements=("E08.FR.03",),
    needs=(not_(CABLE_ATTACHED),),
    before=(*AUTHORIZATION_ON, *back_after(), *energy_transfer_started("local")),
    main=(
        *held_at_station(),
        *line_down("1"),
        present_token(),
        Waits(number="2", seconds=1, why="the lock opens"),
        *held_at_station(held=False),
        Acts(act="unplug"),
        *line_back("4"),
        Happened(facts={"ev_connected": False, "authorized": False, "energy": False}),
        transaction_event(
            "5", trigger="StopAuthorized", where=(OFFLINE,), checks=(present("transactionInfo"),), early=True
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_E_10_CS = Case(
    id="PW_E_10_CS",
    title="What waits when the line goes down is told as offline",
    purpose="An event that waits behind one without an answer when the connection is lost is sent as offline afterwards.",
    requirements=("E11.FR.07",),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(*stopping_at("EVConnected", besides=("ParkingBayOccupancy",)), *back_after(), *energy_transfer_started()),
    main=(
        Answers(action="TransactionEvent", held=True),
        Acts(act="suspend"),
        transaction_event(
            "1",
            trigger="ChargingStateChanged",
            where=(equals("transactionInfo.chargingState", "SuspendedEV"),),
            checks=(absent_or("offline", False),),
            keep={"waiting": "seqNo"},
        ),
        Acts(act="resume"),
        Waits(number="2", seconds=1, why="the station has an event that waits for the answer to the one before"),
        *line_down("3"),
        Answers(action="TransactionEvent"),
        *line_back("4"),
        transaction_event(
            "5",
            trigger="ChargingStateChanged",
            where=(_CHARGING,),
            checks=(OFFLINE.of("E11.FR.07"),),
            early=True,
        ),
    ),
    follows=PART_2,
    ours=True,
)

SIGNED = some(
    "meterValue",
    some(
        "sampledValue",
        present("signedMeterValue.signedMeterData"),
        present("signedMeterValue.signingMethod"),
        present("signedMeterValue.encodingMethod"),
        present("signedMeterValue.publicKey"),
    ),
)
SIGNS: Steps = tuple(
    Configures(variable=f"SampledDataCtrlr.{name}", value=value)
    for name, value in (
        ("SignReadings", True),
        ("TxStartedMeasurands", "Energy.Active.Import.Register"),
        ("TxEndedMeasurands", "Energy.Active.Import.Register"),
    )
)

PW_E_11_CS = Case(
    id="PW_E_11_CS",
    title="Signed values of a transaction without a connection",
    purpose="A transaction that begins and ends while the line is down is told with signed meter values.",
    requirements=("E04.FR.10", "E08.FR.12", "E12.FR.10"),
    settings={"tx_stop_points": ["EVConnected"]},
    traits={"evse": {"signingMeter": True}},
    before=(
        *stopping_at("EVConnected", besides=("ParkingBayOccupancy",)),
        *AUTHORIZATION_ON,
        *known_offline(),
        *back_after(),
        *SIGNS,
    ),
    main=(
        *line_down("1"),
        Acts(act="drive_in"),
        Acts(act="plug_in"),
        present_token(),
        Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
        *_DRIVER_STOPS,
        Acts(act="drive_out"),
        *line_back("2"),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(_ENDED, OFFLINE),
            checks=tuple(SIGNED.of(one) for one in ("E08.FR.12", "E12.FR.10")),
            early=True,
        ),
        queued("3", some=(both(_STARTED, SIGNED).of("E04.FR.10"),)),
    ),
    follows=PART_2,
    ours=True,
)
